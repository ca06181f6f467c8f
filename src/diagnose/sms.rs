//! Why a signature over parameters does not match.

use std::collections::HashSet;

use super::case::{Case, Changes, VERBATIM, proofs};
use super::explain::Explanation;
use super::pairs::{self, Pairs};
use super::trials::Trials;
use super::{Capture, Cause, Finding, bodies, signatures, times};
use crate::encoding::hex;
use crate::error::ErrorKind;
use crate::mac::{Function, MacKeys};
use crate::params::{self, Param, Params};
use crate::providers::vonage::{self, SignatureMethod, Sms};
use crate::request::{Head, HeaderName, MediaType, Request};
use crate::rule::Encoding;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::verifier::Verifier;

pub(super) fn explain(case: &Case<'_>, sms: &Sms) -> Explanation {
    let sources = sources(case.capture);
    match changes(case, sms.method(), &sources) {
        None => Err(hints(case, sms.method(), &sources)),
        Some(changes) => {
            let mut findings = proofs(&changes);
            findings.extend(time(case, sms, &sources));
            if findings.is_empty() {
                findings.push(case.refused_otherwise());
            }
            Ok(findings)
        }
    }
}

/// Parameters, and where they are.
struct Source {
    place: Place,
    pairs: Pairs,
    /// As a query or form.
    raw: Vec<u8>,
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
        Source { place, pairs, raw: raw.to_vec() }
    };
    let mut params = Params::default();
    let written = |place, pairs: Pairs| Source { place, raw: pairs::write(&pairs), pairs };
    let json = params.read_json(&capture.body).ok().map(|_| {
        let pairs = params.iter().map(|Param { name, value }| (name.to_vec(), value.to_vec()));
        written(Place::Json, pairs.collect())
    });
    let body = json.unwrap_or_else(|| form(Place::Form, &capture.body));
    let mut sources = vec![body, form(Place::Query, &capture.query)];
    sources.retain(|source| !source.pairs.is_empty());
    if let [body, query] = sources.as_slice() {
        let known: HashSet<_> = body.pairs.iter().map(|(name, _)| name).collect();
        let missing = query.pairs.iter().filter(|(name, _)| !known.contains(name));
        let pairs = body.pairs.iter().chain(missing).cloned().collect();
        sources.push(written(Place::Everywhere, pairs));
    }
    let expected = Place::expected(capture);
    sources.sort_by_key(|source| Some(source.place) != expected);
    sources
}

