//! Load: reads a `sandbox.yaml`, compiles every template in it, and says exactly what is wrong.
//!
//! Always true: what loads has known names only; what can still fail is data, and `start` tries that.
//! Elsewhere: the language as written is `spec`; templates are `template`.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::plan::*;
use crate::route::{Pattern, method_and_path};
use crate::spec::*;
use crate::template::{Compiler, Template, TemplateError, nearest};
use crate::{Running, StartError, StartOptions};

include!(concat!(env!("OUT_DIR"), "/vendors.rs"));

/// A description that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}{}", file.display(), suggestion.as_ref().map(|word| format!(" (did you mean `{word}`?)")).unwrap_or_default())]
pub struct LoadError {
    /// `connectors/<slug>/sandbox.yaml`.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, in lower case.
    pub problem: String,
    /// The known word nearest to an unknown one.
    pub suggestion: Option<String>,
}

/// A vendor that can be simulated.
#[derive(Debug, Clone)]
pub struct Sandbox {
    slug: String,
    plan: Arc<Plan>,
}

impl Sandbox {
    /// Reads the text of a vendor's `sandbox.yaml`.
    pub fn load(slug: &str, yaml: &str) -> Result<Self, LoadError> {
        let file = PathBuf::from(format!("connectors/{slug}/sandbox.yaml"));
        let spec: Spec = serde_saphyr::from_str(yaml).map_err(|error| shape_error(&file, &error))?;
        let plan = compile(spec).map_err(|error| LoadError {
            file,
            line: line_of(yaml, &error.text),
            problem: error.problem,
            suggestion: error.suggestion,
        })?;
        Ok(Self { slug: slug.to_owned(), plan: Arc::new(plan) })
    }

    /// The vendors compiled in, by slug; their descriptions are proven by tests.
    pub fn built_in() -> Result<Vec<Self>, LoadError> {
        VENDORS.iter().map(|(slug, yaml)| Self::load(slug, yaml)).collect()
    }

    /// The vendor's folder name.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The vendor's name as people write it.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// Starts the simulated vendor; it stops when the returned value is dropped.
    pub async fn start(&self, options: StartOptions) -> Result<Running, StartError> {
        Running::start(Arc::clone(&self.plan), options).await
    }
}

fn shape_error(file: &std::path::Path, error: &serde_saphyr::Error) -> LoadError {
    let plain = error.without_snippet();
    let line = plain.location().map_or(1, |location| usize::try_from(location.line()).unwrap_or(1));
    let suggestion = match plain {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => nearest(field, expected.iter().copied()),
        serde_saphyr::Error::SerdeUnknownVariant { variant, expected, .. } => {
            nearest(variant, expected.iter().copied())
        }
        _ => None,
    };
    let problem = match plain {
        serde_saphyr::Error::SerdeUnknownField { field, .. } => format!("unknown key `{field}`"),
        serde_saphyr::Error::SerdeUnknownVariant { variant, .. } => format!("unknown word `{variant}`"),
        other => other.to_string(),
    };
    LoadError { file: file.to_owned(), line, problem, suggestion }
}

fn line_of(yaml: &str, text: &str) -> usize {
    let first = text.lines().next().unwrap_or_default();
    yaml.lines().position(|line| !first.is_empty() && line.contains(first)).map_or(1, |place| place + 1)
}

type Compiled<T> = Result<T, TemplateError>;

const ANYWHERE: [&str; 6] = ["size", "url", "host", "now", "epoch", "credentials"];
const IN_REQUEST: [&str; 8] = ["path", "query", "params", "body", "headers", "method", "record", "id"];
const IN_REPLY: [&str; 16] = [
    "items",
    "total",
    "offset",
    "limit",
    "page",
    "pages",
    "next",
    "next_url",
    "page_url",
    "value",
    "message",
    "messages",
    "status",
    "retry_after",
    "remaining",
    "it",
];
const IN_LIMIT: [&str; 4] = ["reset_s", "reset_unix", "per_ms", "per_s"];

