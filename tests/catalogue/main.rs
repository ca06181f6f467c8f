//! The hostile catalogue: 150 numbered cases, each against every scheme it applies to. `cargo test --test catalogue`
//! runs them all; `cargo test --test catalogue -- 16 77` those of these numbers.
//!
//! Every request is handed over by the verifier's own type and through `dyn`, in one call and in chunks of several sizes. It is a
//! plain program, so that it also runs where a panic ends the process (`.ci/catalogue`).

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
#![allow(dead_code, reason = "rows for the suite")]

#[path = "../suite/schemes.rs"]
mod schemes;
#[path = "../suite/support.rs"]
mod support;

mod across;
mod body;
mod claims;
mod forged;
mod framing;
mod headers;
mod jose_header;
mod params;
mod run;
mod secrets;
mod signature_text;
mod time;

use run::{Case, Run};

fn main() {
    let wanted: Vec<u8> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let cases: Vec<Case> = [
        signature_text::CASES,
        secrets::CASES,
        body::CASES,
        headers::CASES,
        time::CASES,
        params::CASES,
        framing::CASES,
        jose_header::CASES,
        claims::CASES,
        across::CASES,
    ]
    .concat();
    let numbers: Vec<u8> = cases.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=150).collect::<Vec<_>>(), "each case once, in order");

    let (mut count, mut inputs) = (0, 0);
    for (number, title, case) in cases {
        if !wanted.is_empty() && !wanted.contains(&number) {
            continue;
        }
        let mut run = Run::default();
        // Flushed before the case runs: where a panic ends the process, the last line says which case it was.
        println!("{number:3} {title}");
        case(&mut run);
        match run.elsewhere {
            Some(place) => println!("    {place}"),
            None => assert!(run.inputs > 0, "nothing ran"),
        }
        count += usize::from(run.inputs > 0);
        inputs += run.inputs;
    }
    println!("{count} cases with {inputs} inputs ran");
    assert!(!wanted.is_empty() || inputs >= 20_000, "the catalogue has shrunk");
}
