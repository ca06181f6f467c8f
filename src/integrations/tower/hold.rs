//! A lease while its request is handled.

use std::future::{Future, pending, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::StatusCode;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::Observer;
use super::guard::AnyGuard;
use crate::replay::{Lease, SavedResponse};

/// A request that is being handled. Dropped before it is settled, as when the client goes away or the handler panics, its lease
/// is given back.
pub(super) struct Hold {
    pub(super) store: Arc<dyn AnyGuard>,
    /// Gone when it is settled.
    pub(super) lease: Option<Lease>,
    pub(super) lasts: Duration,
    pub(super) done_for: Duration,
    pub(super) outcome: Outcome,
    pub(super) background: Arc<AtomicUsize>,
    pub(super) observer: Observer,
}

/// How far a request has come.
pub(super) enum Outcome {
    /// It is being handled, or that has failed.
    Open,
    /// It was handled, with this response to keep.
    Handled(Option<SavedResponse>),
}

impl Hold {
    /// Runs the handler to its end, and renews the lease meanwhile.
    pub(super) async fn during<T>(&self, handler: impl Future<Output = T>) -> T {
        let mut handler = pin!(handler);
        let mut renewals = pin!(async {
            self.renew().await;
            pending::<()>().await;
        });
        poll_fn(|context| {
            let answer = handler.as_mut().poll(context);
            // This starts the timer, so that a handler that is ready at once needs none.
            if answer.is_pending() {
                let _: Poll<()> = renewals.as_mut().poll(context);
            }
            answer
        })
        .await
    }

    /// Renews the lease at each third of it. Where the store cannot be asked, tries again at each twelfth until the lease has run
    /// out.
    async fn renew(&self) {
        let Some(lease) = &self.lease else { return };
        let part = |count| self.lasts.checked_div(count).unwrap_or_default().max(SHORTEST_PAUSE);
        let (mut renewed, mut pause) = (Instant::now(), part(3));
        while renewed.elapsed() < self.lasts {
            sleep(pause).await;
            let asked = Instant::now();
            match self.store.renew(lease, self.lasts).await {
                Ok(true) => (renewed, pause) = (asked, part(3)),
                Ok(false) => break,
                Err(error) => {
                    self.observer.not_renewed(&error);
                    pause = part(12);
                }
            }
        }
        self.observer.lease_ended();
    }

    /// Marks the request done where the handler answered 2xx, and gives the lease back otherwise.
    pub(super) async fn settle(mut self, status: Option<StatusCode>, response: Option<SavedResponse>) {
        if status.is_some_and(|status| status.is_success()) {
            self.outcome = Outcome::Handled(response);
        }
        if let Some(lease) = &self.lease {
            settle(&*self.store, lease, self.done_for, &self.outcome, &self.observer).await;
            self.lease = None;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        let outcome = mem::replace(&mut self.outcome, Outcome::Open);
        let (store, done_for, observer) = (Arc::clone(&self.store), self.done_for, self.observer.clone());
        let mut settling =
            Box::pin(async move { settle(&*store, &lease, done_for, &outcome, &observer).await });
        // A guard in memory is done at once; another goes on where there is a runtime.
        if settling.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
        match (Handle::try_current(), Place::among(&self.background)) {
            (Ok(runtime), Some(place)) => drop(runtime.spawn(async move {
                settling.await;
                drop(place);
            })),
            _ => self.observer.left_to_run_out(),
        }
    }
}

async fn settle(
    store: &dyn AnyGuard,
    lease: &Lease,
    done_for: Duration,
    outcome: &Outcome,
    observer: &Observer,
) {
    match outcome {
        Outcome::Open => {
            if let Err(error) = store.release(lease).await {
                observer.still_leased(&error);
            }
        }
        Outcome::Handled(response) => match store.complete(lease, done_for, response.as_ref()).await {
            Ok(true) => {}
            Ok(false) => observer.not_remembered(None),
            Err(error) => observer.not_remembered(Some(&error)),
        },
    }
}

/// One of the few places for what goes on in the background.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn among(taken: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |count: usize| count.checked_add(1).filter(|count| *count <= MAX_BACKGROUND);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Self(Arc::clone(taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

const MAX_BACKGROUND: usize = 64;
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
