//! Signs requests as the platforms do, for the tests of your handler. Feature `sign`.
//!
//! Use it in `[dev-dependencies]`: verifying never needs it.
//!
//! [`Webhook::sign`](crate::Webhook::sign) signs with any rule that implements [`Sign`], yours included. [`Signer`] signs for
//! every scheme of this crate. The SMS API and Vonage's tokens have their own signers.
//!
//! # Example
//!
//! ```
//! use countersign::{Secret, Verifier, Vogent, sign};
//!
//! let secret = Secret::new("s3cr3t")?;
//! let delivery = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
//! let vogent = Vogent::new(secret);
//! assert!(vogent.verify(delivery.request()).is_ok());
//! assert!(vogent.verify(delivery.with_body("{}").request()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod delivery;
mod draft;
mod hex_hmac;
mod signer;
mod signing_key;
mod sms_signer;
mod token;
mod token_signer;
mod unsigned;
mod webhook;

pub use delivery::Delivery;
pub use draft::Draft;
pub use hex_hmac::{hex_hmac, vogent};
pub use signer::Signer;
pub use signing_key::SigningKey;
pub use sms_signer::SmsSigner;
pub use token_signer::{ContactCenterSigner, TokenSigner};
pub use unsigned::Unsigned;
pub use webhook::Sign;
