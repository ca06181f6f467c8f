//! Why a hex HMAC does not match.

use super::case::{Case, Changes, VERBATIM, proofs};
use super::signatures::{self, Given};
use super::{Capture, Cause, Finding, bodies, other_scheme};
use crate::error::ErrorKind;
use crate::mac::{Algorithm, Function, MacKeys, Tag};
use crate::request::HeaderName;
use crate::secret::Secret;

pub(super) fn diagnose(case: &Case<'_>, header: &HeaderName, function: Function) -> Vec<Finding> {
    if let ErrorKind::BodyTooLarge | ErrorKind::HeaderRepeated = case.refusal.kind() {
        return vec![case.refused_otherwise()];
    }
    let places = places(case.capture, header);
    match explain(case, function, &places) {
        Some(changes) if changes.is_empty() => vec![case.refused_otherwise()],
        Some(changes) => proofs(&changes),
        None => {
            let is_unsigned = case.refusal.kind() == ErrorKind::SignatureMissing && places.is_empty();
            let seen = || is_unsigned.then(|| other_scheme::seen(case)).flatten();
            match other_scheme::proved(case).or_else(seen) {
                Some(finding) => vec![finding],
                None => case.unexplained(hints(case.capture, header, function, &places)),
            }
        }
    }
}

/// Whether a hex HMAC in this header verifies under any secret as it is.
pub(super) fn matches(case: &Case<'_>, header: &HeaderName) -> bool {
    let mut own = places(case.capture, header).into_iter().filter(|place| place.other_header.is_none());
    own.any(|place| place.algorithm().is_some_and(|function| plain(case, &place, function).is_some()))
}

/// A signature, and where it was found.
struct Place {
    given: Given,
    other_header: Option<HeaderName>,
}

impl Place {
    /// The one that gives tags of this length.
    fn algorithm(&self) -> Option<Function> {
        let digits = self.given.tag.as_bytes().len().saturating_mul(2);
        let mut functions = Algorithm::ALL.iter().map(|algorithm| Function::from(*algorithm));
        functions.find(|function| function.hex_digits() == digits)
    }

    fn changes(&self, used: Function, configured: Function) -> Changes {
        let mut changes = Changes::new();
        if used != configured {
            changes.push((Cause::AlgorithmOther, format!("the algorithm is {}", name(used))));
        }
        if let Some(header) = &self.other_header {
            changes.push((Cause::HeaderOther, format!("it is read from the header `{header}`")));
        }
        changes.extend(self.given.change.map(|(cause, words)| (cause, words.to_owned())));
        changes
    }
}

/// What may be a signature in any header, those in the configured one first.
fn places(capture: &Capture, configured: &HeaderName) -> Vec<Place> {
    let mut places: Vec<_> = capture
        .headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::new(name).ok()?, value)))
        .flat_map(|(name, value)| {
            let other_header = (name != *configured).then_some(name);
            signatures::read(value)
                .into_iter()
                .map(move |given| Place { given, other_header: other_header.clone() })
        })
        .collect();
    places.sort_by_key(|place| place.other_header.is_some());
    places.truncate(MAX_PLACES);
    places
}

fn explain(case: &Case<'_>, function: Function, places: &[Place]) -> Option<Changes> {
    for place in places {
        if let Some(used) = place.algorithm()
            && let Some(secret) = plain(case, place, used)
        {
            return Some([place.changes(used, function), secret].concat());
        }
    }
    // Of several signatures the likeliest: in the configured header and of the configured length.
    let place = places.iter().find(|place| place.algorithm() == Some(function)).or_else(|| places.first())?;
    let used = place.algorithm()?;
    let found = place.changes(used, function);
    let (tag, body) = (&place.given.tag, case.capture.body.as_slice());
    let secret = case.change_secrets(VERBATIM, body.len(), |secret| holds(used, secret, body, tag));
    if let Some(secret) = secret {
        return Some([found, secret].concat());
    }
    let mut other = Changes::new();
    let body = bodies::find(body, |body| {
        let secret = case.try_secrets(VERBATIM, body.len(), |secret| holds(used, secret, body, tag));
        secret.map(|changes| other = changes).is_some()
    })?;
    Some([found, vec![(body.cause, body.words)], other].concat())
}

/// Tries the secrets as they are.
fn plain(case: &Case<'_>, place: &Place, function: Function) -> Option<Changes> {
    let (tag, body) = (&place.given.tag, case.capture.body.as_slice());
    case.try_secrets(VERBATIM, body.len(), |secret| holds(function, secret, body, tag))
}

fn holds(function: Function, secret: &Secret, body: &[u8], tag: &Tag) -> bool {
    MacKeys::of_secret(function, secret).find(body, &(*tag).into()).is_some()
}

fn name(function: Function) -> &'static str {
    let algorithm = Algorithm::ALL.iter().find(|algorithm| Function::from(**algorithm) == function);
    algorithm.map_or("another", |algorithm| algorithm.as_str())
}

fn hints(capture: &Capture, header: &HeaderName, function: Function, places: &[Place]) -> Vec<Finding> {
    let own: Vec<_> =
        capture.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header.as_str())).collect();
    let mut hints = Vec::new();
    if let Some((_, value)) = own.first() {
        hints.extend(signatures::length_hint(value, function.hex_digits()));
    } else if let Some(other) = places.iter().find_map(|place| place.other_header.as_ref()) {
        let evidence = format!("there is no header `{header}`, and `{other}` looks like a signature");
        hints.push(Finding::hint(Cause::HeaderOther, evidence));
    } else {
        let evidence = format!("there is no header `{header}`, and none that looks like a signature");
        hints.push(Finding::hint(Cause::SignatureMissing, evidence));
    }
    hints.extend(bodies::hint(&capture.body));
    hints
}

const MAX_PLACES: usize = 4;
