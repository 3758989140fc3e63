//! The language of connectors: requests, paging, mapping. Pure.
