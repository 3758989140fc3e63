//! A connector: everything known about one vendor, loaded, checked and compiled.

use indexmap::IndexMap;
use unisono_model::{LoadError, Models};

use crate::fault::{Fault, Faults};
use crate::manifest::{Authorization, Evidence, Field, Limits, Scheme, WebhooksManifest};
use crate::reply::Reply;
use crate::request::{Context, Request, RequestError};
use crate::stream::Stream;
use crate::expr::Template;

/// One vendor, compiled.
#[derive(Debug)]
pub struct Connector {
    /// The folder's name.
    pub slug: String,
    /// The vendor's name.
    pub name: String,
    /// The categories served.
    pub categories: Vec<String>,
    /// The vendor's API documentation.
    pub docs: Option<String>,
    /// A colour for its tile.
    pub color: Option<String>,
    /// What the end customer is asked for.
    pub fields: Vec<Field>,
    /// Ways to prove who we are; the first is the default. `id` is always set and unique.
    pub auth: Vec<Authorization<Template>>,
    /// Declared pacing.
    pub limits: Limits,
    /// What replies mean.
    pub faults: std::sync::Arc<Faults>,
    /// How webhooks are verified.
    pub webhooks: Option<WebhooksManifest>,
    /// How well all this is known.
    pub evidence: Evidence,
    /// The streams of each model, such as `hris.employee`, in file order.
    pub streams: IndexMap<String, Vec<Stream>>,
}

impl Connector {
    /// Loads `connector.yaml` and `<category>/<model>.yaml` (paths relative to the connector's folder); other files are ignored.
    pub fn load<I, P, T>(slug: &str, files: I, models: &Models) -> Result<Self, Vec<LoadError>>
    where
        I: IntoIterator<Item = (P, T)>,
        P: AsRef<str>,
        T: AsRef<str>,
    {
        todo!()
    }

    /// The models it reads.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.streams.keys().map(String::as_str)
    }

    /// The streams of a model; empty when it does not read it.
    #[must_use]
    pub fn streams(&self, model: &str) -> &[Stream] {
        self.streams.get(model).map_or(&[], Vec::as_slice)
    }

    /// The way to prove ourselves with this id; the default one for `None`.
    #[must_use]
    pub fn authorization(&self, id: Option<&str>) -> Option<&Authorization<Template>> {
        match id {
            None => self.auth.first(),
            Some(id) => self.auth.iter().find(|auth| auth.id.as_deref() == Some(id)),
        }
    }

    /// The base URL of a linked account.
    pub fn base_url(&self, cx: &Context) -> Result<url::Url, RequestError> {
        todo!()
    }

    /// A request to the vendor that the caller describes (passthrough, token requests): `path` is joined to the base URL
    /// and gets the connector's headers.
    pub fn request(&self, cx: &Context, method: http::Method, path: &str) -> Result<Request, RequestError> {
        todo!()
    }

    /// The request that proves credentials; `None` when the manifest has no `check`.
    pub fn check_request(&self, cx: &Context) -> Result<Option<Request>, RequestError> {
        todo!()
    }

    /// What the reply to it says.
    pub fn checked(&self, cx: &Context, reply: &Reply) -> Result<(), Fault> {
        todo!()
    }

    /// Checks what the end customer entered: (field, problem) for each that is missing or wrong.
    #[must_use]
    pub fn check_fields(&self, given: &IndexMap<String, String>) -> Vec<(String, String)> {
        todo!()
    }
}

impl<T> Authorization<T> {
    /// The scheme's word in manifests.
    #[must_use]
    pub fn scheme_name(&self) -> &'static str {
        crate::manifest::scheme_name(&self.scheme)
    }
}

/// The compiled scheme.
pub type CompiledScheme = Scheme<Template>;
