//! What a token covers, and what it may have covered before something changed it.

use super::case::Case;
use super::pairs::{self, Pairs};
use super::{Cause, Finding, bodies};
use crate::claims::Claims;
use crate::compare;
use crate::encoding::{base64, hex};
use crate::error::ErrorKind;
use crate::jwt::TokenRule;
use crate::mac::sha256;
use crate::providers::livekit::LiveKitRule;
use crate::providers::messagebird::MessageBirdRule;
use crate::providers::vonage::contact_center::ContactCenterRule;
use crate::providers::vonage::signed_webhook::{SignedWebhookRule, check_query};

/// A platform's tokens, of which the signature matches.
pub(super) trait Payload: TokenRule {
    /// Says what is wrong with what the claims bind.
    fn payload(&self, case: &Case<'_>, claims: &Claims) -> Vec<Finding>;
}

impl Payload for SignedWebhookRule {
    fn payload(&self, case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
        vonage(case, claims)
    }
}

impl Payload for ContactCenterRule {
    fn payload(&self, case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
        vonage(case, claims)
    }
}

impl Payload for LiveKitRule {
    fn payload(&self, case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
        match claims.hash("sha256", base64::decode_padded_32) {
            Ok(Some(hash)) => body(case, "sha256", &hash),
            Ok(None) => vec![unhashed("sha256")],
            Err(_) => vec![case.refused_otherwise()],
        }
    }
}

impl Payload for MessageBirdRule {
    fn payload(&self, case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
        let url = case.capture.target.as_deref().map(|target| sha256(self.url(target).as_bytes()));
        let mut findings = Vec::new();
        match claims.hash("url_hash", hex::decode) {
            Ok(Some(hash)) if url.is_some_and(|url| compare::eq(&url, &hash)) => {}
            Ok(Some(_)) => {
                let evidence = "the signature matches, and the URL is not the one whose hash is signed: \
                                the base URL, the path and the query must be those that MessageBird calls";
                findings.push(Finding::hint(Cause::RefusedOtherwise, evidence));
            }
            Ok(None) => findings.push(unhashed("url_hash")),
            Err(_) => findings.push(case.refused_otherwise()),
        }
        match claims.hash("payload_hash", hex::decode) {
            Ok(Some(hash)) => findings.extend(body(case, "payload_hash", &hash)),
            Ok(None) if case.capture.body.is_empty() => {}
            Ok(None) => findings.push(unhashed("payload_hash")),
            Err(_) => findings.push(case.refused_otherwise()),
        }
        findings
    }
}

fn vonage(case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
    match claims.hash("payload_hash", hex::decode) {
        Ok(Some(hash)) if is_covered(case, &hash) => Vec::new(),
        Ok(Some(hash)) => explained(case, "payload_hash", find(case, &hash)),
        Ok(None) if case.refusal.kind() == ErrorKind::PayloadHashMissing => vec![unhashed("payload_hash")],
        Ok(None) => Vec::new(),
        Err(_) => vec![case.refused_otherwise()],
    }
}

/// What is wrong with a body of which a claim is the hash.
fn body(case: &Case<'_>, claim: &str, hash: &[u8; 32]) -> Vec<Finding> {
    if is_of(case, &case.capture.body, hash) {
        Vec::new()
    } else {
        explained(case, claim, find_body(case, hash))
    }
}

fn explained(case: &Case<'_>, claim: &str, change: Option<(Cause, String)>) -> Vec<Finding> {
    if let Some((cause, words)) = change {
        let evidence = format!("the signature matches, and so does `{claim}` when {words}");
        return vec![Finding::proved(cause, evidence)];
    }
    let hint = if case.capture.method == "GET" { None } else { bodies::hint(&case.capture.body) };
    let forged = Finding::hint(
        Cause::ForgedOrUnknownSecret,
        "the signature matches, and nothing that was tried gives a payload with its hash",
    );
    hint.into_iter().chain([forged]).collect()
}

fn unhashed(claim: &str) -> Finding {
    let evidence = format!("the signature matches, and the token has no claim `{claim}`");
    Finding::hint(Cause::PayloadHashMissing, evidence)
}

/// Whether the hash is that of the payload as it is.
fn is_covered(case: &Case<'_>, hash: &[u8; 32]) -> bool {
    let capture = case.capture;
    if capture.method == "GET" {
        is_of_query(case, &capture.query, hash)
    } else {
        is_of(case, &capture.body, hash)
    }
}

/// The change of the payload that gives it the hash.
fn find(case: &Case<'_>, hash: &[u8; 32]) -> Option<(Cause, String)> {
    let capture = case.capture;
    let found = |cause, words: &str| Some((cause, words.to_owned()));
    if !capture.query.is_empty() && is_of(case, &capture.query, hash) {
        return found(Cause::PayloadHashRawQuery, "it is taken for the hash of the raw query");
    }
    if capture.method == "GET" {
        if !capture.body.is_empty() && is_of(case, &capture.body, hash) {
            return found(Cause::ParamsOtherSource, "the body is taken instead of the query");
        }
        let query = |pairs: &Pairs| is_of_query(case, &pairs::write(pairs), hash);
        return pairs::find(&capture.query, || !case.budget.is_exceeded(), query)
            .map(|(cause, words)| (cause, words.to_owned()));
    }
    if !capture.query.is_empty() && is_of_query(case, &capture.query, hash) {
        return found(Cause::ParamsOtherSource, "the query is taken instead of the body");
    }
    find_body(case, hash)
}

fn find_body(case: &Case<'_>, hash: &[u8; 32]) -> Option<(Cause, String)> {
    let change = bodies::find(&case.capture.body, |body| is_of(case, body, hash))?;
    Some(match change.cause {
        Cause::BodyReserialised => (Cause::PayloadHashReserialised, change.words),
        other => (other, change.words),
    })
}

fn is_of(case: &Case<'_>, payload: &[u8], hash: &[u8; 32]) -> bool {
    case.budget.draw(payload.len()) && compare::eq(&sha256(payload), hash)
}

fn is_of_query(case: &Case<'_>, query: &[u8], hash: &[u8; 32]) -> bool {
    case.budget.draw(query.len()) && check_query(query, hash).is_ok()
}
