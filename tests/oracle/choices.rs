//! Choices made by bytes from a random generator or a fuzzer, which can then shrink them. When the bytes end,
//! every choice is the first one, which is what a platform does.

use crate::edit::Edit;

pub(crate) struct Choices<'c>(pub(crate) &'c [u8]);

impl Choices<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// True in one of `count` cases.
    pub(crate) fn one_in(&mut self, count: u8) -> bool {
        self.byte() % count == count - 1
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.byte()).collect()
    }

    pub(crate) fn edit(&mut self) -> Edit {
        let (kind, low, high) = (self.byte(), self.byte(), self.pick(&[0, 0, 1, 0xff]));
        Edit { kind, at: u16::from_le_bytes([low, high]), byte: self.byte() }
    }
}
