//! A cluster of three masters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use countersign::replay::{Claim, Redis, ReplayGuard};
use tokio::task::JoinSet;

use crate::server::{Server, Wire};
use crate::{Answer, HOUR, MINUTE, claim, claim_at_last, key, lease};

struct Cluster(Vec<Server>);

impl Cluster {
    async fn start() -> Self {
        let mut nodes = Vec::<Server>::new();
        for range in ["0 5460", "5461 10922", "10923 16383"] {
            let node = Server::with(&[
                "cluster-enabled yes",
                "cluster-node-timeout 5000",
                "cluster-require-full-coverage no",
            ])
            .await;
            assert_eq!(node.say(&format!("CLUSTER ADDSLOTSRANGE {range}")).await, "+OK");
            if let Some(first) = nodes.first() {
                let meet = format!("CLUSTER MEET 127.0.0.1 {}", node.address.port());
                assert_eq!(first.say(&meet).await, "+OK");
            }
            nodes.push(node);
        }
        for node in &nodes {
            node.until("CLUSTER INFO", "cluster_known_nodes:3").await;
            node.until("CLUSTER INFO", "cluster_state:ok").await;
            node.until("CLUSTER INFO", "cluster_slots_ok:16384").await;
        }
        Self(nodes)
    }

    fn guard(&self) -> Redis {
        let urls: Vec<String> = self.0.iter().map(Server::url).collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        Redis::cluster(&urls).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_cluster_keeps_the_contract() {
    let cluster = Cluster::start().await;
    let guard = cluster.guard();
    guard.check().await.unwrap();
    // Keys on several nodes.
    for number in 0..50 {
        let name = number.to_string();
        let held = lease(&guard, &name, MINUTE).await;
        assert_eq!(claim(&guard, &name).await, Ok(Answer::InProgress));
        assert_eq!(guard.renew(&held, HOUR).await, Ok(true));
        if number % 2 == 0 {
            assert_eq!(guard.complete(&held, HOUR, None).await, Ok(true));
            assert_eq!(claim(&guard, &name).await, Ok(Answer::Done(None)));
        } else {
            guard.release(&held).await.unwrap();
            assert_eq!(claim(&guard, &name).await, Ok(Answer::Leased));
        }
    }
    for node in &cluster.0 {
        assert_ne!(node.say("DBSIZE").await, ":0");
    }
    // The permissions that the documentation lists.
    let rules = "~countersign:* -@all +set +get +del +pttl +pexpire +eval +info +cluster|slots +asking";
    let mut urls = Vec::new();
    for node in &cluster.0 {
        assert_eq!(node.say(&format!("ACL SETUSER guard on >s3cr3t {rules}")).await, "+OK");
        urls.push(format!("redis://guard:s3cr3t@{}", node.address));
    }
    let limited = Redis::cluster(&urls.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    limited.check().await.unwrap();
    let held = lease(&limited, "limited", MINUTE).await;
    assert_eq!(limited.complete(&held, HOUR, None).await, Ok(true));
    // A node with a wrong eviction policy is found among the others.
    cluster.0[2].say("CONFIG SET maxmemory 100mb").await;
    cluster.0[2].say("CONFIG SET maxmemory-policy allkeys-lru").await;
    assert_eq!(guard.check().await, Err(countersign::replay::RedisError::Evicting));
}

/// Whether the node hangs or has stopped.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_node_that_is_down_stops_only_its_keys() {
    let mut cluster = Cluster::start().await;
    let guard = cluster.guard().timeout(Duration::from_millis(500));
    guard.check().await.unwrap();
    let (mut of_the_last, mut of_others) = (Vec::new(), Vec::new());
    for number in 0..60 {
        let name = number.to_string();
        let stored = format!("countersign:{}", hex::encode(key(&name).as_bytes()));
        let slot = cluster.0[0].say(&format!("CLUSTER KEYSLOT {stored}")).await;
        let slot: u16 = slot.trim_start_matches(':').parse().unwrap();
        if slot > 10922 { of_the_last.push(name) } else { of_others.push(name) }
    }
    let (hung, lost) = of_the_last.split_at(of_the_last.len() / 2);
    let (meanwhile, later) = of_others.split_at(of_others.len() / 2);

    cluster.0[2].signal("-STOP");
    for (name, other) in hung.iter().take(4).zip(meanwhile.chunks(meanwhile.len() / 4)) {
        assert!(claim(&guard, name).await.is_err(), "{name}");
        for name in other {
            assert_eq!(claim(&guard, name).await, Ok(Answer::Leased), "{name}");
        }
    }
    cluster.0[2].signal("-CONT");
    let back = hung.last().unwrap();
    assert!(matches!(claim_at_last(&guard, back).await, Answer::Leased | Answer::InProgress));

    cluster.0.pop().unwrap().kill();
    for (name, other) in lost.iter().take(4).zip(later.chunks(later.len() / 4)) {
        assert!(claim(&guard, name).await.is_err(), "{name}");
        for name in other {
            assert_eq!(claim(&guard, name).await, Ok(Answer::Leased), "{name}");
        }
    }
}

/// Claims each id twice while their slot moves from node to node and back.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_slot_moves_during_claims() {
    let cluster = Cluster::start().await;
    let slot: u16 = cluster.0[0].say("CLUSTER KEYSLOT {x}").await.trim_start_matches(':').parse().unwrap();
    // As configured above.
    let owner = usize::from(slot / 5461).min(2);
    let guards = [Arc::new(cluster.guard().prefix("{x}:")), Arc::new(cluster.guard().prefix("{x}:"))];
    for guard in &guards {
        guard.check().await.unwrap();
    }
    let (moving, next, handled) =
        (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let (guards, moving, next, handled) =
            (guards.clone(), Arc::clone(&moving), Arc::clone(&next), Arc::clone(&handled));
        tasks.spawn(async move {
            while moving.load(Ordering::SeqCst) {
                let name = next.fetch_add(1, Ordering::SeqCst).to_string();
                let (one, other) = tokio::join!(handle(&guards[0], &name), handle(&guards[1], &name));
                assert_eq!(u32::from(one) + u32::from(other), 1, "{name} was handled");
                assert_eq!(claim_at_last(&guards[0], &name).await, Answer::Done(None), "{name}");
                handled.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    for (from, to) in [(owner, (owner + 1) % 3), ((owner + 1) % 3, owner)] {
        move_slot(&cluster, slot, from, to, &handled).await;
    }
    moving.store(false, Ordering::SeqCst);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let handled = handled.load(Ordering::SeqCst);
    println!("{handled} ids handled while their slot moved twice");
    assert!(handled >= 100);
}

/// Claims and completes until the request is done: `true` if this call handled it.
async fn handle(guard: &Redis, name: &str) -> bool {
    for _ in 0..1000 {
        match guard.claim(&key(name), MINUTE).await {
            Ok(Claim::Leased(lease)) => {
                // Retries after a timeout.
                let mut completed = guard.complete(&lease, HOUR, None).await;
                for _ in 0..50 {
                    if completed.is_ok() {
                        break;
                    }
                    completed = guard.complete(&lease, HOUR, None).await;
                }
                assert_eq!(completed, Ok(true), "{name}");
                return true;
            }
            Ok(Claim::Done(_)) => return false,
            // In progress, or the cluster did not answer in time.
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    panic!("{name} is never done");
}

/// Moves a slot as `redis-cli --cluster reshard` does, while more ids are handled at each step.
async fn move_slot(cluster: &Cluster, slot: u16, from: usize, to: usize, handled: &AtomicU32) {
    let more = async || {
        let before = handled.load(Ordering::SeqCst);
        while handled.load(Ordering::SeqCst) < before + 30 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (source, target) = (&cluster.0[from], &cluster.0[to]);
    let (source_id, target_id) = (source.say("CLUSTER MYID").await, target.say("CLUSTER MYID").await);
    more().await;
    assert_eq!(target.say(&format!("CLUSTER SETSLOT {slot} IMPORTING {source_id}")).await, "+OK");
    assert_eq!(source.say(&format!("CLUSTER SETSLOT {slot} MIGRATING {target_id}")).await, "+OK");
    more().await;
    let mut wire = Wire::to(source.address).await;
    loop {
        let keys = wire.say(&format!("CLUSTER GETKEYSINSLOT {slot} 10")).await;
        let keys: Vec<&str> = keys.lines().skip(1).collect();
        if keys.is_empty() {
            break;
        }
        let port = target.address.port().to_string();
        let command = [&["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"], keys.as_slice()].concat();
        let answer = wire.send(&command).await;
        assert!(answer == "+OK" || answer == "+NOKEY", "{answer}");
    }
    more().await;
    for node in [target, source] {
        assert_eq!(node.say(&format!("CLUSTER SETSLOT {slot} NODE {target_id}")).await, "+OK");
    }
    more().await;
}
