//! One line for each delivery. It holds no secret, no signature and nothing of the body but its digest.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::{Coverage, Error, Verified};
use sha2::{Digest, Sha256};

use crate::say;

/// What the handler got: it travels in the response's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    key: u32,
    coverage: Coverage,
    bytes: usize,
    sha256: String,
}

impl Accepted {
    /// Of a query that is covered the query counts, of all else the body.
    pub(crate) fn new(verified: &Verified, query: &str, body: &[u8]) -> Self {
        let payload = if body.is_empty() { query.as_bytes() } else { body };
        Self {
            key: verified.key().index(),
            coverage: verified.coverage(),
            bytes: payload.len(),
            sha256: hex::encode(Sha256::digest(payload)),
        }
    }
}

/// An event was handled before. It is answered 200, so that it is not sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate;

impl Duplicate {
    pub(crate) fn answer(_: &Verified) -> Response {
        Extension(Self).into_response()
    }
}

/// A delivery took longer than the timeout. 503, so that it is sent again: of the 4xx, Vonage repeats 429 alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimedOut;

impl IntoResponse for TimedOut {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, Extension(self)).into_response()
    }
}

/// Prints what became of a delivery.
pub(crate) async fn record(State(scheme): State<&'static str>, request: Request, next: Next) -> Response {
    let mut line = Line { scheme, verdict: None };
    let response = next.run(request).await;
    line.verdict = Some(verdict(&response));
    response
}

fn verdict(response: &Response) -> String {
    let (extensions, status) = (response.extensions(), response.status().as_u16());
    if let Some(Accepted { key, coverage, bytes, sha256 }) = extensions.get() {
        let coverage = coverage.as_str();
        format!("accepted key={key} coverage={coverage} bytes={bytes} sha256={sha256}")
    } else if let Some(error) = extensions.get::<Error>() {
        format!("refused code={} status={status}", error.code())
    } else if let Some(Duplicate) = extensions.get() {
        format!("duplicate status={status}")
    } else if let Some(TimedOut) = extensions.get() {
        format!("refused code=timed_out status={status}")
    } else {
        format!("failed status={status}")
    }
}

/// Printed when it is dropped, so that a delivery whose sender went away has its line as well.
struct Line {
    scheme: &'static str,
    verdict: Option<String>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let verdict = self.verdict.as_deref().unwrap_or("abandoned");
        say(&format!("{} {verdict}", self.scheme));
    }
}
