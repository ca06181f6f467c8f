//! Explains rejections if `EXPLAIN=1`. For development only: it keeps each body in memory before verification, and a diagnosis
//! costs hundreds of verifications.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::diagnose::{Capture, Credentials, Diagnose as _};
use countersign::schemes::Registered;
use countersign::{Error, ErrorKind};
use http_body_util::LengthLimitError;

use crate::say;

/// What a route needs to explain its rejections.
#[derive(Clone)]
pub(crate) struct Explainer {
    pub(crate) verifier: Arc<dyn Registered>,
    pub(crate) credentials: Arc<Credentials>,
}

/// A rejected request, passed to the journal in the response's extensions.
#[derive(Clone)]
pub(crate) struct Unexplained {
    explainer: Explainer,
    capture: Arc<Capture>,
}

impl Unexplained {
    /// Prints the diagnosis in the background.
    pub(crate) fn explain(self) {
        let Self { explainer: Explainer { verifier, credentials }, capture } = self;
        tokio::task::spawn_blocking(move || say(&verifier.diagnose(&capture, &credentials).to_string()));
    }
}

/// Keeps a copy of a rejected request.
pub(crate) async fn keep(State(explainer): State<Explainer>, request: Request, next: Next) -> Response {
    let limit = explainer.verifier.body_limit().unwrap_or(1024 * 1024);
    let (parts, body) = request.into_parts();
    let bytes = match to_bytes(body, limit).await {
        Ok(bytes) => bytes,
        Err(error) => return rejection(&error),
    };
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let capture = Capture::new(parts.method.as_str(), headers, bytes.as_ref())
        .target(parts.uri.path_and_query().map_or("/", |target| target.as_str()));
    let mut response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if response.extensions().get::<Error>().is_some() {
        response.extensions_mut().insert(Unexplained { explainer, capture: Arc::new(capture) });
    }
    response
}

/// The answer that the layer would give.
fn rejection(error: &axum::Error) -> Response {
    let is_too_large =
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
    let kind = if is_too_large { ErrorKind::BodyTooLarge } else { ErrorKind::BodyInterrupted };
    let error = Error::new(kind);
    let status = StatusCode::from_u16(error.status()).unwrap_or_default();
    (status, Extension(error)).into_response()
}
