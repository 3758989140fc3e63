//! Templates: values written in YAML with `{{ expression }}` inside strings.
//!
//! Always true: a string that is exactly one `{{ }}` keeps the type of its value; any other string is text.
//! `{$if: …, …}` leaves a mapping out, `{$for: "x in list", $item: …, $key: …}` makes a list or a mapping.
//! Elsewhere: what expressions can call is `functions`; variables come from `scope`.

use minijinja::value::Value as Mj;
use minijinja::{Error, ErrorKind, Expression};
use serde_json::Value;

use crate::functions::environment;
use crate::scope::Scope;

/// A compiled template.
pub(crate) enum Template {
    Const(Mj),
    Expr(Box<Expr>),
    Text(Vec<Template>),
    List(Vec<Template>),
    Map(Vec<(String, Template)>),
    If { when: Box<Template>, then: Box<Template> },
    For { name: String, list: Box<Template>, key: Option<Box<Template>>, item: Box<Template> },
}

/// One expression and the place it stands at, which seeds its dice.
pub(crate) struct Expr {
    expression: Expression<'static, 'static>,
    site: u64,
}

/// A template that cannot be compiled.
#[derive(Debug)]
pub(crate) struct TemplateError {
    /// The text to look for when naming the line.
    pub text: String,
    pub problem: String,
    pub suggestion: Option<String>,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template")
    }
}

/// Compiles templates and checks the variables they use.
pub(crate) struct Compiler {
    /// Names that may be used besides functions.
    pub extra: Vec<String>,
    /// Where the template stands, such as `collections.issues`.
    pub place: String,
}

impl Compiler {
    /// Compiles any YAML value.
    pub fn value(&mut self, value: &Value) -> Result<Template, TemplateError> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                Ok(Template::List(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?))
            }
            Value::Object(map) if map.contains_key("$for") => self.for_each(map),
            Value::Object(map) if map.contains_key("$if") => self.only_if(map),
            Value::Object(map) => self.entries(map.iter()),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(Template::Const(crate::template::from_serde(value))),
        }
    }

    /// Compiles the entries of a mapping.
    pub fn entries<'v>(
        &mut self,
        entries: impl Iterator<Item = (&'v String, &'v Value)>,
    ) -> Result<Template, TemplateError> {
        let mut out = Vec::new();
        for (key, value) in entries {
            let outer = self.place.len();
            self.place.push('.');
            self.place.push_str(key);
            out.push((key.clone(), self.value(value)?));
            self.place.truncate(outer);
        }
        Ok(Template::Map(out))
    }

    /// Compiles a string.
    pub fn text(&mut self, text: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else {
                return Err(TemplateError {
                    text: text.into(),
                    problem: format!("`{{{{` without `}}}}` in `{text}`"),
                    suggestion: None,
                });
            };
            if start > 0 {
                parts.push(Template::Const(Mj::from(&rest[..start])));
            }
            parts.push(self.expression(rest[start + 2..start + length].trim())?);
            rest = &rest[start + length + 2..];
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(Template::Const(Mj::from(rest)));
        }
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return Ok(only);
        }
        Ok(Template::Text(parts))
    }

    fn expression(&mut self, source: &str) -> Result<Template, TemplateError> {
        let expression = environment().compile_expression_owned(source.to_owned()).map_err(|error| TemplateError {
            text: source.into(),
            problem: format!("in `{source}`: {}", error.detail().unwrap_or("syntax error")),
            suggestion: None,
        })?;
        let mut unknown: Vec<String> =
            expression.undeclared_variables(false).into_iter().filter(|name| !self.knows(name)).collect();
        unknown.sort();
        if let Some(name) = unknown.into_iter().next() {
            let mut words: Vec<&str> = self.extra.iter().map(String::as_str).collect();
            for function in crate::functions::names() {
                words.push(function);
            }
            let suggestion = nearest(&name, words.into_iter());
            return Err(TemplateError {
                text: source.into(),
                problem: format!("unknown name `{name}` in `{source}`"),
                suggestion,
            });
        }
        let site = crate::dice::hash(&[self.place.as_bytes(), source.as_bytes()]);
        Ok(Template::Expr(Box::new(Expr { expression, site })))
    }

    fn knows(&self, name: &str) -> bool {
        self.extra.iter().any(|extra| extra == name) || crate::functions::names().any(|known| known == name)
    }

    fn only_if(&mut self, map: &serde_json::Map<String, Value>) -> Result<Template, TemplateError> {
        let when = Box::new(self.value(&map["$if"])?);
        let then = match map.get("$then") {
            Some(then) => self.value(then)?,
            None => self.entries(map.iter().filter(|(key, _)| *key != "$if"))?,
        };
        Ok(Template::If { when, then: Box::new(then) })
    }

    fn for_each(&mut self, map: &serde_json::Map<String, Value>) -> Result<Template, TemplateError> {
        let wrong = |problem: &str| TemplateError { text: "$for".into(), problem: problem.into(), suggestion: None };
        if let Some(key) = map.keys().find(|key| !["$for", "$item", "$key"].contains(&key.as_str())) {
            return Err(TemplateError {
                text: key.clone(),
                problem: format!("`{key}` beside `$for`"),
                suggestion: None,
            });
        }
        let head = map["$for"].as_str().ok_or_else(|| wrong("`$for` wants `name in expression`"))?;
        let (name, list) = head.split_once(" in ").ok_or_else(|| wrong("`$for` wants `name in expression`"))?;
        let list = Box::new(self.expression(list.trim())?);
        self.extra.push(name.trim().to_owned());
        let item = self.value(map.get("$item").ok_or_else(|| wrong("`$for` wants `$item`"))?)?;
        let key = map.get("$key").map(|key| self.value(key)).transpose()?.map(Box::new);
        self.extra.pop();
        Ok(Template::For { name: name.trim().to_owned(), list, key, item: Box::new(item) })
    }
}

