//! The HTTP surface: unified API, admin API, OpenAPI.