fn compiler(place: &str, extra: &[&str]) -> Compiler {
    let extra = ANYWHERE.iter().chain(extra).map(|name| (*name).to_owned()).collect();
    Compiler { extra, place: place.to_owned() }
}

fn request_compiler(place: &str) -> Compiler {
    let names: Vec<&str> = IN_REQUEST.iter().chain(&IN_REPLY).copied().collect();
    compiler(place, &names)
}

fn compile(spec: Spec) -> Compiled<Plan> {
    let epoch: Timestamp =
        spec.epoch.parse().map_err(|_| wrong(&spec.epoch, "`epoch` is not a time such as 2026-01-01T00:00:00Z"))?;
    let credentials = texts(&spec.credentials, &mut compiler("credentials", &[]))?;
    let mut endpoints = Vec::new();
    for endpoint in spec.endpoints {
        endpoints.push(compile_endpoint(endpoint, &spec.mounts)?);
    }
    let errors: IndexMap<_, _> =
        spec.errors.into_iter().map(|(name, error)| Ok((name, compile_error(error)?))).collect::<Compiled<_>>()?;
    let collections: IndexMap<_, _> = spec
        .collections
        .into_iter()
        .map(|(name, collection)| Ok((name.clone(), Arc::new(compile_collection(&name, collection)?))))
        .collect::<Compiled<_>>()?;
    check_names(&endpoints, &errors, &collections)?;
    let mut shapes = IndexMap::new();
    for (name, shape) in &spec.shapes {
        let names: Vec<&str> = IN_REQUEST.iter().chain(&IN_REPLY).copied().chain(["a", "b", "c"]).collect();
        shapes.insert(name.clone(), compiler(&format!("shapes.{name}"), &names).value(shape)?);
    }
    Ok(Plan {
        name: spec.name,
        epoch,
        epoch_ms: epoch.as_millisecond(),
        size: spec.size,
        credentials,
        auth: spec.auth.into_iter().map(compile_auth).collect::<Compiled<_>>()?,
        oauth2: spec.oauth2.map(compile_oauth).transpose()?,
        limits: spec.limits.into_iter().map(compile_limit).collect::<Compiled<_>>()?,
        headers: texts(&spec.headers, &mut request_compiler("headers"))?,
        errors,
        shapes,
        collections,
        endpoints,
    })
}

fn wrong(text: &str, problem: impl Into<String>) -> TemplateError {
    TemplateError { text: text.to_owned(), problem: problem.into(), suggestion: None }
}

fn texts(entries: &IndexMap<String, String>, compiler: &mut Compiler) -> Compiled<IndexMap<String, Template>> {
    entries.iter().map(|(name, text)| Ok((name.clone(), compiler.text(text)?))).collect()
}

fn compile_auth(auth: AuthSpec) -> Compiled<AuthPlan> {
    let mut compiler = compiler("auth", &[]);
    let mut value = |value: &Option<String>| match value {
        Some(value) => compiler.text(value),
        None => Err(wrong("auth", "`header` and `query` want a `value`")),
    };
    match auth {
        AuthSpec { header: Some(name), query: None, basic: None, bearer: None, value: given } => {
            Ok(AuthPlan::Header { name: name.to_ascii_lowercase(), value: value(&given)? })
        }
        AuthSpec { header: None, query: Some(name), basic: None, bearer: None, value: given } => {
            Ok(AuthPlan::Query { name, value: value(&given)? })
        }
        AuthSpec { header: None, query: None, basic: Some(basic), bearer: None, value: None } => {
            let username = value(&Some(basic.username))?;
            let password = basic.password.map(|password| value(&Some(password))).transpose()?;
            Ok(AuthPlan::Basic { username, password })
        }
        AuthSpec { header: None, query: None, basic: None, bearer: Some(token), value: None } => {
            Ok(AuthPlan::Bearer { token: value(&Some(token))? })
        }
        _ => Err(wrong("auth", "an entry of `auth` wants exactly one of header, query, basic, bearer")),
    }
}

