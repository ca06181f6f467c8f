//! Signs with the rule that verifies.

use super::{Delivery, Draft, SigningKey, Unsigned};
use crate::compare;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::mac::{SignatureKind, Tags, sha256};
use crate::params::Params;
use crate::rule::{Binding, Envelope, Rule};
use crate::secret::Secret;
use crate::webhook::{Webhook, Whole, read_form};

/// Writes a platform's signature, time and identifier, for tests. It is the counterpart of [`Rule`].
///
/// The rule knows what is signed. So `write` only adds what [`read`](Rule::read) reads: one line per header, mostly one to
/// three. It is a separate trait, so that a rule does not need the feature `sign`.
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
    /// Writes the signature and the signed values other than the body. It is called twice, first with a blank signature. Everything
    /// but the signature must be equal both times.
    fn write(&self, draft: &mut Draft<'_>);

    /// Decodes a secret that is in the platform's encoding, such as base64. Default: the key is the text itself.
    ///
    /// # Errors
    ///
    /// - Those of the platform's constructor.
    fn key(&self, shown: &Secret) -> Result<Secret, ConfigError> {
        Ok(shown.clone())
    }
}

impl<R: Sign> Webhook<R> {
    /// Signs a request with this key, as the platform would: for the tests of a handler. Feature `sign`.
    ///
    /// A secret is in the platform's encoding, as in the platform's constructor. The request verifies with this key, within the
    /// timestamp window and the body limit. The verifier does not need the key, so a test can sign with a wrong one. If the
    /// rule reads several candidates for the signed message, the first is signed. [`Sign`] has an example.
    ///
    /// # Errors
    ///
    /// - The rule's errors for what `write` wrote, such as [`SignatureMissing`](ErrorKind::SignatureMissing) if it wrote
    ///   nothing.
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): the rule reads no signature, or one of the wrong length. Or the
    ///   key is of another kind than the verifier's, or not in the platform's encoding.
    /// - [`SignatureMismatch`](ErrorKind::SignatureMismatch): with the signature written, the rule reads another message, or
    ///   another signature than `write` got.
    /// - [`RuleInvalid`](ErrorKind::RuleInvalid): the rule signs nothing, or contradicts itself.
    /// - [`MethodUnsupported`](ErrorKind::MethodUnsupported), [`BodyUnexpected`](ErrorKind::BodyUnexpected),
    ///   [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch), [`ParameterMalformed`](ErrorKind::ParameterMalformed),
    ///   [`ParametersTooMany`](ErrorKind::ParametersTooMany): the verifier would reject the request with any signature.
    /// - [`TenantMissing`](ErrorKind::TenantMissing), [`TenantUnknown`](ErrorKind::TenantUnknown): the request names no tenant
    ///   of the verifier.
    /// - [`ClockUnavailable`](ErrorKind::ClockUnavailable): no time was set, and the clock has none.
    pub fn sign(&self, key: impl Into<SigningKey>, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let key =
            key.into().of_shown(|shown| self.rule().key(shown)).map_err(|_| ErrorKind::SignatureMalformed)?;
        let kind = self.keys().0.any().ok_or(ErrorKind::TenantUnknown)?.kind();
        let time = unsigned.time.map_or_else(|| self.now(), Ok)?;
        let write = |tag| {
            let mut draft = Draft::new(unsigned, time, tag);
            self.rule().write(&mut draft);
            draft.into_delivery()
        };
        let (message, _) = self.read(&write(vec![0; kind.bytes()]), kind)?;
        let tag = key.tag(kind, &message).ok_or(ErrorKind::SignatureMalformed)?;
        let delivery = write(tag.clone());
        let (written, tags) = self.read(&delivery, kind)?;
        let holds = written == message && tags.iter().any(|written| compare::eq(&tag, written.as_bytes()));
        if holds { Ok(delivery) } else { Err(ErrorKind::SignatureMismatch.into()) }
    }

    /// Reads the message to sign and the signatures with the rule.
    fn read(&self, delivery: &Delivery, kind: SignatureKind) -> Result<(Vec<u8>, Tags), Error> {
        let mut envelope = Envelope::new();
        self.open(delivery.head(), &mut envelope)?;
        let params = if envelope.is_form() {
            let (keys, _) = self.keys_of_form(&envelope)?;
            let params = read_form(delivery.body())?;
            keys.select(&params)?;
            params
        } else {
            self.select(&envelope)?;
            Params::default()
        };
        let tags = envelope.tags(kind)?;
        Ok((message(envelope, delivery.body(), params)?, tags))
    }
}

/// Returns the first candidate for the signed message.
fn message(envelope: Envelope<'_>, body: &[u8], params: Params) -> Result<Vec<u8>, Error> {
    match envelope.binding() {
        Binding::Message => {
            let (message, place) = envelope.into_messages().next().ok_or(ErrorKind::RuleInvalid)?;
            let mut whole = Whole::new(body, params);
            Ok([&*message.before, whole.content(place)?, &message.after].concat())
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
