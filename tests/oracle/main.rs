//! Random genuine and altered requests. Each verdict must equal that of a second implementation.
//!
//! `ORACLE_SEED` chooses other requests, `ORACLE_CASES` their number, 100,000 by default. A failing request is made as
//! small as possible and written to `regressions.txt`, with which every later run begins.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod case;
mod choices;
mod edit;
mod law;
mod naive;
mod platforms;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{self, Write};

use case::Case;
use choices::Choices;
use countersign::schemes;
use naive::Scheme;
use proptest::collection::vec;
use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};

/// The least percentage of a scheme's requests that must be accepted, and of those that must be rejected.
const FAIR_SHARE: u32 = 20;

#[derive(Default)]
struct Count {
    accepted: u32,
    rejected: u32,
}

impl Count {
    fn add(&mut self, is_accepted: bool) {
        *(if is_accepted { &mut self.accepted } else { &mut self.rejected }) += 1;
    }
}

/// Makes a runner of this many cases, unless the environment says otherwise. The text says how to repeat the run.
fn runner(usual: u32) -> (TestRunner, String) {
    let number = |name, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (cases, seed) = (number("ORACLE_CASES", usual), number("ORACLE_SEED", 0));
    let config = Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/oracle/regressions.txt"))),
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    (TestRunner::new_with_rng(config, rng), format!("ORACLE_SEED={seed} ORACLE_CASES={cases}"))
}

fn require_fair_shares<S: Debug>(bounds: &str, counts: BTreeMap<S, Count>) {
    // Not `println`, whose output a passing test hides.
    let mut out = io::stdout().lock();
    writeln!(out, "\n{bounds}: the same verdicts as the oracle").unwrap();
    let mut unfair = Vec::new();
    for (scheme, Count { accepted, rejected }) in counts {
        writeln!(out, "{:20} {accepted:6} accepted {rejected:6} rejected", format!("{scheme:?}")).unwrap();
        if accepted.min(rejected) * 100 < (accepted + rejected) * FAIR_SHARE {
            unfair.push(scheme);
        }
    }
    assert!(unfair.is_empty(), "too few accepted or rejected of {unfair:?}");
}

#[test]
fn every_verdict_is_the_oracles() {
    let (mut runner, bounds) = runner(100_000);
    let counts = RefCell::new(BTreeMap::<Scheme, Count>::new());
    let verdicts = runner.run(&vec(proptest::num::u8::ANY, 0..=160), |bytes| {
        let Case { setup, request, chunk } = Case::of(&mut Choices(&bytes));
        let verdict = law::compare(&*law::verifier(&setup), &setup, &request, chunk);
        counts.borrow_mut().entry(setup.scheme).or_default().add(verdict.is_some());
        Ok(())
    });
    if let Err(failure) = verdicts {
        panic!("{bounds}: {failure}");
    }
    require_fair_shares(&bounds, counts.into_inner());
}

#[test]
fn every_platforms_verdict_is_the_oracles() {
    let (mut runner, bounds) = runner(40_000);
    let counts = RefCell::new(BTreeMap::<&str, Count>::new());
    let verdicts = runner.run(&vec(proptest::num::u8::ANY, 0..=96), |bytes| {
        if let Some((scheme, is_accepted)) = platforms::compare(&mut Choices(&bytes)) {
            counts.borrow_mut().entry(scheme).or_default().add(is_accepted);
        }
        Ok(())
    });
    if let Err(failure) = verdicts {
        panic!("{bounds}: {failure}");
    }
    let counts = counts.into_inner();
    let known: Vec<_> = schemes::Scheme::ALL
        .iter()
        .map(schemes::Scheme::name)
        .filter(|name| !platforms::OWN.contains(name))
        .collect();
    assert_eq!(counts.len(), known.len(), "every scheme has cases: {known:?}");
    require_fair_shares(&bounds, counts);
}
