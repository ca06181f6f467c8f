//! A header with the same token in every request: the weakest scheme.
//!
//! # The rule
//!
//! A header that you configure holds the token that you configured at the platform, perhaps after a prefix such as `Bearer `.
//! Letter case and length count.
//!
//! **It proves nothing about the request**, and [`Coverage::None`] says so. Anyone who has seen one request has the token. They
//! can send any body to any path, forever, until you change the token. Use the platform's signature if it has one.
//!
//! # Platforms
//!
//! | platform | header | prefix |
//! |---|---|---|
//! | Vapi, unless it signs by HMAC | `X-Vapi-Secret` | none |
//! | | `Authorization` | `Bearer ` |
//! | Vogent, of its API functions | you name it | you choose it |
//! | Cartesia's Line agents | `X-Webhook-Secret` | none |
//! | AssemblyAI | `webhook_auth_header_name` | none |
//! | Speechmatics | in `auth_headers` | you choose it |
//! | RingCentral | `Verification-Token` | none |
//! | ElevenLabs' tools and conversation initiation | you name it | you choose it |
//! | Ultravox's HTTP tools | you name it | you choose it |
//!
//! Sources: the vendors' documentation, and for Vogent's functions public integrations; read in November 2026.
//!
//! Deepgram's `dg-token` holds the identifier of an API key. That is not a secret, so it proves nothing. Do not use it as a
//! token here.
//!
//! # Setup
//!
//! - Make a token of at least 16 random bytes. Keep it out of URLs and logs. Serve only HTTPS, since only TLS keeps it secret.
//! - RingCentral first sends a request with `Validation-Token`, without your token, and wants the header echoed. Answer it
//!   before this verifier, only on the webhook's path, and do nothing else with it.
//!
//! # Unknown
//!
//! Whether a platform sends the old and the new token together in a rotation. Give both in a [`Keyring`].

use std::fmt;

use crate::compare::Search;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::mac::sha256;
use crate::request::{Head, HeaderName, Methods};
#[cfg(feature = "sign")]
use crate::secret::Secret;
use crate::secret::{KeyId, Keyring};
use crate::verifier::{Check, Coverage, Evidence, Verification, Verifier};

/// Verifies that a header holds a token. It proves nothing about the request.
///
/// # Example
///
/// ```
/// use countersign::{Coverage, ErrorKind, Head, Request, Secret, StaticToken, Verifier};
///
/// let functions = StaticToken::new("Authorization", Secret::new("made-up-token")?)?.prefix("Bearer ");
///
/// let headers = [("Authorization", "Bearer made-up-token")];
/// let request = Request::new(Head::new("POST", &headers), r#"{"anything":"at all"}"#);
/// assert_eq!(functions.verify(request)?.coverage(), Coverage::None);
///
/// let headers = [("Authorization", "Bearer made-up-token2")];
/// let rejected = functions.verify(Request::new(Head::new("POST", &headers), "{}")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`MethodUnsupported`](ErrorKind::MethodUnsupported): not POST, PUT or PATCH, unless set otherwise.
/// - [`SignatureMissing`](ErrorKind::SignatureMissing), [`HeaderRepeated`](ErrorKind::HeaderRepeated),
///   [`HeaderTooLong`](ErrorKind::HeaderTooLong): the header is absent, repeated, or longer than 16 KiB.
/// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): the prefix is absent, or nothing follows it.
/// - [`SignatureMismatch`](ErrorKind::SignatureMismatch): no token matches.
#[must_use]
pub struct StaticToken {
    header: HeaderName,
    prefix: String,
    /// Hashes of the tokens, newest first. They have one length, so the time of a comparison does not reveal a token's length.
    hashes: Vec<[u8; 32]>,
    methods: Methods,
}

impl StaticToken {
    /// Expects one of these tokens in the header of this name.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token of HTTP.
    pub fn new(header: &str, keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        Ok(Self {
            header: HeaderName::new(header)?,
            prefix: String::new(),
            hashes: keyring.into().secrets().iter().map(|token| sha256(token.bytes())).collect(),
            methods: Methods::Default(&["POST", "PUT", "PATCH"]),
        })
    }

    /// Expects this text before the token, with exactly this letter case and these spaces.
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Accepts only these methods. Default: POST, PUT and PATCH.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: the list is empty, or a method is not a token in capitals.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Ok(Self { methods: Methods::new(methods)?, ..self })
    }

    #[cfg(feature = "sign")]
    pub(crate) fn with_token(&self, token: &Secret) -> Self {
        Self {
            header: self.header.clone(),
            prefix: self.prefix.clone(),
            hashes: vec![sha256(token.bytes())],
            methods: self.methods.clone(),
        }
    }

    /// Returns the header, and its value for a token.
    #[cfg(feature = "sign")]
    pub(crate) fn written(&self, token: &str) -> (&str, String) {
        (self.header.as_str(), [&*self.prefix, token].concat())
    }
}

impl Verifier for StaticToken {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        self.methods.check(head)?;
        let field = head.signature(&self.header)?;
        let token = field.after(&self.prefix)?.bytes();
        if token.is_empty() {
            return Err(field.reject(ErrorKind::SignatureMalformed));
        }
        let (given, mut search) = (sha256(token), Search::new());
        for (index, expected) in (0..).zip(&self.hashes) {
            search.offer(index, expected, &given);
        }
        let key = search.found().map(KeyId::new).ok_or(ErrorKind::SignatureMismatch)?;
        let evidence = Evidence::new(key, Coverage::None).scheme(self.scheme());
        Ok(Verification::new(AnyBody(evidence)))
    }

    fn scheme(&self) -> &'static str {
        "static-token"
    }
}

/// The token matched. It proves nothing about the body.
struct AnyBody(Evidence);

impl Check for AnyBody {
    fn update(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        Ok(self.0)
    }
}

/// Hides the prefix, which might contain a part of the token.
impl fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticToken")
            .field("header", &self.header)
            .field("tokens", &self.hashes.len())
            .finish_non_exhaustive()
    }
}
