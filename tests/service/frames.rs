//! Bodies that arrive as a test describes.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};

/// What a body does next.
pub(crate) enum Step {
    Data(Vec<u8>),
    Trailers,
    Error,
    /// Nothing until this is set.
    Wait(Arc<AtomicBool>),
}

impl Step {
    /// Nothing, and never the end.
    pub(crate) fn stall() -> Self {
        Self::Wait(Arc::default())
    }
}

/// A body of steps. It learns its end only when asked for another frame.
pub(crate) struct Frames {
    steps: VecDeque<Step>,
    polls: Arc<AtomicUsize>,
    size: SizeHint,
}

impl Frames {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), polls: Arc::default(), size: SizeHint::new() }
    }

    /// In chunks of `length` bytes.
    pub(crate) fn chunks(body: &[u8], length: usize) -> Self {
        Self::new(body.chunks(length).map(|chunk| Step::Data(chunk.to_vec())))
    }

    /// Announces this many bytes, as `Content-Length` does.
    pub(crate) fn at_least(mut self, least: u64) -> Self {
        self.size.set_lower(least);
        self
    }

    /// Has exactly this many bytes.
    pub(crate) fn exactly(self, length: u64) -> Self {
        Self { size: SizeHint::with_exact(length), ..self }
    }

    /// The number of polls.
    pub(crate) fn polls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.polls)
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        if matches!(self.steps.front(), Some(Step::Wait(end)) if end.load(Ordering::Acquire)) {
            self.steps.pop_front();
        }
        Poll::Ready(match self.steps.pop_front() {
            None => None,
            Some(Step::Data(data)) => Some(Ok(Frame::data(data.into()))),
            Some(Step::Trailers) => Some(Ok(Frame::trailers(trailers()))),
            Some(Step::Error) => Some(Err(io::ErrorKind::ConnectionReset.into())),
            Some(Step::Wait(end)) => {
                self.steps.push_front(Step::Wait(end));
                return Poll::Pending;
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.size
    }
}

pub(crate) fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("x-checksum".parse().unwrap(), HeaderValue::from_static("1"))])
}
