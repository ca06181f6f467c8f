//! Bytes eight at a time, as words.

/// The position of the first byte in `text` that `mark` marks in its word, the first byte being the lowest. `mark` marks NUL,
/// which stands after the last byte; then the position is the length.
#[inline]
pub(crate) fn find(text: &[u8], mark: impl Fn(u64) -> u64) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    let mut start: usize = 0;
    for word in words {
        let marked = mark(u64::from_le_bytes(*word));
        if marked != 0 {
            return start.wrapping_add(first(marked));
        }
        start = start.wrapping_add(8);
    }
    start.wrapping_add(first(mark(u64::from_le_bytes(padded(rest)))))
}

/// Marks a byte of `word` that is below `bound`, an ASCII character. The lowest mark is right; those above it may be wrong,
/// since the subtraction borrows from the byte above.
pub(crate) const fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(splat(bound)) & !word & splat(0x80)
}

/// Marks a byte of `word` that is `byte`, with the same restriction.
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ splat(byte), 1)
}

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

fn first(marked: u64) -> usize {
    usize::try_from(marked.trailing_zeros() / u8::BITS).unwrap_or_default()
}

const fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}
