//! A rule that signs the URL, behind nested routers of axum.

use std::sync::Arc;

use axum::middleware::map_request;
use axum::routing::post;
use axum::{Router, extract};
use countersign::axum::Signed;
use countersign::rule::Profile;
use countersign::tower::VerifyLayer;
use countersign::{Algorithm, BaseUrl, Coverage, Keys, Webhook, sign};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{Read, SIGNATURE, Written};
use crate::world::secret;

/// Signs the URL and the body.
fn rule() -> Written {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part(head.url()).body();
        Ok(())
    };
    Written(Profile::new("url").url(), read, |_| {})
}

fn verifier() -> Webhook<Written> {
    let base = BaseUrl::new("https://example.com/hooks").unwrap();
    Webhook::with_base_url(rule(), Keys::hmac(Algorithm::Sha256, secret()), base)
}

fn request(target: &str, signed: &str) -> Request<axum::body::Body> {
    let signed = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(), format!("{signed}body"));
    let signed = signed.with_body("body").to_http(target).unwrap();
    signed.map(axum::body::Body::from)
}

#[tokio::test]
async fn a_nested_router_verifies_the_received_target() {
    let layered = || Router::new().route("/a%2Fb", post(async || "")).layer(VerifyLayer::new(verifier()));
    let extracted = Router::new()
        .route(
            "/a%2Fb",
            post(async |signed: Signed<bytes::Bytes, Webhook<Written>>| {
                assert_eq!(signed.1.coverage(), Coverage::UrlBody);
            }),
        )
        .with_state(Arc::new(verifier()));
    for inner in [layered(), extracted] {
        let routers = [
            (inner.clone(), ""),
            (Router::new().nest("/api", inner.clone()), "/api"),
            (Router::new().nest("/v1", Router::new().nest("/api", inner)), "/v1/api"),
        ];
        for (router, prefix) in routers {
            let target = format!("{prefix}/a%2Fb?x=%27'&y=");
            let url = format!("https://example.com/hooks{target}");
            for (signed, status) in [
                (url.clone(), StatusCode::OK),
                (url.replace("'&", "%27&"), StatusCode::UNAUTHORIZED),
                (url.replace("https", "http"), StatusCode::UNAUTHORIZED),
                (target.clone(), StatusCode::UNAUTHORIZED),
            ] {
                let response = router.clone().oneshot(request(&target, &signed)).await.unwrap();
                assert_eq!(response.status(), status, "{signed}");
            }
        }
    }
}

/// A middleware that rewrites the URI after routing.
async fn with_other_query(mut request: Request<axum::body::Body>) -> Request<axum::body::Body> {
    *request.uri_mut() = "/hook?id=other".parse().unwrap();
    request
}

#[tokio::test]
async fn the_verified_query_is_passed_on() {
    let handler = async |Signed(request, proof): Signed<extract::Request, Webhook<Written>>| {
        assert_eq!(proof.coverage(), Coverage::UrlBody);
        request.uri().query().unwrap_or_default().to_owned()
    };
    let router = Router::new()
        .route("/hook", post(handler))
        .layer(map_request(with_other_query))
        .with_state(Arc::new(verifier()));
    let nested = Router::new().nest("/api", router.clone());
    for (router, target) in [(router, "/hook?id=7"), (nested, "/api/hook?id=7")] {
        let signed = format!("https://example.com/hooks{target}");
        let response = router.oneshot(request(target, &signed)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "id=7");
    }
}
