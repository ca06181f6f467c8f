//! What is printed: a table for people, or a line of JSON a delivery.

use std::fmt;
use std::io::{self, Write as _};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::output::{print, visible};
use crate::record::Record;
use crate::verdict::Verdict;

/// Counts, and prints. A reader that has seen enough of our output does not change what the counts say.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) json: bool,
    pub(crate) summary: bool,
    accepted: u64,
    pub(crate) refused: u64,
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
struct Refused<'r> {
    id: &'r Value,
    verdict: &'static str,
    kind: &'static str,
    status: u16,
}

impl Report {
    pub(crate) fn verdict(&mut self, record: &Record, verdict: &Verdict, time: Duration) {
        if !self.json && self.accepted + self.refused == 0 {
            print(row("id", "scheme", "verdict", "reason"));
        }
        self.time += time;
        match verdict {
            Verdict::Accepted(_) => self.accepted += 1,
            Verdict::Refused(_) | Verdict::Misconfigured(_) => self.refused += 1,
        }
        print(if self.json { json_line(record, verdict) } else { table_row(record, verdict) });
    }

    pub(crate) fn unreadable(&mut self, problem: fmt::Arguments<'_>) {
        self.unreadable += 1;
        let _ = writeln!(io::stderr(), "{problem}");
    }

    pub(crate) fn finish(&self) {
        if !self.summary {
            return;
        }
        let count = self.accepted + self.refused;
        let rate = Duration::from_secs(1).as_nanos() * u128::from(count) / self.time.as_nanos().max(1);
        let summary = format!(
            "{count} deliveries: {} accepted, {} refused, {} lines unreadable; {rate} a second, building each verifier included",
            self.accepted, self.refused, self.unreadable
        );
        // JSON lines stay JSON lines.
        if self.json {
            let _ = writeln!(io::stderr(), "{summary}");
        } else {
            print(format!("\n{summary}"));
        }
    }
}

fn json_line(record: &Record, verdict: &Verdict) -> String {
    let id = &record.id;
    let refused = |kind, status| serde_json::to_string(&Refused { id, verdict: "reject", kind, status });
    let line = match verdict {
        Verdict::Accepted(verified) => serde_json::to_string(&Accepted {
            id,
            verdict: "accept",
            key: verified.key().index(),
            coverage: verified.coverage().as_str(),
        }),
        Verdict::Refused(error) => refused(error.code(), error.status()),
        Verdict::Misconfigured(_) => refused("misconfigured", 500),
    };
    line.unwrap_or_default()
}

fn table_row(record: &Record, verdict: &Verdict) -> String {
    let id = record.id.as_str().map_or_else(|| record.id.to_string(), str::to_owned);
    let (word, reason) = match verdict {
        Verdict::Accepted(verified) => {
            ("accept", format!("secret {} signed the {}", verified.key(), verified.coverage().as_str()))
        }
        Verdict::Refused(error) => ("reject", error.to_string()),
        Verdict::Misconfigured(reason) => ("reject", format!("misconfigured: {reason}")),
    };
    row(&id, &record.scheme, word, &reason)
}

fn row(id: &str, scheme: &str, verdict: &str, reason: &str) -> String {
    format!("{:<42} {:<22} {verdict:<8} {reason}", visible(id), visible(scheme))
}
