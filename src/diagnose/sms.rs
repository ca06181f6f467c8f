//! Why a signature over parameters does not match.

use std::collections::HashSet;

use super::case::{Case, Changes, VERBATIM, proofs};
use super::pairs::{self, Pairs};
use super::{Capture, Cause, Finding, bodies, other_scheme, signatures, times};
use crate::encoding::hex;
use crate::error::ErrorKind;
use crate::mac::Function;
use crate::params::{self, Param, Params};
use crate::providers::vonage::{self, SignatureMethod, Sms};
use crate::request::HeaderName;
use crate::request::MediaType;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::verifier::Verifier;

pub(super) fn diagnose(case: &Case<'_>, sms: &Sms) -> Vec<Finding> {
    let method = sms.method();
    let sources = sources(case.capture);
    let Some(changes) = explain(case, method, &sources) else {
        let seen = || (!holds_sig(&sources)).then(|| other_scheme::seen(case)).flatten();
        let hints = hints(case, method, &sources);
        return match other_scheme::proved(case).or_else(seen) {
            Some(finding) => vec![finding],
            None if case.refusal.kind() == ErrorKind::SignatureMismatch => case.unexplained(hints),
            None if hints.is_empty() => vec![case.refused_otherwise()],
            None => hints,
        };
    };
    let mut findings = proofs(&changes);
    findings.extend(time(case, sms, &sources));
    if findings.is_empty() {
        findings.push(case.refused_otherwise());
    }
    findings
}

/// The method under which the parameters' signature verifies with any of the secrets as it is.
pub(super) fn matching_method(case: &Case<'_>) -> Option<SignatureMethod> {
    let sources = sources(case.capture);
    let own = &sources.first()?.pairs;
    sig(own)?;
    SignatureMethod::ALL.iter().copied().find(|method| try_pairs(case, *method, own).is_some())
}

/// Whether there is a parameter `sig` anywhere.
pub(super) fn is_signed(capture: &Capture) -> bool {
    holds_sig(&sources(capture))
}

fn holds_sig(sources: &[Source]) -> bool {
    sources.iter().any(|source| sig(&source.pairs).is_some())
}

/// Parameters, and where they are.
struct Source {
    place: Place,
    pairs: Pairs,
    /// The text they were decoded from, where it is a query or a form.
    raw: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Query,
    Form,
    Json,
    Everywhere,
}

