//! Sends one request repeatedly.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::Request;
use countersign::sign::Delivery;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::server::Server;

/// One request to one server.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    request: Request<Full<Bytes>>,
}

impl Client {
    pub(crate) fn new(server: &Server, delivery: &Delivery) -> Result<Self, Failure> {
        Ok(Self { address: server.address, request: delivery.to_http("/")?.map(Full::from) })
    }

    /// Sends it once and checks the status.
    pub(crate) async fn expect(&self, status: u16) -> Result<(), Failure> {
        let answered = send(&mut connect(self.address).await?, self.request.clone()).await?;
        if answered == status { Ok(()) } else { Err(format!("answered {answered}, not {status}").into()) }
    }

    /// Sends it from several connections for a time, and counts.
    pub(crate) async fn load(&self, time: Duration) -> Result<u32, Failure> {
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (mut connection, request) = (connect(self.address).await?, self.request.clone());
            connections.spawn(async move {
                let (start, mut count) = (Instant::now(), 0_u32);
                while start.elapsed() < time {
                    let status = send(&mut connection, request.clone()).await?;
                    if status != 200 {
                        return Err(Failure::from(format!("answered {status}")));
                    }
                    count = count.saturating_add(1);
                }
                Ok(count)
            });
        }
        let counts: Result<Vec<u32>, _> = connections.join_all().await.into_iter().collect();
        Ok(counts?.into_iter().sum())
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<u16, Failure> {
    connection.ready().await?;
    let response = connection.send_request(request).await?;
    let status = response.status().as_u16();
    response.into_body().collect().await?;
    Ok(status)
}

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: usize = 16;
