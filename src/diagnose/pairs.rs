//! Parameters, read and written more leniently than a verifier does.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::Cause;

/// Names and values in their order.
pub(super) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Splits a query or a form and decodes nothing.
pub(super) fn split(raw: &[u8]) -> Pairs {
    let pairs = raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || halves.next().unwrap_or_default().to_vec();
            (half(), half())
        })
        .collect()
}

/// Decodes every name and value once.
pub(super) fn decoded(pairs: &Pairs) -> Pairs {
    pairs.iter().map(|(name, value)| (decode(name), decode(value))).collect()
}

/// Writes a form as a browser does.
pub(super) fn write(pairs: &Pairs) -> Vec<u8> {
    write_with(pairs, FORM, true, false)
}

/// Writes a form: these characters are escaped, a space is a `+` or not, the digits of escapes are in lower case or not.
pub(super) fn write_with(pairs: &Pairs, escaped: &'static AsciiSet, plus: bool, lower: bool) -> Vec<u8> {
    let bytes = pairs.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(2));
    let mut form = Vec::with_capacity(bytes.sum());
    let mut write = |before: &[u8], text: &[u8]| {
        form.extend_from_slice(before);
        // Each part is one escape, or holds none.
        for part in percent_encode(text, escaped) {
            match part.as_bytes() {
                b"%20" if plus => form.push(b'+'),
                escape @ [b'%', ..] if lower => form.extend(escape.iter().map(u8::to_ascii_lowercase)),
                part => form.extend_from_slice(part),
            }
        }
    };
    let mut before: &[u8] = b"";
    for (name, value) in pairs {
        write(before, name);
        write(b"=", value);
        before = b"&";
    }
    form
}

/// Decodes percent-escapes, and leaves alone what is none.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut spaced = text.to_vec();
    spaced.iter_mut().filter(|byte| **byte == b'+').for_each(|byte| *byte = b' ');
    match Cow::from(percent_decode(&spaced)) {
        Cow::Owned(decoded) => decoded,
        Cow::Borrowed(_) => spaced,
    }
}

/// Undoes what may have been done to a query or form, one thing after the other, until `matches` says that what comes out is what
/// was signed, or `is_tried` that nothing more will be.
pub(super) fn find(
    raw: &[u8],
    is_tried: impl Fn() -> bool,
    mut matches: impl FnMut(&Pairs) -> bool,
) -> Option<(Cause, &'static str)> {
    let undecoded = split(raw);
    let once = decoded(&undecoded);
    if matches(&decoded(&once)) {
        return Some((Cause::ParamsDecoding, "the parameters are decoded twice"));
    }
    if matches(&undecoded) {
        return Some((Cause::ParamsDecoding, "the parameters are taken as they are, not decoded"));
    }
    find_rewritten(&once, is_tried, matches)
}

/// As [`find`], of parameters that are decoded.
pub(super) fn find_rewritten(
    pairs: &Pairs,
    is_tried: impl Fn() -> bool,
    mut matches: impl FnMut(&Pairs) -> bool,
) -> Option<(Cause, &'static str)> {
    let blanked = pairs.iter().map(|(name, value)| {
        let is_blank = matches!(value.as_slice(), b"null" | b"undefined" | b"None" | b"nil");
        (name.clone(), if is_blank { Vec::new() } else { value.clone() })
    });
    let blanked: Pairs = blanked.collect();
    if matches(&blanked) {
        return Some((Cause::ParamsBlank, "values such as `null` are blank"));
    }
    without_some(pairs)
        .take_while(|_| is_tried())
        .any(|others| matches(&others))
        .then_some((Cause::ParamsAdded, "some of the parameters are left out"))
}

/// The parameters without any of them, and, of small ones, without any that stand together. Nothing where that would be too
/// much to try.
fn without_some(pairs: &Pairs) -> impl Iterator<Item = Pairs> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    let (count, longest) = match pairs.len() {
        count if count > MAX_PAIRS || count.saturating_mul(bytes) > MAX_TRIED_BYTES => (0, 0),
        count if bytes > SMALL_BYTES => (count, 1),
        count => (count, count.div_euclid(2)),
    };
    (1..=longest).flat_map(move |length| {
        (0..count).map(move |start| {
            let left = |at: &usize| !(start..start.saturating_add(length)).contains(at);
            pairs.iter().enumerate().filter(|(at, _)| left(at)).map(|(_, pair)| pair.clone()).collect()
        })
    })
}

const SMALL_BYTES: usize = 4096;
const MAX_PAIRS: usize = 64;
const MAX_TRIED_BYTES: usize = 16 * 1024 * 1024;
/// What RFC 3986 escapes: all but its unreserved characters.
pub(super) const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What a form escapes (WHATWG URL).
pub(super) const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
/// What JavaScript's `encodeURIComponent` escapes.
pub(super) const ENCODE_URI_COMPONENT: &AsciiSet =
    &RFC_3986.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
