//! A connector: everything known about one vendor, loaded, checked and compiled.

use indexmap::IndexMap;
use sonic_rs::Value;
use unisono_model::Models;

use crate::expr::{Expr, Template};
use crate::fault::{Fault, FaultKind, Faults};
use crate::load::LoadError;
use crate::manifest::{Authorization, Evidence, Field, FieldType, Limits, Scheme, WebhooksManifest};
use crate::native::Native;
use crate::reply::Reply;
use crate::request::{Base, Context, Request, RequestError, RequestPlan, problem};
use crate::stream::Stream;

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
    pub(crate) base: std::sync::Arc<Base>,
    pub(crate) check: Option<CheckPlan>,
}

#[derive(Debug)]
pub(crate) struct CheckPlan {
    pub(crate) request: RequestPlan,
    pub(crate) expect: Option<Expr>,
}

/// What templates of `connector.yaml` see.
pub(crate) fn base_context(cx: &Context) -> Value {
    let mut object = sonic_rs::Object::new();
    object.insert("config", cx.config.clone());
    let now = crate::times::format(cx.now_us, &crate::manifest::SinceFormat::Rfc3339).unwrap_or_default();
    object.insert("now", crate::stream::value(&now));
    object.into()
}

impl Connector {
    /// Loads `connector.yaml` and `<category>/<model>.yaml` (paths relative to the connector's folder); other files are ignored.
    pub fn load<I, P, T>(slug: &str, files: I, models: &Models) -> Result<Self, Vec<LoadError>>
    where
        I: IntoIterator<Item = (P, T)>,
        P: AsRef<str>,
        T: AsRef<str>,
    {
        crate::load::load(slug, files, models, None)
    }

    /// As [`Connector::load`], with the connector's native code.
    pub fn load_with<I, P, T>(
        slug: &str,
        files: I,
        models: &Models,
        native: Option<&'static dyn Native>,
    ) -> Result<Self, Vec<LoadError>>
    where
        I: IntoIterator<Item = (P, T)>,
        P: AsRef<str>,
        T: AsRef<str>,
    {
        crate::load::load(slug, files, models, native)
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
        let address = self.base.address(&base_context(cx))?;
        url::Url::parse(&address).map_err(|error| problem("base_url", &error.to_string()))
    }

    /// A request to the vendor that the caller describes (passthrough, token requests): `path` is joined to the base URL
    /// and gets the connector's headers; an absolute address must be on the base URL's host or one listed under `hosts`.
    pub fn request(&self, cx: &Context, method: http::Method, path: &str) -> Result<Request, RequestError> {
        self.base.bare(&base_context(cx), method, path)
    }

    /// The request that proves credentials; `None` when the manifest has no `check`.
    pub fn check_request(&self, cx: &Context) -> Result<Option<Request>, RequestError> {
        let Some(check) = &self.check else { return Ok(None) };
        check.request.build(&self.base, &base_context(cx), &[]).map(Some)
    }

    /// What the reply to it says.
    pub fn checked(&self, cx: &Context, reply: &Reply) -> Result<(), Fault> {
        if let Some(fault) = self.faults.classify(reply, cx.now_us) {
            return Err(fault);
        }
        let Some(expect) = self.check.as_ref().and_then(|check| check.expect.as_ref()) else { return Ok(()) };
        if expect.eval_bool(&crate::fault::reply_view(reply), &[]).unwrap_or(false) {
            return Ok(());
        }
        Err(Fault {
            kind: FaultKind::Rejected,
            status: reply.status,
            message: format!("the vendor's reply to the check is not what `{}` expects", expect.source()),
            retry_after_s: None,
        })
    }

    /// Checks what the end customer entered: (field, problem) for each that is missing or wrong.
    #[must_use]
    pub fn check_fields(&self, given: &IndexMap<String, String>) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        for field in &self.fields {
            let value = given.get(&field.name).map(|value| value.trim()).filter(|value| !value.is_empty());
            let Some(value) = value else {
                if !field.optional && field.default.is_none() {
                    problems.push((field.name.clone(), format!("{} is missing", field.title)));
                }
                continue;
            };
            if let Some(problem) = field.problem(value) {
                problems.push((field.name.clone(), problem));
            }
        }
        let names = || self.fields.iter().map(|field| field.name.as_str());
        for name in given.keys().filter(|name| !names().any(|known| known == name.as_str())) {
            problems.push((
                name.clone(),
                format!("there is no such field, only {}", names().collect::<Vec<_>>().join(", ")),
            ));
        }
        problems
    }
}

impl Field {
    /// What is wrong with a value; the value itself is never repeated, it may be a secret.
    fn problem(&self, value: &str) -> Option<String> {
        if let Some(pattern) = &self.pattern
            && !regex_lite::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(value))
        {
            return Some(format!("{} does not look right (it must match {pattern})", self.title));
        }
        match self.kind {
            FieldType::Url => match url::Url::parse(value) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => None,
                Ok(_) | Err(_) => Some(format!("{} must be an address such as https://example.com", self.title)),
            },
            FieldType::Select if !self.choices.iter().any(|choice| choice == value) => {
                Some(format!("{} must be one of {}", self.title, self.choices.join(", ")))
            }
            FieldType::Select | FieldType::Text | FieldType::Secret => None,
        }
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
