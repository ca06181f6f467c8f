//! Search for several kinds of bytes at once, in blocks that the compiler turns into vector instructions.

use super::words::filled_up;

/// Shows `visit` each byte of `text` that `mark` marks, with its position.
pub(crate) fn try_for_each<E>(
    text: &[u8],
    mark: impl Fn(u8) -> bool,
    mut visit: impl FnMut(usize, u8) -> Result<(), E>,
) -> Result<(), E> {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut start: usize = 0;
    for block in blocks.iter().chain(std::iter::once(&filled_up(rest))) {
        let mut marks = bits(block.map(|byte| u8::from(mark(byte))));
        while marks != 0 {
            let at = start.wrapping_add(first(marks));
            marks &= marks.wrapping_sub(1);
            // The last block is filled up with NULs, which may be marked.
            let Some(byte) = text.get(at) else { break };
            visit(at, *byte)?;
        }
        start = start.wrapping_add(BLOCK);
    }
    Ok(())
}

/// The marked bytes of a text, as they are asked for.
#[derive(Default)]
pub(crate) struct Marks {
    /// The marks of a block, the first byte being the lowest bit.
    marks: u64,
    /// Where that block ends.
    end: usize,
}

impl Marks {
    /// The position of the first byte of `text` from `at` on that `mark` marks; where there is none, that of the end or one
    /// after it. It is to be asked for the same text and marks each time, and from after what it found before.
    #[expect(clippy::inline_always, reason = "a call would be a tenth of a token's cost beside its hash")]
    #[inline(always)]
    pub(crate) fn find(&mut self, text: &[u8], at: usize, mark: impl Fn(u8) -> bool) -> usize {
        let offset = at.wrapping_add(BLOCK).wrapping_sub(self.end);
        let marks = if offset < BLOCK { self.marks >> offset } else { 0 };
        if marks == 0 { self.seek(text, at, mark) } else { at.wrapping_add(first(marks)) }
    }

    /// Finds it in another block.
    #[inline(never)]
    fn seek(&mut self, text: &[u8], at: usize, mark: impl Fn(u8) -> bool) -> usize {
        let mut start = at.max(self.end);
        while let Some(rest @ [_, ..]) = text.get(start..) {
            // A last block that reaches back is quicker than one that is filled up.
            let (block, passed) = match (rest.first_chunk(), text.last_chunk()) {
                (Some(block), _) => (*block, 0),
                (None, Some(block)) => (*block, BLOCK.wrapping_sub(rest.len())),
                (None, None) => (filled_up(rest), 0),
            };
            self.marks = bits(block.map(|byte| u8::from(mark(byte)))) >> passed;
            self.end = start.wrapping_add(BLOCK);
            if self.marks != 0 {
                return start.wrapping_add(first(self.marks));
            }
            start = self.end;
        }
        text.len()
    }
}

fn first(marks: u64) -> usize {
    usize::try_from(marks.trailing_zeros()).unwrap_or_default()
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
