//! Progress: watches the first sync of several accounts, with a bar for each on a terminal.
//!
//! Always true: talks to standard error only, and draws only when that is a terminal; ends when every model has had a run.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use unisono_engine::{Engine, PageRequest, Run, SyncState, SyncStatus};
use uuid::Uuid;

use crate::failure::Failure;

/// How often the state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What an account's first sync brought.
#[derive(Debug, Default)]
pub struct Counted {
    /// Records by model.
    pub by_model: BTreeMap<String, u64>,
    /// Records that could not be mapped.
    pub rejected: u64,
    /// What did not end well, in plain words.
    pub troubles: Vec<String>,
}

impl Counted {
    /// All records.
    pub fn records(&self) -> u64 {
        self.by_model.values().sum()
    }

    /// The model with the most records among those that fit.
    pub fn largest(&self, fits: impl Fn(&str) -> bool) -> Option<&str> {
        let most =
            self.by_model.iter().filter(|(model, count)| **count > 0 && fits(model)).max_by_key(|(_, count)| **count);
        most.map(|(model, _)| model.as_str())
    }
}

/// Waits until every model of every account has had a run.
pub async fn watch(engine: &Engine, project: Uuid, accounts: &[(Uuid, String)]) -> Result<Vec<Counted>, Failure> {
    let target = match std::io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bars = MultiProgress::with_draw_target(target);
    let style = ProgressStyle::with_template("{prefix:12} {bar:30} {pos:>2}/{len} models  {msg}")?;
    let bar = |name: &String| {
        let bar = bars.add(ProgressBar::new(1).with_style(style.clone()).with_prefix(name.clone()));
        bar.set_message("waiting");
        bar
    };
    let drawn: Vec<ProgressBar> = accounts.iter().map(|(_, name)| bar(name)).collect();
    loop {
        let mut counted = Vec::new();
        let mut all_done = true;
        for ((account, _), bar) in accounts.iter().zip(&drawn) {
            let (states, found) = look(engine, project, *account).await?;
            let done = states.iter().filter(|state| is_done(state)).count();
            all_done &= done == states.len();
            bar.set_length(states.len() as u64);
            bar.set_position(done as u64);
            let now =
                states.iter().find(|state| state.status == SyncState::Syncing).map(|state| state.model_name.as_str());
            bar.set_message(format!("{} records  {}", found.records(), now.unwrap_or_default()));
            counted.push(found);
        }
        if all_done {
            drawn.iter().for_each(ProgressBar::finish);
            return Ok(counted);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_done(state: &SyncStatus) -> bool {
    match state.status {
        SyncState::Syncing => false,
        SyncState::Done | SyncState::PartiallySynced | SyncState::Failed => state.last_sync_finished.is_some(),
        SyncState::Disabled | SyncState::Paused => true,
    }
}

async fn look(engine: &Engine, project: Uuid, account: Uuid) -> Result<(Vec<SyncStatus>, Counted), Failure> {
    let states = engine.sync_status(project, account).await?;
    let page = PageRequest { cursor: None, page_size: Some(100) };
    let runs = engine.runs(project, account, None, &page).await?.results;
    let mut counted = Counted::default();
    for state in &states {
        // The latest run of the model tells all of its records: what it added and what was there already.
        let run = runs.iter().filter(|run| run.model == state.model).max_by_key(|run| run.started_at);
        if let Some(run) = run {
            count(&mut counted, run);
        }
    }
    for state in states
        .iter()
        .filter(|state| !matches!(state.status, SyncState::Syncing | SyncState::Done | SyncState::Disabled))
    {
        let why = runs.iter().find(|run| run.model == state.model).and_then(|run| run.error.as_deref());
        let why = why.unwrap_or("some records could not be mapped; `unisono issues` says which");
        counted.troubles.push(format!("{} is not complete: {why}", state.model_name));
    }
    Ok((states, counted))
}

fn count(counted: &mut Counted, run: &Run) {
    counted.by_model.insert(run.model.clone(), run.added + run.changed + run.unchanged);
    counted.rejected += run.rejected;
}
