//! The contract of a guard, with one working server.

use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use countersign::ConfigError;
use countersign::replay::{Redis, RedisError, ReplayGuard, SavedResponse};
use tokio::runtime::{Builder, Runtime};

use crate::between::Between;
use crate::server::Server;
use crate::{Answer, HOUR, MINUTE, cause, claim, gets_through, key, lease, unavailable};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn one_of_64_tasks_gets_the_lease() {
    let server = Server::start().await;
    let guards = [Arc::new(server.guard()), Arc::new(server.guard())];
    for round in 0..20 {
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let guard = Arc::clone(&guards[task % 2]);
                tokio::spawn(async move { claim(&guard, &format!("round {round}")).await.unwrap() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| **answer == Answer::Leased).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Answer::InProgress).count(), 63);
    }
}

/// `sequences` has what a lease allows.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn guards_share_their_keys_unless_their_prefixes_differ() {
    let server = Server::start().await;
    let (ours, theirs, apart) = (server.guard(), server.guard(), server.guard().prefix("another service:"));
    let first = lease(&ours, "1", MINUTE).await;
    assert_eq!(claim(&theirs, "1").await, Ok(Answer::InProgress));
    assert_eq!(claim(&apart, "1").await, Ok(Answer::Leased));
    // Any process with the lease can use it.
    theirs.release(&first).await.unwrap();
    assert_eq!(claim(&ours, "1").await, Ok(Answer::Leased));
    assert_eq!(format!("{apart:?}"), r#"Redis { prefix: "another service:", timeout: 1s, .. }"#);
}

/// `sequences` has leases and done keys that expire.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_lease_and_a_done_key_may_last_for_any_time() {
    let server = Server::start().await;
    let guard = server.guard();
    for (name, time) in [("1", Duration::ZERO), ("2", Duration::from_millis(50))] {
        lease(&guard, name, time).await;
        gets_through(&guard, name).await;
        let done = lease(&guard, &format!("{name} done"), MINUTE).await;
        assert_eq!(guard.complete(&done, time, None).await, Ok(true));
        gets_through(&guard, &format!("{name} done")).await;
    }
    for (name, time) in [("3", Duration::MAX), ("4", Duration::from_millis(u64::MAX))] {
        let long = lease(&guard, name, time).await;
        assert_eq!(guard.complete(&long, time, None).await, Ok(true));
        assert_eq!(claim(&guard, name).await, Ok(Answer::Done(None)));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn keys_contain_nothing_of_the_request_and_a_foreign_value_is_an_error() {
    let server = Server::start().await;
    let guard = server.guard();
    let stored = |name| format!("countersign:{}", hex::encode(key(name).as_bytes()));
    let held = lease(&guard, "1", MINUTE).await;
    let (name, token) = (stored("1"), hex::encode(held.token()));
    assert_eq!(server.say("KEYS *").await.lines().last(), Some(name.as_str()));
    assert_eq!(server.say(&format!("GET {name}")).await, format!("lease:{token}"));
    guard.complete(&held, HOUR, None).await.unwrap();
    assert_eq!(server.say(&format!("GET {name}")).await, format!("done:{token}"));

    for (name, make) in [
        ("2", "SET {} done"),
        ("3", "SET {} 1"),
        ("4", "RPUSH {} lease:"),
        ("5", "SET {} done:00"),
        ("6", "SET {} lease"),
    ] {
        server.say(&make.replace("{}", &stored(name))).await;
        assert_eq!(claim(&guard, name).await, unavailable(RedisError::ValueUnknown), "{make}");
    }
}

/// A request takes at most two round trips: the claim, and its end.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn round_trips() {
    let server = Server::start().await;
    let between = Between::to(server.address).await;
    let guard = between.guard();
    guard.check().await.unwrap();
    between.round_trips();

    let first = lease(&guard, "1", MINUTE).await;
    assert_eq!(between.round_trips(), 1);
    assert_eq!(claim(&guard, "1").await, Ok(Answer::InProgress));
    assert_eq!(between.round_trips(), 2, "in progress, and what is left");
    guard.renew(&first, MINUTE).await.unwrap();
    assert_eq!(between.round_trips(), 1);
    let response = SavedResponse::new(200, None, vec![b'x'; 10_000]).unwrap();
    guard.complete(&first, HOUR, Some(&response)).await.unwrap();
    assert_eq!(between.round_trips(), 1);
    assert_eq!(claim(&guard, "1").await, Ok(Answer::Done(Some(response))));
    assert_eq!(between.round_trips(), 1);

    let second = lease(&guard, "2", MINUTE).await;
    guard.release(&second).await.unwrap();
    assert_eq!(between.round_trips(), 2);
    assert_eq!(between.connections(), 1);
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A cancelled first call leaves a connection attempt behind.
#[test]
#[ignore = "needs redis-server"]
fn a_guard_outlives_the_runtime_it_connected_or_was_connecting_in() {
    let first = runtime();
    let server = first.block_on(Server::start());
    let guard = server.guard();
    assert_eq!(first.block_on(claim(&guard, "1")), Ok(Answer::Leased));
    drop(first);
    assert_eq!(runtime().block_on(claim(&guard, "1")), Ok(Answer::InProgress));

    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = silent.local_addr().unwrap();
    let guard = Redis::connect(&format!("redis://{address}")).unwrap().timeout(Duration::from_millis(50));
    let first = runtime();
    assert_eq!(first.block_on(claim(&guard, "1")), unavailable(RedisError::TimedOut));
    drop((first, silent));
    let second = runtime();
    let _server = second.block_on(Server::at(address, &[]));
    assert_eq!(second.block_on(claim(&guard.timeout(MINUTE), "1")), Ok(Answer::Leased));
}

#[test]
fn a_call_outside_a_runtime_is_an_error() {
    let guard = Redis::connect("redis://127.0.0.1:1").unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = pin!(guard.claim(&key("1"), MINUTE)).poll(&mut context) else { panic!() };
    assert_eq!(cause(&error), RedisError::RuntimeMissing);
    assert_eq!(pin!(guard.check()).poll(&mut context), Poll::Ready(Err(RedisError::RuntimeMissing)));
}

#[test]
fn a_guard_waits_at_most_a_second() {
    let guard = || Redis::connect("redis://127.0.0.1").unwrap();
    assert!(format!("{:?}", guard().timeout(Duration::from_millis(200))).contains("timeout: 200ms"));
    assert!(format!("{:?}", guard().timeout(Duration::from_secs(5))).contains("timeout: 1s"));
}

#[test]
fn an_invalid_address_is_rejected() {
    let rejected = Err(ConfigError::StoreAddressInvalid);
    for url in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://", "rediss://127.0.0.1/#insecure"] {
        assert_eq!(Redis::connect(url).map(drop), rejected, "{url}");
        assert_eq!(Redis::cluster(&[url]).map(drop), rejected, "{url}");
        assert_eq!(Redis::sentinel(&["redis://127.0.0.1:26379"], url).map(drop), rejected, "{url}");
        assert_eq!(Redis::sentinel(&[url], "redis://mymaster").map(drop), rejected, "{url}");
    }
    assert_eq!(Redis::cluster(&[]).map(drop), rejected);
    assert_eq!(Redis::sentinel(&[], "redis://mymaster").map(drop), rejected);
    assert_eq!(Redis::cluster(&["redis://:one@127.0.0.1", "redis://:two@127.0.0.1"]).map(drop), rejected);
}
