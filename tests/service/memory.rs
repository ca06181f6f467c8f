//! The replay guard in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::{ErrorKind, ReplayKey};

use crate::model;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A clock that moves only when told.
#[derive(Clone, Default)]
pub(crate) struct Stopped(Arc<AtomicU64>);

impl Stopped {
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::AcqRel);
    }

    /// A guard with this clock.
    pub(crate) fn memory(&self, capacity: usize) -> Memory {
        let clock = self.clone();
        Memory::new(capacity).clock(move || Duration::from_nanos(clock.0.load(Ordering::Acquire)))
    }
}

fn key(number: usize) -> ReplayKey {
    ReplayKey::new([number.to_string()])
}

async fn claim(guard: &Memory, number: usize, time: Duration) -> Result<Claim, ErrorKind> {
    guard.claim(&key(number), time).await.map_err(|error| error.kind())
}

async fn lease(guard: &Memory, number: usize, time: Duration) -> Lease {
    match claim(guard, number, time).await {
        Ok(Claim::Leased(lease)) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_contract_holds_in_10000_sequences() {
    for capacity in [2, 10] {
        model::holds(10_000, capacity, || {
            let clock = Stopped::default();
            let guard = clock.memory(capacity);
            (guard, async move |time| clock.pass(time))
        });
    }
}

#[tokio::test]
async fn a_lease_ends_to_the_nanosecond() {
    let clock = Stopped::default();
    let guard = clock.memory(10);
    let first = lease(&guard, 1, HOUR).await;
    let remaining = Duration::from_nanos(1);
    clock.pass(HOUR.checked_sub(remaining).unwrap());
    assert_eq!(claim(&guard, 1, HOUR).await, Ok(Claim::InProgress { remaining }));
    clock.pass(remaining);
    assert_eq!(guard.renew(&first, HOUR).await, Ok(false));
    assert_ne!(lease(&guard, 1, HOUR).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_64_concurrent_claims_succeeds() {
    let guard = Arc::new(Memory::new(10_000));
    for round in 0..200 {
        let claims: Vec<_> = (0..64)
            .map(|_| {
                let guard = Arc::clone(&guard);
                tokio::spawn(async move { claim(&guard, round, HOUR).await })
            })
            .collect();
        let mut won = 0;
        for claim in claims {
            won += usize::from(matches!(claim.await.unwrap(), Ok(Claim::Leased(_))));
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn a_full_guard_rejects_and_forgets_nothing() {
    let guard = Memory::new(1000);
    let mut leases = Vec::new();
    for number in 0..1000 {
        leases.push(lease(&guard, number, HOUR).await);
    }
    let full = guard.claim(&key(1000), HOUR).await.unwrap_err();
    assert_eq!((full.kind(), full.status(), full.is_retryable()), (ErrorKind::ReplayGuardFull, 503, true));
    for number in 0..1000 {
        assert!(matches!(claim(&guard, number, HOUR).await, Ok(Claim::InProgress { .. })));
    }
    for number in 1000..1_000_000 {
        assert_eq!(claim(&guard, number, HOUR).await, Err(ErrorKind::ReplayGuardFull));
    }
    assert_eq!(format!("{guard:?}"), count(1000, 1000));
    // Entries can be renewed and completed, and a released place is free again, once.
    assert_eq!(guard.renew(&leases[1], HOUR).await, Ok(true));
    assert_eq!(guard.complete(&leases[1], HOUR, None).await, Ok(true));
    guard.release(&leases[7]).await.unwrap();
    guard.release(&leases[7]).await.unwrap();
    lease(&guard, 1000, HOUR).await;
    assert_eq!(claim(&guard, 7, HOUR).await, Err(ErrorKind::ReplayGuardFull));
}

#[tokio::test]
async fn expired_entries_make_room_at_once() {
    let clock = Stopped::default();
    let guard = clock.memory(1000);
    for number in 0..1000 {
        lease(&guard, number, SECOND * u32::try_from(1 + number % 2).unwrap()).await;
    }
    clock.pass(SECOND);
    assert!(matches!(claim(&guard, 1, HOUR).await, Ok(Claim::InProgress { .. })));
    // Each claim removes four expired entries.
    assert_eq!(format!("{guard:?}"), count(996, 1000));
    for number in 1000..1250 {
        lease(&guard, number, HOUR).await;
    }
    assert_eq!(format!("{guard:?}"), count(750, 1000));
    for number in 1..1000 {
        let held = matches!(claim(&guard, number, HOUR).await, Ok(Claim::InProgress { .. }));
        assert_eq!(held, number % 2 == 1, "{number}");
    }
}

#[tokio::test]
async fn an_expired_key_is_claimed_again_and_counts_once() {
    let clock = Stopped::default();
    let guard = clock.memory(8);
    // More expired entries than one claim removes, so that the key's own entry remains.
    for number in 0..8 {
        lease(&guard, number, SECOND).await;
    }
    clock.pass(SECOND);
    lease(&guard, 7, HOUR).await;
    assert_eq!(format!("{guard:?}"), count(4, 8));
    clock.pass(SECOND);
    assert_eq!(claim(&guard, 7, HOUR).await, Ok(Claim::InProgress { remaining: SECOND * 3599 }));
}

#[tokio::test]
async fn a_key_whose_later_lease_has_expired_is_completed() {
    let clock = Stopped::default();
    let guard = clock.memory(8);
    let first = lease(&guard, 7, SECOND).await;
    clock.pass(SECOND);
    // More expired entries than one call removes, so that the key's own entry remains.
    for number in 0..8 {
        lease(&guard, number, SECOND * if number == 7 { 2 } else { 1 }).await;
    }
    clock.pass(SECOND * 2);
    assert_eq!(guard.complete(&first, HOUR, None).await, Ok(true));
}

#[tokio::test]
async fn huge_durations_work() {
    let clock = Stopped::default();
    let guard = clock.memory(2);
    clock.pass(HOUR);
    let first = lease(&guard, 1, Duration::MAX).await;
    assert_eq!(guard.renew(&first, Duration::MAX).await, Ok(true));
    assert_eq!(guard.complete(&first, Duration::MAX, None).await, Ok(true));
    lease(&guard, 2, Duration::ZERO).await;
    assert_eq!(claim(&guard, 1, HOUR).await, Ok(Claim::Done(None)));
    // A lease of zero length has ended.
    lease(&guard, 2, HOUR).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_count_returns_to_zero_after_load() {
    let guard = Arc::new(Memory::new(64));
    let workers: Vec<_> = (0..16)
        .map(|worker| {
            let guard = Arc::clone(&guard);
            tokio::spawn(async move {
                for number in 0..2000 {
                    let number = (worker * 7 + number) % 40;
                    if let Ok(Claim::Leased(lease)) = claim(&guard, number, HOUR).await {
                        guard.release(&lease).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(format!("{guard:?}"), count(0, 64));
}

#[test]
fn a_saved_response_is_checked_and_survives_a_store() {
    for (status, content_type, body) in
        [(200, None, &b""[..]), (204, Some("text/plain"), b""), (299, Some("a b"), b"\n200 x\n\xff\0")]
    {
        let response = SavedResponse::new(status, content_type, body).unwrap();
        assert_eq!(
            (response.status(), response.content_type(), response.body()),
            (status, content_type, body)
        );
        assert_eq!(SavedResponse::from_bytes(&response.to_bytes()), Some(response));
    }
    let long = "a".repeat(1025);
    for content_type in ["", "a\nb", "\u{e9}", &long] {
        assert_eq!(SavedResponse::new(200, Some(content_type), ""), None);
    }
    for status in [199, 300] {
        assert_eq!(SavedResponse::new(status, None, ""), None);
    }
    for bytes in [&b""[..], b"200", b"200 ", b"200\n", b"20x \nbody", b"500 \n", b"200 \xff\n", b" \n"] {
        assert_eq!(SavedResponse::from_bytes(bytes), None);
    }
    assert_eq!(
        format!("{:?}", SavedResponse::new(200, Some("secret"), "secret")),
        "Some(SavedResponse { status: 200, .. })"
    );
}

fn count(count: usize, capacity: usize) -> String {
    format!("Memory {{ count: {count}, capacity: {capacity}, .. }}")
}
