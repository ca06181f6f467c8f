//! Secrets, requests and a handler for all tests here.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use countersign::sign::{self, Delivery};
use countersign::tower::VerifiedBody;
use countersign::vonage::SignedWebhook;
use countersign::{Error, ErrorKind, Secret, UnixTime, Verified, Vogent};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::Service;
use tower::util::BoxCloneService;

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
pub(crate) const BODY: &str = r#"{"event":"dial.started","dial_id":"d1"}"#;

pub(crate) fn secret() -> Secret {
    Secret::new("s3cr3t").unwrap()
}

pub(crate) fn vogent() -> Vogent {
    Vogent::new(secret())
}

pub(crate) fn webhook() -> SignedWebhook {
    SignedWebhook::new(secret()).clock(|| NOW)
}

pub(crate) fn vogent_delivery() -> Delivery {
    sign::vogent(&secret(), BODY)
}

/// A signed webhook with this `jti`.
pub(crate) fn webhook_delivery(id: &str) -> Delivery {
    sign::TokenSigner::new(&secret(), NOW).claim("jti", id).claim("api_key", "a1b2c3d4").post(BODY)
}

/// The request over HTTP, with its body in one piece.
pub(crate) fn http(delivery: &Delivery) -> Request<Full<Bytes>> {
    delivery.to_http("/webhook").unwrap().map(Full::from)
}

/// A signed webhook with this `jti`, over HTTP.
pub(crate) fn webhook_request(id: &str) -> Request<Full<Bytes>> {
    http(&webhook_delivery(id))
}

/// The request's head over HTTP, with another body.
pub(crate) fn with_body<B>(delivery: &Delivery, body: B) -> Request<B> {
    delivery.to_http("/webhook").unwrap().map(|_| body)
}

/// A request that a handler got.
#[derive(Debug)]
pub(crate) struct Handled {
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) verified: Verified,
}

/// A handler that records its requests, and answers with a status.
#[derive(Clone, Default)]
pub(crate) struct Handler {
    handled: Arc<Mutex<Vec<Handled>>>,
}

impl Handler {
    pub(crate) fn count(&self) -> usize {
        self.handled.lock().unwrap().len()
    }

    pub(crate) fn take(&self) -> Vec<Handled> {
        std::mem::take(&mut *self.handled.lock().unwrap())
    }

    pub(crate) fn service(&self) -> BoxCloneService<Request<VerifiedBody>, Response<String>, Infallible> {
        self.answering(|_| StatusCode::OK)
    }

    /// A service that answers call n, counted from 0, with `status(n)`.
    pub(crate) fn answering(
        &self,
        status: impl Fn(usize) -> StatusCode + Clone + Send + 'static,
    ) -> BoxCloneService<Request<VerifiedBody>, Response<String>, Infallible> {
        let handled = Arc::clone(&self.handled);
        BoxCloneService::new(tower::service_fn(move |request: Request<VerifiedBody>| {
            let (handled, status) = (Arc::clone(&handled), status.clone());
            async move {
                let (mut parts, body) = request.into_parts();
                let collected = body.collect().await?;
                let (trailers, verified) =
                    (collected.trailers().cloned(), parts.extensions.remove().unwrap());
                let mut handled = handled.lock().unwrap();
                let mut response = Response::new("handled".to_owned());
                *response.status_mut() = status(handled.len());
                handled.push(Handled { body: collected.to_bytes(), trailers, verified });
                Ok(response)
            }
        }))
    }
}

/// The kind of the error in a rejection's extensions. Requires its status and an empty body.
pub(crate) fn rejection(response: &Response<String>) -> Option<ErrorKind> {
    let error = response.extensions().get::<Error>()?;
    assert_eq!((response.status().as_u16(), response.body().as_str()), (error.status(), ""));
    Some(error.kind())
}

/// Sends a request. Returns the error's kind if it is rejected.
pub(crate) async fn rejected<S, R>(service: &mut S, request: R) -> Option<ErrorKind>
where
    S: Service<R, Response = Response<String>>,
    S::Error: std::fmt::Debug,
{
    rejection(&call(service, request).await)
}

/// Calls a service when it is ready.
pub(crate) async fn call<S, R>(service: &mut S, request: R) -> S::Response
where
    S: Service<R>,
    S::Error: std::fmt::Debug,
{
    std::future::poll_fn(|context| service.poll_ready(context)).await.unwrap();
    service.call(request).await.unwrap()
}
