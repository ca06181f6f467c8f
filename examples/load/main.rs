//! What verification costs a service: requests per second of an echo of 1 KiB, bare and behind the layer.
//!
//! `cargo run --release --example load --features tower [-- --seconds 20 --max-cost 5]`
//!
//! Both servers and the client are in this process, on loopback. Every round measures the one server and then the other, so that
//! what else the machine does meets both; a figure is the median of the rounds', and so is a cost. The requests per second
//! depend on how busy the machine is and count the client's work as well. Below them is the processor time of the server's
//! threads for a request, where the system tells it (Linux), and how much of it the bare hash is: no layer costs less.
//!
//! The exit status is 0, whatever it costs; with `--max-cost PERCENT`, 1 where the requests per second are fewer by more.

mod client;
mod figures;
mod hash;
mod server;

use std::env::Args;
use std::process::ExitCode;
use std::time::Duration;

use client::{Client, Failure};
use countersign::tower::VerifyLayer;
use countersign::{Secret, Vogent, sign};
use figures::{Figures, Round};
use server::Server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Failure> {
    let Options { seconds, max_cost } = Options::read(std::env::args())?;
    let secret = Secret::new("load-5f1e3c07d8")?;
    let genuine = sign::vogent(&secret, "x".repeat(1024));
    let bare = Server::start("bare", |router| router)?;
    let verifying =
        Server::start("verifying", move |router| router.layer(VerifyLayer::new(Vogent::new(secret))))?;

    // What is measured is what it is said to be.
    let forged = genuine.clone().with_body("y".repeat(1024));
    Client::new(&bare, &forged)?.expect(200).await?;
    Client::new(&verifying, &forged)?.expect(401).await?;

    let (to_bare, to_verifying) = (Client::new(&bare, &genuine)?, Client::new(&verifying, &genuine)?);
    let time = Duration::from_secs(seconds).div_f64(f64::from(2 * ROUNDS + 2));
    to_bare.load(time).await?;
    to_verifying.load(time).await?;

    let mut figures = Figures::default();
    for round in 0..ROUNDS {
        // Neither is always the first.
        let (without, with) = if round % 2 == 0 {
            let without = Round::of(&bare, &to_bare, time).await?;
            (without, Round::of(&verifying, &to_verifying, time).await?)
        } else {
            let with = Round::of(&verifying, &to_verifying, time).await?;
            (Round::of(&bare, &to_bare, time).await?, with)
        };
        figures.add(without, with, hash::microseconds(genuine.body()));
    }
    println!("{figures}");
    let over = max_cost.is_some_and(|limit| figures.cost() > limit);
    Ok(if over { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Options {
    seconds: u64,
    /// In percent.
    max_cost: Option<f64>,
}

impl Options {
    fn read(mut arguments: Args) -> Result<Self, Failure> {
        let mut options = Self { seconds: 20, max_cost: None };
        arguments.next();
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            match name.as_str() {
                "--seconds" => options.seconds = value.parse()?,
                "--max-cost" => options.max_cost = Some(value.parse()?),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

const ROUNDS: u32 = 10;
const USAGE: &str = "usage: load [--seconds SECONDS] [--max-cost PERCENT]";
