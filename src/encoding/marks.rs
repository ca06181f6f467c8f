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
        let marks = block.map(|byte| u8::from(mark(byte)));
        for word in marks.as_chunks::<8>().0 {
            let mut marked = u64::from_le_bytes(*word);
            while marked != 0 {
                let at = start
                    .wrapping_add(usize::try_from(marked.trailing_zeros() / u8::BITS).unwrap_or_default());
                marked &= marked.wrapping_sub(1);
                visit(at, text.get(at).copied().unwrap_or_default())?;
            }
            start = start.wrapping_add(8);
        }
    }
    Ok(())
}

const BLOCK: usize = 64;
