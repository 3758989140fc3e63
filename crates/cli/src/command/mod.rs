//! Commands: one file each.

pub mod accounts;
pub mod check;
pub mod issues;
pub mod keys;
pub mod link;
pub mod serve;

use unisono_engine::{Engine, Project};

use crate::args::Global;
use crate::failure::Failure;
use crate::join;
use crate::out::Style;
use crate::settings::Settings;

/// What a command about a project works with.
pub struct Desk {
    /// All verbs.
    pub engine: Engine,
    /// The project.
    pub project: Project,
    /// How to print.
    pub style: Style,
}

impl Desk {
    /// Opens the database and finds the project.
    pub async fn open(settings: &Settings, global: &Global) -> Result<Self, Failure> {
        let engine = join::join(settings).await?.engine;
        let project = join::some_project(&engine, global.project.as_deref()).await?;
        Ok(Self { engine, project, style: style(global) })
    }
}

/// How to print.
pub fn style(global: &Global) -> Style {
    if global.json { Style::Json } else { Style::Text }
}