impl Place {
    /// Where the verifier looks.
    fn expected(capture: &Capture) -> Option<Self> {
        let content_type = HeaderName::from_static("content-type");
        Some(match vonage::Source::of(capture.request().head(), &content_type).ok()? {
            vonage::Source::Query => Self::Query,
            vonage::Source::Body(MediaType::Form) => Self::Form,
            vonage::Source::Body(MediaType::Json) => Self::Json,
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Query => "the parameters are read from the query",
            Self::Form => "the parameters are read from the body as a form",
            Self::Json => "the parameters are read from the body as JSON",
            Self::Everywhere => "the parameters of query and body are taken together",
        }
    }
}

/// All places where there are parameters, the one where the verifier looks first.
fn sources(capture: &Capture) -> Vec<Source> {
    let form = |place, raw: &[u8]| {
        let pairs = pairs::decoded(&pairs::split(raw));
        Source { place, pairs, raw: Some(raw.to_vec()) }
    };
    let mut params = Params::default();
    let json = params.read_json(&capture.body).ok().map(|_| Source {
        place: Place::Json,
        pairs: params.iter().map(|Param { name, value }| (name.to_vec(), value.to_vec())).collect(),
        raw: None,
    });
    let body = json.unwrap_or_else(|| form(Place::Form, &capture.body));
    let mut sources = vec![body, form(Place::Query, &capture.query)];
    sources.retain(|source| !source.pairs.is_empty());
    if let [body, query] = sources.as_slice() {
        let known: HashSet<_> = body.pairs.iter().map(|(name, _)| name).collect();
        let missing = query.pairs.iter().filter(|(name, _)| !known.contains(name));
        let pairs = body.pairs.iter().chain(missing).cloned().collect();
        sources.push(Source { place: Place::Everywhere, pairs, raw: None });
    }
    let expected = Place::expected(capture);
    sources.sort_by_key(|source| Some(source.place) != expected);
    sources
}

fn explain(case: &Case<'_>, method: SignatureMethod, sources: &[Source]) -> Option<Changes> {
    let own = sources.first()?;
    let others = SignatureMethod::ALL.iter().copied().filter(|other| *other != method);
    for used in [method].into_iter().chain(others) {
        if let Some(secret) = try_pairs(case, used, &own.pairs) {
            let algorithm =
                (used != method).then(|| (Cause::AlgorithmOther, format!("the method is {}", used.as_str())));
            let source = (Some(own.place) != Place::expected(case.capture))
                .then(|| (Cause::ParamsOtherSource, own.place.words().to_owned()));
            return Some(algorithm.into_iter().chain(source).chain(secret).collect());
        }
    }
    signature(case, method, &own.pairs)
        .or_else(|| {
            sources.iter().skip(1).find_map(|source| {
                let secret = try_pairs(case, method, &source.pairs)?;
                Some([vec![(Cause::ParamsOtherSource, source.place.words().to_owned())], secret].concat())
            })
        })
        .or_else(|| {
            let matches = |pairs: &Pairs| try_pairs(case, method, pairs).is_some();
            let change = match &own.raw {
                Some(raw) => pairs::find(raw, || case.is_tried(), matches),
                None => pairs::find_rewritten(&own.pairs, || case.is_tried(), matches),
            };
            change.map(|(cause, words)| vec![(cause, words.to_owned())])
        })
        .or_else(|| {
            let form = form(case, &own.pairs)?;
            case.change_secrets(VERBATIM, form.body.len(), |secret| verifies(method, secret, &form))
        })
        .or_else(|| {
            let change = bodies::find_package(&case.capture.body, |body| {
                let headers = case.capture.headers.clone();
                let changed = Capture::new(case.capture.method.clone(), headers, body);
                self::sources(&changed)
                    .first()
                    .is_some_and(|source| try_pairs(case, method, &source.pairs).is_some())
            })?;
            Some(vec![(change.cause, change.words)])
        })
}

/// Looks for the signature in other forms and under other names.
fn signature(case: &Case<'_>, method: SignatureMethod, pairs: &Pairs) -> Option<Changes> {
    let mut changed = pairs.clone();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let own = name == b"sig";
        let named =
            ["sig", "signature"].into_iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        let Some(named) = named else { continue };
        for given in signatures::read(value) {
            *changed.get_mut(at)? = (b"sig".to_vec(), hex::encode(given.tag.as_bytes()).into_bytes());
            if let Some(secret) = try_pairs(case, method, &changed) {
                let renamed = (!own).then(|| {
                    (Cause::HeaderOther, format!("the parameter like `{named}` is taken for `sig`"))
                });
                let form = given.change.map(|(cause, words)| (cause, words.to_owned()));
                return Some(renamed.into_iter().chain(form).chain(secret).collect());
            }
        }
        *changed.get_mut(at)? = (name.clone(), value.clone());
    }
    None
}

/// Tries the secrets as they are.
fn try_pairs(case: &Case<'_>, method: SignatureMethod, pairs: &Pairs) -> Option<Changes> {
    let form = form(case, pairs)?;
    case.try_secrets(VERBATIM, form.body.len(), |secret| verifies(method, secret, &form))
}

/// A request of these parameters. `None` where a trial of them cannot match, so that nothing is written for it.
fn form(case: &Case<'_>, pairs: &Pairs) -> Option<Capture> {
    let may_match = case.is_tried() && pairs.len() <= params::MAX_COUNT;
    may_match.then(|| Capture::new("POST", [("content-type", FORM)], pairs::write(pairs)))
}

fn verifies(method: SignatureMethod, secret: &Secret, form: &Capture) -> bool {
    Sms::new(method, secret.clone()).max_body(usize::MAX).verify(form.request()).is_ok()
}

/// Judges the time, once the signature is explained.
fn time(case: &Case<'_>, sms: &Sms, sources: &[Source]) -> Option<Finding> {
    let (window, clock) = sms.window()?;
    let (_, text) = sources.first()?.pairs.iter().find(|(name, _)| name == b"timestamp")?;
    let signed: UnixTime = UnixTime::from_secs(str::from_utf8(text).ok()?.parse().ok()?);
    let now = clock.now().ok()?;
    match window.check(now, signed) {
        Err(ErrorKind::TimestampStale | ErrorKind::TimestampFuture) => {
            Some(times::outside("timestamp", signed, now, window))
        }
        Err(_) => Some(case.refused_otherwise()),
        Ok(()) => None,
    }
}

fn hints(case: &Case<'_>, method: SignatureMethod, sources: &[Source]) -> Vec<Finding> {
    let Some(own) = sources.first() else {
        return bodies::hint(&case.capture.body).into_iter().collect();
    };
    match sig(&own.pairs) {
        Some(value) => {
            signatures::length_hint(value, Function::from(method).hex_digits()).into_iter().collect()
        }
        None => vec![Finding::hint(Cause::SignatureMissing, "there is no parameter `sig`")],
    }
}

fn sig(pairs: &Pairs) -> Option<&[u8]> {
    pairs.iter().find(|(name, _)| name == b"sig").map(|(_, value)| value.as_slice())
}

const FORM: &[u8] = b"application/x-www-form-urlencoded";
