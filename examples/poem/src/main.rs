//! Vogent's webhooks in a poem service: an extractor that reads the raw body and verifies it.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/poem/Cargo.toml`, then POST to `http://127.0.0.1:8080/vogent`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use countersign::{Head, Secret, Verified, Verifier, Vogent};
use poem::error::ResponseError;
use poem::http::StatusCode;
use poem::listener::TcpListener;
use poem::middleware::AddData;
use poem::{
    Endpoint, EndpointExt, FromRequest, Request, RequestBody, Response, Route, Server, handler, post,
};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent = Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    Ok(Server::new(TcpListener::bind("127.0.0.1:8080")).run(routes(vogent)).await?)
}

fn routes(verifier: impl Verifier + 'static) -> impl Endpoint {
    let verifier: Arc<dyn Verifier> = Arc::new(verifier);
    Route::new().at("/vogent", post(handle).with(AddData::new(verifier)))
}

/// Runs only for verified requests.
#[handler]
#[allow(clippy::needless_pass_by_value, reason = "poem hands it over")]
fn handle(signed: Signed) -> &'static str {
    println!("{} bytes under secret {}", signed.body.len(), signed.verified.key());
    "accepted\n"
}

/// A raw body with its proof.
struct Signed {
    verified: Verified,
    body: Vec<u8>,
}

impl<'a> FromRequest<'a> for Signed {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let verifier = request.data::<Arc<dyn Verifier>>().expect("the route has a verifier");
        let target = request.original_uri().path_and_query().map_or("", |target| target.as_str());
        let head = Head::new(request.method().as_str(), request.headers()).with_target(target);

        // A bad head is rejected before the body is read.
        let mut verification = verifier.begin(head).map_err(Rejected)?;
        // Not 408, which is final for some platforms.
        let read = timeout(Duration::from_secs(10), body.take()?.into_bytes_limit(MAX_BODY)).await;
        let body = read.map_err(|_| poem::Error::from_status(StatusCode::SERVICE_UNAVAILABLE))??;
        verification.update(&body).map_err(Rejected)?;
        Ok(Self { verified: verification.finish().map_err(Rejected)?, body: body.to_vec() })
    }
}

/// Answers with the status of the error's kind and an empty body.
#[derive(Debug)]
struct Rejected(countersign::Error);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Rejected {}

impl ResponseError for Rejected {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    fn as_response(&self) -> Response {
        println!("rejected: {self}");
        self.status().into()
    }
}

const MAX_BODY: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};
    use poem::test::TestClient;

    use super::*;

    #[tokio::test]
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let client = TestClient::new(routes(Vogent::new(secret.clone())));
        let status = async |delivery: &Delivery| {
            let request = client.post("/vogent").body(delivery.body().to_vec());
            let headers = delivery.headers().iter();
            let request = headers.fold(request, |request, (name, value)| request.header(name, value));
            request.send().await.0.status()
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY + 1))).await, 413);
    }
}
