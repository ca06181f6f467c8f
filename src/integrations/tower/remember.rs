//! Whether a handler's response is kept, to be repeated.

use std::future::{Future, ready};

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;

use crate::replay::SavedResponse;

/// Keeps no response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forget;

/// Keeps responses whose body is within a limit. Made by
/// [`VerifyLayer::remember_responses`](super::VerifyLayer::remember_responses).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remember {
    pub(super) limit: usize,
}

/// Keeps and repeats responses with bodies of type `R`: [`Forget`] of any type, [`Remember`] of every body that can be read and made
/// of bytes, such as axum's `Body`, `Full<Bytes>` or `String`.
pub trait ResponseMemory<R>: Send + Sync {
    /// Reads what is to be kept of a handler's response, and gives the response back.
    fn keep(
        &self,
        response: Response<R>,
    ) -> impl Future<Output = (Response<R>, Option<SavedResponse>)> + Send;

    /// Makes the response that was kept.
    fn repeat(&self, saved: &SavedResponse) -> Option<Response<R>>;
}

impl<R: Send> ResponseMemory<R> for Forget {
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
    R: http_body::Body<Data: Send> + Default + TryFrom<Vec<u8>> + Send,
{
    async fn keep(&self, response: Response<R>) -> (Response<R>, Option<SavedResponse>) {
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        // A body of unknown length cannot be put back when it turns out too long, so that it is not begun.
        let fits = response.body().size_hint().exact().is_some_and(|length| length <= limit);
        if !response.status().is_success() || !fits {
            return (response, None);
        }
        let (parts, body) = response.into_parts();
        let Some((body, bytes)) = read(body).await else {
            let mut broken = Response::default();
            *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return (broken, None);
        };
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

/// Reads a body to its end: a body of the same bytes, and the bytes.
async fn read<R: http_body::Body<Data: Send> + TryFrom<Vec<u8>> + Send>(body: R) -> Option<(R, Vec<u8>)> {
    let bytes = body.collect().await.ok()?.to_bytes().to_vec();
    Some((R::try_from(bytes.clone()).ok()?, bytes))
}
