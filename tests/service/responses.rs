//! Responses that are saved and repeated.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body as AxumBody;
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use countersign::Verified;
use countersign::axum::Signed;
use countersign::replay::Memory;
use countersign::tower::VerifiedBody;
use countersign::vonage::SignedWebhook;
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, LOCATION, TRAILER};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt};

use crate::frames::{Frames, Step};
use crate::world::{BODY, call, guarded, webhook, webhook_request};

const LIMIT: usize = 64;

/// A service that gives each call, counted from 0, its own response.
fn answering<R: Send + 'static>(
    response: impl Fn(usize) -> Response<R> + Clone + Send + 'static,
) -> impl Service<Request<VerifiedBody>, Response = Response<R>, Error = Infallible, Future: Send> + Clone {
    let calls = Arc::new(AtomicUsize::new(0));
    tower::service_fn(move |_| {
        let response = response(calls.fetch_add(1, Ordering::Relaxed));
        async { Ok(response) }
    })
}

async fn axum_answer(router: &Router, id: &str) -> (StatusCode, Option<HeaderValue>, Bytes) {
    let response = router.clone().oneshot(webhook_request(id).map(AxumBody::new)).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers.get(CONTENT_TYPE).cloned(), body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn the_first_response_is_repeated_in_axum() {
    let calls = Arc::new(AtomicUsize::new(0));
    let ncco = move || {
        let attempt = calls.fetch_add(1, Ordering::Relaxed);
        async move { (StatusCode::CREATED, Json(serde_json::json!([{ "action": "talk", "attempt": attempt }]))) }
    };
    let router = Router::new()
        .route("/webhook", post(ncco))
        .layer(guarded(Memory::new(1000)).remember_responses(LIMIT));
    let first = axum_answer(&router, "1").await;
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(first.1, Some(HeaderValue::from_static("application/json")));
    assert_eq!(first.2, r#"[{"action":"talk","attempt":0}]"#);
    for _ in 0..2 {
        assert_eq!(axum_answer(&router, "1").await, first);
    }
    assert_eq!(axum_answer(&router, "2").await.2, r#"[{"action":"talk","attempt":1}]"#);
}

#[tokio::test]
async fn responses_of_strings_and_bytes_are_repeated() {
    let numbered = |number: usize| Response::new(format!("attempt {number}"));
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(numbered));
    for _ in 0..2 {
        assert_eq!(call(&mut service, webhook_request("1")).await.body(), "attempt 0");
    }
    let numbered = |number: usize| Response::new(Full::<Bytes>::from(format!("attempt {number}")));
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(numbered));
    for _ in 0..2 {
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "attempt 0");
    }
}

#[tokio::test]
async fn status_and_content_type_are_kept_and_no_other_header() {
    let first = |_| {
        let response = Response::builder().status(StatusCode::ACCEPTED).header(LOCATION, "/1");
        response.header(CONTENT_TYPE, "application/xml").body("<Response/>".to_owned()).unwrap()
    };
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(first));
    let response = call(&mut service, webhook_request("1")).await;
    assert_eq!(response.headers().len(), 2);
    let repeated = call(&mut service, webhook_request("1")).await;
    assert_eq!((repeated.status(), repeated.body().as_str()), (StatusCode::ACCEPTED, "<Response/>"));
    assert_eq!(repeated.headers().len(), 1);
    assert_eq!(repeated.headers()[CONTENT_TYPE], "application/xml");
}

#[tokio::test]
async fn an_unsaved_response_is_passed_on_and_its_duplicate_acknowledged() {
    fn text(length: usize) -> Response<AxumBody> {
        Response::new(AxumBody::from("a".repeat(length)))
    }
    fn strange() -> Response<AxumBody> {
        let mut response = text(1);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_bytes(b"text/\xe9").unwrap());
        response
    }
    type Answer = fn() -> Response<AxumBody>;
    let cases: [(Answer, usize, usize); 4] = [
        (|| text(LIMIT), LIMIT, LIMIT),
        (|| text(LIMIT + 1), LIMIT + 1, 0),
        (|| Response::new(AxumBody::new(Frames::chunks(b"ab", 1))), 2, 0),
        (strange, 1, 0),
    ];
    for (response, first, repeated) in cases {
        let service = answering(move |_| response());
        // The order of the two settings does not matter.
        for turned in [false, true] {
            let layer = guarded(Memory::new(1000));
            let named = |_: &Verified| Response::new(AxumBody::empty());
            let layer = if turned {
                layer.on_duplicate(named).remember_responses(LIMIT)
            } else {
                layer.remember_responses(LIMIT).on_duplicate(named)
            };
            let mut service = layer.layer(service.clone());
            for length in [first, repeated] {
                let response = call(&mut service, webhook_request("1")).await;
                assert_eq!(response.status(), StatusCode::OK);
                assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), length);
            }
        }
    }
}

