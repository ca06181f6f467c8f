//! Where a parameter is.

use std::cmp::Ordering;
use std::ops::Range;

use super::Param;
use crate::encoding::words;

/// Where a parameter is in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The name's first eight bytes, by which most names differ; 0 until they are read.
    pub(super) prefix: u64,
    /// Where the `&` before the name is.
    start: usize,
    /// Where the `=` after the name is.
    name_end: usize,
    end: usize,
}

impl Span {
    pub(super) fn new(start: usize, name_end: usize, end: usize) -> Self {
        Self { prefix: 0, start, name_end, end }
    }

    pub(super) fn has_empty_name(self) -> bool {
        self.name_end == self.start.wrapping_add(1)
    }

    pub(super) fn of(self, text: &[u8]) -> Param<'_> {
        Param { name: self.name(text), value: text.get(self.value_range()).unwrap_or_default() }
    }

    /// `&name=value`
    pub(super) fn whole_range(self) -> Range<usize> {
        self.start..self.end
    }

    fn name_range(self) -> Range<usize> {
        self.start.wrapping_add(1)..self.name_end
    }

    fn value_range(self) -> Range<usize> {
        self.name_end.wrapping_add(1)..self.end
    }

    pub(super) fn value_mut(self, text: &mut [u8]) -> &mut [u8] {
        text.get_mut(self.value_range()).unwrap_or_default()
    }

    pub(super) fn read_prefix(&mut self, text: &[u8]) {
        self.prefix = words::prefix(text, self.name_range());
    }

    /// Whether the value may be empty or hold nothing but U+0000 to U+0020. One that begins with a byte above those, and above
    /// the `&` that follows an empty one, does not.
    pub(super) fn may_be_blank(self, text: &[u8]) -> bool {
        text.get(self.value_range().start).is_none_or(|first| *first <= b'&')
    }

    /// Compares names bytewise, the prefixes having been read.
    pub(super) fn cmp_names(&self, other: &Self, text: &[u8]) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.name(text).cmp(other.name(text)))
    }

    fn name(self, text: &[u8]) -> &[u8] {
        text.get(self.name_range()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::params::Params;

    #[test]
    fn whether_a_value_is_blank_is_seen_at_its_beginning() {
        for (query, may_be, is) in
            [("a=b", false, false), ("a=!b", true, false), ("a=b&c=+", true, true), ("a=&b=c", true, true)]
        {
            let mut params = Params::default();
            assert_eq!(params.read_query(query.as_bytes()), Ok(()), "{query}");
            assert_eq!((params.blanks, params.has_blank_value()), (may_be, is), "{query}");
        }
    }
}
