//! Requests of any bytes.

use countersign::sign::Delivery;

use crate::schemes::Scheme;

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
