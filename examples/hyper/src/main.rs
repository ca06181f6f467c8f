//! Vogent's webhooks in a plain hyper service: the tower layer between hyper's connections and the handler.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/hyper/Cargo.toml`, then POST to `http://127.0.0.1:8080`.
//!
//! With `vonage::Sms`, or `vonage::SignedWebhook` and its GET, the handler takes the parameters from the proof,
//! `verified.parameters()`. It does not parse the query or body again.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use countersign::tower::{VerifiedBody, VerifyLayer};
use countersign::{Secret, Verified, Verifier, Vogent};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tower::{Layer, ServiceExt, service_fn};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent = Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    match serve(TcpListener::bind("127.0.0.1:8080").await?, vogent).await {}
}

async fn serve(listener: TcpListener, verifier: impl Verifier + 'static) -> Infallible {
    let verifying = VerifyLayer::new(verifier).layer(service_fn(handle));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, or a client that has left. The next may work.
                eprintln!("accept: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let verifying = verifying.clone();
        let service = hyper::service::service_fn(move |request| {
            let answered = timeout(Duration::from_secs(10), verifying.clone().oneshot(request));
            // Not 408, which is final for Vonage.
            async { answered.await.unwrap_or_else(|_| Ok(answer(StatusCode::SERVICE_UNAVAILABLE, ""))) }
        });
        tokio::spawn(async move {
            // The timer ends a connection whose head takes longer than 30 s.
            let mut builder = http1::Builder::new();
            let connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("connection: {error}");
            }
        });
    }
}

/// Runs only for verified requests.
async fn handle(request: Request<VerifiedBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(verified) = request.extensions().get::<Verified>() {
        println!("{} bytes under secret {}", request.body().bytes().len(), verified.key());
    }
    Ok(answer(StatusCode::OK, "accepted\n"))
}

fn answer(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};
    use hyper::client::conn;
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Vogent::new(secret.clone())));
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut status = async |delivery: &Delivery| {
            let request = delivery.to_http("/").unwrap().map(Full::<Bytes>::from);
            sender.ready().await.unwrap();
            sender.send_request(request).await.unwrap().status()
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
    }
}
