//! The rule that most platforms follow: an HMAC of the raw body, in a header.

use std::fmt;
use std::marker::PhantomData;

use super::{Envelope, Profile, Rule};
use crate::error::Error;
use crate::request::{Head, HeaderName};

/// The hex HMAC of the raw body in a header, as the platform `P` sends it.
pub struct BodyHmac<P> {
    header: HeaderName,
    platform: PhantomData<fn() -> P>,
}

/// A platform that signs so: a type without values, which names it.
pub trait Platform: fmt::Debug + 'static {
    /// The scheme's name.
    const SCHEME: &'static str;
}

impl<P> BodyHmac<P> {
    /// The signature is in the header of this name.
    #[must_use]
    pub const fn new(header: HeaderName) -> Self {
        Self { header, platform: PhantomData }
    }

    /// The header that holds the signature.
    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn header(&self) -> &HeaderName {
        &self.header
    }
}

impl<P: Platform> Rule for BodyHmac<P> {
    fn profile(&self) -> Profile {
        Profile::new(P::SCHEME)
    }

    #[inline]
    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.hex(head.signature(&self.header)?).body();
        Ok(())
    }
}

impl<P> fmt::Debug for BodyHmac<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyHmac").field("header", &self.header).finish()
    }
}
