//! Servers that are down, slow or full, or deny access.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use countersign::ErrorKind;
use countersign::replay::{Claim, Lease, Redis, RedisError, ReplayGuard};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::between::Between;
use crate::fake::Fake;
use crate::server::{Server, free_address};
use crate::{
    Answer, HOUR, MINUTE, at_last, cause, claim, claim_at_last, gets_through, key, lease, unavailable,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_killed_server_grants_nothing_until_it_is_back() {
    let server = Server::start().await;
    let guard = Arc::new(server.guard());
    let before = lease(&guard, "before", MINUTE).await;

    // Killed during claims: each claim is granted or has an unknown result.
    let claims: Vec<_> = (0..200)
        .map(|number| {
            let guard = Arc::clone(&guard);
            tokio::spawn(async move { claim(&guard, &format!("during {number}")).await })
        })
        .collect();
    let address = server.kill();
    for claim in claims {
        let answer = claim.await.unwrap();
        let unknown = matches!(answer, Err((ErrorKind::ReplayGuardUnavailable, _)));
        assert!(unknown || answer == Ok(Answer::Leased), "{answer:?}");
    }
    for _ in 0..3 {
        assert_eq!(claim(&guard, "down").await, unavailable(RedisError::ConnectionRefused));
    }
    assert!(guard.complete(&before, HOUR, None).await.is_err());
    assert!(guard.renew(&before, HOUR).await.is_err());
    assert!(guard.release(&before).await.is_err());

    let back = Server::at(address, &[]).await;
    assert_eq!(claim_at_last(&guard, "after").await, Answer::Leased);
    assert_eq!(claim(&guard, "after").await, Ok(Answer::InProgress));

    // A restart between calls fails no request: the next call reconnects.
    let _again = Server::at(back.kill(), &[]).await;
    assert_eq!(claim(&guard, "after").await, Ok(Answer::Leased), "no persistence");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_hanging_server_is_not_waited_for() {
    let server = Server::start().await;
    let guard = server.guard().timeout(Duration::from_millis(200));
    assert_eq!(claim(&guard, "before").await, Ok(Answer::Leased));
    server.signal("-STOP");
    let error = guard.claim(&key("1"), Duration::from_millis(100)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ReplayGuardUnavailable, 503));
    assert_eq!(cause(&error), RedisError::TimedOut);
    let second = key("2");
    let given_up = guard.claim(&second, Duration::from_millis(100));
    assert!(tokio::time::timeout(Duration::from_millis(50), given_up).await.is_err());
    // The server now carries out the delayed command.
    server.signal("-CONT");
    gets_through(&guard, "1").await;
    gets_through(&guard, "2").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_slow_server_is_waited_for() {
    let server = Server::start().await;
    let between = Between::to(server.address).await;
    let (patient, hasty) = (between.guard(), between.guard().timeout(Duration::from_millis(100)));
    assert_eq!(claim(&patient, "1").await, Ok(Answer::Leased));
    assert_eq!(claim(&hasty, "1").await, Ok(Answer::InProgress));
    between.answer_after(Duration::from_millis(300));
    assert_eq!(claim(&patient, "2").await, Ok(Answer::Leased));
    assert_eq!(claim(&hasty, "3").await, unavailable(RedisError::TimedOut));
    between.answer_after(Duration::ZERO);
    // The server has the claim.
    assert_eq!(claim_at_last(&hasty, "3").await, Answer::InProgress);
}

/// Attack 161.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "100,000 claims"]
async fn claims_at_a_server_that_is_down_leave_nothing_behind() {
    let rejected = Redis::connect(&format!("redis://{}", free_address())).unwrap();
    let silent = Fake::start(|_, _| None).await;
    let hung = silent.guard().timeout(Duration::from_millis(100));
    let at_rest = Handle::current().metrics().num_alive_tasks();
    for (guard, claims, cause) in
        [(rejected, 100_000_u32, RedisError::ConnectionRefused), (hung, 2_000, RedisError::TimedOut)]
    {
        let (guard, mut most) = (Arc::new(guard), 0);
        let mut tasks = JoinSet::new();
        for number in 0..claims {
            if tasks.len() >= 64 {
                assert_eq!(tasks.join_next().await.unwrap().unwrap(), unavailable(cause.clone()));
                most = most.max(Handle::current().metrics().num_alive_tasks());
            }
            let guard = Arc::clone(&guard);
            tasks.spawn(async move { claim(&guard, &number.to_string()).await });
        }
        while let Some(answer) = tasks.join_next().await {
            assert_eq!(answer.unwrap(), unavailable(cause.clone()));
        }
        // The claims, and one connection attempt.
        assert!(most <= at_rest + 64 + 8, "{most} tasks, {at_rest} at rest");
        drop(guard);
        let ended = || Handle::current().metrics().num_alive_tasks() <= at_rest + silent.connections();
        at_last("the tasks end", async || ended().then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_wrong_or_missing_password_is_named_and_not_shown() {
    let server = Server::with(&["requirepass s3cr3t-right"]).await;
    let with = |password: &str| Redis::connect(&format!("redis://{password}{}", server.address)).unwrap();
    with(":s3cr3t-right@").check().await.unwrap();
    let other_protocol = Redis::connect(&format!("redis://:s3cr3t-wrong@{}/?protocol=resp3", server.address));
    for guard in [with(":s3cr3t-wrong@"), with("user:s3cr3t-wrong@"), with(""), other_protocol.unwrap()] {
        let error = guard.check().await.unwrap_err();
        assert_eq!(error, RedisError::AuthenticationFailed);
        let rejected = guard.claim(&key("1"), MINUTE).await.unwrap_err();
        assert_eq!(cause(&rejected), RedisError::AuthenticationFailed);
        let shown = format!("{error} {error:?} {rejected} {rejected:?} {guard:?}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_missing_database_and_a_server_instead_of_a_cluster_are_named_and_the_reverse() {
    let server = Server::with(&["databases 4"]).await;
    let node = Server::with(&["cluster-enabled yes"]).await;
    node.say("CLUSTER ADDSLOTSRANGE 0 16383").await;
    node.until("CLUSTER INFO", "cluster_state:ok").await;
    let without_slots = Server::with(&["cluster-enabled yes"]).await;
    let database = |server: &Server, number| Redis::connect(&format!("{}/{number}", server.url())).unwrap();
    let cluster = |url: &str| Redis::cluster(&[url]).unwrap();
    for (guard, expected) in [
        (database(&server, 3), Ok(())),
        (database(&server, 4), Err(RedisError::DatabaseMissing)),
        (cluster(&server.url()), Err(RedisError::ClusterMissing)),
        (cluster(&node.url()), Ok(())),
        (node.guard(), Err(RedisError::ClusterUnexpected)),
        (database(&node, 1), Err(RedisError::ClusterUnexpected)),
        (without_slots.guard(), Err(RedisError::ClusterDown)),
        (cluster(&format!("redis://{}", free_address())), Err(RedisError::ConnectionRefused)),
    ] {
        assert_eq!(guard.check().await, expected, "{guard:?}");
    }
    assert_eq!(claim(&database(&server, 4), "1").await, unavailable(RedisError::DatabaseMissing));
}

/// Old servers and some proxies repeat an unknown command with the password in their error.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_repeats_the_password_is_not_shown() {
    let parrot =
        Fake::start(|command, _| Some(format!("-ERR unknown command, with args beginning with: {command}")))
            .await;
    let guard = Redis::connect(&format!("redis://user:s3cr3t@{}", parrot.address)).unwrap();
    let error = guard.check().await.unwrap_err();
    let rejected = guard.claim(&key("1"), MINUTE).await.unwrap_err();
    let shown = format!("{error} {error:?} {rejected} {rejected:?} {:?}", cause(&rejected));
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_user_without_the_right_to_run_scripts() {
    let server = Server::start().await;
    let guard = |name: &str| Redis::connect(&format!("redis://{name}:s3cr3t@{}", server.address)).unwrap();
    for (name, rules) in [
        ("plain", "~countersign:* +@all -@scripting"),
        ("elsewhere", "~other:* +@all"),
        ("documented", "~countersign:* -@all +set +get +del +pttl +pexpire +eval +info"),
        ("untimed", "~countersign:* +@all -pttl"),
        ("uninformed", "~countersign:* -@all +set +get +del +pttl +pexpire +eval"),
    ] {
        assert_eq!(server.say(&format!("ACL SETUSER {name} on >s3cr3t {rules}")).await, "+OK");
    }
    let plain = guard("plain");
    assert_eq!(plain.check().await, Err(RedisError::ScriptingMissing));
    let held = lease(&plain, "1", Duration::from_millis(300)).await;
    for error in [
        plain.release(&held).await.unwrap_err(),
        plain.complete(&held, HOUR, None).await.unwrap_err(),
        plain.renew(&held, HOUR).await.unwrap_err(),
    ] {
        assert_eq!(cause(&error), RedisError::ScriptingMissing);
    }
    gets_through(&plain, "1").await;

    assert_eq!(guard("elsewhere").check().await, Err(RedisError::PermissionMissing));
    assert_eq!(claim(&guard("elsewhere"), "1").await, unavailable(RedisError::PermissionMissing));
    guard("uninformed").check().await.unwrap();
    assert_eq!(guard("untimed").check().await, Err(RedisError::PermissionMissing));
    let documented = guard("documented");
    documented.check().await.unwrap();
    let held = lease(&documented, "2", MINUTE).await;
    assert_eq!(claim(&documented, "2").await, Ok(Answer::InProgress));
    assert_eq!(documented.renew(&held, MINUTE).await, Ok(true));
    assert_eq!(documented.complete(&held, HOUR, None).await, Ok(true));
    documented.release(&lease(&documented, "3", MINUTE).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_full_server_grants_nothing_and_one_that_evicts_is_named() {
    let full = Server::with(&["maxmemory 1", "maxmemory-policy noeviction"]).await;
    assert_eq!(full.guard().check().await, Err(RedisError::MemoryFull));
    assert_eq!(claim(&full.guard(), "1").await, Err((ErrorKind::ReplayGuardFull, RedisError::MemoryFull)));

    // A full server keeps its keys, and lets them be completed.
    let server = Server::with(&["maxmemory 100mb", "maxmemory-policy noeviction"]).await;
    let guard = server.guard();
    guard.check().await.unwrap();
    let (held, given_back) = (lease(&guard, "1", MINUTE).await, lease(&guard, "2", MINUTE).await);
    server.say("CONFIG SET maxmemory 1").await;
    assert_eq!(claim(&guard, "3").await, Err((ErrorKind::ReplayGuardFull, RedisError::MemoryFull)));
    assert_eq!(guard.complete(&held, HOUR, None).await.unwrap_err().kind(), ErrorKind::ReplayGuardFull);
    assert_eq!(guard.renew(&held, MINUTE).await, Ok(true));
    guard.release(&given_back).await.unwrap();
    server.say("CONFIG SET maxmemory 100mb").await;
    assert_eq!(claim(&guard, "2").await, Ok(Answer::Leased));
    assert_eq!(claim(&guard, "1").await, Ok(Answer::InProgress));

    for policy in ["allkeys-lru", "volatile-ttl", "volatile-lru", "allkeys-random"] {
        server.say(&format!("CONFIG SET maxmemory-policy {policy}")).await;
        assert_eq!(guard.check().await, Err(RedisError::Evicting), "{policy}");
    }
    let other_protocol = Redis::connect(&format!("{}/?protocol=resp3", server.url())).unwrap();
    assert_eq!(other_protocol.check().await, Err(RedisError::Evicting));
    assert_eq!(claim(&other_protocol, "1").await, Ok(Answer::InProgress));
    server.say("CONFIG SET maxmemory 0").await;
    guard.check().await.unwrap();
}

/// Faults that this version of the server cannot be made to show.
#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_a_server_has_a_name() {
    for (answer, named) in [
        ("-ERR syntax error", RedisError::ServerTooOld),
        ("-READONLY You can't write against a read only replica.", RedisError::ReadOnly),
        ("-LOADING Redis is loading the dataset in memory", RedisError::Loading),
        ("-MASTERDOWN Link with MASTER is down", RedisError::MasterDown),
        ("-MOVED 3999 127.0.0.1:6381", RedisError::ClusterUnexpected),
        ("-CLUSTERDOWN The cluster is down", RedisError::ClusterDown),
        ("-ERR max number of clients reached", RedisError::ClientsTooMany),
        ("-NOAUTH Authentication required.", RedisError::AuthenticationFailed),
        ("-MISCONF Redis is configured to save RDB snapshots", RedisError::Other("MISCONF".into())),
        ("-NOREPLICAS Not enough good replicas to write.", RedisError::Other("NOREPLICAS".into())),
        ("-ERR whatever", RedisError::Other("ERR".into())),
    ] {
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let fake = Fake::start(move |command, _| {
            if command.starts_with("SET") {
                count.fetch_add(1, Ordering::SeqCst);
                return Some(answer.to_owned());
            }
            Some("+OK".to_owned())
        })
        .await;
        assert_eq!(fake.guard().check().await, Err(named.clone()), "{answer}");
        // The address may belong to another server by now.
        let twice = matches!(named, RedisError::ReadOnly | RedisError::Loading | RedisError::MasterDown);
        assert_eq!(asked.swap(0, Ordering::SeqCst), if twice { 2 } else { 1 }, "{answer}");
        assert_eq!(claim(&fake.guard(), "1").await, unavailable(named), "{answer}");
    }
}

/// Between the two commands of a claim.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ends_during_a_claim_has_no_time_left() {
    let fake = Fake::start(|command, _| {
        Some(match command.split(' ').next() {
            Some("SET") => format!("$38\r\nlease:{}", "0".repeat(32)),
            Some("PTTL") => ":-2".to_owned(),
            _ => "+OK".to_owned(),
        })
    })
    .await;
    let found = fake.guard().claim(&key("1"), MINUTE).await.unwrap();
    assert_eq!(found, Claim::InProgress { remaining: Duration::ZERO });
}

/// An unreachable machine.
#[tokio::test]
async fn an_unreachable_address_is_named() {
    let guard = Redis::connect("redis://:s3cr3t@255.255.255.255").unwrap();
    let error = guard.check().await.unwrap_err();
    assert!(matches!(error, RedisError::Unreachable(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
}

/// A cluster that denies its own slots.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_always_redirects_ends_at_the_timeout() {
    let (_fake, guard) = Fake::cluster(|_| "-MOVED 1 127.0.0.1:{port}".to_owned()).await;
    let guard = guard.timeout(Duration::from_millis(200));
    assert_eq!(claim(&guard, "1").await, unavailable(RedisError::ClusterDown));
}

/// The cluster's client alone gives up after the third.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_redirects_for_a_while_is_waited_for() {
    let asked = AtomicU32::new(0);
    let (_fake, guard) = Fake::cluster(move |_| {
        let redirects = asked.fetch_add(1, Ordering::SeqCst) < 4;
        if redirects { "-TRYAGAIN a slot moves" } else { "$-1" }.to_owned()
    })
    .await;
    assert_eq!(claim(&guard, "1").await, Ok(Answer::Leased));
}

/// The connection ends under 50 claims. The first of them reconnects for all.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_replaced_once() {
    let asked = AtomicU32::new(0);
    let fake = Fake::start(move |command, connection| match (command.split(' ').next(), connection) {
        (Some("SET"), 0) if asked.fetch_add(1, Ordering::SeqCst) < 49 => None,
        (Some("SET"), 0) => Some(String::new()),
        (Some("SET"), _) => Some("$-1".to_owned()),
        _ => Some("+OK".to_owned()),
    })
    .await;
    let guard = Arc::new(fake.guard());
    let mut claims = JoinSet::new();
    for number in 0..50 {
        let guard = Arc::clone(&guard);
        claims.spawn(async move { claim(&guard, &number.to_string()).await });
    }
    assert_eq!(claims.join_all().await, vec![Ok(Answer::Leased); 50]);
    assert_eq!(fake.connections(), 2);
}

/// The events alone must show the fault.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn each_cause_has_its_event() {
    // For all threads: `tracing` caches that an event has no subscriber when the first thread has none.
    let subscriber = tracing_subscriber::fmt().with_writer(|| Lines).with_ansi(false).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    LINES.replace(Some(Vec::new()));
    let locked = Server::with(&["requirepass s3cr3t"]).await;
    let silent = Fake::start(|_, _| None).await;
    let rejected = Redis::connect(&format!("redis://:s3cr3t@{}", free_address())).unwrap();
    for (guard, cause) in [
        (locked.guard(), "server did not accept the user and password, or their absence"),
        (rejected, "connection to the server was refused"),
        (silent.guard().timeout(Duration::from_millis(50)), "server did not answer in time"),
    ] {
        assert!(guard.claim(&key("1"), MINUTE).await.is_err());
        let line = Lines::take();
        assert!(line.contains("WARN countersign: replay guard in Redis failed"), "{line}");
        assert!(line.contains(&format!("error={cause}")), "{line}");
        assert!(!line.contains("s3cr3t"), "{line}");
        assert!(guard.release(&Lease::new(key("1"))).await.is_err());
        assert!(Lines::take().contains(cause));
    }
}

thread_local! {
    /// The events of a thread with a subscriber.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Lines;

impl Lines {
    fn take() -> String {
        String::from_utf8(LINES.replace(Some(Vec::new())).unwrap()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
