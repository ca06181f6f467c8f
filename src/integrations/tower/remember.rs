//! Saves a handler's response, to repeat it.

#[cfg(feature = "axum")]
use std::any::Any;
use std::future::{Future, ready};

#[cfg(feature = "axum")]
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderName, TRAILER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
#[cfg(feature = "axum")]
use http_body_util::Full;

use crate::integrations::Observer;
use crate::integrations::read::BoxError;
use crate::replay::SavedResponse;

/// Saves no response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forget;

/// Saves responses whose body is within a limit. Made by
/// [`VerifyLayer::remember_responses`](super::VerifyLayer::remember_responses).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remember {
    pub(super) limit: usize,
}

/// Saves and repeats responses with bodies of type `R`. [`Forget`] takes any type. [`Remember`] takes bodies that can be read
/// and made of bytes, such as axum's `Body`, `Full<Bytes>` or `String`.
pub trait ResponseMemory<R>: Send + Sync {
    /// Whether it saves responses, so that one that is not saved is logged.
    const SAVES: bool;

    /// Reads what to save of a handler's response, and returns the response.
    fn keep(
        &self,
        response: Response<R>,
    ) -> impl Future<Output = (Response<R>, Option<SavedResponse>)> + Send;

    /// Makes the saved response again.
    fn repeat(&self, saved: &SavedResponse) -> Option<Response<R>>;
}

impl<R: Send> ResponseMemory<R> for Forget {
    const SAVES: bool = false;

    fn keep(
        &self,
        response: Response<R>,
    ) -> impl Future<Output = (Response<R>, Option<SavedResponse>)> + Send {
        ready((response, None))
    }

    fn repeat(&self, _: &SavedResponse) -> Option<Response<R>> {
        None
    }
}

impl<R> ResponseMemory<R> for Remember
where
    R: http_body::Body<Data: Send, Error: Into<BoxError>> + Default + TryFrom<Vec<u8>> + Send + 'static,
{
    const SAVES: bool = true;

    async fn keep(&self, response: Response<R>) -> (Response<R>, Option<SavedResponse>) {
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        // A body of unknown length is not read, since it could not be put back if it were too long.
        let fits = response.body().size_hint().exact().is_some_and(|length| length <= limit);
        let says_more = SAY_MORE.iter().any(|name| response.headers().contains_key(name));
        if !response.status().is_success() || !fits || says_more {
            return (response, None);
        }
        let (parts, body) = response.into_parts();
        let Read { body, bytes, trailers } = match read(body).await {
            Ok(read) => read,
            Err(error) => {
                Observer::unreadable(&error);
                let mut broken = Response::default();
                *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                return (broken, None);
            }
        };
        if trailers {
            return (Response::from_parts(parts, body), None);
        }
        let content_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::to_str).transpose();
        let saved = content_type.ok().and_then(|text| SavedResponse::new(parts.status.as_u16(), text, bytes));
        (Response::from_parts(parts, body), saved)
    }

    fn repeat(&self, saved: &SavedResponse) -> Option<Response<R>> {
        let mut response = Response::new(R::try_from(saved.body().to_vec()).ok()?);
        *response.status_mut() = StatusCode::from_u16(saved.status()).ok()?;
        if let Some(content_type) = saved.content_type() {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_str(content_type).ok()?);
        }
        Some(response)
    }
}

/// A body that was read to its end.
struct Read<R> {
    /// The same bytes, with the same trailers if the type can hold them.
    body: R,
    bytes: Vec<u8>,
    trailers: bool,
}

async fn read<R>(body: R) -> Result<Read<R>, BoxError>
where
    R: http_body::Body<Data: Send, Error: Into<BoxError>> + TryFrom<Vec<u8>> + Send + 'static,
{
    let collected = body.collect().await.map_err(Into::into)?;
    let trailers = collected.trailers().cloned();
    let bytes = collected.to_bytes().to_vec();
    let trailers_there = trailers.is_some();
    let body = match trailers.and_then(|trailers| with_trailers(&bytes, trailers)) {
        Some(body) => body,
        None => R::try_from(bytes.clone()).map_err(|_| "body cannot be made of its bytes")?,
    };
    Ok(Read { body, bytes, trailers: trailers_there })
}

/// Only axum's body can be made of bytes and hold trailers.
#[cfg(feature = "axum")]
fn with_trailers<R: 'static>(bytes: &[u8], trailers: HeaderMap) -> Option<R> {
    let body = Full::new(Bytes::copy_from_slice(bytes)).with_trailers(ready(Some(Ok(trailers))));
    let body: Box<dyn Any> = Box::new(axum_core::body::Body::new(body));
    body.downcast().ok().map(|body| *body)
}

#[cfg(not(feature = "axum"))]
fn with_trailers<R>(_: &[u8], _: HeaderMap) -> Option<R> {
    None
}

/// Headers that are not saved, and without which the body could not be read.
const SAY_MORE: [HeaderName; 3] = [CONTENT_ENCODING, CONTENT_RANGE, TRAILER];
