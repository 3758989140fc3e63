//! Embeds the data folders: models and connectors.
