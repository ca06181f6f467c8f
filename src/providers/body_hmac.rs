//! The rule that most platforms follow: an HMAC of the raw body, in a header.

use std::fmt;
use std::marker::PhantomData;

use crate::config_error::ConfigError;
use crate::error::Error;
use crate::request::{Head, HeaderName};
use crate::rule::{Encoding, Envelope, Profile, Rule};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// The HMAC of the raw body in a header, as the platform `P` sends it.
pub struct BodyHmac<P> {
    header: HeaderName,
    platform: PhantomData<fn() -> P>,
}

/// A platform that signs so: a type without values, which names it.
pub trait Platform: fmt::Debug + 'static {
    /// The scheme's name.
    const SCHEME: &'static str;
    /// How the signature is written.
    const ENCODING: Encoding = Encoding::Hex;
    /// What stands before the signature.
    const PREFIX: &'static str = "";
}

impl<P> BodyHmac<P> {
    /// The signature is in the header of this name.
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
