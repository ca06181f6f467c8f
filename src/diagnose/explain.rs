//! How each kind of verifier is diagnosed.

use super::case::{Case, Changes, ReadSecret, VERBATIM, proofs};
use super::search;
use super::trials::Change;
use super::{Capture, Finding, heads};
use crate::error::{Error, ErrorKind};
use crate::mac::{Function, SenderKeys, SignatureKind, Tag};
use crate::providers::static_token::StaticToken;
use crate::request::{BaseUrl, Head, Request};
use crate::secret::Secret;
use crate::verifier::Verifier;

/// Why a request is rejected. `Err` has only hints: nothing explains its signature.
pub(super) type Explanation = Result<Vec<Finding>, Vec<Finding>>;

/// Seals [`Diagnose`](super::Diagnose).
pub trait Explain: Verifier {
    /// Explains why a request is rejected.
    fn explain(&self, case: &Case<'_>) -> Explanation;

    /// Whether the verifier's own keys signed a request, of any time and with any claims.
    fn signs(&self, request: Request<'_>) -> bool;

    /// The tenant that the request names, if the scheme has tenants.
    fn claimed_tenant(&self, request: Request<'_>) -> Option<String>;
}

impl<S: Subject> Explain for S {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        search::explain(self, case)
    }

    fn signs(&self, request: Request<'_>) -> bool {
        let head = request.head().with_base(self.traits().base);
        self.prove(Request::new(head, request.body()), None).is_ok()
    }

    fn claimed_tenant(&self, request: Request<'_>) -> Option<String> {
        Subject::claimed_tenant(self, request)
    }
}

/// A verifier that the search can use.
pub(super) trait Subject: Verifier {
    /// What is signed, and with which keys.
    fn traits(&self) -> Traits<'_>;

    /// Verifies a request of any age and method, at the head's own base URL, with these keys or the verifier's own.
    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Result<Signed, Error>;

    /// Reads the head. Returns the kinds that its signature may have, the verifier's own first.
    fn kinds(&self, head: Head<'_>) -> Result<Vec<SignatureKind>, Error>;

    /// The verifier's own keys for a request. `None` if it names no tenant of the verifier.
    fn own_keys(&self, request: Request<'_>) -> Option<SenderKeys>;

    /// The hints if nothing explains the signature.
    fn hints(&self, case: &Case<'_>) -> Vec<Finding>;

    /// The tenant that the request names, if the scheme has tenants.
    fn claimed_tenant(&self, request: Request<'_>) -> Option<String>;

    /// The request with its signed parts moved to where the verifier looks. If they may have any form, the first is the
    /// request in another form without changes.
    fn moved(&self, _: &Case<'_>) -> Vec<(Changes, Capture)> {
        Vec::new()
    }

    /// Messages of the wrong shape, which may be signed.
    fn messages(&self, _: &Case<'_>) -> Vec<Message> {
        Vec::new()
    }
}

pub(super) struct Traits<'s> {
    /// The verifier's kind of signature. `None` if it has no keys.
    pub(super) kind: Option<SignatureKind>,
    /// The start of the URL, if the URL is signed.
    pub(super) base: Option<&'s BaseUrl>,
    /// How a secret's text becomes a key. There are several ways if the verifier does not know.
    pub(super) readings: &'static [ReadSecret],
    pub(super) covers: Covers,
}

/// What the signature covers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Covers {
    /// A message of parts of the request.
    Message,
    /// Parameters, in any order and form.
    Params,
    /// A token, which contains the hash of body or query.
    Token,
}

/// A message that no request gives, and its signature.
pub(super) struct Message {
    pub(super) change: Change,
    pub(super) function: Function,
    pub(super) bytes: Vec<u8>,
    pub(super) tag: Tag,
}

/// A request whose signature matches.
pub(super) struct Signed {
    /// A fault beside the signature, such as the time.
    pub(super) beside: Option<Finding>,
    /// Whether the payload has the signed hash, and everything else is right.
    pub(super) rest: Result<(), Error>,
}

/// Nothing is signed, but the token may be another one, or stored wrongly.
impl Explain for StaticToken {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        let moved = heads::readable(case.capture, None, |seen| self.begin(seen.request().head()).map(drop));
        let moved = moved.into_iter().next().map(|seen| seen.changes);
        let matches = |token: &Secret| self.with_token(token).verify(case.capture.request()).is_ok();
        let found = moved.or_else(|| {
            let mut texts = case.given_secrets().chain(case.changed_secrets());
            let (changes, _) = texts.find(|(_, text)| VERBATIM(text).is_ok_and(|token| matches(&token)))?;
            Some(changes)
        });
        match found {
            Some(changes) if !changes.is_empty() => Ok(proofs(&changes)),
            None if case.rejection.kind() == ErrorKind::SignatureMismatch => {
                Err(case.unexplained(Vec::new()))
            }
            _ => Err(vec![case.rejected_otherwise()]),
        }
    }

    fn signs(&self, request: Request<'_>) -> bool {
        self.verify(request).is_ok()
    }

    fn claimed_tenant(&self, _: Request<'_>) -> Option<String> {
        None
    }
}