/// Without its headers or trailers, a compressed, partial or checked body changes its meaning.
#[tokio::test]
async fn responses_that_need_their_headers_are_not_saved() {
    for (name, value) in [(CONTENT_ENCODING, "gzip"), (CONTENT_RANGE, "bytes 0-1/9"), (TRAILER, "x-sum")] {
        let header = name.clone();
        let first = move |_| Response::builder().header(&header, value).body("ab".to_owned()).unwrap();
        let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(first));
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!((response.headers()[&name].to_str().unwrap(), response.body().as_str()), (value, "ab"));
        let repeated = call(&mut service, webhook_request("1")).await;
        assert_eq!((repeated.headers().len(), repeated.body().as_str()), (0, ""));
    }

    // Unannounced trailers.
    let checked = |_| {
        let steps = [Step::Data(b"ab".to_vec()), Step::Trailers];
        Response::new(AxumBody::new(Frames::new(steps).exactly(2)))
    };
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(checked));
    for (body, trailers) in [("ab", true), ("", false)] {
        let response = call(&mut service, webhook_request("1")).await;
        let collected = response.into_body().collect().await.unwrap();
        assert_eq!(collected.trailers().is_some_and(|trailers| !trailers.is_empty()), trailers);
        assert_eq!(collected.to_bytes(), body);
    }
}

#[tokio::test]
async fn only_2xx_responses_are_saved() {
    let first = |number: usize| {
        if number == 0 { Redirect::to("/").into_response() } else { StatusCode::NO_CONTENT.into_response() }
    };
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(first));
    for status in [303, 204, 204] {
        assert_eq!(call(&mut service, webhook_request("1")).await.status().as_u16(), status);
    }
}

#[tokio::test]
async fn an_incomplete_response_is_a_failure() {
    let broken = |number: usize| {
        let steps = [
            Step::Data(b"half".to_vec()),
            if number == 0 { Step::Error } else { Step::Data(b"half".to_vec()) },
        ];
        Response::new(AxumBody::new(Frames::new(steps).exactly(8)))
    };
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(broken));
    for (status, body) in [(500, ""), (200, "halfhalf"), (200, "halfhalf")] {
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body);
    }
    // One that is not 2xx is not read.
    let failed = |_| {
        let body = AxumBody::new(Frames::new([Step::Error]).exactly(8));
        Response::builder().status(StatusCode::BAD_GATEWAY).body(body).unwrap()
    };
    let mut service = guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(failed));
    assert_eq!(call(&mut service, webhook_request("1")).await.status(), StatusCode::BAD_GATEWAY);
}

/// A response saved by another service may not be text.
#[tokio::test]
async fn an_unrepeatable_response_is_acknowledged() {
    let guard = Arc::new(Memory::new(10));
    let layer = || guarded(Arc::clone(&guard)).remember_responses(LIMIT);
    let bytes = |_| Response::new(AxumBody::from(&b"\xff"[..]));
    let text = |_| Response::new("never".to_owned());
    call(&mut layer().layer(answering(bytes)), webhook_request("1")).await;
    let response = call(&mut layer().layer(answering(text)), webhook_request("1")).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, ""));
    // Also without `remember_responses`.
    let forgets = guarded(guard);
    let response = call(&mut forgets.layer(answering(text)), webhook_request("1")).await;
    assert_eq!(response.body(), "");
}

/// As `guide::exactly_once` says.
#[tokio::test]
async fn the_extractor_works_below_the_layer() {
    async fn message(signed: Signed<Bytes, SignedWebhook>) -> Bytes {
        signed.0
    }
    let router = Router::new()
        .route("/webhook", post(message))
        .layer(guarded(Memory::new(1000)).on_duplicate(StatusCode::NO_CONTENT))
        .with_state(Arc::new(webhook()));
    for (status, body) in [(StatusCode::OK, BODY), (StatusCode::NO_CONTENT, "")] {
        let answer = axum_answer(&router, "1").await;
        assert_eq!((answer.0, answer.2), (status, Bytes::from(body)));
    }
}
