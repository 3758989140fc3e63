//! From one parsed file to a [`Model`], with every name checked on the way.

use serde_saphyr::Spanned;

use crate::check::Known;
use crate::document::{
    CategoryDoc, Entries, FieldDoc, FilterDoc, InputDoc, ListDoc, ModelDoc, RetrieveDoc, ScopeDoc, WriteDoc,
};
use crate::error::LoadError;
use crate::load::{fault, is_platform};
use crate::model::{Field, Model};
use crate::query::{Filter, FilterKind, Include, List, Retrieve, Scope, ScopeKind, Through, ValueType};
use crate::standard::{REMOTE_FIELD_CLASSES, STANDARD_FIELDS, STANDARD_FILTERS, is_standard, standard_filter};
use crate::suggest::nearest;
use crate::write::{Endpoint, Input, Write};

/// Where a model is being built and where its faults go.
struct Site<'a> {
    category: &'a str,
    file: &'a str,
    name: &'a str,
    known: &'a Known,
    errors: &'a mut Vec<LoadError>,
}

pub(crate) fn build(
    category: &str,
    file: &str,
    stem: &str,
    document: &ModelDoc,
    about: &CategoryDoc,
    known: &Known,
    errors: &mut Vec<LoadError>,
) -> Model {
    let name = &document.name.value;
    let mut site = Site { category, file, name, known, errors };
    let fields = site.fields(document, about);
    let lists = site.lists(document, &fields);
    let retrieve = document.retrieve.as_ref().map(|retrieve| site.retrieve(document, retrieve, &fields));
    let create = document.create.as_ref().map(|write| site.write(write, &fields));
    let update = document.update.as_ref().map(|write| site.write(write, &fields));
    let endpoints = site.endpoints(document);
    Model {
        slug: format!("{category}.{stem}"),
        name: name.clone(),
        event: document.event.clone().unwrap_or_else(|| name.clone()),
        category: category.to_owned(),
        nested: document.nested || is_platform(category),
        path: document.path.as_ref().map(|path| path.value.clone()),
        resource: document.resource.clone(),
        operations: document.operations.clone(),
        description: document.description.clone(),
        fields,
        lists,
        retrieve,
        create,
        update,
        endpoints,
    }
}

