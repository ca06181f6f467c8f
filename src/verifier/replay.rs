//! What tells a delivery from every other, and for how long that matters.

use std::fmt;
use std::time::Duration;

use crate::claims::Claims;
use crate::encoding::hex;
use crate::mac::Tag;
use crate::time::Tolerance;

/// For how long a delivery verifies when it is sent again, and whether it can be noticed that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replays {
    /// Nothing that is signed tells a delivery from its replay: deduplicate on what the payload says.
    Undetectable,
    /// It verifies again for at most so long, under the same [`ReplayKey`].
    Within(Duration),
    /// It verifies again at any time, under the same [`ReplayKey`].
    Ever,
}

impl Replays {
    /// Of deliveries that are refused outside of a window around the time they were signed, where there is one.
    pub(crate) fn of(window: Option<Tolerance>) -> Self {
        window.map_or(Self::Ever, |window| Self::Within(window.span()))
    }
}

/// Name of a delivery that stays the same when it is sent again byte for byte, made of signed bytes only.
///
/// Of two deliveries with one replay key, the second is a replay or a retry. Of the SMS API it is the signature, so that
/// `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReplayKey(String);

impl ReplayKey {
    /// Takes the text of a replay key, for a scheme of your own. Only signed bytes belong in it, with what tells one signer's
    /// from another's.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The opaque text, to be remembered. It is as long as what the sender signed into it, so hash it where that matters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of_signature(tag: &Tag) -> Self {
        Self(hex::encode(tag.as_bytes()))
    }

    /// `jti` is unique to the account that signed: another's tokens must not stand for this one's. The length keeps the
    /// two apart.
    pub(super) fn of_token(claims: &Claims) -> Option<Self> {
        let id = claims.id().filter(|id| !id.is_empty())?;
        Some(Self(format!("{}:{id}:{}", id.len(), claims.api_key().unwrap_or_default())))
    }
}

impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplayKey")
    }
}
