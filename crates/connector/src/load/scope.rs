//! Compiling the strings of one file: expressions, templates and requests, with every mistake noted at its place.

use http::{HeaderName, Method};
use indexmap::IndexMap;

use super::error::{LoadError, nearest};
use super::yaml::{At, File};
use crate::expr::{Expr, ExprError, PathStep, Template};
use crate::manifest::RequestManifest;
use crate::request::{BodyPlan, RequestPlan, Slot, Target, TargetPiece};

/// What templates of a list request see.
pub(super) const LIST: &[&str] = &["config", "now", "since", "until", "cursor", "page", "offset", "limit", "parent"];
/// What templates of a join see.
pub(super) const JOIN: &[&str] = &["config", "record", "parent"];
/// What templates of a retrieve request see.
pub(super) const RETRIEVE: &[&str] = &["config", "id"];
/// What templates of a request that is never sent see.
pub(super) const ALSO: &[&str] = &["config", "id", "parent"];
/// What templates of `connector.yaml` see outside `auth`.
pub(super) const BASE: &[&str] = &["config", "now"];
/// What templates of `auth` see.
pub(super) const AUTH: &[&str] = &["config", "credentials", "app", "now"];
/// What the `value` of the `token` scheme sees.
pub(super) const TOKEN: &[&str] = &["token", "config", "credentials", "app"];

