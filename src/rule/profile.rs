//! What all requests of a scheme share.

use std::time::Duration;

use crate::time::Tolerance;

/// A scheme's name, and what all its requests share.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Profile {
    pub(crate) scheme: &'static str,
    pub(crate) window: Option<Tolerance>,
    pub(crate) window_required: bool,
    pub(crate) identified: bool,
    pub(crate) url_signed: bool,
    pub(crate) methods: &'static [&'static str],
    pub(crate) body_limit: Option<usize>,
    pub(crate) retry_period: Duration,
}

impl Profile {
    /// Sets the scheme's name, in lower case with hyphens. By default it signs no time, no identifier and no URL, and accepts
    /// POST, PUT and PATCH.
    pub const fn new(scheme: &'static str) -> Self {
        Self {
            scheme,
            window: None,
            window_required: false,
            identified: false,
            url_signed: false,
            methods: &["POST", "PUT", "PATCH"],
            body_limit: None,
            retry_period: Duration::from_secs(72 * 60 * 60),
        }
    }

    /// Says that a time is signed. The arguments are the default window, in seconds.
    pub const fn window(self, past: u64, future: u64) -> Self {
        Self { window: Some(Tolerance::from_secs(past, future)), ..self }
    }

    /// Says that the scheme is unsafe without its window: nothing separates the signed time from the body, so one signature
    /// could fit two requests.
    pub const fn window_required(self) -> Self {
        Self { window_required: true, ..self }
    }

    /// Says that an identifier is signed.
    pub const fn identified(self) -> Self {
        Self { identified: true, ..self }
    }

    /// Says that the URL is signed, so the verifier needs a [`BaseUrl`](crate::BaseUrl).
    pub const fn url(self) -> Self {
        Self { url_signed: true, ..self }
    }

    /// Sets the methods that the platform sends.
    pub const fn methods(self, methods: &'static [&'static str]) -> Self {
        Self { methods, ..self }
    }

    /// Sets the size of the platform's largest body, if more than usual: see
    /// [`Verifier::body_limit`](crate::Verifier::body_limit).
    pub const fn body_limit(self, bytes: usize) -> Self {
        Self { body_limit: Some(bytes), ..self }
    }

    /// Sets for how long the platform may retry: see [`Verifier::retry_period`](crate::Verifier::retry_period). Default: 72
    /// hours.
    pub const fn retry_period(self, period: Duration) -> Self {
        Self { retry_period: period, ..self }
    }
}
