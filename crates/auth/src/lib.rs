//! Proving ourselves to a vendor: schemes, tokens, sealed credentials.
