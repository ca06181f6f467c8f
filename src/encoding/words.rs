//! Bytes in chunks of a fixed length.

/// The first `length` bytes of `text`, of more than eight the first eight, as a number that sorts as they do: the first byte
/// highest, NULs after them.
pub(crate) fn prefix(text: &[u8], length: usize) -> u64 {
    let word = u64::from_be_bytes(text.first_chunk().copied().unwrap_or_else(|| filled_up(text)));
    let beyond = if length < 8 { u64::MAX >> length.wrapping_mul(8) } else { 0 };
    word & !beyond
}

/// Fewer bytes than a chunk has, NULs after them.
pub(super) fn filled_up<const N: usize>(rest: &[u8]) -> [u8; N] {
    let mut chunk = [0; N];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    chunk
}
