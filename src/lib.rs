// The first definition of a link counts, so on docs.rs the README's links lead to items. The README's example needs a
// framework.
#![cfg_attr(all(feature = "axum", feature = "tower"), doc = include_str!("links.md"))]
#![cfg_attr(all(feature = "axum", feature = "tower"), doc = "\n")]
#![cfg_attr(all(feature = "axum", feature = "tower"), doc = include_str!("../README.md"))]
#![cfg_attr(all(feature = "axum", feature = "tower"), doc = include_str!("../docs/request.svg"))]
#![cfg_attr(
    not(all(feature = "axum", feature = "tower")),
    doc = "Verifies that a webhook really comes from the voice platform it claims to come from. See the README."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod claims;
mod compare;
mod config_error;
#[cfg(feature = "diagnose")]
pub mod diagnose;
mod encoding;
mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(any(feature = "axum", feature = "tower"))]
mod integrations;
mod jwt;
mod mac;
mod name;
mod params;
mod providers;
#[cfg(feature = "replay")]
pub mod replay;
mod request;
pub mod rule;
#[cfg(feature = "sign")]
pub mod schemes;
mod secret;
#[cfg(feature = "sign")]
pub mod sign;
mod time;
mod verifier;
mod webhook;

pub use claims::Claims;
pub use config_error::ConfigError;
pub use error::{Error, ErrorKind};
#[cfg(feature = "axum")]
pub use integrations::axum;
#[cfg(feature = "tower")]
pub use integrations::tower;
pub use jwt::TokenWebhook;
#[cfg(feature = "ed25519")]
pub use mac::PublicKey;
pub use mac::{Algorithm, Keys};
pub use params::{Parameters, ParametersError};
#[cfg(feature = "ed25519")]
pub use providers::telnyx::{self, Telnyx};
pub use providers::{
    agora::{self, Agora},
    bland::{self, Bland},
    body_hmac,
    cal_com::{self, CalCom},
    daily::{self, Daily},
    elevenlabs::{self, ElevenLabs},
    famulor::{self, Famulor},
    genesys::{self, Genesys},
    hex_hmac::{self, HexHmac},
    hume::{self, Hume},
    jaas::{self, Jaas},
    livekit::{self, LiveKit},
    messagebird::{self, MessageBird},
    openai::{self, OpenAi},
    plivo::{self, PlivoV2, PlivoV3},
    retell::{self, Retell},
    signalwire::{self, SignalWire},
    sinch::{self, Sinch},
    sinch_numbers::{self, SinchNumbers},
    sinch_voice::{self, SinchVoice},
    standard_rule,
    standard_webhooks::{self, StandardWebhooks},
    static_token::{self, StaticToken},
    svix::{self, Svix},
    twilio::{self, Twilio},
    ultravox::{self, Ultravox},
    vapi::{self, Vapi},
    vogent::{self, Vogent},
    vonage,
    voxagent::{self, Voxagent},
    zoom::{self, Zoom},
};
pub use request::{BaseUrl, Field, Head, HeaderLookup, HeaderName, Headers, Request};
pub use rule::Rule;
pub use secret::{KeyId, Keyring, Secret, Tenants};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use time::SystemClock;
pub use time::{Clock, Tolerance, UnixTime};
#[cfg(feature = "reload")]
pub use verifier::Reloading;
pub use verifier::{Check, Coverage, Evidence, ReplayKey, Replays, Verification, Verified, Verifier};
pub use webhook::Webhook;
