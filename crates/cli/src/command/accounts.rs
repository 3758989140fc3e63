//! Accounts: linked accounts, how up to date they are, and what happened on the way.

use clap::Subcommand;
use serde_json::json;
use unisono_engine::{Account, AccountFilters, ConnectError, PageRequest, SyncError, SyncState, SyncStatus, Time};
use uuid::Uuid;

use super::Desk;
use crate::args::{AccountId, Global};
use crate::failure::Failure;
use crate::out::{self, Style};
use crate::settings::Settings;

/// `unisono accounts …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List linked accounts
    List,
    /// Show a linked account: its models, the latest runs, what could not be mapped
    Show {
        #[command(flatten)]
        id: AccountId,
        /// Show the account token as well
        #[arg(long)]
        token: bool,
    },
    /// Make every model due for a full sync now
    Sync {
        #[command(flatten)]
        id: AccountId,
        /// Sync here and now instead of leaving it to `unisono serve`
        #[arg(long)]
        wait: bool,
    },
    /// List the latest requests sent to the linked system
    Logs(AccountId),
    /// Erase a linked account with its records, credentials and logs
    Delete {
        #[command(flatten)]
        id: AccountId,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Runs it.
pub async fn run(command: &Command, settings: &Settings, global: &Global) -> Result<(), Failure> {
    let desk = Desk::open(settings, global).await?;
    match command {
        Command::List => list(&desk).await,
        Command::Show { id, token } => show(&desk, id.account, *token).await,
        Command::Sync { id, wait } => sync(&desk, id.account, *wait).await,
        Command::Logs(id) => logs(&desk, id.account).await,
        Command::Delete { id, yes } => delete(&desk, id.account, *yes).await,
    }
}

async fn list(desk: &Desk) -> Result<(), Failure> {
    let mut page = PageRequest { cursor: None, page_size: Some(100) };
    let mut accounts = Vec::new();
    loop {
        let found = desk.engine.linked_accounts(desk.project.id, &AccountFilters::default(), &page).await?;
        accounts.extend(found.results);
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    if desk.style == Style::Json {
        return Ok(out::json(&accounts)?);
    }
    let row = |account: &Account| {
        vec![
            account.id.to_string(),
            account.integration_slug.clone(),
            account.category.clone(),
            account.end_user_organization_name.clone(),
            word(&account.status),
        ]
    };
    let rows: Vec<Vec<String>> = accounts.iter().map(row).collect();
    let nothing = "No account is linked yet: unisono link create --connector NAME --field …";
    out::table(&["account", "connector", "category", "organization", "status"], &rows, nothing);
    Ok(())
}

async fn show(desk: &Desk, id: Uuid, token: bool) -> Result<(), Failure> {
    let (engine, project) = (&desk.engine, desk.project.id);
    let account = engine.account_details(project, id).await.map_err(gone)?;
    let states = engine.sync_status(project, id).await?;
    let few = PageRequest { cursor: None, page_size: Some(10) };
    let runs = engine.runs(project, id, None, &few).await?.results;
    let rejects = engine.rejects(project, id, None, &few).await?.results;
    let token = if token { Some(engine.account_token(project, id).await?.account_token) } else { None };
    if desk.style == Style::Json {
        let whole = json!({
            "account": account, "account_token": token, "syncs": states, "runs": runs, "rejects": rejects,
        });
        return Ok(out::json(&whole)?);
    }
    out::card(&[
        ("account", account.id.to_string()),
        ("account token", token.unwrap_or_default()),
        ("connector", format!("{} ({})", account.integration, account.category)),
        ("organization", account.end_user_organization_name.clone()),
        ("status", word(&account.status)),
        ("because", account.status_detail.clone().unwrap_or_default()),
    ]);
    out::data("");
    out::table(
        &["model", "state", "fresh as of", "next"],
        &states.iter().map(state_row).collect::<Vec<_>>(),
        "Nothing is synced.",
    );
    if !runs.is_empty() {
        out::data("");
        out::table(
            &["run", "kind", "result", "added", "changed", "deleted", "same", "rejected", "requests"],
            &runs.iter().map(run_row).collect::<Vec<_>>(),
            "",
        );
        runs.iter().filter_map(|run| Some((run, run.error.as_ref()?))).for_each(|(run, error)| {
            out::data(format!("{} {}: {error}", run.model, run.result));
        });
    }
    for reject in &rejects {
        out::data(format!("not mapped: {} {}: {}", reject.model, reject.key, reject.reason));
    }
    Ok(())
}

fn state_row(state: &SyncStatus) -> Vec<String> {
    vec![state.model.clone(), word(&state.status), time(state.data_fresh_as_of), time(state.next_sync_start)]
}

fn run_row(run: &unisono_engine::Run) -> Vec<String> {
    let counts = [run.added, run.changed, run.deleted, run.unchanged, run.rejected, run.requests];
    let words = [run.model.clone(), run.kind.clone(), run.result.clone()];
    words.into_iter().chain(counts.map(|count| count.to_string())).collect()
}

async fn sync(desk: &Desk, id: Uuid, wait: bool) -> Result<(), Failure> {
    let (engine, project) = (&desk.engine, desk.project.id);
    let mut states = engine.resync(project, id).await.map_err(|error| match error {
        SyncError::NoSuchAccount => no_account(),
        other => other.into(),
    })?;
    if wait {
        out::talk("Syncing…");
        engine.run_due_jobs().await?;
        states = engine.sync_status(project, id).await?;
    }
    if desk.style == Style::Json {
        out::json(&states)?;
    } else {
        out::table(
            &["model", "state", "fresh as of", "next"],
            &states.iter().map(state_row).collect::<Vec<_>>(),
            "Nothing is synced.",
        );
        if !wait {
            out::talk("Due now; `unisono serve` does it. `--wait` does it here.");
        }
    }
    match states.iter().any(|state| wait && state.status == SyncState::Failed) {
        true => Err(anyhow::anyhow!("a model could not be synced: unisono issues --account {id}").into()),
        false => Ok(()),
    }
}

async fn logs(desk: &Desk, id: Uuid) -> Result<(), Failure> {
    let page = PageRequest { cursor: None, page_size: Some(100) };
    let found = desk.engine.request_logs(desk.project.id, id, &page).await.map_err(|error| match error {
        SyncError::NoSuchAccount => no_account(),
        other => other.into(),
    })?;
    if desk.style == Style::Json {
        return Ok(out::json(&found.results)?);
    }
    let row = |log: &unisono_engine::RequestLog| {
        let status = log.status.map_or_else(|| log.error.clone().unwrap_or_default(), |status| status.to_string());
        vec![time(Some(log.at)), log.method.clone(), status, format!("{} ms", log.duration_ms), log.url.clone()]
    };
    let rows: Vec<Vec<String>> = found.results.iter().map(row).collect();
    out::table(&["at", "method", "status", "took", "address"], &rows, "Nothing was sent yet.");
    Ok(())
}

async fn delete(desk: &Desk, id: Uuid, yes: bool) -> Result<(), Failure> {
    let account = desk.engine.account_details(desk.project.id, id).await.map_err(gone)?;
    if !yes {
        let whose = format!("{} of {}", account.integration, account.end_user_organization_name);
        return Err(anyhow::anyhow!("this erases {whose} with all its records; say --yes to do it").into());
    }
    desk.engine.delete_account(desk.project.id, id).await.map_err(gone)?;
    out::talk(format!("Erased {} of {}.", account.integration, account.end_user_organization_name));
    Ok(())
}

fn gone(error: ConnectError) -> Failure {
    match error {
        ConnectError::NoSuchAccount => no_account(),
        other => other.into(),
    }
}

fn no_account() -> Failure {
    Failure::NotFound("there is no such linked account: `unisono accounts list` shows them".to_owned())
}

/// A status as people say it: `RELINK_NEEDED` is `relink needed`.
fn word<T: serde::Serialize>(status: &T) -> String {
    let value = json!(status);
    value.as_str().unwrap_or_default().to_lowercase().replace('_', " ")
}

fn time(at: Option<Time>) -> String {
    at.map(|at| at.to_string().chars().take(19).collect::<String>().replace('T', " ")).unwrap_or_else(|| "-".to_owned())
}
