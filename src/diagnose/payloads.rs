//! What `payload_hash` may be the hash of.

use super::pairs::{self, Pairs};
use super::{Capture, Cause, bodies};
use crate::compare;
use crate::mac::sha256;
use crate::providers::vonage::signed_webhook::check_query;

/// Whether the hash is that of the payload as it is.
pub(super) fn is_covered(capture: &Capture, hash: &[u8; 32]) -> bool {
    if capture.method == "GET" {
        check_query(&capture.query, hash).is_ok()
    } else {
        is_of(&capture.body, hash)
    }
}

/// The change of the payload that gives it the hash.
pub(super) fn find(capture: &Capture, hash: &[u8; 32]) -> Option<(Cause, String)> {
    let found = |cause, words: &str| Some((cause, words.to_owned()));
    if !capture.query.is_empty() && is_of(&capture.query, hash) {
        return found(Cause::PayloadHashRawQuery, "it is taken for the hash of the raw query");
    }
    if capture.method == "GET" {
        if !capture.body.is_empty() && is_of(&capture.body, hash) {
            return found(Cause::ParamsOtherSource, "the body is taken instead of the query");
        }
        let query = |pairs: &Pairs| check_query(&pairs::write(pairs), hash).is_ok();
        return pairs::find(&capture.query, query).map(|(cause, words)| (cause, words.to_owned()));
    }
    if !capture.query.is_empty() && check_query(&capture.query, hash).is_ok() {
        return found(Cause::ParamsOtherSource, "the query is taken instead of the body");
    }
    let change = bodies::find(&capture.body, |body| is_of(body, hash))?;
    Some(match change.cause {
        Cause::BodyReserialised => (Cause::PayloadHashReserialised, change.words),
        cause => (cause, change.words),
    })
}

fn is_of(payload: &[u8], hash: &[u8; 32]) -> bool {
    compare::eq(&sha256(payload), hash)
}
