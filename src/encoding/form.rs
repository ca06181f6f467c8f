//! Percent-escapes (RFC 3986, section 2.1) of `application/x-www-form-urlencoded` text.

#[cfg(any(feature = "axum", feature = "sign"))]
use super::hex;

/// Decodes the two characters after a `%`. Returns `None` unless both are hex digits.
pub(crate) fn unescape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Encodes as a form does (WHATWG URL, section 1.3): letters, digits and `*-._` stay, a space becomes `+`.
#[cfg(any(feature = "axum", feature = "sign"))]
pub(crate) fn escape(text: &[u8]) -> String {
    let mut escaped = String::new();
    for byte in text.iter().copied() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => {
                escaped.push('%');
                escaped.push_str(&hex::encode(&[byte]).to_ascii_uppercase());
            }
        }
    }
    escaped
}
