//! Runs a case and counts its inputs.

use std::io::{self, Write};
use std::sync::Mutex;

use countersign::{Error, ErrorKind, Head, Request, Verified, Verifier};

use crate::elsewhere::ELSEWHERE;
use crate::forged::Forged;
use crate::support::{self, KEY};

/// Lists these cases as `CASES`, and makes each a test. A case is a function that takes a [`Run`]; its name begins with `case_`
/// and its numbers in three digits.
macro_rules! cases {
    ($($case:ident,)*) => {
        pub(crate) const CASES: &[$crate::run::Case] = &[$((stringify!($case), $case),)*];

        #[cfg(test)]
        mod numbered {
            $(
                #[test]
                fn $case() {
                    $crate::run::run(super::$case);
                }
            )*
        }
    };
}

/// A case: its name and its function.
pub(crate) type Case = (&'static str, fn(&mut Run));

/// Counts the inputs of a case.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) inputs: usize,
}

/// Runs a case. The last case to end prints the number of cases, here and elsewhere.
pub(crate) fn run(case: fn(&mut Run)) {
    let mut run = Run::default();
    case(&mut run);
    assert!(run.inputs > 0, "nothing ran");
    let mut ended = ENDED.lock().unwrap();
    ended.0 += 1;
    ended.1 += run.inputs;
    let (cases, inputs) = *ended;
    if cases == crate::all().len() {
        let elsewhere: usize = ELSEWHERE.iter().map(|(numbers, ..)| numbers.len()).sum();
        let summary = format!("\ncatalogue: {cases} + {elsewhere} numbers, {inputs} inputs\n");
        // Not `print`: the test harness shows its output only for failed tests.
        io::stdout().write_all(summary.as_bytes()).unwrap();
        assert!(inputs >= FEWEST, "the catalogue has shrunk");
    }
}

static ENDED: Mutex<(usize, usize)> = Mutex::new((0, 0));
const FEWEST: usize = 76_000;

impl Run {
    /// Requires that an input is accepted in every way of verifying it.
    #[track_caller]
    pub(crate) fn accepts(&mut self, verifier: &dyn Verifier, forged: impl Into<Forged>) -> Verified {
        let forged = forged.into();
        self.verdict(verifier, &forged).unwrap_or_else(|error| panic!("{error}: {forged:?}"))
    }

    /// Requires that an input is rejected with this kind in every way of verifying it.
    #[track_caller]
    pub(crate) fn rejects(&mut self, verifier: &dyn Verifier, forged: impl Into<Forged>, kind: ErrorKind) {
        self.rejects_as(verifier, forged, &[kind]);
    }

    /// Requires that an input is rejected with one of these kinds in every way of verifying it.
    #[track_caller]
    pub(crate) fn rejects_as(
        &mut self,
        verifier: &dyn Verifier,
        forged: impl Into<Forged>,
        kinds: &[ErrorKind],
    ) {
        let forged = forged.into();
        let kind = self.verdict(verifier, &forged).map_err(|error| error.kind());
        assert!(kind.as_ref().is_err_and(|kind| kinds.contains(kind)), "{kind:?}, not {kinds:?}: {forged:?}");
    }

    /// Verifies in one call and in chunks, and requires equal verdicts.
    #[track_caller]
    pub(crate) fn verdict(&mut self, verifier: &dyn Verifier, forged: &Forged) -> Result<Verified, Error> {
        self.inputs += 1;
        let head = Head::new(&forged.method, &forged.headers).with_query(&forged.query);
        let request = Request::new(head, &forged.body);
        let verdict = support::verdict(verifier, request);
        if let Err(error) = &verdict {
            let texts = format!("{error} {error:?}");
            assert!(texts.len() < 300 && !texts.contains(KEY), "{texts}");
        }
        verdict
    }

    /// Requires a condition that is not a verdict.
    #[track_caller]
    pub(crate) fn holds(&mut self, what: bool) {
        self.inputs += 1;
        assert!(what);
    }
}
