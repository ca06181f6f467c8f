//! The search for a cause: change something, read the request with the same rule, and verify it with the same code.

use zeroize::Zeroizing;

use super::case::{Case, Changes, ReadSecret, VERBATIM, proofs};
use super::explain::{Covers, Explanation, Message, Signed, Subject, Traits};
use super::heads::{self, Seen};
use super::trials::{Change, Matches};
use super::{Capture, Cause, Finding, bodies, pairs, urls};
use crate::error::{Error, ErrorKind};
#[cfg(feature = "ed25519")]
use crate::mac::{Keys, PublicKey};
use crate::mac::{MacKeys, SenderKeys, SignatureKind, Tag};
use crate::request::Request;

pub(super) fn explain<S: Subject>(subject: &S, case: &Case<'_>) -> Explanation {
    let unsearched = [
        ErrorKind::BodyTooLarge,
        ErrorKind::HeaderRepeated,
        ErrorKind::HeaderTooLong,
        ErrorKind::RuleInvalid,
    ];
    let traits = subject.traits();
    let Some(kind) = traits.kind.filter(|_| !unsearched.contains(&case.rejection.kind())) else {
        return Ok(vec![case.rejected_otherwise()]);
    };
    let own = subject.own_keys(Seen::new(case.capture, traits.base).request());
    let known = |readings: &[ReadSecret]| -> Vec<bool> {
        let is_own = |text: &[u8]| readings.iter().any(|read| is_among(own.as_ref(), *read, text));
        case.candidates.iter().map(|(_, candidate)| is_own(&candidate.text)).collect()
    };
    let all = traits.readings;
    let readings = all.chunks(1).find(|reading| known(reading).contains(&true)).unwrap_or(all);
    let (known, traits) = (known(readings), Traits { readings, ..traits });
    let moved = subject.moved(case);
    let form = moved.first().filter(|(changes, _)| changes.is_empty());
    let capture = form.map_or(case.capture, |(_, form)| form);
    let search =
        Search { subject, traits, case, capture, moved: &moved, kind, has_keys: own.is_some(), known };
    search.run().ok_or_else(|| subject.hints(case))
}

struct Search<'s, S> {
    subject: &'s S,
    traits: Traits<'s>,
    case: &'s Case<'s>,
    /// The request, as a form if its parameters may have any form.
    capture: &'s Capture,
    moved: &'s [(Changes, Capture)],
    kind: SignatureKind,
    /// Whether the verifier has keys for the request.
    has_keys: bool,
    /// Whether each given secret is the verifier's own.
    known: Vec<bool>,
}

/// The changes that make the signature match, the keys if not the verifier's own, and the result.
type Match = (Changes, Option<SenderKeys>, Signed);

