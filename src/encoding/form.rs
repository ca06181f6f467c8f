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
    let mut rest = raw;
    loop {
        let plain = rest.iter().take_while(|byte| !matches!(byte, b'%' | b'+')).count();
        let (head, tail) = rest.split_at_checked(plain)?;
        out.extend_from_slice(head);
        rest = match tail {
            [] => return Some(()),
            [b'+', tail @ ..] => {
                out.push(b' ');
                tail
            }
            [percent, high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.extend(percent_decode(&[*percent, *high, *low]));
                tail
            }
            _ => return None,
        };
    }
}
