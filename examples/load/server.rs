//! An echo server in its own threads, so that their processor time can be measured.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;
use std::{fs, thread};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;

use crate::client::Failure;

/// A server on a loopback port. It runs until the process ends.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The name of its threads.
    name: &'static str,
}

impl Server {
    /// Starts an echo of whole bodies behind the layers that `wrap` adds.
    pub(crate) fn start(name: &'static str, wrap: impl FnOnce(Router) -> Router) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let router = wrap(Router::new().route("/", post(|body: Bytes| async { body })));
        // The same runtime as `#[tokio::main]` makes.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name(name).build()?;
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        thread::spawn(move || runtime.block_on(runtime.spawn(async { axum::serve(listener, router).await })));
        Ok(Self { address, name })
    }

    /// Returns the processor time of its threads, if the system reports it.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        let mut time = Duration::ZERO;
        for thread in fs::read_dir("/proc/self/task").ok()? {
            let thread = thread.ok()?.path();
            if fs::read_to_string(thread.join("comm")).ok()?.trim_end() == self.name {
                let statistics = fs::read_to_string(thread.join("schedstat")).ok()?;
                let nanoseconds = statistics.split(' ').next()?.parse().ok()?;
                time = time.saturating_add(Duration::from_nanos(nanoseconds));
            }
        }
        Some(time)
    }
}
