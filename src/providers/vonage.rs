//! Vonage, formerly Nexmo. The product, not the account, decides the scheme.
//!
//! | product | scheme | where the signature is |
//! |---|---|---|
//! | SMS API: inbound SMS, delivery receipts | [`Sms`] | a parameter `sig` in the query, form or JSON |
//! | Messages, Dispatch, Voice, Video | [`SignedWebhook`] | `Authorization: Bearer …` |
//! | Contact Center | [`ContactCenter`] | `Vonage-Signature: Bearer …` |
//!
//! SMS, Messages, Dispatch and Voice sign with the account's *signature secret*. Each callback of Video and each subscription
//! of the Contact Center has its own secret. None of these is the API secret or an application's private key.

pub(crate) mod contact_center;
pub(crate) mod signed_webhook;
mod sms;

pub use contact_center::ContactCenter;
pub use signed_webhook::SignedWebhook;
#[cfg(feature = "sign")]
pub(crate) use sms::Source;
pub use sms::{SignatureMethod, Sms};
