//! Matching settings, key and request.

use std::fmt;

use super::Settings;
use crate::request::BaseUrl;
use crate::secret::Secret;
use crate::sign::{SigningKey, Unsigned};

/// Settings, their signing key, and a request to sign.
#[derive(Clone)]
#[non_exhaustive]
pub struct Sample {
    /// The settings to build the verifier from.
    pub settings: Settings,
    /// The key that the verifier accepts.
    pub key: SigningKey,
    /// A request as the platform would send it.
    pub unsigned: Unsigned,
    #[cfg_attr(not(feature = "ed25519"), expect(dead_code, reason = "a secret is made of it at once"))]
    seed: [u8; 32],
}

impl Sample {
    /// Makes a POST of JSON. The secret is base64 of the seed.
    pub(super) fn new(seed: [u8; 32]) -> Self {
        let secret = Secret::of_seed(seed);
        let key = SigningKey::from(&secret);
        let settings = Settings { keyring: Some(secret.into()), ..Settings::default() };
        let unsigned = Unsigned::json(r#"{"event":"call.started","price":1.50}"#);
        Self { settings, key, unsigned, seed }
    }

    #[cfg(feature = "ed25519")]
    pub(super) fn ed25519(mut self) -> Self {
        self.key = SigningKey::ed25519(self.seed);
        self.settings.public_keys = self.key.public_key().into_iter().collect();
        self.settings.keyring = None;
        self
    }

    pub(super) fn header(mut self, name: &str) -> Self {
        self.settings.header = Some(name.to_owned());
        self
    }

    /// Uses a signed URL.
    pub(super) fn url(mut self) -> Self {
        self.settings.base_url = BaseUrl::new("https://example.com").ok();
        self.unsigned = self.unsigned.target("/hook?id=7");
        self
    }

    /// Uses a form and a signed URL.
    pub(super) fn url_form(mut self) -> Self {
        self.unsigned = Unsigned::form("CallSid=CA0A01&To=%2B447700900001&Name=Ada+%26+Co&Digits=");
        self.url()
    }

    pub(super) fn sms(mut self) -> Self {
        self.settings.algorithm = Some("sha256".to_owned());
        self.unsigned = Unsigned::form("msisdn=447700900001&text=Hello+%26+1%2B1%3D2&messageId=0A01");
        self
    }
}

/// Hides the seed, which is a secret.
impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample")
            .field("settings", &self.settings)
            .field("unsigned", &self.unsigned)
            .finish_non_exhaustive()
    }
}
