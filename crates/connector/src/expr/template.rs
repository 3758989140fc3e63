//! Text templates: text with `{{ jq }}` inside.
//!
//! Always true: a template that is one expression and nothing else keeps the type of its value; one
//! whose whole value is null is left out; inside text null is nothing.

use sonic_rs::Value;

use super::{EvalError, Expr, ExprError, Val};

/// A parsed template.
#[derive(Debug)]
pub struct Template {
    source: String,
    parts: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Expr(Expr),
}

impl Template {
    /// Parses a template whose expressions use no variables.
    pub fn parse(source: &str) -> Result<Self, ExprError> {
        Self::parse_with(source, &[])
    }

    /// Parses a template whose expressions may use the named variables.
    ///
    /// `}}` inside a quoted string of the expression does not end it. Error positions are those of
    /// the whole template.
    pub fn parse_with(source: &str, variables: &[&str]) -> Result<Self, ExprError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(open) = source[at..].find("{{").map(|i| at + i) {
            if open > at {
                parts.push(Piece::Text(source[at..open].to_owned()));
            }
            let start = open + 2;
            let Some(end) = closing(&source[start..]).map(|i| start + i) else {
                let message = "this {{ is never closed".to_owned();
                return Err(ExprError { position: open, message, suggestion: None });
            };
            let inner = &source[start..end];
            let expr = Expr::parse_with(inner, variables);
            parts.push(Piece::Expr(expr.map_err(|e| ExprError { position: e.position + start, ..e })?));
            at = end + 2;
        }
        if at < source.len() {
            parts.push(Piece::Text(source[at..].to_owned()));
        }
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// True if there is no expression in it.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|p| matches!(p, Piece::Text(_)))
    }

    /// The expressions in it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|p| match p {
            Piece::Expr(expr) => Some(expr),
            Piece::Text(_) => None,
        })
    }

    /// The text; `None` if the template is one expression and its value is null.
    pub fn text(&self, context: &Value, vars: &[&Value]) -> Result<Option<String>, EvalError> {
        if let [Piece::Expr(expr)] = self.parts.as_slice() {
            return Ok(match expr.one(context, vars)? {
                Val::Null => None,
                value => Some(value.into_text().into_owned()),
            });
        }
        let mut text = String::with_capacity(self.source.len());
        for part in &self.parts {
            match part {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Expr(expr) => match expr.one(context, vars)? {
                    Val::Null => {}
                    value => text.push_str(&value.into_text()),
                },
            }
        }
        Ok(Some(text))
    }

    /// The JSON value: of the expression if there is nothing else, else the text; `None` as in [`Template::text`].
    pub fn json(&self, context: &Value, vars: &[&Value]) -> Result<Option<Value>, EvalError> {
        if let [Piece::Expr(expr)] = self.parts.as_slice() {
            return match expr.one(context, vars)? {
                Val::Null => Ok(None),
                value => value.to_value().map(Some),
            };
        }
        Ok(self.text(context, vars)?.map(|text| Value::copy_str(&text)))
    }
}

/// Where `}}` ends the expression: not inside a quoted string, not closing its own braces.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut quoted, mut depth, mut i) = (false, 0_usize, 0);
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if quoted => i += 1,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted && depth > 0 => depth -= 1,
            b'}' if !quoted && bytes.get(i + 1) == Some(&b'}') => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}
