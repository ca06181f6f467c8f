//! The layer among tower's own.

use std::convert::Infallible;
use std::future::Future as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use countersign::ErrorKind;
use countersign::tower::{VerifiedBody, VerifyLayer};
use http::{Request, Response, StatusCode};
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::frames::{Frames, Step};
use crate::world::{BODY, Handler, call, http, rejected, vogent, vogent_delivery, with_body};

/// Panics if it is called before it is ready, as tower's contract allows.
#[derive(Default)]
struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl Service<Request<VerifiedBody>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<VerifiedBody>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been ready");
        self.calls.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(Response::default()))
    }
}

#[tokio::test]
async fn the_instance_that_was_ready_is_called() {
    let strict = Strict::default();
    let calls = Arc::clone(&strict.calls);
    let mut service = ServiceBuilder::new().layer(VerifyLayer::new(vogent())).service(strict);
    for _ in 0..3 {
        call(&mut service, http(&vogent_delivery())).await;
    }
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn behind_and_before_a_concurrency_limit() {
    let handler = Handler::default();
    let mut service = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(VerifyLayer::new(vogent()))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(handler.service());
    for _ in 0..3 {
        let response = call(&mut service, http(&vogent_delivery())).await;
        assert_eq!(response.status(), StatusCode::OK);
        // A rejection gives its permit back.
        assert_eq!(
            rejected(&mut service, http(&vogent_delivery().with_body("{}"))).await,
            Some(ErrorKind::SignatureMismatch)
        );
    }
    assert_eq!(handler.count(), 3);
}

#[tokio::test]
async fn behind_and_before_a_buffer() {
    let handler = Handler::default();
    let service = ServiceBuilder::new()
        .layer(BufferLayer::new(4))
        .layer(VerifyLayer::new(vogent()))
        .layer(BufferLayer::new(4))
        .service(handler.service());
    let calls = (0..20).map(|number| {
        let delivery = if number % 2 == 0 { vogent_delivery() } else { vogent_delivery().with_body("{}") };
        tokio::spawn(service.clone().oneshot(http(&delivery)))
    });
    let mut accepted = 0;
    for call in calls.collect::<Vec<_>>() {
        accepted += usize::from(call.await.unwrap().unwrap().status() == StatusCode::OK);
    }
    assert_eq!((accepted, handler.count()), (10, 10));
}

#[tokio::test]
async fn load_is_shed_while_the_service_is_not_ready() {
    let handler = Handler::default();
    let limited = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).service(handler.service());
    let mut service =
        ServiceBuilder::new().layer(LoadShedLayer::new()).layer(VerifyLayer::new(vogent())).service(limited);

    let stalled = with_body(&vogent_delivery(), Frames::new([Step::Stall]));
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
        let mut stalled = send([Step::Stall]);
        let mut context = Context::from_waker(Waker::noop());
        assert!(stalled.as_mut().poll(&mut context).is_pending());
        let mut next = send([Step::Data(BODY.into())]);
        assert_eq!(next.as_mut().poll(&mut context).is_pending(), waits);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_client_hits_the_outer_timeout() {
    let handler = Handler::default();
    let mut service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .layer(VerifyLayer::new(vogent()))
        .service(handler.service());
    for steps in [vec![Step::Stall], vec![Step::Data(BODY.into()), Step::Stall]] {
        let stalled = with_body(&vogent_delivery(), Frames::new(steps));
        let error = ready(&mut service).await.call(stalled).await.unwrap_err();
        assert!(error.is::<tower::timeout::error::Elapsed>());
    }
    assert_eq!(handler.count(), 0);
}

async fn ready<S: Service<Request<Frames>, Error: std::fmt::Debug>>(service: &mut S) -> &mut S {
    service.ready().await.unwrap()
}
