//! A replay guard that many machines share.

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

/// Remembers requests in Redis 7.0 or newer, or a server that speaks its protocol, for a service that runs on several machines.
///
/// - **Commands.** A claim is one `SET key lease NX GET PX time`, and one `PTTL` where another's lease is there. Completing,
///   renewing and releasing are one script each, which compares the lease and then acts. So a request takes at most two round trips.
/// - **Keys.** A prefix and the [`ReplayKey`] in hex. The value is the lease's token, and then *done* with the response, if one is
///   kept.
/// - **Connection.** One connection is shared. It is made on the first call, and again when it is lost. After a failover the
///   address may lead to another server: on `READONLY`, `LOADING`, `MASTERDOWN` or a lost connection, the guard connects anew and
///   sends its command once more.
/// - **Failure.** When the server does not answer within the [patience](Self::patience), the call fails with
///   [`ReplayGuardUnavailable`](ErrorKind::ReplayGuardUnavailable), status 503, so that the platform sends again. The request never
///   passes. The cause is the error's [`source`](std::error::Error::source), a [`RedisError`], and a `tracing` event. Failed calls
///   leave no task and no memory behind. A claim whose answer was lost may have been made: its lease runs out by itself.
///
/// All calls need a Tokio runtime with its timers enabled; [`connect`](Self::connect) does not.
///
/// # Deployment
///
/// Call [`check`](Self::check) when the service starts. What the server forgets, the guard forgets, and the event is handled again:
///
/// - **Eviction.** With `maxmemory` and a policy other than `noeviction`, Redis drops keys early. With `noeviction` a full server
///   refuses claims, with status 503.
/// - **Persistence.** Without `appendonly yes`, a restart forgets everything. With `appendfsync everysec`, a crash of the machine
///   forgets the last second.
/// - **Failover.** Replication is asynchronous: a replica that was behind lacks the last claims. `min-replicas-to-write 1` narrows
///   the gap. `WAIT` is not used.
/// - **Clocks.** Only the server measures time. A clock that jumps forward ends leases early: use `ntpd` or its like in slew mode.
/// - **Permissions.** The user needs `SET`, `GET`, `DEL`, `PTTL`, `PEXPIRE` and `EVAL` on the prefix, and `INFO` for the check and
///   with Sentinels. In a cluster also `CLUSTER SLOTS` and `ASKING`. Without `EVAL` a claim works, but leases run out by themselves: a request is handled again
///   when it is sent again after that.
/// - **TLS.** `rediss://` needs the feature `replay-redis-tls`. The certificates are those of the system, or the file that `SSL_CERT_FILE`
///   names. Where the program has picked no cryptography for rustls, making a guard picks `ring` for the whole process: pick another one
///   before.
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
    patience: Duration,
}

impl Redis {
    /// Uses one server, `redis://[user:password@]host[:port][/database]`, or `rediss://` over TLS. Connects on the first call.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::StoreAddressInvalid`]: `url` is no address of a Redis server.
    /// - [`ConfigError::StoreTlsMissing`]: `url` asks for TLS, and the feature `replay-redis-tls` is off.
    pub fn connect(url: &str) -> Result<Self, ConfigError> {
        Address::server(url).map(Self::at)
    }

    /// Uses the master that Sentinels name. `url` is an address as for [`connect`](Self::connect), with the master's name in place of
    /// the host: its user, password and database are those of the master. Each of `sentinels` has its own.
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
    /// - [`ConfigError::StoreAddressInvalid`]: one of them is no address, or there is no Sentinel.
    /// - [`ConfigError::StoreTlsMissing`]: one of them asks for TLS, and the feature `replay-redis-tls` is off.
    #[cfg(feature = "replay-redis-sentinel")]
    pub fn sentinel(sentinels: &[&str], url: &str) -> Result<Self, ConfigError> {
        Address::sentinels(sentinels, url).map(Self::at)
    }

    /// Uses a cluster, found through any of the nodes at `urls`. They have one user, one password and either TLS or none.
    ///
    /// Redirections (`MOVED`, `ASK`) are followed. Each claim is on one node. With `cluster-require-full-coverage no`, a node that
    /// is down refuses its share alone; else the whole cluster refuses.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::StoreAddressInvalid`]: one of them is no address, there is none, or they differ in more than the host.
    /// - [`ConfigError::StoreTlsMissing`]: one of them asks for TLS, and the feature `replay-redis-tls` is off.
    #[cfg(feature = "replay-redis-cluster")]
    pub fn cluster(urls: &[&str]) -> Result<Self, ConfigError> {
        Address::cluster(urls).map(Self::at)
    }

    fn at(address: Address) -> Self {
        Self { link: Link::new(address), prefix: "countersign:".to_owned(), patience: DEFAULT_PATIENCE }
    }

    /// Begins every key in the server with `prefix`, by default `countersign:`. Guards of one service share it.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Waits for the server for at most so long, by default and at most one second, a new connection included.
    ///
    /// Keep a timeout outside the layer longer: only a call that waits to its end finds out that a server hangs.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience: patience.min(DEFAULT_PATIENCE), ..self }
    }

    fn key(&self, key: &ReplayKey) -> String {
        format!("{}{}", self.prefix, hex::encode(key.as_bytes()))
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        self.link.ask(self.patience, command).await
    }

    /// Runs a script on a key. Answers whether it changed it.
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
        // What is there is ours where it was sent twice, and the first answer was lost.
        let Some(there) = there.filter(|there| *there != ours) else { return Ok(Claim::Leased(lease)) };
        match Value::read(&there) {
            Some(Value::Done(response)) => Ok(Claim::Done(response)),
            Some(Value::Leased) => {
                let left: i64 = self.ask(&time_left(&name)).await.map_err(failed)?;
                // Negative where the lease has just ended.
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
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// A server without memory is a guard that is full; of another, the state cannot be told.
fn failed(error: RedisError) -> Error {
    #[cfg(feature = "tracing")]
    tracing::warn!(%error, "replay guard in Redis failed");
    let kind = match error {
        RedisError::MemoryFull => ErrorKind::ReplayGuardFull,
        _ => ErrorKind::ReplayGuardUnavailable,
    };
    Error::new(kind).caused_by(error)
}

const DEFAULT_PATIENCE: Duration = Duration::from_secs(1);
