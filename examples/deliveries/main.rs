//! Verifies captured deliveries again, one JSON object a line:
//! `cargo run --example deliveries -- [--json] [--strict] [--summary] [FILE…]`
//!
//! `-` is standard input; without a file it takes `examples/deliveries.jsonl`. The format is described in the module
//! `record`.

#![allow(clippy::arithmetic_side_effects, reason = "counts and sums of a program's run")]

mod record;
mod report;
mod verdict;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;
use std::time::Instant;

use record::Record;
use report::Report;
use verdict::Verdict;

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/deliveries.jsonl");
const USAGE: &str = "usage: deliveries [--json] [--strict] [--summary] [FILE…]    (- is standard input)";

fn main() -> ExitCode {
    let mut report = Report::default();
    let mut strict = false;
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => report.json = true,
            "--summary" => report.summary = true,
            "--strict" => strict = true,
            "--help" | "-h" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            option if option.starts_with("--") => {
                eprintln!("unknown option {option}\n{USAGE}");
                return ExitCode::from(2);
            }
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        files.push(BUNDLED.to_owned());
    }

    match files.iter().try_for_each(|file| verify_file(file, &mut report)).and_then(|()| report.finish()) {
        Ok(()) => {}
        // The reader of our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    }
    if report.unreadable > 0 {
        ExitCode::from(2)
    } else {
        ExitCode::from(u8::from(strict && report.refused > 0))
    }
}

/// Verifies every line. A line that cannot be read is reported and the others still count; so is a file.
fn verify_file(file: &str, report: &mut Report) -> io::Result<()> {
    let lines: Box<dyn BufRead> = if file == "-" {
        Box::new(io::stdin().lock())
    } else {
        match File::open(file) {
            Ok(opened) => Box::new(BufReader::new(opened)),
            Err(error) => {
                report.unreadable(format_args!("{file}: {error}"));
                return Ok(());
            }
        }
    };
    for (number, line) in (1..).zip(lines.split(b'\n')) {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Record>(&line) {
            Ok(record) => {
                let start = Instant::now();
                let verdict = Verdict::of(&record);
                report.verdict(&record, &verdict, start.elapsed())?;
            }
            Err(error) => report.unreadable(format_args!("{file}: line {number}: {error}")),
        }
    }
    Ok(())
}
