//! Settings: flag > environment > file > the embedded default.
//!
//! Always true: every key stands, commented, in `config.default.toml`; a key of the file that is not there is an error
//! with file, line and the nearest known key; a secret is never printed.
//! Elsewhere: what the settings build is `join`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use serde::{Deserialize, Deserializer};
use unisono_outbound::Secret;

/// The default configuration, commented; printed by `unisono config`.
pub const DEFAULT: &str = include_str!("config.default.toml");

/// All settings.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// Directory of the embedded database.
    pub data_dir: PathBuf,
    /// Database URL; empty for SQLite in `data_dir`.
    #[serde(deserialize_with = "secret")]
    pub database: Secret,
    /// Seals credentials.
    #[serde(deserialize_with = "secret")]
    pub secret_key: Secret,
    /// Folders with further connectors.
    #[serde(deserialize_with = "list")]
    pub connectors: Vec<PathBuf>,
    /// `api`, `worker`.
    #[serde(deserialize_with = "list")]
    pub roles: Vec<Role>,
    /// The HTTP surface.
    pub server: Server,
    /// Schedules.
    pub sync: Sync,
    /// Which addresses may be contacted.
    pub outbound: Outbound,
    /// The database.
    pub store: Store,
    /// Logging.
    pub log: Log,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Answers requests.
    Api,
    /// Syncs.
    Worker,
}

/// Section `server`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct Server {
    pub listen: String,
    pub public_url: String,
    pub rate_per_min: u32,
    pub body_bytes_max: usize,
    pub uri_bytes_max: usize,
    pub request_timeout_s: u64,
    pub drain_s: u64,
}

/// Section `sync`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct Sync {
    pub incremental_every_s: u64,
    pub full_every_s: u64,
    pub full_only_every_s: u64,
    pub jitter: f64,
    pub workers: usize,
    pub retention_days: u64,
    pub deletion_budget: f64,
}

/// Section `outbound`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct Outbound {
    pub allow_private: bool,
    pub allow_http: bool,
    #[serde(deserialize_with = "list")]
    pub allow_nets: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub allow_hosts: Vec<String>,
}

/// Section `store`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct Store {
    pub connections: usize,
    pub migrate: bool,
}

/// Section `log`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// What flags set; absent ones leave the other sources alone.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Dotted keys and values.
    pub values: Vec<(&'static str, Value)>,
}

impl Settings {
    /// Reads all sources. `environment` is what the process was started with.
    pub fn read(flags: &Flags, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let environment = Environment::read(environment)?;
        let mut figment = Figment::from(Toml::string(DEFAULT));
        let named = flags.config.clone().or(environment.config);
        let file = named.clone().or_else(|| Some(PathBuf::from("unisono.toml")).filter(|path| path.exists()));
        if let Some(path) = file {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("configuration {} cannot be read", path.display()))?;
            check_keys(&path, &text)?;
            figment = figment.merge(Toml::file_exact(&path));
        }
        for (key, value) in environment.values {
            figment = figment.merge(Serialized::default(&key, value));
        }
        for (key, value) in &flags.values {
            figment = figment.merge(Serialized::default(key, value));
        }
        let settings: Self = figment.extract().map_err(|error| anyhow::anyhow!("configuration is invalid: {error}"))?;
        settings.check()?;
        Ok(settings)
    }

    /// The database URL in force.
    pub fn database_url(&self) -> Secret {
        match self.database.is_empty() {
            true => Secret::new(format!("sqlite:{}", self.data_dir.join("unisono.db").display())),
            false => self.database.clone(),
        }
    }

    /// Whether this process has the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Address under which browsers reach the server.
    pub fn public_url(&self) -> String {
        match self.server.public_url.trim_end_matches('/') {
            "" => format!("http://{}", self.server.listen),
            given => given.to_owned(),
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.roles.is_empty() {
            bail!("configuration is invalid: `roles` is empty, use \"api\", \"worker\" or both");
        }
        if !(0.0..=1.0).contains(&self.sync.jitter) || !(0.0..=1.0).contains(&self.sync.deletion_budget) {
            bail!("configuration is invalid: `sync.jitter` and `sync.deletion_budget` are shares between 0 and 1");
        }
        if self.sync.workers == 0 || self.store.connections == 0 {
            bail!("configuration is invalid: `sync.workers` and `store.connections` are at least 1");
        }
        Ok(())
    }
}

/// What the environment sets.
#[derive(Default)]
struct Environment {
    config: Option<PathBuf>,
    values: Vec<(String, Value)>,
}

impl Environment {
    /// Names that are no key are left alone: orchestrators put variables of their own beside ours.
    fn read(variables: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let known = known_keys();
        let mut found = Self::default();
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix("UNISONO_") else { continue };
            if rest == "CONFIG" {
                found.config = Some(text.into());
                continue;
            }
            let key = rest.to_lowercase().replace("__", ".");
            if known.contains(&key) {
                found.values.push((key, Value::from(text)));
                continue;
            }
            if let Some(secret) = key.strip_suffix("_file").filter(|key| ["secret_key", "database"].contains(key)) {
                let text =
                    std::fs::read_to_string(&text).with_context(|| format!("{name}: file {text} cannot be read"))?;
                found.values.push((secret.to_owned(), Value::from(text.trim().to_owned())));
            }
        }
        Ok(Self { values: found.values.into_iter().map(|(key, value)| (key, typed(value))).collect(), ..found })
    }
}

