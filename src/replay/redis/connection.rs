//! The connection to a Redis server. All calls share it. It is replaced when it is lost or leads to the wrong server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
#[cfg(feature = "replay-redis-cluster")]
use ::redis::cluster_async::ClusterConnection;
use ::redis::{Cmd, ErrorKind, FromRedisValue, ServerErrorKind};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::error::RedisError;

pub(super) struct Link {
    address: Arc<Address>,
    latest: Mutex<Option<Attempt>>,
}

#[derive(Clone)]
pub(super) enum Connection {
    Server(MultiplexedConnection),
    #[cfg(feature = "replay-redis-cluster")]
    Cluster(ClusterConnection),
}

/// An attempt to connect: running, failed or connected. All calls share the latest.
type Attempt = watch::Receiver<Option<Result<Connection, RedisError>>>;

impl Link {
    pub(super) fn new(address: Address) -> Self {
        Self { address: Arc::new(address), latest: Mutex::new(None) }
    }

    /// Sends a command and waits at most `limit` for its answer, a new connection included.
    ///
    /// If the connection is lost, or a failover has made the server the wrong one, it reconnects and sends the command once
    /// more. In a cluster whose slots move, it repeats the command until the timeout. So a command may run more than
    /// once.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        limit: Duration,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        let runtime = Handle::try_current().map_err(|_| RedisError::RuntimeMissing)?;
        let (mut asked, mut moved, mut reconnected) = (None, None, false);
        let answer = timeout(limit, async {
            loop {
                match self.ask_once(&runtime, &mut asked, command).await {
                    Err(Failure { again: Again::Elsewhere, .. }) if !reconnected => reconnected = true,
                    Err(Failure { again: Again::Soon, error }) => {
                        moved = Some(error);
                        sleep(PAUSE).await;
                    }
                    answer => return answer.map_err(|failure| failure.error),
                }
            }
        });
        if let Ok(answer) = answer.await {
            return answer;
        }
        // The server may hang or be gone. A cluster's client checks its nodes itself.
        if let Some(attempt) = asked.filter(|_| !self.address.is_cluster()) {
            self.forget(&attempt);
        }
        Err(moved.unwrap_or(RedisError::TimedOut))
    }

    async fn ask_once<T: FromRedisValue>(
        &self,
        runtime: &Handle,
        asked: &mut Option<Attempt>,
        command: &Cmd,
    ) -> Result<T, Failure> {
        let mut attempt = self.attempt(runtime);
        let connected = attempt.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        // No outcome: the runtime of the attempt ended.
        let connection = connected.ok().flatten().unwrap_or(Err(RedisError::ConnectionLost));
        let connection = connection.map_err(|error| Failure { error, again: Again::Never })?;
        let attempt = asked.insert(attempt);
        connection.ask(command).await.map_err(|error| {
            let again = self.again(&error);
            if again == Again::Elsewhere {
                self.forget(attempt);
            }
            let error = match RedisError::new(&error) {
                RedisError::ClusterUnexpected if self.address.is_cluster() => RedisError::ClusterDown,
                error => error,
            };
            Failure { error, again }
        })
    }

    fn again(&self, error: &::redis::RedisError) -> Again {
        use ServerErrorKind::{Ask, BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly, TryAgain};

        match error.kind() {
            ErrorKind::Server(ReadOnly | BusyLoading | MasterDown) => Again::Elsewhere,
            // The cluster's client has followed it. For a slot that moves it sends `ASKING` first. Another command on the same
            // connection can come between the two.
            ErrorKind::Server(Ask | Moved | TryAgain | ClusterDown) if self.address.is_cluster() => {
                Again::Soon
            }
            _ if error.is_unrecoverable_error() => Again::Elsewhere,
            _ => Again::Never,
        }
    }

    /// Returns the latest attempt, or a new one if there is none or it failed. An attempt continues without its callers. At
    /// most one runs.
    fn attempt(&self, runtime: &Handle) -> Attempt {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempt) = latest.as_ref().filter(|attempt| !has_failed(attempt)) {
            return attempt.clone();
        }
        let (outcome, attempt) = watch::channel(None);
        let address = Arc::clone(&self.address);
        runtime.spawn(async move {
            let connected = timeout(MAX_CONNECTING, address.connect()).await;
            outcome.send_replace(Some(connected.unwrap_or(Err(RedisError::TimedOut))));
        });
        latest.insert(attempt).clone()
    }

    /// Makes the next call reconnect. Calls on the old connection continue.
    fn forget(&self, attempt: &Attempt) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_some_and(|latest| latest.same_channel(attempt)) {
            *latest = None;
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}

impl Connection {
    async fn ask<T: FromRedisValue>(self, command: &Cmd) -> Result<T, ::redis::RedisError> {
        match self {
            Self::Server(mut connection) => command.query_async(&mut connection).await,
            #[cfg(feature = "replay-redis-cluster")]
            Self::Cluster(mut connection) => command.query_async(&mut connection).await,
        }
    }
}

struct Failure {
    error: RedisError,
    again: Again,
}

/// How to repeat a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Never,
    /// On a new connection, since the address may lead to another server now.
    Elsewhere,
    /// On the same connection, after a pause.
    Soon,
}

fn has_failed(attempt: &Attempt) -> bool {
    match &*attempt.borrow() {
        Some(outcome) => outcome.is_err(),
        // The sender is gone, so no outcome will come.
        None => attempt.has_changed().is_err(),
    }
}

/// The longest time to connect, with several Sentinels to ask.
const MAX_CONNECTING: Duration = Duration::from_secs(5);
/// The pause between attempts in a cluster whose slots move.
const PAUSE: Duration = Duration::from_millis(5);
