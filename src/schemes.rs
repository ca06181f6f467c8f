//! Builds any scheme by name from plain settings, for programs that work with all schemes. Feature `sign`.
//!
//! If your service receives from one platform, use that platform's type instead.
//!
//! # Example
//!
//! ```
//! use countersign::schemes::{Sample, Scheme};
//! use countersign::Verifier;
//!
//! for scheme in Scheme::ALL {
//!     let Sample { settings, key, unsigned, .. } = scheme.sample([7; 32]);
//!     let verifier = scheme.build(&settings)?;
//!     let delivery = verifier.sign(&key, &unsigned)?;
//!     assert!(verifier.verify(delivery.request()).is_ok(), "{}", scheme.name());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod sample;
mod settings;

pub use sample::Sample;
pub use settings::{Settings, Window};

use std::fmt;

use crate::config_error::ConfigError;
#[cfg(feature = "diagnose")]
use crate::diagnose::Explain;
use crate::jwt::{Dated, TokenRule, TokenWebhook};
use crate::mac::Keys;
use crate::providers::agora::Agora;
use crate::providers::bland::Bland;
use crate::providers::cal_com::CalCom;
use crate::providers::daily::Daily;
use crate::providers::elevenlabs::ElevenLabs;
use crate::providers::famulor::Famulor;
use crate::providers::genesys::Genesys;
use crate::providers::hex_hmac::HexHmac;
use crate::providers::hume::Hume;
use crate::providers::jaas::Jaas;
use crate::providers::livekit::LiveKit;
use crate::providers::messagebird::MessageBird;
use crate::providers::openai::OpenAi;
use crate::providers::plivo::{PlivoV2, PlivoV3};
use crate::providers::retell::Retell;
use crate::providers::signalwire::SignalWire;
use crate::providers::sinch::Sinch;
use crate::providers::sinch_numbers::SinchNumbers;
use crate::providers::sinch_voice::SinchVoice;
use crate::providers::standard_webhooks::StandardWebhooks;
use crate::providers::static_token::StaticToken;
use crate::providers::svix::Svix;
#[cfg(feature = "ed25519")]
use crate::providers::telnyx::Telnyx;
use crate::providers::twilio::Twilio;
use crate::providers::ultravox::Ultravox;
use crate::providers::vapi::{Vapi, VapiRule};
use crate::providers::vogent::Vogent;
use crate::providers::vonage::{ContactCenter, SignedWebhook, Sms};
use crate::providers::voxagent::Voxagent;
use crate::providers::zoom::Zoom;
use crate::secret::{Keyring, Tenants};
use crate::sign::Signer;

/// A scheme: its name, its constructor and a sample.
pub struct Scheme {
    name: &'static str,
    build: fn(&Settings) -> Result<Box<dyn Registered>, ConfigError>,
    sample: fn(Sample) -> Sample,
}

/// A verifier that also signs and, with the feature `diagnose`, explains rejections.
#[cfg(feature = "diagnose")]
pub trait Registered: Signer + Explain {}
#[cfg(feature = "diagnose")]
impl<V: Signer + Explain> Registered for V {}
/// A verifier that also signs.
#[cfg(not(feature = "diagnose"))]
pub trait Registered: Signer {}
#[cfg(not(feature = "diagnose"))]
impl<V: Signer> Registered for V {}

