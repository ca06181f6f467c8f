//! Logs nothing: the feature `tracing` is off.

use std::future::Future;

#[cfg(feature = "tower")]
use http::StatusCode;
use http::Uri;

use crate::error::Error;
#[cfg(feature = "tower")]
use crate::integrations::read::BoxError;
use crate::verifier::Verified;

#[derive(Clone, Debug)]
pub(super) struct Observer;

#[expect(clippy::unused_self, reason = "the face of the other observer")]
impl Observer {
    pub(super) fn new(_scheme: &'static str, _: &Uri) -> Self {
        Self
    }

    pub(super) fn prove(&mut self, _: &Verified) {}

    pub(super) fn verified(&self, _: &Verified) {}

    pub(super) fn rejected(&self, _: &Error) {}

    pub(super) fn watch<F: Future>(self, future: F) -> F {
        future
    }
}

#[cfg(feature = "tenant-lookup")]
#[expect(clippy::unused_self, reason = "as above")]
impl Observer {
    pub(super) fn claims(&mut self, _: &str) {}
}

#[cfg(feature = "tower")]
#[expect(clippy::unused_self, reason = "as above")]
impl Observer {
    pub(super) fn watch_task<F: Future>(self, task: F) -> F {
        task
    }

    pub(super) fn held_back(&self, _: &Verified, _: &Error) {}

    pub(super) fn duplicate(&self, _: &Verified) {}

    pub(super) fn not_renewed(&self, _: &Error) {}

    pub(super) fn lease_ended(&self) {}

    pub(super) fn unreadable(_: &BoxError) {}

    pub(super) fn not_remembered(&self, _: &'static str) {}

    pub(super) fn not_yet_remembered(&self, _: &Error) {}

    pub(super) fn not_saved(&self) {}

    pub(super) fn not_handled(&self, _: Option<StatusCode>) {}

    pub(super) fn still_leased(&self, _: &Error) {}

    pub(super) fn left_to_run_out(&self) {}
}
