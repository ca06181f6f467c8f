//! Secrets, requests and a handler for all tests here.

use std::convert::Infallible;
use std::future::pending;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use countersign::replay::ReplayGuard;
use countersign::sign::{self, Delivery};
use countersign::tower::{VerifiedBody, VerifyLayer};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Check, Coverage, Error, ErrorKind, Evidence, Head, KeyId, ReplayKey, Replays, Secret, UnixTime,
    Verification, Verified, Verifier, Vogent,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::task::unconstrained;
use tower::Service;
use tower::util::BoxCloneService;

use crate::frames::Frames;

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

/// The layer of [`webhook`] with this guard.
pub(crate) fn guarded(guard: impl ReplayGuard + 'static) -> VerifyLayer {
    VerifyLayer::new(webhook()).replay_guard(guard).unwrap()
}

pub(crate) fn vogent_delivery() -> Delivery {
    sign::vogent(&secret(), BODY)
}

/// Signs a token.
pub(crate) fn token() -> sign::TokenSigner {
    sign::TokenSigner::new(&secret(), NOW)
}

/// A signed webhook with this `jti`.
pub(crate) fn webhook_delivery(id: &str) -> Delivery {
    token().claim("jti", id).claim("api_key", "a1b2c3d4").post(BODY)
}

pub(crate) fn sms() -> Sms {
    Sms::new(SignatureMethod::Sha256, secret())
}

/// Signs a message of [`sms`].
pub(crate) fn message(text: &str) -> sign::SmsSigner {
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret()).param("text", text).timestamp(NOW)
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

pub(crate) type BoxHandler = BoxCloneService<Request<VerifiedBody>, Response<String>, Infallible>;

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

    pub(crate) fn service(&self) -> BoxHandler {
        self.answering(|_| StatusCode::OK)
    }

    /// A service that answers call n, counted from 0, with `status(n)`.
    pub(crate) fn answering(
        &self,
        status: impl Fn(usize) -> StatusCode + Clone + Send + 'static,
    ) -> BoxHandler {
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

/// A response without a body, of a handler.
#[allow(clippy::unnecessary_wraps, reason = "a service answers a result")]
pub(crate) fn answer(status: StatusCode) -> Result<Response<String>, Infallible> {
    Ok(Response::builder().status(status).body(String::new()).unwrap())
}

/// A handler that never answers.
pub(crate) fn stalled()
-> impl Service<Request<VerifiedBody>, Response = Response<String>, Error = Infallible, Future: Send> + Clone
{
    tower::service_fn(|_| pending::<Result<Response<String>, Infallible>>())
}

/// Polls a future once. One task may poll more of them than Tokio's budget allows.
pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    pin!(unconstrained(future)).poll(&mut Context::from_waker(Waker::noop()))
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
    S: Service<R, Response = Response<String>, Error: std::fmt::Debug>,
{
    rejection(&call(service, request).await)
}

/// Sends a request. Requires that it is rejected and its body is not read.
pub(crate) async fn rejected_unread<S>(service: &mut S, delivery: &Delivery) -> ErrorKind
where
    S: Service<Request<Frames>, Response = Response<String>, Error: std::fmt::Debug>,
{
    let body = Frames::chunks(delivery.body(), 8);
    let polls = body.polls();
    let kind = rejected(service, with_body(delivery, body)).await.unwrap();
    assert_eq!(polls.load(Ordering::Relaxed), 0, "{kind}");
    kind
}

/// Calls a service when it is ready.
pub(crate) async fn call<S, R>(service: &mut S, request: R) -> S::Response
where
    S: Service<R, Error: std::fmt::Debug>,
{
    std::future::poll_fn(|context| service.poll_ready(context)).await.unwrap();
    service.call(request).await.unwrap()
}

/// Accepts everything, with one replay key, and until a time if it has one.
#[derive(Debug)]
pub(crate) struct Anything(pub(crate) Replays, pub(crate) Option<(UnixTime, UnixTime)>);

impl Verifier for Anything {
    fn begin<'v>(&'v self, _: Head<'_>) -> Result<Verification<'v>, Error> {
        Ok(Verification::new(AnyBody(self.1)))
    }

    fn scheme(&self) -> &'static str {
        "anything"
    }

    fn replays(&self) -> Replays {
        self.0
    }

    fn retry_period(&self) -> Duration {
        Duration::from_secs(5 * 3600)
    }
}

struct AnyBody(Option<(UnixTime, UnixTime)>);

impl Check for AnyBody {
    fn update(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        let evidence = Evidence::new(KeyId::new(0), Coverage::Body).replay_key(ReplayKey::new(["one"]));
        Ok(match self.0 {
            Some((now, until)) => evidence.valid_until(now, until),
            None => evidence,
        })
    }
}

/// The names that follow one of these words in the sources, each with its module.
#[allow(dead_code, reason = "its tests need more features")]
pub(crate) fn declared(words: &[&str]) -> Vec<(String, String)> {
    fn search(folder: &Path, module: &str, words: &[&str], found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let module = format!("{module}::{}", path.file_stem().unwrap().to_str().unwrap());
            if path.is_dir() {
                search(&path, &module, words, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let rests = text
                    .lines()
                    .filter_map(|line| words.iter().find_map(|word| line.trim_start().strip_prefix(word)));
                found.extend(rests.map(|rest| {
                    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                    (module.clone(), rest[..end].to_owned())
                }));
            }
        }
    }
    let mut found = Vec::new();
    search(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "countersign", words, &mut found);
    found
}
