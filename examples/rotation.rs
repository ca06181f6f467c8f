//! Rotating a secret: two are accepted, the matches of each are counted, and the count says when to remove the old one.
//!
//! `cargo run --example rotation`

use std::error::Error;

use countersign::{Keyring, Secret, Verifier, Vogent, sign};

fn main() -> Result<(), Box<dyn Error>> {
    // In a service: `Keyring::from_env("VOGENT_SECRET")?`, which also reads `VOGENT_SECRET_OLD`.
    let old = Secret::new("old-9a2b4d61c7")?;
    let new = Secret::new("new-5f1e3c07d8")?;
    println!("secrets: 0 is {} (new), 1 is {} (old)", new.fingerprint(), old.fingerprint());

    // 1. Deploy with both, newest first. 2. Change the secret on the platform's dashboard. 3. Watch.
    let vogent = Vogent::new(Keyring::new([new.clone(), old.clone()])?);

    // The platform signs with the old secret until the change has reached all its servers.
    let requests = [
        ("08:00", sign::vogent(&old, "{\"n\":1}")),
        ("08:05", sign::vogent(&new, "{\"n\":2}")),
        ("08:06", sign::vogent(&old, "{\"n\":3}")),
        ("08:30", sign::vogent(&new, "{\"n\":4}")),
        ("09:30", sign::vogent(&new, "{\"n\":5}")),
    ];
    let mut under_old = Vec::new();
    for (time, sent) in &requests {
        let key = vogent.verify(sent.request())?.key();
        println!("{time}  accepted with secret {key}");
        if !key.is_newest() {
            under_old.push(time);
        }
    }
    if let Some(last) = under_old.last() {
        println!("the old secret matched {} times, last at {last}", under_old.len());
    }

    // 4. When it has not matched for as long as the platform retries, deploy without it.
    println!("after a day without a match: Keyring of the new one alone");
    let vogent = Vogent::new(new);
    for (time, sent) in &requests {
        match vogent.verify(sent.request()) {
            Ok(_) => println!("{time}  accepted"),
            Err(error) => println!("{time}  rejected: {error}"),
        }
    }
    Ok(())
}
