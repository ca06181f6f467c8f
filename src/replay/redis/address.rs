//! How to find a Redis server: an address, Sentinels or a cluster.

use std::time::Duration;

#[cfg(feature = "replay-redis-cluster")]
use ::redis::cluster::ClusterClient;
#[cfg(feature = "replay-redis-sentinel")]
use ::redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use ::redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
#[cfg(feature = "replay-redis-sentinel")]
use tokio::sync::Mutex;

use super::connection::Connection;
use super::error::RedisError;
use crate::config_error::ConfigError;

pub(super) enum Address {
    Server(Client),
    #[cfg(feature = "replay-redis-sentinel")]
    Sentinels(Mutex<SentinelClient>),
    #[cfg(feature = "replay-redis-cluster")]
    Cluster(Box<ClusterClient>, Client),
}

impl Address {
    pub(super) fn server(url: &str) -> Result<Self, ConfigError> {
        let client = Client::open(read(url)?).map_err(|_| ConfigError::StoreAddressInvalid)?;
        Ok(Self::Server(client))
    }

    /// Finds a master by name. The name is the host of `url`.
    #[cfg(feature = "replay-redis-sentinel")]
    pub(super) fn sentinels(sentinels: &[&str], url: &str) -> Result<Self, ConfigError> {
        let sentinels = sentinels.iter().map(|url| read(url)).collect::<Result<Vec<_>, _>>()?;
        let master = read(url)?;
        let mut node = SentinelNodeConnectionInfo::default()
            .set_redis_connection_info(master.redis_settings().clone())
            .set_tcp_settings(master.tcp_settings().clone());
        let name = match master.addr() {
            ConnectionAddr::Tcp(name, _) => name,
            ConnectionAddr::TcpTls { host, .. } => {
                node = node.set_tls_mode(::redis::TlsMode::Secure);
                host
            }
            _ => return Err(ConfigError::StoreAddressInvalid),
        };
        SentinelClient::build(sentinels, name.clone(), Some(node), SentinelServerType::Master)
            .map(|client| Self::Sentinels(Mutex::new(client)))
            .map_err(|_| ConfigError::StoreAddressInvalid)
    }

    #[cfg(feature = "replay-redis-cluster")]
    pub(super) fn cluster(urls: &[&str]) -> Result<Self, ConfigError> {
        let nodes = urls.iter().map(|url| read(url)).collect::<Result<Vec<_>, _>>()?;
        let first = nodes.first().ok_or(ConfigError::StoreAddressInvalid)?;
        let settings = first.tcp_settings().clone();
        let node = Client::open(first.clone()).map_err(|_| ConfigError::StoreAddressInvalid)?;
        ClusterClient::builder(nodes)
            .tcp_settings(settings)
            .connection_timeout(STEP)
            .response_timeout(STEP)
            // A call repeats its command itself, within its timeout.
            .retries(2)
            .min_retry_wait(20)
            .max_retry_wait(200)
            .build()
            .map(|client| Self::Cluster(Box::new(client), node))
            .map_err(|_| ConfigError::StoreAddressInvalid)
    }

    pub(super) async fn connect(&self) -> Result<Connection, RedisError> {
        // Calls have their own timeout.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(STEP)).set_response_timeout(Some(STEP));
        let connection = match self {
            Self::Server(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
            }
            #[cfg(feature = "replay-redis-sentinel")]
            Self::Sentinels(client) => {
                let mut client = client.lock().await;
                client.get_async_connection_with_config(&config).await.map(Connection::Server)
            }
            #[cfg(feature = "replay-redis-cluster")]
            Self::Cluster(client, node) => match client.get_async_connection().await {
                // The client does not say why it reached no node, so a node is asked.
                Err(error) if error.is_io_error() => {
                    let reached = node.get_multiplexed_async_connection_with_config(&config).await;
                    Err(reached.err().unwrap_or(error))
                }
                connected => connected.map(Connection::Cluster),
            },
        };
        connection.map_err(|error| RedisError::new(&error))
    }

    /// Whether it is a cluster. A cluster's client follows changes and repeats commands itself.
    pub(super) fn is_cluster(&self) -> bool {
        match self {
            Self::Server(_) => false,
            #[cfg(feature = "replay-redis-sentinel")]
            Self::Sentinels(_) => false,
            #[cfg(feature = "replay-redis-cluster")]
            Self::Cluster(..) => true,
        }
    }
}

fn read(url: &str) -> Result<ConnectionInfo, ConfigError> {
    let info = url.into_connection_info().map_err(|_| {
        // Without TLS, the crate reports such an address as invalid.
        let asks_for_tls = url.starts_with("rediss:") || url.starts_with("valkeys:");
        if asks_for_tls && !cfg!(feature = "replay-redis-tls") {
            ConfigError::StoreTlsMissing
        } else {
            ConfigError::StoreAddressInvalid
        }
    })?;
    match info.addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => return Err(ConfigError::StoreAddressInvalid),
        ConnectionAddr::TcpTls { .. } => pick_cryptography(),
        _ => {}
    }
    let settings = info.tcp_settings().clone().set_nodelay(true);
    Ok(info.set_tcp_settings(settings))
}

/// Chooses rustls's cryptography unless the program has chosen one. rustls panics if none or two are enabled and none is
/// chosen.
#[cfg(feature = "replay-redis-tls")]
fn pick_cryptography() {
    use rustls::crypto::{CryptoProvider, ring};

    if CryptoProvider::get_default().is_none() {
        drop(ring::default_provider().install_default());
    }
}

#[cfg(not(feature = "replay-redis-tls"))]
fn pick_cryptography() {}

/// The longest time for one step of connecting, and for one answer.
const STEP: Duration = Duration::from_secs(1);
