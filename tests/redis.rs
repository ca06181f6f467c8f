//! The replay guard in a real Redis server, `redis-server` of the path, started by each test on a free loopback port.
//!
//! ```text
//! cargo test --all-features --test redis -- --ignored
//! ```

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use countersign::replay::{Redis, ReplayGuard};
use countersign::sign;
use countersign::tower::{Body, VerifyLayer};
use countersign::vonage::SignedWebhook;
use countersign::{ConfigError, Error, ErrorKind, ReplayKey, Secret, UnixTime};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{Layer, ServiceExt};

const HOUR: Duration = Duration::from_secs(3600);

/// A server of our own, ended with the test.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    async fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        Self::start_at(free).await
    }

    async fn start_at(address: SocketAddr) -> Self {
        let port = address.port().to_string();
        let child = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port,
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                "/tmp",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed: `apt-get install redis-server`");
        let server = Self { child, address };
        for _ in 0..500 {
            if server.says("PING").await.is_some_and(|answer| answer == "+PONG") {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("redis-server does not answer");
    }

    /// The first line of the answer to a command, without the guard's library.
    async fn says(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await.ok()?;
        let mut answer = [0; 256];
        let length = stream.read(&mut answer).await.ok()?;
        let answer = String::from_utf8_lossy(answer.get(..length)?).into_owned();
        answer.lines().next().map(str::to_owned)
    }

    fn guard(&self) -> Redis {
        Redis::connect(&format!("redis://{}", self.address)).unwrap()
    }

    fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Ends the server at once, and gives its address.
    fn kill(mut self) -> SocketAddr {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn claim(guard: &Redis, key: &str, ttl: Duration) -> Result<(), ErrorKind> {
    guard.claim(&ReplayKey::new(key), ttl).await.map_err(|error| error.kind())
}

/// Claims until the guard can tell.
async fn claim_at_last(guard: &Redis, key: &str) -> Result<(), ErrorKind> {
    for _ in 0..500 {
        match claim(guard, key, HOUR).await {
            Err(ErrorKind::ReplayGuardUnavailable) => tokio::time::sleep(Duration::from_millis(20)).await,
            answer => return answer,
        }
    }
    Err(ErrorKind::ReplayGuardUnavailable)
}

/// Nobody handled it, so the claim that the server took is withdrawn: sent again, it gets through.
async fn gets_through(guard: &Redis, key: &str) {
    let mut answer = Err(ErrorKind::Replayed);
    for _ in 0..500 {
        answer = claim(guard, key, HOUR).await;
        if answer.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(answer, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn of_64_tasks_over_two_clients_one_wins() {
    let server = Server::start().await;
    let guards = [Arc::new(server.guard()), Arc::new(server.guard())];
    for round in 0..20 {
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let guard = Arc::clone(&guards[task % 2]);
                tokio::spawn(async move { claim(&guard, &format!("round {round}"), HOUR).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Err(ErrorKind::Replayed)).count(), 63);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn what_is_released_is_claimed_anew_and_what_is_anothers_stays() {
    let server = Server::start().await;
    let (ours, theirs, apart) = (server.guard(), server.guard(), server.guard().prefix("another service:"));
    assert_eq!(claim(&ours, "1", HOUR).await, Ok(()));
    assert_eq!(claim(&theirs, "1", HOUR).await, Err(ErrorKind::Replayed));
    theirs.release(&ReplayKey::new("1")).await.unwrap();
    assert_eq!(claim(&theirs, "1", HOUR).await, Err(ErrorKind::Replayed));
    ours.release(&ReplayKey::new("1")).await.unwrap();
    ours.release(&ReplayKey::new("1")).await.unwrap();
    assert_eq!(claim(&theirs, "1", HOUR).await, Ok(()));
    assert_eq!(claim(&apart, "1", HOUR).await, Ok(()));
    assert_eq!(format!("{apart:?}"), r#"Redis { prefix: "another service:", patience: 1s, .. }"#);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn keys_expire_and_hold_nothing_of_the_delivery() {
    let server = Server::start().await;
    let guard = server.guard();
    assert_eq!(claim(&guard, "1", Duration::from_millis(50)).await, Ok(()));
    // SHA-256 of "1".
    let key = "countersign:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    assert_eq!(server.says(&format!("EXISTS {key}")).await.unwrap(), ":1");
    for _ in 0..500 {
        if claim(&guard, "1", HOUR).await.is_ok() {
            let left: u64 = server.says(&format!("PTTL {key}")).await.unwrap()[1..].parse().unwrap();
            assert!((3_500_000..=3_600_000).contains(&left));
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the key does not expire");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_server_that_is_killed_lets_nothing_pass_and_serves_again_when_it_is_back() {
    let server = Server::start().await;
    let guard = Arc::new(server.guard());
    assert_eq!(claim(&guard, "before", HOUR).await, Ok(()));

    // Killed in the middle: each claim is won, lost, or not known.
    let claims: Vec<_> = (0..200)
        .map(|number| {
            let guard = Arc::clone(&guard);
            tokio::spawn(async move { claim(&guard, &format!("during {number}"), HOUR).await })
        })
        .collect();
    let address = server.kill();
    for claim in claims {
        assert!(matches!(claim.await.unwrap(), Ok(()) | Err(ErrorKind::ReplayGuardUnavailable)));
    }
    for _ in 0..3 {
        assert_eq!(claim(&guard, "down", HOUR).await, Err(ErrorKind::ReplayGuardUnavailable));
    }
    assert!(guard.release(&ReplayKey::new("before")).await.is_err());

    let _back = Server::start_at(address).await;
    assert_eq!(claim_at_last(&guard, "after").await, Ok(()));
    assert_eq!(claim(&guard, "after", HOUR).await, Err(ErrorKind::Replayed));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_server_that_hangs_is_not_waited_for_and_keeps_nobody_out() {
    let server = Server::start().await;
    let guard = server.guard().patience(Duration::from_millis(200));
    assert_eq!(claim(&guard, "before", HOUR).await, Ok(()));
    server.signal("-STOP");
    let refused = guard.claim(&ReplayKey::new("1"), HOUR).await.unwrap_err();
    assert_eq!((refused.kind(), refused.status()), (ErrorKind::ReplayGuardUnavailable, 503));
    // It now does what it was sent.
    server.signal("-CONT");
    gets_through(&guard, "1").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_claim_that_is_given_up_keeps_nobody_out() {
    let server = Server::start().await;
    let guard = server.guard();
    assert_eq!(claim(&guard, "before", HOUR).await, Ok(()));
    server.signal("-STOP");
    let given_up = tokio::time::timeout(Duration::from_millis(200), claim(&guard, "1", HOUR)).await;
    assert!(given_up.is_err());
    server.signal("-CONT");
    gets_through(&guard, "1").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn in_the_layer_on_two_machines() {
    async fn handle(_: Request<Body>) -> Result<Response<String>, Infallible> {
        Ok(Response::default())
    }
    let now = UnixTime::from_secs(1_700_000_000);
    let secret = Secret::new("s3cr3t").unwrap();
    let machine = |guard| {
        let webhook = SignedWebhook::new(secret.clone()).clock(move || now);
        VerifyLayer::new(webhook).replay_guard(guard, HOUR).unwrap().layer(tower::service_fn(handle))
    };
    let request = |body: &str| {
        let delivery = sign::SignedWebhook::new(&secret, now).claim("jti", "1").post(body);
        delivery.to_http("/").unwrap().map(Full::<Bytes>::from)
    };
    let server = Server::start().await;
    let (one, two) = (machine(server.guard()), machine(server.guard()));
    assert_eq!(one.clone().oneshot(request("{}")).await.unwrap().status(), StatusCode::OK);
    let replayed = two.clone().oneshot(request("{}")).await.unwrap();
    assert_eq!(replayed.extensions().get::<Error>().map(Error::kind), Some(ErrorKind::Replayed));
    server.kill();
    let refused = two.oneshot(request("[]")).await.unwrap();
    assert_eq!((refused.status(), refused.body().as_str()), (StatusCode::SERVICE_UNAVAILABLE, ""));
}

#[tokio::test]
async fn a_guard_waits_for_a_second_at_most() {
    let guard = || Redis::connect("redis://127.0.0.1").unwrap();
    assert!(format!("{:?}", guard().patience(Duration::from_millis(200))).contains("patience: 200ms"));
    assert!(format!("{:?}", guard().patience(Duration::from_secs(5))).contains("patience: 1s"));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for url in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://"] {
        assert_eq!(Redis::connect(url).map(drop), Err(ConfigError::StoreAddressInvalid), "{url}");
    }
}
