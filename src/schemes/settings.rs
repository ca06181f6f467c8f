//! The settings of any scheme.

use std::fmt;

use super::Registered;
use crate::config_error::ConfigError;
use crate::mac::Algorithm;
#[cfg(feature = "ed25519")]
use crate::mac::PublicKey;
use crate::request::BaseUrl;
use crate::secret::{Keyring, Tenants};
use crate::sign::Sign;
use crate::time::{Clock, SharedClock, Tolerance};
use crate::webhook::Webhook;

/// The settings of any scheme, named as in the format of captured requests. A scheme ignores settings that it does not use.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The algorithm: `sha1`, `sha256` (default) or `sha512`. For the SMS API, its signature method.
    pub algorithm: Option<String>,
    /// The name of the signature header.
    pub header: Option<String>,
    /// The secrets of the single sender, as the platform shows them.
    pub keyring: Option<Keyring>,
    /// The secrets of several senders, by account.
    pub tenants: Option<Tenants>,
    /// The public keys of the sender, newest first.
    #[cfg(feature = "ed25519")]
    pub public_keys: Vec<PublicKey>,
    /// The start of the public URL.
    pub base_url: Option<BaseUrl>,
    /// `vapi`: the header with the time.
    pub timestamp_header: Option<String>,
    /// `vapi`: the header with the message's identifier.
    pub message_id_header: Option<String>,
    /// `vapi`: the signed format.
    pub format: Option<String>,
    /// `vapi`, `static-token`: the text before the signature or token.
    pub prefix: Option<String>,
    /// `vapi`: `hex` or `base64`.
    pub encoding: Option<String>,
    /// The timestamp window.
    pub window: Window,
    pub(crate) clock: SharedClock,
}

/// The timestamp window of [`Settings`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The scheme's window.
    #[default]
    Default,
    /// No window: a request of any age is accepted.
    AnyAge,
    /// This window.
    Within(Tolerance),
}

impl Settings {
    /// Replaces the system's clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: SharedClock::new(clock), ..self }
    }

    pub(super) fn algorithm(&self) -> Result<Algorithm, ConfigError> {
        self.algorithm.as_deref().map_or(Ok(Algorithm::Sha256), str::parse)
    }

    pub(super) fn header(&self) -> Result<&str, ConfigError> {
        self.header.as_deref().ok_or(ConfigError::HeaderNameInvalid)
    }

    pub(super) fn keyring(&self) -> Result<Keyring, ConfigError> {
        match (&self.keyring, &self.tenants) {
            (Some(keyring), _) => Ok(keyring.clone()),
            (None, Some(_)) => Err(ConfigError::TenantsUnsupported),
            (None, None) => Err(ConfigError::KeyringEmpty),
        }
    }

    #[allow(dead_code)]
    pub(super) fn tenants(&self) -> Result<Tenants, ConfigError> {
        self.tenants.clone().ok_or(ConfigError::KeyringEmpty)
    }

    pub(super) fn base_url(&self) -> Result<BaseUrl, ConfigError> {
        self.base_url.clone().ok_or(ConfigError::BaseUrlMissing)
    }

    /// Sets the header, if the settings name one.
    pub(super) fn renamed<V>(
        &self,
        verifier: V,
        rename: impl FnOnce(V, &str) -> Result<V, ConfigError>,
    ) -> Result<V, ConfigError> {
        match &self.header {
            Some(name) => rename(verifier, name),
            None => Ok(verifier),
        }
    }

    pub(super) fn webhook<R: Sign + 'static>(
        &self,
        webhook: Webhook<R>,
    ) -> Result<Box<dyn Registered>, ConfigError> {
        let webhook = webhook.clock(self.clock.clone());
        Ok(Box::new(match self.window {
            _ if !webhook.signs_time() => webhook,
            Window::Default => webhook,
            Window::AnyAge => webhook.insecure_accept_any_age()?,
            Window::Within(tolerance) => webhook.tolerance(tolerance)?,
        }))
    }
}

/// Hides the secrets, the URL and the format.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("header", &self.header)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
