//! One file a platform, with its rule and the sources of the rule in the module doc.

pub mod body_hmac;
pub mod daily;
pub mod elevenlabs;
pub mod hex_hmac;
pub mod hume;
pub mod jaas;
pub mod openai;
pub mod retell;
pub mod sinch;
pub mod standard_rule;
pub mod standard_webhooks;
pub mod svix;
#[cfg(feature = "ed25519")]
pub mod telnyx;
pub mod ultravox;
pub mod vapi;
pub mod vogent;
pub mod vonage;
pub mod voxagent;
pub mod zoom;
