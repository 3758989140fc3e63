//! Serve: answers requests and syncs until told to stop.

use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use unisono_server::{router, serve};

use crate::failure::Failure;
use crate::join::{self, join};
use crate::out;
use crate::settings::{Role, Settings};

/// Runs the roles of this process.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let joined = join(settings).await?;
    if joined.engine.projects().await?.is_empty() {
        out::talk("There is no API key yet. In another terminal: unisono keys create backend");
    }
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        signal().await;
        out::talk("Stopping: running requests and syncs finish their work…");
        _ = stop.send(true);
    });
    let drain = Duration::from_secs(settings.server.drain_s);
    let worker = async {
        match settings.has(Role::Worker) {
            true => finish_within(drain, &stopping, joined.engine.run_jobs(stopped(stopping.clone()))).await,
            false => Ok(()),
        }
    };
    let api = async {
        match settings.has(Role::Api) {
            true => {
                let router = router(joined.engine.clone(), joined.models.clone(), join::server_options(settings))?;
                let listener = TcpListener::bind(&settings.server.listen)
                    .await
                    .with_context(|| format!("address {} cannot be used", settings.server.listen))?;
                out::talk(format!("Serving on http://{}", listener.local_addr()?));
                serve(listener, router, drain, stopped(stopping.clone())).await?;
                Ok::<(), anyhow::Error>(())
            }
            false => Ok(()),
        }
    };
    tokio::try_join!(api, worker)?;
    Ok(())
}

/// A worker gets as long to finish as a request does; what it was doing goes on at its last page next time.
async fn finish_within(
    drain: Duration,
    stopping: &watch::Receiver<bool>,
    work: impl Future<Output = Result<(), unisono_engine::JobError>>,
) -> anyhow::Result<()> {
    let overdue = async {
        stopped(stopping.clone()).await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = work => Ok(ended?),
        () = overdue => Ok(()),
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    _ = stopping.wait_for(|told| *told).await;
}

/// Resolves at Ctrl-C or SIGTERM.
pub async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    _ = interrupt.await;
}