/// One file and what is wrong with it.
pub(super) struct Scope<'a> {
    pub(super) file: File<'a>,
    pub(super) errors: Vec<LoadError>,
    /// Names of secret link fields, which only `auth` may use.
    pub(super) secrets: Vec<String>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(file: File<'a>, secrets: Vec<String>) -> Self {
        Self { file, errors: Vec::new(), secrets }
    }

    pub(super) fn fail(&mut self, at: &At, message: impl Into<String>) {
        let error = self.file.at_key(at, message.into(), None);
        self.errors.push(error);
    }

    pub(super) fn fail_near<'n>(
        &mut self,
        at: &At,
        message: String,
        word: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) {
        let error = self.file.at_key(at, message, nearest(word, names));
        self.errors.push(error);
    }

    fn fail_expr(&mut self, at: &At, source: &str, error: ExprError) {
        let error = self.file.at_value(at, source, error.position, error.message, error.suggestion);
        self.errors.push(error);
    }

    pub(super) fn expr(&mut self, at: &At, source: &str) -> Option<Expr> {
        Expr::parse(source).map_err(|error| self.fail_expr(at, source, error)).ok()
    }

    pub(super) fn maybe(&mut self, at: &At, source: Option<&str>) -> Option<Expr> {
        source.and_then(|source| self.expr(at, source))
    }

    /// A template; its plain paths may begin only with the words it can see.
    pub(super) fn template(&mut self, at: &At, source: &str, sees: &[&str]) -> Option<Template> {
        let template = Template::parse(source).map_err(|error| self.fail_expr(at, source, error)).ok()?;
        let paths: Vec<Vec<PathStep>> = template.expressions().filter_map(Expr::path).collect();
        for path in paths {
            let [PathStep::Key(first), rest @ ..] = path.as_slice() else { continue };
            if !sees.contains(&first.as_ref()) {
                let message = match first.as_ref() {
                    "credentials" => "credentials may be used under `auth` only".to_owned(),
                    other => format!("`.{other}` is not known here, only .{}", sees.join(", .")),
                };
                let suggestion = nearest(first, sees.iter().copied());
                let error = self.file.at_value(at, source, 0, message, suggestion);
                self.errors.push(error);
            }
            if let ("config", [PathStep::Key(field), ..]) = (first.as_ref(), rest)
                && self.secrets.iter().any(|secret| secret == field.as_ref())
            {
                let message = format!("`{field}` is a secret field: it is `.credentials.{field}`, under `auth` only");
                let error = self.file.at_value(at, source, 0, message, None);
                self.errors.push(error);
            }
        }
        Some(template)
    }

    /// A path or address whose holes are encoded one by one.
    fn target(&mut self, at: &At, source: &str, sees: &[&str]) -> Target {
        let mut pieces = Vec::new();
        let mut rest = source;
        if self.template(at, source, sees).is_none() {
            return Target(pieces);
        }
        while let Some(open) = rest.find("{{") {
            if open > 0 {
                pieces.push(TargetPiece::Text(rest[..open].to_owned()));
            }
            // The hole ends at the first `}}` that makes it a whole expression.
            let ends = rest[open..].match_indices("}}").map(|(end, _)| open + end + 2);
            let hole = ends.into_iter().find_map(|end| Some((end, Template::parse(&rest[open..end]).ok()?)));
            let Some((end, template)) = hole else { break };
            pieces.push(TargetPiece::Hole(template));
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            pieces.push(TargetPiece::Text(rest.to_owned()));
        }
        Target(pieces)
    }

    pub(super) fn headers(
        &mut self,
        at: &At,
        headers: &IndexMap<String, String>,
        sees: &[&str],
    ) -> Vec<(HeaderName, Template)> {
        let mut compiled = Vec::new();
        for (name, value) in headers {
            let at = at.key(name);
            let Ok(header) = HeaderName::try_from(name.as_str()) else {
                self.fail(&at, format!("`{name}` is not a header name"));
                continue;
            };
            if header == http::header::AUTHORIZATION {
                self.fail(&at, "proofs belong under `auth`, not into `headers`");
            }
            if let Some(template) = self.template(&at, value, sees) {
                compiled.push((header, template));
            }
        }
        compiled
    }

    /// A JSON value with templates in it.
    fn slot(&mut self, at: &At, value: &serde_json::Value, sees: &[&str]) -> Option<Slot> {
        Some(match value {
            serde_json::Value::String(text) if text.contains("{{") => Slot::Template(self.template(at, text, sees)?),
            serde_json::Value::Array(list) => {
                let slots = list.iter().enumerate().map(|(index, value)| self.slot(&at.index(index), value, sees));
                Slot::List(slots.collect::<Vec<_>>().into_iter().flatten().collect())
            }
            serde_json::Value::Object(object) => {
                let mut slots = Vec::new();
                for (key, value) in object {
                    slots.extend(self.slot(&at.key(key), value, sees).map(|slot| (key.clone(), slot)));
                }
                Slot::Object(slots)
            }
            other => Slot::Literal(other.clone()),
        })
    }

    fn slots<'v>(
        &mut self,
        at: &At,
        values: impl IntoIterator<Item = (&'v String, &'v serde_json::Value)>,
        sees: &[&str],
    ) -> Vec<(String, Slot)> {
        let mut slots = Vec::new();
        for (name, value) in values {
            slots.extend(self.slot(&at.key(name), value, sees).map(|slot| (name.clone(), slot)));
        }
        slots
    }

    /// A request: exactly one method, at most one body.
    pub(super) fn request(&mut self, at: &At, request: &RequestManifest, sees: &[&str]) -> Option<RequestPlan> {
        let methods = [
            ("get", Method::GET, &request.get),
            ("post", Method::POST, &request.post),
            ("put", Method::PUT, &request.put),
        ];
        let mut given = methods.into_iter().filter_map(|(key, method, path)| Some((key, method, path.as_deref()?)));
        let (key, method, path) = match (given.next(), given.next()) {
            (Some(one), None) => one,
            (None, _) if request.graphql.is_some() => ("graphql", Method::POST, "/graphql"),
            (None, _) => {
                self.fail(at, "a request needs `get`, `post` or `put` with a path");
                return None;
            }
            (Some((first, ..)), Some((second, ..))) => {
                self.fail(at, format!("a request has one method, not both `{first}` and `{second}`"));
                return None;
            }
        };
        let bodies = [
            ("json", request.json.is_some()),
            ("form", request.form.is_some()),
            ("graphql", request.graphql.is_some()),
            ("raw", request.raw.is_some()),
        ];
        let bodies: Vec<&str> = bodies.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect();
        match bodies.as_slice() {
            [] | [_] if method != Method::GET || bodies.is_empty() => {}
            [body] => self.fail(&at.key(body), format!("a GET request has no body, so no `{body}`")),
            [_, second, ..] => {
                self.fail(&at.key(second), format!("a request has one body, not all of {}", bodies.join(", ")))
            }
            [] => {}
        }
        let target = self.target(&at.key(key), path, sees);
        let query = self.slots(&at.key("query"), &request.query, sees);
        let headers = self.headers(&at.key("headers"), &request.headers, sees);
        let body = self.body(at, request, sees);
        Some(RequestPlan { what: at.to_string(), method, target, query, headers, body })
    }

    fn body(&mut self, at: &At, request: &RequestManifest, sees: &[&str]) -> BodyPlan {
        if let Some(json) = &request.json {
            return self.slot(&at.key("json"), json, sees).map_or(BodyPlan::None, BodyPlan::Json);
        }
        if let Some(form) = &request.form {
            return BodyPlan::Form(self.slots(&at.key("form"), form, sees));
        }
        if let Some(graphql) = &request.graphql {
            let variables = self.slots(&at.path("graphql.variables"), &graphql.variables, sees);
            return BodyPlan::Graphql { query: graphql.query.clone(), variables };
        }
        if let Some(raw) = &request.raw {
            return self.template(&at.key("raw"), raw, sees).map_or(BodyPlan::None, BodyPlan::Raw);
        }
        BodyPlan::None
    }
}
