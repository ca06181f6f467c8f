//! Vogent's webhooks in a Rocket service: a data guard that reads the raw body and verifies it.
//!
//! `VOGENT_SECRET=… cargo run --manifest-path examples/rocket/Cargo.toml`, then POST to `http://127.0.0.1:8000/vogent`.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use countersign::{ErrorKind, Head, Secret, Verified, Verifier, Vogent};
use rocket::data::{Data, FromData, Outcome, ToByteUnit};
use rocket::http::Status;
use rocket::tokio::time::timeout;
use rocket::{Build, Request, Rocket, post, routes};

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vogent = Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    service(vogent).launch().await?;
    Ok(())
}

fn service(verifier: impl Verifier + 'static) -> Rocket<Build> {
    let verifier: Arc<dyn Verifier> = Arc::new(verifier);
    rocket::build().manage(verifier).mount("/", routes![handle])
}

/// Runs only for verified requests.
#[post("/vogent", data = "<signed>")]
#[allow(clippy::needless_pass_by_value, reason = "Rocket hands it over")]
fn handle(signed: Signed) -> &'static str {
    println!("{} bytes under secret {}", signed.body.len(), signed.verified.key());
    "accepted\n"
}

/// A raw body with its proof.
struct Signed {
    verified: Verified,
    body: Vec<u8>,
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Signed {
    type Error = Rejected;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match timeout(Duration::from_secs(10), Self::read(request, data)).await {
            Ok(Ok(signed)) => Outcome::Success(signed),
            Ok(Err(error)) => {
                println!("rejected: {error}");
                Outcome::Error((Status::new(error.status()), Rejected))
            }
            // Not 408, which is final for some platforms.
            Err(_) => Outcome::Error((Status::ServiceUnavailable, Rejected)),
        }
    }
}

impl Signed {
    async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Self, countersign::Error> {
        let verifier = request.rocket().state::<Arc<dyn Verifier>>().expect("the service has a verifier");
        // Rocket has its own header type, so headers are passed as pairs.
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|header| (header.name.to_string(), header.value.into_owned()))
            .collect();
        let target = request.uri().to_string();
        let head = Head::new(request.method().as_str(), &headers).with_target(&target);

        // A bad head is rejected before the body is read.
        let mut verification = verifier.begin(head)?;
        let read = data.open(MAX_BODY.bytes()).into_bytes().await;
        let body = read.map_err(|_| countersign::Error::new(ErrorKind::BodyInterrupted))?;
        if !body.is_complete() {
            return Err(countersign::Error::new(ErrorKind::BodyTooLarge));
        }
        verification.update(&body)?;
        Ok(Self { verified: verification.finish()?, body: body.into_inner() })
    }
}

/// The status is enough.
#[derive(Debug)]
struct Rejected;

const MAX_BODY: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};
    use rocket::http::Header;
    use rocket::local::asynchronous::Client;

    use super::*;

    #[rocket::async_test]
    async fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let client = Client::tracked(service(Vogent::new(secret.clone()))).await.unwrap();
        let status = async |delivery: &Delivery| {
            let mut request = client.post("/vogent").body(delivery.body());
            for (name, value) in delivery.headers() {
                request.add_header(Header::new(name.clone(), value.clone()));
            }
            request.dispatch().await.status().code
        };

        let genuine = sign::vogent(&secret, r#"{"event":"dial.started"}"#);
        assert_eq!(status(&genuine).await, 200);
        assert_eq!(status(&genuine.clone().with_body(r#"{"event":"dial.ended"}"#)).await, 401);
        assert_eq!(status(&genuine.without_header("x-elto-signature")).await, 401);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY))).await, 200);
        assert_eq!(status(&sign::vogent(&secret, "x".repeat(MAX_BODY + 1))).await, 413);
    }
}
