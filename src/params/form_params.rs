//! The parameters of a form while they are joined.

use std::fmt;

use super::{Param, Params};

/// The decoded parameters of a form, while a rule joins them to the bytes that are signed. They begin in the order of the form,
/// repeats included. The proof hands them on as the rule leaves them.
///
/// See [`Envelope::form`](crate::rule::Envelope::form).
pub struct FormParams(pub(crate) Params);

impl FormParams {
    /// Sorts them by name, then by value, byte by byte.
    pub fn sort(&mut self) {
        self.0.sort();
    }

    /// Sorts them by name, byte by byte. The values of one name keep their order.
    pub fn sort_by_name(&mut self) {
        self.0.sort_by_name();
    }

    /// Takes out each that is equal to the one before it, name and value.
    pub fn dedup(&mut self) {
        self.0.dedup();
    }

    /// Names and values, in their present order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|Param { name, value }| (name, value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// They are the request's.
impl fmt::Debug for FormParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormParams").finish_non_exhaustive()
    }
}
