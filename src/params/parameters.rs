//! The parameters in a proof.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::deserialize::{Deserializer, ParametersError};
use super::{Param, Params};

/// The parameters that a signature covers, decoded to bytes.
///
/// Read them from here, not from the request: another parser could read the same bytes differently. They are in the signed order.
/// A name is repeated only if the platform signs repeated names. Cheap to clone. `Debug` shows no name and no value.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sign")] {
/// use countersign::vonage::{SignatureMethod, Sms};
/// use countersign::{Secret, Verifier, sign};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct InboundSms {
///     msisdn: String,
///     text: Option<String>,
///     #[serde(rename = "concat-total")]
///     parts: Option<u8>,
/// }
///
/// let secret = Secret::new("signature-secret-of-the-account")?;
/// let sms = Sms::new(SignatureMethod::Sha256, secret.clone());
/// let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret);
/// let delivery = signer.param("msisdn", "15550001111").param("text", "Tom & Jerry").form();
///
/// let parameters = sms.verify(delivery.request())?.parameters().ok_or("no parameters are covered")?;
/// assert_eq!(parameters.get("text"), Some(&b"Tom & Jerry"[..]));
///
/// let inbound: InboundSms = parameters.deserialize()?;
/// assert_eq!((inbound.msisdn.as_str(), inbound.text.as_deref(), inbound.parts), ("15550001111", Some("Tom & Jerry"), None));
///
/// let wrong = parameters.deserialize::<(u8,)>();
/// assert!(wrong.is_err());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters(Arc<Params>);

impl Parameters {
    pub(crate) fn new(params: Params) -> Self {
        Self(Arc::new(params))
    }

    /// Decodes a verified query. Returns `None` if that fails.
    pub(crate) fn of_query(query: &[u8]) -> Option<Self> {
        let mut params = Params::default();
        params.read_query(query).ok()?;
        Some(Self::new(params))
    }

    /// Returns the value of this parameter, or the first value if the name repeats. [`deserialize`](Self::deserialize) into a
    /// struct rejects a field that repeats.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(|param| param.value)
    }

    /// Iterates over names and values, in the signed order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|Param { name, value }| (name, value))
    }

    /// Returns the number of parameters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().count()
    }

    /// Whether there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a struct or a map, one field per parameter.
    ///
    /// Numbers and `bool` are parsed from text, because no signature covers JSON types. A floating-point number must be finite
    /// and in JSON's syntax. An `Option` is `None` for an empty or absent value.
    ///
    /// Numbers and `bool` always fail behind `#[serde(flatten)]` and in an untagged or internally tagged enum, because serde
    /// passes every value there as text.
    ///
    /// # Errors
    ///
    /// A [`ParametersError`] says which field is missing, or which parameter does not fit its field.
    pub fn deserialize<'p, T: Deserialize<'p>>(&'p self) -> Result<T, ParametersError> {
        T::deserialize(Deserializer(&self.0))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").field("len", &self.len()).finish_non_exhaustive()
    }
}
