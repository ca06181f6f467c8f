//! What was measured.

use std::fmt;
use std::time::{Duration, Instant};

use crate::client::{Client, Failure};
use crate::server::Server;

/// One server under load for a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    requests_per_second: f64,
    /// Of processor time; nothing where the system does not tell it.
    microseconds_per_request: f64,
}

impl Round {
    pub(crate) async fn of(server: &Server, client: &Client, time: Duration) -> Result<Self, Failure> {
        let (start, before) = (Instant::now(), server.processor_time());
        let requests = f64::from(client.load(time).await?.max(1));
        let elapsed = start.elapsed().as_secs_f64();
        let spent = server.processor_time().zip(before).and_then(|(after, before)| after.checked_sub(before));
        Ok(Self {
            requests_per_second: requests / elapsed,
            microseconds_per_request: spent.unwrap_or_default().as_secs_f64() * 1e6 / requests,
        })
    }
}

/// Rounds without the layer and with it, in pairs.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    rounds: Vec<(Round, Round)>,
    /// Microseconds of the bare hash, measured between the rounds.
    hashes: Vec<f64>,
}

impl Figures {
    pub(crate) fn add(&mut self, without: Round, with: Round, hash: f64) {
        self.rounds.push((without, with));
        self.hashes.push(hash);
    }

    /// By how many percent the requests per second are fewer with the layer.
    pub(crate) fn cost(&self) -> f64 {
        self.median(|without, with| 100.0 * (1.0 - with.requests_per_second / without.requests_per_second))
    }

    fn median(&self, figure: impl Fn(&Round, &Round) -> f64) -> f64 {
        median(self.rounds.iter().map(|(without, with)| figure(without, with)))
    }
}

/// Of an even number of figures the middle between both in the middle.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let below = figures.len().saturating_sub(1) / 2;
    let above = figures.len() / 2;
    figures.get(below).zip(figures.get(above)).map_or(f64::NAN, |(low, high)| f64::midpoint(*low, *high))
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |without: f64, with: f64, cost: f64| format!("{without:>12.1} {with:>12.1} {cost:>8.1} %");
        writeln!(
            f,
            "{:<32} {:>12} {:>12} {:>10}",
            "1 KiB echo, median of rounds", "bare", "verifying", "cost"
        )?;
        let requests = row(
            self.median(|without, _| without.requests_per_second),
            self.median(|_, with| with.requests_per_second),
            self.cost(),
        );
        writeln!(f, "{:<32} {requests}", "requests per second")?;
        let time = |round: &Round| round.microseconds_per_request;
        let (bare, hash) = (self.median(|without, _| time(without)), median(self.hashes.iter().copied()));
        let spent = row(
            bare,
            self.median(|_, with| time(with)),
            self.median(|without, with| 100.0 * (time(with) / time(without) - 1.0)),
        );
        writeln!(f, "{:<32} {spent}", "server's microseconds a request")?;
        write!(f, "{:<32} {}", "of them the bare HMAC", row(0.0, hash, 100.0 * hash / bare))
    }
}
