//! Why a delivery was refused: printed after its line where `EXPLAIN=1`. For development: it keeps each body in memory before
//! anything is verified, and a diagnosis costs hundreds of verifications.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::Error;
use countersign::diagnose::{Capture, Credentials, Diagnose};

use crate::say;

/// What it takes to explain a route's refusals.
#[derive(Clone)]
pub(crate) struct Explainer {
    pub(crate) verifier: Arc<dyn Diagnose>,
    pub(crate) credentials: Arc<Credentials>,
}

/// Keeps a copy of a delivery, and explains its refusal.
pub(crate) async fn explain(State(explainer): State<Explainer>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let capture = Capture::new(parts.method.as_str(), headers, bytes.as_ref())
        .query(parts.uri.query().unwrap_or_default());
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if response.extensions().get::<Error>().is_some() {
        let printed = tokio::task::spawn_blocking(move || {
            explainer.verifier.diagnose(&capture, &explainer.credentials).to_string()
        });
        if let Ok(text) = printed.await {
            say(&text);
        }
    }
    response
}

const MAX_BODY: usize = 1024 * 1024;