/// The nearest known word, if one is near.
pub(crate) fn nearest<'w>(word: &str, words: impl Iterator<Item = &'w str>) -> Option<String> {
    words
        .map(|known| (strsim::jaro_winkler(word, known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known.to_owned())
}

impl Template {
    /// Evaluates the template.
    pub fn eval(&self, scope: &Scope) -> Result<Mj, Error> {
        match self {
            Self::Const(value) => Ok(value.clone()),
            Self::Expr(expr) => expr.expression.eval(scope.at(expr.site)),
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    let value = part.eval(scope)?;
                    if !value.is_none() {
                        text.push_str(&value.to_string());
                    }
                }
                Ok(Mj::from(text))
            }
            Self::List(items) => {
                let mut out = Vec::with_capacity(items.len());
                for item in items {
                    if let Some(value) = item.eval_present(scope)? {
                        out.push(value);
                    }
                }
                Ok(Mj::from(out))
            }
            Self::Map(entries) => {
                let mut out = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    if let Some(value) = value.eval_present(scope)? {
                        out.push((key.clone(), value));
                    }
                }
                Ok(Mj::from_pairs(out))
            }
            Self::If { .. } => Ok(self.eval_present(scope)?.unwrap_or_else(|| Mj::from(()))),
            Self::For { name, list, key, item } => eval_for(scope, name, list, key.as_deref(), item),
        }
    }

    /// Like `eval`; none for `$if` that does not hold and for undefined values.
    fn eval_present(&self, scope: &Scope) -> Result<Option<Mj>, Error> {
        match self {
            Self::If { when, then } => {
                if when.eval(scope)?.is_true() {
                    then.eval_present(scope)
                } else {
                    Ok(None)
                }
            }
            other => Ok(Some(other.eval(scope)?).filter(|value| !value.is_undefined())),
        }
    }

    /// Evaluates to text.
    pub fn eval_text(&self, scope: &Scope) -> Result<String, Error> {
        Ok(match self.eval(scope)? {
            value if value.is_none() || value.is_undefined() => String::new(),
            value => value.to_string(),
        })
    }

    /// Evaluates to JSON.
    pub fn eval_json(&self, scope: &Scope) -> Result<Value, Error> {
        to_json(&self.eval(scope)?)
    }
}

fn eval_for(scope: &Scope, name: &str, list: &Template, key: Option<&Template>, item: &Template) -> Result<Mj, Error> {
    let list = list.eval(scope)?;
    let mut items = Vec::new();
    let mut keyed = Vec::new();
    if !list.is_none() && !list.is_undefined() {
        for (place, each) in list.try_iter()?.enumerate() {
            let inner = scope.with(name, each).shaken(place as u64 + 1);
            let Some(value) = item.eval_present(&inner)? else { continue };
            match key {
                Some(key) => keyed.push((key.eval_text(&inner)?, value)),
                None => items.push(value),
            }
        }
    }
    Ok(if key.is_some() { Mj::from_pairs(keyed) } else { Mj::from(items) })
}

/// A template value as JSON.
pub(crate) fn to_json(value: &Mj) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Anything that serializes as a template value.
pub(crate) fn from_serde<T: serde::Serialize>(value: T) -> Mj {
    Mj::from(minijinja::value::Serde(value))
}
