//! A platform's signing rule.

mod envelope;
mod message;
mod profile;
mod tags;

use std::fmt::Debug;

pub use crate::params::FormParams;
pub(crate) use envelope::Binding;
pub use envelope::Envelope;
pub use message::{Encoding, FormJoin, Hash};
pub(crate) use message::{Message, OfEmpty, Place};
pub use profile::Profile;

use crate::error::Error;
use crate::request::Head;

/// A platform's signing rule: where a request has the signature, and what the signature covers.
///
/// A rule only reads the head. A [`Webhook`](crate::Webhook) verifies what it reads, so a rule cannot accept a request. If the
/// rule does not mention the body, a body is rejected.
///
/// # Example
///
/// Acme signs `time.body`, and sends `Acme-Signature: time,hex`.
///
/// ```
/// use countersign::rule::{Envelope, Profile, Rule};
/// use countersign::{
///     Algorithm, Error, ErrorKind, Head, HeaderName, Keys, Request, Secret, UnixTime, Verifier, Webhook,
/// };
///
/// #[derive(Debug)]
/// struct Acme;
///
/// static SIGNATURE: HeaderName = HeaderName::from_static("acme-signature");
///
/// impl Rule for Acme {
///     fn profile(&self) -> Profile {
///         Profile::new("acme").window(300, 300)
///     }
///
///     fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
///         let (time, tag) = head.signature(&SIGNATURE)?.split(b',')?;
///         envelope.hex(tag).signed_at(time.seconds()?).part(time).part(".").body();
///         Ok(())
///     }
/// }
///
/// let keys = Keys::hmac(Algorithm::Sha256, Secret::new("s3cr3t")?);
/// let acme = Webhook::with_rule(Acme, keys)?.clock(|| UnixTime::from_secs(1_700_000_000));
///
/// let signature = "1700000000,771fa669dccff4e3358e54314c62b351e8926c55afb53a5f7c8453eae6ce0343";
/// let headers = [("Acme-Signature", signature)];
/// let head = Head::new("POST", &headers);
/// assert!(acme.verify(Request::new(head, r#"{"ok":true}"#)).is_ok());
///
/// let rejected = acme.verify(Request::new(head, r#"{"ok":false}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Rule: Debug + Send + Sync {
    /// Returns the scheme's name and what all its requests share.
    fn profile(&self) -> Profile;

    /// Reads the head's claims into the envelope. It proves nothing.
    ///
    /// # Errors
    ///
    /// - A part of the head is missing or malformed. The methods of [`Head`] and [`Field`](crate::Field) return these errors.
    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error>;
}
