//! The format of captured requests: one JSON object per line. Other fields are ignored. `secret_b64` is taken unchanged. A
//! secret as text must not be surrounded by white space or be a PEM.
//!
//! ```text
#![doc = include_str!("fields.txt")]
//! ```

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::Head;
use serde_json::{Map, Value};

/// One captured request with its settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) id: Value,
    pub(crate) scheme: String,
    pub(crate) algorithm: Option<String>,
    pub(crate) header: Option<String>,
    pub(crate) secrets: Secrets,
    pub(crate) base_url: Option<String>,
    /// Path and query, if `url` gives them.
    pub(crate) target: Option<String>,
    pub(crate) timestamp_header: Option<String>,
    pub(crate) message_id_header: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) tolerance: Window,
    pub(crate) now: Option<i64>,
    pub(crate) method: String,
    pub(crate) query: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    #[allow(dead_code, reason = "the example `explain` reads it")]
    pub(crate) candidates: Vec<(String, String)>,
}

impl Default for Secrets {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Secrets {
    Text(String),
    Base64(String),
    Rotation(Vec<String>),
    Tenants(Vec<(String, String)>),
    #[cfg_attr(not(feature = "ed25519"), allow(dead_code, reason = "a key that only the feature reads"))]
    Public(String),
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Window {
    #[default]
    Default,
    AnyAge,
    /// The field's value, which may not be a number of seconds.
    Given(Value),
}

/// Why a line is not a record. Names fields, but shows no values, which may be secrets.
#[derive(Debug)]
pub(crate) enum Unreadable {
    NotJson(serde_json::Error),
    NotAnObject,
    Missing(&'static str),
    Wrong(&'static str, &'static str),
    Conflicting(&'static str),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A record is one line, and its number in the file is told elsewhere.
            Self::NotJson(error) => write!(f, "not JSON: {}", error.to_string().replace("line 1 ", "")),
            Self::NotAnObject => f.write_str("not a JSON object"),
            Self::Missing(field) => write!(f, "field `{field}` is missing"),
            Self::Wrong(field, expected) => write!(f, "field `{field}` is not {expected}"),
            Self::Conflicting(fields) => write!(f, "more than one of {fields}"),
        }
    }
}

impl Record {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Unreadable> {
        let Value::Object(object) = serde_json::from_slice(line).map_err(Unreadable::NotJson)? else {
            return Err(Unreadable::NotAnObject);
        };
        let fields = Fields(object);
        let scheme = fields.text("scheme")?.ok_or(Unreadable::Missing("scheme"))?;
        let algorithm = fields.text("algorithm")?;
        if scheme == "vonage-sms" && algorithm.is_none() {
            return Err(Unreadable::Missing("algorithm"));
        }
        let query = fields.raw("query", "query_b64", "`query` and `query_b64`")?;
        let url = fields.text("url")?;
        if url.is_some() && !query.is_empty() {
            return Err(Unreadable::Conflicting("`url`, `query` and `query_b64`"));
        }
        let url = url.as_deref().map(split_url);
        let base_url = match (fields.text("base_url")?, &url) {
            (Some(base), _) => Some(base),
            (None, Some((base, _))) => Some((*base).to_owned()),
            (None, None) => None,
        };
        Ok(Self {
            id: fields.0.get("id").ok_or(Unreadable::Missing("id"))?.clone(),
            scheme,
            algorithm,
            header: fields.text("header")?,
            secrets: fields.secrets()?,
            base_url,
            target: url.map(|(_, target)| target.to_owned()),
            timestamp_header: fields.text("timestamp_header")?,
            message_id_header: fields.text("message_id_header")?,
            format: fields.text("format")?,
            prefix: fields.text("prefix")?,
            encoding: fields.text("encoding")?,
            tolerance: match fields.0.get("tolerance_s") {
                None => Window::Default,
                Some(Value::Null) => Window::AnyAge,
                Some(given) => Window::Given(given.clone()),
            },
            now: fields.get("now", "a whole number", Value::as_i64)?,
            method: fields.text("method")?.unwrap_or_else(|| "POST".to_owned()),
            query,
            headers: fields.get("headers", "a list of [name, value]", headers)?.unwrap_or_default(),
            body: fields.raw("body", "body_b64", "`body` and `body_b64`")?,
            candidates: fields.get("candidates", "an object of texts", named_texts)?.unwrap_or_default(),
        })
    }
}

impl Record {
    /// Everything of the request but its body.
    pub(crate) fn head(&self) -> Head<'_> {
        let head = Head::new(&self.method, &self.headers);
        match &self.target {
            Some(target) => head.with_target(target),
            None => head.with_query(&self.query),
        }
    }
}

/// Splits a URL into scheme with authority, and path with query. A query may contain another URL.
pub(crate) fn split_url(url: &str) -> (&str, &str) {
    let scheme = url.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?']));
    let authority = scheme.map_or(url, |(_, rest)| rest);
    let target = authority.find(['/', '?']).and_then(|at| authority.get(at..)).unwrap_or_default();
    url.split_at(url.len().saturating_sub(target.len()))
}

/// The object as written.
struct Fields(Map<String, Value>);

impl Fields {
    /// Returns a field that may be absent or null, and otherwise must have the expected type.
    fn get<'f, T>(
        &'f self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'f Value) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or(Unreadable::Wrong(name, expected)),
        }
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, Unreadable> {
        self.get(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn base64(&self, name: &'static str) -> Result<Option<Vec<u8>>, Unreadable> {
        self.get(name, "base64", |value| BASE64_STANDARD.decode(value.as_str()?).ok())
    }

    fn raw(
        &self,
        text: &'static str,
        base64: &'static str,
        both: &'static str,
    ) -> Result<Vec<u8>, Unreadable> {
        match (self.text(text)?, self.base64(base64)?) {
            (Some(_), Some(_)) => Err(Unreadable::Conflicting(both)),
            (text, bytes) => Ok(text.map(String::into_bytes).or(bytes).unwrap_or_default()),
        }
    }

    fn secrets(&self) -> Result<Secrets, Unreadable> {
        let given = [
            self.text("secret")?.map(Secrets::Text),
            self.text("secret_b64")?.map(Secrets::Base64),
            self.get("secrets", "a list of texts", texts)?.map(Secrets::Rotation),
            self.get("keys", "an object of texts", named_texts)?.map(Secrets::Tenants),
            self.text("public_key")?.map(Secrets::Public),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(secrets), None) => Ok(secrets),
            (None, _) => Err(Unreadable::Missing("secret")),
            (Some(_), Some(_)) => {
                Err(Unreadable::Conflicting("`secret`, `secret_b64`, `secrets`, `keys` and `public_key`"))
            }
        }
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn named_texts(value: &Value) -> Option<Vec<(String, String)>> {
    value.as_object()?.iter().map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))).collect()
}

fn headers(value: &Value) -> Option<Vec<(String, String)>> {
    let pair = |pair: &Value| match texts(pair)?.as_slice() {
        [name, value] => Some((name.clone(), value.clone())),
        _ => None,
    };
    value.as_array()?.iter().map(pair).collect()
}
