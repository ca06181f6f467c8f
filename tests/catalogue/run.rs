//! What carries a case out, and counts.

use countersign::{Error, ErrorKind, Head, Request, Verified, Verifier};

use crate::forged::Forged;
use crate::schemes::Subject;
use crate::support::{self, KEY};

/// One case: its number, what it is, and how it runs.
pub(crate) type Case = (u8, &'static str, fn(&mut Run));

/// The counts of a run.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) inputs: usize,
    /// Why there is nothing to run here, if there is not.
    pub(crate) elsewhere: Option<&'static str>,
}

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

    /// Says where a case is run that is none of this program's.
    pub(crate) fn elsewhere(&mut self, place: &'static str) {
        self.elsewhere = Some(place);
    }
}
