//! The search for a cause: change something, read the request with the same rule, and verify it with the same code.

use super::case::{Case, Changes, DECODED, ReadSecret, VERBATIM, proofs};
use super::explain::Explanation;
use super::heads::{self, Seen};
use super::trials::{Change, Trials};
use super::{Capture, Cause, Finding, bodies, pairs, secrets, urls};
use crate::error::{Error, ErrorKind};
#[cfg(feature = "ed25519")]
use crate::mac::{Keys, PublicKey};
use crate::mac::{MacKeys, SenderKeys, SignatureKind, Tag};
use crate::request::{BaseUrl, Head, Request};
use crate::verifier::Verifier;

/// A verifier that the search can use.
pub(super) trait Subject: Verifier {
    /// Verifies a request of any age and method, at the head's own base URL, with these keys or the verifier's own.
    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Result<Signed, Error>;

    /// Reads the head. Returns the kinds that its signature may have, the verifier's own first.
    fn kinds(&self, head: Head<'_>) -> Result<Vec<SignatureKind>, Error>;

    /// The verifier's kind of signature.
    fn kind(&self) -> Option<SignatureKind>;

    /// The verifier's own keys for a request. `None` if it names no tenant of the verifier.
    fn own_keys(&self, request: Request<'_>) -> Option<SenderKeys>;

    /// The hints if nothing explains the signature.
    fn hints(&self, case: &Case<'_>) -> Vec<Finding>;

    /// The tenant that the request names, if the scheme has tenants.
    fn claimed_tenant(&self, request: Request<'_>) -> Option<String>;

    /// The start of the URL, if the URL is signed.
    fn base(&self) -> Option<&BaseUrl> {
        None
    }

    /// How a secret's text becomes a key. There are several ways if the verifier does not know.
    fn readings(&self) -> &'static [ReadSecret] {
        &[VERBATIM, DECODED]
    }

    /// Whether parameters are signed, in any order and form.
    fn signs_params(&self) -> bool {
        false
    }

    /// Whether the query is signed.
    fn signs_query(&self) -> bool {
        self.base().is_some()
    }

    /// Whether the signature covers a token, which contains the hash of body or query.
    fn is_token(&self) -> bool {
        false
    }

    /// The request with its parameters as a form, if they are signed in any form.
    fn as_form(&self, _: &Capture) -> Option<Capture> {
        None
    }

    /// The request with its signed parts moved to where the verifier looks.
    fn moved(&self, _: &Case<'_>) -> Vec<(Changes, Capture)> {
        Vec::new()
    }

    /// Looks for a signature of a message that no request gives.
    fn otherwise(&self, _: &Case<'_>) -> Option<Changes> {
        None
    }
}

/// A request whose signature matches.
pub(super) struct Signed {
    /// Faults beside the signature, such as the time.
    pub(super) beside: Vec<Finding>,
    /// Whether the payload has the signed hash, and everything else is right.
    pub(super) rest: Result<(), Error>,
}

pub(super) fn explain<S: Subject>(subject: &S, case: &Case<'_>) -> Explanation {
    let unsearched = [
        ErrorKind::BodyTooLarge,
        ErrorKind::HeaderRepeated,
        ErrorKind::HeaderTooLong,
        ErrorKind::RuleInvalid,
    ];
    let kind = subject.kind().filter(|_| !unsearched.contains(&case.refusal.kind()));
    let Some(kind) = kind else { return Ok(vec![case.refused_otherwise()]) };
    let form = subject.as_form(case.capture);
    let search = Search::new(subject, case, form.as_ref().unwrap_or(case.capture), kind);
    search.run().ok_or_else(|| subject.hints(case))
}

struct Search<'s, S> {
    subject: &'s S,
    case: &'s Case<'s>,
    capture: &'s Capture,
    kind: SignatureKind,
    /// Whether each given secret is the verifier's own.
    known: Vec<bool>,
    /// How a secret's text becomes a key.
    readings: &'static [ReadSecret],
}

/// The changes that make the signature match, the keys if not the verifier's own, and the result.
type Match = (Changes, Option<SenderKeys>, Signed);

/// Whether a changed request is what was signed.
type Matches<'m> = &'m mut dyn FnMut(Request<'_>) -> bool;

impl<'s, S: Subject> Search<'s, S> {
    fn new(subject: &'s S, case: &'s Case<'s>, capture: &'s Capture, kind: SignatureKind) -> Self {
        let request = case.capture.request();
        let own = subject.own_keys(Request::new(request.head().with_base(subject.base()), request.body()));
        let known = |reading: &[ReadSecret]| -> Vec<bool> {
            let is_own = |text: &[u8]| reading.iter().any(|read| is_among(own.as_ref(), *read, text));
            case.candidates.iter().map(|(_, candidate)| is_own(&candidate.text)).collect()
        };
        let all = subject.readings();
        let readings = all.chunks(1).find(|reading| known(reading).contains(&true)).unwrap_or(all);
        Self { subject, case, capture, kind, known: known(readings), readings }
    }

    /// Tries one change after the other. Each change of headers is combined with the others.
    fn run(&self) -> Option<Vec<Finding>> {
        let heads = heads::readable(self.capture, |seen| self.subject.kinds(self.head(seen)).map(drop));
        let moved = || self.subject.moved(self.case).into_iter().filter(|_| !self.subject.is_token());
        heads
            .iter()
            .find_map(|seen| self.explained(&seen.changes, self.request(seen), Self::plain))
            .or_else(|| {
                moved()
                    .find_map(|(changes, capture)| self.explained(&changes, capture.request(), Self::plain))
            })
            .or_else(|| self.subject.otherwise(self.case).map(|changes| proofs(&changes)))
            .or_else(|| {
                let is_own_kind = |seen: &&Seen<'_>| {
                    self.subject.kinds(self.head(seen)).is_ok_and(|kinds| kinds.first() == Some(&self.kind))
                };
                let likeliest = heads.iter().find(is_own_kind).or(heads.first())?;
                self.explained(&likeliest.changes, self.request(likeliest), Self::changed)
            })
    }

    fn head<'r>(&'r self, seen: &'r Seen<'_>) -> Head<'r> {
        seen.head().with_base(self.subject.base())
    }

