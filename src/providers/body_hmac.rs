//! The rule of most platforms: an HMAC of the raw body in a header.

use std::fmt;
use std::marker::PhantomData;

use crate::config_error::ConfigError;
use crate::error::Error;
use crate::request::{Head, HeaderName};
use crate::rule::{Encoding, Envelope, Profile, Rule};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// The rule of a platform `P` with an HMAC of the raw body in a header.
pub struct BodyHmac<P> {
    header: HeaderName,
    platform: PhantomData<fn() -> P>,
}

/// A platform with this rule, as a type without values.
pub trait Platform: fmt::Debug + 'static {
    /// The scheme's name.
    const SCHEME: &'static str;
    /// The encoding of the signature.
    const ENCODING: Encoding = Encoding::Hex;
    /// The text before the signature.
    const PREFIX: &'static str = "";
}

impl<P> BodyHmac<P> {
    /// Reads the signature from this header.
    #[must_use]
    pub const fn new(header: HeaderName) -> Self {
        Self { header, platform: PhantomData }
    }
}

impl<P: Platform> Webhook<BodyHmac<P>> {
    /// Reads the signature from another header, for a gateway that renames it.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        let rule = BodyHmac::new(HeaderName::new(name)?);
        Ok(self.with_changed_rule(rule))
    }
}

impl<P: Platform> Rule for BodyHmac<P> {
    fn profile(&self) -> Profile {
        Profile::new(P::SCHEME)
    }

    #[inline]
    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let tag = head.signature(&self.header)?.after(P::PREFIX)?;
        match P::ENCODING {
            Encoding::Hex => envelope.hex(tag),
            Encoding::Base64 => envelope.base64(tag),
        }
        .body();
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl<P: Platform> Sign for BodyHmac<P> {
    fn write(&self, draft: &mut Draft<'_>) {
        let tag = match P::ENCODING {
            Encoding::Hex => draft.hex(),
            Encoding::Base64 => draft.base64(),
        };
        draft.header(self.header.as_str(), [P::PREFIX, &tag].concat());
    }
}

impl<P> fmt::Debug for BodyHmac<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyHmac").field("header", &self.header).finish()
    }
}
