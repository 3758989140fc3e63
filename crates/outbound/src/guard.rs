//! The guard: decides which addresses may be contacted.
//!
//! Always true: a name is resolved once per connection and the connection uses exactly the addresses that were
//! checked; a name with one refused address is refused as a whole; literal addresses are checked before anything is
//! sent. Metadata services and link-local ranges are refused even with `allow_private`; only naming them helps.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use ipnet::IpNet;
use url::{Host, Url};

/// What the operator allows beyond the public internet over https.
#[derive(Debug, Clone, Default)]
pub struct GuardConfig {
    /// Allow loopback and private ranges (and plain http). For development and single-tenant servers.
    pub allow_private: bool,
    /// Allow plain http to public addresses.
    pub allow_http: bool,
    /// Networks that may be contacted although they are not public.
    pub allow_nets: Vec<IpNet>,
    /// Host names that may be contacted wherever they resolve to, over http too.
    pub allow_hosts: Vec<String>,
}

/// Why an address is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// Neither http nor https.
    #[error("scheme `{0}` is not allowed, only http and https")]
    Scheme(String),
    /// Plain http where it is not allowed.
    #[error("plain http to {0} is not allowed")]
    PlainHttp(String),
    /// User name or password in the address.
    #[error("credentials in the address of {0} are not allowed")]
    UserInfo(String),
    /// No host at all.
    #[error("address has no host")]
    NoHost,
    /// The address lies in a range that is not public.
    #[error("{host} is refused: {ip} is {range}")]
    Range {
        /// Host as asked for.
        host: String,
        /// Its offending address.
        ip: IpAddr,
        /// Name of the range.
        range: &'static str,
    },
}

/// The addresses of a name, or why there are none.
pub type LookupFuture = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Resolves names; the system's resolver unless a test brings its own.
pub trait Lookup: Send + Sync {
    /// All addresses of `host`.
    fn lookup(&self, host: String) -> LookupFuture;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> LookupFuture {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Checks addresses against the configuration; also the resolver of the HTTP client.
#[derive(Clone)]
pub struct Guard {
    config: Arc<GuardConfig>,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// A guard with the system's resolver.
    pub fn new(config: GuardConfig) -> Self {
        Self::with_lookup(config, Arc::new(SystemLookup))
    }

    /// A guard with a resolver of its own.
    pub fn with_lookup(config: GuardConfig, lookup: Arc<dyn Lookup>) -> Self {
        Self { config: Arc::new(config), lookup }
    }

    /// Checks all that can be known before resolving: scheme, user info, literal addresses.
    pub fn check(&self, url: &Url) -> Result<(), GuardError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(GuardError::Scheme(url.scheme().to_owned()));
        }
        let host = url.host().ok_or(GuardError::NoHost)?;
        let name = url.host_str().unwrap_or_default().to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(GuardError::UserInfo(name));
        }
        let literal = match host {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(_) => None,
        };
        let listed = self.is_listed(&name) || literal.is_some_and(|ip| self.is_in_nets(ip));
        if url.scheme() == "http" && !(self.config.allow_http || self.config.allow_private || listed) {
            return Err(GuardError::PlainHttp(name));
        }
        literal.map_or(Ok(()), |ip| self.check_ip(&name, ip))
    }

    /// Resolves once and checks every address. Errors say what is wrong with which address.
    pub async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let found = self.lookup.lookup(host.to_owned()).await.map_err(ResolveError::Lookup)?;
        for ip in &found {
            self.check_ip(host, *ip)?;
        }
        if found.is_empty() {
            return Err(ResolveError::Lookup(std::io::Error::other("name has no address")));
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())
    }

    fn check_ip(&self, host: &str, ip: IpAddr) -> Result<(), GuardError> {
        let Some(range) = range_of(ip) else { return Ok(()) };
        let private = self.config.allow_private && range.private;
        if private || self.is_listed(host) || self.is_in_nets(ip) {
            return Ok(());
        }
        Err(GuardError::Range { host: host.to_owned(), ip, range: range.name })
    }

    fn is_listed(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.config.allow_hosts.iter().any(|allowed| allowed.trim_end_matches('.').eq_ignore_ascii_case(host))
    }

    fn is_in_nets(&self, ip: IpAddr) -> bool {
        let plain = ip.to_canonical();
        self.config.allow_nets.iter().any(|net| net.contains(&ip) || net.contains(&plain))
    }
}

