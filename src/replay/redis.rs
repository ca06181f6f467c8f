//! A replay guard shared by many machines.

mod address;
mod connection;
mod error;
mod health;
mod script;

use std::fmt;
use std::time::Duration;

use ::redis::{Cmd, FromRedisValue};

pub use self::error::RedisError;

use self::address::Address;
use self::connection::Link;
use self::health::of_script;
use self::script::{Script, Value, claim, done_value, lease_value, milliseconds, time_left};
use super::{Claim, Lease, ReplayGuard, SavedResponse};
use crate::config_error::ConfigError;
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::verifier::ReplayKey;

/// Remembers requests in Redis 7.0 or newer, or a server with the same protocol, for services on several machines.
///
/// - **Commands.** A claim is one `SET key lease NX GET PX time`, and one `PTTL` if another lease has the key. `complete`,
///   `renew` and `release` are one script each, which compares the lease before it acts. So a call takes at most two round
///   trips.
/// - **Keys.** A prefix and the [`ReplayKey`] in hex. The value is the lease's token, later *done* with the response, if one is
///   saved.
/// - **Connection.** All calls share one connection. It opens on the first call, and again after a loss. After a failover the
///   address may lead to another server. So on `READONLY`, `LOADING`, `MASTERDOWN` or a lost connection, the guard reconnects
///   and sends its command once more.
/// - **Failure.** If the server does not answer within the [timeout](Self::timeout), the call fails with
///   [`ReplayGuardUnavailable`](ErrorKind::ReplayGuardUnavailable), status 503, and the platform should retry. The request
///   never passes. The cause is a [`RedisError`], in the error's [`source`](std::error::Error::source) and a `tracing` event. A
///   failed call leaves no task and no memory behind. If a claim's answer was lost, its lease runs out.
///
/// All calls need a Tokio runtime with its timer enabled. [`connect`](Self::connect) does not.
///
/// # Deployment
///
/// Call [`check`](Self::check) at the start of the service. If the server forgets a key, the event can be handled again:
///
/// - **Eviction.** With `maxmemory` and a policy other than `noeviction`, Redis drops keys early. With `noeviction`, a full
///   server rejects claims with status 503.
/// - **Persistence.** Without `appendonly yes`, a restart forgets everything. With `appendfsync everysec`, a crash of the
///   machine forgets the last second.
/// - **Failover.** Replication is asynchronous, so a replica may lack the last claims. `min-replicas-to-write 1` narrows the
///   gap. `WAIT` is not used.
/// - **Clocks.** Only the server measures time. A clock that jumps forward ends leases early: use `ntpd` or similar in slew
///   mode.
/// - **Permissions.** The user needs `SET`, `GET`, `DEL`, `PTTL`, `PEXPIRE` and `EVAL` on the prefix. The check and Sentinels
///   need `INFO`, a cluster needs `CLUSTER SLOTS` and `ASKING`. Without `EVAL` a claim works, but every lease runs out: a later
///   retry is then handled again.
/// - **TLS.** `rediss://` needs the feature `replay-redis-tls`. The certificates are the system's, or those in the file
///   `SSL_CERT_FILE`. If the program has chosen no cryptography for rustls, making a guard chooses `ring` for the whole
///   process. To use another, choose it first.
///
/// # Example
///
/// ```
/// use countersign::ConfigError;
/// use countersign::replay::Redis;
///
/// let guard = Redis::connect("redis://127.0.0.1:6379")?;
/// assert_eq!(Redis::connect("http://127.0.0.1").unwrap_err(), ConfigError::StoreAddressInvalid);
/// # Ok::<(), ConfigError>(())
/// ```
pub struct Redis {
    link: Link,
    prefix: String,
    timeout: Duration,
}

impl Redis {
    /// Uses one server, `redis://[user:password@]host[:port][/database]`, or `rediss://` over TLS. Connects on the first call.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::StoreAddressInvalid`]: `url` is not the address of a Redis server.
    /// - [`ConfigError::StoreTlsMissing`]: `url` asks for TLS, and the feature `replay-redis-tls` is off.
    pub fn connect(url: &str) -> Result<Self, ConfigError> {
        Address::server(url).map(Self::at)
    }