impl<S: Subject> Search<'_, S> {
    /// Tries one change after the other. Each change of headers is combined with the others.
    fn run(&self) -> Option<Vec<Finding>> {
        let kinds = |seen: &Seen<'_>| self.subject.kinds(seen.request().head());
        let heads = heads::readable(self.capture, self.traits.base, |seen| kinds(seen).map(drop));
        let plain = |changes: &Changes, request: Request<'_>| {
            let kinds = self.subject.kinds(request.head()).ok()?;
            let found = kinds.into_iter().find_map(|kind| self.plain(kind, request))?;
            Some(self.findings(changes, request, found))
        };
        let received = heads.iter().find_map(|seen| plain(&seen.changes, seen.request()));
        let mut moved = self.moved.iter().filter(|(changes, _)| !changes.is_empty());
        let moved = || moved.find_map(|(changes, capture)| plain(changes, capture.request()));
        received.or_else(moved).or_else(|| self.messages()).or_else(|| {
            let is_own_kind =
                |seen: &&Seen<'_>| kinds(seen).is_ok_and(|kinds| kinds.first() == Some(&self.kind));
            let likeliest = heads.iter().find(is_own_kind).or(heads.first())?;
            let request = likeliest.request();
            Some(self.findings(&likeliest.changes, request, self.changed(request)?))
        })
    }

    /// The findings about a request whose signature matches after these changes and those of the match.
    fn findings(&self, before: &Changes, request: Request<'_>, found: Match) -> Vec<Finding> {
        let (changes, keys, signed) = found;
        let mut findings = proofs(&[before.as_slice(), &changes].concat());
        findings.extend(signed.beside);
        if let Err(error) = signed.rest {
            findings.extend(self.payload(request, keys.as_ref(), &error));
        }
        if findings.is_empty() {
            findings.push(self.case.rejected_otherwise());
        }
        findings
    }

    /// Tries the verifier's own keys, and the given secrets without changes.
    fn plain(&self, kind: SignatureKind, request: Request<'_>) -> Option<Match> {
        let is_own = kind == self.kind;
        let own = if is_own { self.prove(request, None) } else { None };
        let given = self.case.given_secrets().zip(&self.known).filter(|(_, known)| !(is_own && **known));
        let given = given.map(|((mut changes, text), known)| {
            if changes.is_empty() && self.has_keys && !known {
                changes.push((Cause::SecretOther, "the secret that you gave is used".to_owned()));
            }
            (changes, text, self.traits.readings)
        });
        own.map(|signed| (Vec::new(), None, signed)).or_else(|| self.signed_by(kind, request, given))
    }

    /// Changes the secret, then the signed message.
    fn changed(&self, request: Request<'_>) -> Option<Match> {
        let kind = self.subject.kinds(request.head()).ok()?.into_iter().next()?;
        let undecoded = self.case.given_secrets().map(|(changes, text)| {
            let words = "the secret is used as it is, not decoded from base64".to_owned();
            let change = (Cause::SecretBase64, words);
            ([change].into_iter().chain(changes).collect(), text, [VERBATIM].as_slice())
        });
        let changed =
            self.case.changed_secrets().map(|(changes, text)| (changes, text, self.traits.readings));
        self.signed_by(kind, request, undecoded.chain(changed)).or_else(|| {
            // A token stays the same when the rest of the request is changed.
            if self.traits.covers == Covers::Token {
                return None;
            }
            let mut found = None;
            let change = self.edited(request, &mut |request| {
                found = self.plain(kind, request);
                found.is_some()
            })?;
            let (others, keys, signed) = found?;
            Some(([change].into_iter().chain(others).collect(), keys, signed))
        })
    }

    /// The first of these secrets that signed the request, with the changes to use it.
    fn signed_by(
        &self,
        kind: SignatureKind,
        request: Request<'_>,
        mut secrets: impl Iterator<Item = (Changes, Zeroizing<Vec<u8>>, &'static [ReadSecret])>,
    ) -> Option<Match> {
        let algorithm = kind.function().filter(|_| kind != self.kind);
        let algorithm =
            algorithm.map(|other| (Cause::AlgorithmOther, format!("the algorithm is {}", other.name())));
        secrets.find_map(|(changes, text, readings)| {
            keys(kind, &text, readings).into_iter().find_map(|keys| {
                let signed = self.prove(request, Some(&keys))?;
                Some((algorithm.iter().chain(&changes).cloned().collect(), Some(keys), signed))
            })
        })
    }

    /// Tries the given secrets on messages that no request gives.
    fn messages(&self) -> Option<Vec<Finding>> {
        self.subject.messages(self.case).into_iter().find_map(|Message { change, function, bytes, tag }| {
            let tags = tag.into();
            let signs = |text: &[u8]| {
                let keys = keys(SignatureKind::Mac(function), text, self.traits.readings);
                keys.iter().any(|keys| keys.find(&[&bytes], &tags).is_some())
            };
            let mut affordable = self.case.candidates.iter().filter(|_| self.case.budget.draw(bytes.len()));
            let (other, _) = affordable.find(|(_, candidate)| signs(&candidate.text))?;
            Some(proofs(&[change].into_iter().chain(other.clone()).collect()))
        })
    }

    /// The signature matches, but not the payload.
    fn payload(&self, request: Request<'_>, keys: Option<&SenderKeys>, error: &Error) -> Vec<Finding> {
        match error.kind() {
            ErrorKind::PayloadHashMismatch => {}
            ErrorKind::PayloadHashMissing => {
                let evidence = format!("the signature matches, and {error}");
                return vec![Finding::hint(Cause::PayloadHashMissing, evidence)];
            }
            _ => return vec![Finding::hint(Cause::RejectedOtherwise, error.to_string())],
        }
        let matches: Matches<'_> =
            &mut |request| self.prove(request, keys).is_some_and(|signed| signed.rest.is_ok());
        let moved = self.moved.iter().find(|(_, capture)| matches(capture.request()));
        let moved = moved.and_then(|(changes, _)| changes.first().cloned());
        if let Some((cause, words)) = moved.or_else(|| self.edited(request, matches)) {
            let is_json = self.traits.covers == Covers::Token && cause == Cause::BodyReserialised;
            let cause = if is_json { Cause::PayloadHashReserialised } else { cause };
            let evidence = format!("the signature matches, and so does the hash when {words}");
            return vec![Finding::proved(cause, evidence)];
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

    /// Changes the body, the URL, then the query.
    fn edited(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        let (budget, signs_params) = (&self.case.budget, self.traits.covers == Covers::Params);
        bodies::find(request, budget, signs_params, matches)
            .or_else(|| urls::find(self.capture, self.traits.base?, request, matches))
            .or_else(|| pairs::find(request, budget, matches))
    }

    /// Verifies a request within the budget.
    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Option<Signed> {
        let head = request.head();
        let length = head.target().len().max(head.query().len()).saturating_add(request.body().len());
        if self.case.budget.draw(length) { self.subject.prove(request, keys).ok() } else { None }
    }
}

/// The keys that a secret's text may be.
fn keys(kind: SignatureKind, text: &[u8], readings: &[ReadSecret]) -> Vec<SenderKeys> {
    match kind {
        SignatureKind::Mac(function) => {
            let secrets = readings.iter().filter_map(|read| read(text).ok());
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

/// Whether a secret is one of these keys.
fn is_among(keys: Option<&SenderKeys>, read: ReadSecret, text: &[u8]) -> bool {
    let (Some(SenderKeys::Mac(keys)), Ok(secret)) = (keys, read(text)) else { return false };
    let tag = MacKeys::of_secret(keys.function(), &secret).sign(&[]);
    keys.find(&[], &Tag::new(&tag).into()).is_some()
}
