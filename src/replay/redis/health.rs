//! A check of the server, for the start of a service.

use ::redis::{Value, cmd};

use super::Redis;
use super::error::RedisError;
use super::script::{Script, claim, lease_value, time_left};
use crate::replay::Lease;
use crate::verifier::ReplayKey;

impl Redis {
    /// Checks at the start of a service that the server can serve a guard. It connects, makes and releases a claim, and reads
    /// the server's settings.
    ///
    /// If the user may not run `INFO`, the eviction policy is not checked.
    ///
    /// # Errors
    ///
    /// - The server cannot be reached, or its TLS or authentication failed.
    /// - It lacks the database, is older than 7.0 or is a replica.
    /// - It belongs to a cluster and the guard does not, or the reverse.
    /// - It has no memory left, or [drops](RedisError::Evicting) keys.
    /// - The user may not run scripts or another command.
    pub async fn check(&self) -> Result<(), RedisError> {
        let lease = Lease::new(ReplayKey::new(["check"]));
        // The name differs from every claim's and every other check's.
        let name = format!("{}check:{}", self.prefix, String::from_utf8_lossy(&lease_value(&lease)));
        self.ask::<Option<Vec<u8>>>(&claim(&name, &lease_value(&lease), CHECK_MILLISECONDS)).await?;
        self.ask::<i64>(&time_left(&name)).await?;
        self.ask::<i64>(&Script::Release.command(&name, &lease)).await.map_err(of_script)?;
        match self.ask::<Value>(&cmd("INFO")).await {
            Ok(info) => self.check_settings(&info),
            Err(RedisError::PermissionMissing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Checks one server, or each node of a cluster.
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

/// Distinguishes a forbidden script from a forbidden command.
pub(super) fn of_script(error: RedisError) -> RedisError {
    match error {
        RedisError::PermissionMissing => RedisError::ScriptingMissing,
        error => error,
    }
}

/// Returns every text in an answer: one for a server, or one per node of a cluster.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::BulkString(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
        Value::VerbatimString { text, .. } => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Map(pairs) => pairs.iter().flat_map(|(_, value)| texts(value)).collect(),
        _ => Vec::new(),
    }
}

/// The key of a check expires if the check cannot release it.
const CHECK_MILLISECONDS: u64 = 10_000;
