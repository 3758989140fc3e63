//! Link: connects an end customer's system, or makes a link token for it.

use std::collections::BTreeMap;

use anyhow::anyhow;
use clap::Subcommand;
use serde_json::json;
use unisono_engine::{LinkRequest, LinkTokenRequest};

use super::Desk;
use crate::args::Global;
use crate::failure::Failure;
use crate::out::{self, Style};
use crate::settings::Settings;

/// `unisono link …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Link a system from its fields, or (without --connector) make a link token
    Create(Create),
}

/// `unisono link create …`
#[derive(Debug, clap::Args)]
pub struct Create {
    /// Connector to link, such as those of `unisono connector list`
    #[arg(long)]
    connector: Option<String>,
    /// A field of the connector; may be repeated. `NAME=@FILE` reads the value from a file
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// Category to link [default: the connector's first]
    #[arg(long)]
    category: Option<String>,
    /// Way to authenticate, when the connector has several
    #[arg(long)]
    auth: Option<String>,
    /// Your id of the end customer; linking the same one again keeps the account
    #[arg(long, default_value = "local")]
    origin_id: String,
    /// Name of the end customer's organization
    #[arg(long, default_value = "Local")]
    organization: String,
    /// E-mail address of the person who links
    #[arg(long, default_value = "admin@localhost.localdomain")]
    email: String,
}

/// Runs it.
pub async fn run(command: &Command, settings: &Settings, global: &Global) -> Result<(), Failure> {
    let Command::Create(create) = command;
    let fields = read_fields(&create.fields)?;
    let desk = Desk::open(settings, global).await?;
    let categories = categories(create, &desk)?;
    let token = desk.engine.create_link_token(desk.project.id, token_request(create, categories)).await?;
    let Some(connector) = create.connector.clone() else {
        return token_made(&token, desk.style);
    };
    let request = LinkRequest { connector, category: create.category.clone(), auth: create.auth.clone(), fields };
    let linked = desk.engine.link(&token.link_token, request).await?;
    let account = desk.engine.account_token(desk.project.id, linked.account).await?;
    let details = desk.engine.account_details(desk.project.id, linked.account).await?;
    if desk.style == Style::Json {
        let whole =
            json!({ "account": details, "account_token": account.account_token, "is_relink": linked.is_relink });
        return Ok(out::json(&whole)?);
    }
    let again = if linked.is_relink { " again" } else { "" };
    out::talk(format!(
        "Linked {} ({}){again}. It syncs as soon as `unisono serve` runs.",
        details.integration, details.category
    ));
    out::card(&[("account", details.id.to_string()), ("account token", account.account_token)]);
    Ok(())
}

fn token_request(create: &Create, categories: Vec<String>) -> LinkTokenRequest {
    LinkTokenRequest {
        end_user_origin_id: create.origin_id.clone(),
        end_user_organization_name: create.organization.clone(),
        end_user_email_address: create.email.clone(),
        categories,
        integration: create.connector.clone(),
        link_expiry_mins: None,
        magic_link: false,
    }
}

fn token_made(token: &unisono_engine::LinkToken, style: Style) -> Result<(), Failure> {
    match style {
        Style::Json => out::json(token)?,
        Style::Text => {
            out::talk("Link token, valid for 30 minutes (POST /api/admin/v1/links takes it):");
            out::data(&token.link_token);
        }
    }
    Ok(())
}

/// The wanted category, else the connector's, else all there are.
fn categories(create: &Create, desk: &Desk) -> Result<Vec<String>, Failure> {
    if let Some(category) = &create.category {
        return Ok(vec![category.clone()]);
    }
    let known = desk.engine.integrations();
    let Some(slug) = &create.connector else {
        let mut all: Vec<String> = known.iter().flat_map(|one| one.categories.iter().cloned()).collect();
        all.sort();
        all.dedup();
        return Ok(all);
    };
    match known.iter().find(|one| one.slug == *slug) {
        Some(found) => Ok(found.categories.clone()),
        None => {
            let slugs: Vec<&str> = known.iter().map(|one| one.slug.as_str()).collect();
            Err(Failure::NotFound(format!("there is no connector `{slug}` (there are: {})", slugs.join(", "))))
        }
    }
}

fn read_fields(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for field in given {
        let (name, value) = field.split_once('=').ok_or_else(|| anyhow!("--field {field} is not NAME=VALUE"))?;
        let value = match value.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| anyhow!("--field {name}: {path} cannot be read: {error}"))?
                .trim_end_matches(['\n', '\r'])
                .to_owned(),
            None => value.to_owned(),
        };
        fields.insert(name.to_owned(), value);
    }
    Ok(fields)
}
