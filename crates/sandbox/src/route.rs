//! Route: which endpoint answers a path.
//!
//! Always true: endpoints are tried in the order they are written; a slash at the end does not matter.

use indexmap::IndexMap;

use crate::plan::Endpoint;
use crate::spec::EndpointSpec;

/// A path with `{name}` in some segments.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Segment>);

#[derive(Debug)]
enum Segment {
    Fixed(String),
    Named { before: String, name: String, after: String },
}

impl Pattern {
    pub fn parse(path: &str) -> Result<Self, String> {
        let segment = |text: &str| match text.split_once('{') {
            None => Ok(Segment::Fixed(text.to_owned())),
            Some((before, rest)) => {
                let (name, after) = rest.split_once('}').ok_or_else(|| format!("`{{` without `}}` in `{path}`"))?;
                Ok(Segment::Named { before: before.into(), name: name.into(), after: after.into() })
            }
        };
        Ok(Self(split(path).map(segment).collect::<Result<_, String>>()?))
    }

    /// The values of the names, if the path fits.
    pub fn matches(&self, path: &str) -> Option<IndexMap<String, String>> {
        let mut names = IndexMap::new();
        let mut segments = split(path);
        for pattern in &self.0 {
            let given = decode(segments.next()?);
            match pattern {
                Segment::Fixed(text) if *text == given => {}
                Segment::Fixed(_) => return None,
                Segment::Named { before, name, after } => {
                    let value = given.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    if value.is_empty() {
                        return None;
                    }
                    names.insert(name.clone(), value.to_owned());
                }
            }
        }
        segments.next().is_none().then_some(names)
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The endpoint for a request with the values of its path names.
pub(crate) fn find<'e>(
    endpoints: &'e [Endpoint],
    method: &str,
    path: &str,
) -> Option<(usize, &'e Endpoint, IndexMap<String, String>)> {
    endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.method == method).find_map(|(place, endpoint)| {
        let names = endpoint.patterns.iter().find_map(|pattern| pattern.matches(path))?;
        Some((place, endpoint, names))
    })
}

/// Takes `%41` for `A`.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if byte == b'%' => {
                bytes.push(code);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The method and path an endpoint is written with.
pub(crate) fn method_and_path(spec: &EndpointSpec) -> Result<(&'static str, String), String> {
    let written = [
        ("GET", &spec.get),
        ("POST", &spec.post),
        ("PUT", &spec.put),
        ("PATCH", &spec.patch),
        ("DELETE", &spec.delete),
    ];
    let mut found = written.into_iter().filter_map(|(method, path)| Some((method, path.clone()?)));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err("an endpoint wants one of get, post, put, patch, delete".into()),
        (Some((first, path)), Some((second, _))) => Err(format!("`{path}` has both {first} and {second}")),
    }
}
