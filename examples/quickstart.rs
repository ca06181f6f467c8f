//! The shortest useful program: builds a verifier, verifies a request, reads the proof, and rejects a forged request.
//!
//! `cargo run --example quickstart`

use std::error::Error;

use countersign::{Head, Request, Secret, Verifier, Vogent};

fn main() -> Result<(), Box<dyn Error>> {
    // Once, at start-up. In a service: `Secret::from_env("VOGENT_SECRET")?`. This one is fixed, as is the signature below.
    let vogent = Vogent::new(Secret::new("made-up-vogent-secret")?);

    // For each request: the headers and the raw body, as received.
    let headers = [("X-Elto-Signature", "1911a9db88bed572a21c99ad9089ded03bd1bd0d39f7694ddd8afd6b216bb322")];
    let head = Head::new("POST", &headers);
    let body = r#"{"event":"dial.started","dial_id":"d_01H8"}"#;

    let verified = vogent.verify(Request::new(head, body))?;
    println!("accepted: secret {} signed the {}", verified.key(), verified.coverage().as_str());

    // The same signature with a changed body.
    let forged = body.replace("started", "ended");
    match vogent.verify(Request::new(head, &forged)) {
        Ok(_) => Err("a forged body was accepted".into()),
        Err(error) => {
            println!("rejected: {error} (code {}, answer {})", error.code(), error.status());
            Ok(())
        }
    }
}
