//! A request before it is signed.

use std::fmt;

use super::Delivery;
use crate::time::UnixTime;

/// A request to be signed by [`Webhook::sign`](crate::Webhook::sign), with the time and the identifier that its platform would
/// sign.
#[derive(Clone)]
#[must_use]
pub struct Unsigned {
    pub(super) delivery: Delivery,
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<String>,
    pub(super) tenant: Option<String>,
}

impl Unsigned {
    /// A request of this method to `/`, without a header.
    pub fn new(method: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::of(Delivery::new(method, body))
    }

    /// A POST of JSON to `/`.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::of(Delivery::post("application/json", body))
    }

    /// A POST of a form to `/`, its body encoded already: `a=1&b=2`.
    pub fn form(body: impl Into<Vec<u8>>) -> Self {
        Self::of(Delivery::post("application/x-www-form-urlencoded", body))
    }

    /// Sets the raw request target, the path with its `?` and query.
    pub fn target(self, target: &str) -> Self {
        Self { delivery: self.delivery.with_target(target), ..self }
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { delivery: self.delivery.with_header(name, value), ..self }
    }

    /// Sets when the request is signed, by default now, by the clock of the verifier.
    pub fn time(self, time: UnixTime) -> Self {
        Self { time: Some(time), ..self }
    }

    /// Sets the request's identifier, by default one made of the time and the body.
    pub fn id(self, id: &str) -> Self {
        Self { id: Some(id.to_owned()), ..self }
    }

    /// Names the tenant whose secret signs, by default none.
    pub fn tenant(self, name: &str) -> Self {
        Self { tenant: Some(name.to_owned()), ..self }
    }

    fn of(delivery: Delivery) -> Self {
        Self { delivery, time: None, id: None, tenant: None }
    }
}

/// Shows the request as [`Delivery`] does, and nothing else.
impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}
