//! The replay guard in real Redis servers. Each test starts `redis-server` on free loopback ports.
//!
//! ```text
//! cargo test --all-features --test redis -- --ignored
//! ```

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod between;
mod cluster;
mod contract;
mod failover;
mod fake;
mod faults;
mod layer;
#[path = "../replay/model.rs"]
mod model;
mod sequences;
mod server;
mod tls;
mod worker;

use std::time::Duration;

use countersign::replay::{Claim, Lease, Redis, RedisError, ReplayGuard, SavedResponse};
use countersign::{Error, ErrorKind, ReplayKey};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn key(name: &str) -> ReplayKey {
    ReplayKey::new([name])
}

/// The result of a claim, without the remaining time and the lease.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Leased,
    InProgress,
    Done(Option<SavedResponse>),
}

async fn claim(guard: &Redis, name: &str) -> Result<Answer, (ErrorKind, RedisError)> {
    match guard.claim(&key(name), MINUTE).await {
        Ok(Claim::Leased(_)) => Ok(Answer::Leased),
        Ok(Claim::InProgress { .. }) => Ok(Answer::InProgress),
        Ok(Claim::Done(response)) => Ok(Answer::Done(response)),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err((error.kind(), cause(&error))),
    }
}

/// Claims a key that is free, for `time`.
async fn lease(guard: &Redis, name: &str, time: Duration) -> Lease {
    match guard.claim(&key(name), time).await {
        Ok(Claim::Leased(lease)) => lease,
        other => panic!("{other:?}"),
    }
}

/// Claims until the guard answers.
async fn claim_at_last(guard: &Redis, name: &str) -> Answer {
    for _ in 0..1000 {
        if let Ok(answer) = claim(guard, name).await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the guard does not come back");
}

/// Claims until the key is free.
async fn gets_through(guard: &Redis, name: &str) {
    let claim = async || (claim(guard, name).await == Ok(Answer::Leased)).then_some(());
    at_last("the key becomes free", claim).await;
}

/// Asks until there is an answer, for 20 seconds.
async fn at_last<T>(awaited: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain: {awaited}");
}

fn cause(error: &Error) -> RedisError {
    let source = std::error::Error::source(error).expect("a cause");
    source.downcast_ref::<RedisError>().expect("a cause in Redis").clone()
}

fn unavailable<T>(cause: RedisError) -> Result<T, (ErrorKind, RedisError)> {
    Err((ErrorKind::ReplayGuardUnavailable, cause))
}
