//! The body of a verified request.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};

use crate::integrations::read::Received;

/// The verified body, byte for byte, followed by its trailers. No signature covers trailers.
#[derive(Clone, Default)]
pub struct VerifiedBody {
    data: Bytes,
    trailers: Option<HeaderMap>,
}

impl From<Received> for VerifiedBody {
    fn from(Received { data, trailers }: Received) -> Self {
        Self { data, trailers }
    }
}

impl VerifiedBody {
    /// Returns the bytes that have not been read yet.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.data
    }
}

impl http_body::Body for VerifiedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = if self.data.is_empty() {
            self.trailers.take().map(Frame::trailers)
        } else {
            Some(Frame::data(std::mem::take(&mut self.data)))
        };
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.data.len()).unwrap_or(u64::MAX))
    }
}

/// Shows only the length.
impl fmt::Debug for VerifiedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBody").field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}
