//! A token in a header that is the same in every request: the weakest scheme there is.
//!
//! # The rule
//!
//! A header that you configure holds the token that you configured at the platform, perhaps after a prefix such as `Bearer `. Case and
//! length count.
//!
//! **Nothing of the request is proved**, and [`Coverage::None`] says so. Whoever has seen one request has the token. They can send any
//! body to any path, for ever, until you change it. Use the platform's signature where it has one.
//!
//! # Platforms
//!
//! | platform | header | prefix |
//! |---|---|---|
//! | Vapi, unless it signs by HMAC | `X-Vapi-Secret` | none |
//! | | `Authorization` | `Bearer ` |
//! | Vogent, of its API functions | of your naming | of yours |
//! | Cartesia's Line agents | `X-Webhook-Secret` | none |
//! | AssemblyAI | `webhook_auth_header_name` | none |
//! | Speechmatics | in `auth_headers` | of yours |
//! | RingCentral | `Verification-Token` | none |
//! | ElevenLabs' tools and conversation initiation | of your naming | of yours |
//! | Ultravox's HTTP tools | of your naming | of yours |
//!
//! Sources: the vendors' documentation as read in November 2026; of Vogent's functions, public integrations.
//!
//! Deepgram's `dg-token` holds the identifier of an API key, which is no secret: it proves nothing, and a token here least of all.
//!
//! # Setup
//!
//! - Make a token of at least 16 random bytes. Keep it out of URLs and logs. Serve HTTPS alone, since TLS is all that keeps it secret.
//! - RingCentral first sends a request with `Validation-Token`, without your token, and wants the header echoed. Answer it in front of
//!   this verifier, on the path of the webhook alone, and do nothing else with it.
//!
//! # Unknown
//!
//! Whether a platform sends old and new token side by side in a rotation: give both in a [`Keyring`].

use std::fmt;

use crate::compare::Search;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::mac::sha256;
use crate::request::{Head, HeaderName, Methods};
#[cfg(feature = "diagnose")]
use crate::secret::Secret;
use crate::secret::{KeyId, Keyring};
use crate::verifier::{Check, Coverage, Evidence, Verification, Verifier};

/// Verifies that a header holds a token. It proves nothing of the request.
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
/// - [`MethodUnsupported`](ErrorKind::MethodUnsupported): any but POST, PUT and PATCH, unless set otherwise.
/// - [`SignatureMissing`](ErrorKind::SignatureMissing), [`HeaderRepeated`](ErrorKind::HeaderRepeated),
///   [`HeaderTooLong`](ErrorKind::HeaderTooLong): the header is absent, there more than once, or longer than 16 KiB.
/// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): the prefix is not there, or nothing is after it.
/// - [`SignatureMismatch`](ErrorKind::SignatureMismatch): it is none of the tokens.
#[must_use]
pub struct StaticToken {
    header: HeaderName,
    prefix: String,
    /// Of the tokens, newest first. Hashes have one length, so that the time of a comparison does not tell the tokens'.
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

    /// Expects this text before the token, in this case and with its spaces.
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Takes requests of these methods alone, by default POST, PUT and PATCH.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: there is none, or one is not a token of HTTP.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Ok(Self { methods: Methods::new(methods)?, ..self })
    }

    /// The same with another token.
    #[cfg(feature = "diagnose")]
    pub(crate) fn with_token(&self, token: &Secret) -> Self {
        Self {
            header: self.header.clone(),
            prefix: self.prefix.clone(),
            hashes: vec![sha256(token.bytes())],
            methods: self.methods.clone(),
        }
    }

    /// The header, and its value for a token.
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
            return Err(field.refuse(ErrorKind::SignatureMalformed));
        }
        let (given, mut search) = (sha256(token), Search::new());
        for (index, expected) in (0..).zip(&self.hashes) {
            search.offer(index, expected, &given);
        }
        let key = search.found().map(KeyId::new).ok_or(ErrorKind::SignatureMismatch)?;
        Ok(Verification::new(AnyBody(Evidence::new(key, Coverage::None))))
    }

    fn scheme(&self) -> &'static str {
        "static-token"
    }
}

/// The token is right. Of the body it says nothing.
struct AnyBody(Evidence);

impl Check for AnyBody {
    fn update(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        Ok(self.0)
    }
}

/// The prefix is the operator's, and might hold a part of the token.
impl fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticToken")
            .field("header", &self.header)
            .field("tokens", &self.hashes.len())
            .finish_non_exhaustive()
    }
}
