//! The replay guard in memory.

use std::sync::Arc;
use std::time::Duration;

use countersign::replay::{Memory, ReplayGuard};
use countersign::{Error, ErrorKind, ReplayKey};

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(20);

fn key(number: usize) -> ReplayKey {
    ReplayKey::new(number.to_string())
}

async fn claim(guard: &Memory, number: usize, ttl: Duration) -> Result<(), ErrorKind> {
    guard.claim(&key(number), ttl).await.map_err(|error| error.kind())
}

/// Claims until it is let.
async fn claim_at_last(guard: &Memory, number: usize, ttl: Duration) {
    for _ in 0..2000 {
        if claim(guard, number, ttl).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("what has had its time is not forgotten");
}

#[tokio::test]
async fn the_second_claim_is_refused_until_the_first_is_released() {
    let guard = Memory::new(10);
    assert_eq!(claim(&guard, 1, HOUR).await, Ok(()));
    assert_eq!(claim(&guard, 1, HOUR).await, Err(ErrorKind::Replayed));
    assert_eq!(claim(&guard, 2, HOUR).await, Ok(()));
    guard.release(&key(1)).await.unwrap();
    assert_eq!(claim(&guard, 1, HOUR).await, Ok(()));
    assert_eq!(claim(&guard, 2, HOUR).await, Err(ErrorKind::Replayed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_claims_at_once_one_wins() {
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
            won += usize::from(claim.await.unwrap().is_ok());
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn full_means_refused_and_nothing_is_forgotten() {
    let guard = Memory::new(1000);
    for number in 0..1000 {
        assert_eq!(claim(&guard, number, HOUR).await, Ok(()));
    }
    let full = guard.claim(&key(1000), HOUR).await.unwrap_err();
    assert_eq!((full.kind(), full.status(), full.is_retryable()), (ErrorKind::ReplayGuardFull, 503, true));
    for number in 0..1000 {
        assert_eq!(claim(&guard, number, HOUR).await, Err(ErrorKind::Replayed));
    }
    // A place that is given back is there again, once.
    guard.release(&key(7)).await.unwrap();
    guard.release(&key(7)).await.unwrap();
    assert_eq!(claim(&guard, 1000, HOUR).await, Ok(()));
    assert_eq!(claim(&guard, 7, HOUR).await, Err(ErrorKind::ReplayGuardFull));
}

#[tokio::test]
async fn of_a_million_claims_no_more_are_kept_than_the_capacity() {
    let guard = Memory::new(1000);
    let mut claimed = 0;
    for number in 0..1_000_000 {
        claimed += usize::from(claim(&guard, number, HOUR).await.is_ok());
    }
    assert_eq!(
        (claimed, format!("{guard:?}")),
        (1000, "Memory { count: 1000, capacity: 1000, .. }".to_owned())
    );
}

#[tokio::test]
async fn what_has_had_its_time_makes_room() {
    let guard = Memory::new(2);
    assert_eq!(claim(&guard, 1, MOMENT).await, Ok(()));
    assert_eq!(claim(&guard, 2, HOUR).await, Ok(()));
    claim_at_last(&guard, 3, HOUR).await;
    assert_eq!(claim(&guard, 4, HOUR).await, Err(ErrorKind::ReplayGuardFull));
    assert_eq!(claim(&guard, 2, HOUR).await, Err(ErrorKind::Replayed));
}

#[tokio::test]
async fn a_key_that_has_had_its_time_is_claimed_anew_for_its_whole_time() {
    for capacity in [1, 2] {
        let guard = Memory::new(capacity);
        for _ in 0..3 {
            claim_at_last(&guard, 1, MOMENT).await;
        }
        claim_at_last(&guard, 1, HOUR).await;
        tokio::time::sleep(MOMENT * 2).await;
        assert_eq!(claim(&guard, 1, HOUR).await, Err(ErrorKind::Replayed));
        // It counts once.
        for number in 2..=capacity {
            claim_at_last(&guard, number, HOUR).await;
        }
        assert_eq!(claim(&guard, 3, HOUR).await, Err(ErrorKind::ReplayGuardFull));
    }
}

#[tokio::test]
async fn a_long_key_takes_no_more_room_and_shows_in_no_output() {
    let guard = Memory::new(2);
    let long = ReplayKey::new("k".repeat(16_000));
    guard.claim(&long, HOUR).await.unwrap();
    assert_eq!(guard.claim(&long, HOUR).await.map_err(|error: Error| error.kind()), Err(ErrorKind::Replayed));
    assert_eq!(format!("{guard:?}"), "Memory { count: 1, capacity: 2, .. }");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_the_count_comes_back_to_nothing() {
    let guard = Arc::new(Memory::new(64));
    let workers: Vec<_> = (0..16)
        .map(|worker| {
            let guard = Arc::clone(&guard);
            tokio::spawn(async move {
                for number in 0..2000 {
                    let number = (worker * 7 + number) % 40;
                    if claim(&guard, number, HOUR).await.is_ok() {
                        guard.release(&key(number)).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(format!("{guard:?}"), "Memory { count: 0, capacity: 64, .. }");
}
