//! One line per request, without secret, signature or payload.
//!
//! If the signature covers the body, the line has its length and SHA-256: `bytes=24 sha256=…`. If it covers parameters, the
//! line has their number and a SHA-256: `parameters=4 sha256=…`. That hash is of the parameters sorted by name, each name and
//! value decoded and written as netstrings: `4:text,2:hi,`.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::{Error, Parameters, Verified};
use sha2::{Digest, Sha256};

use crate::explain::Unexplained;
use crate::say;

/// What the handler got, in the response's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    key: u32,
    coverage: &'static str,
    payload: String,
}

impl Accepted {
    /// For a signature over the body.
    pub(crate) fn body(verified: &Verified, body: &[u8]) -> Self {
        Self::new(verified, format!("bytes={} sha256={}", body.len(), hex::encode(Sha256::digest(body))))
    }

    /// For a signature over parameters.
    pub(crate) fn parameters(verified: &Verified, parameters: &Parameters) -> Self {
        let mut sorted: Vec<_> = parameters.iter().collect();
        sorted.sort_unstable();
        let mut digest = Sha256::new();
        for text in sorted.into_iter().flat_map(|(name, value)| [name, value]) {
            digest.update(format!("{}:", text.len()));
            digest.update(text);
            digest.update(",");
        }
        let sha256 = hex::encode(digest.finalize());
        Self::new(verified, format!("parameters={} sha256={sha256}", parameters.len()))
    }

    fn new(verified: &Verified, payload: String) -> Self {
        Self { key: verified.key().index(), coverage: verified.coverage().as_str(), payload }
    }
}

/// The event was handled before. The answer is 200, so that the platform does not retry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate;

impl Duplicate {
    pub(crate) fn answer(_: &Verified) -> Response {
        Extension(Self).into_response()
    }
}

/// A request took longer than the timeout. The answer is 503, so that the platform retries: of the 4xx, Vonage retries only
/// 429.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimedOut;

impl IntoResponse for TimedOut {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, Extension(self)).into_response()
    }
}

/// Prints the verdict on a request.
pub(crate) async fn record(State(scheme): State<&'static str>, request: Request, next: Next) -> Response {
    let mut line = Line { scheme, verdict: None };
    let mut response = next.run(request).await;
    line.verdict = Some(verdict(&response));
    drop(line);
    if let Some(unexplained) = response.extensions_mut().remove::<Unexplained>() {
        unexplained.explain();
    }
    response
}

fn verdict(response: &Response) -> String {
    let (extensions, status) = (response.extensions(), response.status().as_u16());
    if let Some(Accepted { key, coverage, payload }) = extensions.get() {
        format!("accepted key={key} coverage={coverage} {payload}")
    } else if let Some(error) = extensions.get::<Error>() {
        format!("rejected code={} status={status}", error.code())
    } else if let Some(Duplicate) = extensions.get() {
        format!("duplicate status={status}")
    } else if let Some(TimedOut) = extensions.get() {
        format!("rejected code=timed_out status={status}")
    } else {
        format!("failed status={status}")
    }
}

/// A line that is printed on drop, so that it appears even if the sender left.
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
