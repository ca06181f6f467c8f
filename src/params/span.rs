//! The position of a parameter.

use std::cmp::Ordering;
use std::ops::Range;

use super::Param;
use crate::encoding::words;

/// The position of a parameter in the text.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// The name's first eight bytes, in which most names differ. 0 until they are read.
    pub(super) prefix: u64,
    /// The position of the `&` before the name.
    start: usize,
    /// The position of the `=` after the name.
    name_end: usize,
    end: usize,
}

impl Span {
    pub(super) fn new(start: usize, name_end: usize, end: usize) -> Self {
        Self { prefix: 0, start, name_end, end }
    }

    pub(super) fn has_empty_name(self) -> bool {
        self.name_end == self.start.saturating_add(1)
    }

    pub(super) fn of(self, text: &[u8]) -> Param<'_> {
        Param { name: self.name(text), value: text.get(self.value_range()).unwrap_or_default() }
    }

    pub(super) fn start(self) -> usize {
        self.start
    }

    /// `&name=value`
    pub(super) fn whole_range(self) -> Range<usize> {
        self.start..self.end
    }

    fn name_range(self) -> Range<usize> {
        self.start.saturating_add(1)..self.name_end
    }

    fn value_range(self) -> Range<usize> {
        self.name_end.saturating_add(1)..self.end
    }

    pub(super) fn value_len(self) -> usize {
        self.value_range().len()
    }

    pub(super) fn read_prefix(&mut self, text: &[u8]) {
        self.prefix = words::prefix(text, self.name_range());
    }

    /// Compares names bytewise. The prefixes must have been read.
    pub(super) fn cmp_names(&self, other: &Self, text: &[u8]) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.name(text).cmp(other.name(text)))
    }

    fn name(self, text: &[u8]) -> &[u8] {
        text.get(self.name_range()).unwrap_or_default()
    }
}
