//! The SMS API, which signs parameters.

use super::case::{Case, Changes, VERBATIM};
use super::explain::{Covers, Message, Signed, Subject, Traits};
use super::trials::Change;
use super::{Capture, Cause, Finding, bodies, pairs, signatures, times};
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::mac::{Function, SenderKeys, SignatureKind};
use crate::params::Params;
use crate::providers::vonage::{SignatureMethod, Sms, Source};
use crate::request::{Head, MediaType, Request};
use crate::rule::Encoding;
use crate::verifier::Verifier;

impl Subject for Sms {
    fn traits(&self) -> Traits<'_> {
        let kind = Some(SignatureKind::Mac(self.method().into()));
        Traits { kind, base: None, readings: &[VERBATIM], covers: Covers::Params }
    }

    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Result<Signed, Error> {
        let verified = self.of_any_age(keys.and_then(SenderKeys::mac)).verify(request)?;
        let late = times::late("`timestamp`", self.window(), verified.signed_at());
        Ok(Signed { beside: late, rest: Ok(()) })
    }

    fn kinds(&self, _: Head<'_>) -> Result<Vec<SignatureKind>, Error> {
        let own = self.method();
        let others = SignatureMethod::ALL.iter().copied().filter(|other| *other != own);
        Ok([own].into_iter().chain(others).map(|method| SignatureKind::Mac(method.into())).collect())
    }

    fn own_keys(&self, request: Request<'_>) -> Option<SenderKeys> {
        self.own_keys(request).cloned().map(SenderKeys::Mac)
    }

    fn claimed_tenant(&self, request: Request<'_>) -> Option<String> {
        Self::claimed_api_key(request)
    }

    /// The same parameters are signed in the query, in a form and in JSON.
    fn moved(&self, case: &Case<'_>) -> Vec<(Changes, Capture)> {
        let places = places(case.capture).into_iter();
        let moved = places.map(|(other, form)| (other.into_iter().collect(), of_form(form)));
        // Other places come first, since a restored parameter is put where the parameters are.
        moved.chain(renamed(case)).collect()
    }

    /// Unsorted parameters, or joined without the first `&`.
    fn messages(&self, case: &Case<'_>) -> Vec<Message> {
        let function = Function::from(self.method());
        let Some((_, form)) = places(case.capture).into_iter().next() else { return Vec::new() };
        let shapes =
            [(true, "no `&` stands before the first parameter"), (false, "the parameters are not sorted")];
        let messages = |(is_sorted, words): (bool, &str)| {
            let mut params = Params::default();
            params.read_form(&form).ok()?;
            if is_sorted {
                params.sort_unique().ok()?;
            }
            let tag = function.decode_hex(params.take("sig")?.value)?;
            let bytes = params.join(|_| true).to_vec();
            let bare = bytes.strip_prefix(b"&").unwrap_or(&bytes).to_vec();
            let change = (Cause::ParamsOrder, words.to_owned());
            Some([bytes, bare].map(|bytes| Message { change: change.clone(), function, bytes, tag }))
        };
        shapes.into_iter().filter_map(messages).flatten().collect()
    }

    fn hints(&self, case: &Case<'_>) -> Vec<Finding> {
        let capture = case.capture;
        let form = places(capture).into_iter().next().map(|(_, form)| form);
        let pairs = pairs::decoded(form.as_deref().unwrap_or_default());
        let sig = pairs.iter().find(|(name, _)| name == b"sig");
        let bytes = Function::from(self.method()).tag_bytes();
        let first = match sig {
            _ if case.rejection.kind() == ErrorKind::SchemeMismatch => {
                let evidence = "the body is one of the Messages API, whose scheme is `vonage-jwt`";
                return vec![Finding::hint(Cause::SchemeOther, evidence)];
            }
            Some((_, sig)) => signatures::length_hint(sig, bytes, Encoding::Hex),
            None if form.is_none() && capture.method != "GET" => bodies::hint(&capture.body),
            None => Some(Finding::hint(Cause::SignatureMissing, "there is no parameter `sig`")),
        };
        let hints: Vec<_> = first.into_iter().chain(form.and_then(|form| pairs::hint(&form))).collect();
        match case.rejection.kind() {
            ErrorKind::SignatureMismatch => case.unexplained(hints),
            _ if hints.is_empty() => vec![case.rejected_otherwise()],
            _ => hints,
        }
    }
}