fn compile_oauth(spec: OauthSpec) -> Compiled<OauthPlan> {
    let mut compiler = compiler("oauth2", &["access_token", "refresh_token", "expires_in"]);
    let client_id = compiler.text(&spec.client_id)?;
    let client_secret = compiler.text(&spec.client_secret)?;
    let reply = compiler.value(&spec.reply)?;
    Ok(OauthPlan { spec, client_id, client_secret, reply })
}

fn compile_limit(spec: LimitSpec) -> Compiled<LimitPlan> {
    let names: Vec<&str> = IN_REPLY.iter().chain(&IN_LIMIT).copied().collect();
    let headers = texts(&spec.headers, &mut compiler("limits", &names))?;
    Ok(LimitPlan { spec, headers })
}

fn compile_error(error: ErrorSpec) -> Compiled<ErrorPlan> {
    let mut compiler = request_compiler("errors");
    let headers = texts(&error.headers, &mut compiler)?;
    let body = content(error.body.as_ref(), error.text.as_deref(), error.content_type, &mut compiler)?;
    Ok(ErrorPlan { status: error.status, headers, body })
}

fn content(
    body: Option<&Value>,
    text: Option<&str>,
    content_type: Option<String>,
    compiler: &mut Compiler,
) -> Compiled<Content> {
    Ok(match (body, text) {
        (Some(body), _) => Content::Json { body: compiler.value(body)?, content_type },
        (None, Some(text)) => Content::Text { text: compiler.text(text)?, content_type },
        (None, None) => Content::Nothing { content_type },
    })
}

fn compile_collection(name: &str, spec: CollectionSpec) -> Compiled<Collection> {
    if spec.ids.step == 0 {
        return Err(wrong(name, format!("`ids.step` of `{name}` is 0")));
    }
    if spec.count.is_none() && spec.rows.is_none() {
        return Err(wrong(&format!("{name}:"), format!("collection `{name}` wants `count` or `rows`")));
    }
    let fields: Vec<&str> =
        spec.lets.keys().chain(spec.record.keys()).map(String::as_str).chain(["i", "id", "row"]).collect();
    let mut compiler = compiler(&format!("collections.{name}"), &fields);
    let mut each = |part: &str, entries: &IndexMap<String, Value>| -> Compiled<IndexMap<String, Template>> {
        entries
            .iter()
            .map(|(field, value)| {
                compiler.place = format!("collections.{name}.{part}.{field}");
                Ok((field.clone(), compiler.value(value)?))
            })
            .collect()
    };
    let (lets, record) = (each("let", &spec.lets)?, each("record", &spec.record)?);
    let count = spec.count.as_ref().map(|count| compiler.value(count)).transpose()?;
    Ok(Collection {
        name: name.to_owned(),
        count,
        rows: spec.rows.map(|rows| rows.iter().map(crate::template::from_serde).collect()),
        ids: spec.ids,
        aliases: spec.aliases,
        lets,
        record,
        created: spec.created,
        updated: spec.updated,
        stamp: spec.stamp,
    })
}

