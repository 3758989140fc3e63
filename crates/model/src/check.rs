//! Cross checks.
