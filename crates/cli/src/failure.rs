//! Failure: how a command ends when it does not end well.

use std::process::ExitCode;

use crate::out;

/// Why a command ended early; each has its exit code.
#[derive(Debug)]
pub enum Failure {
    /// It failed: 1.
    Failed(anyhow::Error),
    /// What was named does not exist: 3.
    NotFound(String),
    /// The configuration is invalid: 4.
    Config(anyhow::Error),
}

impl Failure {
    /// Says what happened on standard error and gives the exit code.
    pub fn tell(&self) -> ExitCode {
        let (text, code) = match self {
            Self::Failed(error) => (format!("{error:#}"), 1),
            Self::NotFound(text) => (text.clone(), 3),
            Self::Config(error) => (format!("{error:#}"), 4),
        };
        out::talk(format!("error: {text}"));
        ExitCode::from(code)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
