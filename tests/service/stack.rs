//! The layer among tower's own.

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use countersign::ErrorKind;
use countersign::tower::VerifyLayer;
use http::{Request, StatusCode};
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::frames::{Frames, Step};
use crate::world::{BODY, Handler, http, poll_once, rejection, vogent, vogent_delivery, with_body};

/// They panic if they are called before they are ready, as tower's contract allows. A rejection gives its permits back.
#[tokio::test]
async fn behind_and_before_buffers_and_concurrency_limits() {
    let handler = Handler::default();
    let service = ServiceBuilder::new()
        .layer(BufferLayer::new(4))
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(VerifyLayer::new(vogent()))
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(BufferLayer::new(4))
        .service(handler.service());
    let outcomes = [None, Some(ErrorKind::SignatureMismatch)].repeat(10);
    let calls = outcomes.iter().map(|rejected| {
        let forged = vogent_delivery().with_body("{}");
        let delivery = if rejected.is_some() { forged } else { vogent_delivery() };
        tokio::spawn(service.clone().oneshot(http(&delivery)))
    });
    for (call, expected) in calls.collect::<Vec<_>>().into_iter().zip(&outcomes) {
        let response = call.await.unwrap().unwrap();
        assert_eq!((rejection(&response), response.status().is_success()), (*expected, expected.is_none()));
    }
    assert_eq!(handler.count(), 10);
}

#[tokio::test]
async fn load_is_shed_while_the_service_is_not_ready() {
    let handler = Handler::default();
    let limited = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).service(handler.service());
    let mut service =
        ServiceBuilder::new().layer(LoadShedLayer::new()).layer(VerifyLayer::new(vogent())).service(limited);

    let stalled = with_body(&vogent_delivery(), Frames::new([Step::stall()]));
    let held = ready(&mut service).await.call(stalled);
    let next = || with_body(&vogent_delivery(), Frames::chunks(BODY.as_bytes(), 8));
    let shed = ready(&mut service).await.call(next()).await.unwrap_err();
    assert!(shed.is::<tower::load_shed::error::Overloaded>());

    drop(held);
    assert_eq!(ready(&mut service).await.call(next()).await.unwrap().status(), StatusCode::OK);
    assert_eq!(handler.count(), 1);
}

/// A route of axum is always ready, so that the limit behind it is asked only after verification.
#[tokio::test]
async fn a_limit_in_a_layer_of_its_own_counts_only_verified_requests() {
    let router = Router::new().route("/webhook", post(async || "handled"));
    let limit = || GlobalConcurrencyLimitLayer::new(1);
    let together = ServiceBuilder::new().layer(VerifyLayer::new(vogent())).layer(limit());
    let apart = router.clone().layer(limit()).layer(VerifyLayer::new(vogent()));
    for (router, waits) in [(router.layer(together), true), (apart, false)] {
        let send = |steps| {
            let body = axum::body::Body::new(Frames::new(steps));
            Box::pin(router.clone().oneshot(with_body(&vogent_delivery(), body)))
        };
        let mut stalled = send([Step::stall()]);
        assert!(poll_once(stalled.as_mut()).is_pending());
        let mut next = send([Step::Data(BODY.into())]);
        assert_eq!(poll_once(next.as_mut()).is_pending(), waits);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_client_hits_the_outer_timeout() {
    let handler = Handler::default();
    let mut service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .layer(VerifyLayer::new(vogent()))
        .service(handler.service());
    for steps in [vec![Step::stall()], vec![Step::Data(BODY.into()), Step::stall()]] {
        let stalled = with_body(&vogent_delivery(), Frames::new(steps));
        let error = ready(&mut service).await.call(stalled).await.unwrap_err();
        assert!(error.is::<tower::timeout::error::Elapsed>());
    }
    assert_eq!(handler.count(), 0);
}

async fn ready<S: Service<Request<Frames>, Error: std::fmt::Debug>>(service: &mut S) -> &mut S {
    service.ready().await.unwrap()
}
