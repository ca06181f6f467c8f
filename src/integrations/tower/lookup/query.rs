//! One query to the store per name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::SetOnce;

use super::Answer;
use super::turns::Turn;
use crate::error::ErrorKind;

/// The queries that are open or waited for.
#[derive(Clone, Default)]
pub(super) struct Queries(Arc<Mutex<HashMap<Arc<str>, Weak<Query>>>>);

/// A query about one account, shared by all who wait for its answer.
pub(super) struct Query {
    name: Arc<str>,
    asked: AtomicBool,
    answer: SetOnce<Answer>,
    queries: Queries,
}

impl Queries {
    /// Returns the query about this account, and whether it is new.
    pub(super) fn about(&self, name: &Arc<str>) -> (Arc<Query>, bool) {
        let mut queries = self.lock();
        let entry = queries.entry(Arc::clone(name));
        if let Entry::Occupied(entry) = &entry
            && let Some(query) = entry.get().upgrade()
        {
            return (query, false);
        }
        let query = Arc::new(Query {
            name: Arc::clone(name),
            asked: AtomicBool::new(false),
            answer: SetOnce::new(),
            queries: self.clone(),
        });
        entry.insert_entry(Arc::downgrade(&query));
        (query, true)
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Nothing that can panic runs while the lock is held.
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Weak<Query>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Query {
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) async fn answer(&self) -> Answer {
        self.answer.wait().await.clone()
    }

    /// Lets only the first caller ask.
    pub(super) fn ask(self: &Arc<Self>, turn: Turn) -> Option<Asking> {
        let first = !self.asked.swap(true, Ordering::AcqRel);
        first.then(|| Asking {
            query: Arc::clone(self),
            answer: Err(ErrorKind::TenantStoreUnavailable.into()),
            _turn: turn,
        })
    }

    /// Removes the query from the list, unless a newer one about the same name has replaced it.
    fn close(&self) {
        let mut queries = self.queries.lock();
        if queries.get(&self.name).is_some_and(|query| ptr::eq(query.as_ptr(), self)) {
            queries.remove(&self.name);
        }
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        self.close();
    }
}

/// A running query. When it ends, all who wait get an answer. They get an error if the store's future panicked or was dropped
/// with its runtime.
pub(super) struct Asking {
    query: Arc<Query>,
    answer: Answer,
    _turn: Turn,
}

impl Asking {
    pub(super) fn name(&self) -> &Arc<str> {
        &self.query.name
    }

    pub(super) fn end(mut self, answer: Answer) {
        self.answer = answer;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.query.close();
        // Nothing else sets the answer.
        let _ = self.query.answer.set(self.answer.clone());
    }
}
