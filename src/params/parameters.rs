//! The parameters that a proof hands over.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::deserialize::{Deserializer, ParametersError};
use super::{Param, Params};

/// The parameters that a signature covers, decoded to bytes.
///
/// Read them from here, and not from the request: another parser could find other parameters in the same bytes. Where a platform
/// signs forms in which a name repeats, the values are in the order that is signed; elsewhere each name appears once. Cheap to clone.
/// `Debug` shows no name and no value.
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

    /// Decodes a query that has been verified; `None` where it is none.
    pub(crate) fn of_query(query: &[u8]) -> Option<Self> {
        let mut params = Params::default();
        params.read_query(query).ok()?;
        Some(Self::new(params))
    }

    /// The value of the parameter of this name, the first where the name repeats.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(|param| param.value)
    }

    /// Names and values, in the order they arrived in, or the one that is signed.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|Param { name, value }| (name, value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a struct or a map from them, one field a parameter.
    ///
    /// Numbers and `bool` are parsed from the value's text, since no signature covers JSON types. A floating-point number must be
    /// finite and written as in JSON. An `Option` is `None` for an empty value, as for an absent one.
    ///
    /// Numbers and `bool` are always refused behind `#[serde(flatten)]` and in an untagged or internally tagged enum, because serde
    /// hands every value there over as text.
    ///
    /// # Errors
    ///
    /// A [`ParametersError`] says which field is missing, or which parameter is not what its field takes.
    pub fn deserialize<'p, T: Deserialize<'p>>(&'p self) -> Result<T, ParametersError> {
        T::deserialize(Deserializer(&self.0))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").field("len", &self.len()).finish_non_exhaustive()
    }
}
