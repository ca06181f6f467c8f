//! Vogent's webhooks in a warp service: a filter that takes the raw body and verifies it.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/warp/Cargo.toml`, then POST to `http://127.0.0.1:8080/vogent`.
//!
//! warp reads the whole body before a filter sees it. Its limit needs a `Content-Length`: a chunked body is answered 411.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use countersign::{ErrorKind, Head, Secret, Verified, Verifier, Vogent};
use warp::http::{HeaderMap, Method, StatusCode};
use warp::path::FullPath;
use warp::reject::{PayloadTooLarge, Reject, Rejection};
use warp::{Filter, Reply};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent = Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    warp::serve(routes(vogent)).run(([127, 0, 0, 1], 8080)).await;
    Ok(())
}

fn routes(
    verifier: impl Verifier + 'static,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    warp::path!("vogent").and(warp::post()).and(signed(Arc::new(verifier))).map(handle).recover(answer)
}

/// Runs only for verified requests.
#[allow(clippy::needless_pass_by_value, reason = "warp hands the values over")]
fn handle(verified: Verified, body: Bytes) -> &'static str {
    println!("{} bytes under secret {}", body.len(), verified.key());
    "accepted\n"
}

/// The proof and the raw body of a verified request.
fn signed(
    verifier: Arc<dyn Verifier>,
) -> impl Filter<Extract = (Verified, Bytes), Error = Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let head = warp::method().and(warp::path::full()).and(query).and(warp::header::headers_cloned());
    let body = warp::body::content_length_limit(MAX_BODY).and(warp::body::bytes());
    head.and(body)
        .and_then(move |method: Method, path: FullPath, query: String, headers: HeaderMap, body: Bytes| {
            let mark = if query.is_empty() { "" } else { "?" };
            let target = format!("{}{mark}{query}", path.as_str());
            let head = Head::new(method.as_str(), &headers).with_target(&target);
            let verdict = verifier.verify(countersign::Request::new(head, &body));
            async {
                verdict
                    .map(|verified| (verified, body))
                    .map_err(|error| warp::reject::custom(Rejected(error)))
            }
        })
        .untuple_one()
}

/// A request that did not verify.
#[derive(Debug)]
struct Rejected(countersign::Error);

impl Reject for Rejected {}

/// Answers with the status of the error's kind and an empty body.
async fn answer(rejection: Rejection) -> Result<StatusCode, Infallible> {
    let status = if let Some(Rejected(error)) = rejection.find() {
        println!("rejected: {error}");
        error.status()
    } else if rejection.find::<PayloadTooLarge>().is_some() {
        countersign::Error::new(ErrorKind::BodyTooLarge).status()
    } else if rejection.find::<warp::reject::LengthRequired>().is_some() {
        411
    } else {
        404
    };
    Ok(StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED))
}

const MAX_BODY: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};

    use super::*;

    #[tokio::test]
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let routes = routes(Vogent::new(secret.clone()));
        let status = async |delivery: &Delivery| {
            let length = delivery.body().len().to_string();
            let request =
                warp::test::request().method("POST").path("/vogent").header("content-length", length);
            let headers = delivery.headers().iter();
            let request = headers.fold(request, |request, (name, value)| request.header(name, value));
            request.body(delivery.body()).reply(&routes).await.status()
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(1024 * 1024))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(1024 * 1024 + 1))).await, 413);
    }
}
