//! A rule that signs the URL, behind nested routers of axum.

use std::sync::Arc;

use axum::middleware::map_request;
use axum::routing::post;
use axum::{Router, extract};
use countersign::axum::Signed;
use countersign::rule::{Envelope, Profile, Rule};
use countersign::tower::VerifyLayer;
use countersign::{Algorithm, BaseUrl, ConfigError, Coverage, Error, Head, HeaderName, Keys, Webhook};
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use sha2::Sha256;
use tower::ServiceExt;

use crate::world::secret;

/// Signs the URL and the body.
#[derive(Debug)]
struct Url;

static SIGNATURE: HeaderName = HeaderName::from_static("x-sig");

impl Rule for Url {
    fn profile(&self) -> Profile {
        Profile::new("url").url()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.hex(head.signature(&SIGNATURE)?).part(head.url()).body();
        Ok(())
    }
}

fn verifier() -> Webhook<Url> {
    let base = BaseUrl::new("https://example.com/hooks").unwrap();
    Webhook::with_base_url(Url, Keys::hmac(Algorithm::Sha256, secret()), base)
}

fn request(target: &str, signed: &str) -> Request<axum::body::Body> {
    let mac = Hmac::<Sha256>::new_from_slice(b"s3cr3t").unwrap().chain_update(signed).chain_update("body");
    let request = Request::post(target).header("x-sig", hex::encode(mac.finalize().into_bytes()));
    request.body("body".into()).unwrap()
}

#[tokio::test]
async fn the_target_is_the_one_that_was_received_however_deep_the_router_is() {
    let layered = || Router::new().route("/a%2Fb", post(async || "")).layer(VerifyLayer::new(verifier()));
    let extracted = Router::new()
        .route(
            "/a%2Fb",
            post(async |signed: Signed<bytes::Bytes, Webhook<Url>>| {
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

/// As a middleware does that rewrites the URI after routing.
async fn with_other_query(mut request: Request<axum::body::Body>) -> Request<axum::body::Body> {
    *request.uri_mut() = "/hook?id=other".parse().unwrap();
    request
}

#[tokio::test]
async fn the_query_that_is_handed_on_is_the_verified_one() {
    let handler = async |Signed(request, proof): Signed<extract::Request, Webhook<Url>>| {
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

#[test]
fn a_rule_that_signs_the_url_needs_its_start() {
    let keys = Keys::hmac(Algorithm::Sha256, secret());
    assert_eq!(Webhook::with_rule(Url, keys).unwrap_err(), ConfigError::BaseUrlMissing);
}
