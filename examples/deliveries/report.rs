//! The output: a table for people, or a line of JSON per request.

use std::fmt;
use std::time::Duration;

use console::{Alignment, Style, pad_str};
use countersign::{Coverage, Verified};
use serde::Serialize;
use serde_json::Value;

use crate::output::{complain, print, visible};
use crate::record::Record;
use crate::verdict::Verdict;

/// Prints verdicts and counts them.
#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    summary: bool,
    accepted: u64,
    pub(crate) rejected: u64,
    pub(crate) unreadable: u64,
    time: Duration,
}

#[derive(Serialize)]
struct Accepted<'r> {
    id: &'r Value,
    verdict: &'static str,
    key: u32,
    coverage: &'static str,
}

#[derive(Serialize)]
struct Rejected<'r> {
    id: &'r Value,
    verdict: &'static str,
    kind: &'static str,
    status: u16,
}

impl Report {
    pub(crate) fn new(json: bool, summary: bool) -> Self {
        Self { json, summary, accepted: 0, rejected: 0, unreadable: 0, time: Duration::ZERO }
    }

    pub(crate) fn verdict(&mut self, record: &Record, verdict: &Verdict, time: Duration) {
        if !self.json && self.accepted + self.rejected == 0 {
            print(table_row(["ID", "SCHEME", "VERDICT", "REASON"], &[const { Style::new().bold() }; 4]));
        }
        self.time += time;
        match verdict {
            Verdict::Accepted(_) => self.accepted += 1,
            Verdict::Rejected(_) | Verdict::Misconfigured(_) => self.rejected += 1,
        }
        print(if self.json { json_line(record, verdict) } else { for_people(record, verdict) });
    }

    pub(crate) fn unreadable(&mut self, problem: fmt::Arguments<'_>) {
        self.unreadable += 1;
        complain(problem);
    }

    pub(crate) fn finish(&self) {
        let Self { accepted, rejected, unreadable, .. } = self;
        let count = accepted + rejected;
        let mut summary = format!(
            "{count} request{}: {accepted} accepted, {rejected} rejected, {unreadable} unreadable",
            if count == 1 { "" } else { "s" }
        );
        if self.summary {
            let rate = Duration::from_secs(1).as_nanos() * u128::from(count) / self.time.as_nanos().max(1);
            summary = format!("{summary}; {rate} a second, with building a verifier for each");
        }
        if !self.json {
            print(format_args!("\n{summary}"));
        } else if self.summary {
            // Keeps standard output pure JSON lines.
            complain(summary);
        }
    }
}

fn json_line(record: &Record, verdict: &Verdict) -> String {
    let id = &record.id;
    let rejected = |kind, status| serde_json::to_string(&Rejected { id, verdict: "reject", kind, status });
    let line = match verdict {
        Verdict::Accepted(verified) => serde_json::to_string(&Accepted {
            id,
            verdict: "accept",
            key: verified.key().index(),
            coverage: verified.coverage().as_str(),
        }),
        Verdict::Rejected(error) => rejected(error.code(), error.status()),
        Verdict::Misconfigured(_) => rejected("misconfigured", 500),
    };
    line.unwrap_or_default()
}

fn for_people(record: &Record, verdict: &Verdict) -> String {
    let id = record.id.as_str().map_or_else(|| record.id.to_string(), str::to_owned);
    let (word, colour, reason) = match verdict {
        Verdict::Accepted(verified) => ("accept", Style::new().green(), signed(verified)),
        Verdict::Rejected(error) => ("reject", Style::new().red(), error.to_string()),
        Verdict::Misconfigured(reason) => {
            ("reject", Style::new().yellow(), format!("misconfigured: {reason}"))
        }
    };
    let plain = Style::new;
    table_row([&visible(&id), &visible(&record.scheme), word, &reason], &[plain(), plain(), colour, plain()])
}

/// The coverage, and which secret matched if not the first.
fn signed(verified: &Verified) -> String {
    let what = match verified.coverage() {
        Coverage::Body => "body is signed",
        Coverage::Query => "query is signed",
        Coverage::Params => "parameters are signed",
        Coverage::Token => "token is signed, and nothing else",
        Coverage::Url => "URL is signed, and nothing else",
        Coverage::UrlBody => "URL and body are signed",
        Coverage::UrlParams => "URL and parameters are signed",
        Coverage::None => "nothing is signed, the token is right",
        other => other.as_str(),
    };
    match verified.key().index() {
        0 => what.to_owned(),
        key => format!("{what}, by secret {key}"),
    }
}

/// A row of a table of 100 columns, with as many lines as its longest cell. `console` adds no style if the output is not a
/// terminal or `NO_COLOR` is set.
fn table_row(texts: [&str; 4], styles: &[Style; 4]) -> String {
    let widths = [34, 17, 7, 36];
    let cells: Vec<_> = texts.iter().zip(&widths).map(|(text, width)| textwrap::wrap(text, *width)).collect();
    let line = |number: usize| {
        let pieces = cells.iter().zip(styles).zip(widths).map(|((lines, style), width)| {
            let piece = lines.get(number).map_or("", |line| line.as_ref());
            pad_str(&style.apply_to(piece).to_string(), width, Alignment::Left, None).into_owned()
        });
        pieces.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}
