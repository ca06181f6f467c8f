//! A receiver of every scheme's webhooks, as a service would be: `axum`, one route a scheme, the secrets from the environment.
//!
//! `cargo run --example receiver --features tower,replay-memory,replay-redis,diagnose`
//!
//! With no secret set it makes throw-away ones and prints `curl` commands to paste, genuine and forged.
//!
//! | route | variables |
//! |---|---|
//! | `/vogent` | `VOGENT_SECRET` |
//! | `/voxagent` | `VOXAGENT_SECRET`, and `VOXAGENT_HEADER`, the name of its signature header: no document says it |
//! | `/vonage/sms` | `VONAGE_SIGNATURE_SECRET`, and `VONAGE_SMS_METHOD`: `md5hash`, `md5`, `sha1`, `sha256` or `sha512` |
//! | `/vonage/webhook` | `VONAGE_SIGNATURE_SECRET` |
//! | `/vonage/contact-center` | `VONAGE_CONTACT_CENTER_SECRET`, in base64 as the dashboard shows it |
//!
//! While a secret is being rotated, the one before it is in the same variable with `_OLD` at its end. Options:
//!
//! - `--listen ADDRESS`, by default `127.0.0.1:8080`. Port 0 takes a free one; the first line says which.
//! - `--redis URL`: an event is handed on once by all machines that share this server, not by this process alone.
//! - `--timeout SECONDS`, by default 10: for a delivery, from the end of its head to the handler's answer.
//!
//! With `EXPLAIN=1` in the environment it says after each refusal what caused it, with the evidence and the remedy: for
//! development, since it costs more than a refusal should.
//!
//! It prints one line a delivery. `RUST_LOG=countersign=debug` with the feature `tracing` tells more, on standard error. A
//! variable or option that is wrong ends it at once, with status 2. Ctrl-C and SIGTERM end it when what it has begun is answered.
//!
//! # Deployment caveat
//!
//! `axum::serve` waits for a head for as long as it takes. Put a proxy before it that does not.

mod explain;
mod journal;
mod mounts;
mod options;
mod router;
mod secrets;
mod throw_away;

use std::error::Error;
use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use countersign::SystemClock;
use mounts::{Mount, mounts};
use options::{Options, USAGE};
use secrets::Secrets;
use throw_away::ThrowAway;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).with_writer(io::stderr).init();
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => return misconfigured(&format!("{wrong}\n{USAGE}")),
    };
    match prepare(&options) {
        Ok(receiver) => match receiver.run(&options).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&format!("{}: {error}", options.listen));
                ExitCode::FAILURE
            }
        },
        Err(wrong) => misconfigured(&wrong.to_string()),
    }
}

/// Everything that can be wrong with the configuration is found here, before the first delivery.
fn prepare(options: &Options) -> Result<Receiver, Box<dyn Error>> {
    let given = Secrets::from_env()?;
    let throw_away = given.is_empty().then(|| ThrowAway::new(&given)).transpose()?;
    let mounts = mounts(&throw_away.as_ref().map_or(given, ThrowAway::secrets))?;
    let router = router::router(&mounts, options).map_err(|error| format!("--redis: {error}"))?;
    Ok(Receiver { mounts, throw_away, router })
}

/// A service that is configured and not yet listening.
struct Receiver {
    mounts: Vec<Mount>,
    throw_away: Option<ThrowAway>,
    router: Router,
}

impl Receiver {
    async fn run(self, options: &Options) -> Result<(), Box<dyn Error>> {
        let listener = TcpListener::bind(&options.listen).await?;
        let address = listener.local_addr()?;
        self.introduce(address)?;

        let (asked, told) = oneshot::channel();
        let server = axum::serve(listener, self.router).with_graceful_shutdown(async {
            asked_to_end().await;
            say("ending: what has begun is answered");
            let _ = asked.send(());
        });
        tokio::select! {
            ended = server => ended?,
            // A connection whose head never ends would keep it alive.
            () = overdue(told, options.timeout) => say("ending: some connections are cut off"),
        }
        Ok(())
    }

    fn introduce(&self, address: SocketAddr) -> Result<(), Box<dyn Error>> {
        say(&format!("listening on http://{address}"));
        for mount in &self.mounts {
            match &mount.verifier {
                Ok(verifier) => say(&format!("  {:<24}{}", mount.path, verifier.scheme())),
                Err(variable) => say(&format!("  {:<24}off: set {variable}", mount.path)),
            }
        }
        match &self.throw_away {
            Some(throw_away) => throw_away.introduce(address, &SystemClock),
            None => Ok(()),
        }
    }
}

async fn asked_to_end() {
    let ctrl_c = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = ctrl_c => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

async fn overdue(told: impl Future, timeout: Duration) {
    let _ = told.await;
    tokio::time::sleep(timeout.saturating_add(Duration::from_secs(1))).await;
}

fn misconfigured(wrong: &str) -> ExitCode {
    complain(wrong);
    ExitCode::from(2)
}

/// Prints a line. Where nobody reads, the service goes on.
fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "receiver: {line}");
}
