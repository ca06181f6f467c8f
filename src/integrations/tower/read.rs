//! Reading a body to its end, within a limit.

use std::error::Error as StdError;
use std::pin::pin;

use bytes::{Buf, BufMut, BytesMut};
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
    let (mut data, mut trailers) = (BytesMut::new(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_off(error.into().as_ref()))?;
        match frame.into_data() {
            Ok(chunk) => {
                let known = data.len();
                if chunk.remaining() > limit.saturating_sub(known) {
                    return Err(ErrorKind::BodyTooLarge.into());
                }
                data.put(chunk);
                each(data.get(known..).unwrap_or_default())?;
            }
            Err(frame) => trailers = frame.into_trailers().ok().or(trailers),
        }
    }
    Ok(Body::new(data.freeze(), trailers))
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
