//! Forms of a signature in a header or a parameter.

use super::trials::Change;
use super::{Capture, Cause, Finding, secrets};
use crate::encoding::{base64, hex};
use crate::mac::Tag;
use crate::request::HeaderName;
use crate::rule::Encoding;

/// A tag in a value, with the change to read it: its cause, and the words after "the signature matches when".
pub(super) type Given = (Tag, Option<(Cause, &'static str)>);

/// Every tag in a value, of any algorithm's length. A value of only hex needs no change.
pub(super) fn read(value: &[u8]) -> Vec<Given> {
    let (around, mut given) = (around(value), Vec::new());
    let mut push = |tag: Option<Vec<u8>>, change| {
        if let Some(tag) = tag.filter(|tag| LENGTHS.contains(&tag.len())) {
            given.push((Tag::new(&tag), change));
        }
    };
    for run in value.split(|byte| !byte.is_ascii_alphanumeric()) {
        push(::hex::decode(run).ok(), (run != value).then_some(around));
    }
    for entry in value.split(|byte| b" ,;:\"'".contains(byte)).take(MAX_ENTRIES) {
        for text in [entry, entry.splitn(2, |byte| *byte == b'=').nth(1).unwrap_or_default()] {
            push(decode_base64(text), Some(FROM_BASE64));
        }
    }
    given
}

/// The headers that look like a signature, of this many bytes if given: identifiers look like one of another length. A name that
/// no header can have is skipped, since the evidence shows names.
pub(super) fn like(capture: &Capture, bytes: Option<usize>) -> impl Iterator<Item = HeaderName> {
    let fits = move |(tag, _): &Given| bytes.is_none_or(|bytes| tag.as_bytes().len() == bytes);
    let like = capture.headers.iter().filter(move |(_, value)| read(value).iter().any(fits));
    like.filter_map(|(name, _)| HeaderName::new(name).ok())
}

/// Whether a value looks like a signature or a token.
pub(super) fn is_like(value: &[u8]) -> bool {
    !read(value).is_empty() || token(value).is_some()
}

/// The tokens in all headers: words of three segments.
pub(super) fn tokens(capture: &Capture) -> impl Iterator<Item = &[u8]> {
    capture.headers.iter().filter_map(|(_, value)| token(value)).take(MAX_TOKENS)
}

/// The token in a value.
pub(super) fn token(value: &[u8]) -> Option<&[u8]> {
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || b"\"',;:".contains(byte);
    let mut words = value.split(is_around).filter(|word| word.starts_with(b"ey"));
    words.find(|word| word.split(|byte| *byte == b'.').count() == 3)
}

/// Other forms of a header's value, with the change of each.
pub(super) fn forms(value: &[u8]) -> Vec<(Change, Vec<u8>)> {
    let mut forms = Vec::new();
    let mut push = |cause, words: &str, form: &[u8]| {
        if form != value && forms.len() < MAX_FORMS {
            forms.push(((cause, words.to_owned()), form.to_vec()));
        }
    };
    if let Some(token) = token(value) {
        push(Cause::SignaturePrefix, "nothing stands beside the token, not even the word `Bearer`", token);
        let words = "nothing but the word `Bearer` and a space is put around the token";
        push(Cause::SignaturePrefix, words, &[b"Bearer ", token].concat());
    }
    let mut given = Vec::new();
    for (tag, change) in read(value) {
        let is_base64 = change == Some(FROM_BASE64);
        let to_base64 = (Cause::SignatureBase64, "the signature is written in base64");
        given.push((hex::encode(tag.as_bytes()), change.unwrap_or(around(value))));
        given
            .push((base64::encode_padded(tag.as_bytes()), if is_base64 { around(value) } else { to_base64 }));
    }
    for (text, (cause, words)) in &given {
        push(*cause, words, text.as_bytes());
    }
    push(Cause::SignaturePrefix, "the quotation marks around it are removed", secrets::unquoted(value));
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || b"\"'".contains(byte);
    let bare: Vec<_> = value.iter().copied().filter(|byte| !is_around(byte)).collect();
    push(Cause::SignaturePrefix, "white space and quotation marks are removed", &bare);
    for entry in value.split(|byte| b",;".contains(byte)).take(MAX_ENTRIES) {
        push(Cause::SignatureList, "it is taken out of the list", entry.trim_ascii());
    }
    for separator in b" =:" {
        let after = value.splitn(2, |byte| byte == separator).nth(1).unwrap_or(value);
        push(Cause::SignaturePrefix, "what stands before it is removed", after.trim_ascii());
    }
    for prefix in PREFIXES {
        for (text, _) in &given {
            let words = format!("`{prefix}` stands before the signature");
            push(Cause::SignaturePrefix, &words, format!("{prefix}{text}").as_bytes());
        }
    }
    forms
}

/// Finds what is wrong with the text of a signature that should have this many bytes.
pub(super) fn length_hint(value: &[u8], bytes: usize, encoding: Encoding) -> Option<Finding> {
    let (unit, expected) = match encoding {
        Encoding::Hex => ("hex digits", bytes.saturating_mul(2)),
        Encoding::Base64 => ("characters of base64", bytes.div_ceil(3).saturating_mul(4)),
    };
    let is_written = match encoding {
        Encoding::Hex => !value.is_empty() && value.iter().all(u8::is_ascii_hexdigit),
        Encoding::Base64 => base64::decode_standard(value).is_some(),
    };
    let found = match (value.len(), is_written) {
        (length, true) if length == expected => return None,
        (0, _) => return Some(Finding::hint(Cause::SignatureMissing, "the text of the signature is empty")),
        (length, false) => format!("{length} characters that are not all {unit}"),
        (length, true) => {
            let known = LENGTHS.iter().zip(["MD5", "SHA-1", "SHA-256", "SHA-512"]);
            let mut known = known.filter(|_| encoding == Encoding::Hex);
            let fits = known.find(|(bytes, _)| bytes.saturating_mul(2) == length);
            let fits = fits.map_or("which no algorithm".to_owned(), |(_, name)| format!("as {name}"));
            format!("{length} {unit}, {fits} gives")
        }
    };
    Some(Finding::hint(Cause::SignatureLength, format!("it has {found}, and {expected} are expected")))
}

/// Decodes base64 of either alphabet, padded or not.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    base64::decode_standard(text).or_else(|| base64::decode_url(unpadded))
}

/// The change if text surrounds a signature.
fn around(value: &[u8]) -> (Cause, &'static str) {
    if value.iter().any(|byte| b",;".contains(byte)) || value.trim_ascii().contains(&b' ') {
        (Cause::SignatureList, "the signature is taken out of the list")
    } else {
        (Cause::SignaturePrefix, "what surrounds the signature is removed")
    }
}

const FROM_BASE64: (Cause, &str) = (Cause::SignatureBase64, "the signature is decoded from base64");
/// The lengths of MD5, SHA-1, SHA-256 and SHA-512 or Ed25519, in bytes.
const LENGTHS: [usize; 4] = [16, 20, 32, 64];
/// Prefixes of some platforms.
const PREFIXES: [&str; 6] = ["sha256=", "sha1=", "sha512=", "v1,", "v1=", "v0="];
const MAX_ENTRIES: usize = 16;
const MAX_FORMS: usize = 64;
const MAX_TOKENS: usize = 4;
