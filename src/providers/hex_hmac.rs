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
use crate::error::{Error, ErrorKind};
#[cfg(feature = "diagnose")]
use crate::mac::Function;
use crate::mac::{Algorithm, Mac, MacKeys, Tag};
use crate::request::{Head, HeaderName, Methods, Request};
use crate::secret::{KeyId, Keyring};
use crate::verifier::{Check, Coverage, Evidence, Verification, Verified, Verifier};

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
#[derive(Debug)]
#[must_use]
pub struct HexHmac {
    header: HeaderName,
    keys: MacKeys,
    methods: Methods,
    max_body: usize,
}

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
        Ok(Self::named(HeaderName::new(header)?, algorithm, &keyring.into()))
    }

    pub(super) fn named(header: HeaderName, algorithm: Algorithm, keyring: &Keyring) -> Self {
        let (keys, methods) = (MacKeys::new(algorithm.into(), keyring), Methods::OF_BODIES);
        Self { header, keys, methods, max_body: usize::MAX }
    }

    /// Reads the signature from the header of another name.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { header: HeaderName::new(name)?, ..self })
    }

    /// Takes requests of these methods alone, by default `POST`, `PUT` and `PATCH`. The signature does not cover the method.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: there is none, or one is not a token.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Ok(Self { methods: Methods::new(methods)?, ..self })
    }

    /// Refuses a body of more bytes than `limit`. There is no limit by default, since nothing of the body is kept.
    pub fn max_body(self, limit: usize) -> Self {
        Self { max_body: limit, ..self }
    }

    /// The header that holds the signature, and the function that makes it.
    #[cfg(feature = "diagnose")]
    pub(crate) fn settings(&self) -> (&HeaderName, Function) {
        (&self.header, self.keys.function())
    }

    fn signature(&self, head: Head<'_>) -> Result<Tag, Error> {
        self.methods.check(head)?;
        let refuse = |kind| Error::header(kind, self.header.shared());
        let text = head.header(&self.header)?.ok_or_else(|| refuse(ErrorKind::SignatureMissing))?;
        self.keys.function().decode_hex(text).ok_or_else(|| refuse(ErrorKind::SignatureMalformed))
    }
}

/// # Errors
///
/// - [`MethodUnsupported`](ErrorKind::MethodUnsupported): the method is not among the [`methods`](HexHmac::methods).
/// - [`SignatureMissing`](ErrorKind::SignatureMissing): the header is absent.
/// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): its value is not hex of the algorithm's length.
/// - [`HeaderRepeated`](ErrorKind::HeaderRepeated), [`HeaderTooLong`](ErrorKind::HeaderTooLong): it is not one value of
///   at most 16 KiB.
/// - [`SignatureMismatch`](ErrorKind::SignatureMismatch): no secret gives this body this signature.
/// - [`BodyTooLarge`](ErrorKind::BodyTooLarge): the body is longer than [`max_body`](HexHmac::max_body).
impl Verifier for HexHmac {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let given = self.signature(head)?;
        Ok(Verification::new(BodyMac { mac: self.keys.begin(), given }).limit(self.max_body))
    }

    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        let given = self.signature(request.head())?;
        if request.body().len() > self.max_body {
            return Err(ErrorKind::BodyTooLarge.into());
        }
        conclude(self.keys.find(request.body(), &given)).map(Verified::new)
    }

    fn scheme(&self) -> &'static str {
        "hex-hmac"
    }
}

#[derive(Debug)]
struct BodyMac {
    mac: Mac,
    given: Tag,
}

impl Check for BodyMac {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.mac.update(chunk);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        conclude(self.mac.find(&self.given))
    }
}

fn conclude(key: Option<KeyId>) -> Result<Evidence, Error> {
    key.map(|key| Evidence::new(key, Coverage::Body)).ok_or_else(|| ErrorKind::SignatureMismatch.into())
}
