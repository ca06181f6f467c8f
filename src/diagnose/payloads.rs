//! What `payload_hash` may be the hash of.

use super::case::Case;
use super::pairs::{self, Pairs};
use super::{Cause, bodies};
use crate::compare;
use crate::mac::sha256;
use crate::providers::vonage::signed_webhook::check_query;

/// Whether the hash is that of the payload as it is.
pub(super) fn is_covered(case: &Case<'_>, hash: &[u8; 32]) -> bool {
    let capture = case.capture;
    if capture.method == "GET" {
        is_of_query(case, &capture.query, hash)
    } else {
        is_of(case, &capture.body, hash)
    }
}

/// The change of the payload that gives it the hash.
pub(super) fn find(case: &Case<'_>, hash: &[u8; 32]) -> Option<(Cause, String)> {
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
    let change = bodies::find(&capture.body, |body| is_of(case, body, hash))?;
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
