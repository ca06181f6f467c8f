//! Changes that happen to a secret between dashboard and variable.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use percent_encoding::{percent_decode, percent_encode};
use zeroize::Zeroizing;

use super::trials::Change;
use super::{Cause, Finding, pairs, signatures};
use crate::encoding::hex;
use crate::secret::Secret;

/// The secrets that may be meant, the likeliest first, each with the change that is undone.
pub(super) fn changes(text: &[u8]) -> Vec<(Change, Zeroizing<Vec<u8>>)> {
    let trimmed = trim(text);
    let mut changes: Vec<(Change, Zeroizing<Vec<u8>>)> = Vec::new();
    let mut push = |cause, words: &str, meant: Option<Vec<u8>>| {
        let meant = Zeroizing::new(meant.unwrap_or_default());
        if !meant.is_empty() && **meant != *text && changes.iter().all(|(_, known)| *known != meant) {
            changes.push(((cause, words.to_owned()), meant));
        }
    };
    let line_feed = text.strip_suffix(b"\n").is_some_and(|rest| rest == trimmed);
    let words = if line_feed {
        "the secret's last line feed is removed"
    } else {
        "the white space around the secret is removed"
    };
    push(Cause::SecretWhitespace, words, Some(trimmed.to_vec()));

    let value = assigned(trimmed);
    let bare = unquoted(value.unwrap_or(trimmed));
    let (cause, words) = if value.is_some() {
        (Cause::SecretAssignment, "the variable's name before the secret is removed")
    } else {
        (Cause::SecretQuoted, "the quotation marks around the secret are removed")
    };
    push(cause, words, Some(bare.to_vec()));
    let words = "the characters `\\n` at the secret's end are removed";
    push(Cause::SecretWhitespace, words, bare.strip_suffix(b"\\n").map(<[u8]>::to_vec));
    push(Cause::SecretPem, "the key in the JSON Web Key is decoded", jwk_key(bare));
    let core = bare.strip_prefix(b"whsec_").unwrap_or(bare);
    push(Cause::SecretBase64, "the secret is decoded from base64", signatures::decode_base64(core));
    push(Cause::SecretHex, "the secret is decoded from hex", ::hex::decode(bare).ok());
    push(Cause::SecretUrlEncoded, "the secret is percent-decoded", Some(percent_decode(bare).collect()));
    let encoded: String = percent_encode(bare, pairs::RFC_3986).collect();
    push(Cause::SecretUrlEncoded, "the secret is percent-encoded", Some(encoded.into()));
    push(Cause::SecretBase64, "the secret is encoded in base64", Some(BASE64_STANDARD.encode(bare).into()));
    let encoded = Some(BASE64_URL_SAFE.encode(bare).into());
    push(Cause::SecretBase64, "the secret is encoded in base64url", encoded);
    let standard = signatures::decode_base64(bare).map(|decoded| BASE64_STANDARD.encode(decoded).into());
    push(Cause::SecretBase64, "the secret is written in base64's standard alphabet", standard);
    push(Cause::SecretHex, "the secret is encoded in hex", Some(hex::encode(bare).into()));
    push(Cause::SecretWhitespace, "a line feed is put after the secret", Some([bare, b"\n"].concat()));
    changes
}

/// Finds a wrong shape of a secret.
pub(super) fn hint(text: &[u8]) -> Option<Finding> {
    let trimmed = trim(text);
    let (cause, evidence) = if trimmed.is_empty() {
        (Cause::SecretEmpty, "there is no secret, or nothing but white space")
    } else if Secret::new(trimmed).is_err() {
        (Cause::SecretPem, "the secret is a PEM, a JSON Web Key or an SSH key")
    } else if assigned(trimmed).is_some() {
        (Cause::SecretAssignment, "the secret looks like `NAME=value`")
    } else if unquoted(trimmed).len() < trimmed.len() {
        (Cause::SecretQuoted, "quotation marks surround the secret")
    } else if trimmed.len() < text.len() {
        (Cause::SecretWhitespace, "white space surrounds the secret")
    } else {
        return None;
    };
    Some(Finding::hint(cause, evidence))
}

/// Without white space and byte order marks at the ends.
fn trim(text: &[u8]) -> &[u8] {
    match str::from_utf8(text) {
        Ok(text) => text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').as_bytes(),
        Err(_) => text.trim_ascii(),
    }
}

/// The text after `NAME=` or `export NAME=`. In base64, nothing follows `=`.
fn assigned(text: &[u8]) -> Option<&[u8]> {
    let line = text.strip_prefix(b"export ").unwrap_or(text);
    let at = line.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (line.get(..at)?, line.get(at.checked_add(1)?..)?.trim_ascii());
    let is_name = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (is_name && !value.is_empty() && !value.starts_with(b"=")).then_some(value)
}

/// The text between two equal quotation marks.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] | [b'`', inner @ .., b'`'] => inner,
        _ => text,
    }
}

/// The key of a symmetric JSON Web Key (RFC 7518, section 6.4).
fn jwk_key(text: &[u8]) -> Option<Vec<u8>> {
    let jwk: serde_json::Value = serde_json::from_slice(text).ok()?;
    signatures::decode_base64(jwk.get("k")?.as_str()?.as_bytes())
}