impl Site<'_> {
    /// Standard fields stand around the model's own: ids and times before, the rest behind.
    fn fields(&mut self, document: &ModelDoc, about: &CategoryDoc) -> Vec<Field> {
        let has = |name: &str| match &document.standard {
            Some(names) => names.iter().any(|known| known.value == name),
            None => name != "remote_fields",
        };
        for name in document.standard.iter().flatten() {
            if !is_standard(&name.value) {
                let message = format!("unknown standard field `{}`", name.value);
                self.errors.push(fault(
                    self.file,
                    name,
                    message,
                    nearest(&name.value, STANDARD_FIELDS.iter().copied()),
                ));
            }
        }
        let restated =
            |name: &str| document.fields.0.iter().find(|(own, _)| own == name && !is_platform(self.category));
        let mut around = Vec::new();
        for (name, field) in &about.standard.0 {
            if has(name) {
                around.push((name, restated(name).map_or(field, |(_, own)| own)));
            }
        }
        let before = around
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "id" | "remote_id" | "created_at" | "modified_at"));
        let behind = around
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "id" | "remote_id" | "created_at" | "modified_at"));
        let own = document.fields.0.iter().filter(|(name, _)| is_platform(self.category) || !is_standard(name));
        let own = own.map(|(name, field)| (name, field));
        let all: Vec<_> = before.copied().chain(own).chain(behind.copied()).collect();
        all.into_iter().map(|(name, field)| self.field(name, field)).collect()
    }

    fn field(&mut self, name: &str, document: &FieldDoc) -> Field {
        let parsed = self.known.kind(self.category, self.file, &document.kind, self.errors);
        Field {
            name: name.to_owned(),
            kind: parsed.kind,
            list: parsed.list,
            nullable: parsed.nullable,
            standard: is_standard(name) && !is_platform(self.category),
            sensitive: document.sensitive,
            description: document.description.clone(),
        }
    }

    fn lists(&mut self, document: &ModelDoc, fields: &[Field]) -> Vec<List> {
        let mut lists = Vec::new();
        if let Some(list) = &document.list {
            match &document.path {
                Some(path) => lists.push(self.list(list, path, "list", document, fields)),
                None => self.missing(&document.name, "path"),
            }
        }
        for list in &document.lists {
            match &list.path {
                Some(path) => lists.push(self.list(list, path, "list", document, fields)),
                None => self.missing(&document.name, "path"),
            }
        }
        lists
    }

    fn list(
        &mut self,
        list: &ListDoc,
        path: &Spanned<String>,
        verb: &str,
        document: &ModelDoc,
        fields: &[Field],
    ) -> List {
        self.known.claim(self.category, "GET", self.file, path, &path.value, self.errors);
        let mut filters = Vec::new();
        for name in STANDARD_FILTERS {
            let wanted = list.standard.as_ref().is_none_or(|names| names.iter().any(|own| own.value == *name));
            filters.extend(standard_filter(name).filter(|_| wanted));
        }
        for name in list.standard.iter().flatten() {
            if !STANDARD_FILTERS.contains(&name.value.as_str()) {
                let message = format!("unknown standard filter `{}`", name.value);
                self.errors.push(fault(
                    self.file,
                    name,
                    message,
                    nearest(&name.value, STANDARD_FILTERS.iter().copied()),
                ));
            }
        }
        for (param, filter) in &list.filters.0 {
            filters.push(self.filter(param, filter, fields, path));
        }
        List {
            operation: operation(list.operation.as_deref(), document, verb),
            path: path.value.clone(),
            scopes: self.scopes(&list.scopes, path),
            filters,
            expand: self.relations(&list.expand),
            order_by: self.orders(&list.order_by, fields),
            enum_origins: self.names(&list.origins, fields),
            include: self.include(list.include.as_deref(), true),
        }
    }

    fn retrieve(&mut self, document: &ModelDoc, retrieve: &RetrieveDoc, fields: &[Field]) -> Retrieve {
        let of_list = document.list.as_ref();
        let path = document.path.as_ref().map_or_else(String::new, |path| format!("{}/{{id}}", path.value));
        match &document.path {
            Some(at) => self.known.claim(self.category, "GET", self.file, at, &path, self.errors),
            None => self.missing(&document.name, "path"),
        }
        let expand = retrieve.expand.as_deref().or(of_list.map(|list| list.expand.as_slice())).unwrap_or_default();
        let origins = retrieve.origins.as_deref().or(of_list.map(|list| list.origins.as_slice())).unwrap_or_default();
        let scopes = document.path.as_ref().map_or_else(Vec::new, |path| self.scopes(&retrieve.scopes, path));
        Retrieve {
            operation: operation(retrieve.operation.as_deref(), document, "retrieve"),
            path,
            scopes,
            expand: self.relations(expand),
            enum_origins: self.names(origins, fields),
            include: self.include(retrieve.include.as_deref(), false),
        }
    }

    fn filter(&mut self, param: &str, filter: &FilterDoc, fields: &[Field], path: &Spanned<String>) -> Filter {
        let kind = filter.kind.unwrap_or(FilterKind::Equals);
        let through = filter.through.as_ref().and_then(|through| {
            self.known.field(self.file, self.name, fields, &through.relation, self.errors);
            let model =
                self.known.model(self.category, self.file, &through.model, &through.model.value, self.errors)?;
            Some(Through { model, relation: through.relation.value.clone() })
        });
        let start = filter.through.as_ref().map_or(self.name, |through| through.model.value.as_str());
        match (&filter.field, kind) {
            (Some(field), _) => self.known.path(self.category, self.file, start, field, self.errors),
            (None, FilterKind::Unlinked) => {}
            (None, _) => self.errors.push(fault(self.file, path, format!("filter `{param}` names no field"), None)),
        }
        let value = match kind {
            FilterKind::After | FilterKind::Before => ValueType::DateTime,
            FilterKind::Empty | FilterKind::ShowIf => ValueType::Boolean,
            FilterKind::Equals | FilterKind::AnyOf | FilterKind::Unlinked => ValueType::String,
        };
        Filter {
            param: param.to_owned(),
            kind,
            field: filter.field.as_ref().map(|field| field.value.clone()).unwrap_or_default(),
            through,
            value: filter.value.unwrap_or(value),
            choices: filter.choices.clone(),
            null: filter.or_null,
            ignore_case: filter.ignore_case,
            description: filter.description.clone(),
        }
    }

    /// Every parameter in a path has a scope, and every scope a parameter.
    fn scopes(&mut self, scopes: &Entries<ScopeDoc>, path: &Spanned<String>) -> Vec<Scope> {
        let params: Vec<&str> =
            path.value.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for param in params.iter().filter(|param| !scopes.0.iter().any(|(name, _)| name == *param)) {
            self.errors.push(fault(self.file, path, format!("path parameter `{param}` has no scope"), None));
        }
        let mut built = Vec::new();
        for (param, scope) in &scopes.0 {
            if !params.contains(&param.as_str()) {
                let message = format!("scope `{param}` is no parameter of the path");
                self.errors.push(fault(self.file, &scope.model, message, nearest(param, params.iter().copied())));
            }
            let model = self.known.model(self.category, self.file, &scope.model, &scope.model.value, self.errors);
            let kind = self.scope_kind(scope);
            built.push(Scope { param: param.clone(), model: model.unwrap_or_default(), kind });
        }
        built
    }

    fn scope_kind(&mut self, scope: &ScopeDoc) -> ScopeKind {
        if let Some(field) = &scope.field {
            self.known.path(self.category, self.file, self.name, field, self.errors);
            return ScopeKind::Field { field: field.value.clone() };
        }
        if let Some(field) = &scope.listed {
            self.known.path(self.category, self.file, &scope.model.value, field, self.errors);
            return ScopeKind::Listed { field: field.value.clone() };
        }
        if scope.unlinked { ScopeKind::Unlinked } else { ScopeKind::Parent }
    }

    fn names(&mut self, names: &[Spanned<String>], fields: &[Field]) -> Vec<String> {
        for name in names {
            self.known.field(self.file, self.name, fields, name, self.errors);
        }
        names.iter().map(|name| name.value.clone()).collect()
    }

    /// Every record can be ordered by its times, whether it shows them or not.
    fn orders(&mut self, names: &[Spanned<String>], fields: &[Field]) -> Vec<String> {
        for name in names.iter().filter(|name| !matches!(name.value.as_str(), "created_at" | "modified_at")) {
            self.known.field(self.file, self.name, fields, name, self.errors);
        }
        names.iter().map(|name| name.value.clone()).collect()
    }

    /// Relations to expand; a dotted one reaches into an embedded object.
    fn relations(&mut self, names: &[Spanned<String>]) -> Vec<String> {
        for name in names {
            self.known.path(self.category, self.file, self.name, name, self.errors);
        }
        names.iter().map(|name| name.value.clone()).collect()
    }

    fn include(&mut self, names: Option<&[Spanned<String>]>, list: bool) -> Include {
        let Some(names) = names else {
            return Include { deleted_data: list, remote_data: true, shell_data: true, ..Include::default() };
        };
        let mut include = Include::default();
        for name in names {
            match name.value.as_str() {
                "deleted_data" => include.deleted_data = true,
                "remote_data" => include.remote_data = true,
                "remote_fields" => include.remote_fields = true,
                "shell_data" => include.shell_data = true,
                "sensitive_fields" => include.sensitive_fields = true,
                other => {
                    let known = ["deleted_data", "remote_data", "remote_fields", "shell_data", "sensitive_fields"];
                    self.errors.push(fault(
                        self.file,
                        name,
                        format!("unknown include `{other}`"),
                        nearest(other, known),
                    ));
                }
            }
        }
        include
    }

    fn write(&mut self, write: &WriteDoc, fields: &[Field]) -> Write {
        let required = |name: &str| write.required.iter().any(|known| known.value == name);
        let mut inputs = Vec::new();
        for name in &write.fields {
            if let Some(field) = self.known.field(self.file, self.name, fields, name, self.errors) {
                inputs.push(Input {
                    name: field.name.clone(),
                    kind: field.kind.clone(),
                    list: field.list,
                    required: required(&field.name),
                    description: field.description.clone(),
                });
            }
        }
        for (name, input) in &write.extra.0 {
            let mut built = self.input(name, input);
            built.required |= required(name);
            inputs.push(built);
        }
        for name in &write.required {
            if !inputs.iter().any(|input| input.name == name.value) {
                let known = inputs.iter().map(|input| input.name.as_str());
                let message = format!("required field `{}` is not written", name.value);
                self.errors.push(fault(self.file, name, message, nearest(&name.value, known)));
            }
        }
        let envelope = write.envelope.0.iter().map(|(name, input)| self.input(name, input)).collect();
        Write {
            operation: write.operation.clone(),
            name: write.name.clone(),
            fields: inputs,
            envelope,
            params: write.params,
        }
    }

    fn input(&mut self, name: &str, input: &InputDoc) -> Input {
        let parsed = self.known.kind(self.category, self.file, &input.kind, self.errors);
        Input {
            name: name.to_owned(),
            kind: parsed.kind,
            list: parsed.list,
            required: input.required,
            description: input.description.clone(),
        }
    }

    fn endpoints(&mut self, document: &ModelDoc) -> Vec<Endpoint> {
        let mut endpoints = Vec::new();
        for item in &document.endpoints {
            self.known.claim(self.category, &item.method, self.file, &item.path, &item.path.value, self.errors);
            let usual = item.operation.ends_with("remote_field_classes_list");
            let query = match &item.query {
                Some(query) => query.clone(),
                None if usual => REMOTE_FIELD_CLASSES.iter().map(|name| (*name).to_owned()).collect(),
                None => Vec::new(),
            };
            endpoints.push(Endpoint {
                operation: item.operation.clone(),
                method: item.method.clone(),
                path: item.path.value.clone(),
                query,
                returns: item.returns.clone(),
            });
        }
        endpoints
    }

    fn missing(&mut self, at: &Spanned<String>, key: &str) {
        self.errors.push(fault(self.file, at, format!("key `{key}` is missing"), None));
    }
}

fn operation(given: Option<&str>, document: &ModelDoc, verb: &str) -> String {
    match given {
        Some(operation) => operation.to_owned(),
        None => format!("{}.{verb}", document.resource.as_deref().unwrap_or_default()),
    }
}