/// Numbers and booleans of the environment are texts; a key takes them as what they look like.
fn typed(value: Value) -> Value {
    let Some(text) = value.as_str() else { return value };
    match (text.parse::<bool>(), text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(flag), _, _) => Value::from(flag),
        (_, Ok(number), _) => Value::from(number),
        (_, _, Ok(number)) => Value::from(number),
        _ => value,
    }
}

/// Every key of the default, dotted.
fn known_keys() -> Vec<String> {
    let defaults: Dict = Figment::from(Toml::string(DEFAULT)).extract().unwrap_or_default();
    let mut keys = Vec::new();
    for (name, value) in &defaults {
        match value.as_dict() {
            Some(section) => keys.extend(section.keys().map(|key| format!("{name}.{key}"))),
            None => keys.push(name.clone()),
        }
    }
    keys
}

/// Refuses keys that no setting has, with file, line and the nearest known key.
fn check_keys(path: &Path, text: &str) -> anyhow::Result<()> {
    let known = known_keys();
    let mut section = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim_matches(['[', ' ']).to_owned();
            continue;
        }
        let Some((name, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let name = name.trim().trim_matches(['"', '\'']);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            continue;
        }
        let key = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        if !known.contains(&key) {
            let near =
                known.iter().max_by(|a, b| strsim::jaro_winkler(a, &key).total_cmp(&strsim::jaro_winkler(b, &key)));
            let hint = near.filter(|near| strsim::jaro_winkler(near, &key) > 0.75);
            let hint = hint.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            bail!("{}:{}: unknown key `{key}`{hint}", path.display(), index + 1);
        }
    }
    Ok(())
}

fn secret<'de, D: Deserializer<'de>>(input: D) -> Result<Secret, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Text {
        Text(String),
        /// A key of digits only is read as a number from the environment.
        Number(i64),
    }
    Ok(match Text::deserialize(input)? {
        Text::Text(text) => Secret::new(text),
        Text::Number(number) => Secret::new(number.to_string()),
    })
}

/// A list, or a text with commas as the environment has it.
fn list<'de, D, T>(input: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> Deserialize<'a>,
{
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error as TextError, StrDeserializer};
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let texts: Vec<String> = match OneOrMany::deserialize(input)? {
        OneOrMany::One(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        OneOrMany::Many(texts) => texts,
    };
    let read = |text: &String| {
        let text: StrDeserializer<'_, TextError> = text.as_str().into_deserializer();
        T::deserialize(text).map_err(serde::de::Error::custom)
    };
    texts.iter().filter(|text| !text.is_empty()).map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn read(file: &str, environment: &[(&str, &str)], flags: Vec<(&'static str, Value)>) -> anyhow::Result<Settings> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("unisono.toml");
        std::fs::write(&path, file).unwrap();
        let flags = Flags { config: Some(path), values: flags };
        let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(&flags, variables)
    }

    fn complaint(file: &str) -> String {
        let error = read(file, &[], Vec::new()).unwrap_err().to_string();
        error.rsplit('/').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_default_file_is_complete_and_valid() {
        let settings = read("", &[], Vec::new()).unwrap();
        assert_eq!(settings.server.listen, "127.0.0.1:8080");
        assert_eq!(settings.database_url().expose(), "sqlite:data/unisono.db");
        assert!(settings.has(Role::Api) && settings.has(Role::Worker));
    }

    #[test]
    fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
        let file = "[server]\nlisten = \"file:1\"\nrate_per_min = 1\n[sync]\nworkers = 9\n";
        let environment = [("UNISONO_SERVER__LISTEN", "env:2"), ("UNISONO_SERVER__RATE_PER_MIN", "2")];
        let settings = read(file, &environment, vec![("server.listen", Value::from("flag:3"))]).unwrap();
        assert_eq!(settings.server.listen, "flag:3");
        assert_eq!((settings.server.rate_per_min, settings.sync.workers, settings.sync.jitter), (2, 9, 0.1));
    }

    #[test]
    fn lists_of_the_environment_are_separated_by_commas_and_strangers_are_left_alone() {
        let environment =
            [("UNISONO_ROLES", "worker"), ("UNISONO_CONNECTORS", "a, b"), ("UNISONO_SERVICE_HOST", "10.0.0.1")];
        let settings = read("", &environment, Vec::new()).unwrap();
        assert_eq!(settings.roles, [Role::Worker]);
        assert_eq!(settings.connectors, [PathBuf::from("a"), PathBuf::from("b")]);
    }

    #[test]
    fn a_secret_is_read_from_the_file_that_is_named_and_never_printed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "c2VjcmV0\n").unwrap();
        let settings = read("", &[("UNISONO_SECRET_KEY_FILE", path.to_str().unwrap())], Vec::new()).unwrap();
        assert_eq!(settings.secret_key.expose(), "c2VjcmV0");
        assert!(!format!("{settings:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
        assert_eq!(
            complaint("# mine\n[server]\nlisten = \"x\"\nrate_per_minute = 5\n"),
            "unisono.toml:4: unknown key `server.rate_per_minute`, did you mean `server.rate_per_min`?"
        );
        assert_eq!(complaint("datadir = \"x\"\n"), "unisono.toml:1: unknown key `datadir`, did you mean `data_dir`?");
    }

    #[test]
    fn a_wrong_type_is_named_with_its_key() {
        let error = read("[server]\nrate_per_min = \"many\"\n", &[], Vec::new()).unwrap_err().to_string();
        assert!(error.contains("server.rate_per_min") && error.contains("unisono.toml"), "{error}");
    }
}
