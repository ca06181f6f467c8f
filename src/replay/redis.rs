//! A replay guard that many machines share.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, Cmd, FromRedisValue, cmd};
use tokio::runtime::Handle;

use super::{Claim, Lease, ReplayGuard, SavedResponse};
use crate::config_error::ConfigError;
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::verifier::ReplayKey;

/// Remembers deliveries in a Redis server (or one that speaks its protocol), for a service that runs on several machines.
///
/// A claim is one `SET key token NX GET PX lease`, where the key is a prefix and the replay key in hex. One connection is
/// shared, and made again when it is lost. When the server cannot be reached or does not answer within the patience, the
/// delivery is refused with [`ReplayGuardUnavailable`](ErrorKind::ReplayGuardUnavailable), status 503, so that the platform
/// sends it again; it never passes. A claim of which it is not known whether the server took it is withdrawn when the server is
/// back, as far as that can be done, so that it does not keep out what the platform sends again.
///
/// # Deployment caveat
///
/// What the server forgets, the guard forgets: `maxmemory` with an evicting policy, a restart without persistence, a failover
/// to a replica that was behind. Use `noeviction`, and a tolerance in the verifier so that the window is short. `rediss://`
/// needs one of the TLS features of the crate `redis`, enabled by you.
///
/// # Example
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # let _entered = runtime.enter();
/// use countersign::ConfigError;
/// use countersign::replay::Redis;
///
/// let guard = Redis::connect("redis://127.0.0.1:6379")?;
/// assert_eq!(Redis::connect("http://127.0.0.1").unwrap_err(), ConfigError::StoreAddressInvalid);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Redis {
    connection: ConnectionManager,
    prefix: String,
    patience: Duration,
}

impl Redis {
    /// Connects to a server, `redis://[user:password@]host[:port][/database]`, when the first delivery is claimed. Within a
    /// Tokio runtime.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::StoreAddressInvalid`]: that is no address of a Redis server.
    pub fn connect(url: &str) -> Result<Self, ConfigError> {
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(DEFAULT_PATIENCE))
            .set_response_timeout(Some(DEFAULT_PATIENCE))
            // The next claim tries again.
            .set_number_of_retries(1);
        let connection = Client::open(url)
            .and_then(|client| ConnectionManager::new_lazy_with_config(client, settings))
            .map_err(|_| ConfigError::StoreAddressInvalid)?;
        Ok(Self { connection, prefix: "countersign:".to_owned(), patience: DEFAULT_PATIENCE })
    }

    /// Begins every key in the server with `prefix`, by default `countersign:`. Guards of one service share it.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Waits for the server for at most so long, by default and at most one second, a new connection included.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience: patience.min(DEFAULT_PATIENCE), ..self }
    }

    fn key(&self, key: &ReplayKey) -> String {
        format!("{}{}", self.prefix, hex::encode(key.as_bytes()))
    }

    /// A script that acts on a key whose lease is ours, and answers 0 otherwise.
    fn owned(&self, lease: &Lease, then: &str) -> Cmd {
        let mut eval = cmd("EVAL");
        eval.arg(format!("if redis.call('GET', KEYS[1]) == ARGV[1] then {then} end return 0"))
            .arg(1)
            .arg(self.key(lease.key()))
            .arg(lease_value(lease));
        eval
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        ask(self.connection.clone(), self.patience, command).await
    }

    /// Withdraws, without anybody waiting, a claim that may have been made.
    fn withdraw(&self, lease: &Lease) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (connection, command) = (self.connection.clone(), self.owned(lease, RELEASE));
        runtime.spawn(async move {
            for _ in 0..WITHDRAWALS {
                if ask::<i64>(connection.clone(), DEFAULT_PATIENCE, &command).await.is_ok() {
                    break;
                }
                tokio::time::sleep(DEFAULT_PATIENCE).await;
            }
        });
    }
}

impl ReplayGuard for Redis {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        let (name, leased) = (self.key(key), Lease::new(*key));
        let mut set = cmd("SET");
        set.arg(&name).arg(lease_value(&leased)).arg("NX").arg("GET").arg("PX").arg(milliseconds(lease));
        let mut unanswered = Unanswered { guard: self, lease: Some(leased.clone()) };
        let there = self.ask::<Option<Vec<u8>>>(&set).await?;
        unanswered.lease = None;
        let Some(there) = there else { return Ok(Claim::Leased(leased)) };
        if let Some(response) = there.strip_prefix(b"done") {
            return Ok(Claim::Done(SavedResponse::from_bytes(response)));
        }
        let remaining = self.ask::<i64>(cmd("PTTL").arg(&name)).await?;
        Ok(Claim::InProgress {
            remaining: Duration::from_millis(u64::try_from(remaining).unwrap_or_default()),
        })
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<bool, Error> {
        let mut eval = self.owned(lease, "return redis.call('PEXPIRE', KEYS[1], ARGV[2])");
        self.ask::<i64>(eval.arg(milliseconds(time))).await.map(|count| count > 0)
    }

    async fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> Result<bool, Error> {
        let value = [b"done".to_vec(), response.map(SavedResponse::to_bytes).unwrap_or_default()].concat();
        let mut eval = self.owned(lease, "redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) return 1");
        self.ask::<i64>(eval.arg(milliseconds(ttl)).arg(value)).await.map(|count| count > 0)
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.ask::<i64>(&self.owned(lease, RELEASE)).await.map(drop)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("prefix", &self.prefix)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// A claim of which nobody knows whether the server took it: the answer did not come, or is not waited for any more.
struct Unanswered<'g> {
    guard: &'g Redis,
    lease: Option<Lease>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(lease) = &self.lease {
            self.guard.withdraw(lease);
        }
    }
}

async fn ask<T: FromRedisValue>(
    mut connection: ConnectionManager,
    patience: Duration,
    command: &Cmd,
) -> Result<T, Error> {
    match tokio::time::timeout(patience, command.query_async(&mut connection)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(ErrorKind::ReplayGuardUnavailable.into()),
    }
}

fn lease_value(lease: &Lease) -> String {
    format!("lease{}", hex::encode(lease.token()))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(MAX_MILLISECONDS).clamp(1, MAX_MILLISECONDS)
}

const RELEASE: &str = "return redis.call('DEL', KEYS[1])";
const DEFAULT_PATIENCE: Duration = Duration::from_secs(1);
/// A hundred years.
const MAX_MILLISECONDS: u64 = 3_155_760_000_000;
/// How often a withdrawal is tried.
const WITHDRAWALS: u32 = 60;
