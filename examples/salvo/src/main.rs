//! Vogent's webhooks in a salvo service: a hoop that reads the raw body and verifies it before the handler.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/salvo/Cargo.toml`, then POST to `http://127.0.0.1:8080/vogent`.

use std::error::Error;
use std::time::Duration;

use countersign::{ErrorKind, Head, Secret, Verified, Verifier, Vogent};
use salvo::http::ParseError;
use salvo::prelude::*;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent = Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    let listener = TcpListener::new("127.0.0.1:8080").bind().await;
    Server::new(listener).serve(router(vogent)).await;
    Ok(())
}

fn router(verifier: impl Verifier + 'static) -> Router {
    Router::with_path("vogent").hoop(Verify(Box::new(verifier))).post(handle)
}

/// Runs only for verified requests. The payload is kept: reading it again gives the verified bytes.
#[handler]
async fn handle(request: &mut Request, depot: &mut Depot) -> Result<&'static str, StatusError> {
    let body = request.payload_with_max_size(MAX_BODY).await.map_err(|_| StatusError::bad_request())?;
    if let Ok(verified) = depot.get_typed::<Verified>() {
        println!("{} bytes under secret {}", body.len(), verified.key());
    }
    Ok("accepted\n")
}

/// Runs before a handler, and puts the proof into its depot.
struct Verify(Box<dyn Verifier>);

#[async_trait]
impl Handler for Verify {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        flow: &mut FlowCtrl,
    ) {
        let status = match timeout(Duration::from_secs(10), self.verify(request)).await {
            Ok(Ok(verified)) => {
                depot.insert_typed(verified);
                return;
            }
            Ok(Err(error)) => {
                println!("rejected: {error}");
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            // Not 408, which is final for some platforms.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        response.status_code(status);
        flow.skip_rest();
    }
}

impl Verify {
    async fn verify(&self, request: &mut Request) -> Result<Verified, countersign::Error> {
        // A bad head is rejected before the body is read.
        let mut verification = {
            let target = request.uri().path_and_query().map_or("", |target| target.as_str());
            self.0.begin(Head::new(request.method().as_str(), request.headers()).with_target(target))?
        };
        let body = request.payload_with_max_size(MAX_BODY).await.map_err(|error| match error {
            ParseError::PayloadTooLarge => countersign::Error::new(ErrorKind::BodyTooLarge),
            _ => countersign::Error::new(ErrorKind::BodyInterrupted),
        })?;
        verification.update(body)?;
        verification.finish()
    }
}

const MAX_BODY: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};
    use salvo::http::HeaderName;
    use salvo::test::TestClient;

    use super::*;

    #[tokio::test]
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let service = Service::new(router(Vogent::new(secret.clone())));
        let status = async |delivery: &Delivery| {
            let request = TestClient::post("http://127.0.0.1/vogent").body(delivery.body().to_vec());
            let headers = delivery.headers().iter();
            let request = headers.fold(request, |request, (name, value)| {
                request.add_header(HeaderName::try_from(name).unwrap(), value, true)
            });
            request.send(&service).await.status_code.unwrap()
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY + 1))).await, 413);
    }
}
