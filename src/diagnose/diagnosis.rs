//! What was found.

use std::fmt;

use super::Cause;

/// Why a request was rejected: findings, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Diagnosis {
    findings: Vec<Finding>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    cause: Cause,
    proved: bool,
    evidence: String,
}

impl Diagnosis {
    /// Puts proved findings first. An unexplained signature and an incomplete search come last.
    pub(super) fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| !finding.proved);
        Self { findings }
    }

    /// Returns the findings. There are none if the request verifies.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the request verifies as it is.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Finding {
    /// Says what was computed.
    pub(super) fn proved(cause: Cause, evidence: impl Into<String>) -> Self {
        Self { cause, proved: true, evidence: evidence.into() }
    }

    /// Points at a shape that looks wrong.
    pub(super) fn hint(cause: Cause, evidence: impl Into<String>) -> Self {
        Self { cause, proved: false, evidence: evidence.into() }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns the cause's stable name, in snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.cause.code()
    }

    /// Whether the signature matches once the cause is removed. Otherwise the finding is a hint: something looks wrong.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.proved
    }

    /// Returns what was computed or seen. It names headers, parameters and lengths, and never a secret, a signature or a value of
    /// the request.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.evidence
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.cause.remedy()
    }
}

/// Prints each finding in three lines, for people.
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_genuine() {
            return f.write_str("The request verifies.");
        }
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let certainty = if finding.proved { "proved" } else { "hint" };
            writeln!(f, "{} ({certainty}): {}", finding.code(), finding.cause.sentence())?;
            writeln!(f, "  seen: {}", finding.evidence)?;
            write!(f, "  do:   {}", finding.remedy())?;
        }
        Ok(())
    }
}
