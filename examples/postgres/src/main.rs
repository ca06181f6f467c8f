//! Handles each webhook once. The record of an event is a row in the transaction of its work, so both commit together or not at
//! all.
//!
//! ```text
//! DATABASE_URL=postgres://user@host/database VONAGE_SIGNATURE_SECRET=… cargo run --manifest-path examples/postgres/Cargo.toml
//! ```
//!
//! Unlike with a guard's leases, a process that dies at any point leaves no event handled twice or lost. This holds only for
//! work in this database. For a mail or another service's API, write a row here and let a worker send it.
//!
//! The table keeps an event for 72 hours. After that, the event counts as new.

mod handled;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use countersign::Secret;
use countersign::axum::Signed;
use countersign::replay::SavedResponse;
use countersign::vonage::SignedWebhook;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use handled::Event;
use tokio::net::TcpListener;
use tokio_postgres::{Config, NoTls};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let verifier = SignedWebhook::new(Secret::from_env("VONAGE_SIGNATURE_SECRET")?);
    let pool = pool(std::env::var("DATABASE_URL")?.parse()?)?;
    pool.get().await?.batch_execute(include_str!("schema.sql")).await?;
    tokio::spawn(sweep_often(pool.clone()));
    axum::serve(TcpListener::bind("127.0.0.1:8080").await?, router(verifier, pool)).await?;
    Ok(())
}

/// Connections with short timeouts: a request that cannot be handled now is retried by the platform. Each connection is tested
/// before it is used. Otherwise connections to a machine that is gone would be used until TCP gives up, after about 15 minutes.
fn pool(mut config: Config) -> Result<Pool, deadpool_postgres::BuildError> {
    // The URL's own options come last, so they prevail.
    let options = format!("{TIMEOUTS} {}", config.get_options().unwrap_or_default());
    config.connect_timeout(Duration::from_secs(2)).tcp_user_timeout(Duration::from_secs(10)).options(options);
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Verified };
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(16)
        .wait_timeout(Some(Duration::from_secs(2)))
        .create_timeout(Some(Duration::from_secs(2)))
        .recycle_timeout(Some(Duration::from_secs(1)))
        .runtime(Runtime::Tokio1)
        .build()
}

async fn sweep_often(pool: Pool) {
    loop {
        let swept = match pool.get().await {
            Ok(client) => handled::sweep(&client).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match swept {
            Ok(0) => tokio::time::sleep(Duration::from_mins(1)).await,
            Ok(_) => {}
            Err(error) => {
                eprintln!("sweep: {error}");
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
        }
    }
}

#[derive(Clone)]
struct Service {
    verifier: Arc<SignedWebhook>,
    pool: Pool,
}

impl axum::extract::FromRef<Service> for Arc<SignedWebhook> {
    fn from_ref(service: &Service) -> Self {
        Self::clone(&service.verifier)
    }
}

fn router(verifier: SignedWebhook, pool: Pool) -> Router {
    Router::new().route("/messages", post(message)).with_state(Service { verifier: Arc::new(verifier), pool })
}

/// Runs only for verified requests. Answers with the number of the message, the same one for a retry.
///
/// Stores the JSON as it came and reads it later. An extractor that knows only some kinds of message would answer the others 4xx,
/// and the platform does not send them again.
async fn message(
    State(service): State<Service>,
    Signed(message, verified): Signed<String, SignedWebhook>,
) -> Result<Response, Failure> {
    // If the platform signs no identifier, use `ReplayKey::new` of what identifies the event in the body, such as dial id and
    // event.
    let key = verified.replay_key().ok_or("no replay key")?;
    let mut client = service.pool.get().await?;
    let work = client.transaction().await?;
    if let Event::Handled(response) = handled::claim(&work, "vonage", &key).await? {
        return Ok(response.map_or_else(|| StatusCode::OK.into_response(), |response| repeat(&response)));
    }
    let insert = "INSERT INTO messages (message) VALUES ($1) RETURNING id";
    let number: i64 = work.query_one(insert, &[&message]).await?.get(0);
    let answer = format!(r#"{{"message":{number}}}"#);
    let response = SavedResponse::new(200, Some("application/json"), answer).ok_or("no response to keep")?;
    handled::keep(&work, "vonage", &key, &response).await?;
    // Any failure before this rolls everything back.
    work.commit().await?;
    Ok(repeat(&response))
}

fn repeat(response: &SavedResponse) -> Response {
    let status = StatusCode::from_u16(response.status()).unwrap_or(StatusCode::OK);
    let content_type = response.content_type().unwrap_or("application/octet-stream").to_owned();
    (status, [(header::CONTENT_TYPE, content_type)], response.body().to_vec()).into_response()
}

/// Asks the platform to retry, since the work was rolled back.
struct Failure;

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        eprintln!("not handled: {}", error.into());
        Self
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let retry = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("5"))]);
        (StatusCode::SERVICE_UNAVAILABLE, retry).into_response()
    }
}

/// The server ends what takes longer, so that no attempt waits for another one that hangs.
const TIMEOUTS: &str =
    "-c lock_timeout=2s -c statement_timeout=5s -c idle_in_transaction_session_timeout=10s";
