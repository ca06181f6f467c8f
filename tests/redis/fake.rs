//! A server with answers from the test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::replay::Redis;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Fake {
    /// `answer` gets each command, as words with spaces between them, and the connection's number. `None` sends nothing, and an
    /// empty answer ends the connection.
    pub(crate) async fn start(
        answer: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, connections) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                tokio::spawn(serve(stream, move |command: &str| answer(command, number)));
            }
        });
        Self { address, connections, accepting }
    }

    /// A cluster of one node, with these answers.
    pub(crate) async fn cluster(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (Self, Redis) {
        let port = Arc::new(AtomicUsize::new(0));
        let own = Arc::clone(&port);
        let fake = Self::start(move |command, _| {
            let port = own.load(Ordering::SeqCst);
            Some(match command.split(' ').next() {
                Some("CLUSTER") => {
                    format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{port}")
                }
                Some("SET" | "EVAL") => answer(command).replace("{port}", &port.to_string()),
                _ => "+OK".to_owned(),
            })
        })
        .await;
        port.store(fake.address.port().into(), Ordering::SeqCst);
        let guard = Redis::cluster(&[&format!("redis://{}", fake.address)]).unwrap();
        (fake, guard)
    }

    pub(crate) fn guard(&self) -> Redis {
        Redis::connect(&format!("redis://{}", self.address)).unwrap()
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, answer: impl Fn(&str) -> Option<String>) {
    let mut stream = BufReader::new(stream);
    while let Some(command) = command(&mut stream).await {
        let Some(answer) = answer(&command) else { continue };
        if answer.is_empty() || stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn command(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut words = Vec::new();
    for _ in 0..number(stream).await? {
        let mut word = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word).trim_end().to_owned());
    }
    Some(words.join(" "))
}

/// The number of a line such as `*3` or `$5`.
async fn number(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().get(1..)?.parse().ok()
}
