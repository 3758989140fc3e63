//! Record operations: what the models of a category offer, the same way for every model.
//!
//! Always true: nothing here names a model; paths, filters, expands and orders are those the model's file declares.
//! An endpoint of the contract that this server cannot answer truthfully yet is not in the table: it is 404.

use unisono_model::{Endpoint, Filter, FilterKind, Include, List, Model, Models, Scope, ScopeKind, ValueType};

use super::{Access, Call, Kind, Method, Operation, Param, Shape, Surface};

/// What a record operation does; models are named in full (`hris.employee`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordCall {
    /// A page of one of the model's lists.
    List { model: String, list: String, scopes: Vec<String> },
    /// The objects that a record of `parent` holds in `field`; they are no records of their own.
    Embedded { parent: String, scope: String, field: String, model: String },
    /// One record by its id.
    Retrieve { model: String, scopes: Vec<String> },
    /// What a create or update takes.
    Meta { model: String, update: bool },
    /// The distinct values of the model's `type` field.
    Types { model: String },
    /// A list of things that do not exist here yet: always an empty page.
    EmptyPage,
}

pub(super) fn operations(models: &Models, category: &str) -> Vec<Operation> {
    let Some(category) = models.category(category) else { return Vec::new() };
    let mut all = Vec::new();
    for model in category.models.iter() {
        all.extend(model.lists.iter().map(|list| list_operation(model, list)));
        all.extend(retrieve_operation(model));
        all.extend(model.endpoints.iter().filter_map(|endpoint| further_operation(model, endpoint)));
    }
    all
}

fn list_operation(model: &Model, list: &List) -> Operation {
    let mut params: Vec<Param> = list.scopes.iter().map(path_param).collect();
    params.extend([cursor(), page_size()]);
    params.extend(list.filters.iter().map(filter_param));
    params.extend(shape_params(&list.expand, &list.enum_origins, list.include));
    if !list.order_by.is_empty() {
        let both = list.order_by.iter().flat_map(|field| [field.clone(), format!("-{field}")]).collect();
        params.push(Param::query("order_by", Kind::OneOf(both), "Field to sort by; a leading `-` reverses."));
    }
    let reply = Shape::Page(Box::new(Shape::Model(model.slug.clone())));
    let call = list_call(model, list);
    let summary = format!("Lists {} records.", model.name);
    build(model, &list.operation, Method::Get, &list.path, summary, params, reply, call)
}

/// A nested model is not stored on its own: its list is what a parent holds, or there is none of it.
fn list_call(model: &Model, list: &List) -> RecordCall {
    if !model.nested {
        let scopes = list.scopes.iter().map(|scope| scope.param.clone()).collect();
        return RecordCall::List { model: model.slug.clone(), list: list.path.clone(), scopes };
    }
    match list.scopes.last().map(|scope| (scope, &scope.kind)) {
        Some((scope, ScopeKind::Listed { field })) => RecordCall::Embedded {
            parent: scope.model.clone(),
            scope: scope.param.clone(),
            field: field.clone(),
            model: model.slug.clone(),
        },
        _ => RecordCall::EmptyPage,
    }
}

fn retrieve_operation(model: &Model) -> Option<Operation> {
    let retrieve = model.retrieve.as_ref()?;
    let mut params: Vec<Param> = retrieve.scopes.iter().map(path_param).collect();
    params.push(Param::path("id", Kind::Id, "Id of the record."));
    let include = Include { deleted_data: false, ..retrieve.include };
    params.extend(shape_params(&retrieve.expand, &retrieve.enum_origins, include));
    let scopes = retrieve.scopes.iter().map(|scope| scope.param.clone()).collect();
    let call = RecordCall::Retrieve { model: model.slug.clone(), scopes };
    let summary = format!("Reads one {} record.", model.name);
    let reply = Shape::Model(model.slug.clone());
    Some(build(model, &retrieve.operation, Method::Get, &retrieve.path, summary, params, reply, call))
}

fn further_operation(model: &Model, endpoint: &Endpoint) -> Option<Operation> {
    if endpoint.method != "GET" {
        return None;
    }
    let slug = || model.slug.clone();
    let page = |of| Shape::Page(Box::new(Shape::Named(of)));
    let (call, reply) = match suffix(&endpoint.operation) {
        Suffix::MetaPost => (RecordCall::Meta { model: slug(), update: false }, Shape::Named("MetaResponse")),
        Suffix::MetaPatch => (RecordCall::Meta { model: slug(), update: true }, Shape::Named("MetaResponse")),
        Suffix::Types => (RecordCall::Types { model: slug() }, Shape::Named("GroupsTypesListResponse")),
        Suffix::RemoteFieldClasses => (RecordCall::EmptyPage, page("RemoteFieldClass")),
        Suffix::DownloadRequests => (RecordCall::EmptyPage, page("DownloadRequestMeta")),
        Suffix::Other => return None,
    };
    let in_path = path_names(&endpoint.path).map(|name| Param::path(name.to_owned(), Kind::Id, "Id of a record."));
    let mut params: Vec<Param> = in_path.collect();
    params.extend(endpoint.query.iter().map(|name| known_param(name)));
    let summary = match call {
        RecordCall::Meta { .. } => format!("Says what a write of {} takes.", model.name),
        RecordCall::Types { .. } => format!("Lists the types of {} records.", model.name),
        _ => format!("Lists what the third party declares for {} records.", model.name),
    };
    Some(build(model, &endpoint.operation, Method::Get, &endpoint.path, summary, params, reply, call))
}