/// The place where the verifier looks.
fn expected(capture: &Capture) -> Option<&'static str> {
    Some(match Source::of(capture.request().head()).ok()? {
        Source::Query => IN_QUERY,
        Source::Body(MediaType::Form) => IN_FORM,
        Source::Body(MediaType::Json) => IN_JSON,
    })
}

/// The parameters of every place, as a form. The verifier's place comes first, the others have the change to look there.
fn places(capture: &Capture) -> Vec<(Option<Change>, Vec<u8>)> {
    let mut params = Params::default();
    let body = match params.read_json(&capture.body) {
        Ok(_) => {
            let pairs = params.iter().map(|param| (param.name.to_vec(), param.value.to_vec()));
            (IN_JSON, pairs::write(&pairs.collect()))
        }
        Err(_) => (IN_FORM, capture.body.clone()),
    };
    let mut places = vec![body, (IN_QUERY, capture.query.clone())];
    places.retain(|(_, form)| !form.is_empty());
    if let [(_, body), (_, query)] = places.as_slice() {
        let (mut all, mut missing) = (pairs::decoded(body), pairs::decoded(query));
        missing.retain(|(name, _)| all.iter().all(|(known, _)| known != name));
        all.extend(missing);
        places.push(("of query and body are taken together", pairs::write(&all)));
    }
    let expected = expected(capture);
    places.sort_by_key(|(place, _)| Some(*place) != expected);
    let other = |place| (Cause::ParamsOtherSource, format!("the parameters {place}"));
    let places = places.into_iter();
    places.map(|(place, form)| ((Some(place) != expected).then(|| other(place)), form)).collect()
}

/// The request with its signature in the right form and name, and with dropped parameters restored.
fn renamed(case: &Case<'_>) -> Vec<(Changes, Capture)> {
    let Some((_, form)) = places(case.capture).into_iter().next() else { return Vec::new() };
    let pairs = pairs::decoded(&form);
    let mut all = Vec::new();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let known =
            ["sig", "signature"].into_iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        let Some(known) = known else { continue };
        let other = (name != b"sig")
            .then(|| (Cause::HeaderOther, format!("the parameter like `{known}` is taken for `sig`")));
        for (tag, change) in signatures::read(value).into_iter().take(MOST_SIGNATURES) {
            let form_of_it = change.map(|(cause, words)| (cause, words.to_owned()));
            let changes: Changes = other.clone().into_iter().chain(form_of_it).collect();
            let mut pairs = pairs.clone();
            let is_tried = !changes.is_empty() && all.len() < MOST_SIGNATURES;
            if let Some(pair) = pairs.get_mut(at).filter(|_| is_tried) {
                *pair = (b"sig".to_vec(), hex::encode(tag.as_bytes()).into_bytes());
                all.push((changes, of_form(pairs::write(&pairs))));
            }
        }
    }
    let blank = DOCUMENTED
        .map(|name| (name, "", (Cause::ParamsBlank, format!("a blank parameter `{name}` is put back"))));
    let tenants =
        case.candidates.iter().filter_map(|(_, candidate)| candidate.tenant.as_deref()).map(|tenant| {
            ("api-key", tenant, (Cause::TenantMissing, "the parameter `api-key` is put back".to_owned()))
        });
    let restored = blank.into_iter().chain(tenants).filter(|_| form.len() <= MOST_BYTES);
    all.extend(restored.map(|(name, value, change)| {
        let pair = pairs::write(&vec![(name.into(), value.into())]);
        (vec![change], of_form([&*form, b"&", &pair].concat()))
    }));
    all
}

fn of_form(form: Vec<u8>) -> Capture {
    Capture::new("POST", [("content-type", "application/x-www-form-urlencoded")], form)
}

const IN_QUERY: &str = "are read from the query";
const IN_FORM: &str = "are read from the body as a form";
const IN_JSON: &str = "are read from the body as JSON";
const MOST_SIGNATURES: usize = 8;
/// Parameters are restored only in shorter forms.
const MOST_BYTES: usize = 4096;
/// Parameters of inbound SMS and delivery receipts that may be blank.
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
