//! Hex HMAC of the raw body in a header: the rule that most platforms' webhooks follow.
//!
//! # The rule
//!
//! - One header, named by the platform, holds the hex of HMAC(secret, raw body) (RFC 2104), in either case and of exactly
//!   the algorithm's length: 40, 64 or 128 digits. No prefix, no list, no white space.
//! - The secret is its UTF-8 text. The algorithm is configured; nothing in the request changes it.
//! - Nothing but the body is signed: no method, no time, no identifier, no path. Equal bodies have equal signatures, so a
//!   replay cannot be told from a retry. Deduplicate on what the body says.
//! - Only `POST`, `PUT` and `PATCH` are taken, unless set otherwise: frameworks read the query of a GET in place of a form,
//!   and no signature covers it.
//!
//! # Deployment caveat
//!
//! The body must arrive here as it was sent. A framework that parses JSON and writes it again, a proxy that decompresses
//! or changes line ends, and every delivery is refused.

use crate::config_error::ConfigError;
use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{BodyHmac, Platform};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies a hex HMAC of the raw body in a header of the caller's naming.
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
/// let refused = verifier.verify(Request::new(head, "what do ya want for something?")).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::SignatureMismatch);
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

    /// Verifies an HMAC of another algorithm.
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

/// Any platform that signs so.
#[derive(Clone, Copy, Debug)]
pub enum AnyPlatform {}

impl Platform for AnyPlatform {
    const SCHEME: &'static str = "hex-hmac";
}
