//! Vogent's webhooks in AWS Lambda, behind an HTTP API (payload version 2.0) or a function URL.
//!
//! `VOGENT_SECRET` is a variable of the function. Build: `cargo lambda build --manifest-path examples/lambda/Cargo.toml`.
//!
//! `lambda_http` decodes a body that API Gateway sends in base64, so the platform's bytes are verified. A REST API (payload
//! version 1.0) sends no raw query. So schemes that sign the query may fail there, such as Vonage's webhooks by GET.
//!
//! With `vonage::Sms`, or `vonage::SignedWebhook` and its GET, take the parameters from the proof, `proof.parameters()`. Do not
//! parse the query or body again.

use countersign::{Secret, Verifier, Vogent};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // Once, when the function is loaded.
    let vogent = &Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    run(service_fn(|request| async move { answer(vogent, &request) })).await
}

fn answer(verifier: &dyn Verifier, request: &Request) -> Result<Response<Body>, Error> {
    let (status, text) = match verifier.verify(request.into()) {
        Ok(proof) => {
            println!("{} bytes under secret {}", request.body().len(), proof.key());
            (200, "accepted\n")
        }
        Err(error) => {
            println!("rejected: {}", error.code());
            (error.status(), "")
        }
    };
    Ok(Response::builder().status(status).body(text.into())?)
}

#[cfg(test)]
mod tests {
    use countersign::sign::{self, Delivery};
    use lambda_http::request;
    use serde_json::json;

    use super::*;

    /// An event as API Gateway sends it.
    fn event(delivery: &Delivery, body: &str, is_base64: bool) -> Request {
        let headers: serde_json::Map<_, _> =
            delivery.headers().iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/vogent",
            "rawQueryString": delivery.query(),
            "headers": headers,
            "requestContext": {
                "http": { "method": delivery.method(), "path": "/vogent", "protocol": "HTTP/1.1" },
                "stage": "$default",
                "timeEpoch": 0,
            },
            "body": body,
            "isBase64Encoded": is_base64,
        });
        request::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn genuine_is_accepted_and_forged_rejected() {
        let secret = Secret::new("s3cr3t").unwrap();
        let vogent = Vogent::new(secret.clone());
        let status = |request: &Request| answer(&vogent, request).unwrap().status();

        let genuine = sign::vogent(&secret, r#"{"ok":true}"#);
        assert_eq!(status(&event(&genuine, r#"{"ok":true}"#, false)), 200);
        assert_eq!(status(&event(&genuine, "eyJvayI6dHJ1ZX0=", true)), 200);
        assert_eq!(status(&event(&genuine, r#"{"ok":false}"#, false)), 401);
        // The decoded text was signed, not the base64.
        assert_eq!(status(&event(&genuine, "eyJvayI6dHJ1ZX0=", false)), 401);
        let unsigned = genuine.without_header("x-elto-signature");
        assert_eq!(status(&event(&unsigned, r#"{"ok":true}"#, false)), 401);
    }
}
