//! One line for each request. It holds no secret, no signature and nothing of the payload but its digest.
//!
//! Where the signature covers the body, the line has its length and SHA-256: `bytes=24 sha256=…`. Where it covers parameters, the
//! line has their number and the SHA-256 of a text made of them: `parameters=4 sha256=…`. The text holds the parameters in the
//! order of their names, and of each the name and the value, decoded, as netstrings: `4:text,2:hi,`.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign::{Error, Parameters, Verified};
use sha2::{Digest, Sha256};

use crate::explain::Unexplained;
use crate::say;

/// What the handler got: it travels in the response's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    key: u32,
    coverage: &'static str,
    payload: String,
}

impl Accepted {
    /// Of a request whose signature covers the body.
    pub(crate) fn body(verified: &Verified, body: &[u8]) -> Self {
        Self::new(verified, format!("bytes={} sha256={}", body.len(), hex::encode(Sha256::digest(body))))
    }

    /// Of a request whose signature covers parameters.
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

/// An event was handled before. It is answered 200, so that it is not sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duplicate;

impl Duplicate {
    pub(crate) fn answer(_: &Verified) -> Response {
        Extension(Self).into_response()
    }
}

/// A request took longer than the timeout. 503, so that it is sent again: of the 4xx, Vonage repeats 429 alone.
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

/// Printed when it is dropped, so that a request whose sender went away has its line as well.
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
