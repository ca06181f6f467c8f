//! A receiver of every scheme's webhooks: an `axum` service with one route per scheme, and secrets from the environment.
//!
//! `cargo run --example receiver --features tower,replay-memory,replay-redis,diagnose,ed25519`
//!
//! Without secrets it generates throw-away ones and prints a genuine and a forged `curl` command per scheme.
//!
//! A scheme's name is its route and the prefix of its variables: `/vonage-sms` reads `VONAGE_SMS_SECRET`. The first lines say
//! which routes are on. The variables of a scheme are:
//!
//! | variable ends with | value |
//! |---|---|
//! | `_SECRET` | the secret, as the platform shows it |
//! | `_PUBLIC_KEY` | if the platform signs with Ed25519 (feature `ed25519`): its key in base64 |
//! | `_SECRET_OLD`, `_PUBLIC_KEY_OLD` | the previous one, during a rotation |
//! | `_BASE_URL` | required if the scheme signs the URL: the public URL up to the path |
//! | `_HEADER` | name of the signature header; required by schemes without a header of their own |
//! | `_ALGORITHM` | `VONAGE_SMS` needs it: `md5hash`, `md5`, `sha1`, `sha256` or `sha512` |
//! | `_TOLERANCE` | timestamp window in seconds either way |
//! | `_TIMESTAMP_HEADER`, `_MESSAGE_ID_HEADER`, `_FORMAT`, `_PREFIX`, `_ENCODING` | `VAPI`, as in its dashboard; `STATIC_TOKEN` has `_PREFIX` |
//!
//! `/plivo-v2` accepts any query and body with a genuine signature, since Plivo signs only the path there.
//!
//! With `EXPLAIN=1` in the environment it prints the cause of each rejection, with the evidence and the remedy. Use this only
//! for development, because a diagnosis is expensive.
//!
//! It prints one line per request. `RUST_LOG=countersign=debug` with the feature `tracing` prints more, on standard error. A
//! wrong variable or option ends it at once, with status 2. Ctrl-C and SIGTERM end it after the current requests are answered.
//! A second one ends it at once.
//!
//! # Deployment caveat
//!
//! `axum::serve` waits for a request's head without a timeout. Put a proxy with a timeout before it.

mod explain;
mod journal;
#[path = "../program/options.rs"]
mod options;
mod pair;
mod router;
mod routes;
mod variables;

use std::env;
use std::io::{self, Write as _};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use clap::Parser;
use routes::Routes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Receives the webhooks of every scheme. Without secrets in the environment it generates throw-away ones and prints requests
/// to paste.
#[derive(Parser)]
#[command(name = "receiver")]
struct Options {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: Addresses,
    /// Redis server for handled requests, shared by all receivers [default: the memory of this process]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Time from the end of a request's head to the handler's answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
}

/// The addresses of a name such as `localhost:8080`.
#[derive(Clone, Debug)]
struct Addresses(Vec<SocketAddr>);

impl FromStr for Addresses {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        text.to_socket_addrs().map(|addresses| Self(addresses.collect()))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).with_writer(io::stderr).init();
    let options: Options = options::options();
    // Configuration errors are reported before the first request.
    let prepared = Routes::from_env().and_then(|routes| Ok((router::router(&routes, &options)?, routes)));
    let (service, routes) = match prepared {
        Ok(prepared) => prepared,
        Err(wrong) => {
            complain(&wrong.to_string());
            return ExitCode::from(2);
        }
    };
    match run(service, &routes, &options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(service: Router, routes: &Routes, options: &Options) -> io::Result<()> {
    let listener = TcpListener::bind(&*options.listen.0).await;
    let listener = listener.map_err(|error| io::Error::new(error.kind(), format!("--listen: {error}")))?;
    introduce(routes, listener.local_addr()?);

    let (asked, told) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            asked_to_end().await;
            asked.send_modify(|times: &mut u32| *times = times.saturating_add(1));
        }
    });
    let times = async |count| {
        let _ = told.clone().wait_for(|times| *times >= count).await;
    };
    let server = axum::serve(listener, service).with_graceful_shutdown({
        let mut told = told.clone();
        async move {
            let _ = told.wait_for(|times| *times >= 1).await;
            say("stopping after the open requests; a second Ctrl-C stops at once");
        }
    });
    tokio::select! {
        ended = server => ended,
        // Otherwise a connection with an endless head would keep it alive.
        () = async {
            times(1).await;
            tokio::time::sleep(Duration::from_secs(options.timeout.saturating_add(1))).await;
        } => {
            say("stopping: some connections are cut off");
            Ok(())
        }
        () = times(2) => {
            say("stopping at once");
            // The status of a shell after SIGINT. It does not wait for a diagnosis.
            std::process::exit(130)
        }
    }
}

fn introduce(Routes { routes, off }: &Routes, address: SocketAddr) {
    say(&format!("listening on http://{address}"));
    let list = |start: &str, names: Vec<&str>| {
        let layout = textwrap::Options::new(100).initial_indent("  ").subsequent_indent("    ");
        let layout = layout.word_splitter(textwrap::WordSplitter::NoHyphenation);
        say(&textwrap::fill(&format!("{start}: {}", names.join(", ")), layout));
    };
    list("routes", routes.iter().map(|route| route.path.as_str()).collect());
    if !off.is_empty() {
        list("other routes need", off.iter().map(String::as_str).collect());
    }
    let pairs: Vec<_> = routes.iter().filter_map(|route| Some((route, route.pair.as_ref()?))).collect();
    if pairs.is_empty() {
        return;
    }
    say("\n\
        No secret is set, so the secrets are throw-away ones. Paste these commands into another shell.\n\
        The first of each pair is genuine and answered 200. The second is forged and answered 401.\n\
        Most expire within minutes. A genuine one that is sent again is a duplicate, if its platform\n\
        signs what tells requests apart: it is answered 200 and not handled again.");
    for (route, pair) in pairs {
        say(&format!("\n{}", pair.commands(address, &route.path)));
    }
    say("");
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

/// Whether rejections are explained.
fn explains() -> Result<bool, String> {
    match env::var_os("EXPLAIN").unwrap_or_default().to_str() {
        Some("1") => Ok(true),
        Some("" | "0") => Ok(false),
        _ => Err("environment variable `EXPLAIN`: neither 0 nor 1".to_owned()),
    }
}

/// Prints a line. If nobody reads it, the service continues.
fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "receiver: {line}");
}
