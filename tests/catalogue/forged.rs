//! Requests of any bytes.

use countersign::sign::Delivery;

use crate::schemes::{Carrier, Scheme};

/// A request with any bytes.
#[derive(Clone, PartialEq)]
pub(crate) struct Forged {
    pub(crate) method: String,
    pub(crate) query: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl From<Delivery> for Forged {
    fn from(delivery: Delivery) -> Self {
        Self {
            method: delivery.method().to_owned(),
            query: delivery.query().into(),
            headers: delivery
                .headers()
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
                .collect(),
            body: delivery.body().to_vec(),
        }
    }
}

impl From<&Delivery> for Forged {
    fn from(delivery: &Delivery) -> Self {
        delivery.clone().into()
    }
}

impl Forged {
    pub(crate) fn of(scheme: Scheme) -> Self {
        scheme.delivery().into()
    }

    /// A genuine request with these bytes as its signature, encoded as its query, form or JSON needs.
    pub(crate) fn signed(scheme: Scheme, signature: &[u8]) -> Self {
        match scheme {
            Scheme::Sms(_, Carrier::Json) => {
                let escaped: Vec<_> = signature.iter().flat_map(|byte| json_escaped(*byte)).collect();
                let mut forged = Self::from(scheme.with_signature("HERE"));
                forged.body = replaced(&forged.body, b"HERE", &escaped);
                forged
            }
            Scheme::Sms(..) => {
                let escaped: String = signature.iter().map(|byte| format!("%{byte:02x}")).collect();
                scheme.with_signature(&escaped).into()
            }
            _ => {
                let mut forged = Self::from(scheme.with_signature("HERE"));
                for (_, value) in &mut forged.headers {
                    *value = replaced(value, b"HERE", signature);
                }
                forged
            }
        }
    }

    /// Replaces the value of a header.
    pub(crate) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self.and_header(name, value)
    }

    /// Adds a header.
    pub(crate) fn and_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn query(self, query: impl Into<Vec<u8>>) -> Self {
        Self { query: query.into(), ..self }
    }
}

/// Shortens a long request.
impl std::fmt::Debug for Forged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = |bytes: &[u8]| bytes[..bytes.len().min(600)].escape_ascii().to_string();
        write!(f, "{} ?{} {} ", self.method, start(&self.query), start(&self.body))?;
        f.debug_map().entries(self.headers.iter().map(|(name, value)| (name, start(value)))).finish()
    }
}

fn json_escaped(byte: u8) -> Vec<u8> {
    match byte {
        0..0x20 | b'"' | b'\\' => format!("\\u{byte:04x}").into_bytes(),
        _ => vec![byte],
    }
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match text.windows(from.len()).position(|window| window == from) {
        Some(at) => [&text[..at], to, &text[at + from.len()..]].concat(),
        None => text.to_vec(),
    }
}
