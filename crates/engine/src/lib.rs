//! The verbs: connect, pull, read, jobs, check.
