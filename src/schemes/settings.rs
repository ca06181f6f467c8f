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

/// The settings of any scheme, by the names of the captured-deliveries format. A scheme ignores those that it does not have.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The algorithm: `sha1`, `sha256` (default) or `sha512`; of the SMS API its signature method.
    pub algorithm: Option<String>,
    /// The name of the signature header.
    pub header: Option<String>,
    /// The secrets of the one sender, as the platform shows them.
    pub keyring: Option<Keyring>,
    /// The secrets of several senders, by account.
    pub tenants: Option<Tenants>,
    /// The public keys of the sender, newest first.
    #[cfg(feature = "ed25519")]
    pub public_keys: Vec<PublicKey>,
    /// The start of the URL that the platform calls.
    pub base_url: Option<BaseUrl>,
    /// `vapi`: the header of the time.
    pub timestamp_header: Option<String>,
    /// `vapi`: the header of the message's identifier.
    pub message_id_header: Option<String>,
    /// `vapi`: what is signed.
    pub format: Option<String>,
    /// `vapi`, `static-token`: what stands before the signature or token.
    pub prefix: Option<String>,
    /// `vapi`: `hex` or `base64`.
    pub encoding: Option<String>,
    /// The timestamp window.
    pub window: Window,
    /// The clock; by default the system's.
    pub(crate) clock: SharedClock,
}

/// The timestamp window of [`Settings`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The scheme's.
    #[default]
    Default,
    /// None: a request of any age is accepted.
    AnyAge,
    /// This one.
    Within(Tolerance),
}

impl Settings {
    /// Tells the time by this clock.
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

    /// Gives a verifier the header of the settings, if they name one.
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

    /// Gives a webhook the clock and the window.
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

/// Shows no secret, and neither the URL nor the format.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("header", &self.header)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
