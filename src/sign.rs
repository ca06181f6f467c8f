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
//!
//! Another platform's verifier signs with its own [`sign`](crate::Webhook::sign). Give the path where the URL is signed:
//!
//! ```
//! use countersign::sign::Unsigned;
//! use countersign::{BaseUrl, Secret, Twilio, Verifier};
//!
//! let secret = Secret::new("the-auth-token")?;
//! let twilio = Twilio::new(BaseUrl::new("https://hooks.example.com")?, secret.clone());
//! let unsigned = Unsigned::form("CallSid=CA1&CallStatus=ringing").target("/voice");
//! let delivery = twilio.sign(&secret, &unsigned)?;
//! assert!(twilio.verify(delivery.request()).is_ok());
//!
//! let other = Secret::new("another-token")?;
//! assert!(twilio.verify(twilio.sign(&other, &unsigned)?.request()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A platform with a private key, such as Telnyx, takes [`SigningKey::ed25519`] and its
//! [`public_key`](SigningKey::public_key).

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
