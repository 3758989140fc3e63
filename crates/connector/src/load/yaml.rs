//! YAML with positions: a file as a tree whose keys and values know their place, and serde's complaints with theirs.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Spanned};

use super::error::{LoadError, nearest};

/// A manifest file.
#[derive(Debug)]
pub(crate) struct File<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    tree: Tree,
}

/// A place in a file: keys and indexes from the top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct At(Vec<String>);

impl At {
    pub(crate) fn key(&self, key: &str) -> Self {
        Self(self.0.iter().cloned().chain([key.to_owned()]).collect())
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.key(&index.to_string())
    }

    /// A dotted path such as `fields.gender.from` below this place.
    pub(crate) fn path(&self, path: &str) -> Self {
        path.split('.').fold(self.clone(), |at, key| at.key(key))
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    line: usize,
    column: usize,
}

#[derive(Debug, Default)]
enum Tree {
    #[default]
    Scalar,
    List(Vec<(Place, Tree)>),
    Map(Vec<(String, Place, Place, Tree)>),
}

impl<'a> File<'a> {
    /// Reads a file as `T`; on failure says where and what.
    pub(crate) fn read<T: DeserializeOwned>(path: &'a str, text: &'a str) -> Result<(Self, T), LoadError> {
        let tree = serde_saphyr::from_str::<Tree>(text).unwrap_or_default();
        let file = Self { path, text, tree };
        match serde_saphyr::from_str::<T>(text) {
            Ok(value) => Ok((file, value)),
            Err(error) => Err(file.complaint(error.without_snippet())),
        }
    }

    /// The keys of a mapping.
    pub(crate) fn keys(&self, at: &At) -> Vec<&str> {
        match self.find(at) {
            Some((_, _, Tree::Map(entries))) => entries.iter().map(|(key, ..)| key.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// An error at a key.
    pub(crate) fn at_key(&self, at: &At, message: String, suggestion: Option<String>) -> LoadError {
        let mut at = at.clone();
        let place = loop {
            match self.find(&at) {
                Some((key, _, _)) => break Some(key),
                None if at.0.pop().is_none() => break None,
                None => {}
            }
        };
        self.error(place, message, suggestion)
    }

    /// An error inside a scalar value, `offset` bytes after its beginning.
    pub(crate) fn at_value(
        &self,
        at: &At,
        source: &str,
        offset: usize,
        message: String,
        suggestion: Option<String>,
    ) -> LoadError {
        let Some((_, value, _)) = self.find(at) else { return self.at_key(at, message, suggestion) };
        let line = self.text.lines().nth(value.line.saturating_sub(1)).unwrap_or_default();
        let tail: String = line.chars().skip(value.column.saturating_sub(1)).collect();
        let quote = usize::from(tail.starts_with(['"', '\'']));
        let before = source.get(..offset).map_or(0, |text| text.chars().count());
        // Only where the value stands in one piece on the line can the place inside it be told.
        let inside = tail.get(quote..).is_some_and(|tail| tail.starts_with(source));
        let column = if inside { value.column + quote + before } else { value.column };
        self.error(Some(Place { line: value.line, column }), message, suggestion)
    }

    fn error(&self, place: Option<Place>, message: String, suggestion: Option<String>) -> LoadError {
        let place = place.unwrap_or(Place { line: 0, column: 0 });
        let excerpt = place.line.checked_sub(1).and_then(|line| self.text.lines().nth(line)).map(str::to_owned);
        LoadError { file: self.path.to_owned(), line: place.line, column: place.column, excerpt, message, suggestion }
    }

    /// (place of the key, place of the value, value) at a path.
    fn find(&self, at: &At) -> Option<(Place, Place, &Tree)> {
        let start = Place { line: 1, column: 1 };
        let mut found = (start, start, &self.tree);
        for step in &at.0 {
            found = match found.2 {
                Tree::Map(entries) => {
                    let (_, key, value, tree) = entries.iter().find(|(key, ..)| key == step)?;
                    (*key, *value, tree)
                }
                Tree::List(entries) => {
                    let (value, tree) = entries.get(step.parse::<usize>().ok()?)?;
                    (*value, *value, tree)
                }
                Tree::Scalar => return None,
            };
        }
        Some(found)
    }

    fn complaint(&self, error: &Error) -> LoadError {
        let place = error.location().map(|location| Place {
            line: usize::try_from(location.line()).unwrap_or(0),
            column: usize::try_from(location.column()).unwrap_or(0),
        });
        match error {
            Error::SerdeUnknownField { field, expected, .. } => {
                let place = self.key_after(field, place).or(place);
                let suggestion = nearest(field, expected.iter().copied());
                let message = match &suggestion {
                    Some(_) => format!("unknown key `{field}`"),
                    None => format!("unknown key `{field}`, expected one of {}", expected.join(", ")),
                };
                self.error(place, message, suggestion)
            }
            Error::SerdeUnknownVariant { variant, expected, .. } => {
                let suggestion = nearest(variant, expected.iter().copied());
                let message = format!("unknown value `{variant}`, expected one of {}", expected.join(", "));
                self.error(self.text_after(variant, place).or(place), message, suggestion)
            }
            Error::SerdeMissingField { field, .. } => self.error(place, format!("missing key `{field}`"), None),
            other => {
                let text = other.to_string();
                let line = text.lines().next().unwrap_or_default();
                let line = line.strip_prefix("error: ").unwrap_or(line);
                let line = line.rsplit_once(" at line ").map_or(line, |(message, _)| message);
                self.error(place, line.to_owned(), None)
            }
        }
    }

    /// Serde reports some unknown keys at the mapping they are in: the key itself is after that.
    fn key_after(&self, key: &str, place: Option<Place>) -> Option<Place> {
        let mut places = Vec::new();
        collect(&self.tree, key, &mut places);
        let from = place.unwrap_or(Place { line: 0, column: 0 });
        places.into_iter().filter(|found| *found >= from).min()
    }

    fn text_after(&self, text: &str, place: Option<Place>) -> Option<Place> {
        let from = place.map_or(0, |place| place.line.saturating_sub(1));
        self.text.lines().enumerate().skip(from).find_map(|(line, content)| {
            let column = content.find(&format!(": {text}")).map(|column| column + 3)?;
            Some(Place { line: line + 1, column })
        })
    }
}

fn collect(tree: &Tree, key: &str, places: &mut Vec<Place>) {
    match tree {
        Tree::Scalar => {}
        Tree::List(entries) => entries.iter().for_each(|(_, tree)| collect(tree, key, places)),
        Tree::Map(entries) => {
            for (name, place, _, tree) in entries {
                if name == key {
                    places.push(*place);
                }
                collect(tree, key, places);
            }
        }
    }
}

fn place<T>(spanned: &Spanned<T>) -> Place {
    Place {
        line: usize::try_from(spanned.referenced.line()).unwrap_or(0),
        column: usize::try_from(spanned.referenced.column()).unwrap_or(0),
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(value) = list.next_element::<Spanned<Tree>>()? {
            entries.push((place(&value), value.value));
        }
        Ok(Tree::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value::<Spanned<Tree>>()?;
            entries.push((key.value.clone(), place(&key), place(&value), value.value));
        }
        Ok(Tree::Map(entries))
    }
}
