//! Requests as plain values: built from templates, never holding credentials (crate `auth` adds them later).
//!
//! Always true: values put into a path cannot add a query, a fragment or a `..` step; parameters are encoded here, once.
//! Elsewhere: what templates see is `context`; paging parameters come from `page`.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use url::Url;

use crate::expr::{EvalError, Template};
use crate::manifest::CursorIn;

/// What templates see besides the state of the read.
#[derive(Debug, Clone)]
pub struct Context {
    /// The linked account's non-secret link fields: `.config`.
    pub config: Value,
    /// The time, in microseconds since 1970.
    pub now_us: i64,
}

/// A request ready for credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Absolute address with its query, encoded.
    pub url: Url,
    /// Headers, `Content-Type` included.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
}

/// Why a request cannot be built: the linked account's settings do not fit the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot build the request of {what}: {reason}")]
pub struct RequestError {
    /// Which part of the manifest, such as `streams.employees.request`.
    pub what: String,
    /// What is wrong.
    pub reason: String,
}

/// What every request of a connector has.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) url: Template,
    pub(crate) headers: Vec<(HeaderName, Template)>,
    pub(crate) hosts: Vec<Template>,
}

/// A compiled request.
#[derive(Debug)]
pub(crate) struct RequestPlan {
    pub(crate) what: String,
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) query: Vec<(String, Slot)>,
    pub(crate) headers: Vec<(HeaderName, Template)>,
    pub(crate) body: BodyPlan,
}

/// A path or address: text and holes, so that what fills a hole can be encoded.
#[derive(Debug)]
pub(crate) struct Target(pub(crate) Vec<TargetPiece>);

#[derive(Debug)]
pub(crate) enum TargetPiece {
    Text(String),
    Hole(Template),
}

/// A body before its templates are filled in.
#[derive(Debug)]
pub(crate) enum BodyPlan {
    None,
    Json(Slot),
    Form(Vec<(String, Slot)>),
    Graphql { query: String, variables: Vec<(String, Slot)> },
    Raw(Template),
}

/// A JSON value with templates in it.
#[derive(Debug)]
pub(crate) enum Slot {
    Literal(serde_json::Value),
    Template(Template),
    List(Vec<Slot>),
    Object(Vec<(String, Slot)>),
}

/// A parameter that paging or the time range adds.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub(crate) place: CursorIn,
    pub(crate) name: String,
    pub(crate) value: serde_json::Value,
}

/// Key under which an account's settings name the origin (scheme, host, port) that replaces the base URL's.
pub const ORIGIN_KEY: &str = "_origin";

/// The same path at another origin.
fn moved(mut url: Url, origin: &str) -> Result<String, RequestError> {
    let odd = || problem("base_url", &format!("`{origin}` is not an origin such as http://127.0.0.1:8100"));
    let to = Url::parse(origin).map_err(|_| odd())?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(odd());
    }
    url.set_scheme(to.scheme()).map_err(|()| odd())?;
    url.set_host(to.host_str()).map_err(|_| odd())?;
    url.set_port(to.port()).map_err(|()| odd())?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// What may not stand unencoded in a path: whatever would end it. `/` and `%` stay, so that `@uri` can be used.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