/// Every scheme: its name, its verifier, and how its sample differs from a POST of JSON.
const ALL: &[Scheme] = &[
    scheme(
        "vogent",
        |s| s.webhook(s.renamed(Vogent::with_algorithm(s.algorithm()?, s.keyring()?), Vogent::header)?),
        json,
    ),
    scheme(
        "voxagent",
        |s| s.webhook(Voxagent::new(s.header()?, s.keyring()?)?),
        |sample| sample.header("X-Voxagent"),
    ),
    scheme(
        "hex-hmac",
        |s| s.webhook(HexHmac::with_algorithm(s.header()?, s.algorithm()?, s.keyring()?)?),
        |sample| sample.header("X-Hex"),
    ),
    scheme("daily", |s| s.webhook(Daily::new(s.keyring()?)?), json),
    scheme("elevenlabs", |s| s.webhook(ElevenLabs::new(s.keyring()?)), json),
    scheme("hume", |s| s.webhook(Hume::new(s.keyring()?)), json),
    scheme("jaas", |s| s.webhook(Jaas::new(s.keyring()?)), json),
    scheme("livekit", |s| s.token(s.of_tenants(LiveKit::new, LiveKit::tenants)?), json),
    scheme("messagebird", |s| s.token(MessageBird::new(s.base_url()?, s.keyring()?)), Sample::url),
    scheme("openai", |s| s.webhook(OpenAi::new(s.keyring()?)?), json),
    scheme("retell", |s| s.webhook(Retell::new(s.keyring()?)), json),
    scheme("sinch", |s| s.webhook(Sinch::new(s.keyring()?)), json),
    scheme("standard-webhooks", |s| s.webhook(s.standard_webhooks()?), json),
    scheme("svix", |s| s.webhook(s.svix()?), json),
    #[cfg(feature = "ed25519")]
    scheme("telnyx", |s| s.webhook(Telnyx::new(s.public_keys.clone())?), Sample::ed25519),
    scheme("ultravox", |s| s.webhook(Ultravox::new(s.keyring()?)), json),
    scheme("vapi", |s| s.webhook(s.vapi()?), json),
    scheme("bland", |s| s.webhook(s.renamed(Bland::new(s.keyring()?), Bland::header)?), json),
    scheme("cal-com", |s| s.webhook(s.renamed(CalCom::new(s.keyring()?), CalCom::header)?), json),
    scheme("agora", |s| s.webhook(s.renamed(Agora::new(s.keyring()?), Agora::header)?), json),
    scheme("famulor", |s| s.webhook(s.renamed(Famulor::new(s.keyring()?), Famulor::header)?), json),
    scheme("genesys", |s| s.webhook(s.renamed(Genesys::new(s.keyring()?), Genesys::header)?), json),
    scheme(
        "sinch-numbers",
        |s| s.webhook(s.renamed(SinchNumbers::new(s.keyring()?), SinchNumbers::header)?),
        json,
    ),
    scheme("sinch-voice", |s| s.webhook(s.sinch_voice()?), json),
    scheme("twilio", |s| s.webhook(s.twilio()?), Sample::url_form),
    scheme("signalwire", |s| s.webhook(SignalWire::new(s.base_url()?, s.keyring()?)), Sample::url),
    scheme("plivo-v3", |s| s.webhook(PlivoV3::new(s.base_url()?, s.keyring()?)), Sample::url_form),
    scheme(
        "plivo-v2",
        |s| s.webhook(PlivoV2::new(s.base_url()?, s.keyring()?).insecure_accept_unsigned_parameters()),
        Sample::url_form,
    ),
    scheme("static-token", Settings::static_token, |sample| sample.header("X-Webhook-Secret")),
    scheme("vonage-sms", Settings::sms, Sample::sms),
    scheme("vonage-jwt", |s| s.dated(s.of_tenants(SignedWebhook::new, SignedWebhook::tenants)?), json),
    scheme("vonage-contact-center", |s| s.dated(ContactCenter::new(s.keyring()?)?), json),
    scheme("zoom", |s| s.webhook(Zoom::new(s.keyring()?)), json),
];

impl Scheme {
    /// All schemes of this version, with these features.
    pub const ALL: &[Self] = ALL;

    /// Finds a scheme by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|scheme| scheme.name == name)
    }

    /// Returns the name in lower case with hyphens, as [`Verifier::scheme`](crate::Verifier::scheme) does.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Builds the verifier.
    ///
    /// `plivo-v2` accepts a query and a body, which Plivo does not sign there:
    /// [`insecure_accept_unsigned_parameters`](PlivoV2::insecure_accept_unsigned_parameters). Its proof covers only the path.
    ///
    /// # Errors
    ///
    /// - The scheme's constructor fails, or a required setting is missing.
    pub fn build(&self, settings: &Settings) -> Result<Box<dyn Registered>, ConfigError> {
        (self.build)(settings)
    }

    /// Makes settings, their signing key and a request from a seed, for tests and examples. Anyone who knows the seed can sign.
    #[must_use]
    pub fn sample(&self, seed: [u8; 32]) -> Sample {
        (self.sample)(Sample::new(seed))
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scheme").field(&self.name).finish()
    }
}

const fn scheme(
    name: &'static str,
    build: fn(&Settings) -> Result<Box<dyn Registered>, ConfigError>,
    sample: fn(Sample) -> Sample,
) -> Scheme {
    Scheme { name, build, sample }
}

