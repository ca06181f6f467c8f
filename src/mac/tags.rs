//! The signatures of a request.

use super::Tag;

/// Signatures, of which one must match.
#[derive(Clone, Debug)]
pub(crate) struct Tags {
    first: Tag,
    more: Vec<Tag>,
}

impl Tags {
    /// Takes a list. Returns `None` if it is empty.
    pub(crate) fn of(tags: &[Tag]) -> Option<Self> {
        let (first, more) = tags.split_first()?;
        Some(Self { first: *first, more: more.to_vec() })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tag> {
        [&self.first].into_iter().chain(&self.more)
    }
}

impl From<Tag> for Tags {
    #[inline]
    fn from(first: Tag) -> Self {
        Self { first, more: Vec::new() }
    }
}
