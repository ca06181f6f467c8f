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

/// That service behind a layer that saves its responses.
fn remembered<R>(
    response: impl Fn(usize) -> Response<R> + Clone + Send + 'static,
) -> impl Service<Request<Full<Bytes>>, Response = Response<R>, Error = Infallible>
where
    R: http_body::Body<Data: Send, Error: Into<axum::BoxError>> + Default + TryFrom<Vec<u8>> + Send + 'static,
{
    guarded(Memory::new(1000)).remember_responses(LIMIT).layer(answering(response))
}

/// The answer to a request with this `jti`.
async fn answer<S, R>(service: &mut S, id: &str) -> Response<Bytes>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>, Error = Infallible>,
    R: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let (parts, body) = call(service, webhook_request(id)).await.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

async fn axum_answer(router: &Router, id: &str) -> Response<Bytes> {
    answer(&mut router.clone().map_request(|request: Request<Full<Bytes>>| request.map(AxumBody::new)), id)
        .await
}

#[tokio::test]
async fn the_first_response_is_repeated_in_axum() {
    let calls = Arc::new(AtomicUsize::new(0));
    let ncco = move || {
        let attempt = calls.fetch_add(1, Ordering::Relaxed);
        async move { (StatusCode::CREATED, Json(serde_json::json!([{ "action": "talk", "attempt": attempt }]))) }
    };
    let layer = guarded(Memory::new(1000)).remember_responses(LIMIT);
    let router = Router::new().route("/webhook", post(ncco)).layer(layer);
    for (id, attempt) in [("1", 0), ("1", 0), ("1", 0), ("2", 1)] {
        let response = axum_answer(&router, id).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.body(), &format!(r#"[{{"action":"talk","attempt":{attempt}}}]"#));
    }
}

#[tokio::test]
async fn responses_of_strings_and_bytes_are_repeated() {
    let mut texts = remembered(|number| Response::new(format!("attempt {number}")));
    let mut bytes = remembered(|number| Response::new(Full::<Bytes>::from(format!("attempt {number}"))));
    for _ in 0..2 {
        assert_eq!(answer(&mut texts, "1").await.body(), "attempt 0");
        assert_eq!(answer(&mut bytes, "1").await.body(), "attempt 0");
    }
}

#[tokio::test]
async fn status_and_content_type_are_kept_and_no_other_header() {
    let mut service = remembered(|_| {
        let response = Response::builder().status(StatusCode::ACCEPTED).header(LOCATION, "/1");
        response.header(CONTENT_TYPE, "application/xml").body("<Response/>".to_owned()).unwrap()
    });
    for headers in [2, 1] {
        let response = answer(&mut service, "1").await;
        assert_eq!((response.status(), &**response.body()), (StatusCode::ACCEPTED, &b"<Response/>"[..]));
        assert_eq!(response.headers().len(), headers);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/xml");
    }
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
    let cases: [(Answer, [usize; 2]); 4] = [
        (|| text(LIMIT), [LIMIT, LIMIT]),
        (|| text(LIMIT + 1), [LIMIT + 1, 0]),
        (|| Response::new(AxumBody::new(Frames::chunks(b"ab", 1))), [2, 0]),
        (strange, [1, 0]),
    ];
    for (response, lengths) in cases {
        // The order of the two settings does not matter.
        for turned in [false, true] {
            let layer = guarded(Memory::new(1000));
            let named = |_: &Verified| Response::new(AxumBody::empty());
            let layer = if turned {
                layer.on_duplicate(named).remember_responses(LIMIT)
            } else {
                layer.remember_responses(LIMIT).on_duplicate(named)
            };
            let mut service = layer.layer(answering(move |_| response()));
            for length in lengths {
                let response = answer(&mut service, "1").await;
                assert_eq!((response.status(), response.body().len()), (StatusCode::OK, length));
            }
        }
    }
}

/// Without its headers or trailers, a compressed, partial or checked body changes its meaning.
#[tokio::test]
async fn responses_that_need_their_headers_are_not_saved() {
    for (name, value) in [(CONTENT_ENCODING, "gzip"), (CONTENT_RANGE, "bytes 0-1/9"), (TRAILER, "x-sum")] {
        let header = name.clone();
        let mut service =
            remembered(move |_| Response::builder().header(&header, value).body("ab".to_owned()).unwrap());
        let response = answer(&mut service, "1").await;
        assert_eq!((response.headers()[&name].to_str().unwrap(), &**response.body()), (value, &b"ab"[..]));
        let repeated = answer(&mut service, "1").await;
        assert_eq!((repeated.headers().len(), repeated.body().len()), (0, 0));
    }

    // Unannounced trailers.
    let mut service = remembered(|_| {
        let steps = [Step::Data(b"ab".to_vec()), Step::Trailers];
        Response::new(AxumBody::new(Frames::new(steps).exactly(2)))
    });
    for (body, trailers) in [("ab", true), ("", false)] {
        let response = call(&mut service, webhook_request("1")).await;
        let collected = response.into_body().collect().await.unwrap();
        assert_eq!(collected.trailers().is_some_and(|trailers| !trailers.is_empty()), trailers);
        assert_eq!(collected.to_bytes(), body);
    }
}

#[tokio::test]
async fn only_2xx_responses_are_saved() {
    let mut service = remembered(|number| {
        if number == 0 { Redirect::to("/").into_response() } else { StatusCode::NO_CONTENT.into_response() }
    });
    for status in [303, 204, 204] {
        assert_eq!(answer(&mut service, "1").await.status().as_u16(), status);
    }
}

#[tokio::test]
async fn an_incomplete_response_is_a_failure() {
    let half = || Step::Data(b"half".to_vec());
    let mut service = remembered(move |number| {
        let end = if number == 0 { Step::Error } else { half() };
        Response::new(AxumBody::new(Frames::new([half(), end]).exactly(8)))
    });
    for (status, body) in [(500, ""), (200, "halfhalf"), (200, "halfhalf")] {
        let response = answer(&mut service, "1").await;
        assert_eq!((response.status().as_u16(), &**response.body()), (status, body.as_bytes()));
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
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, ""));
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
    for (status, body) in [(200, BODY), (204, "")] {
        let response = axum_answer(&router, "1").await;
        assert_eq!((response.status().as_u16(), &**response.body()), (status, body.as_bytes()));
    }
}