    /// Uses the master that Sentinels name. `url` is an address as for [`connect`](Self::connect), with the master's name as
    /// the host. Its user, password and database are the master's. Each of `sentinels` has its own.
    ///
    /// ```
    /// use countersign::replay::Redis;
    ///
    /// let sentinels = ["redis://10.0.0.1:26379", "redis://10.0.0.2:26379", "redis://10.0.0.3:26379"];
    /// let guard = Redis::sentinel(&sentinels, "redis://:s3cr3t@mymaster/0")?;
    /// # Ok::<(), countersign::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ConfigError::StoreAddressInvalid`]: an address is invalid, or there is no Sentinel.
    /// - [`ConfigError::StoreTlsMissing`]: an address asks for TLS, and the feature `replay-redis-tls` is off.
    #[cfg(feature = "replay-redis-sentinel")]
    pub fn sentinel(sentinels: &[&str], url: &str) -> Result<Self, ConfigError> {
        Address::sentinels(sentinels, url).map(Self::at)
    }

    /// Uses a cluster, found through any of the nodes at `urls`. All nodes share the user, the password and the use of TLS.
    ///
    /// `MOVED` and `ASK` are followed. Each claim is on one node. If a node is down, the cluster rejects all claims, or with
    /// `cluster-require-full-coverage no` only that node's share.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::StoreAddressInvalid`]: an address is invalid, there is none, or they differ in more than the host.
    /// - [`ConfigError::StoreTlsMissing`]: an address asks for TLS, and the feature `replay-redis-tls` is off.
    #[cfg(feature = "replay-redis-cluster")]
    pub fn cluster(urls: &[&str]) -> Result<Self, ConfigError> {
        Address::cluster(urls).map(Self::at)
    }

    fn at(address: Address) -> Self {
        Self { link: Link::new(address), prefix: "countersign:".to_owned(), timeout: LONGEST_TIMEOUT }
    }

    /// Sets the prefix of every key. Default: `countersign:`. Guards of one service share it.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Limits how long a call waits for the server, a new connection included. Default and maximum: one second.
    ///
    /// A timeout outside the layer must be longer: only a call that waits to its end detects a server that hangs.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(LONGEST_TIMEOUT), ..self }
    }

    fn key(&self, key: &ReplayKey) -> String {
        format!("{}{}", self.prefix, hex::encode(key.as_bytes()))
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        self.link.ask(self.timeout, command).await
    }

    /// Runs a script on a key. Returns whether it changed the key.
    async fn run(&self, script: Script<'_>, lease: &Lease) -> Result<bool, Error> {
        let key = self.key(lease.key());
        let answer = self.ask::<i64>(&script.command(&key, lease)).await;
        answer.map(|count| count > 0).map_err(|error| failed(of_script(error)))
    }
}

impl ReplayGuard for Redis {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        let (name, time, lease) = (self.key(key), milliseconds(lease), Lease::new(*key));
        let ours = lease_value(&lease);
        let there: Option<Vec<u8>> = self.ask(&claim(&name, &ours, time)).await.map_err(failed)?;
        // The value can be this lease if the command was sent twice and the first answer was lost.
        let Some(there) = there.filter(|there| *there != ours) else { return Ok(Claim::Leased(lease)) };
        match Value::read(&there) {
            Some(Value::Done(response)) => Ok(Claim::Done(response)),
            Some(Value::Leased) => {
                let left: i64 = self.ask(&time_left(&name)).await.map_err(failed)?;
                // Negative if the lease has just ended.
                Ok(Claim::InProgress {
                    remaining: Duration::from_millis(u64::try_from(left).unwrap_or_default()),
                })
            }
            None => Err(failed(RedisError::ValueUnknown)),
        }
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<bool, Error> {
        self.run(Script::Renew(milliseconds(time)), lease).await
    }

    async fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> Result<bool, Error> {
        self.run(Script::Complete(milliseconds(ttl), &done_value(lease, response)), lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.run(Script::Release, lease).await.map(drop)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A server without memory is a full guard. Otherwise the state is unknown.
fn failed(error: RedisError) -> Error {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "countersign", %error, "replay guard in Redis failed");
    let kind = match error {
        RedisError::MemoryFull => ErrorKind::ReplayGuardFull,
        _ => ErrorKind::ReplayGuardUnavailable,
    };
    Error::new(kind).caused_by(error)
}

const LONGEST_TIMEOUT: Duration = Duration::from_secs(1);
