//! Keyed hashing: SHA by `ring`, MD5 by the crate `md5`, HMAC-MD5 as in RFC 2104.

use ring::{digest, hmac};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// MD5(message ‖ key).
    Md5Suffix,
    HmacMd5,
    HmacSha1,
    HmacSha256,
    HmacSha512,
}

impl Function {
    pub(crate) fn tag(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let sha = |algorithm| hmac::sign(&hmac::Key::new(algorithm, key), message).as_ref().to_vec();
        match self {
            Self::Md5Suffix => md5(&[message, key].concat()),
            Self::HmacMd5 => hmac_md5(key, message),
            Self::HmacSha1 => sha(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Self::HmacSha256 => sha(hmac::HMAC_SHA256),
            Self::HmacSha512 => sha(hmac::HMAC_SHA512),
        }
    }
}

/// The index of the first key that gives the message this tag.
pub(crate) fn find(function: Function, keys: &[Vec<u8>], message: &[u8], tag: &[u8]) -> Option<u32> {
    let position = keys.iter().position(|key| function.tag(key, message) == tag)?;
    Some(u32::try_from(position).unwrap())
}

pub(crate) fn sha256(message: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, message).as_ref().to_vec()
}

/// Decodes hex of either case.
pub(crate) fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte / 16), digit(byte % 16)]).collect()
}

/// The value of a hex digit.
pub(crate) fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

pub(crate) fn md5(message: &[u8]) -> Vec<u8> {
    md5_oracle::compute(message).to_vec()
}

fn hmac_md5(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { md5(key) } else { key.to_vec() };
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    let inner = md5(&[&pad(0x36), message].concat());
    md5(&[pad(0x5c), inner].concat())
}
