//! The trait that every scheme implements, and what it gives.

mod delegate;
mod replay_key;
mod verification;
mod verified;

pub(crate) use delegate::delegate_verifier;
pub use replay_key::ReplayKey;
pub use verification::{Check, Verification};
pub use verified::{Coverage, Evidence, Verified};

use std::fmt::Debug;

use crate::error::Error;
use crate::request::{Head, Request};

/// Verifies that a request comes from the sender it claims to come from.
///
/// Built once from a secret, shared by all requests: `Send`, `Sync` and object safe, so that an
/// `Arc<dyn Verifier>` serves a map of routes. Verifying does no I/O and never panics, whatever a stranger sends.
///
/// # Success
///
/// A [`Verified`] is returned only if one of the secrets signed exactly what its [`coverage`](Verified::coverage)
/// names, by the configured algorithm, and every condition of the scheme holds. The verdict is the same for
/// [`verify`](Self::verify) and for [`begin`](Self::begin) with the body in any number of chunks.
///
/// # A scheme of your own
///
/// Implement [`begin`](Self::begin). Where a built-in scheme can do the hashing and the comparing, hand it what your
/// platform signs and add what it says; where none can, conclude with a [`Check`] of your own.
///
/// ```
/// use std::time::Duration;
///
/// use countersign::{
///     Error, ErrorKind, Head, HeaderName, HexHmac, Request, Secret, Tolerance, UnixTime, Verification, Verifier,
/// };
///
/// /// Signs `time.body`, and sends `Acme-Signature: time,hex`.
/// #[derive(Debug)]
/// struct Acme {
///     header: HeaderName,
///     hmac: HexHmac,
///     tolerance: Tolerance,
///     clock: fn() -> UnixTime,
/// }
///
/// impl Verifier for Acme {
///     fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
///         let value = head.header(&self.header)?.ok_or(ErrorKind::SignatureMissing)?;
///         let (time, signature) = str::from_utf8(value)
///             .ok()
///             .and_then(|value| value.split_once(','))
///             // Digits alone: with a `.` in it, the body could be cut at another place.
///             .filter(|(time, _)| !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit()))
///             .ok_or(ErrorKind::SignatureMalformed)?;
///         let signed_at = UnixTime::from_secs(time.parse().map_err(|_| ErrorKind::TimestampMalformed)?);
///
///         let mut verification = self.hmac.begin(Head::new("POST", &[("hex", signature)]))?;
///         verification.update(time.as_bytes())?;
///         verification.update(b".")?;
///         Ok(verification.and_then(move |evidence| {
///             self.tolerance.check((self.clock)(), signed_at)?;
///             Ok(evidence.signed_at(Some(signed_at)))
///         }))
///     }
/// }
///
/// let acme = Acme {
///     header: HeaderName::new("Acme-Signature")?,
///     hmac: HexHmac::new("hex", Secret::new("s3cr3t")?)?,
///     tolerance: Tolerance::either_way(Duration::from_secs(300))?,
///     clock: || UnixTime::from_secs(1_700_000_000),
/// };
/// let signature = "1700000000,771fa669dccff4e3358e54314c62b351e8926c55afb53a5f7c8453eae6ce0343";
/// let headers = [("Acme-Signature", signature)];
/// let head = Head::new("POST", &headers);
/// assert!(acme.verify(Request::new(head, r#"{"ok":true}"#)).is_ok());
///
/// let refused = acme.verify(Request::new(head, r#"{"ok":false}"#)).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Verifier: Debug + Send + Sync {
    /// Decides all that the head alone can decide, and begins the check of the body.
    ///
    /// # Errors
    ///
    /// - Whatever is wrong with the request and can be seen without its body. A scheme lists its kinds.
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error>;

    /// Verifies a whole request.
    ///
    /// # Errors
    ///
    /// - What [`begin`](Self::begin), [`Verification::update`] and [`Verification::finish`] refuse.
    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        let mut verification = self.begin(request.head())?;
        verification.update(request.body())?;
        verification.finish()
    }
}
