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
pub(super) struct Questions(Arc<Mutex<HashMap<Arc<str>, Weak<Question>>>>);

/// A query about one account, shared by all who wait for its answer.
pub(super) struct Question {
    name: Arc<str>,
    asked: AtomicBool,
    answer: SetOnce<Answer>,
    questions: Questions,
}

impl Questions {
    /// Returns the query about this account, and whether it is new.
    pub(super) fn about(&self, name: &Arc<str>) -> (Arc<Question>, bool) {
        let mut questions = self.lock();
        let entry = questions.entry(Arc::clone(name));
        if let Entry::Occupied(entry) = &entry
            && let Some(question) = entry.get().upgrade()
        {
            return (question, false);
        }
        let question = Arc::new(Question {
            name: Arc::clone(name),
            asked: AtomicBool::new(false),
            answer: SetOnce::new(),
            questions: self.clone(),
        });
        entry.insert_entry(Arc::downgrade(&question));
        (question, true)
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Nothing that can panic runs while the lock is held.
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Weak<Question>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question {
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
            question: Arc::clone(self),
            answer: Err(ErrorKind::TenantStoreUnavailable),
            _turn: turn,
        })
    }

    /// Removes the query from the list, unless a newer one about the same name has replaced it.
    fn close(&self) {
        let mut questions = self.questions.lock();
        if questions.get(&self.name).is_some_and(|question| ptr::eq(question.as_ptr(), self)) {
            questions.remove(&self.name);
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.close();
    }
}

/// A running query. When it ends, all who wait get an answer. They get an error if the store's future panicked or was dropped
/// with its runtime.
pub(super) struct Asking {
    question: Arc<Question>,
    answer: Answer,
    _turn: Turn,
}

impl Asking {
    pub(super) fn name(&self) -> &Arc<str> {
        &self.question.name
    }

    pub(super) fn end(mut self, answer: Answer) {
        self.answer = answer;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.question.close();
        // Nothing else sets the answer.
        let _ = self.question.answer.set(self.answer.clone());
    }
}
