//! What a token covers, and what it may have covered before something changed it.

use super::case::Case;
use super::trials::{Change, Trials};
use super::{Cause, Finding, bodies, pairs, urls};
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
use crate::request::BaseUrl;

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
            Ok(Some(hash)) => {
                let is_signed =
                    |base: &BaseUrl, target: &str| compare::eq(&sha256(base.join(target).as_bytes()), &hash);
                let explained = |(cause, words)| {
                    Finding::proved(
                        cause,
                        format!("the signature matches, and so does `url_hash` when {words}"),
                    )
                };
                let evidence = "the signature matches, and the URL is not the one whose hash is signed";
                let found = urls::find(case.capture, self.base(), is_signed).map(explained);
                findings.push(found.unwrap_or_else(|| Finding::hint(Cause::UrlOther, evidence)));
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

fn explained(case: &Case<'_>, claim: &str, change: Option<Change>) -> Vec<Finding> {
    if let Some((cause, words)) = change {
        let evidence = format!("the signature matches, and so does `{claim}` when {words}");
        return vec![Finding::proved(cause, evidence)];
    }
    let hint = if case.capture.method == "GET" {
        pairs::hint(&case.capture.query)
    } else {
        bodies::hint(&case.capture.body)
    };
    let evidence = format!("the signature matches, and nothing that was tried has the hash `{claim}`");
    hint.into_iter().chain([Finding::hint(Cause::PayloadAltered, evidence)]).collect()
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
fn find(case: &Case<'_>, hash: &[u8; 32]) -> Option<Change> {
    let capture = case.capture;
    let found = |cause, words: &str| Some((cause, words.to_owned()));
    if !capture.query.is_empty() && is_of(case, &capture.query, hash) {
        return found(Cause::PayloadHashRawQuery, "it is taken for the hash of the raw query");
    }
    if capture.method == "GET" {
        if !capture.body.is_empty() && is_of(case, &capture.body, hash) {
            return found(Cause::ParamsOtherSource, "the body is taken instead of the query");
        }
        let mut matches = |query: &[u8]| is_of_query(case, query, hash);
        let mut changes = Trials::new(&capture.query, &case.budget, &mut matches);
        pairs::rewrite(&mut changes);
        pairs::reorder(&mut changes);
        return changes.found();
    }
    if !capture.query.is_empty() && is_of_query(case, &capture.query, hash) {
        return found(Cause::ParamsOtherSource, "the query is taken instead of the body");
    }
    find_body(case, hash)
}

fn find_body(case: &Case<'_>, hash: &[u8; 32]) -> Option<Change> {
    let mut change = bodies::find(&case.capture.body, &case.budget, |body| is_of(case, body, hash))?;
    if change.0 == Cause::BodyReserialised {
        change.0 = Cause::PayloadHashReserialised;
    }
    Some(change)
}

fn is_of(case: &Case<'_>, payload: &[u8], hash: &[u8; 32]) -> bool {
    case.budget.draw(payload.len()) && compare::eq(&sha256(payload), hash)
}

fn is_of_query(case: &Case<'_>, query: &[u8], hash: &[u8; 32]) -> bool {
    case.budget.draw(query.len()) && check_query(query, hash).is_ok()
}
