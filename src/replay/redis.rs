//! A replay guard that many machines share.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, Cmd, FromRedisValue, cmd};
use tokio::runtime::Handle;

use super::{ReplayGuard, digest};
use crate::config_error::ConfigError;
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::verifier::ReplayKey;

/// Remembers deliveries in a Redis server (or one that speaks its protocol), for a service that runs on several machines.
///
/// A claim is one `SET key token NX PX ttl`, where the key is a prefix and the SHA-256 of the replay key. One connection is
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
    /// Tells this guard's claims from those of others.
    instance: String,
    claims: AtomicU64,
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
        Ok(Self {
            connection,
            prefix: "countersign:".to_owned(),
            patience: DEFAULT_PATIENCE,
            // Two numbers that no other instance has: each state of this kind is another.
            instance: format!(
                "{:016x}{:016x}",
                RandomState::new().hash_one(0),
                RandomState::new().hash_one(1)
            ),
            claims: AtomicU64::new(0),
        })
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
        format!("{}{}", self.prefix, hex::encode(&digest(key)))
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        ask(self.connection.clone(), self.patience, command).await
    }

    /// Withdraws, without anybody waiting, a claim that may have been made.
    fn withdraw(&self, key: &str, token: &str) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (connection, command) = (self.connection.clone(), delete_owned(key, token));
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
    async fn claim(&self, key: &ReplayKey, ttl: Duration) -> Result<(), Error> {
        let key = self.key(key);
        let token = format!("{}:{};", self.instance, self.claims.fetch_add(1, Ordering::Relaxed));
        let milliseconds =
            u64::try_from(ttl.as_millis()).unwrap_or(MAX_MILLISECONDS).clamp(1, MAX_MILLISECONDS);
        let mut set = cmd("SET");
        set.arg(&key).arg(&token).arg("NX").arg("PX").arg(milliseconds);
        let mut unanswered = Unanswered { guard: self, claim: Some((key, token)) };
        let answer = self.ask::<Option<String>>(&set).await?;
        unanswered.claim = None;
        if answer.is_some() { Ok(()) } else { Err(ErrorKind::Replayed.into()) }
    }

    async fn release(&self, key: &ReplayKey) -> Result<(), Error> {
        self.ask::<i64>(&delete_owned(&self.key(key), &self.instance)).await.map(drop)
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

/// A claim, by its key and token, of which nobody knows whether the server took it: the answer did not come, or is not waited
/// for any more.
struct Unanswered<'g> {
    guard: &'g Redis,
    claim: Option<(String, String)>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some((key, token)) = &self.claim {
            self.guard.withdraw(key, token);
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

/// Deletes a key whose value begins with `owner`.
fn delete_owned(key: &str, owner: &str) -> Cmd {
    let mut eval = cmd("EVAL");
    eval.arg(DELETE_OWNED).arg(1).arg(key).arg(owner);
    eval
}

const DELETE_OWNED: &str = "local owner = redis.call('GET', KEYS[1]) \
    if owner and string.sub(owner, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end \
    return 0";
const DEFAULT_PATIENCE: Duration = Duration::from_secs(1);
/// A hundred years.
const MAX_MILLISECONDS: u64 = 3_155_760_000_000;
/// How often a withdrawal is tried.
const WITHDRAWALS: u32 = 60;