fn json(sample: Sample) -> Sample {
    sample
}

// Constructors that do not fit in a line.
impl Settings {
    fn standard_webhooks(&self) -> Result<StandardWebhooks, ConfigError> {
        #[cfg(feature = "ed25519")]
        if !self.public_keys.is_empty() {
            return StandardWebhooks::ed25519(self.public_keys.clone());
        }
        StandardWebhooks::new(self.keyring()?)
    }

    fn svix(&self) -> Result<Svix, ConfigError> {
        #[cfg(feature = "ed25519")]
        if !self.public_keys.is_empty() {
            return Svix::ed25519(self.public_keys.clone());
        }
        Svix::new(self.keyring()?)
    }

    fn vapi(&self) -> Result<Vapi, ConfigError> {
        let mut rule = self.renamed(VapiRule::new(), VapiRule::header)?;
        if let Some(name) = &self.timestamp_header {
            rule = rule.timestamp_header(name)?;
        }
        if let Some(name) = &self.message_id_header {
            rule = rule.message_id_header(name)?;
        }
        if let Some(format) = &self.format {
            rule = rule.format(format)?;
        }
        if let Some(encoding) = &self.encoding {
            rule = rule.encoding(encoding.parse()?);
        }
        let rule = rule.prefix(self.prefix.clone().unwrap_or_default());
        Vapi::with_rule(rule, Keys::hmac(self.algorithm()?, self.keyring()?))
    }
}

// Schemes whose requests name a tenant.
impl Settings {
    fn sinch_voice(&self) -> Result<SinchVoice, ConfigError> {
        self.of_tenants(SinchVoice::new, SinchVoice::tenants)?
    }

    fn twilio(&self) -> Result<Twilio, ConfigError> {
        let base = self.base_url()?;
        self.of_tenants(|keyring| Twilio::new(base.clone(), keyring), |of| Twilio::tenants(base.clone(), of))
    }
}

// Verifiers that are not a `Webhook`.
impl Settings {
    fn static_token(&self) -> Result<Box<dyn Registered>, ConfigError> {
        let token = StaticToken::new(self.header()?, self.keyring()?)?;
        Ok(Box::new(token.prefix(self.prefix.as_deref().unwrap_or_default())))
    }

    fn sms(&self) -> Result<Box<dyn Registered>, ConfigError> {
        let method = self.algorithm.as_deref().unwrap_or_default().parse()?;
        let sms = self.of_tenants(|keyring| Sms::new(method, keyring), |of| Sms::tenants(method, of))?;
        let sms = sms.clock(self.clock.clone());
        Ok(Box::new(match self.window {
            Window::Default | Window::AnyAge => sms,
            Window::Within(tolerance) => sms.tolerance(tolerance),
        }))
    }

    /// Sets a token verifier's header and clock, and its leeway from the window.
    fn token<R: TokenRule + 'static>(
        &self,
        webhook: TokenWebhook<R>,
    ) -> Result<Box<dyn Registered>, ConfigError>
    where
        TokenWebhook<R>: Registered,
    {
        let webhook = self.renamed(webhook, TokenWebhook::header)?.clock(self.clock.clone());
        Ok(Box::new(match self.window {
            Window::Default | Window::AnyAge => webhook,
            Window::Within(tolerance) => webhook.leeway(tolerance),
        }))
    }

    /// Sets them as [`token`](Self::token) does, but the window is that of the token's time.
    fn dated<R: Dated + 'static>(&self, webhook: TokenWebhook<R>) -> Result<Box<dyn Registered>, ConfigError>
    where
        TokenWebhook<R>: Registered,
    {
        let webhook = self.renamed(webhook, TokenWebhook::header)?.clock(self.clock.clone());
        Ok(Box::new(match self.window {
            Window::Default => webhook,
            Window::AnyAge => webhook.insecure_accept_any_age(),
            Window::Within(tolerance) => webhook.tolerance(tolerance),
        }))
    }

    /// Builds the verifier of several tenants, if there are any, or of one sender.
    fn of_tenants<V>(
        &self,
        one: impl FnOnce(Keyring) -> V,
        several: impl FnOnce(Tenants) -> V,
    ) -> Result<V, ConfigError> {
        match &self.tenants {
            Some(tenants) => Ok(several(tenants.clone())),
            None => Ok(one(self.keyring()?)),
        }
    }
}
