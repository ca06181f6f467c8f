//! The receiver as a process, under 10,000 requests from 32 connections: genuine, forged, replayed, oversized,
//! slow, cut off.
//!
//! `cargo test --all-features` builds both and runs it. Alone:
//!
//! ```text
//! cargo build --profile test --all-features --example receiver
//! cargo test --all-features --test e2e
//! ```

#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod delivery;
mod plan;
mod program;
mod random;
mod receiver;
mod send;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plan::{Expected, Job, Plan};
use receiver::Receiver;
use send::Connection;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_gets_its_verdict_and_every_genuine_body_is_handed_on_once() {
    let plan = Plan::new();
    assert_eq!(plan.jobs.len(), 10_000);
    let mut receiver = Receiver::start();

    let warm_up = run(&receiver, &plan, 0..2_000).await;
    let resident = receiver.resident_kib();
    let rest = run(&receiver, &plan, 2_000..plan.jobs.len()).await;
    let grown = receiver.resident_kib().saturating_sub(resident);

    check_statuses(&plan, warm_up.into_iter().chain(rest));
    // The lines contain digests of what the handler got.
    let lines =
        receiver.verdicts(plan.jobs.len()).await.into_iter().map(|line| settled(&line)).collect::<Vec<_>>();
    assert_eq!(difference(&plan.lines, &lines), BTreeMap::new(), "lines too few (-) and too many");
    assert!(grown < 16 * 1024, "{grown} KiB grown after {resident} KiB");
    // As a service manager stops it.
    receiver.signal("-TERM");
    assert!(receiver.ended().success());
}

/// Does a part of the plan from 32 connections. Returns each job's number and its status, if any.
async fn run(
    receiver: &Receiver,
    plan: &Arc<Plan>,
    part: std::ops::Range<usize>,
) -> Vec<(usize, Option<u16>)> {
    let next = Arc::new(AtomicUsize::new(part.start));
    let mut connections = JoinSet::new();
    for _ in 0..32 {
        let (mut connection, plan, next) =
            (Connection::to(receiver.address), Arc::clone(plan), Arc::clone(&next));
        connections.spawn(async move {
            let mut statuses = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= part.end {
                    return statuses;
                }
                statuses.push((number, connection.send(&plan.jobs[number]).await));
            }
        });
    }
    connections.join_all().await.into_iter().flatten().collect()
}

fn check_statuses(plan: &Plan, statuses: impl Iterator<Item = (usize, Option<u16>)>) {
    for (number, status) in statuses {
        let Job { expected, how, .. } = &plan.jobs[number];
        let is_right = match expected {
            Expected::Status(expected) => status == Some(*expected),
            Expected::Anything => true,
            Expected::HandledOnce => matches!(status, Some(200 | 503)),
        };
        assert!(is_right, "{status:?} to {how:?}: {}", plan.lines[number]);
    }
}

/// The line without the effect of equal requests at the same time.
fn settled(line: &str) -> String {
    line.replace("rejected code=replay_in_progress status=503", "duplicate status=200")
}

/// How much more or less often each line appears than expected.
fn difference<'l>(expected: &'l [String], got: &'l [String]) -> BTreeMap<&'l str, i32> {
    let mut counts = BTreeMap::new();
    for line in got {
        *counts.entry(line.as_str()).or_default() += 1;
    }
    for line in expected {
        *counts.entry(line.as_str()).or_default() -= 1;
    }
    counts.retain(|_, count| *count != 0);
    counts
}
