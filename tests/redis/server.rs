//! Redis servers that end with their test.

use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use countersign::replay::Redis;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::at_last;

/// A server on a free loopback port, with a folder of its own.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With more settings, in command-line form.
    pub(crate) async fn with(settings: &[&str]) -> Self {
        Self::at(free_address(), settings).await
    }

    pub(crate) async fn at(address: SocketAddr, settings: &[&str]) -> Self {
        let port = format!("port {}", address.port());
        Self::run(address, "server", &[&[port.as_str()], settings].concat().join("\n")).await
    }

    /// A Sentinel with this configuration.
    pub(crate) async fn sentinel(configuration: &str) -> Self {
        let address = free_address();
        Self::run(address, "sentinel", &format!("port {}\n{configuration}", address.port())).await
    }

    async fn run(address: SocketAddr, kind: &str, lines: &str) -> Self {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("countersign-redis-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("redis.conf");
        let common = format!("bind 127.0.0.1\ndir {}\n", folder.display());
        let storage = if kind == "server" { "save \"\"\nappendonly no\n" } else { "" };
        fs::write(&file, format!("{common}{storage}{lines}")).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&file);
        if kind == "sentinel" {
            command.arg("--sentinel");
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("redis-server is installed: `apt-get install redis-server redis-sentinel`");
        let mut server = Self { child, folder, address };
        at_last("redis-server answers", async || {
            assert_eq!(server.child.try_wait().unwrap(), None, "redis-server cannot start");
            // A server that requires a password answers too.
            TcpStream::connect(server.address).await.ok()
        })
        .await;
        server
    }

    /// Sends a command without the guard's library.
    pub(crate) async fn say(&self, command: &str) -> String {
        Wire::to(self.address).await.say(command).await
    }

    /// Waits until the answer to a command contains `text`.
    pub(crate) async fn until(&self, command: &str, text: &str) {
        let mut wire = Wire::to(self.address).await;
        let awaited = format!("{command} answers {text}");
        at_last(&awaited, async || wire.say(command).await.contains(text).then_some(())).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub(crate) fn guard(&self) -> Redis {
        Redis::connect(&self.url()).unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Kills the server and returns its address.
    pub(crate) fn kill(mut self) -> SocketAddr {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A connection with the Redis protocol.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    /// Sends a command of words separated by spaces. Returns the answer's lines with their type signs.
    pub(crate) async fn say(&mut self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        self.send(&words).await
    }

    pub(crate) async fn send(&mut self, words: &[&str]) -> String {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            write!(request, "${}\r\n{word}\r\n", word.len()).unwrap();
        }
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let mut values = 1_u32;
        while values > 0 {
            values -= 1;
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            let line = line.trim_end();
            let count = line.get(1..).and_then(|count| count.parse::<i64>().ok()).unwrap_or(-1);
            match line.as_bytes().first() {
                Some(b'*') => values += u32::try_from(count.max(0)).unwrap(),
                Some(b'$') if count >= 0 => {
                    let mut text = vec![0; usize::try_from(count).unwrap() + 2];
                    self.0.read_exact(&mut text).await.unwrap();
                    answer += String::from_utf8_lossy(&text).trim_end();
                }
                _ => answer += line,
            }
            answer.push('\n');
        }
        answer.trim_end().to_owned()
    }
}

/// An address without a listener. This process takes its port only once. The bus of a cluster's node has the port 10,000 above, where
/// no server listens. Both ports are below those of outgoing connections.
pub(crate) fn free_address() -> SocketAddr {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = 10_000 + (first + TAKEN.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

static STARTED: AtomicU32 = AtomicU32::new(0);
