//! Why a rule's webhook rejects a request: something is changed, the same rule reads it again, and the webhook proves it again.

use super::case::{Case, Changes, DECODED, ReadSecret, VERBATIM, proofs};
use super::explain::Explanation;
use super::heads::{self, Seen};
use super::trials::{Change, Trials};
use super::{Cause, Finding, bodies, pairs, secrets, signatures, times, urls};
use crate::error::ErrorKind;
#[cfg(feature = "ed25519")]
use crate::mac::PublicKey;
use crate::mac::{Algorithm, Function, Keys, MacKeys, SenderKeys, SignatureKind, Tag};
use crate::request::Request;
use crate::rule::Rule;
use crate::verifier::Verified;
use crate::webhook::Webhook;

pub(super) fn explain<R: Rule>(webhook: &Webhook<R>, case: &Case<'_>) -> Explanation {
    let Some(kind) = webhook.keys().0.any().map(SenderKeys::kind) else {
        return Ok(vec![case.refused_otherwise()]);
    };
    if let ErrorKind::BodyTooLarge | ErrorKind::HeaderRepeated | ErrorKind::RuleInvalid = case.refusal.kind()
    {
        return Ok(vec![case.refused_otherwise()]);
    }
    let search = Search::new(webhook, case, kind);
    match search.run() {
        Some((changes, verified)) => Ok(search.findings(&changes, &verified)),
        None => Err(search.hints()),
    }
}

/// Whether the webhook's own keys signed a request, whatever its time.
pub(super) fn signs<R: Rule>(webhook: &Webhook<R>, request: Request<'_>) -> bool {
    let head = request.head().with_base(webhook.base());
    webhook.prove(Request::new(head, request.body()), None).is_ok()
}

struct Search<'s, R> {
    webhook: &'s Webhook<R>,
    case: &'s Case<'s>,
    /// What the webhook is built for.
    kind: SignatureKind,
    /// Which of the secrets at hand are among the webhook's own.
    known: Vec<bool>,
    /// How a secret's text becomes a key: several, where that cannot be told.
    readings: &'static [ReadSecret],
}

/// What has to be done for the signature to match, and what is proved then.
type Match = (Changes, Verified);

impl<'s, R: Rule> Search<'s, R> {
    fn new(webhook: &'s Webhook<R>, case: &'s Case<'s>, kind: SignatureKind) -> Self {
        let envelope = webhook.read_head(case.capture.request().head().with_base(webhook.base())).ok();
        let own = envelope.and_then(|envelope| Some(webhook.select(&envelope).ok()?.0));
        let known = |reading: &[ReadSecret]| -> Vec<bool> {
            let is_own = |text: &[u8]| reading.iter().any(|read| is_among(own, *read, text));
            case.candidates.iter().map(|(_, candidate)| is_own(&candidate.text)).collect()
        };
        let readings = READINGS.chunks(1).find(|reading| known(reading).contains(&true)).unwrap_or(&READINGS);
        Self { webhook, case, kind, known: known(readings), readings }
    }

