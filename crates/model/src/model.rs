//! Categories, models and fields as plain data, and how to find them.

use std::collections::HashMap;

use serde::Serialize;

use crate::error::LoadError;
use crate::kind::Type;
use crate::query::{List, Retrieve};
use crate::write::{Endpoint, Write};

/// Slug of the pseudo category that holds the shapes every category shares (`SyncStatus`, `RemoteData`, ...).
pub const PLATFORM: &str = "platform";

/// All common models, by category.
#[derive(Debug, Clone, Default)]
pub struct Models {
    pub(crate) categories: Vec<Category>,
    pub(crate) index: HashMap<String, (usize, usize)>,
}

impl Models {
    /// Reads `models/<category>/...yaml` files, given as (path, text); every fault of every file is reported at once.
    ///
    /// The category is the folder that holds the file, so both `models/hris/employee.yaml` and `hris/employee.yaml` do.
    pub fn load<I, P, T>(files: I) -> Result<Self, Vec<LoadError>>
    where
        I: IntoIterator<Item = (P, T)>,
        P: AsRef<str>,
        T: AsRef<str>,
    {
        crate::load::load(files)
    }

    /// The category `hris`, `crm`, ...; `None` for `platform`.
    pub fn category(&self, slug: &str) -> Option<&Category> {
        self.categories().find(|category| category.slug == slug)
    }

    /// The ten categories, without `platform`.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(|category| category.slug != PLATFORM)
    }

    /// Shapes and enums that all categories share.
    pub fn platform(&self) -> Option<&Category> {
        self.categories.iter().find(|category| category.slug == PLATFORM)
    }

    /// The model with a full slug like `hris.employee`, nested ones included.
    pub fn model(&self, slug: &str) -> Option<&Model> {
        let &(category, model) = self.index.get(slug)?;
        self.categories.get(category)?.models.get(model)
    }

    /// Every common model of every category (nested ones and platform shapes left out).
    pub fn common(&self) -> impl Iterator<Item = &Model> {
        self.categories().flat_map(Category::common)
    }

    /// The model or shape with this API name (`Employee`), looked up in the category first and then in `platform`.
    pub fn resolve(&self, category: &str, name: &str) -> Option<&Model> {
        let own = self.category(category).and_then(|found| found.by_name(name));
        own.or_else(|| self.platform().and_then(|platform| platform.by_name(name)))
    }

    /// The enum with this name, looked up in the category first and then in `platform`.
    pub fn enumeration(&self, category: &str, name: &str) -> Option<&Enum> {
        let own = self.category(category).and_then(|found| found.enumeration(name));
        own.or_else(|| self.platform().and_then(|platform| platform.enumeration(name)))
    }
}

/// One category: `hris`, `ats`, ...
#[derive(Debug, Clone, Serialize)]
pub struct Category {
    /// `hris`.
    pub slug: String,
    /// `HRIS`.
    pub title: String,
    /// What systems belong here.
    pub description: String,
    /// `/hris/v1`.
    pub base_path: String,
    /// Names of the models that the field-mapping endpoints list.
    pub field_mapping_models: Vec<String>,
    /// All models, common and nested, by slug.
    pub models: Vec<Model>,
    /// All enums, by name.
    pub enums: Vec<Enum>,
}

impl Category {
    /// The model with the short slug `employee` or the full one `hris.employee`.
    pub fn model(&self, slug: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.slug == slug || model.short() == slug)
    }

    /// The model with the API name `Employee`.
    pub fn by_name(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The enum of this category with this name.
    pub fn enumeration(&self, name: &str) -> Option<&Enum> {
        self.enums.iter().find(|found| found.name == name)
    }

    /// Models that are synced and served on their own (not nested).
    pub fn common(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| !model.nested)
    }
}

/// One model: a common model, a nested one, or a platform shape.
#[derive(Debug, Clone, Serialize)]
pub struct Model {
    /// `hris.time_off`.
    pub slug: String,
    /// API name, `TimeOff`.
    pub name: String,
    /// Internal name in sync-status `model_id` and in webhooks, e.g. `TicketingAttachment`; mostly the same as `name`.
    pub event: String,
    /// `hris`.
    pub category: String,
    /// Embedded in its parent's JSON; never a stream or a table of its own.
    pub nested: bool,
    /// `/time-off`; may hold parameters (`/custom-object-classes/{custom_object_class_id}/custom-objects`).
    pub path: Option<String>,
    /// Resource name in the SDKs, `time_off`.
    pub resource: Option<String>,
    /// Names of the operations in the SDKs below `resource`: `list`, `retrieve`, `create`, `meta_post_retrieve`, ...
    pub operations: Vec<String>,
    /// What it is, in one or two sentences.
    pub description: String,
    /// All fields in reply order, standard ones included.
    pub fields: Vec<Field>,
    /// Lists that return this model: its own first, then lists below a parent (`/projects/{parent_id}/users`).
    pub lists: Vec<List>,
    /// How one record is read.
    pub retrieve: Option<Retrieve>,
    /// Body of a create. For a nested model: its form inside another body.
    pub create: Option<Write>,
    /// Body of a partial update.
    pub update: Option<Write>,
    /// Further endpoints of the contract: meta, ignore, bulk, download, ...
    pub endpoints: Vec<Endpoint>,
}

impl Model {
    /// `time_off`, the slug without its category.
    pub fn short(&self) -> &str {
        self.slug.split_once('.').map_or(self.slug.as_str(), |(_, short)| short)
    }

    /// The id in sync-status and webhooks, `ticketing.TicketingAttachment`.
    pub fn model_id(&self) -> String {
        format!("{}.{}", self.category, self.event)
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The model's own fields, which make up the stored unified JSON, in order.
    ///
    /// For a nested model these exclude id, remote_id and the like as well; a nested object embeds all of its fields.
    pub fn own_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.standard)
    }

    /// The model's own list (`GET path`), if it has one.
    pub fn list(&self) -> Option<&List> {
        self.lists.first().filter(|list| Some(&list.path) == self.path.as_ref())
    }
}

/// One field of a model.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// `employment_status`.
    pub name: String,
    /// What one value is; see `list`.
    #[serde(rename = "type")]
    pub kind: Type,
    /// A list of such values.
    pub list: bool,
    /// May be null (for a list: the list itself).
    pub nullable: bool,
    /// Every category has it and the store keeps it in columns or apart: id, remote_id, created_at, modified_at,
    /// remote_was_deleted, field_mappings, remote_data, remote_fields.
    pub standard: bool,
    /// Null in replies unless `include_sensitive_fields=true`.
    pub sensitive: bool,
    /// What it means.
    pub description: String,
}

/// A named set of values.
#[derive(Debug, Clone, Serialize)]
pub struct Enum {
    /// `EmploymentStatusEnum`.
    pub name: String,
    /// What the set says.
    pub description: String,
    /// Values in the contract's order.
    pub values: Vec<String>,
}
