//! Servers that lost their role.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign::ReplayKey;
use countersign::replay::{Lease, Redis, RedisError, ReplayGuard};

use crate::between::Between;
use crate::fake::Fake;
use crate::server::{Server, free_address};
use crate::{Answer, HOUR, MINUTE, claim, claim_at_last, lease, unavailable};

/// A synchronised replica.
async fn replica_of(master: &Server) -> Server {
    let replica = Server::with(&[&format!("replicaof 127.0.0.1 {}", master.address.port())]).await;
    replica.until("INFO replication", "master_link_status:up").await;
    replica
}

async fn replicated(master: &Server) {
    master.until("WAIT 1 100", ":1").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn after_a_failover_the_guard_follows_the_address() {
    let old = Server::start().await;
    let new = replica_of(&old).await;
    let between = Between::to(old.address).await;
    let guard = between.guard();
    let (held, done) = (lease(&guard, "held", MINUTE).await, lease(&guard, "done", MINUTE).await);
    assert_eq!(guard.complete(&done, HOUR, None).await, Ok(true));
    replicated(&old).await;

    new.say("REPLICAOF NO ONE").await;
    old.say(&format!("REPLICAOF 127.0.0.1 {}", new.address.port())).await;
    // The old server still answers, and grants nothing.
    assert_eq!(claim(&guard, "1").await, unavailable(RedisError::ReadOnly));
    assert_eq!(guard.check().await, Err(RedisError::ReadOnly));
    // The guard connects to it once more, and then the address moves.
    assert_eq!(claim(&guard, "1").await, unavailable(RedisError::ReadOnly));
    between.move_to(new.address);
    assert_eq!(claim(&guard, "1").await, Ok(Answer::Leased));
    assert_eq!(claim(&guard, "done").await, Ok(Answer::Done(None)));
    assert_eq!(guard.complete(&held, HOUR, None).await, Ok(true));
    guard.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn the_guard_leaves_an_old_master_that_hangs() {
    let old = Server::start().await;
    let new = Server::start().await;
    let between = Between::to(old.address).await;
    let guard = between.guard().timeout(Duration::from_millis(200));
    assert_eq!(claim(&guard, "1").await, Ok(Answer::Leased));
    old.signal("-STOP");
    between.move_to(new.address);
    assert_eq!(claim(&guard, "2").await, unavailable(RedisError::TimedOut));
    assert_eq!(claim_at_last(&guard, "2").await, Answer::Leased);
    assert_eq!(claim(&guard, "2").await, Ok(Answer::InProgress));
    old.signal("-CONT");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_leaves_a_loading_or_orphaned_server_at_once() {
    let loading = "-LOADING Redis is loading";
    for (error, leaves, expected) in [
        (loading, true, Ok(Answer::Leased)),
        ("-MASTERDOWN Link with MASTER is down", true, Ok(Answer::Leased)),
        ("-READONLY You can't write", true, Ok(Answer::Leased)),
        // The next connection leads to such a server too.
        (loading, false, unavailable(RedisError::Loading)),
    ] {
        let fake = Fake::start(move |command, connection| {
            let answer = if connection == 0 || !leaves { error } else { "$-1" };
            Some(if command.starts_with("SET") { answer } else { "+OK" }.to_owned())
        })
        .await;
        assert_eq!(claim(&fake.guard(), "1").await, expected, "{error}");
        assert_eq!(fake.connections(), 2);
    }
}

/// A repeated command answers as the first would have.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_lost_answer_is_asked_for_again() {
    let server = Server::start().await;
    let between = Between::to(server.address).await;
    let guard = between.guard();
    assert_eq!(claim(&guard, "before").await, Ok(Answer::Leased));

    between.lose_an_answer();
    let first = lease(&guard, "1", MINUTE).await;
    between.lose_an_answer();
    assert_eq!(guard.renew(&first, HOUR).await, Ok(true));
    between.lose_an_answer();
    assert_eq!(guard.complete(&first, HOUR, None).await, Ok(true));
    assert_eq!(claim(&guard, "1").await, Ok(Answer::Done(None)));

    let second = lease(&guard, "2", MINUTE).await;
    between.lose_an_answer();
    guard.release(&second).await.unwrap();
    assert_eq!(claim(&guard, "2").await, Ok(Answer::Leased));
    // A lease that another process got meanwhile stays its own.
    between.lose_an_answer();
    assert_eq!(guard.complete(&second, HOUR, None).await, Ok(false));
    assert_eq!(between.connections(), 6);
}

/// The client of a cluster repeats commands without an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_a_cluster_is_asked_for_again() {
    let lost = AtomicBool::new(false);
    let (_fake, guard) = Fake::cluster(move |command| {
        // The value to store, and how it begins if it was stored before.
        let recognised = command.matches("done:").count() == 2;
        if lost.swap(true, Ordering::SeqCst) { format!(":{}", u8::from(recognised)) } else { String::new() }
    })
    .await;
    let held = Lease::new(ReplayKey::new(["1"]));
    assert_eq!(guard.complete(&held, HOUR, None).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server and redis-sentinel"]
async fn sentinels_lead_to_the_new_master() {
    let old = Server::start().await;
    let new = replica_of(&old).await;
    let watches = format!(
        "sentinel monitor mymaster 127.0.0.1 {} 2\nsentinel down-after-milliseconds mymaster 500\n\
         sentinel failover-timeout mymaster 2000\n",
        old.address.port()
    );
    let mut sentinels = Vec::new();
    for _ in 0..3 {
        sentinels.push(Server::sentinel(&watches).await);
    }
    for sentinel in &sentinels {
        sentinel.until("SENTINEL CKQUORUM mymaster", "+OK 3 usable").await;
        sentinel.until("SENTINEL REPLICAS mymaster", &new.address.port().to_string()).await;
    }
    // One server is down.
    let down = format!("redis://{}", free_address());
    let urls =
        [std::slice::from_ref(&down), &*sentinels.iter().map(Server::url).collect::<Vec<_>>()].concat();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let guard = Redis::sentinel(&urls, "redis://mymaster").unwrap();
    guard.check().await.unwrap();
    let (held, done) = (lease(&guard, "held", MINUTE).await, lease(&guard, "done", MINUTE).await);
    assert_eq!(guard.complete(&done, HOUR, None).await, Ok(true));
    replicated(&old).await;

    // The permissions that the documentation lists.
    let rules = "~countersign:* -@all +set +get +del +pttl +pexpire +eval +info";
    assert_eq!(old.say(&format!("ACL SETUSER guard on >s3cr3t {rules}")).await, "+OK");
    let limited = Redis::sentinel(&urls, "redis://guard:s3cr3t@mymaster/0").unwrap();
    limited.check().await.unwrap();
    let wrong = Redis::sentinel(&urls, "redis://guard:wr0ng@mymaster/0").unwrap();
    assert_eq!(wrong.check().await, Err(RedisError::AuthenticationFailed));

    let unknown = Redis::sentinel(&urls, "redis://another").unwrap();
    assert_eq!(unknown.check().await, Err(RedisError::MasterUnknown));
    let alone = Redis::sentinel(&[&down], "redis://mymaster").unwrap();
    assert_eq!(alone.check().await, Err(RedisError::ConnectionRefused));

    let _address = old.kill();
    let answer = claim(&guard, "1").await;
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(claim_at_last(&guard, "2").await, Answer::Leased);
    assert_eq!(claim(&guard, "done").await, Ok(Answer::Done(None)));
    assert_eq!(guard.complete(&held, HOUR, None).await, Ok(true));
    guard.check().await.unwrap();
    assert!(new.say("INFO replication").await.contains("role:master"));
}
