//! The search for a cause: change something, read the request with the same rule, and verify it with the same code.

use super::case::{Case, Changes, ReadSecret, VERBATIM, proofs};
use super::explain::Explanation;
use super::heads::{self, Seen};
use super::subject::{Covers, Message, Signed, Subject, Traits};
use super::trials::{Change, Trials};
use super::{Capture, Cause, Finding, bodies, pairs, urls};
use crate::error::{Error, ErrorKind};
#[cfg(feature = "ed25519")]
use crate::mac::{Keys, PublicKey};
use crate::mac::{MacKeys, SenderKeys, SignatureKind, Tag};
use crate::request::{BaseUrl, Head, Request};

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
    let form = subject.as_form(case.capture);
    let search = Search::new(subject, traits, case, form.as_ref().unwrap_or(case.capture), kind);
    search.run().ok_or_else(|| subject.hints(case))
}

struct Search<'s, S> {
    subject: &'s S,
    case: &'s Case<'s>,
    capture: &'s Capture,
    kind: SignatureKind,
    base: Option<&'s BaseUrl>,
    covers: Covers,
    /// How a secret's text becomes a key.
    readings: &'static [ReadSecret],
    /// Whether each given secret is the verifier's own.
    known: Vec<bool>,
}

/// The changes that make the signature match, the keys if not the verifier's own, and the result.
type Match = (Changes, Option<SenderKeys>, Signed);

/// Whether a changed request is what was signed.
type Matches<'m> = &'m mut dyn FnMut(Request<'_>) -> bool;

impl<'s, S: Subject> Search<'s, S> {
    fn new(
        subject: &'s S,
        Traits { base, readings: all, covers, .. }: Traits<'s>,
        case: &'s Case<'s>,
        capture: &'s Capture,
        kind: SignatureKind,
    ) -> Self {
        let request = case.capture.request();
        let own = subject.own_keys(Request::new(request.head().with_base(base), request.body()));
        let known = |reading: &[ReadSecret]| -> Vec<bool> {
            let is_own = |text: &[u8]| reading.iter().any(|read| is_among(own.as_ref(), *read, text));
            case.candidates.iter().map(|(_, candidate)| is_own(&candidate.text)).collect()
        };
        let readings = all.chunks(1).find(|reading| known(reading).contains(&true)).unwrap_or(all);
        Self { subject, case, capture, kind, base, covers, readings, known: known(readings) }
    }

    /// Tries one change after the other. Each change of headers is combined with the others.
    fn run(&self) -> Option<Vec<Finding>> {
        let heads = heads::readable(self.capture, |seen| self.subject.kinds(self.head(seen)).map(drop));
        let moved = || self.subject.moved(self.case).into_iter().filter(|_| self.covers != Covers::Token);
        heads
            .iter()
            .find_map(|seen| self.explained(&seen.changes, self.request(seen), Self::plain))
            .or_else(|| {
                moved()
                    .find_map(|(changes, capture)| self.explained(&changes, capture.request(), Self::plain))
            })
            .or_else(|| self.messages())
            .or_else(|| {
                let is_own_kind = |seen: &&Seen<'_>| {
                    self.subject.kinds(self.head(seen)).is_ok_and(|kinds| kinds.first() == Some(&self.kind))
                };
                let likeliest = heads.iter().find(is_own_kind).or(heads.first())?;
                self.explained(&likeliest.changes, self.request(likeliest), Self::changed)
            })
    }

    fn head<'r>(&'r self, seen: &'r Seen<'_>) -> Head<'r> {
        seen.head().with_base(self.base)
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
            findings.push(self.case.rejected_otherwise());
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
        let others = unknown.flat_map(|(_, (other, candidate))| {
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
        let kind = self.subject.kinds(request.head()).ok()?.into_iter().next()?;
        self.secrets(kind, request).or_else(|| {
            let mut found = None;
            let mut matches = |request: Request<'_>| {
                found = self.plain_of(kind, request);
                found.is_some()
            };
            let is_edited = self.covers != Covers::Token;
            let change = is_edited.then(|| self.edited(request, &mut matches))??;
            found.map(|(changes, keys, signed)| ([change].into_iter().chain(changes).collect(), keys, signed))
        })
    }

    /// Changes each secret, and tries it read in each way.
    fn secrets(&self, kind: SignatureKind, request: Request<'_>) -> Option<Match> {
        let function = kind.function()?;
        let undecoded = self.case.candidates.iter().map(|(other, candidate)| {
            let words = "the secret is used as it is, not decoded from base64".to_owned();
            let change = (Cause::SecretBase64, words);
            (
                [change].into_iter().chain(other.clone()).collect(),
                candidate.text.clone(),
                [VERBATIM].as_slice(),
            )
        });
        let changed = self.case.changed_secrets().map(|(changes, text)| (changes, text, self.readings));
        undecoded.chain(changed).find_map(|(changes, text, readings): (Changes, _, _)| {
            let mut secrets = readings.iter().filter_map(|read| read(&text).ok());
            let (keys, signed) = secrets.find_map(|secret| {
                let keys = SenderKeys::Mac(MacKeys::of_secret(function, &secret));
                self.prove(request, Some(&keys)).map(|signed| (keys, signed))
            })?;
            Some((self.other_algorithm(kind).into_iter().chain(changes).collect(), Some(keys), signed))
        })
    }

    /// Tries the given secrets on messages that no request gives.
    fn messages(&self) -> Option<Vec<Finding>> {
        self.subject.messages(self.case).into_iter().find_map(|Message { change, function, bytes, tag }| {
            let tags = tag.into();
            let signs = |text: &[u8]| {
                let keys = self.keys(SignatureKind::Mac(function), text);
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
                return vec![Finding::hint(
                    Cause::PayloadHashMissing,
                    format!("the signature matches, and {error}"),
                )];
            }
            _ => return vec![Finding::hint(Cause::RejectedOtherwise, error.to_string())],
        }
        let matches: Matches<'_> =
            &mut |request| self.prove(request, keys).is_some_and(|signed| signed.rest.is_ok());
        let moved = self.subject.moved(self.case).into_iter();
        let moved = moved.filter(|_| self.covers == Covers::Token).find_map(|(changes, capture)| {
            if matches(capture.request()) { changes.into_iter().next() } else { None }
        });
        if let Some((cause, words)) = moved.or_else(|| self.edited(request, matches)) {
            let is_json = self.covers == Covers::Token && cause == Cause::BodyReserialised;
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

    /// Changes the body, the URL, then the query.
    fn edited(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        let body = self.bodies(request, matches);
        body.or_else(|| self.urls(request, matches)).or_else(|| self.query(request, matches))
    }

    fn bodies(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        let signs_params = self.covers == Covers::Params;
        bodies::find(request.body(), &self.case.budget, signs_params, |body| {
            matches(Request::new(request.head(), body))
        })
    }

    fn urls(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        urls::find(self.capture, self.base?, |base, target| {
            matches(Request::new(request.head().with_target(target).with_base(Some(base)), request.body()))
        })
    }

    fn query(&self, request: Request<'_>, matches: Matches<'_>) -> Option<Change> {
        let head = request.head();
        let mut matches = |query: &[u8]| match head.target().split_once('?') {
            None => matches(Request::new(head.with_query(query), request.body())),
            Some((path, _)) => str::from_utf8(query).is_ok_and(|query| {
                let target = format!("{path}?{query}");
                matches(Request::new(head.with_target(&target), request.body()))
            }),
        };
        let mut trials = Trials::new(head.query(), &self.case.budget, &mut matches);
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
