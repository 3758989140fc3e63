//! Faults: what the engine's errors mean to a caller.
//!
//! Always true: internal causes are logged here, once, and never sent.

use unisono_engine::{AccessError, CheckError, ConnectError, ReadError, SyncError};

use crate::problem::{INVALID_BODY, LINK_REFUSED, NOT_FOUND, Refusal, STATE_CONFLICT};

fn internal(cause: &dyn std::error::Error) -> Refusal {
    let mut text = cause.to_string();
    let mut source = cause.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    tracing::error!(error = %text, "an operation failed");
    Refusal::internal()
}

fn bad_cursor() -> Refusal {
    Refusal::parameter("cursor", "Invalid cursor.")
}

pub(crate) fn access(error: AccessError) -> Refusal {
    match &error {
        AccessError::Name { problem, .. } => Refusal::field("name", format!("Key name {problem}.")),
        AccessError::NoSuchKey(name) => Refusal::field("name", format!("There is no key named \"{name}\".")),
        AccessError::Internal(_) => internal(&error),
    }
}

pub(crate) fn connect(error: ConnectError) -> Refusal {
    match &error {
        ConnectError::Invalid { field, problem } => Refusal::field(field.clone(), format!("This field {problem}.")),
        ConnectError::BadToken(_) => Refusal::new(INVALID_BODY, sentence(&error.to_string())),
        ConnectError::NoSuchIntegration(name) => {
            Refusal::field("integration", format!("There is no integration \"{name}\" for this category."))
        }
        ConnectError::Refused { .. } | ConnectError::Unreachable { .. } => {
            Refusal::new(LINK_REFUSED, sentence(&error.to_string()))
        }
        ConnectError::NoSuchAccount => Refusal::not_found(),
        ConnectError::Cursor => bad_cursor(),
        ConnectError::Internal(_) => internal(&error),
    }
}

pub(crate) fn read(error: ReadError) -> Refusal {
    match &error {
        ReadError::NoSuchModel(name) => Refusal::new(NOT_FOUND, format!("There is no model \"{name}\".")),
        ReadError::NotFound => Refusal::not_found(),
        ReadError::Cursor => bad_cursor(),
        ReadError::Parameter { name, problem } => {
            Refusal::parameter(name.clone(), sentence(&format!("this {problem}")))
        }
        ReadError::Internal(_) => internal(&error),
    }
}

pub(crate) fn sync(error: SyncError) -> Refusal {
    match &error {
        SyncError::NoSuchAccount => Refusal::not_found(),
        SyncError::Cursor => bad_cursor(),
        SyncError::NotSyncable(_) => Refusal::new(STATE_CONFLICT, sentence(&error.to_string())),
        SyncError::Internal(_) => internal(&error),
    }
}

pub(crate) fn check(error: CheckError) -> Refusal {
    match &error {
        CheckError::Cursor => bad_cursor(),
        CheckError::Parameter(name) => Refusal::parameter(*name, "This value is not valid."),
        CheckError::Internal(_) => internal(&error),
    }
}

/// Upper case first and a full stop, as people read it.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
