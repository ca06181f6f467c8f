//! What a guard is told at the end of a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::hold::Held;
use crate::error::Error;
use crate::integrations::Observer;
use crate::replay::SavedResponse;

pub(super) enum Outcome {
    /// The handler did not answer 2xx, or did not finish.
    Failed,
    /// The handler answered 2xx, with this response to save.
    Handled(Option<SavedResponse>),
}

/// Tells the store how a request ended. Ready after the store's first answer.
///
/// Continues in the background if it is dropped earlier, or if the store cannot record that a request is done. Background
/// releases are limited in number. Records of handled requests are not.
pub(super) struct Settling {
    /// Taken out while it is polled, so that a guard that panics is not polled again.
    telling: Option<Pin<Box<dyn Future<Output = Option<Again>> + Send>>>,
    unsettled: Option<Unsettled>,
    places: Arc<AtomicUsize>,
}

impl Settling {
    pub(super) fn new(held: Held, outcome: Outcome) -> Self {
        let handled = matches!(outcome, Outcome::Handled(_));
        let unsettled = Unsettled { observer: held.observer.clone(), handled, told: false };
        let places = Arc::clone(&held.background);
        Self { telling: Some(Box::pin(tell(held, outcome))), unsettled: Some(unsettled), places }
    }

    fn answered(&mut self, again: Option<Again>) {
        match again {
            None => self.unsettled.take().into_iter().for_each(Unsettled::told),
            Some(again) => self.go_on(again.tell()),
        }
    }

    /// Continues in a task. Without a runtime or a place, the lease runs out.
    fn go_on(&mut self, telling: impl Future<Output = ()> + Send + 'static) {
        let Some(unsettled) = self.unsettled.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        let place = if unsettled.handled { None } else { Place::among(&self.places) };
        if unsettled.handled || place.is_some() {
            let observer = unsettled.observer.clone();
            runtime.spawn(observer.watch_task(async move {
                telling.await;
                unsettled.told();
                drop(place);
            }));
        }
    }
}

impl Future for Settling {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(mut telling) = self.telling.take() else { return Poll::Ready(()) };
        let answer = telling.as_mut().poll(context);
        match answer {
            Poll::Ready(again) => self.answered(again),
            Poll::Pending => self.telling = Some(telling),
        }
        if self.telling.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        let Some(mut telling) = self.telling.take() else { return };
        // A guard in memory answers at once. During an unwind no guard is polled, because a second panic would abort the
        // process.
        if !thread::panicking()
            && let Poll::Ready(again) = telling.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            self.answered(again);
            return;
        }
        self.go_on(async move {
            if let Some(again) = telling.await {
                again.tell().await;
            }
        });
    }
}

/// Tells the store once. Returns what to tell it again.
async fn tell(held: Held, outcome: Outcome) -> Option<Again> {
    match outcome {
        Outcome::Failed => {
            if let Err(error) = held.store.release(&held.lease).await {
                held.observer.still_leased(&error);
            }
            None
        }
        Outcome::Handled(response) => {
            let again = Again { held, response };
            let error = again.complete().await.err()?;
            again.held.observer.not_yet_remembered(&error);
            Some(again)
        }
    }
}

/// A handled request that the store could not record.
struct Again {
    held: Held,
    response: Option<SavedResponse>,
}

impl Again {
    /// Tells the store again after each twelfth of the lease, for one lease.
    async fn tell(self) {
        let begun = Instant::now();
        loop {
            sleep(self.held.pause()).await;
            match self.complete().await {
                Ok(()) => return,
                Err(error) if begun.elapsed() >= self.held.lasts => {
                    self.held.observer.not_remembered(error.code());
                    return;
                }
                Err(error) => self.held.observer.not_yet_remembered(&error),
            }
        }
    }

    async fn complete(&self) -> Result<(), Error> {
        let Held { store, lease, done_for, observer, .. } = &self.held;
        if !store.complete(lease, *done_for, self.response.as_ref()).await? {
            observer.not_remembered("lease_taken");
        }
        Ok(())
    }
}

/// Logs on drop that the store was not told: the runtime ended, the guard panicked, or nothing could continue.
struct Unsettled {
    observer: Observer,
    handled: bool,
    told: bool,
}

impl Unsettled {
    fn told(mut self) {
        self.told = true;
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        match (self.told, self.handled) {
            (true, _) => {}
            (false, true) => self.observer.not_remembered("given_up"),
            (false, false) => self.observer.left_to_run_out(),
        }
    }
}

/// A place among the limited background releases.
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
