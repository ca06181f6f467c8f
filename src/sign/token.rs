//! Signs tokens.

use std::fmt;

use jsonwebtoken::{Algorithm, Header};
use serde_json::Value;

use crate::encoding::base64;
use crate::mac::{Function, MacKeys};
use crate::secret::Secret;
use crate::time::UnixTime;

/// A token before it is signed.
#[derive(Clone)]
pub(super) struct Token {
    keys: MacKeys,
    /// Name and JSON text. `None` leaves the claim out.
    claims: Vec<(String, Option<String>)>,
}

impl Token {
    pub(super) fn new(secret: &Secret) -> Self {
        Self { keys: MacKeys::of_secret(Function::HmacSha256, secret), claims: Vec::new() }
    }

    /// Sets or replaces a claim with a string.
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.set(name, Some(Value::from(value).to_string()))
    }

    /// Sets a claim to a time, `seconds` after `time`.
    pub(super) fn time(self, name: &str, time: UnixTime, seconds: i64) -> Self {
        self.set(name, Some(time.as_secs().saturating_add(seconds).to_string()))
    }

    /// Sets a claim to any JSON text. `None` leaves the claim out.
    pub(super) fn set(mut self, name: &str, json: Option<String>) -> Self {
        self.claims.retain(|(given, _)| given != name);
        self.claims.push((name.to_owned(), json));
        self
    }

    /// Sets a claim to a string, unless it is set or left out.
    pub(super) fn or_text(self, name: &str, value: &str) -> Self {
        if self.claims.iter().any(|(given, _)| given == name) { self } else { self.text(name, value) }
    }

    pub(super) fn json(&self, name: &str) -> Option<&str> {
        self.claims.iter().find(|(given, _)| given == name).and_then(|(_, json)| json.as_deref())
    }

    pub(super) fn sign(self) -> String {
        let header = serde_json::to_vec(&Header::new(Algorithm::HS256)).unwrap_or_default();
        let claims = self.claims.iter().filter_map(|(name, json)| Some((name.clone(), json.clone()?)));
        let signing_input = format!("{}.{}", base64::encode_url(header), base64::encode_url(object(claims)));
        let signature = self.keys.sign(&[signing_input.as_bytes()]);
        format!("{signing_input}.{}", base64::encode_url(signature))
    }
}

/// Hides the claims' values.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("keys", &self.keys).field("claims", &self.claims.len()).finish()
    }
}

/// Makes a compact JSON object of names and JSON texts, in order.
pub(super) fn object(members: impl Iterator<Item = (String, String)>) -> String {
    let members: Vec<_> = members.map(|(name, json)| format!("{}:{json}", Value::from(name))).collect();
    format!("{{{}}}", members.join(","))
}