impl Base {
    /// The address that relative paths are joined to, without a slash at its end.
    pub(crate) fn address(&self, context: &Value) -> Result<String, RequestError> {
        let text = self.url.text(context, &[]).map_err(|error| problem("base_url", &error.to_string()))?;
        let text = text.unwrap_or_default();
        let address = text.trim().trim_end_matches('/');
        let url = Url::parse(address).map_err(|error| problem("base_url", &format!("`{address}`: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(problem("base_url", &format!("`{address}` is not an http address")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(problem("base_url", "it holds a user name or password"));
        }
        match context.get("config").and_then(|config| config.get(ORIGIN_KEY)).and_then(|origin| origin.as_str()) {
            Some(origin) => moved(url, origin),
            None => Ok(address.to_owned()),
        }
    }

    /// Whether requests may go to this address: the base URL's host, or one listed under `hosts` (`*.` for any part).
    pub(crate) fn allows(&self, url: &Url, context: &Value) -> Result<bool, RequestError> {
        let base = Url::parse(&self.address(context)?).map_err(|error| problem("base_url", &error.to_string()))?;
        if base.host() == url.host() && base.port_or_known_default() == url.port_or_known_default() {
            return Ok(true);
        }
        if url.scheme() != base.scheme() {
            return Ok(false);
        }
        let host = url.host_str().unwrap_or_default();
        for allowed in &self.hosts {
            let allowed = allowed.text(context, &[]).map_err(|error| problem("hosts", &error.to_string()))?;
            let allowed = allowed.unwrap_or_default();
            let fits = match allowed.strip_prefix("*.") {
                Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
                None => host.eq_ignore_ascii_case(&allowed),
            };
            if fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A request without query and body.
    pub(crate) fn bare(&self, context: &Value, method: Method, target: &str) -> Result<Request, RequestError> {
        let url = self.resolve(context, target)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        fill_headers(&mut headers, &self.headers, context, "headers")?;
        Ok(Request { method, url, headers, body: Bytes::new() })
    }

    fn resolve(&self, context: &Value, target: &str) -> Result<Url, RequestError> {
        let absolute = target.starts_with("https://") || target.starts_with("http://");
        let text = if absolute {
            target.to_owned()
        } else {
            let slash = if target.is_empty() || target.starts_with(['/', '?']) { "" } else { "/" };
            format!("{}{slash}{target}", self.address(context)?)
        };
        let url = Url::parse(&text).map_err(|error| problem(&text, &error.to_string()))?;
        if absolute && !self.allows(&url, context)? {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(problem(&text, &format!("the host {host} is neither the base URL's nor listed under `hosts`")));
        }
        Ok(url)
    }
}

impl RequestPlan {
    /// Fills in the templates.
    pub(crate) fn build(&self, base: &Base, context: &Value, params: &[Param]) -> Result<Request, RequestError> {
        let wrong = |error: EvalError| problem(&self.what, &error.to_string());
        let target = self.target.text(context).map_err(|reason| problem(&self.what, &reason))?;
        let mut request = base.bare(context, self.method.clone(), &target)?;
        fill_headers(&mut request.headers, &self.headers, context, &self.what)?;
        let mut query = Vec::new();
        for (name, slot) in &self.query {
            if let Some(value) = slot.eval(context).map_err(wrong)? {
                query.push((name.clone(), value));
            }
        }
        for param in params.iter().filter(|param| param.place == CursorIn::Query) {
            put(&mut query, &param.name, param.value.clone());
        }
        for param in params.iter().filter(|param| param.place == CursorIn::Header) {
            set_header(&mut request.headers, &param.name, &scalar(&param.value), &self.what)?;
        }
        append_query(&mut request.url, &query);
        self.fill_body(&mut request, context, params)?;
        Ok(request)
    }

    fn fill_body(&self, request: &mut Request, context: &Value, params: &[Param]) -> Result<(), RequestError> {
        let wrong = |error: EvalError| problem(&self.what, &error.to_string());
        let extra = || params.iter().filter(|param| param.place == CursorIn::Body);
        let (kind, text) = match &self.body {
            BodyPlan::None if extra().next().is_none() => return Ok(()),
            BodyPlan::None => {
                let mut json = serde_json::Value::Object(serde_json::Map::new());
                extra().for_each(|param| set_path(&mut json, &param.name, param.value.clone()));
                ("application/json", json.to_string())
            }
            BodyPlan::Json(slot) => {
                let mut json = slot.eval(context).map_err(wrong)?.unwrap_or(serde_json::Value::Null);
                extra().for_each(|param| set_path(&mut json, &param.name, param.value.clone()));
                ("application/json", json.to_string())
            }
            BodyPlan::Graphql { query, variables } => {
                let variables = eval_object(variables, context).map_err(wrong)?;
                let mut json = serde_json::json!({ "query": query, "variables": variables });
                extra().for_each(|param| set_path(&mut json, &param.name, param.value.clone()));
                ("application/json", json.to_string())
            }
            BodyPlan::Form(fields) => {
                let mut pairs = Vec::new();
                for (name, slot) in fields {
                    if let Some(value) = slot.eval(context).map_err(wrong)? {
                        pairs.push((name.clone(), value));
                    }
                }
                extra().for_each(|param| put(&mut pairs, &param.name, param.value.clone()));
                ("application/x-www-form-urlencoded", encode(&pairs))
            }
            BodyPlan::Raw(template) => ("text/plain", template.text(context, &[]).map_err(wrong)?.unwrap_or_default()),
        };
        if !request.headers.contains_key(CONTENT_TYPE) {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        request.body = Bytes::from(text);
        Ok(())
    }
}

impl Target {
    fn text(&self, context: &Value) -> Result<String, String> {
        // Holes in front of the first slash are a whole address (of a parent, say) and stay as they are.
        let whole = !matches!(self.0.first(), Some(TargetPiece::Text(text)) if text.starts_with('/'));
        let mut out = String::new();
        for (index, piece) in self.0.iter().enumerate() {
            match piece {
                TargetPiece::Text(text) => out.push_str(text),
                TargetPiece::Hole(template) => {
                    let value = template.text(context, &[]).map_err(|error| error.to_string())?;
                    let value = value.filter(|value| !value.is_empty());
                    let value = value.ok_or_else(|| format!("`{}` is null in the path", template.source()))?;
                    if whole && index == 0 {
                        out.push_str(&value);
                    } else if value.split('/').any(|step| step == "..") {
                        return Err(format!("`{}` has a `..` step", template.source()));
                    } else {
                        out.extend(utf8_percent_encode(&value, PATH));
                    }
                }
            }
        }
        Ok(out)
    }
}

impl Slot {
    pub(crate) fn eval(&self, context: &Value) -> Result<Option<serde_json::Value>, EvalError> {
        Ok(Some(match self {
            Self::Literal(value) => value.clone(),
            Self::Template(template) => match template.json(context, &[])? {
                None => return Ok(None),
                Some(value) => to_json(&value),
            },
            Self::List(slots) => {
                let mut list = Vec::with_capacity(slots.len());
                for slot in slots {
                    list.extend(slot.eval(context)?);
                }
                serde_json::Value::Array(list)
            }
            Self::Object(entries) => serde_json::Value::Object(eval_object(entries, context)?),
        }))
    }
}

type Object = serde_json::Map<String, serde_json::Value>;

fn eval_object(entries: &[(String, Slot)], context: &Value) -> Result<Object, EvalError> {
    let mut object = Object::new();
    for (key, slot) in entries {
        if let Some(value) = slot.eval(context)? {
            object.insert(key.clone(), value);
        }
    }
    Ok(object)
}

/// The same value for serde_json, which keeps the order of keys and prints bodies.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    if let Some(array) = value.as_array() {
        return array.iter().map(to_json).collect();
    }
    if let Some(object) = value.as_object() {
        return object.iter().map(|(key, value)| (key.to_owned(), to_json(value))).collect::<Object>().into();
    }
    if let Some(text) = value.as_str() {
        return text.into();
    }
    if let Some(flag) = value.as_bool() {
        return flag.into();
    }
    let number = value.as_i64().map(serde_json::Value::from);
    let number = number.or_else(|| value.as_u64().map(serde_json::Value::from));
    number.or_else(|| value.as_f64().map(serde_json::Value::from)).unwrap_or(serde_json::Value::Null)
}

fn fill_headers(
    headers: &mut HeaderMap,
    templates: &[(HeaderName, Template)],
    context: &Value,
    what: &str,
) -> Result<(), RequestError> {
    for (name, template) in templates {
        let text = template.text(context, &[]).map_err(|error| problem(what, &error.to_string()))?;
        if let Some(text) = text {
            let value = HeaderValue::from_str(&text)
                .map_err(|_| problem(what, &format!("the header {name} cannot hold `{text}`")))?;
            headers.insert(name.clone(), value);
        }
    }
    Ok(())
}

fn set_header(headers: &mut HeaderMap, name: &str, text: &str, what: &str) -> Result<(), RequestError> {
    let wrong = |_| problem(what, &format!("the header {name} cannot hold `{text}`"));
    let value = HeaderValue::from_str(text).map_err(wrong)?;
    let name = HeaderName::try_from(name).map_err(|_| problem(what, &format!("`{name}` is not a header name")))?;
    headers.insert(name, value);
    Ok(())
}

fn put(pairs: &mut Vec<(String, serde_json::Value)>, name: &str, value: serde_json::Value) {
    match pairs.iter_mut().find(|(other, _)| other == name) {
        Some((_, old)) => *old = value,
        None => pairs.push((name.to_owned(), value)),
    }
}

/// Adds parameters to an address that may have some already; one of the same name is replaced.
pub(crate) fn append_query(url: &mut Url, pairs: &[(String, serde_json::Value)]) {
    if pairs.is_empty() {
        return;
    }
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !pairs.iter().any(|(other, _)| other == name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept);
    let text =
        [query.finish(), encode(pairs)].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("&");
    url.set_query((!text.is_empty()).then_some(text.as_str()));
}

fn encode(pairs: &[(String, serde_json::Value)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        match value {
            serde_json::Value::Array(list) => {
                out.extend_pairs(list.iter().map(|value| (name.as_str(), scalar(value))));
            }
            value => {
                out.append_pair(name, &scalar(value));
            }
        }
    }
    out.finish()
}

pub(crate) fn scalar(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Sets a dotted path in an object, making the objects on the way.
fn set_path(json: &mut serde_json::Value, path: &str, value: serde_json::Value) {
    if !json.is_object() {
        *json = serde_json::Value::Object(Object::new());
    }
    let Some(object) = json.as_object_mut() else { return };
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((key, rest)) => set_path(object.entry(key).or_insert(serde_json::Value::Null), rest, value),
    }
}

pub(crate) fn problem(what: &str, reason: &str) -> RequestError {
    RequestError { what: what.to_owned(), reason: reason.to_owned() }
}
