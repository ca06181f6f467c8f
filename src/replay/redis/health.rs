//! What keeps a server from serving a guard, for the start of a service.

use ::redis::{Value, cmd};

use super::Redis;
use super::error::RedisError;
use super::script::{Script, claim, lease_value, time_left};
use crate::replay::Lease;
use crate::verifier::ReplayKey;

impl Redis {
    /// Checks, when a service starts, that the server serves: it connects, makes and releases a claim as the guard does, and
    /// reads the server's settings.
    ///
    /// Where the user may not run `INFO`, the eviction policy cannot be checked.
    ///
    /// # Errors
    ///
    /// What is wrong: the server cannot be reached, its TLS or its authentication failed, it is older than 7.0, it is a replica,
    /// it belongs to a cluster and the guard does not, it has no memory left or [forgets](RedisError::Evicting) keys, or the user
    /// may not run scripts or another command.
    pub async fn check(&self) -> Result<(), RedisError> {
        let lease = Lease::new(ReplayKey::new(["check"]));
        // Another name than any claim's, and one for each check.
        let name = format!("{}check:{}", self.prefix, String::from_utf8_lossy(&lease_value(&lease)));
        self.ask::<Option<Vec<u8>>>(|_| claim(&name, &lease_value(&lease), CHECK_MILLISECONDS)).await?;
        self.ask::<i64>(|_| time_left(&name)).await?;
        self.ask::<i64>(|sent| Script::Release.command(&name, &lease, sent)).await.map_err(of_script)?;
        match self.ask::<Value>(|_| cmd("INFO")).await {
            Ok(info) => self.check_settings(&info),
            Err(RedisError::PermissionMissing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Of one server, or of each of a cluster.
    fn check_settings(&self, info: &Value) -> Result<(), RedisError> {
        for server in texts(info) {
            let setting = |name: &str| {
                server.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
            };
            if setting("cluster_enabled") == Some("1") && !self.link.address().is_cluster() {
                return Err(RedisError::ClusterUnexpected);
            }
            let bounded = setting("maxmemory").is_some_and(|bytes| bytes != "0");
            if bounded && setting("maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
                return Err(RedisError::Evicting);
            }
        }
        Ok(())
    }
}

/// A script that may not be run is another matter than a command that may not.
pub(super) fn of_script(error: RedisError) -> RedisError {
    match error {
        RedisError::PermissionMissing => RedisError::ScriptingMissing,
        error => error,
    }
}

/// Every text in an answer: one of a server, or of each of a cluster by its name.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::BulkString(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
        Value::VerbatimString { text, .. } => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Map(pairs) => pairs.iter().flat_map(|(_, value)| texts(value)).collect(),
        _ => Vec::new(),
    }
}

/// The key of a check goes by itself if the check cannot release it.
const CHECK_MILLISECONDS: u64 = 10_000;
