//! Serve: answers on a socket until told to stop, then lets running requests finish.

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

/// Serves until `shutdown` resolves; requests that run then get `drain` to finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    drain: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (told, mut stopping) = tokio::sync::watch::channel(false);
    let graceful = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        _ = told.send(true);
    });
    let overdue = async move {
        while !*stopping.borrow_and_update() {
            if stopping.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = async { graceful.await } => ended,
        () = overdue => Ok(()),
    }
}
