//! Worker processes that are killed: the layer with Redis, in processes of their own.
//!
//! A worker is this test program with only one test, and with [`WORKER`] set to the server's address. It reads the id of one request
//! per line, and reports in lines that begin with `@`.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use countersign::replay::Redis;
use countersign::tower::{VerifiedBody, VerifyLayer};
use countersign::vonage::SignedWebhook;
use countersign::{Secret, UnixTime, Verified, sign};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::runtime::Builder;
use tower::{Layer, ServiceExt, service_fn};

use crate::server::Server;

/// Attack 163. Sends 10,000 requests to four workers, every 50th twice, and kills the worker at every 100th. `DELIVERIES` sets the number.
#[test]
#[ignore = "needs redis-server"]
fn each_of_10_000_requests_is_handled_once() {
    if let Ok(url) = std::env::var(WORKER) {
        return work(&url);
    }
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let deliveries: u32 = std::env::var("DELIVERIES").map_or(10_000, |count| count.parse().unwrap());
    let queue =
        (0..deliveries).flat_map(|id| std::iter::repeat_n(id, if id % 50 == 0 { 2 } else { 1 })).collect();
    let platform = Platform { queue: Mutex::new(queue), tally: Mutex::default() };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut worker = Worker::start(&server);
                while let Some(id) = platform.next() {
                    platform.deliver(id, &mut worker, &server);
                }
            });
        }
    });

    let tally = platform.tally.into_inner().unwrap();
    let twice: Vec<u32> = tally.handled.iter().filter(|(_, count)| **count > 1).map(|(id, _)| *id).collect();
    println!(
        "{deliveries} deliveries, sent {} times, {} workers killed: {} handled twice, by workers that died after their work and \
         before they said so",
        tally.sent,
        tally.killed.len(),
        twice.len()
    );
    let count = |count: u32| usize::try_from(count).unwrap();
    assert_eq!(tally.handled.len(), count(deliveries), "lost");
    assert_eq!(tally.killed.len(), count(deliveries / 100));
    for id in twice {
        assert_eq!(tally.killed[&id], Moment::AfterItsWork, "{id} was handled twice");
        assert_eq!(tally.handled[&id], 2);
    }
}

/// Sends requests until each is answered 200.
struct Platform {
    queue: Mutex<VecDeque<u32>>,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    sent: usize,
    handled: HashMap<u32, u32>,
    killed: HashMap<u32, Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    BeforeItsWork,
    AfterItsWork,
}

impl Platform {
    fn next(&self) -> Option<u32> {
        self.queue.lock().unwrap().pop_front()
    }

    /// Sends a request once. Unless the answer is 200, it is sent again later.
    fn deliver(&self, id: u32, worker: &mut Worker, server: &Server) {
        let moment = self.moment(id);
        worker.send(&id.to_string());
        while let Some((said, of)) = worker.says() {
            assert_eq!(of, id.to_string());
            match said.as_str() {
                "begun" if moment == Some(Moment::BeforeItsWork) => worker.kill(),
                "handled" => {
                    *self.tally.lock().unwrap().handled.entry(id).or_default() += 1;
                    if moment == Some(Moment::AfterItsWork) {
                        worker.kill();
                    }
                }
                "begun" => {}
                // A killed worker's last lines count, as a platform reads a connection to its end.
                "200" => return worker.replace_if_dead(server),
                "503" => {
                    thread::sleep(Duration::from_millis(2));
                    break;
                }
                other => panic!("{other}"),
            }
        }
        worker.replace_if_dead(server);
        self.queue.lock().unwrap().push_back(id);
    }

    /// When to kill the worker with this request: every 100th, once, half of them after the work.
    fn moment(&self, id: u32) -> Option<Moment> {
        let mut tally = self.tally.lock().unwrap();
        tally.sent += 1;
        if id % 100 != 99 || tally.killed.contains_key(&id) {
            return None;
        }
        let moment = if id % 200 == 99 { Moment::BeforeItsWork } else { Moment::AfterItsWork };
        tally.killed.insert(id, moment);
        Some(moment)
    }
}

struct Worker {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    dead: bool,
}

impl Worker {
    fn start(server: &Server) -> Self {
        let test = "worker::each_of_10_000_requests_is_handled_once";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"])
            .env(WORKER, server.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output).lines(), dead: false }
    }

    fn send(&mut self, id: &str) {
        writeln!(self.input, "{id}").unwrap();
    }

    /// Its next report, and the request's id. `None` if it is dead and has no more reports.
    fn says(&mut self) -> Option<(String, String)> {
        loop {
            let line = self.output.next()?.unwrap();
            if let Some((said, id)) = line.strip_prefix("@ ").and_then(|said| said.split_once(' ')) {
                return Some((said.to_owned(), id.to_owned()));
            }
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.dead = true;
    }

    fn replace_if_dead(&mut self, server: &Server) {
        if self.dead {
            *self = Self::start(server);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs the worker.
fn work(url: &str) {
    let now = UnixTime::from_secs(1_700_000_000);
    let secret = Secret::new("s3cr3t").unwrap();
    let handle = |request: Request<VerifiedBody>| async move {
        let id = request.extensions().get::<Verified>().unwrap().claims().unwrap().id().unwrap().to_owned();
        println!("@ begun {id}");
        tokio::time::sleep(Duration::from_millis(1)).await;
        println!("@ handled {id}");
        Ok::<_, Infallible>(Response::<String>::default())
    };
    let service = VerifyLayer::new(SignedWebhook::new(secret.clone()).clock(move || now))
        .replay_guard(Redis::connect(url).unwrap())
        // The lease is much longer than the handler, so none ends while its worker runs.
        .and_then(|layer| layer.lease(Duration::from_secs(5)))
        .unwrap()
        .layer(service_fn(handle));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    // After the first output of the test harness.
    println!();
    for id in io::stdin().lines() {
        let id = id.unwrap();
        let delivery = sign::TokenSigner::new(&secret, now).claim("jti", id.as_str()).post("{}");
        let request = delivery.to_http("/").unwrap().map(Full::<Bytes>::from);
        let status: StatusCode = runtime.block_on(service.clone().oneshot(request)).unwrap().status();
        println!("@ {} {id}", status.as_u16());
    }
}

/// The variable with the server's address.
const WORKER: &str = "COUNTERSIGN_TEST_WORKER";
