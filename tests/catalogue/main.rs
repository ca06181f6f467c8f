//! The hostile catalogue: numbered cases, each against every scheme it applies to. `cargo test --test catalogue` runs those
//! that are tests, `cargo test --test catalogue -- 016` one of them; `elsewhere.rs` names what runs the others.
//!
//! Every request is verified in one call and in chunks of several sizes. The same functions are also a plain program, for where
//! a panic ends the process (`.ci/run`). The attacks that every scheme has in common are in the suite's conformance table.
//!
//! To add a case, write `fn case_NNN_what_it_is(run: &mut Run)` and list it in the file's `cases!`. A new file adds its `CASES`
//! to `all`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod schemes;
#[allow(dead_code, reason = "shared with the suite")]
#[path = "../suite/support.rs"]
mod support;

#[macro_use]
mod run;
mod elsewhere;
mod forged;

mod body;
mod claims;
mod framing;
mod jose_header;
mod params;
mod secrets;
mod signature_text;
mod time;
mod uncovered;

use run::Case;

/// The cases of every file. One that needs a feature has its `#[cfg(feature = "…")]` here and at its `mod`.
fn all() -> Vec<Case> {
    [
        signature_text::CASES,
        secrets::CASES,
        body::CASES,
        time::CASES,
        params::CASES,
        framing::CASES,
        jose_header::CASES,
        claims::CASES,
        uncovered::CASES,
    ]
    .concat()
}

#[cfg(not(test))]
fn main() {
    for (name, case) in all() {
        // Before the case runs: where a panic ends the process, the last line says which case it was.
        println!("{name}");
        run::run(case);
    }
}
