//! How connectors and accounts look from outside.

use unisono_connector::Connector;
use unisono_connector::manifest::{FieldType, Scheme};

use crate::{
    Account, AccountStatus, AuthOption, AvailableActions, Engine, Integration, LinkField, ModelOperation, Time, sync,
};

impl Engine {
    /// All integrations on offer.
    #[must_use]
    pub fn integrations(&self) -> Vec<Integration> {
        self.parts.connectors.list().iter().map(|connector| integration(connector)).collect()
    }

    /// The integration of this slug; one that is no longer there keeps its name.
    pub(super) fn integration_of(&self, slug: &str) -> Integration {
        match self.parts.connectors.get(slug) {
            Some(connector) => integration(&connector),
            None => Integration {
                slug: slug.to_owned(),
                name: slug.to_owned(),
                categories: Vec::new(),
                color: color_of(slug),
                docs: None,
                auth: Vec::new(),
                fields: Vec::new(),
                models: Vec::new(),
                evidence: "none".to_owned(),
            },
        }
    }

    pub(super) fn actions_of(&self, account: &unisono_store::Account) -> AvailableActions {
        let connector = self.parts.connectors.get(&account.connector);
        let models = connector.as_deref().map(|connector| sync::models_of(connector, &account.category));
        let operation = |slug: &str| {
            let streams = connector.as_deref().map(|connector| connector.streams(slug)).unwrap_or_default();
            let mut fields: Vec<String> = Vec::new();
            for (path, _) in streams.iter().flat_map(|stream| stream.mapping.expressions()) {
                let name = path.strip_prefix("fields.").and_then(|path| path.split('.').next());
                if let Some(name) = name.filter(|name| !fields.iter().any(|known| known == name)) {
                    fields.push(name.to_owned());
                }
            }
            ModelOperation {
                model_name: self.parts.models.model(slug).map_or_else(|| slug.to_owned(), |model| model.name.clone()),
                available_operations: vec!["FETCH".to_owned()],
                required_post_parameters: Vec::new(),
                supported_fields: fields,
            }
        };
        AvailableActions {
            integration: self.integration_of(&account.connector),
            passthrough_available: false,
            available_model_operations: models.unwrap_or_default().into_iter().map(operation).collect(),
        }
    }
}

fn integration(connector: &Connector) -> Integration {
    let auth = connector.auth.iter().map(|auth| AuthOption {
        id: auth.id.clone().unwrap_or_else(|| auth.scheme_name().to_owned()),
        scheme: auth.scheme_name().to_owned(),
        redirects: matches!(auth.scheme, Scheme::Oauth2Code { .. }),
    });
    let fields = connector.fields.iter().map(|field| LinkField {
        name: field.name.clone(),
        title: field.title.clone(),
        help: field.help.clone(),
        kind: match field.kind {
            FieldType::Text => "text",
            FieldType::Secret => "secret",
            FieldType::Url => "url",
            FieldType::Select => "select",
        }
        .to_owned(),
        optional: field.optional,
        default: field.default.clone(),
        pattern: field.pattern.clone(),
        choices: field.choices.clone(),
    });
    Integration {
        slug: connector.slug.clone(),
        name: connector.name.clone(),
        categories: connector.categories.clone(),
        color: connector.color.clone().unwrap_or_else(|| color_of(&connector.slug)),
        docs: connector.docs.clone(),
        auth: auth.collect(),
        fields: fields.collect(),
        models: connector.models().map(str::to_owned).collect(),
        evidence: connector.evidence.level.as_str().to_owned(),
    }
}

/// A colour that is always the same for a slug and dark enough for white text.
fn color_of(slug: &str) -> String {
    let hash = xxhash_rust::xxh3::xxh3_64(slug.as_bytes());
    format!("#{:06x}", hash & 0x007f_7f7f)
}

/// A stored account as it is shown.
pub(crate) fn account_of(engine: &Engine, account: unisono_store::Account) -> Account {
    Account {
        id: account.id,
        integration: engine.connector_name(&account.connector),
        integration_slug: account.connector,
        category: account.category,
        end_user_origin_id: account.end_user_origin_id,
        end_user_organization_name: account.end_user_organization_name,
        end_user_email_address: account.end_user_email_address,
        status: match account.status {
            unisono_store::AccountStatus::Complete => AccountStatus::Complete,
            unisono_store::AccountStatus::Incomplete => AccountStatus::Incomplete,
            unisono_store::AccountStatus::RelinkNeeded => AccountStatus::RelinkNeeded,
            unisono_store::AccountStatus::Idle => AccountStatus::Idle,
        },
        status_detail: account.status_detail,
        is_duplicate: account.is_duplicate.unwrap_or(false),
        account_type: account.account_type,
        completed_at: account.completed_us.map(Time),
        created_at: Time(account.created_us),
    }
}
