//! Database URLs: `sqlite:PATH` and `postgres://…`.
//!
//! Always true: a message about a URL never repeats its password.

use crate::OpenError;
use crate::tls::Verify;
use postgres::Config;
use postgres::config::{Host, SslMode};
use std::path::PathBuf;

/// A parsed database URL.
#[derive(Debug)]
pub(crate) enum Target {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres { config: Box<Config>, verify: Verify },
}

impl Target {
    /// Parses a URL.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => sqlite(path),
            Some(("postgres" | "postgresql", _)) => server(url),
            Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Err(invalid(format!("`{scheme}` is not a known kind of database")))
            }
            _ => Err(invalid("it has no scheme".to_owned())),
        }
    }

    /// What to call it in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres { config, .. } => {
                let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
                    Host::Tcp(name) => name.clone(),
                    #[cfg(unix)]
                    Host::Unix(path) => path.display().to_string(),
                });
                format!("{} on {host}", config.get_dbname().unwrap_or("default"))
            }
        }
    }
}

fn invalid(problem: String) -> OpenError {
    OpenError::Url { problem }
}

fn sqlite(path: &str) -> Result<Target, OpenError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return Err(invalid("`sqlite:` needs a path".to_owned()));
    }
    if path == ":memory:" {
        return Err(invalid("a database in memory is not supported, name a file".to_owned()));
    }
    if path.contains('?') {
        return Err(invalid("`sqlite:` takes no parameters".to_owned()));
    }
    Ok(Target::Sqlite(PathBuf::from(path)))
}

/// The driver knows three TLS modes and no root file, so `sslmode` and `sslrootcert` are read here.
fn server(url: &str) -> Result<Target, OpenError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut root, mut rest) = ("prefer".to_owned(), None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => value.clone_into(&mut mode),
            Some(("sslrootcert", value)) => root = Some(PathBuf::from(value.replace("%2F", "/").replace("%2f", "/"))),
            _ => rest.push(pair),
        }
    }
    let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    let mut config: Config = plain.parse().map_err(|error: postgres::Error| {
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        invalid(reason)
    })?;
    if config.get_hosts().is_empty() {
        return Err(invalid("it names no host".to_owned()));
    }
    let (ssl, verify) = match mode.as_str() {
        "disable" => (SslMode::Disable, Verify::Nothing),
        "prefer" => (SslMode::Prefer, Verify::Nothing),
        "require" if root.is_none() => (SslMode::Require, Verify::Nothing),
        "require" | "verify-ca" | "verify-full" => (SslMode::Require, Verify::Server { root }),
        other => {
            return Err(invalid(format!(
                "sslmode `{other}` is none of disable, prefer, require, verify-ca, verify-full"
            )));
        }
    };
    config.ssl_mode(ssl);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(std::time::Duration::from_secs(10));
    }
    if config.get_application_name().is_none() {
        config.application_name("unisono");
    }
    Ok(Target::Postgres { config: Box::new(config), verify })
}
