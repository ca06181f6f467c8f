//! A proxy between guard and server: it moves the address, slows connections and counts round trips.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::replay::Redis;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Forwards connections to its current target.
pub(crate) struct Between {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    leads_to: Mutex<Option<SocketAddr>>,
    /// The delay of each answer.
    delay: Mutex<Duration>,
    /// Whether the next answer is lost, with its connection.
    lose: AtomicBool,
    /// Whether the last bytes came from the client.
    asked: AtomicBool,
    round_trips: AtomicU32,
    connections: AtomicU32,
}

impl Between {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { leads_to: Mutex::new(Some(server)), ..Shared::default() });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// Forwards new connections to another server. Open connections stay.
    pub(crate) fn move_to(&self, server: SocketAddr) {
        *self.shared.leads_to.lock().unwrap() = Some(server);
    }

    pub(crate) fn answer_after(&self, delay: Duration) {
        *self.shared.delay.lock().unwrap() = delay;
    }

    /// The server carries out the next command, but its answer is lost.
    pub(crate) fn lose_an_answer(&self) {
        self.shared.lose.store(true, Ordering::SeqCst);
    }

    pub(crate) fn guard(&self) -> Redis {
        Redis::connect(&format!("redis://{}", self.address)).unwrap()
    }

    /// The number of round trips since the last call.
    pub(crate) fn round_trips(&self) -> u32 {
        self.shared.round_trips.swap(0, Ordering::SeqCst)
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> u32 {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let target = shared.leads_to.lock().unwrap().unwrap();
        // Without a listener, the connection ends.
        let Ok(server) = TcpStream::connect(target).await else { continue };
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::spawn(hand_on(from_client, to_server, Arc::clone(&shared), true));
        tokio::spawn(hand_on(from_server, to_client, Arc::clone(&shared), false));
    }
}

async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: Arc<Shared>, asks: bool) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let asked = shared.asked.swap(asks, Ordering::SeqCst);
        if asks && !asked {
            shared.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        if !asks {
            let delay = *shared.delay.lock().unwrap();
            tokio::time::sleep(delay).await;
            if shared.lose.swap(false, Ordering::SeqCst) {
                break;
            }
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
}
