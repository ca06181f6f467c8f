//! Tokens, wherever in a request's headers they are.

use super::{Capture, Cause};
use crate::encoding::base64;
use crate::jwt::Carrier;
use crate::request::HeaderName;

/// A compact JWS that was found.
pub(super) struct Found<'c> {
    pub(super) token: &'c [u8],
    pub(super) header: HeaderName,
    /// Whether its header's value is the word `Bearer`, a space and the token.
    pub(super) bearer: bool,
    /// `alg` of its header, if it has one.
    pub(super) algorithm: String,
}

/// The tokens of all headers, those in the header `configured` first.
pub(super) fn find<'c>(capture: &'c Capture, configured: &HeaderName) -> Vec<Found<'c>> {
    let mut found: Vec<_> = capture.headers.iter().filter_map(|(name, value)| read(name, value)).collect();
    found.sort_by_key(|found| found.header != *configured);
    found.truncate(MAX_TOKENS);
    found
}

impl Found<'_> {
    /// What has to be done for the verifier to see it.
    pub(super) fn changes(&self, carrier: &Carrier, is_malformed: bool) -> Vec<(Cause, String)> {
        if self.header != *carrier.header_name() {
            let words = format!("the token is read from the header `{}`", self.header);
            return vec![(Cause::HeaderOther, words)];
        }
        let words = match (carrier.has_word(), self.bearer) {
            (true, false) => "nothing but the word `Bearer` and a space is put around the token",
            (false, _) => "nothing stands beside the token, not even the word `Bearer`",
            (true, true) => return Vec::new(),
        };
        let change = is_malformed.then(|| (Cause::SignaturePrefix, words.to_owned()));
        change.into_iter().collect()
    }
}

fn read<'c>(name: &str, value: &'c [u8]) -> Option<Found<'c>> {
    let is_around =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',' | b';' | b':');
    let token = value.split(is_around).find(|word| word.split(|byte| *byte == b'.').count() == 3)?;
    let header = base64::decode_url(token.split(|byte| *byte == b'.').next()?)?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    let before = value.strip_suffix(token).unwrap_or_default();
    Some(Found {
        token,
        header: HeaderName::new(name).ok()?,
        bearer: before.eq_ignore_ascii_case(b"bearer "),
        algorithm: header.get("alg")?.as_str()?.to_owned(),
    })
}

const MAX_TOKENS: usize = 4;
