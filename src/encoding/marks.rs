//! Search for several kinds of bytes at once, in blocks that the compiler turns into vector instructions.

/// Shows `visit` each byte of `text` that `mark` marks, with its position. NUL is not to be marked: the last block is filled
/// up with it.
pub(crate) fn try_for_each<E>(
    text: &[u8],
    mark: impl Fn(u8) -> bool,
    mut visit: impl FnMut(usize, u8) -> Result<(), E>,
) -> Result<(), E> {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let mut start: usize = 0;
    for block in blocks.iter().chain(std::iter::once(&last)) {
        let mut marks = bits(block.map(|byte| u8::from(mark(byte))));
        while marks != 0 {
            let at = start.wrapping_add(usize::try_from(marks.trailing_zeros()).unwrap_or_default());
            marks &= marks.wrapping_sub(1);
            visit(at, text.get(at).copied().unwrap_or_default())?;
        }
        start = start.wrapping_add(BLOCK);
    }
    Ok(())
}

/// Gathers bytes that are 0 or 1 to a word of bits, the first byte being the lowest bit.
fn bits(marks: [u8; BLOCK]) -> u64 {
    // The product's highest byte has each byte's bit at its place, and no two bits meet in it or carry into it.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let gathered =
        marks.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56);
    (0..).step_by(8).zip(gathered).fold(0, |bits, (place, byte)| bits | byte << place)
}

const BLOCK: usize = 64;
