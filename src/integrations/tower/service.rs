//! The service that the layer makes, and its future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::gate::Gate;
use super::{Body, Observer, OnRefusal};
use crate::integrations::read::BoxError;

/// Verifies requests before `S` sees them. Made by a [`VerifyLayer`](super::VerifyLayer).
#[derive(Clone, Debug)]
pub struct Verify<S, F> {
    pub(super) inner: S,
    pub(super) gate: Gate,
    pub(super) on_refusal: F,
}

impl<S, F, B, R> Service<Request<B>> for Verify<S, F>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    F: OnRefusal<R> + Clone + Send + 'static,
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
        let (gate, on_refusal) = (self.gate.clone(), self.on_refusal.clone());
        let observer = Observer::new(gate.source.scheme());
        ResponseFuture(Box::pin(observer.clone().watch(async move {
            let (request, claim) = match gate.admit(request, &observer).await {
                Ok(admitted) => admitted,
                Err(error) => {
                    observer.refused(&error);
                    let mut response = on_refusal.refuse(&error);
                    response.extensions_mut().insert(error);
                    return Ok(response);
                }
            };
            let response = inner.call(request).await;
            if let Some(claim) = claim
                && let Err(error) = claim.settle(response.as_ref().ok().map(Response::status)).await
            {
                observer.still_claimed(&error);
            }
            response
        })))
    }
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
