//! What is wrong with a model file, and where.

use std::fmt;

/// One fault of one file: enough for a person to open the file at the place and put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file's path as it was given to [`crate::Models::load`].
    pub file: String,
    /// Line, from 1; 0 when the fault concerns the file as a whole.
    pub line: usize,
    /// Column, from 1; 0 when the fault concerns the file as a whole.
    pub column: usize,
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
        match &self.suggestion {
            Some(name) => write!(f, " (did you mean `{name}`?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LoadError {}
