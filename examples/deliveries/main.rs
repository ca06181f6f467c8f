//! Verifies captured requests, one JSON object per line:
//! `cargo run --example deliveries -- [--json] [--strict] [--summary] [FILE…]`
//!
//! `-` is standard input. Without a file it verifies `examples/deliveries.jsonl`. The module `record` and `--help` describe the
//! format.
//!
//! The exit status is 0 for any verdicts, 1 with `--strict` if a request is rejected, and 2 if a line, a file or an option is
//! invalid or the output is lost.

#![allow(clippy::arithmetic_side_effects, reason = "counts and sums of a program's run")]

mod help;
#[path = "../program/input.rs"]
mod input;
#[path = "../program/options.rs"]
mod options;
#[path = "../program/output.rs"]
mod output;
mod record;
mod report;
mod verdict;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use input::Input;
use record::Record;
use report::Report;
use verdict::Verdict;

/// Verifies captured requests, one JSON object a line.
#[derive(Parser)]
#[command(name = "deliveries", after_help = help::help())]
struct Options {
    /// Files of captured requests; `-` is standard input [default: the samples in examples/deliveries.jsonl]
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
    /// Print a line of JSON for each request
    #[arg(long)]
    json: bool,
    /// Exit with status 1 if a request is rejected
    #[arg(long)]
    strict: bool,
    /// Count the verdicts and the requests per second; with --json on standard error
    #[arg(long)]
    summary: bool,
}

fn main() -> ExitCode {
    let options: Options = options::options();
    let mut report = Report::new(options.json, options.summary);
    let samples = options.files.is_empty();
    for input in Input::files_or(options.files, "examples/deliveries.jsonl", BUNDLED) {
        let name = input.name();
        let read = input.each_line(|number, line| match Record::parse(line) {
            Ok(record) => {
                let start = Instant::now();
                let verdict = Verdict::of(&record);
                report.verdict(&record, &verdict, start.elapsed());
            }
            // The other lines still count.
            Err(error) => report.unreadable(format_args!("{name}: line {number}: {error}")),
        });
        if let Err(error) = read {
            report.unreadable(format_args!("{name}: {error}"));
        }
    }
    report.finish();
    if samples && !options.json {
        output::print(
            "These are samples. For requests of yours: cargo run --example deliveries -- FILE, see --help",
        );
    }
    if report.unreadable > 0 {
        ExitCode::from(2)
    } else {
        ExitCode::from(u8::from(options.strict && report.rejected > 0))
    }
}

const BUNDLED: &str = include_str!("../deliveries.jsonl");
