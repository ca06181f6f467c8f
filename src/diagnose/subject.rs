//! What the search needs of a verifier.

use super::case::{Case, Changes, ReadSecret};
use super::trials::Change;
use super::{Capture, Finding};
use crate::error::Error;
use crate::mac::{Function, SenderKeys, SignatureKind, Tag};
use crate::request::{BaseUrl, Head, Request};
use crate::verifier::Verifier;

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

    /// The request with its parameters as a form, if they are signed in any form.
    fn as_form(&self, _: &Capture) -> Option<Capture> {
        None
    }

    /// The request with its signed parts moved to where the verifier looks.
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
    /// Faults beside the signature, such as the time.
    pub(super) beside: Vec<Finding>,
    /// Whether the payload has the signed hash, and everything else is right.
    pub(super) rest: Result<(), Error>,
}
