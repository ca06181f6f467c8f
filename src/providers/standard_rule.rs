//! The rule of Standard Webhooks, for several platforms: see [`StandardWebhooks`](crate::StandardWebhooks).

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
#[cfg(feature = "ed25519")]
use crate::mac::PublicKey;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::{Keyring, Secret};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// The rule of Standard Webhooks for a platform `P`.
pub struct StandardRule<P> {
    /// The text before a signature in the list. It names the kind of the key.
    version: &'static str,
    methods: &'static [&'static str],
    platform: PhantomData<fn() -> P>,
}

/// A platform with this rule, as a type without values.
pub trait Platform: fmt::Debug + 'static {
    /// The scheme's name.
    const SCHEME: &'static str;

    /// Returns the headers. Default: those of the specification.
    #[must_use]
    fn names() -> &'static Names {
        &WEBHOOK
    }

    /// Decodes a secret as the platform shows it. Default: from base64, with or without the prefix `whsec_`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: the secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: it decodes to nothing.
    fn key(shown: &Secret) -> Result<Secret, ConfigError> {
        Secret::from_base64(shown.bytes().strip_prefix(PREFIX).unwrap_or(shown.bytes()))
    }
}

/// The names of the headers.
#[derive(Debug)]
pub struct Names {
    pub(super) id: HeaderName,
    pub(super) time: HeaderName,
    pub(super) signature: HeaderName,
}

impl<P: Platform> StandardRule<P> {
    const fn new(version: &'static str) -> Self {
        Self { version, methods: &["POST", "PUT", "PATCH"], platform: PhantomData }
    }

    pub(super) fn hmac(keyring: impl Into<Keyring>) -> Result<Webhook<Self>, ConfigError> {
        Ok(Webhook::build(Self::new(HMAC), Self::keys(keyring)?, None))
    }

    pub(super) fn hmac_with_get(keyring: impl Into<Keyring>) -> Result<Webhook<Self>, ConfigError> {
        let rule = Self { methods: &["POST", "GET"], ..Self::new(HMAC) };
        Ok(Webhook::build(rule, Self::keys(keyring)?, None))
    }

    #[cfg(feature = "ed25519")]
    pub(super) fn ed25519(keys: impl IntoIterator<Item = PublicKey>) -> Result<Webhook<Self>, ConfigError> {
        Ok(Webhook::build(Self::new(ED25519), Keys::ed25519(keys)?, None))
    }

    fn keys(keyring: impl Into<Keyring>) -> Result<Keys, ConfigError> {
        Ok(Keys::hmac(Algorithm::Sha256, keyring.into().keyed(P::key)?))
    }
}

impl<P: Platform> Rule for StandardRule<P> {
    fn profile(&self) -> Profile {
        Profile::new(P::SCHEME)
            .window(300, 300)
            .identified()
            .methods(self.methods)
            .retry_period(LONGEST_SCHEDULE)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let Names { id, time, signature } = P::names();
        let signature = head.signature(signature)?;
        let (id, time) = (head.signed(id)?.without(b'.')?, head.time(time)?);
        envelope.signed_at(time.seconds()?).id(id.bytes());
        let mut entries = signature.list(b' ').filter_map(|entry| entry.after(self.version).ok()).peekable();
        if entries.peek().is_none() {
            return Err(signature.reject(ErrorKind::SignatureMalformed));
        }
        envelope.any_base64(entries);
        envelope.part(id).part(".").part(time).part(".");
        // A genuine GET has no body, so one with a body is forged.
        if head.method() != "GET" {
            envelope.body();
        }
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl<P: Platform> Sign for StandardRule<P> {
    fn write(&self, draft: &mut Draft<'_>) {
        let Names { id, time, signature } = P::names();
        draft.header(id.as_str(), draft.id());
        draft.header(time.as_str(), draft.seconds());
        draft.header(signature.as_str(), [self.version, &draft.base64()].concat());
    }

    fn key(&self, shown: &Secret) -> Result<Secret, ConfigError> {
        P::key(shown)
    }
}

impl<P> fmt::Debug for StandardRule<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardRule")
            .field("version", &self.version)
            .field("methods", &self.methods)
            .finish()
    }
}

static WEBHOOK: Names = Names {
    id: HeaderName::from_static("webhook-id"),
    time: HeaderName::from_static("webhook-timestamp"),
    signature: HeaderName::from_static("webhook-signature"),
};
pub(super) const PREFIX: &[u8] = b"whsec_";
const HMAC: &str = "v1,";
#[cfg(feature = "ed25519")]
const ED25519: &str = "v1a,";
/// The specification's example schedule takes about 75 hours.
const LONGEST_SCHEDULE: Duration = Duration::from_secs(76 * 60 * 60);