    /// Changes one thing after the other. A change of the headers is tried with each of the others.
    fn run(&self) -> Option<Match> {
        let base = self.webhook.base();
        let heads = heads::readable(self.case.capture, |seen| {
            let envelope = self.webhook.read_head(seen.head().with_base(base))?;
            if self.kinds().any(|kind| envelope.tags(kind).is_ok()) {
                Ok(())
            } else {
                envelope.tags(self.kind).map(drop)
            }
        });
        let after = |seen: &Seen<'_>, find: &dyn Fn(Request<'_>) -> Option<Match>| {
            let request = Request::new(seen.head().with_base(base), &self.case.capture.body);
            find(request).map(|(changes, verified)| ([seen.changes.clone(), changes].concat(), verified))
        };
        if let Some(found) = heads.iter().find_map(|seen| after(seen, &|request| self.plain(request))) {
            return Some(found);
        }
        let is_own_kind = |seen: &&Seen<'_>| {
            let envelope = self.webhook.read_head(seen.head().with_base(base));
            envelope.is_ok_and(|envelope| envelope.tags(self.kind).is_ok())
        };
        let likeliest = heads.iter().find(is_own_kind).or(heads.first())?;
        // Where the head is proved and the body is another one, the secret is the right one.
        let is_right = self.case.refusal.kind() == ErrorKind::PayloadHashMismatch;
        after(likeliest, &|request| {
            let secret = if is_right { None } else { self.secrets(request) };
            secret
                .or_else(|| self.bodies(request))
                .or_else(|| self.urls(request))
                .or_else(|| self.query(request))
        })
    }

    /// Tries the keys as they are.
    fn plain(&self, request: Request<'_>) -> Option<Match> {
        let is_own = self
            .webhook
            .read_head(request.head())
            .is_ok_and(|envelope| self.webhook.select(&envelope).is_ok());
        for kind in self.kinds_of(request) {
            let is_known = |at: usize| kind == self.kind && self.known.get(at) == Some(&true);
            let unknown = self.case.candidates.iter().enumerate().filter(|(at, _)| !is_known(*at));
            let others = unknown.flat_map(|(_, (label, candidate))| {
                let other = self.case.other_secret(label.as_deref());
                self.keys(kind, &candidate.text).into_iter().map(move |keys| (other.clone(), Some(keys)))
            });
            let own = (is_own && kind == self.kind).then_some((None, None)).into_iter();
            for (other, keys) in own.chain(others) {
                if let Some(verified) = self.prove(request, keys.as_ref()) {
                    return Some((self.other_algorithm(kind).into_iter().chain(other).collect(), verified));
                }
            }
        }
        None
    }

    /// Changes the secrets.
    fn secrets(&self, request: Request<'_>) -> Option<Match> {
        let kind = self.kinds_of(request).into_iter().next()?;
        let SignatureKind::Mac(function) = kind else { return None };
        let prove = |change: &secrets::Change, read: ReadSecret| {
            let secret = read(&change.text).ok()?;
            self.prove(request, Some(&SenderKeys::Mac(MacKeys::of_secret(function, &secret))))
        };
        for (label, candidate) in &self.case.candidates {
            let undecoded = secrets::Change {
                cause: Cause::SecretBase64,
                words: "the secret is used as it is, not decoded from base64",
                text: candidate.text.clone(),
            };
            let changed = secrets::changes(&candidate.text);
            let read =
                changed.iter().flat_map(|change| self.readings.iter().map(move |read| (change, *read)));
            let mut read = read.chain([(&undecoded, VERBATIM)]);
            if let Some((change, verified)) =
                read.find_map(|(change, read)| Some((change, prove(change, read)?)))
            {
                let changed = (change.cause, change.words.to_owned());
                let other = self.case.other_secret(label.as_deref());
                return Some((
                    self.other_algorithm(kind).into_iter().chain([changed]).chain(other).collect(),
                    verified,
                ));
            }
        }
        None
    }

    fn bodies(&self, request: Request<'_>) -> Option<Match> {
        self.changed(|matches| {
            bodies::find(request.body(), &self.case.budget, |body| {
                matches(Request::new(request.head(), body))
            })
        })
    }

    fn urls(&self, request: Request<'_>) -> Option<Match> {
        let base = self.webhook.base().filter(|_| self.webhook.signs_url())?;
        self.changed(|matches| {
            urls::find(self.case.capture, base, |base, target| {
                matches(Request::new(
                    request.head().with_target(target).with_base(Some(base)),
                    request.body(),
                ))
            })
        })
    }

    fn query(&self, request: Request<'_>) -> Option<Match> {
        let (path, query) = request.head().target().split_once('?').filter(|_| self.webhook.signs_url())?;
        self.changed(|matches| {
            let mut matches = |query: &[u8]| {
                let target = [path.as_bytes(), b"?", query].concat();
                let head = |target| Request::new(request.head().with_target(target), request.body());
                str::from_utf8(&target).is_ok_and(|target| matches(head(target)))
            };
            let mut trials = Trials::new(query.as_bytes(), &self.case.budget, &mut matches);
            pairs::escape(&mut trials, Cause::ParamsDecoding);
            pairs::rewrite(&mut trials);
            pairs::reorder(&mut trials);
            trials.found()
        })
    }

    /// Adds to a change what has to be done beside it.
    fn changed(
        &self,
        find: impl FnOnce(&mut dyn FnMut(Request<'_>) -> bool) -> Option<Change>,
    ) -> Option<Match> {
        let mut found = None;
        let change = find(&mut |request| {
            found = self.plain(request);
            found.is_some()
        })?;
        found.map(|(changes, verified)| ([change].into_iter().chain(changes).collect(), verified))
    }

    /// Proves a request by the budget.
    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Option<Verified> {
        let head = request.head();
        let length = head.target().len().max(head.query().len()).saturating_add(request.body().len());
        if self.case.budget.draw(length) { self.webhook.prove(request, keys).ok() } else { None }
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

    /// The webhook's own kind of signature, then other algorithms.
    fn kinds(&self) -> impl Iterator<Item = SignatureKind> {
        let is_mac = matches!(self.kind, SignatureKind::Mac(_));
        let others = Algorithm::ALL.iter().map(|algorithm| SignatureKind::Mac(Function::from(*algorithm)));
        [self.kind].into_iter().chain(others.filter(move |other| is_mac && *other != self.kind))
    }

    /// Those kinds of which the request has a signature.
    fn kinds_of(&self, request: Request<'_>) -> Vec<SignatureKind> {
        let Ok(envelope) = self.webhook.read_head(request.head()) else { return Vec::new() };
        self.kinds().filter(|kind| envelope.tags(*kind).is_ok()).collect()
    }

    fn other_algorithm(&self, kind: SignatureKind) -> Option<Change> {
        let is_named = |algorithm: &&Algorithm| SignatureKind::Mac(Function::from(**algorithm)) == kind;
        let other = Algorithm::ALL.iter().find(is_named).filter(|_| kind != self.kind);
        other.map(|algorithm| (Cause::AlgorithmOther, format!("the algorithm is {}", algorithm.as_str())))
    }

    /// The findings, once the signature is explained: the time is judged beside it.
    fn findings(&self, changes: &Changes, verified: &Verified) -> Vec<Finding> {
        let mut findings = proofs(changes);
        if let (Some((window, clock)), Some(signed)) = (self.webhook.window(), verified.signed_at())
            && let Ok(now) = clock.now()
            && window.check(now, signed).is_err()
        {
            findings.push(times::outside("the signed time", signed, now, window));
        }
        if findings.is_empty() {
            findings.push(self.case.refused_otherwise());
        }
        findings
    }

    /// What looks wrong, where nothing explains the signature.
    fn hints(&self) -> Vec<Finding> {
        let (capture, refusal) = (self.case.capture, &self.case.refusal);
        let mut hints = Vec::new();
        match (refusal.kind(), refusal.header_name()) {
            (ErrorKind::SignatureMismatch, _) => {}
            (ErrorKind::SignatureMissing, Some(name)) => {
                let (cause, other) = match signatures::like(capture) {
                    Some(other) => (
                        Cause::HeaderOther,
                        format!("`{}` looks like a signature", other.to_ascii_lowercase()),
                    ),
                    None => (Cause::SignatureMissing, "none that looks like a signature".to_owned()),
                };
                hints.push(Finding::hint(cause, format!("there is no header `{name}`, and {other}")));
            }
            (ErrorKind::SignatureMalformed, _) => {
                let head = capture.request().head().with_base(self.webhook.base());
                let written = self.webhook.read_head(head).ok().and_then(|envelope| envelope.written());
                let hint = written
                    .and_then(|(text, encoding)| signatures::length_hint(text, self.kind.bytes(), encoding));
                hints.push(hint.unwrap_or_else(|| self.case.refused_otherwise()));
            }
            (ErrorKind::PayloadHashMismatch, _) => {
                let evidence = "the signature matches, and the body is not the one whose hash is signed";
                hints.push(Finding::hint(Cause::PayloadAltered, evidence));
                return hints.into_iter().chain(bodies::hint(&capture.body)).collect();
            }
            _ => return vec![self.case.refused_otherwise()],
        }
        hints.extend(bodies::hint(&capture.body));
        self.case.unexplained(hints)
    }
}

/// Whether a secret is one of these keys.
fn is_among(keys: Option<&SenderKeys>, read: ReadSecret, text: &[u8]) -> bool {
    let (Some(SenderKeys::Mac(keys)), Ok(secret)) = (keys, read(text)) else { return false };
    let tag = MacKeys::of_secret(keys.function(), &secret).sign([[].as_slice()].into_iter());
    keys.find(b"", &Tag::new(&tag).into()).is_some()
}

const READINGS: [ReadSecret; 2] = [VERBATIM, DECODED];
