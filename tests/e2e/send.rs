//! A real client: hyper for whole requests, plain sockets for what no client would send.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use countersign::sign::Delivery;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::plan::{How, Job};

/// One connection at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, open: None }
    }

    /// Sends a request as planned, and returns its status.
    pub(crate) async fn send(&mut self, job: &Job) -> Option<u16> {
        let Job { path, delivery, how, .. } = job;
        let (body, half) = (delivery.body(), &delivery.body()[..delivery.body().len() / 2]);
        let length = format!("content-length: {}", body.len());
        let sent = async {
            Some(match how {
                How::Whole if body.len() <= 1024 * 1024 => self.whole(path, delivery).await,
                How::Whole => self.raw(&head(path, delivery, &length), body).await,
                How::Chunked => {
                    self.raw(&head(path, delivery, "transfer-encoding: chunked"), &chunked(body)).await
                }
                How::Slow => self.raw(&head(path, delivery, &length), half).await,
                How::CutOff => {
                    self.open = None;
                    write(&mut self.stream().await, &head(path, delivery, &length), half).await.unwrap();
                    return None;
                }
            })
        };
        tokio::time::timeout(Duration::from_secs(60), sent).await.expect("an answer")
    }

    async fn whole(&mut self, path: &str, delivery: &Delivery) -> u16 {
        let mut sender = match self.open.take() {
            Some(sender) => sender,
            None => self.connect().await,
        };
        // The receiver may have closed the connection after a response.
        if sender.ready().await.is_err() {
            sender = self.connect().await;
        }
        let mut request = delivery.to_http(path).unwrap().map(Full::from);
        request.headers_mut().insert("host", self.address.to_string().parse().unwrap());
        let response = sender.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        response.into_body().collect().await.unwrap();
        self.open = Some(sender);
        status
    }

    async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let (sender, connection) = handshake(TokioIo::new(self.stream().await)).await.unwrap();
        // It ends when either side closes it.
        tokio::spawn(connection);
        sender
    }

    /// Writes until everything is written or the connection fails, and waits for the response meanwhile.
    async fn raw(&mut self, head: &str, body: &[u8]) -> u16 {
        self.open = None;
        let stream = self.stream().await;
        let (reader, mut writer) = stream.into_split();
        tokio::select! {
            status = read_status(reader) => status,
            never = async {
                // The receiver need not read the rest of a rejected request.
                drop(write(&mut writer, head, body).await);
                std::future::pending().await
            } => never,
        }
    }

    async fn stream(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), head: &str, body: &[u8]) -> std::io::Result<()> {
    writer.write_all(head.as_bytes()).await?;
    writer.write_all(body).await?;
    writer.flush().await
}

async fn read_status(mut reader: impl AsyncRead + Unpin) -> u16 {
    // `HTTP/1.1 413`
    let mut line = [0; 12];
    reader.read_exact(&mut line).await.unwrap();
    str::from_utf8(&line[9..]).unwrap().parse().unwrap()
}

fn head(path: &str, delivery: &Delivery, framing: &str) -> String {
    let headers = delivery.headers().iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    format!("POST {path} HTTP/1.1\r\nhost: receiver\r\n{framing}\r\n{}\r\n", headers.collect::<String>())
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let chunks = body
        .chunks(16 * 1024)
        .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    chunks.chain(*b"0\r\n\r\n").collect()
}