    fn request<'r>(&'r self, seen: &'r Seen<'_>) -> Request<'r> {
        Request::new(self.head(seen), &self.capture.body)
    }

    /// The findings, if `find` explains the signature of a changed request.
    fn explained(
        &self,
        before: &Changes,
        request: Request<'_>,
        find: impl FnOnce(&Self, Request<'_>) -> Option<Match>,
    ) -> Option<Vec<Finding>> {
        let (changes, keys, signed) = find(self, request)?;
        let mut findings = proofs(&[before.as_slice(), &changes].concat());
        findings.extend(signed.beside);
        findings.extend(
            signed.rest.err().into_iter().flat_map(|error| self.payload(request, keys.as_ref(), &error)),
        );
        if findings.is_empty() {
            findings.push(self.case.refused_otherwise());
        }
        Some(findings)
    }

    /// Tries the given keys without changes.
    fn plain(&self, request: Request<'_>) -> Option<Match> {
        self.subject.kinds(request.head()).ok()?.into_iter().find_map(|kind| self.plain_of(kind, request))
    }

    fn plain_of(&self, kind: SignatureKind, request: Request<'_>) -> Option<Match> {
        let is_known = |at: usize| kind == self.kind && self.known.get(at) == Some(&true);
        let unknown = self.case.candidates.iter().enumerate().filter(|(at, _)| !is_known(*at));
        let others = unknown.flat_map(|(_, (label, candidate))| {
            let other = self.case.other_secret(label.as_deref());
            self.keys(kind, &candidate.text).into_iter().map(move |keys| (other.clone(), Some(keys)))
        });
        let own = (kind == self.kind).then_some((None, None)).into_iter();
        let mut all = own.chain(others);
        let (other, keys, signed) = all.find_map(|(other, keys)| {
            self.prove(request, keys.as_ref()).map(|signed| (other, keys, signed))
        })?;
        Some((self.other_algorithm(kind).into_iter().chain(other).collect(), keys, signed))
    }

    /// Changes the secret, then the signed message.
    fn changed(&self, request: Request<'_>) -> Option<Match> {
        // The body cannot explain a signature of only the head.
        let begun = self.subject.begin(request.head()).err();
        let is_of_head = begun.is_some_and(|error| error.kind() == ErrorKind::SignatureMismatch);
        let kind = self.subject.kinds(request.head()).ok()?.into_iter().next()?;
        let find = |find: &dyn Fn(Matches<'_>) -> Option<Change>| {
            let mut found = None;
            let change = find(&mut |request| {
                found = self.plain_of(kind, request);
                found.is_some()
            })?;
            found.map(|(changes, keys, signed)| ([change].into_iter().chain(changes).collect(), keys, signed))
        };
        self.secrets(kind, request)
            .or_else(|| if is_of_head { None } else { find(&|matches| self.bodies(request, matches)) })
            .or_else(|| {
                if self.subject.is_token() { None } else { find(&|matches| self.urls(request, matches)) }
            })
            .or_else(|| {
                if self.subject.is_token() { None } else { find(&|matches| self.query(request, matches)) }
            })
    }

    fn secrets(&self, kind: SignatureKind, request: Request<'_>) -> Option<Match> {
        let function = kind.function()?;
        let prove = |change: &secrets::Change, read: ReadSecret| {
            let keys = SenderKeys::Mac(MacKeys::of_secret(function, &read(&change.text).ok()?));
            let signed = self.prove(request, Some(&keys))?;
            Some(((change.cause, change.words.to_owned()), keys, signed))
        };
        self.case.candidates.iter().find_map(|(label, candidate)| {
            let undecoded = secrets::Change {
                cause: Cause::SecretBase64,
                words: "the secret is used as it is, not decoded from base64",
                text: candidate.text.clone(),
            };
            let changed = secrets::changes(&candidate.text);
            let read =
                changed.iter().flat_map(|change| self.readings.iter().map(move |read| (change, *read)));
            let mut read = [(&undecoded, VERBATIM)].into_iter().chain(read);
            let (change, keys, signed) = read.find_map(|(change, read)| prove(change, read))?;
            let other = self.case.other_secret(label.as_deref());
            Some((
                self.other_algorithm(kind).into_iter().chain([change]).chain(other).collect(),
                Some(keys),
                signed,
            ))
        })
    }

    /// The signature matches, but not the payload.
    fn payload(&self, request: Request<'_>, keys: Option<&SenderKeys>, error: &Error) -> Vec<Finding> {
        match error.kind() {
            ErrorKind::PayloadHashMismatch => {}
            ErrorKind::PayloadHashMissing => {
                return vec![Finding::hint(
                    Cause::PayloadHashMissing,
                    format!("the signature matches, and {error}"),
                )];
            }
            _ => return vec![Finding::hint(Cause::RefusedOtherwise, error.to_string())],
        }
        let matches: Matches<'_> =
            &mut |request| self.prove(request, keys).is_some_and(|signed| signed.rest.is_ok());
        let moved = self.subject.moved(self.case).into_iter();
        let moved = moved.filter(|_| self.subject.is_token()).find_map(|(changes, capture)| {
            if matches(capture.request()) { changes.into_iter().next() } else { None }
        });
        let change = moved
            .or_else(|| self.bodies(request, matches))
            .or_else(|| self.urls(request, matches))
            .or_else(|| self.query(request, matches));
        if let Some((cause, words)) = change {
            let is_json = self.subject.is_token() && cause == Cause::BodyReserialised;
            let cause = if is_json { Cause::PayloadHashReserialised } else { cause };
            return vec![Finding::proved(
                cause,
                format!("the signature matches, and so does the hash when {words}"),
            )];
        }
        let hint = match request.head().method() {
            _ if error.is_about_url() => None,
            "GET" => pairs::hint(request.head().query()),
            _ => bodies::hint(request.body()),
        };
        let cause = if error.is_about_url() { Cause::UrlOther } else { Cause::PayloadAltered };
        let evidence = format!("the signature matches, and nothing that was tried has the hash: {error}");
        hint.into_iter().chain([Finding::hint(cause, evidence)]).collect()
    }

    fn bodies(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        let signs_params = self.subject.signs_params();
        bodies::find(request.body(), &self.case.budget, signs_params, |body| {
            matches(Request::new(request.head(), body))
        })
    }

    fn urls(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        urls::find(self.capture, self.subject.base()?, |base, target| {
            matches(Request::new(request.head().with_target(target).with_base(Some(base)), request.body()))
        })
    }

    fn query(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        let head = request.head();
        let is_signed = self.subject.signs_query() && !head.query().is_empty();
        let mut matches = |query: &[u8]| match head.target().split_once('?') {
            None => matches(Request::new(head.with_query(query), request.body())),
            Some((path, _)) => str::from_utf8(query).is_ok_and(|query| {
                let target = format!("{path}?{query}");
                matches(Request::new(head.with_target(&target), request.body()))
            }),
        };
        let mut trials = is_signed.then(|| Trials::new(head.query(), &self.case.budget, &mut matches))?;
        pairs::escape(&mut trials, Cause::ParamsDecoding);
        pairs::rewrite(&mut trials);
        pairs::reorder(&mut trials);
        trials.found()
    }

    /// Verifies a request within the budget.
    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Option<Signed> {
        let head = request.head();
        let length = head.target().len().max(head.query().len()).saturating_add(request.body().len());
        if self.case.budget.draw(length) { self.subject.prove(request, keys).ok() } else { None }
    }

    /// The keys that a secret's text may be.
    fn keys(&self, kind: SignatureKind, text: &[u8]) -> Vec<SenderKeys> {
        match kind {
            SignatureKind::Mac(function) => {
                let secrets = self.readings.iter().filter_map(|read| read(text).ok());
                secrets.map(|secret| SenderKeys::Mac(MacKeys::of_secret(function, &secret))).collect()
            }
            #[cfg(feature = "ed25519")]
            SignatureKind::Ed25519 => {
                let key = str::from_utf8(text).ok().and_then(|text| PublicKey::from_base64(text.trim()).ok());
                let keys = Keys::ed25519(key).ok();
                keys.and_then(|keys| keys.0.any().cloned()).into_iter().collect()
            }
        }
    }

    fn other_algorithm(&self, kind: SignatureKind) -> Option<Change> {
        let function = kind.function().filter(|_| kind != self.kind)?;
        Some((Cause::AlgorithmOther, format!("the algorithm is {}", function.name())))
    }
}

/// Whether a secret is one of these keys.
fn is_among(keys: Option<&SenderKeys>, read: ReadSecret, text: &[u8]) -> bool {
    let (Some(SenderKeys::Mac(keys)), Ok(secret)) = (keys, read(text)) else { return false };
    let tag = MacKeys::of_secret(keys.function(), &secret).sign(&[]);
    keys.find(&[], &Tag::new(&tag).into()).is_some()
}
