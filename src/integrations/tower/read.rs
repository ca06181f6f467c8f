//! Reading a body to its end, within a limit.

use std::error::Error as StdError;
use std::pin::pin;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError};

use super::Body;
use crate::error::{Error, ErrorKind};

/// What a body may fail with.
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// Reads a body of at most `limit` bytes, and shows `each` chunk as it arrives.
pub(super) async fn read(
    body: impl http_body::Body<Error: Into<BoxError>>,
    limit: usize,
    mut each: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Body, Error> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(ErrorKind::BodyTooLarge.into());
    }
    let mut body = pin!(body);
    let (mut data, mut trailers) = (Buffer::Empty, None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_off(error.into().as_ref()))?;
        match frame.into_data() {
            Ok(mut chunk) => {
                let length = chunk.remaining();
                if length > limit.saturating_sub(data.len()) {
                    return Err(ErrorKind::BodyTooLarge.into());
                }
                let chunk = chunk.copy_to_bytes(length);
                each(&chunk)?;
                data = data.and(chunk);
            }
            Err(frame) => trailers = frame.into_trailers().ok().or(trailers),
        }
    }
    Ok(Body::new(data.into_bytes(), trailers))
}

/// A limit that another layer set, or what else ended the body early.
fn broken_off(error: &(dyn StdError + 'static)) -> Error {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return ErrorKind::BodyTooLarge.into();
        }
        cause = error.source();
    }
    ErrorKind::BodyInterrupted.into()
}

/// What has been read: a chunk is kept as it is until there is another.
enum Buffer {
    Empty,
    One(Bytes),
    Many(BytesMut),
}

impl Buffer {
    fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(chunk) => chunk.len(),
            Self::Many(chunks) => chunks.len(),
        }
    }

    fn and(self, chunk: Bytes) -> Self {
        match self {
            kept if chunk.is_empty() => kept,
            Self::Empty => Self::One(chunk),
            Self::One(first) => {
                let mut chunks = BytesMut::from(first);
                chunks.extend_from_slice(&chunk);
                Self::Many(chunks)
            }
            Self::Many(mut chunks) => {
                chunks.extend_from_slice(&chunk);
                Self::Many(chunks)
            }
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::One(chunk) => chunk,
            Self::Many(chunks) => chunks.freeze(),
        }
    }
}
