//! Finds out whether another scheme signed a request.

use super::case::Case;
use super::heads::Seen;
use super::{Cause, Finding, signatures};
use crate::error::ErrorKind;
use crate::jwt::AUTHORIZATION;
use crate::request::BaseUrl;
use crate::schemes::{Scheme, Settings};
use crate::secret::Secret;

/// Finds another scheme with which a given secret signed the request.
pub(super) fn proved(case: &Case<'_>, expected: &str) -> Option<Finding> {
    let scheme = others(expected).find_map(|scheme| signed(case, scheme))?;
    Some(Finding::proved(Cause::SchemeOther, format!("the signature matches when the scheme is {scheme}")))
}

/// Finds another scheme that has its signature where the request has one.
pub(super) fn alike(case: &Case<'_>, expected: &str) -> Option<Finding> {
    let alike: Vec<_> = others(expected).filter(|scheme| is_alike(case, scheme)).map(Scheme::name).collect();
    let evidence = format!(
        "the request has no signature of this scheme, but one like that of `{}`",
        alike.join("` or `")
    );
    (!alike.is_empty()).then(|| Finding::hint(Cause::SchemeOther, evidence))
}

fn others(expected: &str) -> impl Iterator<Item = &'static Scheme> {
    Scheme::ALL.iter().filter(move |scheme| scheme.name() != expected)
}

/// The scheme's name, with its algorithm, if a given secret signed the request with it.
fn signed(case: &Case<'_>, scheme: &Scheme) -> Option<String> {
    let request = case.capture.request();
    // The URL as the request states it. It proves nothing by itself.
    let base = case.capture.header("host").and_then(|host| BaseUrl::new(&format!("https://{host}")).ok());
    let settings = |algorithm: Option<&str>, text: &[u8]| Settings {
        keyring: Secret::verbatim(text).ok().map(Into::into),
        algorithm: algorithm.map(str::to_owned),
        base_url: base.clone(),
        ..Settings::default()
    };
    let takes_algorithm = |text| scheme.build(&settings(Some("none"), text)).is_err();
    let signs = |algorithm, text: &[u8]| {
        let Ok(verifier) = scheme.build(&settings(algorithm, text)) else { return false };
        let begun = verifier.begin(request.head());
        let is_readable = begun.err().is_none_or(|error| WITH_SIGNATURE.contains(&error.kind()));
        is_readable && case.budget.draw(request.body().len()) && verifier.signs(request)
    };
    case.candidates.iter().find_map(|(_, candidate)| {
        let algorithms =
            if takes_algorithm(&candidate.text) { ALGORITHMS.map(Some).to_vec() } else { vec![None] };
        let algorithm = algorithms.into_iter().find(|algorithm| signs(*algorithm, &candidate.text))?;
        let by = algorithm.map(|algorithm| format!(", by the algorithm {algorithm}")).unwrap_or_default();
        Some(format!("`{}`{by}", scheme.name()))
    })
}

/// Whether a request has a signature where a scheme has one. If a header looks like a signature, it must be that one.
fn is_alike(case: &Case<'_>, scheme: &Scheme) -> bool {
    // A header that the operator names is no sign of a scheme.
    let settings = Settings { header: None, ..scheme.sample([0; 32]).settings };
    let Ok(verifier) = scheme.build(&settings) else { return false };
    let seen = Seen::new(case.capture, None);
    let verdict = verifier.verify(seen.request());
    let mut like = signatures::like(case.capture, None).peekable();
    let is_its = like.peek().is_none() || like.any(|name| seen.was_asked(name.as_str()));
    is_its
        && verdict.is_err_and(|error| match error.kind() {
            ErrorKind::SignatureMismatch => true,
            // `Authorization` has other uses.
            ErrorKind::SignatureMalformed => error.header_name() != Some(AUTHORIZATION.as_str()),
            _ => false,
        })
}

/// The errors for a head that has a signature of the scheme.
const WITH_SIGNATURE: [ErrorKind; 5] = [
    ErrorKind::SignatureMismatch,
    ErrorKind::TimestampStale,
    ErrorKind::TimestampFuture,
    ErrorKind::TokenExpired,
    ErrorKind::TokenPremature,
];
const ALGORITHMS: [&str; 5] = ["sha256", "sha1", "sha512", "md5hash", "md5"];
