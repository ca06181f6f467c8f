//! A request that is not signed yet.

use std::fmt;

use super::Delivery;
use crate::time::UnixTime;

/// A request for [`Webhook::sign`](crate::Webhook::sign), with the time and identifier to sign.
#[derive(Clone)]
#[must_use]
pub struct Unsigned {
    pub(super) delivery: Delivery,
    pub(super) time: Option<UnixTime>,
    pub(super) id: Option<String>,
    pub(super) tenant: Option<String>,
}

impl Unsigned {
    /// Makes a request with this method to `/`, without headers.
    pub fn new(method: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::of(Delivery::new(method, body))
    }

    /// Makes a POST of JSON to `/`.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::of(Delivery::post("application/json", body))
    }

    /// Makes a POST of a form to `/`. The body is already encoded: `a=1&b=2`.
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

    /// Sets the time of the signature. Default: now, by the verifier's clock.
    pub fn time(self, time: UnixTime) -> Self {
        Self { time: Some(time), ..self }
    }

    /// Sets the identifier. Default: made of the time and the body.
    pub fn id(self, id: &str) -> Self {
        Self { id: Some(id.to_owned()), ..self }
    }

    /// Sets the tenant whose secret signs. Default: none.
    pub fn tenant(self, name: &str) -> Self {
        Self { tenant: Some(name.to_owned()), ..self }
    }

    fn of(delivery: Delivery) -> Self {
        Self { delivery, time: None, id: None, tenant: None }
    }
}

/// Shows only what [`Delivery`] shows.
impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}
