//! What carries a case out, and counts.

use std::io::{self, Write};
use std::sync::Mutex;

use countersign::{Error, ErrorKind, Head, Request, Verified, Verifier};

use crate::elsewhere::ELSEWHERE;
use crate::forged::Forged;
use crate::schemes::Subject;
use crate::support::{self, KEY};

/// Lists these cases as `CASES`, and makes each a test. A case is a function that takes a [`Run`]; its name begins with `case_`
/// and the number in three digits.
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

/// One case: its name, and how it runs.
pub(crate) type Case = (&'static str, fn(&mut Run));

/// The count of what a case requires.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) inputs: usize,
}

/// Runs a case. The last of all cases to end prints their number and that of those run elsewhere.
pub(crate) fn run(case: fn(&mut Run)) {
    let mut run = Run::default();
    case(&mut run);
    assert!(run.inputs > 0, "nothing ran");
    let mut ended = ENDED.lock().unwrap();
    ended.0 += 1;
    ended.1 += run.inputs;
    let (cases, inputs) = *ended;
    if cases == crate::all().len() {
        let summary = format!("\ncatalogue: {cases} + {} numbers, {inputs} inputs\n", ELSEWHERE.len());
        // Not `print`, of which the test harness shows what failed alone.
        io::stdout().write_all(summary.as_bytes()).unwrap();
        assert!(inputs >= FEWEST, "the catalogue has shrunk");
    }
}

static ENDED: Mutex<(usize, usize)> = Mutex::new((0, 0));
const FEWEST: usize = 198_000;

impl Run {
    /// Hands an input over in every way, and requires that it is accepted.
    #[track_caller]
    pub(crate) fn accepts(&mut self, subject: &Subject, forged: impl Into<Forged>) -> Verified {
        let forged = forged.into();
        self.verdict(subject, &forged).unwrap_or_else(|error| panic!("{error}: {forged:?}"))
    }

    /// Hands an input over in every way, and requires that it is refused for this reason.
    #[track_caller]
    pub(crate) fn refuses(&mut self, subject: &Subject, forged: impl Into<Forged>, kind: ErrorKind) {
        self.refuses_as(subject, forged, &[kind]);
    }

    /// Hands an input over in every way, and requires that it is refused for one of these reasons.
    #[track_caller]
    pub(crate) fn refuses_as(&mut self, subject: &Subject, forged: impl Into<Forged>, kinds: &[ErrorKind]) {
        let forged = forged.into();
        let kind = self.verdict(subject, &forged).map_err(|error| error.kind());
        assert!(kind.as_ref().is_err_and(|kind| kinds.contains(kind)), "{kind:?}, not {kinds:?}: {forged:?}");
    }

    /// The verdict, the same in every way: the type's own method, through `dyn`, in one call and in chunks.
    #[track_caller]
    pub(crate) fn verdict(&mut self, subject: &Subject, forged: &Forged) -> Result<Verified, Error> {
        self.inputs += 1;
        let head = Head::new(&forged.method, &forged.headers).with_query(&forged.query);
        let request = Request::new(head, &forged.body);
        let verdict = subject.verify(request);
        assert_eq!(support::verdict(subject, request), verdict, "through dyn: {forged:?}");
        if let Err(error) = &verdict {
            let texts = format!("{error} {error:?}");
            assert!(texts.len() < 300 && !texts.contains(KEY), "{texts}");
        }
        verdict
    }

    /// Requires what is not a verdict on a request.
    #[track_caller]
    pub(crate) fn holds(&mut self, what: bool) {
        self.inputs += 1;
        assert!(what);
    }
}
