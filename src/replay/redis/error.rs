//! Why a Redis server cannot serve a guard.

use std::io;

use ::redis::{ErrorKind, ServerErrorKind};

/// Says why a Redis server cannot serve a guard. [`Redis::check`](super::Redis::check) returns it. It is also the
/// [`source`](std::error::Error::source) of an [`Error`](crate::Error) from the guard.
///
/// The text holds no password, key or value.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::error::Error as _;
/// use std::time::Duration;
///
/// use countersign::ReplayKey;
/// use countersign::replay::{Redis, RedisError, ReplayGuard};
///
/// // Nothing listens on port 1.
/// let guard = Redis::connect("redis://:s3cr3t@127.0.0.1:1")?;
/// assert_eq!(guard.check().await, Err(RedisError::ConnectionRefused));
///
/// let error = guard.claim(&ReplayKey::new(["a1b2"]), Duration::from_secs(60)).await.unwrap_err();
/// assert_eq!(error.to_string(), "replay guard is unavailable");
/// assert_eq!(error.source().unwrap().to_string(), "connection to the server was refused");
/// # Ok::<(), countersign::ConfigError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisError {
    /// The guard was called outside a Tokio runtime.
    #[error("no Tokio runtime is running")]
    RuntimeMissing,

    /// Nothing listens at the address.
    #[error("connection to the server was refused")]
    ConnectionRefused,
    /// The connection failed for another reason, such as a name that does not resolve.
    #[error("server cannot be reached: {0}")]
    Unreachable(Box<str>),
    /// The connection broke, or the server closed it.
    #[error("connection to the server was lost")]
    ConnectionLost,
    /// The server did not answer within the timeout. This also happens if only one side uses TLS.
    #[error("server did not answer in time")]
    TimedOut,
    /// The TLS handshake failed.
    #[error("TLS handshake with the server failed: {0}")]
    TlsFailed(Box<str>),

    /// The user or password is wrong or missing.
    #[error("server did not accept the user and password, or their absence")]
    AuthenticationFailed,
    /// The server's access control list forbids the user a command or a key of the guard.
    #[error("user lacks a permission")]
    PermissionMissing,
    /// The user may not run scripts. A claim works, but no lease can be completed, renewed or released, so it runs out.
    #[error("user may not run scripts (EVAL)")]
    ScriptingMissing,
    /// The server is older than version 7.0, the first in which `SET` takes `NX` and `GET` together.
    #[error("server is older than version 7.0")]
    ServerTooOld,

    /// The server is a replica, or was the master before a failover.
    #[error("server is a read-only replica")]
    ReadOnly,
    /// The server is starting and still loads its data.
    #[error("server is loading its data")]
    Loading,
    /// The server is a replica that lost its master.
    #[error("server has lost its master")]
    MasterDown,
    /// No Sentinel knows a master of this name.
    #[error("no Sentinel knows a working master of this name")]
    MasterUnknown,

    /// The server is a node of a cluster, but the guard was made for a single server.
    #[error("server is a node of a cluster")]
    ClusterUnexpected,
    /// The server is not a node of a cluster, but the guard was made for one.
    #[error("server is not a node of a cluster")]
    ClusterMissing,
    /// The cluster does not serve the key's slot.
    #[error("cluster does not serve the slot of the key")]
    ClusterDown,

    /// The server has no database with the number in the address.
    #[error("server has no database of this number")]
    DatabaseMissing,
    /// The server has reached its `maxmemory`.
    #[error("server has no memory left")]
    MemoryFull,
    /// The server has a `maxmemory` and then drops keys: its `maxmemory-policy` is not `noeviction`.
    #[error("server forgets keys when its memory is full: set maxmemory-policy to noeviction")]
    Evicting,
    /// The server has reached its limit of clients.
    #[error("server has too many clients")]
    ClientsTooMany,
    /// The key holds a value that no guard of this version wrote.
    #[error("key holds a value that is not the guard's")]
    ValueUnknown,
    /// Any other error, as the server's code or the client's name for it.
    #[error("server answered with the error {0}")]
    Other(Box<str>),
}

impl RedisError {
    pub(super) fn new(error: &::redis::RedisError) -> Self {
        // A server's details can repeat the command with a password. So they are compared, never kept.
        let says = |text: &str| error.detail().is_some_and(|detail| detail.contains(text));
        match error.kind() {
            ErrorKind::Io => Self::of_connection(error),
            // `rustls` rejects a host name that no certificate can have, before there is a connection.
            ErrorKind::Client if cfg!(feature = "replay-redis-tls") => {
                Self::TlsFailed("client cannot begin it".into())
            }
            ErrorKind::AuthenticationFailed => Self::AuthenticationFailed,
            ErrorKind::MasterNameNotFoundBySentinel => Self::MasterUnknown,
            ErrorKind::ClusterConnectionNotFound => Self::ClusterDown,
            ErrorKind::UnexpectedReturnType => Self::ValueUnknown,
            ErrorKind::Server(kind) => match kind {
                ServerErrorKind::ReadOnly => Self::ReadOnly,
                ServerErrorKind::BusyLoading => Self::Loading,
                ServerErrorKind::MasterDown => Self::MasterDown,
                ServerErrorKind::NoPerm => Self::PermissionMissing,
                ServerErrorKind::Moved | ServerErrorKind::Ask => Self::ClusterUnexpected,
                ServerErrorKind::ClusterDown | ServerErrorKind::TryAgain => Self::ClusterDown,
                ServerErrorKind::ResponseError if says("syntax error") => Self::ServerTooOld,
                ServerErrorKind::ResponseError if says("cluster support disabled") => Self::ClusterMissing,
                ServerErrorKind::ResponseError if says("DB index is out of range") => Self::DatabaseMissing,
                // A cluster has only one database.
                ServerErrorKind::ResponseError if says("SELECT is not allowed") => Self::ClusterUnexpected,
                ServerErrorKind::ResponseError if says("max number of clients") => Self::ClientsTooMany,
                _ => Self::other(error),
            },
            _ => match error.code() {
                Some("NOAUTH" | "WRONGPASS") => Self::AuthenticationFailed,
                Some("OOM") => Self::MemoryFull,
                Some("WRONGTYPE") => Self::ValueUnknown,
                _ => Self::other(error),
            },
        }
    }

    fn of_connection(error: &::redis::RedisError) -> Self {
        let text = || error.to_string().into_boxed_str();
        if error.is_connection_refusal() {
            Self::ConnectionRefused
        } else if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connection_dropped() {
            Self::ConnectionLost
        } else if io_kind(error) == Some(io::ErrorKind::InvalidData) {
            // This error comes from `rustls`, never from a socket.
            Self::TlsFailed(text())
        } else {
            Self::Unreachable(text())
        }
    }

    fn other(error: &::redis::RedisError) -> Self {
        Self::Other(error.code().unwrap_or(error.category()).into())
    }
}

fn io_kind(error: &::redis::RedisError) -> Option<io::ErrorKind> {
    let shared = std::error::Error::source(error)?.downcast_ref::<Shared>()?;
    Some(shared.downcast_ref::<io::Error>()?.kind())
}

type Shared = std::sync::Arc<dyn std::error::Error + Send + Sync>;
