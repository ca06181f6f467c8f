//! A lease during the handling of its request.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::Poll;
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};

use super::guard::AnyGuard;
use super::settle::{Outcome, Settling};
use crate::integrations::Observer;
use crate::replay::{Lease, SavedResponse};

/// A request that is being handled. If dropped unsettled, because the client left or the handler panicked, it releases its
/// lease.
pub(super) struct Hold(Option<Held>);

pub(super) struct Held {
    pub(super) store: Arc<dyn AnyGuard>,
    pub(super) lease: Lease,
    /// Before the claim. The lease began later.
    pub(super) asked: Instant,
    pub(super) lasts: Duration,
    pub(super) done_for: Duration,
    pub(super) background: Arc<AtomicUsize>,
    pub(super) observer: Observer,
}

impl Hold {
    pub(super) fn new(held: Held) -> Self {
        Self(Some(held))
    }

    /// Runs the handler to its end and renews the lease meanwhile.
    pub(super) async fn during<T>(&self, handler: impl Future<Output = T>) -> T {
        let mut handler = pin!(handler);
        let mut renewals = pin!(async {
            if let Some(held) = &self.0 {
                held.renew().await;
            }
            pending::<()>().await;
        });
        poll_fn(|context| {
            let answer = handler.as_mut().poll(context);
            // Starts the timer only if the handler is not ready at once.
            if answer.is_pending() {
                let _: Poll<()> = renewals.as_mut().poll(context);
            }
            answer
        })
        .await
    }

    /// Marks the request done if the handler answered 2xx. Otherwise releases the lease.
    pub(super) async fn settle(mut self, status: Option<StatusCode>, response: Option<SavedResponse>) {
        let Some(held) = self.0.take() else { return };
        let outcome = match status {
            Some(status) if status.is_success() => Outcome::Handled(response),
            _ => held.failed(status),
        };
        Settling::new(held, outcome).await;
    }

    /// Logs that the response of a handled request is not saved.
    pub(super) fn response_not_saved(&self) {
        if let Some(held) = &self.0 {
            held.observer.not_saved();
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(held) = self.0.take() {
            let outcome = held.failed(None);
            drop(Settling::new(held, outcome));
        }
    }
}

impl Held {
    fn failed(&self, status: Option<StatusCode>) -> Outcome {
        self.observer.not_handled(status);
        Outcome::Failed
    }

    /// Renews the lease after each third of it. After a failure, tries again after each twelfth until the lease has run out.
    async fn renew(&self) {
        let (mut renewed, mut pause) = (self.asked, self.rest_of_third(self.asked));
        while renewed.elapsed() < self.lasts {
            sleep(pause).await;
            let asked = Instant::now();
            match self.store.renew(&self.lease, self.lasts).await {
                Ok(true) => (renewed, pause) = (asked, self.rest_of_third(asked)),
                Ok(false) => break,
                Err(error) => {
                    self.observer.not_renewed(&error);
                    pause = self.pause();
                }
            }
        }
        self.observer.lease_ended();
    }

    fn rest_of_third(&self, asked: Instant) -> Duration {
        self.part(3).saturating_sub(asked.elapsed())
    }

    /// The pause before another try after the store failed.
    pub(super) fn pause(&self) -> Duration {
        self.part(12)
    }

    fn part(&self, count: u32) -> Duration {
        self.lasts.checked_div(count).unwrap_or(self.lasts)
    }
}
