//! Changes that happen to the headers that a rule reads.

use std::cmp::Reverse;
use std::slice;
use std::sync::{Mutex, PoisonError};

use super::case::Changes;
use super::trials::Change;
use super::{Capture, Cause, signatures};
use crate::error::Error;
use crate::request::{BaseUrl, CONTENT_TYPE, HeaderLookup, HeaderName, Headers, Request};

/// The headers of a request, with some values changed. Records lookups, so that rules need not say which headers they read.
pub(super) struct Seen<'c> {
    capture: &'c Capture,
    base: Option<&'c BaseUrl>,
    changed: Vec<(HeaderName, Vec<u8>)>,
    pub(super) changes: Changes,
    asked: Mutex<Vec<HeaderName>>,
}

/// The received headers, and other versions of them, if `read` accepts them. The received headers come first.
pub(super) fn readable<'c>(
    capture: &'c Capture,
    base: Option<&'c BaseUrl>,
    read: impl Fn(&Seen<'c>) -> Result<(), Error>,
) -> Vec<Seen<'c>> {
    // Follows the likeliest change to its end first.
    let (mut left, mut readable) = (vec![Seen::new(capture, base)], Vec::new());
    for _ in 0..MOST_READS {
        let Some(seen) = left.pop().filter(|_| readable.len() < MOST_READABLE) else { break };
        let read = read(&seen);
        let fault = read.as_ref().err().and_then(Error::header_name);
        if fault.is_some() || seen.changed.is_empty() {
            left.extend(seen.expanded(fault).into_iter().rev());
        }
        if read.is_ok() {
            readable.push(seen);
        }
    }
    readable
}

impl<'c> Seen<'c> {
    pub(super) fn new(capture: &'c Capture, base: Option<&'c BaseUrl>) -> Self {
        Self { capture, base, changed: Vec::new(), changes: Vec::new(), asked: Mutex::default() }
    }

    /// Whether this header was looked up.
    pub(super) fn was_asked(&self, name: &str) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().any(|asked| asked.as_str().eq_ignore_ascii_case(name))
    }

    /// The request with these headers.
    pub(super) fn request(&self) -> Request<'_> {
        let request = self.capture.request();
        Request::new(request.head().with_headers(self).with_base(self.base), request.body())
    }

    /// Versions with one more changed header: the one in the error, or without one, any that was read.
    fn expanded(&self, fault: Option<&str>) -> Vec<Self> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unchanged = |name: &&HeaderName| self.changed.iter().all(|(changed, _)| changed != *name);
        // The content type decides where and in which form a signature is read.
        let is_fault =
            |name: &&HeaderName| fault.is_none_or(|fault| fault == name.as_str()) || **name == CONTENT_TYPE;
        let names = asked.iter().filter(is_fault);
        let (mut all, mut exchanged) = (Vec::new(), Vec::new());
        for name in names.filter(is_unchanged) {
            let mut push = |changes: &[Change], value: &[u8]| all.push(self.with([(name, value)], changes));
            if *name == CONTENT_TYPE {
                push(&[(Cause::ParamsOtherSource, "the body is read as a form".to_owned())], FORM);
                push(&[(Cause::ParamsOtherSource, "the body is read as JSON".to_owned())], JSON);
                continue;
            }
            let given = self.capture.headers.lookup(name);
            let value = if let HeaderLookup::One(value) = given { Some(value) } else { None };
            for (change, form) in value.into_iter().flat_map(signatures::forms) {
                push(&[change], &form);
            }
            let others = self.others(name);
            for (other, value) in others.iter().filter(|(other, _)| !asked.contains(other)) {
                if given == HeaderLookup::Absent || signatures::is_like(value) {
                    let moved = (Cause::HeaderOther, format!("`{name}` is read from the header `{other}`"));
                    push(slice::from_ref(&moved), value);
                    for (change, form) in signatures::forms(value) {
                        push(&[moved.clone(), change], &form);
                    }
                }
            }
            exchanged.extend(others.iter().zip(value.iter().cycle()).map(|((other, theirs), value)| {
                let words = format!("the values of `{name}` and `{other}` are exchanged");
                self.with([(name, theirs), (other, value)], &[(Cause::HeaderOther, words)])
            }));
        }
        all.extend(exchanged);
        all
    }

    /// The other headers. Names that share most words with this one come first.
    fn others(&self, name: &HeaderName) -> Vec<(HeaderName, &'c [u8])> {
        let own: Vec<_> = name.as_str().split('-').collect();
        let named = self.capture.headers.iter().filter(|(_, value)| value.len() <= MOST_BYTES);
        let named = named.filter_map(|(name, value)| Some((HeaderName::new(name).ok()?, &**value)));
        let mut others: Vec<_> = named.filter(|(other, _)| other != name).collect();
        others.sort_by_key(|(other, _)| {
            let (shared, more): (Vec<_>, Vec<_>) =
                other.as_str().split('-').partition(|word| own.contains(word));
            (Reverse(shared.len()), more.len())
        });
        others.truncate(MOST_OTHERS);
        others
    }

    fn with<const N: usize>(&self, headers: [(&HeaderName, &[u8]); N], changes: &[Change]) -> Self {
        let headers = headers.map(|(name, value)| (name.clone(), value.to_vec()));
        Self {
            capture: self.capture,
            base: self.base,
            changed: [self.changed.as_slice(), &headers].concat(),
            changes: [self.changes.as_slice(), changes].concat(),
            asked: Mutex::default(),
        }
    }
}

impl Headers for Seen<'_> {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.contains(name) {
            asked.push(name.clone());
        }
        match self.changed.iter().find(|(changed, _)| changed == name) {
            Some((_, value)) => HeaderLookup::One(value),
            None => self.capture.headers.lookup(name),
        }
    }
}

/// The most readings of the head.
const MOST_READS: usize = 1_000;
const MOST_READABLE: usize = 16;
const MOST_OTHERS: usize = 32;
/// A verifier rejects longer values.
const MOST_BYTES: usize = 16 * 1024;
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const JSON: &[u8] = b"application/json";
