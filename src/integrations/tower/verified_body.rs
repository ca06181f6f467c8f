//! A body that has been read and is handed on.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};

use crate::integrations::read::Received;

/// The body that was verified, byte for byte, and then the trailers it came with. No signature covers trailers.
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
    /// All its bytes, as long as none has been taken from it.
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

/// Shows the length and none of the bytes.
impl fmt::Debug for VerifiedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBody").field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}
