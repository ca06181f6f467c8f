//! Verifies captured deliveries again, one JSON object a line:
//! `cargo run --example deliveries -- [--json] [--strict] [--summary] [FILE…]`
//!
//! `-` is standard input; without a file it takes `examples/deliveries.jsonl`. The format is described in the module
//! `record`.

#![allow(clippy::arithmetic_side_effects, reason = "counts and sums of a program's run")]

mod output;
mod record;
mod report;
mod verdict;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
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
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--json") => report.json = true,
            Some("--summary") => report.summary = true,
            Some("--strict") => strict = true,
            Some("--help" | "-h") => {
                output::print(USAGE);
                return ExitCode::SUCCESS;
            }
            Some(option) if option.starts_with("--") => {
                report.unreadable(format_args!("unknown option {option}\n{USAGE}"));
                return ExitCode::from(2);
            }
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        files.push(OsString::from(BUNDLED));
    }

    for file in &files {
        if let Err(error) = verify_file(file, &mut report) {
            report.unreadable(format_args!("{}: {error}", Path::new(file).display()));
        }
    }
    report.finish();
    if report.unreadable > 0 {
        ExitCode::from(2)
    } else {
        ExitCode::from(u8::from(strict && report.refused > 0))
    }
}

/// Verifies every line. One that cannot be read is reported, and the others still count.
fn verify_file(file: &OsStr, report: &mut Report) -> io::Result<()> {
    let lines: Box<dyn BufRead> =
        if file == "-" { Box::new(io::stdin().lock()) } else { Box::new(BufReader::new(File::open(file)?)) };
    for (number, line) in (1..).zip(lines.split(b'\n')) {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match Record::parse(&line) {
            Ok(record) => {
                let start = Instant::now();
                let verdict = Verdict::of(&record);
                report.verdict(&record, &verdict, start.elapsed());
            }
            Err(error) => {
                report.unreadable(format_args!("{}: line {number}: {error}", Path::new(file).display()));
            }
        }
    }
    Ok(())
}
