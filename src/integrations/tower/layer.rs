//! The layer.

mod replay;

use std::sync::Arc;

use tower_layer::Layer;

#[cfg(feature = "tenant-lookup")]
use super::TenantLookup;
use super::gate::{Gate, Source};
use super::{Acknowledge, EmptyRejection, Forget, Verify};
use crate::verifier::Verifier;

/// Verifies each request before the service. Only verified requests reach it.
///
/// - The head is checked before a byte of the body is read. A missing or malformed signature is rejected there, and a token
///   that is badly signed or too old.
/// - The body is hashed as it arrives and held in memory, up to [`max_body`](Self::max_body). The service gets it as a
///   [`VerifiedBody`](super::VerifiedBody), byte for byte. So a service without axum takes `Request<VerifiedBody>`, or is
///   generic over the body. The [`Verified`](crate::Verified) is in the request's extensions.
/// - A rejection is answered with the status of the error's kind and an empty body. The [`Error`](crate::Error) is in the
///   response's extensions, for an outer layer that counts or logs.
///
/// # Deployment caveat
///
/// A slow sender ties up a connection, up to `max_body` of memory and a permit of a concurrency limit. A limit inside this layer
/// counts slow senders too, since the service must be ready before the call. In axum, it counts only verified requests if it has
/// a `layer` call of its own.
///
/// Put a timeout of the whole request outside this layer. One of the body alone ends as
/// [`BodyInterrupted`](crate::ErrorKind::BodyInterrupted), 400, which is final for Vonage. With a
/// [`replay_guard`](Self::replay_guard), the timeout must leave the handler enough time. Put nothing outside it that changes
/// bodies or URIs: no parser, no path normalisation, and no decompression of what the platform compressed.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sign")] {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use std::convert::Infallible;
///
/// use bytes::Bytes;
/// use countersign::tower::{VerifiedBody, VerifyLayer};
/// use countersign::{Error, Secret, Verified, Vogent, sign};
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// async fn handle(request: Request<VerifiedBody>) -> Result<Response<String>, Infallible> {
///     let key = request.extensions().get::<Verified>().map(Verified::key);
///     Ok(Response::new(format!("{} bytes under {key:?}", request.body().bytes().len())))
/// }
///
/// let secret = Secret::new("s3cr3t")?;
/// let verify = VerifyLayer::new(Vogent::new(secret.clone()));
/// let service = ServiceBuilder::new().layer(verify).service(service_fn(handle));
///
/// let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#).to_http("/webhook")?;
/// let response = service.clone().oneshot(genuine.clone().map(Full::<Bytes>::from)).await?;
/// assert_eq!(response.into_body(), "24 bytes under Some(KeyId(0))");
///
/// let forged = genuine.map(|_| Full::<Bytes>::from(r#"{"event":"dial.ended"}"#));
/// let rejected = service.oneshot(forged).await?;
/// assert_eq!(rejected.status(), 401);
/// assert_eq!(rejected.extensions().get::<Error>().map(Error::code), Some("signature_mismatch"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifyLayer<F = EmptyRejection, D = Acknowledge, M = Forget> {
    gate: Gate,
    on_rejection: F,
    on_duplicate: D,
    memory: M,
}

impl VerifyLayer {
    /// Verifies with one verifier, or an `Arc<dyn Verifier>`.
    pub fn new(verifier: impl Verifier + 'static) -> Self {
        Self::with_source(Source::One(Arc::new(verifier)))
    }

    /// Verifies for many accounts, whose secrets are in a store.
    #[cfg(feature = "tenant-lookup")]
    pub fn tenants(lookup: TenantLookup) -> Self {
        Self::with_source(Source::Tenants(Arc::new(lookup)))
    }

    fn with_source(source: Source) -> Self {
        let gate = Gate { source, max_body: None, guard: Arc::default() };
        Self { gate, on_rejection: EmptyRejection, on_duplicate: Acknowledge, memory: Forget }
    }
}

impl<F, D, M> VerifyLayer<F, D, M> {
    /// Rejects a body of more than `limit` bytes with [`BodyTooLarge`](crate::ErrorKind::BodyTooLarge). The verifier's own
    /// limits still apply.
    ///
    /// Default: 1 MiB, or the verifier's [`body_limit`](Verifier::body_limit) where that is more.
    ///
    /// With the feature `axum`, a limit of more than 2 MiB also replaces axum's `DefaultBodyLimit`, which is 2 MiB. One that you
    /// set between this layer and the handler still applies.
    pub fn max_body(mut self, limit: usize) -> Self {
        self.gate.max_body = Some(limit);
        self
    }

    /// Answers a rejection with `on_rejection`: `Fn(&Error) -> Response<_>`.
    ///
    /// Answer 5xx where the error [is retryable](crate::Error::is_retryable). Such a request can be genuine, and one status for
    /// all rejections, such as 404, would tell the platform not to retry.
    pub fn on_rejection<G>(self, on_rejection: G) -> VerifyLayer<G, D, M> {
        VerifyLayer { gate: self.gate, on_rejection, on_duplicate: self.on_duplicate, memory: self.memory }
    }
}

impl<S, F: Clone, D: Clone, M: Clone> Layer<S> for VerifyLayer<F, D, M> {
    type Service = Verify<S, F, D, M>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify {
            inner,
            gate: self.gate.clone(),
            on_rejection: self.on_rejection.clone(),
            on_duplicate: self.on_duplicate.clone(),
            memory: self.memory.clone(),
        }
    }
}
