//! Signs by the rule that verifies.

use super::draft::digest;
use super::{Delivery, Draft, Unsigned};
use crate::compare;
use crate::error::{Error, ErrorKind};
use crate::mac::{Function, MacKeys, Tags, sha256};
use crate::params::Params;
use crate::rule::{Binding, Envelope, Place, Rule};
use crate::secret::Secret;
use crate::webhook::Webhook;

/// Where a platform's signature, time and identifier are written: the other half of its [`Rule`], for tests.
///
/// The rule knows what is signed. So `write` only adds what [`read`](Rule::read) reads: one line for each header, most often one
/// to three. It is a trait of its own, so that a rule can be built without the feature `sign`.
///
/// # Example
///
/// Acme signs `time.body`, and sends `Acme-Signature: time,hex`.
///
/// ```
/// use countersign::rule::{Envelope, Profile, Rule};
/// use countersign::sign::{Draft, Sign, Unsigned};
/// use countersign::{
///     Algorithm, Error, ErrorKind, Head, HeaderName, Keys, Secret, UnixTime, Verifier, Webhook,
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
/// impl Sign for Acme {
///     fn write(&self, draft: &mut Draft<'_>) {
///         draft.header("acme-signature", format!("{},{}", draft.seconds(), draft.hex()));
///     }
/// }
///
/// let secret = Secret::new("s3cr3t")?;
/// let keys = Keys::hmac(Algorithm::Sha256, secret.clone());
/// let acme = Webhook::with_rule(Acme, keys)?.clock(|| UnixTime::from_secs(1_700_000_000));
///
/// let delivery = acme.sign(&secret, &Unsigned::json(r#"{"ok":true}"#))?;
/// assert!(acme.verify(delivery.request()).is_ok());
///
/// let forged = delivery.with_body(r#"{"ok":false}"#);
/// assert_eq!(acme.verify(forged.request()).unwrap_err().kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Sign: Rule {
    /// Writes the signature and what is signed beside the body. It is called twice, with a blank signature and with the true one,
    /// and must write the same beside it.
    fn write(&self, draft: &mut Draft<'_>);
}

impl<R: Sign> Webhook<R> {
    /// Signs a request with this secret, as the platform would: for the tests of a handler. Feature `sign`.
    ///
    /// The request verifies with this secret, as far as the timestamp window and the body limit allow. The secret need not be one of
    /// the verifier's, so that a test can sign with a wrong one. Where the rule reads several candidates for the signed message, the
    /// first is signed. [`Sign`] has an example.
    ///
    /// # Errors
    ///
    /// - What the rule refuses to read from what `write` has written, such as
    ///   [`SignatureMissing`](ErrorKind::SignatureMissing) where it wrote nothing.
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): the rule reads no signature, or one of another length than the keys'.
    /// - [`SignatureMismatch`](ErrorKind::SignatureMismatch): the rule reads another message once the signature is there, or another
    ///   signature than the one that was given to `write`.
    /// - [`RuleInvalid`](ErrorKind::RuleInvalid): the rule signs nothing, or contradicts itself.
    /// - [`MethodUnsupported`](ErrorKind::MethodUnsupported), [`BodyUnexpected`](ErrorKind::BodyUnexpected),
    ///   [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch), [`ParameterMalformed`](ErrorKind::ParameterMalformed),
    ///   [`ParametersTooMany`](ErrorKind::ParametersTooMany): the verifier accepts no such request, whoever signs it.
    /// - [`ApiKeyMissing`](ErrorKind::ApiKeyMissing), [`ApiKeyUnknown`](ErrorKind::ApiKeyUnknown): the request names no tenant of the
    ///   verifier's.
    /// - [`ClockUnavailable`](ErrorKind::ClockUnavailable): no time was set, and the clock has none.
    pub fn sign(&self, secret: &Secret, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let function = self.function().ok_or(ErrorKind::ApiKeyUnknown)?;
        let time = unsigned.time.map_or_else(|| self.now(), Ok)?;
        let write = |tag| {
            let mut draft = Draft::new(unsigned, time, tag);
            self.rule().write(&mut draft);
            draft.into_delivery()
        };
        let keys = MacKeys::of_secret(function, secret);
        let (message, _) = self.read(&write(vec![0; function.tag_bytes()]), function)?;
        let delivery = write(keys.sign([message.as_slice()].into_iter()));
        let (message, tags) = self.read(&delivery, function)?;
        keys.find(&message, &tags).ok_or(ErrorKind::SignatureMismatch)?;
        Ok(delivery)
    }

    /// What the rule reads: the message to sign and the signatures.
    fn read(&self, delivery: &Delivery, function: Function) -> Result<(Vec<u8>, Tags), Error> {
        let envelope = self.open(delivery.head())?;
        self.select(&envelope)?;
        let tags = envelope.tags(function)?;
        Ok((message(envelope, delivery.body())?, tags))
    }
}

/// The first candidate for the signed message.
fn message(envelope: Envelope<'_>, body: &[u8]) -> Result<Vec<u8>, Error> {
    match envelope.binding() {
        Binding::Message => {
            let (message, place) = envelope.into_messages().next().ok_or(ErrorKind::RuleInvalid)?;
            Ok([message.before, fill(place, body)?, message.after].concat())
        }
        Binding::Absent if !body.is_empty() => Err(ErrorKind::BodyUnexpected.into()),
        Binding::Sha256(expected) if !compare::eq(&expected, &sha256(body)) => {
            Err(ErrorKind::PayloadHashMismatch.into())
        }
        Binding::Absent | Binding::Sha256(_) | Binding::Unsigned => {
            let message = envelope.whole_messages().next().ok_or(ErrorKind::RuleInvalid)?;
            Ok(message.to_vec())
        }
    }
}

/// What stands in the body's place.
fn fill(place: Place, body: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(match place {
        Place::Raw => body.to_vec(),
        Place::Digest(hash, encoding) => encoding.encode(&digest(hash, body)).into_bytes(),
        Place::Form(join) => {
            let mut params = Params::default();
            params.read_form(body)?;
            let mut joined = Vec::new();
            join(params.iter().map(|param| (param.name, param.value)).collect(), &mut joined);
            joined
        }
    })
}
