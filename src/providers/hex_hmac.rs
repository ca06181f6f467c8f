//! A hex HMAC of the raw body in a header: the rule of most platforms.
//!
//! # The rule
//!
//! - A header that the platform names holds the hex of HMAC(secret, raw body) (RFC 2104), in either case. It has exactly the
//!   algorithm's length: 40, 64 or 128 digits. No prefix, no list, no white space.
//! - The secret is used as UTF-8 text. You configure the algorithm. Nothing in the request changes it.
//! - Only the body is signed: no method, no time, no identifier, no path. Equal bodies have equal signatures, so a replay looks
//!   like a retry. Deduplicate on the payload.
//! - Only `POST`, `PUT` and `PATCH` are accepted, unless set otherwise. Frameworks read the query of a GET as a form, and no
//!   signature covers the query.
//!
//! # Deployment caveat
//!
//! The body must arrive as it was sent. Every request is rejected if a framework parses the JSON and writes it again, or if a
//! proxy decompresses the body or changes line ends.

use crate::config_error::ConfigError;
use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{BodyHmac, Platform};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies a hex HMAC of the raw body in a header that you name.
///
/// # Example
///
/// RFC 4231, test case 2, as a webhook:
///
/// ```
/// use countersign::{ErrorKind, Head, HexHmac, Request, Secret, Verifier};
///
/// let verifier = HexHmac::new("X-Signature", Secret::new("Jefe")?)?;
///
/// let headers = [("X-Signature", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")];
/// let head = Head::new("POST", &headers);
/// let verified = verifier.verify(Request::new(head, "what do ya want for nothing?"))?;
/// assert_eq!(verified.key().index(), 0);
///
/// let rejected = verifier.verify(Request::new(head, "what do ya want for something?")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type HexHmac = Webhook<BodyHmac<AnyPlatform>>;

impl HexHmac {
    /// Verifies HMAC-SHA256 in the header of this name, with a [`Secret`](crate::Secret) or a [`Keyring`].
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn new(header: &str, keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        Self::with_algorithm(header, Algorithm::Sha256, keyring)
    }

    /// Verifies with another algorithm.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn with_algorithm(
        header: &str,
        algorithm: Algorithm,
        keyring: impl Into<Keyring>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::build(BodyHmac::new(HeaderName::new(header)?), Keys::hmac(algorithm, keyring), None))
    }
}

/// Any platform with this rule.
#[derive(Clone, Copy, Debug)]
pub enum AnyPlatform {}

impl Platform for AnyPlatform {
    const SCHEME: &'static str = "hex-hmac";
}