/// What has to be done for the signature to match.
fn changes(case: &Case<'_>, method: SignatureMethod, sources: &[Source]) -> Option<Changes> {
    let own = sources.first().filter(|_| case.is_tried())?;
    let expected = Place::expected(case.capture);
    let place = |source: &Source| {
        (Some(source.place) != expected).then(|| (Cause::ParamsOtherSource, source.place.words().to_owned()))
    };
    let others = SignatureMethod::ALL.iter().copied().filter(|other| *other != method);
    for used in [method].into_iter().chain(others) {
        if let Some(secret) = try_form(case, used, &own.raw) {
            let other =
                (used != method).then(|| (Cause::AlgorithmOther, format!("the method is {}", used.as_str())));
            return Some(other.into_iter().chain(place(own)).chain(secret).collect());
        }
    }
    signature(case, method, &own.pairs)
        .or_else(|| {
            let other =
                |source: &Source| try_form(case, method, &source.raw).map(|secret| (place(source), secret));
            let (place, secret) = sources.iter().skip(1).find_map(other)?;
            Some(place.into_iter().chain(secret).collect())
        })
        .or_else(|| {
            let mut other = Changes::new();
            let mut matches = |form: &[u8]| try_form(case, method, form).map(|found| other = found).is_some();
            let mut trials = Trials::new(&own.raw, &case.budget, &mut matches);
            pairs::rewrite(&mut trials);
            put_back(case, &mut trials);
            let change = trials.found()?;
            Some([change].into_iter().chain(other).collect())
        })
        .or_else(|| joined(case, method, &own.raw))
        .or_else(|| case.change_secrets(VERBATIM, own.raw.len(), |secret| verifies(method, secret, &own.raw)))
        .or_else(|| {
            let change = bodies::find_package(&case.capture.body, &case.budget, |body| {
                let headers = case.capture.headers.clone();
                let changed = Capture::new(case.capture.method.clone(), headers, body);
                let sources = self::sources(&changed);
                sources.first().is_some_and(|source| try_form(case, method, &source.raw).is_some())
            })?;
            Some(vec![change])
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
        let given = signatures::read(value).into_iter().filter(|given| !own || given.change.is_some());
        for given in given.take_while(|_| case.is_tried()) {
            *changed.get_mut(at)? = (b"sig".to_vec(), hex::encode(given.tag.as_bytes()).into_bytes());
            if let Some(secret) = try_form(case, method, &pairs::write(&changed)) {
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

/// Puts back parameters that may have been dropped: a blank one of the documented names, and the tenant's name.
fn put_back(case: &Case<'_>, trials: &mut Trials<'_>) {
    let raw = trials.text();
    for name in DOCUMENTED {
        let words = format_args!("a blank parameter `{name}` is put back");
        trials.test(Cause::ParamsBlank, words, &[raw, b"&", name.as_bytes(), b"="].concat());
    }
    for tenant in case.candidates.iter().filter_map(|(_, candidate)| candidate.tenant()) {
        let named = pairs::write(&vec![(b"api-key".to_vec(), tenant.as_bytes().to_vec())]);
        let words = "the parameter `api-key` is put back";
        trials.test(Cause::TenantMissing, words, &[raw, b"&", &*named].concat());
    }
}

/// Looks for a signature over parameters that are not sorted, or that are joined without the first `&`.
fn joined(case: &Case<'_>, method: SignatureMethod, raw: &[u8]) -> Option<Changes> {
    let function = Function::from(method);
    for (is_sorted, words) in
        [(true, "no `&` stands before the first parameter"), (false, "the parameters are not sorted")]
    {
        let mut params = Params::default();
        params.read_form(raw).ok()?;
        if is_sorted {
            params.sort_unique().ok()?;
        }
        let tag = function.decode_hex(params.take("sig")?.value)?.into();
        let message = params.join(|_| true);
        for message in [message, message.strip_prefix(b"&").unwrap_or(message)] {
            let matches =
                |secret: &Secret| MacKeys::of_secret(function, secret).find(message, &tag).is_some();
            if let Some(other) = case.try_secrets(VERBATIM, message.len(), matches) {
                return Some([(Cause::ParamsOrder, words.to_owned())].into_iter().chain(other).collect());
            }
        }
    }
    None
}

/// Tries the secrets as they are on a form.
fn try_form(case: &Case<'_>, method: SignatureMethod, form: &[u8]) -> Option<Changes> {
    let count = form.split(|byte| *byte == b'&').count();
    let may_match = case.is_tried() && count <= params::MAX_COUNT;
    may_match
        .then(|| case.try_secrets(VERBATIM, form.len(), |secret| verifies(method, secret, form)))
        .flatten()
}

fn verifies(method: SignatureMethod, secret: &Secret, form: &[u8]) -> bool {
    let sms = Sms::new(method, secret.clone()).max_body(usize::MAX);
    sms.verify(Request::new(Head::new("POST", &[("content-type", FORM)]), form)).is_ok()
}

/// Judges the time, once the signature is explained.
fn time(case: &Case<'_>, sms: &Sms, sources: &[Source]) -> Option<Finding> {
    let (window, clock) = sms.window()?;
    let (_, text) = sources.first()?.pairs.iter().find(|(name, _)| name == b"timestamp")?;
    let signed: UnixTime = UnixTime::from_secs(str::from_utf8(text).ok()?.parse().ok()?);
    let now = clock.now().ok()?;
    match window.check(now, signed) {
        Err(ErrorKind::TimestampStale | ErrorKind::TimestampFuture) => {
            Some(times::outside("`timestamp`", signed, now, window))
        }
        Err(_) => Some(case.refused_otherwise()),
        Ok(()) => None,
    }
}

/// What looks wrong, where nothing explains the signature.
fn hints(case: &Case<'_>, method: SignatureMethod, sources: &[Source]) -> Vec<Finding> {
    let missing = || Finding::hint(Cause::SignatureMissing, "there is no parameter `sig`");
    let mut hints = Vec::new();
    match sources.first() {
        _ if case.refusal.kind() == ErrorKind::SchemeMismatch => {
            let evidence = "the body is one of the Messages API, whose scheme is `vonage-jwt`";
            hints.push(Finding::hint(Cause::SchemeOther, evidence));
        }
        None if case.capture.method == "GET" => hints.push(missing()),
        None => hints.extend(bodies::hint(&case.capture.body)),
        Some(own) => {
            let sig = own.pairs.iter().find(|(name, _)| name == b"sig");
            let bytes = Function::from(method).tag_bytes();
            match sig {
                Some((_, value)) => hints.extend(signatures::length_hint(value, bytes, Encoding::Hex)),
                None => hints.push(missing()),
            }
            hints.extend(pairs::hint(&own.raw));
        }
    }
    match case.refusal.kind() {
        ErrorKind::SignatureMismatch => case.unexplained(hints),
        _ if hints.is_empty() => vec![case.refused_otherwise()],
        _ => hints,
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
/// Of inbound SMS and delivery receipts, those that may be blank.
const DOCUMENTED: [&str; 12] = [
    "text",
    "keyword",
    "type",
    "data",
    "udh",
    "client-ref",
    "err-code",
    "network-code",
    "price",
    "scts",
    "to",
    "nonce",
];
