//! Out: what commands print. Data goes to standard output, talk to standard error.

use std::io::Write as _;

use serde::Serialize;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Aligned columns, for people.
    Text,
    /// JSON, for programs.
    Json,
}

/// Prints a line of data. A reader that has gone away (`| head`) is no error.
pub fn data(line: impl std::fmt::Display) {
    _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line of talk.
pub fn talk(line: impl std::fmt::Display) {
    _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints a value as JSON.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    data(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints rows in aligned columns under their titles; says `nothing` instead of an empty table.
pub fn table(titles: &[&str], rows: &[Vec<String>], nothing: &str) {
    if rows.is_empty() {
        talk(nothing);
        return;
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(titles.get(column).map(|title| title.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..titles.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    data(line(&titles.iter().map(|title| title.to_uppercase()).collect::<Vec<_>>()));
    rows.iter().for_each(|row| data(line(row)));
}

/// Prints names and values, one a line; values that are empty are left out.
pub fn card(rows: &[(&str, String)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        data(format!("{name:width$}  {value}"));
    }
}
