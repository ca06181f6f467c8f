//! Vogent's webhooks in a warp service: a filter that takes the raw body and verifies it.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/warp/Cargo.toml`, then POST to `http://127.0.0.1:8080/vogent`.

use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use countersign::{ErrorKind, Head, Secret, Verified, Verifier, Vogent};
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::path::FullPath;
use warp::reject::{Reject, Rejection};
use warp::{Buf, Filter, Reply};

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
fn handle(verified: Verified, body: Vec<u8>) -> &'static str {
    println!("{} bytes under secret {}", body.len(), verified.key());
    "accepted\n"
}

/// The proof and the raw body of a verified request.
fn signed(
    verifier: Arc<dyn Verifier>,
) -> impl Filter<Extract = (Verified, Vec<u8>), Error = Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let head = warp::method().and(warp::path::full()).and(query).and(warp::header::headers_cloned());
    head.and(warp::body::stream())
        .and_then(move |method: Method, path: FullPath, query: String, headers: HeaderMap, chunks| {
            let verifier = Arc::clone(&verifier);
            async move {
                let mark = if query.is_empty() { "" } else { "?" };
                let target = format!("{}{mark}{query}", path.as_str());
                let head = Head::new(method.as_str(), &headers).with_target(&target);
                match timeout(Duration::from_secs(10), read(&*verifier, head, chunks)).await {
                    Ok(verdict) => verdict.map_err(|error| warp::reject::custom(Rejected(error))),
                    Err(_) => Err(warp::reject::custom(TimedOut)),
                }
            }
        })
        .untuple_one()
}

async fn read(
    verifier: &dyn Verifier,
    head: Head<'_>,
    chunks: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Result<(Verified, Vec<u8>), countersign::Error> {
    // A bad head is rejected before the body is read.
    let mut verification = verifier.begin(head)?;
    let (mut chunks, mut body) = (pin!(chunks), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let mut chunk = chunk.map_err(|_| countersign::Error::new(ErrorKind::BodyInterrupted))?;
        if chunk.remaining() > MAX_BODY - body.len() {
            return Err(countersign::Error::new(ErrorKind::BodyTooLarge));
        }
        while chunk.has_remaining() {
            body.extend_from_slice(chunk.chunk());
            chunk.advance(chunk.chunk().len());
        }
    }
    verification.update(&body)?;
    Ok((verification.finish()?, body))
}

/// A request that did not verify.
#[derive(Debug)]
struct Rejected(countersign::Error);

impl Reject for Rejected {}

/// A body that took too long.
#[derive(Debug)]
struct TimedOut;

impl Reject for TimedOut {}

/// Answers with the status of the error's kind and an empty body.
async fn answer(rejection: Rejection) -> Result<StatusCode, Infallible> {
    let status = if let Some(Rejected(error)) = rejection.find() {
        println!("rejected: {error}");
        error.status()
    } else if rejection.find::<TimedOut>().is_some() {
        // Not 408, which is final for some platforms.
        503
    } else {
        404
    };
    Ok(StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED))
}

const MAX_BODY: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let routes = routes(Vogent::new(secret.clone()));
        let status = async |delivery: &Delivery| {
            let request = warp::test::request().method("POST").path("/vogent");
            let headers = delivery.headers().iter();
            let request = headers.fold(request, |request, (name, value)| request.header(name, value));
            request.body(delivery.body()).reply(&routes).await.status()
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY + 1))).await, 413);
    }

    #[tokio::test(start_paused = true)]
    async fn a_chunked_body_is_taken_and_a_slow_one_ends() {
        let secret = Secret::new("s3cr3t").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(warp::serve(routes(Vogent::new(secret.clone()))).incoming(listener).run());

        let genuine = sign::vogent(&secret, "{}");
        let signature = genuine.header("x-elto-signature").unwrap();
        let head = format!("POST /vogent HTTP/1.1\r\nhost: a\r\nx-elto-signature: {signature}\r\n");
        let status = async |rest: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(format!("{head}{rest}").as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            String::from_utf8_lossy(&answer[9..]).into_owned()
        };
        assert_eq!(status("content-length: 2\r\n\r\n{}").await, "200");
        assert_eq!(status("transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n").await, "200");
        assert_eq!(status("content-length: 2\r\n\r\n{").await, "503");
    }
}
