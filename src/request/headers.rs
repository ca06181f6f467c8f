//! Lookup of header values.

use std::fmt;

use super::HeaderName;

/// The result of looking up a header that must be unique.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderLookup<'r> {
    /// There is no such header.
    Absent,
    /// There is one, with this value, byte for byte.
    One(&'r [u8]),
    /// There are several, even with equal values.
    Repeated,
}

/// Shows only the length of a value.
impl fmt::Debug for HeaderLookup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::One(value) => write!(f, "One({} bytes)", value.len()),
            Self::Repeated => f.write_str("Repeated"),
        }
    }
}

/// A request's headers. Slices, arrays and `Vec`s of pairs implement it, and with the feature `http`, `http::HeaderMap`. It is
/// `Sync`, so that a view of a request can be held across an `await`.
///
/// # Example
///
/// ```
/// use countersign::{HeaderLookup, HeaderName, Headers};
///
/// let headers = [("Content-Type", "text/plain"), ("X-Sig", "a"), ("x-sig", "a")];
/// assert_eq!(headers.lookup(&HeaderName::new("content-type")?), HeaderLookup::One(b"text/plain"));
/// assert_eq!(headers.lookup(&HeaderName::new("x-sig")?), HeaderLookup::Repeated);
/// # Ok::<(), countersign::ConfigError>(())
/// ```
pub trait Headers: Sync {
    /// Finds the header of this name, in any letter case.
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_>;
}

impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> Headers for [(N, V)] {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        let mut values = self
            .iter()
            .filter(|(given, _)| given.as_ref().eq_ignore_ascii_case(name.as_str()))
            .map(|pair| &pair.1);
        match (values.next(), values.next()) {
            (None, _) => HeaderLookup::Absent,
            (Some(value), None) => HeaderLookup::One(value.as_ref()),
            (Some(_), Some(_)) => HeaderLookup::Repeated,
        }
    }
}

impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync, const COUNT: usize> Headers for [(N, V); COUNT] {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        self.as_slice().lookup(name)
    }
}

impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> Headers for Vec<(N, V)> {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        self.as_slice().lookup(name)
    }
}

impl<H: Headers + ?Sized> Headers for &H {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        (**self).lookup(name)
    }
}
