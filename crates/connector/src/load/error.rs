//! What is wrong with a manifest, and where.

use std::fmt;

/// One fault of one file: enough for a person to open the file at the place and put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file's path as it was given.
    pub file: String,
    /// Line, from 1; 0 when the fault concerns the file as a whole.
    pub line: usize,
    /// Column, from 1; 0 when the fault concerns the file as a whole.
    pub column: usize,
    /// The line's text.
    pub excerpt: Option<String>,
    /// What is wrong, lower case, naming the thing.
    pub message: String,
    /// The known name that is nearest to the unknown one.
    pub suggestion: Option<String>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        }
        if let Some(name) = &self.suggestion {
            write!(f, ", did you mean `{name}`?")?;
        }
        if let Some(excerpt) = &self.excerpt {
            let gutter = self.line.to_string();
            let space = " ".repeat(gutter.len());
            let indent = " ".repeat(self.column.saturating_sub(1));
            write!(f, "\n {gutter} | {excerpt}\n {space} | {indent}^")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// The name nearest to an unknown one, if one is near.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let most = (word.chars().count() / 3).max(1);
    let near = names.into_iter().map(|name| (strsim::damerau_levenshtein(word, name), name));
    near.filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}
