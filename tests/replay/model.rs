//! The contract of a replay guard as a small state machine, and a driver for a real guard.
//!
//! Each test target with a guard includes this file: `#[path = "../replay/model.rs"] mod model;`.

use std::collections::HashMap;
use std::time::Duration;

use countersign::replay::{Claim, Lease, ReplayGuard, SavedResponse};
use countersign::{ErrorKind, ReplayKey};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestRunner};

/// A step. Times are whole seconds, so a store may be late by less than one.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A process claims one of a few keys.
    Claim {
        process: usize,
        key: usize,
        seconds: u64,
    },
    /// A process acts on one of its leases, current or old.
    Renew {
        process: usize,
        lease: usize,
        seconds: u64,
    },
    Complete {
        process: usize,
        lease: usize,
        seconds: u64,
        response: Option<u8>,
    },
    Release {
        process: usize,
        lease: usize,
    },
    Pass {
        seconds: u64,
    },
    /// A process loses its leases silently.
    Die {
        process: usize,
    },
}

/// Runs `cases` sequences. `start` makes a guard with at most `capacity` keys, none of which another case uses, and a function that
/// lets its time pass.
pub(crate) fn holds<G, P>(cases: u32, capacity: usize, start: impl Fn() -> (G, P))
where
    G: ReplayGuard,
    P: AsyncFn(Duration),
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let number = std::cell::Cell::new(0_u64);
    let result = TestRunner::new(config).run(&vec(action(), 1..40), |actions| {
        number.set(number.get() + 1);
        let (guard, pass) = start();
        let mut model = Model { number: number.get(), capacity, ..Model::default() };
        runtime.block_on(async {
            for action in &actions {
                model.step(action, &guard, &pass).await;
            }
        });
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

fn action() -> impl Strategy<Value = Action> {
    let (process, key, lease, seconds) = (0..PROCESSES, 0..KEYS, any::<usize>(), 1..30_u64);
    let response = prop_oneof![Just(None), any::<u8>().prop_map(Some)];
    prop_oneof![
        4 => (process.clone(), key, seconds.clone())
            .prop_map(|(process, key, seconds)| Action::Claim { process, key, seconds }),
        2 => (process.clone(), lease, seconds.clone())
            .prop_map(|(process, lease, seconds)| Action::Renew { process, lease, seconds }),
        2 => (process.clone(), lease, seconds.clone(), response)
            .prop_map(|(process, lease, seconds, response)| Action::Complete { process, lease, seconds, response }),
        2 => (process.clone(), lease).prop_map(|(process, lease)| Action::Release { process, lease }),
        2 => seconds.prop_map(|seconds| Action::Pass { seconds }),
        1 => process.prop_map(|process| Action::Die { process }),
    ]
}

/// The expected state.
#[derive(Default)]
struct Model {
    /// The time in the sequence.
    number: u64,
    capacity: usize,
    now: u64,
    /// The state of each key that is not free, and when it becomes free.
    keys: HashMap<usize, (State, u64)>,
    /// Every lease of a process, with its key and its number.
    given: HashMap<usize, Vec<(Lease, usize, usize)>>,
    leases: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Held or completed by the lease with this number.
    Leased(usize),
    Done(usize, Option<SavedResponse>),
}

impl Model {
    async fn step(&mut self, action: &Action, guard: &impl ReplayGuard, pass: &impl AsyncFn(Duration)) {
        let now = self.now;
        self.keys.retain(|_, (_, ends)| *ends > now);
        match action {
            Action::Claim { process, key, seconds } => self.claim(guard, *process, *key, *seconds).await,
            Action::Renew { process, lease, seconds } => {
                let Some((lease, key, number)) = self.lease(*process, *lease) else { return };
                let renewed = guard.renew(&lease, Duration::from_secs(*seconds)).await.unwrap();
                assert_eq!(renewed, self.is_leased(key, number));
                if renewed {
                    self.keys.insert(key, (State::Leased(number), now + seconds));
                }
            }
            Action::Complete { process, lease, seconds, response } => {
                let Some((lease, key, number)) = self.lease(*process, *lease) else { return };
                let response = response.map(|byte| {
                    let content_type = (byte % 2 == 0).then_some("text/plain; charset=utf-8");
                    SavedResponse::new(200 + u16::from(byte % 7), content_type, vec![byte, b'\n', byte])
                        .unwrap()
                });
                let ttl = Duration::from_secs(*seconds);
                let completed = guard.complete(&lease, ttl, response.as_ref()).await;
                let free = !self.keys.contains_key(&key);
                if free && self.keys.len() >= self.capacity {
                    assert_eq!(completed.map_err(|error| error.kind()), Err(ErrorKind::ReplayGuardFull));
                } else {
                    let done = matches!(self.keys.get(&key), Some((State::Done(by, _), _)) if *by == number);
                    let becomes_done = free || self.is_leased(key, number);
                    assert_eq!(completed, Ok(done || becomes_done));
                    if becomes_done {
                        self.keys.insert(key, (State::Done(number, response), now + seconds));
                    }
                }
            }
            Action::Release { process, lease } => {
                let Some((lease, key, number)) = self.lease(*process, *lease) else { return };
                guard.release(&lease).await.unwrap();
                if self.is_leased(key, number) {
                    self.keys.remove(&key);
                }
            }
            Action::Pass { seconds } => {
                pass(Duration::from_secs(*seconds)).await;
                self.now += seconds;
            }
            Action::Die { process } => drop(self.given.remove(process)),
        }
    }

    async fn claim(&mut self, guard: &impl ReplayGuard, process: usize, key: usize, seconds: u64) {
        let name = ReplayKey::new([self.number.to_be_bytes(), (key as u64).to_be_bytes()]);
        let claim = guard.claim(&name, Duration::from_secs(seconds)).await;
        match self.keys.get(&key) {
            None if self.keys.len() >= self.capacity => {
                assert_eq!(claim.map_err(|error| error.kind()), Err(ErrorKind::ReplayGuardFull));
            }
            None => {
                let Ok(Claim::Leased(lease)) = claim else { panic!("{claim:?} of a key that is free") };
                assert_eq!(lease.key(), &name);
                self.leases += 1;
                self.keys.insert(key, (State::Leased(self.leases), self.now + seconds));
                self.given.entry(process).or_default().push((lease, key, self.leases));
            }
            Some((State::Leased(_), ends)) => {
                let Ok(Claim::InProgress { remaining }) = claim else { panic!("{claim:?} of a leased key") };
                let left = Duration::from_secs(ends - self.now);
                assert!(
                    remaining <= left && left < remaining + Duration::from_secs(1),
                    "{remaining:?} of {left:?}"
                );
            }
            Some((State::Done(_, response), _)) => assert_eq!(claim, Ok(Claim::Done(response.clone()))),
        }
    }

    /// One of a process's leases.
    fn lease(&self, process: usize, lease: usize) -> Option<(Lease, usize, usize)> {
        let given = self.given.get(&process)?;
        given.get(lease % given.len().max(1)).cloned()
    }

    fn is_leased(&self, key: usize, number: usize) -> bool {
        matches!(self.keys.get(&key), Some((State::Leased(by), _)) if *by == number)
    }
}

const PROCESSES: usize = 3;
const KEYS: usize = 4;