impl reqwest::dns::Resolve for Guard {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = Guard::resolve(&guard, name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Why a name gave no usable address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The guard refuses it.
    #[error(transparent)]
    Refused(#[from] GuardError),
    /// It does not resolve.
    #[error("name does not resolve")]
    Lookup(#[source] std::io::Error),
}

struct Range {
    name: &'static str,
    /// Covered by `allow_private`.
    private: bool,
}

fn range(name: &'static str, private: bool) -> Option<Range> {
    Some(Range { name, private })
}

/// The special range an address lies in; `None` for the public internet.
fn range_of(ip: IpAddr) -> Option<Range> {
    match ip {
        IpAddr::V4(ip) => range_of_v4(ip),
        IpAddr::V6(ip) => range_of_v6(ip),
    }
}

fn range_of_v4(ip: Ipv4Addr) -> Option<Range> {
    match ip.octets() {
        [127, ..] => range("a loopback address", true),
        // Metadata services outside link-local: Alibaba Cloud and Oracle Cloud.
        [100, 100, 100, 200] | [192, 0, 0, 192] => range("a metadata service", false),
        [10, ..] | [192, 168, ..] => range("a private address", true),
        [172, 16..=31, ..] => range("a private address", true),
        [100, 64..=127, ..] => range("a shared address (carrier NAT)", true),
        [169, 254, ..] => range("a link-local address", false),
        [0, ..] => range("an unspecified address", false),
        [224..=239, ..] => range("a multicast address", false),
        [240..=255, ..] => range("a reserved address", false),
        [192, 0, 0, _] | [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => range("a reserved address", false),
        [192, 88, 99, _] | [198, 18..=19, ..] => range("a reserved address", false),
        _ => None,
    }
}

fn range_of_v6(ip: Ipv6Addr) -> Option<Range> {
    let low = |a: u16, b: u16| {
        let ([a, b], [c, d]) = (a.to_be_bytes(), b.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => range("a loopback address", true),
        [0, 0, 0, 0, 0, 0, 0, 0] => range("an unspecified address", false),
        // Addresses that carry an IPv4 address: mapped, compatible, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff | 0, a, b] | [0, 0, 0, 0, 0xffff, 0, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => {
            range_of_v4(low(a, b))
        }
        [0x2002, a, b, ..] => range_of_v4(low(a, b)).or(range("a tunnel address", false)),
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => range("a tunnel address", false),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => range("a metadata service", false),
        [0xfc00..=0xfdff, ..] => range("a private address", true),
        [0xfe80..=0xfebf, ..] => range("a link-local address", false),
        [0xfec0..=0xfeff, ..] => range("a private address", true),
        [0xff00..=0xffff, ..] => range("a multicast address", false),
        [0x2001, 0xdb8, ..] | [0x100, 0, 0, 0, ..] | [0x3fff, 0..=0xfff, ..] => range("a reserved address", false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn verdict(config: GuardConfig, url: &str) -> Result<(), GuardError> {
        Guard::new(config).check(&Url::parse(url).unwrap())
    }

    #[test]
    fn private_and_special_addresses_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "0x7f.1",
            "2130706433",
            "10.0.0.5",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a00:1]",
            "[2002:7f00:1::]",
        ] {
            let result =
                verdict(GuardConfig { allow_http: true, ..GuardConfig::default() }, &format!("http://{host}/"));
            assert!(matches!(result, Err(GuardError::Range { .. })), "{host}: {result:?}");
        }
    }

    #[test]
    fn public_addresses_pass_over_https_only() {
        assert_eq!(verdict(GuardConfig::default(), "https://93.184.216.34/"), Ok(()));
        assert_eq!(verdict(GuardConfig::default(), "https://[2606:4700::1111]/"), Ok(()));
        let plain = verdict(GuardConfig::default(), "http://93.184.216.34/");
        assert_eq!(plain, Err(GuardError::PlainHttp("93.184.216.34".into())));
        assert!(matches!(verdict(GuardConfig::default(), "ftp://example.com/"), Err(GuardError::Scheme(_))));
        assert!(matches!(verdict(GuardConfig::default(), "https://a:b@example.com/"), Err(GuardError::UserInfo(_))));
    }

    #[test]
    fn allow_private_opens_loopback_but_not_metadata() {
        let open = GuardConfig { allow_private: true, ..GuardConfig::default() };
        assert_eq!(verdict(open.clone(), "http://127.0.0.1:3000/"), Ok(()));
        assert!(verdict(open.clone(), "http://169.254.169.254/").is_err());
        assert!(verdict(open, "http://[::ffff:169.254.169.254]/").is_err());
    }

    #[test]
    fn a_listed_network_is_allowed_and_nothing_beside_it() {
        let config = GuardConfig { allow_nets: vec!["10.1.0.0/16".parse().unwrap()], ..GuardConfig::default() };
        assert_eq!(verdict(config.clone(), "http://10.1.2.3/"), Ok(()));
        assert_eq!(verdict(config.clone(), "http://[::ffff:10.1.2.3]/"), Ok(()));
        assert!(verdict(config, "https://10.2.2.3/").is_err());
    }
}
