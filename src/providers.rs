//! One file a platform, with its rule and the sources of the rule in the module doc.

pub mod body_hmac;
pub mod hex_hmac;
pub mod retell;
#[cfg(feature = "ed25519")]
pub mod telnyx;
pub mod vogent;
pub mod vonage;
pub mod voxagent;
