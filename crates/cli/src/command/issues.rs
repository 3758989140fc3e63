//! Issues: what is wrong with linked accounts, in plain words.

use unisono_engine::{IssueFilters, PageRequest};
use uuid::Uuid;

use super::Desk;
use crate::args::Global;
use crate::failure::Failure;
use crate::out::{self, Style};
use crate::settings::Settings;

/// `unisono issues …`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only issues of this linked account
    #[arg(long, value_name = "ID")]
    account: Option<Uuid>,
    /// Include issues that are resolved
    #[arg(long)]
    all: bool,
}

/// Runs it.
pub async fn run(args: &Args, settings: &Settings, global: &Global) -> Result<(), Failure> {
    let desk = Desk::open(settings, global).await?;
    let status = (!args.all).then(|| "ONGOING".to_owned());
    let filters = IssueFilters { account: args.account, status, ..IssueFilters::default() };
    let mut page = PageRequest { cursor: None, page_size: Some(100) };
    let mut issues = Vec::new();
    loop {
        let found = desk.engine.issues(desk.project.id, &filters, &page).await?;
        issues.extend(found.results);
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    if desk.style == Style::Json {
        return Ok(out::json(&issues)?);
    }
    if issues.is_empty() {
        out::talk("Nothing is wrong.");
    }
    for issue in &issues {
        let whose = format!("{} of {}", issue.integration_name, issue.end_user_organization_name);
        out::data(format!("{}: {whose} ({})", issue.error_description, issue.status.to_lowercase()));
        issue.error_details.iter().for_each(|detail| out::data(format!("  {detail}")));
        out::data(format!("  since {}, account {}", issue.first_incident_time, issue.account));
    }
    Ok(())
}
