//! Vogent's webhooks in a service of actix-web: an extractor that reads the raw body, and verifies it as it arrives.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/actix/Cargo.toml`, then POST to `http://127.0.0.1:8080/vogent`.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
use countersign::{ErrorKind, Head, Secret, Verified, Verifier, Vogent};
use futures_util::StreamExt;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent: Arc<dyn Verifier> = Arc::new(Vogent::new(Secret::new(std::env::var("VOGENT_SECRET")?)?));
    let routes = move |config: &mut web::ServiceConfig| routes(config, Arc::clone(&vogent));
    let server = HttpServer::new(move || App::new().configure(routes.clone())).bind(("127.0.0.1", 8080))?;
    Ok(server.run().await?)
}

fn routes(config: &mut web::ServiceConfig, verifier: Arc<dyn Verifier>) {
    let resource = web::resource("/vogent").app_data(web::Data::from(verifier));
    config.service(resource.route(web::post().to(handle)));
}

/// Only what has verified gets here.
async fn handle(signed: Signed) -> &'static str {
    println!("{} bytes under secret {}", signed.body.len(), signed.verified.key());
    "accepted\n"
}

/// A raw body, and the proof of what signed it.
struct Signed {
    verified: Verified,
    body: Vec<u8>,
}

impl FromRequest for Signed {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let read = timeout(Duration::from_secs(10), Self::read(&request, payload));
            read.await.unwrap_or_else(|_| Err(ErrorKind::BodyInterrupted.into())).map_err(Refused)
        })
    }
}

impl Signed {
    async fn read(request: &HttpRequest, mut payload: Payload) -> Result<Self, countersign::Error> {
        let verifier = request.app_data::<web::Data<dyn Verifier>>().expect("the resource has a verifier");
        // actix-web's headers are of another version of the crate `http`; pairs do as well.
        let headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let head = Head::new(request.method().as_str(), &headers).with_query(request.query_string());

        // A head that is refused is refused before a byte of the body is read.
        let mut verification = verifier.begin(head)?;
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ErrorKind::BodyInterrupted)?;
            if chunk.len() > MAX_BODY - body.len() {
                return Err(ErrorKind::BodyTooLarge.into());
            }
            verification.update(&chunk)?;
            body.extend_from_slice(&chunk);
        }
        Ok(Self { verified: verification.finish()?, body })
    }
}

/// Answers with the status of the error's kind, and an empty body.
#[derive(Debug)]
struct Refused(countersign::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    fn error_response(&self) -> HttpResponse {
        println!("refused: {}", self.0.code());
        HttpResponse::new(self.status_code())
    }
}

const MAX_BODY: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};
    use countersign::sign::{self, Delivery};

    use super::*;

    #[actix_web::test]
    async fn genuine_is_accepted_and_forged_refused() {
        let secret = Secret::new("s3cr3t").unwrap();
        let vogent = Arc::new(Vogent::new(secret.clone()));
        let service = init_service(App::new().configure(|config| routes(config, vogent))).await;
        let status = async |delivery: &Delivery| {
            let request = TestRequest::post().uri("/vogent").set_payload(delivery.body().to_vec());
            let request = delivery.headers().iter().fold(request, |request, (name, value)| {
                request.append_header((name.as_str(), value.as_str()))
            });
            call_service(&service, request.to_request()).await.status()
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY + 1))).await, 413);
    }
}