fn compile_endpoint(spec: EndpointSpec, mounts: &[String]) -> Compiled<Endpoint> {
    let (method, path) = method_and_path(&spec).map_err(|problem| wrong("endpoints:", problem))?;
    let mut patterns = Vec::new();
    for mount in mounts {
        patterns.push(Pattern::parse(&format!("{mount}{path}")).map_err(|problem| wrong(&path, problem))?);
    }
    let mut compiler = request_compiler(&format!("{method} {path}"));
    let mut lets = IndexMap::new();
    for (name, value) in &spec.lets {
        lets.insert(name.clone(), compiler.value(value)?);
        compiler.extra.push(name.clone());
    }
    let mut writes = Vec::new();
    for write in spec.writes {
        let write = compile_write(write, &mut compiler)?;
        compiler.extra.push(write.name.clone());
        writes.push(write);
    }
    let mut fail = Vec::new();
    for spec in spec.fail {
        let message = spec.message.as_deref().map(|message| compiler.text(message)).transpose()?;
        fail.push(Fail { when: compiler.text(&spec.when)?, error: spec.error, message });
    }
    let mut filters = Vec::new();
    for filter in spec.filters {
        filters.push(compile_filter(filter, &mut compiler)?);
    }
    let sort = match spec.sort {
        Some(sort) => {
            let by = sort.by.as_deref().map(|by| compiler.text(by)).transpose()?;
            Some(Sort { by, default: sort.default, under: sort.under })
        }
        None => None,
    };
    let mut optional = |text: &Option<String>| text.as_deref().map(|text| compiler.text(text)).transpose();
    let (list, show, id) = (optional(&spec.list)?, optional(&spec.show)?, optional(&spec.id)?);
    Ok(Endpoint {
        method,
        patterns,
        needs_auth: spec.auth.unwrap_or(true),
        lets,
        fail,
        list,
        filters,
        sort,
        page: spec.page,
        item: spec.item.as_ref().map(|item| compiler.value(item)).transpose()?,
        show,
        id,
        writes,
        status: spec.status.unwrap_or(200),
        headers: texts(&spec.headers, &mut compiler)?,
        body: content(spec.body.as_ref(), spec.text.as_deref(), spec.content_type, &mut compiler)?,
    })
}

fn compile_filter(filter: FilterSpec, compiler: &mut Compiler) -> Compiled<Filter> {
    let mut optional = |text: &Option<String>| text.as_deref().map(|text| compiler.text(text)).transpose();
    let (expr, groups) = (optional(&filter.expr)?, optional(&filter.groups)?);
    if groups.is_none() && expr.is_none() && (filter.field.is_none() || filter.param.is_none()) {
        return Err(wrong("where:", "a filter wants `groups`, `expr`, or `param` and `field`"));
    }
    let FilterSpec { param, field, is, default, any, under, .. } = filter;
    Ok(Filter { param, field, is, default, any, expr, groups, under })
}

fn compile_write(write: WriteSpec, compiler: &mut Compiler) -> Compiled<Write> {
    let (act, collection) = match (&write.create, &write.update, &write.delete) {
        (Some(name), None, None) => (Act::Create, name),
        (None, Some(name), None) => (Act::Update, name),
        (None, None, Some(name)) => (Act::Delete, name),
        _ => return Err(wrong("do:", "an entry of `do` wants exactly one of create, update, delete")),
    };
    Ok(Write {
        act,
        collection: compiler.text(collection)?,
        when: write.when.as_deref().map(|when| compiler.text(when)).transpose()?,
        id: write.id.as_deref().map(|id| compiler.text(id)).transpose()?,
        with: write.with.as_ref().map(|with| compiler.value(with)).transpose()?,
        name: write.name.unwrap_or_else(|| "record".to_owned()),
    })
}

fn check_names(
    endpoints: &[Endpoint],
    errors: &IndexMap<String, ErrorPlan>,
    collections: &IndexMap<String, Arc<Collection>>,
) -> Compiled<()> {
    let aliases = collections.values().flat_map(|collection| collection.aliases.iter());
    let known: Vec<&str> = collections.keys().chain(aliases).map(String::as_str).collect();
    for endpoint in endpoints {
        for fail in &endpoint.fail {
            if !errors.contains_key(&fail.error) {
                let suggestion = nearest(&fail.error, errors.keys().map(String::as_str));
                return Err(TemplateError {
                    text: fail.error.clone(),
                    problem: format!("no error `{}`", fail.error),
                    suggestion,
                });
            }
        }
        let named =
            endpoint.list.iter().chain(&endpoint.show).chain(endpoint.writes.iter().map(|write| &write.collection));
        for name in named.filter_map(|template| match template {
            Template::Const(name) => name.as_str(),
            _ => None,
        }) {
            if !known.contains(&name) {
                let suggestion = nearest(name, known.iter().copied());
                return Err(TemplateError {
                    text: format!(": {name}"),
                    problem: format!("no collection `{name}`"),
                    suggestion,
                });
            }
        }
    }
    Ok(())
}
