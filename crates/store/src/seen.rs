//! Seen marks of a full pass: one bit per position, in chunks, so that a crash resumes.
