//! A name that is cheap to clone.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A literal, or a text shared by its clones.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    Literal(&'static str),
    Shared(Arc<str>),
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}
