//! Eight bytes at once, as a word.

/// The first `length` bytes of `text`, of more than eight the first eight, as a number that sorts as they do: the first byte
/// highest, NULs after them.
pub(crate) fn prefix(text: &[u8], length: usize) -> u64 {
    let word = u64::from_be_bytes(text.first_chunk().copied().unwrap_or_else(|| padded(text)));
    let beyond = if length < 8 { u64::MAX >> length.wrapping_mul(8) } else { 0 };
    word & !beyond
}

/// Fewer than eight bytes, NULs after them.
#[inline(never)]
fn padded(rest: &[u8]) -> [u8; 8] {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(rest) {
        *to = *from;
    }
    word
}
