//! Table: finds the operation of a method and path.
//!
//! Always true: it is built from the declared operations and nothing else; `/api/<category>/v1` and
//! `/<category>/v1` are the same; a trailing slash does not matter; `HEAD` is found where `GET` is.

use std::collections::HashMap;

use crate::operation::{Method, Operation, Surface};

/// All paths, each with its operations by method.
pub(crate) struct Table {
    paths: matchit::Router<usize>,
    entries: Vec<Vec<(Method, usize)>>,
}

/// What a request's path and method lead to.
pub(crate) enum Found<'p> {
    /// This operation, with the values of the path's parameters in order.
    Operation(usize, Vec<&'p str>),
    /// The path exists, but only for these methods.
    OtherMethods(String),
    /// No such path.
    Nothing,
}

/// Two operations cannot be told apart, or a path is malformed. A mistake in the table, found when it is built.
#[derive(Debug, thiserror::Error)]
#[error("operation `{operation}` cannot be routed: {problem}")]
pub struct TableError {
    operation: String,
    problem: String,
}

impl Table {
    /// Builds the table.
    pub(crate) fn new(operations: &[Operation]) -> Result<Self, TableError> {
        let mut table = Self { paths: matchit::Router::new(), entries: Vec::new() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, operation) in operations.iter().enumerate() {
            let path = pattern(operation);
            let entry = match known.get(&path) {
                Some(&entry) => entry,
                None => {
                    let entry = table.entries.len();
                    table.entries.push(Vec::new());
                    table.paths.insert(path.clone(), entry).map_err(|error| fault(operation, error.to_string()))?;
                    known.insert(path, entry);
                    entry
                }
            };
            let methods = &mut table.entries[entry];
            if methods.iter().any(|(method, _)| *method == operation.method) {
                return Err(fault(operation, "its path and method are taken".to_owned()));
            }
            methods.push((operation.method, index));
        }
        Ok(table)
    }

    /// Finds what a method and a path (without query) lead to.
    pub(crate) fn find<'p>(&self, method: &str, path: &'p str) -> Found<'p> {
        let path = path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let Ok(matched) = self.paths.at(path) else { return Found::Nothing };
        let methods = &self.entries[*matched.value];
        let wanted = if method == "HEAD" { "GET" } else { method };
        match methods.iter().find(|(known, _)| known.as_str() == wanted) {
            Some((_, index)) => Found::Operation(*index, matched.params.iter().map(|(_, value)| value).collect()),
            None => Found::OtherMethods(allowed(methods)),
        }
    }
}

fn fault(operation: &Operation, problem: String) -> TableError {
    TableError { operation: operation.id.clone(), problem }
}

/// Parameters are named by place: two operations may name the same segment differently.
fn pattern(operation: &Operation) -> String {
    let base = match &operation.surface {
        Surface::Unified(category) => format!("/{category}/v1"),
        Surface::Admin => "/admin/v1".to_owned(),
    };
    let mut path = base;
    for (place, segment) in operation.path.split('/').skip(1).enumerate() {
        path.push('/');
        match segment.starts_with('{') {
            true => path.push_str(&format!("{{p{place}}}")),
            false => path.push_str(segment),
        }
    }
    path
}

fn allowed(methods: &[(Method, usize)]) -> String {
    let mut names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.join(", ")
}
