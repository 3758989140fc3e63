//! Read: the loop over the pages of a model's sources; the next page is fetched while the last one is committed.

use std::sync::atomic::Ordering;

use unisono_connector::{Context, PageFault, Reply, Start, Step, Stream, StreamState, Turn, TurnError};

use super::page::Prepared;
use super::state::{Reading, Saved};
use super::{Pull, Stop, page};
use crate::send::{Trouble, of_fault};

/// Pages without records that may pass without a commit.
const IDLE_PAGES_MAX: i64 = 20;

/// A reply and the path it came from.
struct Fetched {
    reply: Reply,
    path: String,
}

/// Reads every source of the model to its end, starting where the run stands.
pub(super) async fn streams(cx: &Pull<'_>, saved: &mut Saved) -> Result<(), Stop> {
    loop {
        let Some(reading) = &saved.reading else { return Ok(()) };
        let Some(source) = cx.sources().get(reading.done) else { return Ok(()) };
        let state = reading.at.clone().unwrap_or_else(|| begin(cx, source, saved, reading));
        let ended = chain(cx, saved, source, state).await;
        let several = cx.sources().len() > 1;
        let Some(reading) = &mut saved.reading else { return Ok(()) };
        match ended {
            Ok(state) => {
                if let Some(bookmark) = source.bookmark(&state) {
                    reading.bookmarks.insert(source.name.clone(), bookmark);
                }
            }
            Err(Stop::Trouble(Trouble::Forbidden(why) | Trouble::Refused(why))) if several => {
                reading.refused.push(format!("{}: {why}", source.name));
            }
            Err(stop) => return Err(stop),
        }
        reading.done += 1;
        reading.at = None;
    }
}

fn begin(cx: &Pull<'_>, source: &Stream, saved: &Saved, reading: &Reading) -> StreamState {
    let bookmark = saved.bookmarks.get(&source.name).filter(|_| !reading.full && source.is_incremental());
    let start = bookmark.map_or(Start::Full, |bookmark| Start::Since(bookmark.clone()));
    source.begin(start, cx.now())
}

/// Reads one source from a state to its end.
async fn chain(cx: &Pull<'_>, saved: &mut Saved, source: &Stream, state: StreamState) -> Result<StreamState, Stop> {
    let mut state = state;
    let mut fetched = fetch(cx, source, &mut state).await?;
    while let Some(page) = fetched {
        let turn = absorb(cx, source, &state, &page.reply).await?;
        cx.pages.fetch_add(1, Ordering::Relaxed);
        let prepared = page::prepare(cx, source, &turn, &page.path).await?;
        state = turn.state;
        if let Some(reading) = &mut saved.reading {
            reading.at = Some(state.clone());
            reading.nameless += prepared.nameless;
            reading.rejected += prepared.rejects.len() as u64;
        }
        // The next page is on its way while this one is committed.
        let (committed, next) = tokio::join!(commit(cx, saved, prepared), fetch(cx, source, &mut state));
        committed?;
        fetched = next?;
        if cx.engine.stopping.load(Ordering::Relaxed) {
            return Err(Stop::Stopping);
        }
    }
    Ok(state)
}

/// Asks for the page that a state stands at; `None` at the end of the source.
async fn fetch(cx: &Pull<'_>, source: &Stream, state: &mut StreamState) -> Result<Option<Fetched>, Stop> {
    loop {
        match source.step(&cx.line.context(), state).map_err(misconfigured)? {
            Step::Done => return Ok(None),
            Step::Parent { model, after, visit, since_us } => {
                let parent = cx.next_parent(&model, after, visit, since_us.filter(|_| !state.full)).await?;
                *state = source.visit(state, parent).map_err(misconfigured)?;
            }
            Step::Ready(reply) => return Ok(Some(Fetched { reply, path: String::new() })),
            Step::Send(request) => {
                cx.requests.fetch_add(1, Ordering::Relaxed);
                let reply = cx.line.send(&request).await?;
                return Ok(Some(Fetched { reply, path: request.url.path().to_owned() }));
            }
        }
    }
}

/// What a reply brought. A reply that is no page is asked for once more: proxies and restarts pass.
async fn absorb(cx: &Pull<'_>, source: &Stream, state: &StreamState, reply: &Reply) -> Result<Turn, Stop> {
    match source.absorb(&cx.line.context(), state, reply) {
        Err(TurnError::Page(fault)) if passes(&fault) => {}
        other => return other.map_err(|error| of_turn(error, &cx.line.context())),
    }
    let mut again = state.clone();
    let Some(second) = fetch(cx, source, &mut again).await? else {
        return Err(Trouble::Unreadable("the vendor's reply cannot be read".to_owned()).into());
    };
    let turn = source.absorb(&cx.line.context(), state, &second.reply);
    turn.map_err(|error| of_turn(error, &cx.line.context()))
}

/// Whether asking once more may help.
fn passes(fault: &PageFault) -> bool {
    match fault {
        PageFault::Html { .. }
        | PageFault::ContentType { .. }
        | PageFault::Truncated { .. }
        | PageFault::EmptyBody { .. }
        | PageFault::EmptyEarly { .. }
        | PageFault::Malformed { .. } => true,
        PageFault::NoRecords { .. }
        | PageFault::RepeatedCursor { .. }
        | PageFault::Short { .. }
        | PageFault::NoEnd { .. }
        | PageFault::ForeignHost { .. }
        | PageFault::Window { .. }
        | PageFault::TooMany { .. } => false,
    }
}

pub(super) fn of_turn(error: TurnError, cx: &Context) -> Stop {
    Stop::Trouble(match error {
        TurnError::Fault(fault) => of_fault(&fault, cx.now_us),
        TurnError::Page(fault) => Trouble::Unreadable(fault.to_string()),
        TurnError::Request(error) => Trouble::Misconfigured(error.to_string()),
    })
}

pub(super) fn misconfigured(error: unisono_connector::RequestError) -> Stop {
    Stop::Trouble(Trouble::Misconfigured(error.to_string()))
}

/// Commits a page with the state after it; pages without records wait for the next one that has some.
async fn commit(cx: &Pull<'_>, saved: &Saved, prepared: Prepared) -> Result<(), Stop> {
    if prepared.is_empty() && cx.pages.load(Ordering::Relaxed) < IDLE_PAGES_MAX {
        return Ok(());
    }
    let page = cx.page_commit(saved, prepared).map_err(|error| Stop::Trouble(Trouble::Internal(error)))?;
    cx.scope.commit(page).await?;
    Ok(())
}
