//! Vogent's webhooks and Vonage's SMS in an actix-web service: an extractor that verifies the raw body as it arrives.
//!
//! `VOGENT_SECRET=… VONAGE_SIGNATURE_SECRET=… cargo run --manifest-path examples/actix/Cargo.toml`, then POST to
//! `http://127.0.0.1:8080/vogent` or `http://127.0.0.1:8080/vonage/sms`.

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
use countersign::vonage::{SignatureMethod, Sms};
use countersign::{ErrorKind, Head, Secret, Verified, Verifier, Vogent};
use futures_util::StreamExt;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent: Arc<dyn Verifier> = Arc::new(Vogent::new(Secret::from_env("VOGENT_SECRET")?));
    let secret = Secret::from_env("VONAGE_SIGNATURE_SECRET")?;
    let sms: Arc<dyn Verifier> = Arc::new(Sms::new(SignatureMethod::Sha256, secret));
    let routes = move |config: &mut web::ServiceConfig| routes(config, Arc::clone(&vogent), Arc::clone(&sms));
    let server = HttpServer::new(move || App::new().configure(routes.clone())).bind(("127.0.0.1", 8080))?;
    Ok(server.run().await?)
}

fn routes(config: &mut web::ServiceConfig, vogent: Arc<dyn Verifier>, sms: Arc<dyn Verifier>) {
    let vogent = web::resource("/vogent").app_data(web::Data::from(vogent));
    let sms = web::resource("/vonage/sms").app_data(web::Data::from(sms));
    config.service(vogent.route(web::post().to(handle)));
    config.service(sms.route(web::get().to(handle_sms)).route(web::post().to(handle_sms)));
}

/// Runs only for verified requests.
async fn handle(signed: Signed) -> &'static str {
    println!("{} bytes under secret {}", signed.body.len(), signed.verified.key());
    "accepted\n"
}

/// Takes the parameters from the proof, since another parser may read the query or form differently.
async fn handle_sms(signed: Signed) -> Result<&'static str, Rejected> {
    let parameters =
        signed.verified.parameters().ok_or(Rejected::Unverified(ErrorKind::ParameterMalformed.into()))?;
    let text = parameters.get("text").unwrap_or_default();
    println!("an SMS of {} bytes under secret {}", text.len(), signed.verified.key());
    Ok("accepted\n")
}

/// A raw body with its proof.
struct Signed {
    verified: Verified,
    body: Vec<u8>,
}

impl FromRequest for Signed {
    type Error = Rejected;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Rejected>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let read = timeout(Duration::from_secs(10), Self::read(&request, payload));
            read.await.unwrap_or(Err(Rejected::TimedOut))
        })
    }
}

impl Signed {
    async fn read(request: &HttpRequest, mut payload: Payload) -> Result<Self, Rejected> {
        let verifier = request.app_data::<web::Data<dyn Verifier>>().expect("the resource has a verifier");
        // actix-web uses another version of the crate `http`, so headers are passed as pairs.
        let headers: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let head = Head::new(request.method().as_str(), &headers).with_target(target);

        // A bad head is rejected before a byte of the body is read.
        let mut verification = verifier.begin(head)?;
        let (keeps_body, mut body) = (verification.keeps_body(), Vec::new());
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| countersign::Error::new(ErrorKind::BodyInterrupted))?;
            if chunk.len() > MAX_BODY - body.len() {
                return Err(countersign::Error::new(ErrorKind::BodyTooLarge).into());
            }
            // A verification that keeps the body gets it at the end, so a slow sender does not cost its memory twice.
            if !keeps_body {
                verification.update(&chunk)?;
            }
            body.extend_from_slice(&chunk);
        }
        if keeps_body {
            verification.update(&body)?;
        }
        Ok(Self { verified: verification.finish()?, body })
    }
}

/// Answers with the status of the error's kind and an empty body.
#[derive(Debug)]
enum Rejected {
    Unverified(countersign::Error),
    /// 503, so that the platform retries: 408 is final for Vonage.
    TimedOut,
}

impl From<countersign::Error> for Rejected {
    fn from(error: countersign::Error) -> Self {
        Self::Unverified(error)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified(error) => error.fmt(f),
            Self::TimedOut => f.write_str("request took too long"),
        }
    }
}

impl ResponseError for Rejected {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unverified(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        println!("rejected: {self}");
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
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let vogent = Arc::new(Vogent::new(secret.clone()));
        let sms = Arc::new(Sms::new(SignatureMethod::Sha256, secret.clone()));
        let service = init_service(App::new().configure(|config| routes(config, vogent, sms))).await;
        let status_at = async |path: &str, delivery: &Delivery| {
            let request = if delivery.method() == "GET" { TestRequest::get() } else { TestRequest::post() };
            let request = request.uri(&format!("{path}?{}", delivery.query()));
            let request = request.set_payload(delivery.body().to_vec());
            let request = delivery.headers().iter().fold(request, |request, (name, value)| {
                request.append_header((name.as_str(), value.as_str()))
            });
            call_service(&service, request.to_request()).await.status()
        };
        let status = async |delivery: &Delivery| status_at("/vogent", delivery).await;

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY + 1))).await, 413);

        let sms = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret).param("text", "Tom & Jerry");
        for genuine in [sms().form(), sms().query()] {
            assert_eq!(status_at("/vonage/sms", &genuine).await, 200);
            let query = genuine.query().replace("Tom", "Tim");
            let body = String::from_utf8_lossy(genuine.body()).replace("Tom", "Tim");
            let forged = genuine.with_query(&query).with_body(body);
            assert_eq!(status_at("/vonage/sms", &forged).await, 401);
        }
    }
}
