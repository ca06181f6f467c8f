//! What may have been done to a secret on its way from the dashboard into a variable.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use percent_encoding::{percent_decode, percent_encode};
use zeroize::Zeroizing;

use super::{Cause, Finding, pairs};
use crate::encoding::{base64 as any_base64, hex};
use crate::secret::Secret;

/// A secret after something was undone.
pub(super) struct Change {
    pub(super) cause: Cause,
    /// What was done, after "the signature matches when".
    pub(super) words: &'static str,
    pub(super) text: Zeroizing<Vec<u8>>,
}

/// All that a secret may be in truth, the likeliest first.
pub(super) fn changes(text: &[u8]) -> Vec<Change> {
    let mut changes = Changes { given: text, all: Vec::new() };
    let trimmed = trim(text);
    if trimmed.is_empty() {
        return Vec::new();
    }
    let line_feed = text.strip_suffix(b"\n").is_some_and(|rest| rest == trimmed);
    let words = if line_feed {
        "the secret's last line feed is removed"
    } else {
        "the white space around the secret is removed"
    };
    changes.push(Cause::SecretWhitespace, words, trimmed);

    let value = assigned(trimmed);
    let bare = unquoted(value.unwrap_or(trimmed));
    if value.is_some() {
        changes.push(Cause::SecretAssignment, "the variable's name before the secret is removed", bare);
    } else {
        changes.push(Cause::SecretQuoted, "the quotation marks around the secret are removed", bare);
    }
    if let Some(rest) = bare.strip_suffix(b"\\n") {
        changes.push(Cause::SecretWhitespace, "the characters `\\n` at the secret's end are removed", rest);
    }
    if let Some(key) = jwk_key(bare) {
        changes.push(Cause::SecretPem, "the key in the JSON Web Key is decoded", key);
    }
    for decoded in [any_base64::decode_standard(bare), decode_url(bare)].into_iter().flatten() {
        changes.push(Cause::SecretBase64, "the secret is decoded from base64", decoded);
    }
    if let Ok(decoded) = ::hex::decode(bare) {
        changes.push(Cause::SecretHex, "the secret is decoded from hex", decoded);
    }
    if bare.contains(&b'%') {
        changes.push(
            Cause::SecretUrlEncoded,
            "the secret is percent-decoded",
            percent_decode(bare).collect::<Vec<_>>(),
        );
    }
    let encoded: String = percent_encode(bare, pairs::RFC_3986).collect();
    changes.push(Cause::SecretUrlEncoded, "the secret is percent-encoded", encoded);
    changes.push(Cause::SecretBase64, "the secret is encoded in base64", BASE64_STANDARD.encode(bare));
    changes.push(Cause::SecretBase64, "the secret is encoded in base64url", BASE64_URL_SAFE.encode(bare));
    changes.push(Cause::SecretHex, "the secret is encoded in hex", hex::encode(bare));
    changes.push(Cause::SecretWhitespace, "a line feed is put after the secret", [bare, b"\n"].concat());
    changes.all
}

/// What looks wrong with a secret's shape.
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

struct Changes<'t> {
    given: &'t [u8],
    all: Vec<Change>,
}

impl Changes<'_> {
    /// Adds what is a change.
    fn push(&mut self, cause: Cause, words: &'static str, text: impl Into<Vec<u8>>) {
        let text = Zeroizing::new(text.into());
        if text.as_slice() != self.given {
            self.all.push(Change { cause, words, text });
        }
    }
}

/// Without white space and byte order marks at the ends.
fn trim(text: &[u8]) -> &[u8] {
    match str::from_utf8(text) {
        Ok(text) => text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').as_bytes(),
        Err(_) => text.trim_ascii(),
    }
}

/// What stands behind `NAME=` or `export NAME=`. Base64 that ends in `=` has nothing behind it.
fn assigned(text: &[u8]) -> Option<&[u8]> {
    let line = text.strip_prefix(b"export ").unwrap_or(text);
    let at = line.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (line.get(..at)?, line.get(at.checked_add(1)?..)?.trim_ascii());
    let is_name = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (is_name && !value.is_empty() && !value.starts_with(b"=")).then_some(value)
}

/// What stands between two equal quotation marks.
fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] | [b'`', inner @ .., b'`'] => inner,
        _ => text,
    }
}

fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    any_base64::decode_url(unpadded)
}

/// The key of a symmetric JSON Web Key (RFC 7518, section 6.4).
fn jwk_key(text: &[u8]) -> Option<Vec<u8>> {
    let jwk: serde_json::Value = serde_json::from_slice(text).ok()?;
    decode_url(jwk.get("k")?.as_str()?.as_bytes())
}