enum Suffix {
    MetaPost,
    MetaPatch,
    Types,
    RemoteFieldClasses,
    DownloadRequests,
    Other,
}

/// The contract names its further endpoints by what they do, whatever the model.
fn suffix(operation: &str) -> Suffix {
    let ends = |end: &str| operation.ends_with(end);
    match () {
        () if ends("meta_post_retrieve") => Suffix::MetaPost,
        () if ends("meta_patch_retrieve") => Suffix::MetaPatch,
        () if ends(".types_list") => Suffix::Types,
        () if ends("remote_field_classes_list") => Suffix::RemoteFieldClasses,
        () if ends("download_request_meta_list") => Suffix::DownloadRequests,
        () => Suffix::Other,
    }
}

#[allow(clippy::too_many_arguments, reason = "one place where a record operation is put together")]
fn build(
    model: &Model,
    operation: &str,
    method: Method,
    path: &str,
    summary: String,
    params: Vec<Param>,
    reply: Shape,
    call: RecordCall,
) -> Operation {
    Operation {
        id: operation.replace('.', "_"),
        surface: Surface::Unified(model.category.clone()),
        method,
        path: path.to_owned(),
        tag: model.resource.clone().unwrap_or_else(|| model.short().to_owned()),
        summary,
        access: Access::Account,
        params,
        body: Shape::Empty,
        status: 200,
        reply,
        call: Call::Record(call),
    }
}

pub(super) fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')))
}

fn path_param(scope: &Scope) -> Param {
    Param::path(scope.param.clone(), Kind::Id, format!("Id of the {} the records belong to.", scope.model))
}

pub(super) fn cursor() -> Param {
    Param::query("cursor", Kind::Text, "The `next` or `previous` of an earlier page with the same parameters.")
}

/// Lists of records answer 100 when nothing is asked for; other lists 30.
pub(super) fn page_size() -> Param {
    Param::query("page_size", Kind::Integer { min: 1, max: 100 }, "Entries per page, at most 100.")
}

fn filter_param(filter: &Filter) -> Param {
    let mut choices = filter.choices.clone();
    if !choices.is_empty() && filter.null {
        choices.push("null".to_owned());
    }
    let kind = match filter.value {
        _ if !choices.is_empty() && filter.kind == FilterKind::AnyOf => Kind::Csv(choices),
        _ if !choices.is_empty() => Kind::OneOf(choices),
        ValueType::DateTime => Kind::DateTime,
        ValueType::Boolean if !filter.null => Kind::Boolean,
        ValueType::Boolean | ValueType::String | ValueType::Id => Kind::Text,
    };
    Param::query(filter.param.clone(), kind, filter.description.clone())
}

fn shape_params(expand: &[String], enum_origins: &[String], include: Include) -> Vec<Param> {
    let mut params = Vec::new();
    let mut csv = |name, values: &[String], about| {
        if !values.is_empty() {
            params.push(Param::query(name, Kind::Csv(values.to_vec()), about));
        }
    };
    csv("expand", expand, "Relations to replace by the object they point at.");
    csv("show_enum_origins", enum_origins, "Enum fields to show as the third party spells them.");
    csv("remote_fields", enum_origins, "Older spelling of `show_enum_origins`.");
    let flags = [
        (include.deleted_data, "include_deleted_data"),
        (include.remote_data, "include_remote_data"),
        (include.remote_fields, "include_remote_fields"),
        (include.shell_data, "include_shell_data"),
        (include.sensitive_fields, "include_sensitive_fields"),
    ];
    params.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| known_param(name)));
    params
}

/// Parameters that mean the same wherever they occur.
fn known_param(name: &str) -> Param {
    let about = match name {
        "cursor" => return cursor(),
        "page_size" => return page_size(),
        "include_deleted_data" => "Include records that were deleted at the third party.",
        "include_remote_data" => "Include what the third party sent.",
        "include_remote_fields" => "Include the third party's own fields.",
        "include_shell_data" => "Include records known only by their id. None are stored, so it changes nothing.",
        "include_sensitive_fields" => "Include fields such as social security numbers.",
        "is_custom" => "Only custom fields, or only others.",
        "is_common_model_field" => "Only fields that fill a common model, or only others.",
        _ => return Param::query(name.to_owned(), Kind::Text, "Narrows the list."),
    };
    Param::query(name.to_owned(), Kind::Boolean, about)
}
