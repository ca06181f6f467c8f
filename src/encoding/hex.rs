//! Base16 of either case (RFC 4648, section 8).

/// Decodes exactly `2 * N` hex digits, and nothing else.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    ::hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Encodes in lower case. For public values only: the table look-up depends on the bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}
