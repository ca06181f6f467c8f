//! Tests of the public interface.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod body_macs;
mod conformance;
mod contact_center;
mod custom_scheme;
mod deliveries;
#[cfg(feature = "ed25519")]
mod ed25519;
mod errors;
mod names;
#[allow(dead_code, reason = "shared with the end-to-end test")]
#[path = "../e2e/random.rs"]
mod random;
mod redaction;
mod registry;
#[cfg(feature = "reload")]
mod reloading;
mod request;
mod rules;
mod secret;
mod signed_webhook;
mod signer;
mod signing;
mod sms;
mod standard_webhooks;
mod standards;
mod support;
mod tables;
mod time;
mod timestamped;
mod tokens;
mod urls;
mod vapi;
mod vectors;
