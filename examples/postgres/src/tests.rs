//! Starts its own Postgres server on a free loopback port.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use countersign::{ReplayKey, UnixTime, sign};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use tower::ServiceExt;

use super::*;

const NOW: i64 = 1_700_000_000;

#[tokio::test]
#[ignore = "needs postgresql"]
async fn an_event_is_handled_once_and_answered_200_each_time() {
    let server = Server::start();
    let service = server.service().await;
    let first = answer(&service, "1").await;
    assert_eq!(first, (200, r#"{"message":1}"#.to_owned()));
    assert_eq!(answer(&service, "1").await, first);
    assert_eq!(answer(&service, "2").await, (200, r#"{"message":2}"#.to_owned()));
    assert_eq!(server.counts().await, (2, 2));
}

#[tokio::test]
#[ignore = "needs postgresql"]
async fn a_message_of_any_kind_is_stored() {
    let server = Server::start();
    let service = server.service().await;
    let image = r#"{"message_type":"image","image":{"url":"https://example.com/a.jpg"}}"#;
    let with_nul = r#"{"message_type":"text","text":"a\u0000b"}"#;
    assert_eq!(answer_to(&service, "1", image).await.0, 200);
    assert_eq!(answer_to(&service, "2", with_nul).await.0, 200);
    assert_eq!(server.counts().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postgresql"]
async fn of_64_attempts_at_once_one_does_the_work() {
    let server = Server::start();
    let services = [server.service().await, server.service().await];
    for round in 0..5 {
        let mut attempts = JoinSet::new();
        for attempt in 0..64 {
            let service = services[attempt % 2].clone();
            attempts.spawn(async move { deliver(&service, &round.to_string()).await });
        }
        for status in attempts.join_all().await {
            assert!(status == 200 || status == 503, "{status}");
        }
    }
    assert_eq!(server.counts().await, (5, 5));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postgresql"]
async fn work_that_fails_is_not_remembered() {
    let server = Server::start();
    let service = server.service().await;
    let client = server.client().await;
    client.batch_execute("ALTER TABLE messages ADD CONSTRAINT never CHECK (message = '')").await.unwrap();
    assert_eq!(deliver(&service, "1").await, 503);
    assert_eq!(server.counts().await, (0, 0));
    client.batch_execute("ALTER TABLE messages DROP CONSTRAINT never").await.unwrap();
    assert_eq!(deliver(&service, "1").await, 200);
    assert_eq!(server.counts().await, (1, 1));
}

/// The process dies after its work and before its commit: its connection ends.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postgresql"]
async fn an_attempt_that_died_leaves_nothing_and_one_under_way_is_waited_for() {
    let server = Server::start();
    let service = server.service().await;
    let (mut client, connection) = server.config().connect(NoTls).await.unwrap();
    let dies = tokio::spawn(connection);
    let work = client.transaction().await.unwrap();
    let key = ReplayKey::new(["", "1"]);
    assert_eq!(handled::claim(&work, "vonage", &key).await.unwrap(), Event::New);
    work.execute("INSERT INTO messages (message) VALUES ('half done')", &[]).await.unwrap();

    // It is being handled: the request is rejected at the lock timeout, and the platform should retry.
    assert_eq!(deliver(&service, "1").await, 503);
    let retry = tokio::spawn(async move { deliver(&service, "1").await });
    server.until_waiting().await;
    dies.abort();
    assert_eq!(retry.await.unwrap(), 200);
    assert_eq!(server.counts().await, (1, 1));
}

/// The server is killed while it handles requests, and restarts. Each event is handled once when it has been answered 200.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postgresql"]
async fn a_server_that_is_killed_loses_nothing_and_does_nothing_twice() {
    let mut server = Server::start();
    let service = server.service().await;
    let mut deliveries = JoinSet::new();
    for id in 0..300 {
        let service = service.clone();
        deliveries.spawn(async move {
            let mut sent = 1;
            while deliver(&service, &id.to_string()).await != 200 {
                sent += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            sent
        });
    }
    for _ in 0..100 {
        deliveries.join_next().await.unwrap().unwrap();
    }
    server.kill();
    server.run();
    let mut again = 0;
    while let Some(sent) = deliveries.join_next().await {
        again += sent.unwrap() - 1;
    }
    println!("300 deliveries, sent again {again} times");
    assert_eq!(server.counts().await, (300, 300));
}

/// The database's machine is gone without a word, and another has taken its address.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postgresql"]
async fn a_connection_to_a_machine_that_is_gone_is_left() {
    let server = Server::start();
    drop(server.service().await);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = format!("postgres://postgres@{}/postgres", listener.local_addr().unwrap()).parse().unwrap();
    let (gone, _) = watch::channel(());
    let (port, connections) = (server.port, gone.clone());
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut gone = connections.subscribe();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                    // Neither answers nor closes.
                    _ = gone.changed() => std::future::pending().await,
                }
            });
        }
    });
    let service = router(verifier(), pool(config).unwrap());
    assert_eq!(deliver(&service, "1").await, 200);
    gone.send(()).unwrap();
    let second = tokio::time::timeout(Duration::from_secs(10), deliver(&service, "2"));
    assert_eq!(second.await.ok(), Some(200));
    assert_eq!(server.counts().await, (2, 2));
}

#[tokio::test]
#[ignore = "needs postgresql"]
async fn what_has_had_its_time_is_swept_and_a_response_is_kept() {
    let server = Server::start();
    let mut client = server.client().await;
    client.batch_execute(include_str!("schema.sql")).await.unwrap();
    let key = ReplayKey::new(["1"]);
    let response = SavedResponse::new(200, Some("application/json"), "[]").unwrap();
    let work = client.transaction().await.unwrap();
    assert_eq!(handled::claim(&work, "vonage", &key).await.unwrap(), Event::New);
    handled::keep(&work, "vonage", &key, &response).await.unwrap();
    work.commit().await.unwrap();

    let work = client.transaction().await.unwrap();
    assert_eq!(handled::claim(&work, "vonage", &key).await.unwrap(), Event::Handled(Some(response)));
    assert_eq!(handled::claim(&work, "another", &key).await.unwrap(), Event::New);
    work.commit().await.unwrap();
    assert_eq!(handled::sweep(&client).await.unwrap(), 0);
    let old = "UPDATE webhook_handled SET forget_at = now() - interval '1 second' WHERE sender = 'another'";
    client.batch_execute(old).await.unwrap();
    assert_eq!(handled::sweep(&client).await.unwrap(), 1);
    let work = client.transaction().await.unwrap();
    assert_eq!(handled::claim(&work, "another", &key).await.unwrap(), Event::New);
}

fn verifier() -> SignedWebhook {
    SignedWebhook::new(Secret::new("s3cr3t").unwrap()).clock(|| UnixTime::from_secs(NOW))
}

async fn deliver(service: &Router, id: &str) -> u16 {
    answer(service, id).await.0
}

async fn answer(service: &Router, id: &str) -> (u16, String) {
    answer_to(service, id, &format!(r#"{{"message_type":"text","text":"message {id}"}}"#)).await
}

async fn answer_to(service: &Router, id: &str, message: &str) -> (u16, String) {
    let secret = Secret::new("s3cr3t").unwrap();
    let delivery = sign::TokenSigner::new(&secret, UnixTime::from_secs(NOW)).claim("jti", id).post(message);
    let mut request: Request<Body> = delivery.to_http("/messages").unwrap().map(Body::from);
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let response = service.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1024).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A server in its own folder, stopped with the test.
struct Server {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Server {
    fn start() -> Self {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("countersign-postgres-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(&folder).status().unwrap();
            assert!(owned.success());
        }
        // Below the ports of outgoing connections, which could take it before the server does.
        let first = 10_000 + u16::try_from(std::process::id() % 2_000).unwrap() * 10;
        let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        let port = (first + number..u16::MAX).find(is_free).unwrap();
        let data = folder.join("data");
        let made = program("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self { folder, port, child: None };
        server.run();
        server
    }

    fn run(&mut self) {
        let child = program("postgres")
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "shared_buffers=16MB"])
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    fn config(&self) -> Config {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port).parse().unwrap()
    }

    /// Returns a client when the server answers.
    async fn client(&self) -> Client {
        for _ in 0..500 {
            if let Ok((client, connection)) = self.config().connect(NoTls).await {
                tokio::spawn(connection);
                return client;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("postgres does not answer");
    }

    async fn service(&self) -> Router {
        self.client().await.batch_execute(include_str!("schema.sql")).await.unwrap();
        router(verifier(), pool(self.config()).unwrap())
    }

    /// Returns how much was done, and how much is remembered.
    async fn counts(&self) -> (i64, i64) {
        let count = "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM webhook_handled)";
        let row = self.client().await.query_one(count, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// Waits until a transaction waits for another.
    async fn until_waiting(&self) {
        let client = self.client().await;
        for _ in 0..500 {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
            if client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing waits");
    }

    /// Kills it at once. Its processes end when they notice.
    fn kill(&mut self) {
        // The server's own id. As root, the child process is `runuser`.
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(process) = file.lines().next() {
            drop(Command::new("kill").args(["-9", process]).status());
        }
        if let Some(mut child) = self.child.take() {
            drop(child.wait());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Postgres refuses to run as root.
fn program(name: &str) -> Command {
    let path = newest(Path::new("/usr/lib/postgresql"))
        .map_or(PathBuf::from(name), |folder| folder.join("bin").join(name));
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    }
}

fn newest(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).max()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

static STARTED: AtomicU16 = AtomicU16::new(0);
