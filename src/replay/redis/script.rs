//! The values in the server, the claim command and the scripts.

use std::time::Duration;

use ::redis::{Cmd, cmd};

use crate::encoding::hex;
use crate::replay::{Lease, SavedResponse};

/// Sets a free key. Answers the previous value.
pub(super) fn claim(key: &str, lease: &[u8], milliseconds: u64) -> Cmd {
    let mut set = cmd("SET");
    set.arg(key).arg(lease).arg("NX").arg("GET").arg("PX").arg(milliseconds);
    set
}

/// Asks for the milliseconds until a key is free.
pub(super) fn time_left(key: &str) -> Cmd {
    let mut ttl = cmd("PTTL");
    ttl.arg(key);
    ttl
}

/// A change of a key that holds the lease. `Complete` also takes a free key. Times are in milliseconds.
pub(super) enum Script<'a> {
    Renew(u64),
    /// Has the value of a completed lease.
    Complete(u64, &'a [u8]),
    Release,
}

impl Script<'_> {
    /// Returns the command. It answers 1 if the key was changed, else 0.
    pub(super) fn command(&self, key: &str, lease: &Lease) -> Cmd {
        let mut eval = cmd("EVAL");
        let begin = |eval: &mut Cmd, script| {
            eval.arg(script).arg(1).arg(key).arg(lease_value(lease));
        };
        match self {
            Self::Renew(time) => {
                begin(&mut eval, RENEW);
                eval.arg(time);
            }
            Self::Complete(ttl, done) => {
                begin(&mut eval, COMPLETE);
                eval.arg(ttl).arg(done).arg(done_by(lease));
            }
            Self::Release => begin(&mut eval, RELEASE),
        }
        eval
    }
}

pub(super) fn lease_value(lease: &Lease) -> Vec<u8> {
    [LEASE, hex::encode(lease.token()).as_bytes()].concat()
}

/// The value of a done key: the lease, then the saved response.
pub(super) fn done_value(lease: &Lease, response: Option<&SavedResponse>) -> Vec<u8> {
    [done_by(lease), response.map(SavedResponse::to_bytes).unwrap_or_default()].concat()
}

fn done_by(lease: &Lease) -> Vec<u8> {
    [DONE, hex::encode(lease.token()).as_bytes(), b"\n"].concat()
}

pub(super) enum Value {
    Leased,
    Done(Option<SavedResponse>),
}

impl Value {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(LEASE) {
            return Some(Self::Leased);
        }
        let (_, response) = bytes.strip_prefix(DONE)?.split_at_checked(TOKEN_DIGITS)?;
        match response.strip_prefix(b"\n")? {
            [] => Some(Self::Done(None)),
            response => SavedResponse::from_bytes(response).map(|response| Self::Done(Some(response))),
        }
    }
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(MAX_MILLISECONDS).clamp(1, MAX_MILLISECONDS)
}

const LEASE: &[u8] = b"lease:";
const DONE: &[u8] = b"done:";
const TOKEN_DIGITS: usize = 32;

const RENEW: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
const COMPLETE: &str = "local there = redis.call('GET', KEYS[1]) \
    if not there or there == ARGV[1] then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) return 1 end \
    if string.sub(there, 1, #ARGV[4]) == ARGV[4] then return 1 end \
    return 0";
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
/// A hundred years.
const MAX_MILLISECONDS: u64 = 3_155_760_000_000;
