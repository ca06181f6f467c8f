//! The cost of verification in a service: requests per second of a 1 KiB echo, bare and behind the layer.
//!
//! `cargo run --release --example load --features tower [-- --seconds 20 --max-cost 5]`
//!
//! Both servers and the client are in this process, on loopback. Each round measures one server and then the other, so both see
//! the same load of the machine. A line is the round with the median cost, so its figures belong together. The requests per
//! second depend on the machine's load and include the client's work. The next line is the processor time per request of the
//! server's threads (Linux only). The last line is the share of the bare hash, which no layer can avoid.
//!
//! The exit status is 0 for any cost, 1 with `--max-cost PERCENT` if the requests per second drop by more, and 2 for a wrong
//! option.

mod client;
mod figures;
mod hash;
#[path = "../program/options.rs"]
mod options;
#[path = "../program/output.rs"]
mod output;
mod server;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use client::{Client, Failure};
use countersign::tower::VerifyLayer;
use countersign::{Secret, Vogent, sign};
use figures::{Figures, Round};
use server::Server;

/// Measures the requests per second of an echo of 1 KiB, bare and behind the layer.
#[derive(Parser)]
#[command(name = "load")]
struct Options {
    /// How long to measure
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Exit with status 1 if verification takes more than this many percent of the requests per second
    #[arg(long, value_name = "PERCENT")]
    max_cost: Option<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Failure> {
    let Options { seconds, max_cost } = options::options();
    let secret = Secret::new("load-5f1e3c07d8")?;
    let genuine = sign::vogent(&secret, "x".repeat(1024));
    let bare = Server::start("bare", |router| router)?;
    let verifying =
        Server::start("verifying", move |router| router.layer(VerifyLayer::new(Vogent::new(secret))))?;

    // Checks that verification happens.
    let forged = genuine.clone().with_body("y".repeat(1024));
    Client::new(&bare, &forged)?.expect(200).await?;
    Client::new(&verifying, &forged)?.expect(401).await?;

    let (to_bare, to_verifying) = (Client::new(&bare, &genuine)?, Client::new(&verifying, &genuine)?);
    let time = Duration::from_secs(seconds).div_f64(f64::from(2 * ROUNDS + 2));
    to_bare.load(time).await?;
    to_verifying.load(time).await?;

    let mut figures = Figures::default();
    for round in 0..ROUNDS {
        // The order alternates.
        let (without, with) = if round % 2 == 0 {
            let without = Round::of(&bare, &to_bare, time).await?;
            (without, Round::of(&verifying, &to_verifying, time).await?)
        } else {
            let with = Round::of(&verifying, &to_verifying, time).await?;
            (Round::of(&bare, &to_bare, time).await?, with)
        };
        figures.add(without, with, hash::microseconds(genuine.body()));
    }
    output::print(&figures);
    let over = max_cost.is_some_and(|limit| figures.cost() > limit);
    Ok(if over { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Odd, so that there is a middle round.
const ROUNDS: u32 = 11;
