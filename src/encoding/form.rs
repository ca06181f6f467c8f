//! Decoding of `application/x-www-form-urlencoded` text (WHATWG URL, section 5.1), to bytes and strictly: an escape
//! that is none is refused instead of kept.

use percent_encoding::percent_decode;

/// Splits raw text into its undecoded pairs of name and value, empty pairs left out.
pub(crate) fn pairs(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
    })
}

/// Appends the decoded form of `raw` to `out`; `None` if it holds an invalid percent-escape.
pub(crate) fn decode_into(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if !raw.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        out.extend_from_slice(raw);
        return Some(());
    }
    let escapes_are_valid = raw.split(|byte| *byte == b'%').skip(1).all(|rest| match rest {
        [high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    });
    if !escapes_are_valid {
        return None;
    }
    for (position, word) in raw.split(|byte| *byte == b'+').enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        out.extend(percent_decode(word));
    }
    Some(())
}
