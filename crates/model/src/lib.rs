//! The language of common models: categories, models, fields, filters. Pure.
