//! The one HTTP client: pacing, retries, redaction, address guard.
