//! The service that the layer makes, and its future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::RETRY_AFTER;
use http::{Request, Response};
use tower_service::Service;

use super::gate::{Admitted, Gate};
use super::{Acknowledge, Body, EmptyRefusal, Forget, Observer, OnDuplicate, OnRefusal, ResponseMemory};
use crate::error::Error;
use crate::integrations::read::BoxError;

/// Verifies requests before `S` sees them. Made by a [`VerifyLayer`](super::VerifyLayer).
#[derive(Clone, Debug)]
pub struct Verify<S, F = EmptyRefusal, D = Acknowledge, M = Forget> {
    pub(super) inner: S,
    pub(super) gate: Gate,
    pub(super) on_refusal: F,
    pub(super) on_duplicate: D,
    pub(super) memory: M,
}

impl<S, F, D, M, B, R> Service<Request<B>> for Verify<S, F, D, M>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    F: OnRefusal<R> + Clone + Send + 'static,
    D: OnDuplicate<R> + Clone + Send + 'static,
    M: ResponseMemory<R> + Clone + 'static,
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<R, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The instance that is ready is the one to call; the other one is polled before the next call.
        let other = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, other);
        let (gate, memory) = (self.gate.clone(), self.memory.clone());
        let (on_refusal, on_duplicate) = (self.on_refusal.clone(), self.on_duplicate.clone());
        let observer = Observer::new(gate.source.scheme());
        ResponseFuture(Box::pin(observer.clone().watch(async move {
            let (request, hold) = match gate.admit(request, &observer).await {
                Ok(Admitted::Fresh(request, hold)) => (request, hold),
                Ok(Admitted::Duplicate(verified, saved)) => {
                    observer.duplicate();
                    let repeated = saved.and_then(|saved| memory.repeat(&saved));
                    return Ok(repeated.unwrap_or_else(|| on_duplicate.answer(&verified)));
                }
                Err(error) => {
                    observer.refused(&error);
                    return Ok(refuse(&on_refusal, error));
                }
            };
            let Some(hold) = hold else { return inner.call(request).await };
            let handling = async {
                let response = inner.call(request).await?;
                Ok(memory.keep(response).await)
            };
            match hold.during(handling).await {
                Ok((response, saved)) => {
                    hold.settle(Some(response.status()), saved).await;
                    Ok(response)
                }
                Err(error) => {
                    hold.settle(None, None).await;
                    Err(error)
                }
            }
        })))
    }
}

/// The answer to a refusal, which says when to send again if it is known.
fn refuse<R>(on_refusal: &impl OnRefusal<R>, error: Error) -> Response<R> {
    let mut response = on_refusal.refuse(&error);
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().entry(RETRY_AFTER).or_insert(seconds.into());
    }
    response.extensions_mut().insert(error);
    response
}

/// The response of a [`Verify`], under way.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<R, E>(Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>);

impl<R, E> Future for ResponseFuture<R, E> {
    type Output = Result<Response<R>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<R, E> fmt::Debug for ResponseFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
