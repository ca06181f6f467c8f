//! In what form a signature may have been put into a header or a parameter.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::{Cause, Finding};
use crate::mac::Tag;

/// A tag that was found in a value.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) tag: Tag,
    /// What was done to find it, after "the signature matches when".
    pub(super) change: Option<(Cause, &'static str)>,
}

/// Every tag that a value may hold, of any algorithm's length.
pub(super) fn read(value: &[u8]) -> Vec<Given> {
    let around = around(value);
    let change = |run: &[u8]| if run == value { None } else { Some(around) };
    let mut given: Vec<_> = runs(value).filter_map(|run| of_hex(run, change(run))).collect();
    let bare = value.trim_ascii();
    for decoded in
        [BASE64_STANDARD.decode(bare).ok(), BASE64_URL_SAFE_NO_PAD.decode(bare).ok()].into_iter().flatten()
    {
        if LENGTHS.contains(&decoded.len()) {
            let change = Some((Cause::SignatureBase64, "the signature is decoded from base64"));
            given.push(Given { tag: Tag::new(&decoded), change });
        }
    }
    given
}

/// What looks wrong with a signature that should have so many hex digits.
pub(super) fn length_hint(value: &[u8], expected: usize) -> Option<Finding> {
    let evidence = match (value.len(), is_hex(value)) {
        (length, true) if length == expected => return None,
        (length @ (32 | 40 | 64 | 128), true) => {
            let fits = match length {
                32 => "MD5",
                40 => "SHA-1",
                64 => "SHA-256",
                _ => "SHA-512",
            };
            format!("it has {length} hex digits, as {fits} gives, and {expected} are expected")
        }
        (length, true) => {
            format!("it has {length} hex digits, which no algorithm gives, and {expected} are expected")
        }
        (length, false) => format!(
            "it has {length} characters that are not all hex digits, and {expected} digits are expected"
        ),
    };
    Some(Finding::hint(Cause::SignatureLength, evidence))
}

/// The words of a value: whatever no letter or digit separates.
fn runs(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| !byte.is_ascii_alphanumeric())
}

fn is_hex(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit)
}

fn of_hex(run: &[u8], change: Option<(Cause, &'static str)>) -> Option<Given> {
    let decoded = ::hex::decode(run).ok().filter(|decoded| LENGTHS.contains(&decoded.len()))?;
    Some(Given { tag: Tag::new(&decoded), change })
}

/// What is done where something stands around a signature's digits. Asked once for a value, however many runs it has.
fn around(value: &[u8]) -> (Cause, &'static str) {
    if value.iter().any(|byte| b",;".contains(byte)) || value.trim_ascii().contains(&b' ') {
        (Cause::SignatureList, "the signature is taken out of the list")
    } else {
        (Cause::SignaturePrefix, "what surrounds the signature's digits is removed")
    }
}

/// Of MD5, SHA-1, SHA-256 and SHA-512, in bytes.
const LENGTHS: [usize; 4] = [16, 20, 32, 64];
