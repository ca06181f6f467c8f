//! A form's parameters, for a rule to join.

use std::fmt;

use super::{Param, Params};

/// The decoded parameters of a form, which a rule joins to the signed bytes. They start in the received order, with repeated
/// names. The proof has them as the rule leaves them.
///
/// See [`Envelope::form`](crate::rule::Envelope::form).
pub struct FormParams(pub(crate) Params);

impl FormParams {
    /// Sorts by name, then by value, byte by byte.
    pub fn sort(&mut self) {
        self.0.sort();
    }

    /// Sorts by name, byte by byte. Equal names keep their order.
    pub fn sort_by_name(&mut self) {
        self.0.sort_by_name();
    }

    /// Removes each parameter that equals the one before it, in name and value.
    pub fn dedup(&mut self) {
        self.0.dedup();
    }

    /// Keeps the parameters for which `is_signed` returns `true`. A parameter that the join leaves out must be removed, or the
    /// proof has it although nobody signed it.
    pub fn retain(&mut self, mut is_signed: impl FnMut(&[u8], &[u8]) -> bool) {
        self.0.retain(|Param { name, value }| is_signed(name, value));
    }

    /// Iterates over names and values, in the current order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|Param { name, value }| (name, value))
    }

    /// Whether there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Hides the values, which come from the request.
impl fmt::Debug for FormParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormParams").finish_non_exhaustive()
    }
}
