//! Which headers a rule reads.

use std::sync::{Mutex, PoisonError};

use super::Capture;
use crate::request::{HeaderLookup, HeaderName, Headers};
use crate::rule::Rule;
use crate::webhook::Webhook;

impl<R: Rule> Webhook<R> {
    /// The headers that the rule asks a request for, in their order.
    pub(super) fn asked(&self, capture: &Capture) -> Vec<HeaderName> {
        let asked = Asked { headers: &capture.headers, names: Mutex::default() };
        let _ = self.open(capture.request().head().with_headers(&asked));
        asked.names.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Headers that note what is looked up.
struct Asked<'c> {
    headers: &'c Vec<(String, Vec<u8>)>,
    names: Mutex<Vec<HeaderName>>,
}

impl Headers for Asked<'_> {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains(name) {
            names.push(name.clone());
        }
        self.headers.lookup(name)
    }
}
