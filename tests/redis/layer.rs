//! The layer on two machines that share a server.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use countersign::tower::{VerifiedBody, VerifyLayer};
use countersign::vonage::SignedWebhook;
use countersign::{Error, ErrorKind, Secret, UnixTime, sign};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn one_machine_repeats_the_others_response() {
    let server = Server::start().await;
    let now = UnixTime::from_secs(1_700_000_000);
    let secret = Secret::new("s3cr3t").unwrap();
    let (calls, go_on) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let machine = || {
        let (calls, go_on) = (Arc::clone(&calls), Arc::clone(&go_on));
        let handle = move |_: Request<VerifiedBody>| {
            let (calls, go_on) = (Arc::clone(&calls), Arc::clone(&go_on));
            async move {
                let call = calls.fetch_add(1, Ordering::SeqCst);
                go_on.notified().await;
                let mut response = Response::new(Full::<Bytes>::from(format!(r#"[{{"call":{call}}}]"#)));
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Ok::<_, Infallible>(response)
            }
        };
        VerifyLayer::new(SignedWebhook::new(secret.clone()).clock(move || now))
            .replay_guard(server.guard())
            .unwrap()
            .remember_responses(1000)
            .layer(service_fn(handle))
    };
    let request = || {
        let delivery = sign::TokenSigner::new(&secret, now).claim("jti", "1").post("{}");
        delivery.to_http("/").unwrap().map(Full::<Bytes>::from)
    };
    let (one, other) = (machine(), machine());
    let first = tokio::spawn(one.oneshot(request()));
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }

    let meanwhile = other.clone().oneshot(request()).await.unwrap();
    assert_eq!(meanwhile.extensions().get::<Error>().map(Error::kind), Some(ErrorKind::ReplayInProgress));
    let seconds: u32 = meanwhile.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    go_on.notify_one();
    let first = first.await.unwrap().unwrap();
    let again = other.clone().oneshot(request()).await.unwrap();
    for response in [first, again] {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), r#"[{"call":0}]"#);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);

    server.kill();
    let rejected = other.oneshot(request()).await.unwrap();
    assert_eq!(rejected.status(), StatusCode::SERVICE_UNAVAILABLE);
    let error = rejected.extensions().get::<Error>().unwrap();
    assert_eq!(crate::cause(error), countersign::replay::RedisError::ConnectionRefused);
}
