//! The measured figures.

use std::fmt;
use std::time::{Duration, Instant};

use crate::client::{Client, Failure};
use crate::server::Server;

/// One measurement of a server under load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    requests_per_second: f64,
    /// Of processor time. 0 if the system does not report it.
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

    /// By how many percent the layer reduces the requests per second.
    pub(crate) fn cost(&self) -> f64 {
        self.requests_per_second().cost
    }

    fn requests_per_second(&self) -> Line {
        let fewer = |without: f64, with: f64| 100.0 * (1.0 - with / without);
        self.median(|round| round.requests_per_second, fewer)
    }

    fn microseconds_per_request(&self) -> Line {
        let more = |without: f64, with: f64| 100.0 * (with / without - 1.0);
        self.median(|round| round.microseconds_per_request, more)
    }

    /// The round with the median cost.
    fn median(&self, figure: impl Fn(&Round) -> f64, cost: impl Fn(f64, f64) -> f64) -> Line {
        let lines = self.rounds.iter().map(|(without, with)| (figure(without), figure(with)));
        let mut lines: Vec<_> =
            lines.map(|(without, with)| Line { without, with, cost: cost(without, with) }).collect();
        lines.sort_by(|one, other| one.cost.total_cmp(&other.cost));
        lines.get(lines.len() / 2).copied().unwrap_or(Line {
            without: f64::NAN,
            with: f64::NAN,
            cost: f64::NAN,
        })
    }
}

/// One figure of one round, and its cost.
#[derive(Clone, Copy)]
struct Line {
    without: f64,
    with: f64,
    /// In percent.
    cost: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32} {:>12} {:>12} {:>10}", "1 KiB echo, median round", "bare", "verifying", "cost")?;
        let time = self.microseconds_per_request();
        for (name, line) in
            [("requests per second", self.requests_per_second()), ("server's microseconds a request", time)]
        {
            let Line { without, with, cost } = line;
            writeln!(f, "{name:<32} {without:>12.1} {with:>12.1} {cost:>8.1} %")?;
        }
        let mut hashes = self.hashes.clone();
        hashes.sort_by(f64::total_cmp);
        let hash = hashes.get(hashes.len() / 2).copied().unwrap_or(f64::NAN);
        let share = 100.0 * hash / time.without;
        write!(f, "{:<32} {:>12} {hash:>12.1} {share:>8.1} %", "of them the bare HMAC", "")
    }
}
