//! Vonage's signed webhooks and the Contact Center: a token that covers the body or the query.

use super::json::{self, Value};
use super::mac::{self, Function};
use super::params::{self, Params};
use super::{Proof, Request, Scheme, Setup, base64};

type Claims = Vec<(String, Value)>;

pub(crate) fn verdict(setup: &Setup, request: &Request) -> Option<Proof> {
    let token = carried(setup, request)?;
    let segments: Vec<_> = token.split(|byte| *byte == b'.').collect();
    let [header, payload, signature] = segments[..] else { return None };
    check_header(&base64::decode_url(header)?)?;

    let claims = json::object(&base64::decode_url(payload)?)?;
    if json::has_repeated_name(&claims) {
        return None;
    }
    // Without tenants the claim is not used.
    let account = text(&claims, "api_key").unwrap_or_default();
    let (keys, tenant) = setup.keys(account.map(str::as_bytes))?;
    let signing_input = [header, b".", payload].concat();
    let key = mac::find(Function::HmacSha256, keys, &signing_input, &base64::decode_url(signature)?)?;

    let signed_at = check_claims(setup, &claims)?;
    let coverage = check_payload(setup, request, &claims)?;
    let parameters = if coverage == "query" { params::urlencoded(&request.query) } else { None };
    Some(Proof { key, coverage, signed_at: Some(signed_at), tenant, parameters })
}

/// The compact JSON object of a query's parameters. `None` if one is not UTF-8.
pub(crate) fn query_object(params: &Params) -> Option<String> {
    let mut members = Vec::new();
    for (name, value) in params {
        let (name, value) = (std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?);
        members.push(format!("{}:{}", json::stringify(name), json::stringify(value)));
    }
    Some(format!("{{{}}}", members.join(",")))
}

/// The token in its header, after `Bearer`, which is optional in another header.
fn carried<'r>(setup: &Setup, request: &'r Request) -> Option<&'r [u8]> {
    let value = request.header(setup.header()).ok()??;
    let moved = setup.header.as_ref().is_some_and(|name| !name.eq_ignore_ascii_case("authorization"));
    if value.len() >= 7 && value[..7].eq_ignore_ascii_case(b"bearer ") {
        Some(&value[7..])
    } else {
        moved.then_some(value)
    }
}

pub(crate) fn check_header(header: &[u8]) -> Option<()> {
    let members = json::object(header)?;
    let b64 = json::member(&members, "b64");
    let accepted = !json::has_repeated_name(&members)
        && json::member(&members, "alg") == Some(&Value::Text("HS256".to_owned()))
        && json::member(&members, "crit").is_none()
        // RFC 7797: `true` is the default.
        && (b64.is_none() || b64 == Some(&Value::Literal("true".to_owned())));
    accepted.then_some(())
}

/// Checks the claims about the signer and the time. Returns when the token was signed.
fn check_claims(setup: &Setup, claims: &Claims) -> Option<i64> {
    let (issued_at, expires_at, not_before) =
        (time(claims, "iat", false).ok()?, time(claims, "exp", false).ok()?, time(claims, "nbf", true).ok()?);
    // A claim that is no text, or contains U+0000, matches no required text.
    let (issuer, api_key, application_id) = (
        text(claims, "iss"),
        text(claims, "api_key").unwrap_or_default(),
        text(claims, "application_id").unwrap_or_default(),
    );

    let now = i128::from(setup.now);
    let (late, early) = (i128::from(setup.leeway.0), i128::from(setup.leeway.1));
    let issuer_accepted =
        setup.any_issuer || issuer.is_ok_and(|issuer| issuer.is_none_or(|issuer| issuer == "Vonage"));
    let account_accepted = setup.api_key.is_none() || setup.api_key.as_deref() == api_key;
    let application_accepted =
        setup.application_id.is_none() || setup.application_id.as_deref() == application_id;
    let expiry_accepted = match expires_at {
        Some(expires_at) => now < i128::from(expires_at) + late,
        None => setup.scheme != Scheme::ContactCenter,
    };
    let begun = not_before.is_none_or(|not_before| i128::from(not_before) - early <= now);
    let accepted = issuer_accepted
        && account_accepted
        && application_accepted
        && expiry_accepted
        && begun
        && setup.has_clock()
        && setup.is_recent(issued_at?);
    if accepted { issued_at } else { None }
}

/// Checks that the token covers the request. Returns the coverage.
fn check_payload(setup: &Setup, request: &Request, claims: &Claims) -> Option<&'static str> {
    if setup.max_body.is_some_and(|limit| request.body.len() > limit) {
        return None;
    }
    let is_get = match request.method.as_str() {
        "POST" => false,
        "GET" if setup.scheme == Scheme::SignedWebhook => true,
        _ => return None,
    };
    let hash = match json::member(claims, "payload_hash") {
        Some(Value::Text(hash)) => mac::unhex(hash.as_bytes()).filter(|hash| hash.len() == 32)?,
        None if setup.unhashed_body => return Some("token"),
        _ => return None,
    };
    if !is_get {
        return (hash == mac::sha256(&request.body)).then_some("body");
    }
    if !request.body.is_empty() || request.query.len() > 64 * 1024 {
        return None;
    }
    let params = params::urlencoded(&request.query).filter(params::are_acceptable)?;
    // The hash of a GET without parameters is not documented: of the empty object, or of nothing.
    let nothing_hashed = params.is_empty() && hash == mac::sha256(b"");
    (nothing_hashed || hash == mac::sha256(query_object(&params)?.as_bytes())).then_some("query")
}

/// A text claim, if present.
fn text<'c>(claims: &'c Claims, name: &str) -> Result<Option<&'c str>, ()> {
    match json::member(claims, name) {
        None => Ok(None),
        Some(Value::Text(text)) if !text.contains('\0') => Ok(Some(text)),
        Some(_) => Err(()),
    }
}

/// A claim in seconds, if present, rounded.
pub(crate) fn time(claims: &Claims, name: &str, up: bool) -> Result<Option<i64>, ()> {
    match json::member(claims, name) {
        None => Ok(None),
        Some(Value::Literal(literal)) => json::rounded(literal, up).map(Some).ok_or(()),
        Some(_) => Err(()),
    }
}
