//! Sequences of the contract's model, driven against Redis.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::replay::{Claim, Lease, Redis, ReplayGuard, SavedResponse};
use countersign::{Error, ReplayKey};
use tokio::runtime::Builder;

use crate::model;
use crate::server::Server;

/// `MODEL_CASES` sets the number of cases.
#[test]
#[ignore = "needs redis-server"]
fn the_contract_holds_in_10000_sequences() {
    let cases = std::env::var("MODEL_CASES").map_or(10_000, |cases| cases.parse().unwrap());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let guard = Slow(Arc::new(server.guard()));
    let time = Arc::new(Mutex::new(BufReader::new(TcpStream::connect(server.address).unwrap())));
    model::holds(cases, usize::MAX, || {
        say(&mut time.lock().unwrap(), "FLUSHALL");
        let time = Arc::clone(&time);
        let pass = async move |seconds: Duration| {
            let command = format!("EVAL \"{SHORTEN}\" 0 {}", (seconds * SCALE).as_millis());
            say(&mut time.lock().unwrap(), &command);
        };
        (guard.clone(), pass)
    });
}

/// A second of the model takes [`SCALE`], so that a short delay of the test does not matter.
#[derive(Clone, Debug)]
struct Slow(Arc<Redis>);

impl ReplayGuard for Slow {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        Ok(match self.0.claim(key, lease * SCALE).await? {
            Claim::InProgress { remaining } => Claim::InProgress { remaining: remaining / SCALE },
            claim => claim,
        })
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<bool, Error> {
        self.0.renew(lease, time * SCALE).await
    }

    async fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> Result<bool, Error> {
        self.0.complete(lease, ttl * SCALE, response).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.0.release(lease).await
    }
}

/// A command in one line, whose answer is one line.
fn say(wire: &mut BufReader<TcpStream>, command: &str) {
    wire.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    wire.read_line(&mut answer).unwrap();
    assert_eq!(answer.trim_end(), "+OK");
}

/// Lowers the TTL of every key. A key without time left is removed.
const SHORTEN: &str = "for _, key in ipairs(redis.call('KEYS', '*')) do \
    local left = redis.call('PTTL', key) - ARGV[1] \
    if left > 0 then redis.call('PEXPIRE', key, left) else redis.call('DEL', key) end end \
    return redis.status_reply('OK')";
const SCALE: u32 = 1000;
