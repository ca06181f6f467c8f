//! An account's verifier, from the cache or the store.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::kept::Found;
use super::query::{Asking, Query};
use super::turns::Turn;
use super::{Answer, TenantLookup, unavailable};
use crate::error::{Error, ErrorKind};
use crate::request::Head;
use crate::secret::Tenants;
use crate::verifier::Verifier;

impl TenantLookup {
    /// Returns the verifier of the account that this head names.
    pub(in crate::integrations::tower) async fn verifier(
        self: &Arc<Self>,
        name: &str,
        head: Head<'_>,
    ) -> Result<Arc<dyn Verifier>, Error> {
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(ErrorKind::TenantUnknown.into());
        }
        match self.kept.find(name) {
            Found::Known(verifier) => return Ok(verifier),
            Found::Ageing(verifier) => {
                self.renew(&name.into());
                return Ok(verifier);
            }
            // An unknown account has no verifier to check the head.
            Found::Unknown => {
                self.check(head)?;
                return Err(ErrorKind::TenantUnknown.into());
            }
            Found::Nothing => self.check(head)?,
        }
        // Without a runtime there is no timer.
        Handle::try_current().map_err(|_| ErrorKind::TenantStoreUnavailable)?;
        let answer = timeout(self.timeout, self.query(&name.into())).await;
        answer.map_err(|_| ErrorKind::TenantStoreTimeout)?
    }

    /// Waits for an answer. A query that another request began can time out before this request does. Then it is asked again.
    async fn query(self: &Arc<Self>, name: &Arc<str>) -> Answer {
        loop {
            let (query, new) = self.queries.about(name);
            match self.answer(&query).await {
                Err(error) if error.kind() == ErrorKind::TenantStoreTimeout && !new => {}
                answer => return answer,
            }
        }
    }

    /// Waits for a turn to ask the store, or for another's answer, whichever comes first.
    async fn answer(self: &Arc<Self>, query: &Arc<Query>) -> Answer {
        let mut answer = pin!(query.answer());
        let mut turn = pin!(self.turns.take(self.kept.has_seen(query.name())));
        let first = poll_fn(|context| match answer.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Err(answer)),
            Poll::Pending => turn.as_mut().poll(context).map(Ok),
        });
        match first.await {
            Err(answer) => answer,
            Ok(turn) => {
                self.begin(query, turn?);
                answer.await
            }
        }
    }

    /// Asks about a known account in the background, unless a query about it is open.
    fn renew(self: &Arc<Self>, name: &Arc<str>) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (query, new) = self.queries.about(name);
        if new {
            let lookup = Arc::clone(self);
            runtime.spawn(async move {
                if let Ok(Ok(turn)) = timeout(lookup.timeout, lookup.turns.take(true)).await {
                    lookup.begin(&query, turn);
                }
            });
        }
    }

    /// Starts the query in its own task, unless it runs already.
    fn begin(self: &Arc<Self>, query: &Arc<Query>, turn: Turn) {
        // Without a runtime `asking` is dropped, and all who wait get an error.
        if let Some(asking) = query.ask(turn)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(Arc::clone(self).ask(asking));
        }
    }

    async fn ask(self: Arc<Self>, asking: Asking) {
        let name = Arc::clone(asking.name());
        self.kept.begin_renewal(Arc::clone(&name));
        let stored = timeout(self.timeout, async { (self.store)(name.to_string()).await });
        let answer = match stored.await {
            Ok(Ok(Some(keyring))) => match Tenants::new([(&name, keyring)]) {
                Ok(tenant) => (self.scheme)(tenant).map_err(unavailable),
                Err(_) => Err(ErrorKind::TenantUnknown.into()),
            },
            Ok(Ok(None)) => Err(ErrorKind::TenantUnknown.into()),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ErrorKind::TenantStoreTimeout.into()),
        };
        match &answer {
            Ok(verifier) => self.kept.keep_known(name, Arc::clone(verifier)),
            Err(error) if error.kind() == ErrorKind::TenantUnknown => self.kept.keep_unknown(name),
            Err(_) => {}
        }
        asking.end(answer);
    }
}

/// Longer names are rejected without a query.
const MAX_NAME_BYTES: usize = 256;
