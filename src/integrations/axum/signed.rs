//! The extractor.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum_core::RequestExt;
use axum_core::body::Body;
use axum_core::extract::{DefaultBodyLimit, FromRef, FromRequest, Request};
use bytes::Bytes;
use http::Uri;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde_json::value::RawValue;

use super::SignedRejection;
use crate::encoding::form;
use crate::error::{Error, ErrorKind};
use crate::integrations::Observer;
use crate::integrations::head::{head, received_uri};
use crate::integrations::read;
use crate::request::MediaType;
use crate::verifier::{Coverage, Verified, Verifier};

/// Verifies a request and extracts `T` from what the signature covers.
///
/// `T` is an extractor of a body: the raw `Bytes`, axum's `Json<_>` or `Form<_>`. Where the signature covers parameters, it can
/// be [`SignedParameters`](super::SignedParameters).
///
/// `V` is the verifier. The router's state holds an `Arc<V>` ([`FromRef`]), so each route can name its own. Without `V`, the
/// state holds an `Arc<dyn Verifier>`.
///
/// The head is checked before the body is read. The body is read within axum's `DefaultBodyLimit` (2 MiB unless set). The
/// verifier's [`body_limit`](Verifier::body_limit) does not raise that: for a platform that sends more, set the route's
/// `DefaultBodyLimit`.
///
/// `T` runs only after verification. It gets the body with its `Content-Type`, or the query of a GET. Blank parameters that the
/// signature does not cover are removed from a form, query or JSON object first. `T` gets no other header, no extension but the
/// proof, and no path or query that is not covered. To read an unsigned path or query, take axum's `Path` or `Query` as an
/// argument before this one.
///
/// There is no replay guard here, because an extractor cannot see how the handler ends. For one, put a
/// [`VerifyLayer`](crate::tower::VerifyLayer) over the route, and take [`Verified`] as the argument.
///
/// With the feature `tracing` it emits the layer's events, in a span that ends with the extraction.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use axum::extract::FromRef;
/// use axum::routing::post;
/// use axum::{Json, Router};
/// use bytes::Bytes;
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
/// async fn call(Signed(Json(event), verified): Signed<Json<Value>, Vogent>) -> String {
///     format!("{event}, signed with secret {}", verified.key())
/// }
///
/// async fn message(Signed(body, _): Signed<Bytes, SignedWebhook>) -> String {
///     format!("{} bytes", body.len())
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
/// - [`SignedRejection::Unverified`]: the request did not verify. The answer is the status of the error's kind and an empty
///   body. As at the layer, a body over the limit is [`BodyTooLarge`](crate::ErrorKind::BodyTooLarge), and an interrupted one
///   is [`BodyInterrupted`](crate::ErrorKind::BodyInterrupted). A query whose covered parameters are longer than a URI can be
///   is [`QueryTooLong`](crate::ErrorKind::QueryTooLong).
/// - [`SignedRejection::Unreadable`]: the request verified, but `T` rejected it. The answer is `T`'s rejection.
pub struct Signed<T = Bytes, V: ?Sized = dyn Verifier>(
    /// The value that `T` read.
    pub T,
    /// The proof, a [`Verified`].
    pub <V as ProvedBy>::Proof,
);

/// Names the verifier in the type of a [`Signed`]. So the tuple needs no third field for it.
pub trait ProvedBy {
    /// Always [`Verified`].
    type Proof;
}

impl<V: ?Sized> ProvedBy for V {
    type Proof = Verified;
}

impl<T: Clone, V: ?Sized> Clone for Signed<T, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

/// Shows no part of the value.
impl<T, V: ?Sized> fmt::Debug for Signed<T, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("verified", &self.1).finish_non_exhaustive()
    }
}

