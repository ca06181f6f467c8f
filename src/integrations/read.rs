//! Reading a body to its end, within a limit.

use std::error::Error as StdError;
use std::pin::pin;

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError};

use crate::error::{Error, ErrorKind};
use crate::request::KeptBody;
use crate::verifier::{Verification, Verified};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// A body as received, with its trailers.
#[derive(Default)]
pub(super) struct Received {
    pub(super) data: Bytes,
    #[cfg_attr(not(feature = "tower"), expect(dead_code, reason = "the extractor hands on no trailers"))]
    pub(super) trailers: Option<HeaderMap>,
}

/// Reads a body of at most `limit` bytes and verifies it as it arrives.
///
/// A verification that keeps the body gets it at the end, in one piece, so that there is one copy of it until then.
pub(super) async fn verify(
    mut verification: Verification<'_>,
    body: impl http_body::Body<Error: Into<BoxError>>,
    limit: usize,
) -> Result<(Verified, Received), Error> {
    let limit = verification.room().min(limit);
    let received = if verification.keeps_body() {
        let received = read(body, limit, |_| Ok(())).await?;
        verification.update(&received.data)?;
        received
    } else {
        read(body, limit, |chunk| verification.update(chunk)).await?
    };
    Ok((verification.finish()?, received))
}

/// Reads a body of at most `limit` bytes and passes each chunk to `each`.
///
/// The task yields to others even if every frame is ready. A body with too many frames without data is rejected.
pub(super) async fn read(
    body: impl http_body::Body<Error: Into<BoxError>>,
    limit: usize,
    mut each: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Received, Error> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(ErrorKind::BodyTooLarge.into());
    }
    let mut body = pin!(body);
    let (mut kept, mut trailers, mut empty_frames) = (KeptBody::new(limit), None, 0_u32);
    loop {
        tokio::task::consume_budget().await;
        let Some(frame) = body.frame().await else { break };
        let frame = frame.map_err(|error| broken_off(error.into().as_ref()))?;
        let known = kept.bytes().len();
        match frame.into_data() {
            Ok(mut chunk) => {
                while chunk.has_remaining() {
                    let piece = chunk.chunk();
                    kept.push(piece)?;
                    each(piece)?;
                    let taken = piece.len();
                    chunk.advance(taken);
                }
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
        if kept.bytes().len() == known {
            empty_frames = empty_frames.saturating_add(1);
            if empty_frames > MAX_EMPTY_FRAMES {
                return Err(ErrorKind::BodyFragmented.into());
            }
        }
    }
    Ok(Received { data: kept.into_bytes().into(), trailers })
}

/// Distinguishes another layer's limit from other failures.
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

/// The most frames without data that a body may have.
const MAX_EMPTY_FRAMES: u32 = 1_000;
