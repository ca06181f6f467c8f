//! Parameters, read and written more leniently than a verifier does.

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

/// Writes a form in which only letters and digits stand for themselves.
pub(super) fn write(pairs: &Pairs) -> Vec<u8> {
    write_with(pairs, NON_ALPHANUMERIC, false, false)
}

/// Writes a form: these characters are escaped, a space is a `+` or not, the digits of escapes are in lower case or not.
pub(super) fn write_with(pairs: &Pairs, escaped: &'static AsciiSet, plus: bool, lower: bool) -> Vec<u8> {
    let escape = |text: &[u8]| {
        let mut text: String = percent_encode(text, escaped).collect();
        if lower {
            text = lower_escapes(&text);
        }
        if plus { text.replace("%20", "+") } else { text }
    };
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    pairs.join("&").into_bytes()
}

/// Decodes percent-escapes, and leaves alone what is none.
fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<_> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

fn lower_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |lowered, part| match part.split_at_checked(2) {
        Some((digits, rest)) => lowered + "%" + &digits.to_ascii_lowercase() + rest,
        None => lowered + "%" + part,
    })
}

/// Undoes what may have been done to a query or form, one thing after the other, until `matches` says that what comes out is what
/// was signed.
pub(super) fn find(raw: &[u8], mut matches: impl FnMut(&Pairs) -> bool) -> Option<(Cause, &'static str)> {
    let undecoded = split(raw);
    if undecoded.len() > MAX_PAIRS {
        return None;
    }
    let once = decoded(&undecoded);
    if matches(&decoded(&once)) {
        return Some((Cause::ParamsDecoding, "the parameters are decoded twice"));
    }
    if matches(&undecoded) {
        return Some((Cause::ParamsDecoding, "the parameters are taken as they are, not decoded"));
    }
    find_rewritten(&once, matches)
}

/// As [`find`], of parameters that are decoded.
pub(super) fn find_rewritten(
    pairs: &Pairs,
    mut matches: impl FnMut(&Pairs) -> bool,
) -> Option<(Cause, &'static str)> {
    let blanked = pairs.iter().map(|(name, value)| {
        let is_blank = matches!(value.as_slice(), b"null" | b"undefined" | b"None" | b"nil");
        (name.clone(), if is_blank { Vec::new() } else { value.clone() })
    });
    let blanked: Pairs = blanked.collect();
    if blanked != *pairs && matches(&blanked) {
        return Some((Cause::ParamsBlank, "values such as `null` are blank"));
    }
    without_some(pairs)
        .any(|others| matches(&others))
        .then_some((Cause::ParamsAdded, "some of the parameters are left out"))
}

/// The parameters without any of them, and, of small ones, without any that stand together.
fn without_some(pairs: &Pairs) -> impl Iterator<Item = Pairs> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    let (count, longest) = match pairs.len() {
        count if count > MAX_PAIRS => (0, 0),
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
/// What RFC 3986 escapes: all but its unreserved characters.
pub(super) const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What a form escapes (WHATWG URL).
pub(super) const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
/// What JavaScript's `encodeURIComponent` escapes.
pub(super) const ENCODE_URI_COMPONENT: &AsciiSet =
    &RFC_3986.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
