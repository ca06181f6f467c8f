//! Hex of either case (RFC 4648, section 8).

/// Decodes exactly `2 * N` hex digits.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    // The decoder skips a leading `0x`. After the length check, such a text is too short.
    if text.len() == N.saturating_mul(2) { const_hex::decode_to_array(text).ok() } else { None }
}

/// Encodes in lower case. For public values only: the table lookup depends on the bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}
