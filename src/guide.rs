//! The book: what the crate proves, against whom, and how to live with it. Nothing here is code.
//!
//! | chapter | answers |
//! |---|---|
//! | [`proof`] | what each scheme proves, and what not |
//! | [`threat_model`] | who attacks, with what, and what stops it |
//! | [`production`] | what a team adds before the first delivery |
//! | [`exactly_once`] | what happens to an event that is sent twice, or whose handler dies |
//! | [`errors`] | every kind of error: code, status, retry, meaning, what to do |
//! | [`migration`] | from Vonage's SDKs, `webhook-verify`, a hand-rolled HMAC |
//! | [`own_scheme`] | another platform |
//! | [`design`] | why it is as it is |

/// Why it is as it is.
#[doc = "\n"]
#[doc = include_str!("guide/design.md")]
pub mod design {}
/// What happens to an event that is sent twice, or whose handler dies.
#[doc = "\n"]
#[doc = include_str!("guide/exactly_once.md")]
pub mod exactly_once {}
/// Every kind of error: code, status, retry, meaning, what to do.
#[doc = "\n"]
#[doc = include_str!("guide/errors.md")]
pub mod errors {}
/// From Vonage's SDKs, `webhook-verify`, a hand-rolled HMAC.
#[doc = "\n"]
#[doc = include_str!("guide/migration.md")]
pub mod migration {}
/// A scheme of your own.
#[doc = "\n"]
#[doc = include_str!("guide/own_scheme.md")]
#[doc = "```"]
#[doc = include_str!("../examples/own_scheme.rs")]
#[doc = "```"]
pub mod own_scheme {}
/// What a team adds before the first delivery.
#[doc = "\n"]
#[doc = include_str!("guide/production.md")]
pub mod production {}
/// What each scheme proves, and what not.
#[doc = "\n"]
#[doc = include_str!("guide/proof.md")]
pub mod proof {}
/// Who attacks, with what, and what stops it.
#[doc = "\n"]
#[doc = include_str!("guide/threat_model.md")]
pub mod threat_model {}
