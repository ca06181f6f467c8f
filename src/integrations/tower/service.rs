//! The layer's service, and its future.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tokio::runtime::Handle;
use tokio::task::JoinError;
use tower_layer::Layer;
use tower_service::Service;

use super::gate::{Admitted, Gate};
use super::hold::Hold;
use super::{
    Acknowledge, EmptyRejection, Forget, OnDuplicate, OnRejection, ResponseMemory, VerifiedBody, VerifyLayer,
};
use crate::error::{Error, ErrorKind};
use crate::integrations::head::received_uri;
use crate::integrations::read::BoxError;
use crate::integrations::{Observer, rejection};
use crate::verifier::Verifier;

/// Verifies requests before `S` handles them. Made by a [`VerifyLayer`], or by [`new`](Self::new).
#[derive(Clone, Debug)]
pub struct Verify<S, F = EmptyRejection, D = Acknowledge, M = Forget> {
    pub(super) inner: S,
    pub(super) gate: Gate,
    pub(super) on_rejection: F,
    pub(super) on_duplicate: D,
    pub(super) memory: M,
}

impl<S> Verify<S> {
    /// Verifies with one verifier, with the layer's default settings. For others, build a [`VerifyLayer`].
    pub fn new(inner: S, verifier: impl Verifier + 'static) -> Self {
        VerifyLayer::new(verifier).layer(inner)
    }
}

impl<S, F, D, M> Verify<S, F, D, M> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service, to change it.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service without the verification.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, F, D, M, B, R> Service<Request<B>> for Verify<S, F, D, M>
where
    S: Service<Request<VerifiedBody>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    F: OnRejection<R> + Clone + Send + 'static,
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
        // Calls the instance that is ready. The clone is polled before the next call.
        let other = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, other);
        let (gate, memory) = (self.gate.clone(), self.memory.clone());
        let (on_rejection, on_duplicate) = (self.on_rejection.clone(), self.on_duplicate.clone());
        let uri = received_uri(request.uri(), request.extensions());
        let mut observer = Observer::new(gate.source.scheme(), uri);
        ResponseFuture(Box::pin(observer.clone().watch(async move {
            let proved = match gate.prove(request, &mut observer).await {
                Ok(proved) => proved,
                Err(error) => return Ok(reject(&on_rejection, error)),
            };
            let runtime = if gate.guard.continues() { Handle::try_current().ok() } else { None };
            let apart = runtime.map(|runtime| (runtime, on_rejection.clone(), observer.clone()));
            let answer = async move {
                let (request, hold) = match gate.admit(proved, &observer).await {
                    Ok(Admitted::Fresh(request, hold)) => (request, hold),
                    Ok(Admitted::Duplicate(verified, saved)) => {
                        let repeated = saved.and_then(|saved| memory.repeat(&saved));
                        return Ok(repeated.unwrap_or_else(|| on_duplicate.answer(&verified)));
                    }
                    Err(error) => return Ok(reject(&on_rejection, error)),
                };
                match hold {
                    Some(hold) => handle(inner, memory, request, hold).await,
                    None => inner.call(request).await,
                }
            };
            // The claim is in the task too. Its lease would have no owner if the client left before the store answers.
            let Some((runtime, on_rejection, observer)) = apart else { return answer.await };
            match runtime.spawn(observer.watch_task(answer)).await.map_err(JoinError::try_into_panic) {
                Ok(answer) => answer,
                Err(Ok(panic)) => resume_unwind(panic),
                // The runtime is shutting down.
                Err(Err(_)) => Ok(reject(&on_rejection, ErrorKind::ReplayGuardUnavailable.into())),
            }
        })))
    }
}

/// Calls the service under a lease, and settles the lease.
async fn handle<S, R, M>(
    mut service: S,
    memory: M,
    request: Request<VerifiedBody>,
    hold: Hold,
) -> Result<Response<R>, S::Error>
where
    S: Service<Request<VerifiedBody>, Response = Response<R>>,
    M: ResponseMemory<R>,
{
    let handling = async {
        let response = service.call(request).await?;
        Ok(memory.keep(response).await)
    };
    match hold.during(handling).await {
        Ok((response, saved)) => {
            if M::SAVES && saved.is_none() && response.status().is_success() {
                hold.response_not_saved();
            }
            hold.settle(Some(response.status()), saved).await;
            Ok(response)
        }
        Err(error) => {
            hold.settle(None, None).await;
            Err(error)
        }
    }
}

/// Answers a rejection, with `Retry-After` if it is known.
fn reject<R>(on_rejection: &impl OnRejection<R>, error: Error) -> Response<R> {
    rejection::explained(on_rejection.reject(&error), error)
}

/// The response future of a [`Verify`].
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
