//! Percent-escapes (RFC 3986, section 2.1) of `application/x-www-form-urlencoded` text.

use percent_encoding::percent_decode;

/// Decodes the two characters after a `%`; `None` unless both are hex digits.
pub(crate) fn unescape(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let (high, low) =
        (high.filter(|digit| digit.is_ascii_hexdigit())?, low.filter(|digit| digit.is_ascii_hexdigit())?);
    percent_decode(&[b'%', *high, *low]).next()
}
