//! Signs for Vonage's SMS API.

use std::fmt;

use super::Delivery;
use crate::encoding::{form, hex};
use crate::mac::{Function, MacKeys};
use crate::providers::vonage::SignatureMethod;
use crate::secret::Secret;
use crate::time::UnixTime;

/// Signs the parameters of an SMS API webhook, as a query, a form or JSON. [`vonage::Sms`](crate::vonage::Sms) verifies them.
///
/// # Example
///
/// ```
/// use countersign::vonage::{self, SignatureMethod};
/// use countersign::{Secret, UnixTime, Verifier, sign};
///
/// let secret = Secret::new("s3cr3t")?;
/// let delivery = sign::SmsSigner::new(SignatureMethod::Sha256, &secret)
///     .param("msisdn", "447700900001")
///     .param("text", "Hello & welcome")
///     .timestamp(UnixTime::from_secs(1_700_000_000))
///     .form();
/// assert!(vonage::Sms::new(SignatureMethod::Sha256, secret).verify(delivery.request()).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct SmsSigner {
    keys: MacKeys,
    params: Vec<(String, String)>,
}

impl SmsSigner {
    /// Signs with the account's method and signature secret.
    pub fn new(method: SignatureMethod, secret: &Secret) -> Self {
        Self { keys: MacKeys::of_secret(method.into(), secret), params: Vec::new() }
    }

    /// Adds a parameter, not encoded.
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the parameter `timestamp`.
    pub fn timestamp(self, time: UnixTime) -> Self {
        self.param("timestamp", &time.to_string())
    }

    /// Makes a GET with the parameters in its query.
    pub fn query(self) -> Delivery {
        Delivery::get(&self.urlencoded())
    }

    /// Makes a POST of a form.
    pub fn form(self) -> Delivery {
        let form = self.urlencoded();
        Delivery::post("application/x-www-form-urlencoded", form)
    }

    /// Makes a POST of a flat JSON object with string values.
    pub fn json(self) -> Delivery {
        let members: Vec<_> =
            self.signed().map(|(name, value)| format!("{}:{}", quoted(&name), quoted(&value))).collect();
        Delivery::post("application/json", format!("{{{}}}", members.join(",")))
    }

    fn urlencoded(self) -> String {
        let pairs: Vec<_> = self
            .signed()
            .map(|(name, value)| {
                format!("{}={}", form::escape(name.as_bytes()), form::escape(value.as_bytes()))
            })
            .collect();
        pairs.join("&")
    }

    fn signed(self) -> impl Iterator<Item = (String, String)> {
        let sig = self.sig();
        self.params.into_iter().chain(std::iter::once(("sig".to_owned(), sig)))
    }

    fn sig(&self) -> String {
        let mut sorted: Vec<_> = self.params.iter().collect();
        sorted.sort();
        let parts: Vec<_> = sorted
            .iter()
            .map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_")))
            .collect();
        let sig = hex::encode(&self.keys.sign(&[parts.concat().as_bytes()]));
        // The platform sends MD5 hashes in lower case and HMACs in upper case.
        if self.keys.function() == Function::Md5Suffix { sig } else { sig.to_uppercase() }
    }
}

/// Shows none of the parameters.
impl fmt::Debug for SmsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsSigner").field("keys", &self.keys).field("params", &self.params.len()).finish()
    }
}

fn quoted(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}