impl<S, T, V> FromRequest<S> for Signed<T, V>
where
    S: Send + Sync,
    V: Verifier + ?Sized + 'static,
    Arc<V>: FromRef<S>,
    T: FromRequest<S>,
{
    type Rejection = SignedRejection<T::Rejection>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        // Applies the route's limit.
        let (parts, body) = request.with_limited_body().into_parts();

        let verifier = Arc::<V>::from_ref(state);
        let mut observer = Observer::new(verifier.scheme(), received_uri(&parts.uri, &parts.extensions));
        let verdict = observer.clone().watch(async {
            let verification = verifier.begin(head(&parts))?;
            read::verify(verification, body, usize::MAX).await
        });
        let (proof, received) = verdict.await.inspect_err(|error| observer.rejected(error))?;
        observer.prove(&proof);
        let covered = covered(parts, received.data, &proof).inspect_err(|error| observer.rejected(error))?;
        observer.verified(&proof);

        let value = T::from_request(covered, state).await.map_err(SignedRejection::Unreadable)?;
        Ok(Self(value, proof))
    }
}

/// Makes a request of what the signature covers. Fails if its query, escaped again, is too long for a URI.
fn covered(parts: Parts, body: Bytes, proof: &Verified) -> Result<Request, Error> {
    let mut request = Request::default();
    // The verified one. A middleware may have changed the other.
    let query = received_uri(&parts.uri, &parts.extensions).query().unwrap_or_default();
    let signed_query = (!proof.is_query_unsigned()).then(|| Bytes::from(query.to_owned()));
    let content_type = parts.headers.get(CONTENT_TYPE);
    let (body, query) = match proof.coverage() {
        Coverage::Body => (Some(body), None),
        Coverage::Query | Coverage::Url => (None, signed_query),
        Coverage::UrlBody => (Some(body), signed_query),
        Coverage::UrlParams => (Some(without_uncovered(body, false, proof)), signed_query),
        // No parameters: the empty form is signed, the query is not.
        Coverage::Params if body.is_empty() && proof.parameters().is_none_or(|all| all.is_empty()) => {
            (None, None)
        }
        // The SMS API signs either the query or the body.
        Coverage::Params if body.is_empty() => {
            (None, Some(without_uncovered(query.to_owned().into(), false, proof)))
        }
        Coverage::Params => {
            let media_type = content_type.and_then(|value| MediaType::of(value.as_bytes()));
            // Only the SMS API signs JSON.
            let is_json = proof.is_signed_by_parameter() && media_type == Some(MediaType::Json);
            (Some(without_uncovered(body, is_json, proof)), None)
        }
        Coverage::Token | Coverage::None => (None, None),
    };
    if let Some(body) = body {
        *request.body_mut() = Body::from(body);
        if let Some(content_type) = content_type {
            request.headers_mut().insert(CONTENT_TYPE, content_type.clone());
        }
    }
    if let Some(query) = query {
        let uri = Uri::try_from([b"/?", &*query].concat());
        *request.uri_mut() = uri.map_err(|_| ErrorKind::QueryTooLong)?;
    }
    *request.method_mut() = parts.method;
    request.extensions_mut().insert(proof.clone());
    // The body was read within the route's limit.
    DefaultBodyLimit::disable().apply(&mut request);
    Ok(request)
}

/// Removes uncovered parameters, and puts a form's parameters in the signed order. A request of the SMS API stays as received
/// if nothing was added.
fn without_uncovered(text: Bytes, is_json: bool, proof: &Verified) -> Bytes {
    let Some(parameters) = proof.parameters() else { return text };
    // One more for the signature.
    let count = parameters.len().saturating_add(1);
    if is_json {
        let Ok(mut members) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(&text) else {
            return Bytes::new();
        };
        if members.len() == count {
            return text;
        }
        members.retain(|name, _| parameters.get(name).is_some());
        return serde_json::to_vec(&members).map(Bytes::from).unwrap_or_default();
    }
    if proof.is_signed_by_parameter() && text.split(|byte| *byte == b'&').count() == count {
        return text;
    }
    let pairs =
        parameters.iter().map(|(name, value)| format!("{}={}", form::escape(name), form::escape(value)));
    pairs.collect::<Vec<_>>().join("&").into()
}
