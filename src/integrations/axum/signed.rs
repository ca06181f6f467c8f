//! The extractor.

use std::marker::PhantomData;
use std::sync::Arc;

use axum_core::body::Body;
use axum_core::extract::{FromRef, FromRequest, Request};
use bytes::Bytes;

use super::SignedRejection;
use crate::request::Head;
use crate::verifier::{Verified, Verifier};

/// What a verified request holds, as `T` reads it: the raw `Bytes`, or axum's `Json<_>`, `Form<_>` or any other extractor of a
/// body.
///
/// `V` is the verifier, of which the router's state holds an `Arc` ([`FromRef`]): with several providers, each route names its
/// own. The head is judged before the body is read; the body is read within axum's `DefaultBodyLimit` (2 MiB unless
/// set) and handed to `T` only once it has verified.
///
/// There is no replay guard here, since an extractor cannot see how the handler ends: put a
/// [`VerifyLayer`](crate::tower::VerifyLayer) with one over the route, whose proof is axum's `Extension<Verified>`.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use axum::extract::FromRef;
/// use axum::routing::post;
/// use axum::{Json, Router};
/// use countersign::axum::Signed;
/// use countersign::vonage::SignedWebhook;
/// use countersign::{Secret, Vogent};
/// use serde_json::Value;
///
/// #[derive(Clone, FromRef)]
/// struct Verifiers {
///     vogent: Arc<Vogent>,
///     vonage: Arc<SignedWebhook>,
/// }
///
/// async fn call(Signed { verified, value: Json(event), .. }: Signed<Vogent, Json<Value>>) -> String {
///     format!("{event}, signed with secret {}", verified.key())
/// }
///
/// async fn message(signed: Signed<SignedWebhook>) -> String {
///     format!("{} bytes", signed.value.len())
/// }
///
/// let router: Router = Router::new().route("/vogent", post(call)).route("/vonage", post(message)).with_state(Verifiers {
///     vogent: Arc::new(Vogent::new(Secret::new("s3cr3t")?)),
///     vonage: Arc::new(SignedWebhook::new(Secret::new("signature-secret")?)),
/// });
/// # Ok::<(), countersign::ConfigError>(())
/// ```
///
/// # Rejections
///
/// - [`SignedRejection::Refused`]: the delivery did not verify; the status of the error's kind and an empty body.
/// - [`SignedRejection::Unread`]: the body could not be read; axum's own answer, 413 where it is over the limit.
/// - [`SignedRejection::Unreadable`]: it verified, and `T` does not take it; `T`'s own rejection.
#[derive(Clone, Debug)]
pub struct Signed<V: ?Sized, T = Bytes> {
    /// What was proved.
    pub verified: Verified,
    /// What the request holds.
    pub value: T,
    by: PhantomData<fn() -> Arc<V>>,
}

impl<S, V, T> FromRequest<S> for Signed<V, T>
where
    S: Send + Sync,
    V: Verifier + ?Sized + 'static,
    Arc<V>: FromRef<S>,
    T: FromRequest<S>,
{
    type Rejection = SignedRejection<T::Rejection>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();

        let verifier = Arc::<V>::from_ref(state);
        let mut verification = verifier.begin(Head::from(&parts))?;
        // With the limit that is set for the route.
        let limited = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(limited, state).await.map_err(SignedRejection::Unread)?;
        verification.update(&bytes)?;
        let proof = verification.finish()?;

        let value = T::from_request(Request::from_parts(parts, Body::from(bytes)), state)
            .await
            .map_err(SignedRejection::Unreadable)?;
        Ok(Self { verified: proof, value, by: PhantomData })
    }
}
