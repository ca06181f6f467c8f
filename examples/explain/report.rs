//! The output: findings for people, or a line of JSON per request.

use std::borrow::Cow;
use std::fmt;

use console::Style;
use countersign::diagnose::{Diagnosis, Finding};
use serde::Serialize;
use serde_json::Value;

use super::output::{complain, print, visible};
use super::record::Record;

/// Prints diagnoses and counts them.
#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    /// How many requests have a proved first finding, how many a hint, and how many verify.
    proved: u64,
    hints: u64,
    genuine: u64,
    pub(crate) unreadable: u64,
}

#[derive(Serialize)]
struct Line<'d> {
    id: &'d Value,
    findings: Vec<Found<'d>>,
}

#[derive(Serialize)]
struct Found<'d> {
    code: &'static str,
    proved: bool,
    evidence: &'d str,
    remedy: Cow<'static, str>,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, proved: 0, hints: 0, genuine: 0, unreadable: 0 }
    }

    /// `arrival` is a time at which an old request was in time.
    pub(crate) fn diagnosis(&mut self, record: &Record, diagnosis: &Diagnosis, arrival: Option<&str>) {
        let count = match diagnosis.findings().first() {
            Some(finding) if finding.is_proved() => &mut self.proved,
            Some(_) => &mut self.hints,
            None => &mut self.genuine,
        };
        *count = count.saturating_add(1);
        let found = diagnosis.findings().iter().enumerate().map(|(place, finding)| Found {
            code: finding.code(),
            proved: finding.is_proved(),
            evidence: finding.evidence(),
            remedy: remedy(finding, arrival.filter(|_| place == 0)),
        });
        if self.json {
            let line = Line { id: &record.id, findings: found.collect() };
            print(serde_json::to_string(&line).unwrap_or_default());
            return;
        }
        let id = record.id.as_str().map_or_else(|| record.id.to_string(), str::to_owned);
        print(wrapped("", &visible(&id), &Style::new().bold()));
        if diagnosis.is_genuine() {
            print("The request verifies.");
        }
        for (found, finding) in found.zip(diagnosis.findings()) {
            let (certainty, colour) =
                if found.proved { ("proved", Style::new().green()) } else { ("hint", Style::new().yellow()) };
            let cause = format!("{} ({certainty}): {}", found.code, finding.cause().sentence());
            print(wrapped("", &cause, &colour));
            // It names tenants and candidates of the file.
            print(wrapped("  seen: ", &visible(found.evidence), &Style::new()));
            print(wrapped("  do:   ", &found.remedy, &Style::new()));
        }
        print("");
    }

    pub(crate) fn unreadable(&mut self, problem: impl fmt::Display) {
        self.unreadable = self.unreadable.saturating_add(1);
        complain(format_args!("explain: {problem}"));
    }

    /// Prints the summary of several requests, for people.
    pub(crate) fn finish(&self) {
        let Self { json, proved, hints, genuine, unreadable } = self;
        let count = proved.saturating_add(*hints).saturating_add(*genuine);
        if !json && count != 1 && count.saturating_add(*unreadable) != 1 {
            print(format_args!(
                "{count} requests: {proved} with a proved cause, {hints} with hints, {genuine} verify; {unreadable} unreadable"
            ));
        }
    }
}

fn remedy(finding: &Finding, arrival: Option<&str>) -> Cow<'static, str> {
    match arrival {
        Some(time) => format!(
            "If this capture is merely old, verify it at its own time: `--now {time}`, or the field `now`. {}",
            finding.remedy()
        )
        .into(),
        None => finding.remedy().into(),
    }
}

/// Wraps a paragraph at 100 columns.
fn wrapped(start: &str, text: &str, style: &Style) -> String {
    let indent = " ".repeat(8);
    let layout = textwrap::Options::new(100).initial_indent(start).subsequent_indent(&indent);
    style.apply_to(textwrap::fill(text, layout)).to_string()
}
