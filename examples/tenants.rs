//! Many accounts at one address: reads the account's name, looks its secret up in a store, and verifies.
//!
//! `cargo run --example tenants`

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use countersign::vonage::SignedWebhook;
use countersign::{Request, Secret, Tenants, UnixTime, Verified, Verifier, sign};

const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);

/// Stands for a database, which answers later.
struct Store(HashMap<&'static str, &'static str>);

impl Store {
    async fn signature_secret(&self, api_key: &str) -> Option<&'static str> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.get(api_key).copied()
    }
}

async fn verify(store: &Store, request: Request<'_>) -> Result<Verified, Box<dyn Error + Send + Sync>> {
    // The account that the request names. It is not verified: use it only for the lookup.
    let api_key = SignedWebhook::untrusted_api_key(request.head())?;
    let secret = store.signature_secret(&api_key).await.ok_or("no account has this api_key")?;

    // Now that account's secret must have signed it, and the signed claim must name the account.
    let tenants = Tenants::new([(api_key, Secret::new(secret)?)])?;
    Ok(SignedWebhook::tenants(tenants).clock(|| NOW).verify(request)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let secrets = [("a1b2c3d4", "secret-of-the-first"), ("e5f6a7b8", "secret-of-the-second")];
    let store = Arc::new(Store(HashMap::from(secrets)));
    let signed = |secret: &str, api_key: &str| -> Result<_, Box<dyn Error>> {
        let webhook = sign::TokenSigner::new(&Secret::new(secret)?, NOW).claim("api_key", api_key);
        Ok(webhook.post(r#"{"status":"answered"}"#))
    };
    let requests = [
        ("the first's own", signed("secret-of-the-first", "a1b2c3d4")?),
        ("the second's own", signed("secret-of-the-second", "e5f6a7b8")?),
        ("the first's, in the second's name", signed("secret-of-the-first", "e5f6a7b8")?),
        ("a stranger's", signed("guessed", "00000000")?),
    ];
    for (whose, sent) in requests {
        // Its own task, as in a server.
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            match verify(&store, sent.request()).await {
                Ok(verified) => println!("{whose}: accepted for {}", verified.tenant().unwrap_or_default()),
                Err(error) => println!("{whose}: rejected, {error}"),
            }
        })
        .await?;
    }
    Ok(())
}
