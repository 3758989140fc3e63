//! Keys: API keys of a project, and the secret key of the server.

use clap::Subcommand;
use unisono_auth::Sealer;

use super::{Desk, style};
use crate::args::Global;
use crate::failure::Failure;
use crate::join::{self, join};
use crate::out::{self, Style};
use crate::settings::Settings;

/// `unisono keys …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an API key; it is shown once
    Create {
        /// What it is for, such as `backend`
        name: String,
    },
    /// Replace the API key of this name; the old one stops working
    Rotate {
        /// Its name
        name: String,
    },
    /// List API keys
    List,
    /// Make a secret key for UNISONO_SECRET_KEY
    GenerateSecret,
}

/// Runs it.
pub async fn run(command: &Command, settings: &Settings, global: &Global) -> Result<(), Failure> {
    match command {
        Command::GenerateSecret => {
            out::data(Sealer::generate().expose());
            Ok(())
        }
        Command::Create { name } => create(name, settings, global).await,
        Command::Rotate { name } => {
            let desk = Desk::open(settings, global).await?;
            let made = desk.engine.rotate_key(desk.project.id, name).await?;
            show(&made, desk.style)
        }
        Command::List => list(&Desk::open(settings, global).await?).await,
    }
}

/// The first key makes the first project.
async fn create(name: &str, settings: &Settings, global: &Global) -> Result<(), Failure> {
    let engine = join(settings).await?.engine;
    let wanted = global.project.as_deref();
    let known = engine.projects().await?;
    let project = match wanted {
        Some(wanted) if !known.iter().any(|project| project.name == wanted) => engine.create_project(wanted).await?,
        _ => match join::project(&engine, wanted).await? {
            Some(project) => project,
            None => engine.create_project("default").await?,
        },
    };
    let made = engine.create_key(project.id, name).await?;
    show(&made, style(global))
}

fn show(made: &unisono_engine::NewKey, style: Style) -> Result<(), Failure> {
    match style {
        Style::Json => out::json(made)?,
        Style::Text => {
            out::talk(format!("API key `{}`, shown only now:", made.key.name));
            out::data(&made.secret);
        }
    }
    Ok(())
}

async fn list(desk: &Desk) -> Result<(), Failure> {
    let keys = desk.engine.keys(desk.project.id).await?;
    if desk.style == Style::Json {
        return Ok(out::json(&keys)?);
    }
    let rows: Vec<Vec<String>> = keys
        .iter()
        .map(|key| {
            let state = key.revoked_at.map_or_else(|| "valid".to_owned(), |at| format!("revoked {at:.19}"));
            vec![key.name.clone(), state, key.created_at.to_string(), key.id.to_string()]
        })
        .collect();
    out::table(&["name", "state", "made", "id"], &rows, "There is no API key yet: unisono keys create NAME");
    Ok(())
}
