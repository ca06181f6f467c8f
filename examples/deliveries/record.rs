//! The captured-deliveries format: one JSON object a line.
//!
//! | field | meaning |
//! |---|---|
//! | `id` | free text, echoed |
//! | `scheme` | `vogent`, `voxagent`, `hex-hmac`, `vonage-sms`, `vonage-jwt`, `vonage-contact-center` |
//! | `algorithm` | `vonage-sms` (required): `md5hash`, `md5`, `sha1`, `sha256`, `sha512`; `vogent`, `hex-hmac`: `sha1`, `sha256` (default), `sha512` |
//! | `header` | name of the signature header: required for `voxagent` and `hex-hmac` |
//! | `secret`, `secret_b64`, `secrets` or `keys` | the secret as text; its bytes in base64; several, newest first; or by `api_key` |
//! | `tolerance_s` | seconds either way; absent: the scheme's default; `null`: any age |
//! | `now` | unix seconds to verify at; absent: the system clock |
//! | `method` | default `POST` |
//! | `query` or `query_b64` | raw, without `?` |
//! | `headers` | list of `[name, value]` |
//! | `body` or `body_b64` | raw |
//!
//! Other fields are ignored.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Number, Value};

/// One captured delivery and what to verify it with.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: Value,
    pub(crate) scheme: String,
    pub(crate) algorithm: Option<String>,
    pub(crate) header: Option<String>,
    pub(crate) secrets: Secrets,
    pub(crate) tolerance: Window,
    pub(crate) now: Option<i64>,
    pub(crate) method: String,
    pub(crate) query: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) enum Secrets {
    Text(String),
    Bytes(Vec<u8>),
    Rotation(Vec<String>),
    Tenants(BTreeMap<String, String>),
}

#[derive(Debug, Default)]
pub(crate) enum Window {
    #[default]
    Default,
    AnyAge,
    Seconds(Number),
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let line = Line::deserialize(reader)?;
        if line.scheme == "vonage-sms" && line.algorithm.is_none() {
            return Err(D::Error::missing_field("algorithm"));
        }
        let secrets = match (line.secret, line.secret_b64, line.secrets, line.keys) {
            (Some(text), None, None, None) => Secrets::Text(text),
            (None, Some(base64), None, None) => Secrets::Bytes(decode("secret_b64", &base64)?),
            (None, None, Some(secrets), None) => Secrets::Rotation(secrets),
            (None, None, None, Some(keys)) => Secrets::Tenants(keys),
            (None, None, None, None) => return Err(D::Error::missing_field("secret")),
            _ => return Err(D::Error::custom("more than one of `secret`, `secret_b64`, `secrets`, `keys`")),
        };
        Ok(Self {
            id: line.id,
            scheme: line.scheme,
            algorithm: line.algorithm,
            header: line.header,
            secrets,
            tolerance: line.tolerance_s,
            now: line.now,
            method: line.method.unwrap_or_else(|| "POST".to_owned()),
            query: raw("query", line.query, line.query_b64)?,
            headers: line.headers.unwrap_or_default(),
            body: raw("body", line.body, line.body_b64)?,
        })
    }
}

/// The object as it is written.
#[derive(serde::Deserialize)]
struct Line {
    id: Value,
    scheme: String,
    algorithm: Option<String>,
    header: Option<String>,
    secret: Option<String>,
    secret_b64: Option<String>,
    secrets: Option<Vec<String>>,
    keys: Option<BTreeMap<String, String>>,
    #[serde(default)]
    tolerance_s: Window,
    now: Option<i64>,
    method: Option<String>,
    query: Option<String>,
    query_b64: Option<String>,
    headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    body_b64: Option<String>,
}

/// Tells `null` from an absent field.
impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(reader)?.map_or(Self::AnyAge, Self::Seconds))
    }
}

fn raw<E: Error>(name: &str, text: Option<String>, base64: Option<String>) -> Result<Vec<u8>, E> {
    match (text, base64) {
        (Some(text), None) => Ok(text.into_bytes()),
        (None, Some(base64)) => decode(name, &base64),
        (None, None) => Ok(Vec::new()),
        (Some(_), Some(_)) => Err(E::custom(format_args!("both `{name}` and `{name}_b64`"))),
    }
}

fn decode<E: Error>(name: &str, base64: &str) -> Result<Vec<u8>, E> {
    BASE64_STANDARD.decode(base64).map_err(|_| E::custom(format_args!("`{name}` is not base64")))
}
