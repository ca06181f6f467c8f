//! Limits how many queries run at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ErrorKind;

/// Turns to ask the store. A quarter, but at least one of two or more, is reserved for accounts that were known before. Unknown
/// names wait for the rest.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

/// The right to run one query, given back on drop.
pub(super) struct Turn {
    _one: OwnedSemaphorePermit,
    _stranger: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Allows `count` queries at once, at least one.
    pub(super) fn new(count: usize) -> Self {
        let count = count.clamp(1, Semaphore::MAX_PERMITS);
        let reserved = (count / 4).max(1);
        Self {
            all: Arc::new(Semaphore::new(count)),
            strangers: Arc::new(Semaphore::new(count.saturating_sub(reserved).max(1))),
        }
    }

    /// Waits for a turn, first come, first served. Unknown names take a permit of their own first. So a known account never
    /// waits behind more of them than there are turns.
    pub(super) async fn take(&self, seen: bool) -> Result<Turn, ErrorKind> {
        let stranger = if seen { None } else { Some(acquire(&self.strangers).await?) };
        Ok(Turn { _one: acquire(&self.all).await?, _stranger: stranger })
    }
}

async fn acquire(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ErrorKind> {
    let turn = Arc::clone(turns).acquire_owned().await;
    turn.map_err(|_| ErrorKind::TenantStoreUnavailable)
}
