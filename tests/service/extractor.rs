//! The axum extractor, in a router with several platforms.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, OriginalUri, Path};
use axum::response::IntoResponse;
use axum::routing::{any, post};
use axum::{Form, Json, Router};
use bytes::Bytes;
use countersign::ErrorKind::{
    self, BodyTooLarge, HeaderRepeated, MethodUnsupported, QueryTooLong, SignatureMalformed,
    SignatureMismatch, SignatureMissing, TokenMissing,
};
use countersign::axum::{Signed, SignedParameters, SignedRejection};
use countersign::rule::Profile;
use countersign::sign::{self, Delivery, Unsigned};
use countersign::tower::VerifyLayer;
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, BaseUrl, Coverage, ElevenLabs, Error, Head, Keys, PlivoV2, Twilio, Verified, Verifier, Vogent,
    Webhook,
};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use tower::ServiceExt;

use crate::frames::{Frames, Step};
use crate::layer::Sends;
use crate::support::{Read, SIGNATURE, Written};
use crate::world::{BODY, secret, vogent, vogent_delivery, webhook, webhook_delivery};

const UNVERIFIED: &str = "request was not verified: the route has no `VerifyLayer`";

#[derive(Clone, FromRef)]
struct Verifiers {
    vogent: Arc<Vogent>,
    webhook: Arc<SignedWebhook>,
    sms: Arc<Sms>,
    any: Arc<dyn Verifier>,
}

#[derive(Debug, Deserialize)]
struct Dial {
    dial_id: String,
}

#[derive(Deserialize)]
struct Message {
    text: String,
}

async fn raw(Signed(value, verified): Signed<Bytes, SignedWebhook>) -> String {
    format!("{} bytes, {}", value.len(), verified.coverage().as_str())
}

fn router_state() -> Verifiers {
    Verifiers {
        vogent: Arc::new(vogent()),
        webhook: Arc::new(webhook()),
        sms: Arc::new(Sms::new(SignatureMethod::Sha256, secret())),
        any: Arc::new(vogent()),
    }
}

fn router() -> Router {
    Router::new()
        .route("/json", post(|Signed(Json(dial), _): Signed<Json<Dial>, Vogent>| async move { dial.dial_id }))
        .route("/raw", any(raw))
        .route(
            "/form",
            any(|Signed(Form(message), _): Signed<Form<Message>, Sms>| async move { message.text }),
        )
        .route("/any", post(|Signed(body, _): Signed| async move { body }))
        .with_state(router_state())
}

async fn answer<B>(router: Router, request: Request<B>) -> (StatusCode, String, Option<ErrorKind>)
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let response = router.oneshot(request.map(axum::body::Body::new)).await.unwrap();
    let (status, kind) = (response.status(), response.extensions().get::<Error>().map(Error::kind));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap(), kind)
}

/// The request over HTTP to this path.
fn to(path: &str, delivery: &Delivery) -> Request<Full<Bytes>> {
    delivery.to_http(path).unwrap().map(Full::from)
}

async fn send(path: &str, delivery: &Delivery) -> (StatusCode, String, Option<ErrorKind>) {
    answer(router(), to(path, delivery)).await
}

fn text(text: &str) -> sign::SmsSigner {
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret())
        .param("msisdn", "447700900001")
        .param("text", text)
}

#[tokio::test]
async fn each_route_has_its_verifier_and_its_extractor() {
    for (path, delivery, answer) in [
        ("/json", vogent_delivery(), "d1"),
        ("/raw", webhook_delivery("1"), "39 bytes, body"),
        ("/raw", sign::TokenSigner::new(&secret(), crate::world::NOW).get("a=1"), "0 bytes, query"),
        ("/form", text("a b").form(), "a b"),
        ("/form", text("a b").query(), "a b"),
        ("/any", vogent_delivery(), BODY),
    ] {
        assert_eq!(send(path, &delivery).await, (StatusCode::OK, answer.to_owned(), None), "{path}");
    }
}

#[tokio::test]
async fn a_forged_request_gets_the_status_of_its_kind() {
    for (path, delivery, kind) in [
        ("/json", vogent_delivery().with_body("{}"), SignatureMismatch),
        ("/json", webhook_delivery("1"), SignatureMissing),
        ("/raw", vogent_delivery(), TokenMissing),
        ("/form", text("a").form().with_body("text=b"), SignatureMissing),
        ("/form", text("a").json().with_header("content-type", "text/plain"), HeaderRepeated),
        // Nothing is parsed before it has verified.
        ("/json", sign::vogent(&secret(), "{").with_body("}"), SignatureMismatch),
    ] {
        let status = StatusCode::from_u16(kind.status()).unwrap();
        assert_eq!(send(path, &delivery).await, (status, String::new(), Some(kind)), "{path}");
    }
}

#[tokio::test]
async fn a_verified_but_unreadable_body_is_rejected_by_axum() {
    let (status, body, kind) = send("/json", &sign::vogent(&secret(), "{")).await;
    assert_eq!((status, kind), (StatusCode::BAD_REQUEST, None));
    assert!(body.starts_with("Failed to parse the request body as JSON"), "{body}");
    let (status, _, kind) = send("/json", &sign::vogent(&secret(), "{}")).await;
    assert_eq!((status, kind), (StatusCode::UNPROCESSABLE_ENTITY, None));
}

#[tokio::test]
async fn the_extractor_keeps_the_routes_limit() {
    const MIB: usize = 1024 * 1024;
    let sends = Arc::new(Sends(vogent(), Some(3 * MIB)));
    let take = || post(|Signed(body, _): Signed<Bytes, Sends<Vogent>>| async move { body.len().to_string() });
    let by_default = Router::new().route("/", take()).with_state(Arc::clone(&sends));
    let raised = Router::new().route("/", take().layer(DefaultBodyLimit::max(3 * MIB))).with_state(sends);
    for (router, length, rejected) in [
        (&by_default, 2 * MIB, None),
        (&by_default, 2 * MIB + 1, Some(BodyTooLarge)),
        (&raised, 2 * MIB + 1, None),
    ] {
        let delivery = sign::vogent(&secret(), vec![b'x'; length]);
        let (status, _, kind) = answer(router.clone(), to("/", &delivery)).await;
        assert_eq!((kind, status == StatusCode::OK), (rejected, rejected.is_none()), "{length}");
    }
}

/// The result of one of axum's extractors.
#[derive(Debug, Deserialize)]
struct Payment {
    amount: u64,
}

/// Attack 154: an attacker adds a query to a signed form.
#[tokio::test]
async fn an_uncovered_query_reaches_no_handler() {
    let state = Arc::new(vogent().methods(["POST", "GET"]).unwrap());
    let router = Router::new()
        .route(
            "/form",
            any(|signed: Signed<Form<Payment>, Vogent>| async move { signed.0.amount.to_string() }),
        )
        .route(
            "/parts",
            any(|signed: Signed<Request<axum::body::Body>, Vogent>| async move {
                let (parts, body) = signed.0.into_parts();
                let headers: Vec<_> = parts.headers.keys().map(ToString::to_string).collect();
                let body = body.collect().await.unwrap().to_bytes();
                format!("{} {headers:?} {body:?}", parts.uri)
            }),
        )
        .with_state(state);
    let form = sign::vogent(&secret(), "amount=1").with_header("x-other", "1");
    let form = |method: &str| {
        form.clone()
            .without_header("content-type")
            .with_header("content-type", "application/x-www-form-urlencoded")
            .with_query("amount=1000000")
            .with_method(method)
    };
    let send = |path: &str, delivery: Delivery| {
        let request = to(path, &delivery);
        answer(router.clone(), request)
    };
    assert_eq!(send("/form", form("POST")).await, (StatusCode::OK, "1".to_owned(), None));
    // axum's `Form` reads the query of a GET, and finds none.
    let (status, body, _) = send("/form", form("GET")).await;
    assert!(status == StatusCode::BAD_REQUEST && !body.contains("1000000"), "{status} {body}");
    for method in ["POST", "GET"] {
        let (_, parts, _) = send("/parts", form(method)).await;
        assert_eq!(parts, r#"/ ["content-type"] b"amount=1""#);
    }

    // By default such a request is rejected.
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "BREW", "post"] {
        let delivery = vogent_delivery().with_query("dial_id=d2").with_method(method);
        let (status, _, kind) = answer(
            Router::new()
                .route("/", any(|signed: Signed<Form<Dial>, Vogent>| async move { signed.0.0.dial_id }))
                .with_state(Arc::new(vogent())),
            to("/", &delivery),
        )
        .await;
        assert_eq!((status, kind), (StatusCode::METHOD_NOT_ALLOWED, Some(MethodUnsupported)), "{method}");
    }
}

#[tokio::test]
async fn parameters_are_read_from_the_proof() {
    type Values = BTreeMap<String, serde_json::Value>;
    #[derive(Debug, Deserialize)]
    struct Inbound {
        msisdn: String,
        text: Option<String>,
        flag: Option<String>,
    }
    fn told(sms: &Inbound) -> String {
        format!("{} {:?} {:?}", sms.msisdn, sms.text, sms.flag)
    }
    #[derive(Deserialize)]
    struct Answer {
        to: u64,
    }
    async fn told_to(signed: Signed<SignedParameters<Answer>, SignedWebhook>) -> String {
        signed.0.to.to_string()
    }
    let sms = Router::new()
        .route("/", any(|signed: Signed<SignedParameters<Inbound>, Sms>| async move { told(&signed.0) }))
        .with_state(router_state());
    let layered = Router::new()
        .route("/", any(|SignedParameters(sms): SignedParameters<Inbound>| async move { told(&sms) }))
        .layer(VerifyLayer::new(Sms::new(SignatureMethod::Sha256, secret())));
    let request = |delivery: &Delivery| to("/", delivery);
    for router in [sms, layered.clone()] {
        for delivery in [text("a & b").form(), text("a & b").json(), text("a & b").query()] {
            // Blank parameters, which anyone can add, are not passed on. Nor is an unsigned query.
            let unblank = r#"447700900001 Some("a & b") None"#.to_owned();
            assert_eq!(answer(router.clone(), request(&delivery)).await, (StatusCode::OK, unblank, None));
        }
        let added = text("a").form();
        let added = added.clone().with_body([added.body(), b"&flag=+"].concat()).with_query("flag=1");
        let plain = r#"447700900001 Some("a") None"#.to_owned();
        assert_eq!(answer(router.clone(), request(&added)).await, (StatusCode::OK, plain, None));
    }
    // No other extractor gets it either.
    let names = |values: Values| format!("{:?}", values.keys().collect::<Vec<_>>());
    let read = Router::new()
        .route("/form", any(move |signed: Signed<Form<Values>, Sms>| async move { names(signed.0.0) }))
        .route("/json", any(move |signed: Signed<Json<Values>, Sms>| async move { names(signed.0.0) }))
        .route("/raw", any(|signed: Signed<Bytes, Sms>| async move { signed.0 }))
        .with_state(router_state());
    let (form, query, json) = (text("a & é").form(), text("a & é").query(), text("a & é").json());
    let blank = |body: &[u8]| [body, b"&admin=&confirmed=%00+"].concat();
    let object = String::from_utf8(json.body().to_vec()).unwrap();
    let object = object.replacen('{', r#"{"admin":null,"confirmed":"\n","#, 1);
    let covered = r#"["msisdn", "text"]"#;
    for (path, sent) in [
        ("/form", form.clone().with_body(blank(form.body()))),
        ("/form", query.clone().with_query(&String::from_utf8(blank(query.query().as_bytes())).unwrap())),
        ("/json", json.clone().with_body(object)),
    ] {
        let found = answer(read.clone(), to(path, &sent)).await;
        assert_eq!(found, (StatusCode::OK, covered.to_owned(), None), "{path}");
    }
    // Unchanged, if all of it is covered.
    for sent in [form, json] {
        assert_eq!(answer(read.clone(), to("/raw", &sent)).await.1.as_bytes(), sent.body());
    }

    let no_text = sign::SmsSigner::new(SignatureMethod::Sha256, &secret()).param("text", "a").form();
    let (status, words, _) = answer(layered, request(&no_text)).await;
    assert_eq!((status, words.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "parameter `msisdn` is missing"));

    let get = Router::new().route("/", any(told_to)).with_state(router_state());
    let signer = || sign::TokenSigner::new(&secret(), crate::world::NOW);
    let genuine = request(&signer().get("to=447700900001&from=2"));
    assert_eq!(answer(get.clone(), genuine).await, (StatusCode::OK, "447700900001".to_owned(), None));
    let (status, words, _) = answer(get, request(&signer().post("to=1"))).await;
    assert_eq!(
        (status, words.as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "signature covers no parameters")
    );

    let unverified = Router::new().route("/", any(|SignedParameters(_): SignedParameters<Answer>| async {}));
    let (status, words, _) = answer(unverified, request(&text("a").form())).await;
    assert_eq!((status, words.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, UNVERIFIED));
}

/// `ElevenLabs` sends whole calls as audio. axum's own limit is 2 MiB.
#[tokio::test]
async fn a_handler_takes_what_the_layer_takes() {
    const MIB: usize = 1024 * 1024;
    let elevenlabs = || ElevenLabs::new(secret()).clock(|| crate::world::NOW);
    let take = || post(|_: Verified, body: Bytes| async move { body.len().to_string() });
    let by_default = Router::new().route("/", take()).layer(VerifyLayer::new(elevenlabs()));
    let inside = take().layer(DefaultBodyLimit::max(MIB));
    let inside = Router::new().route("/", inside).layer(VerifyLayer::new(elevenlabs()));
    // A limit outside stays if the layer's is not more than axum's own.
    let outside = Router::new().route("/", take()).layer(VerifyLayer::new(elevenlabs()).max_body(2 * MIB));
    let outside = outside.layer(DefaultBodyLimit::max(MIB));
    for (router, length, status) in [
        (by_default, 3 * MIB, StatusCode::OK),
        (inside, 3 * MIB, StatusCode::PAYLOAD_TOO_LARGE),
        (outside.clone(), MIB, StatusCode::OK),
        (outside, MIB + 1, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let unsigned = Unsigned::json(vec![b'x'; length]).time(crate::world::NOW);
        let audio = elevenlabs().sign(secret(), &unsigned).unwrap();
        assert_eq!(answer(router, to("/", &audio)).await.0, status, "{length}");
    }
}

#[tokio::test]
async fn a_handler_that_takes_the_proof_does_not_run_without_the_layer() {
    let ran = Arc::new(AtomicBool::new(false));
    let runs = Arc::clone(&ran);
    let handle = move |_: Verified| {
        runs.store(true, Ordering::Relaxed);
        std::future::ready("handled")
    };
    let router = Router::new().route("/", post(handle));
    let request = || to("/", &vogent_delivery());
    let (status, words, _) = answer(router.clone(), request()).await;
    assert_eq!((status, words.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, UNVERIFIED));
    assert!(!ran.load(Ordering::Relaxed));

    let layered = router.layer(VerifyLayer::new(vogent()));
    assert_eq!(answer(layered, request()).await, (StatusCode::OK, "handled".to_owned(), None));
    assert!(ran.load(Ordering::Relaxed));
}

#[tokio::test]
async fn an_error_is_a_response() {
    async fn handle(body: Bytes) -> Result<(), Error> {
        let headers = [("X-Elto-Signature", "00")];
        vogent().verify(countersign::Request::new(Head::new("POST", &headers), &body)).map(drop)
    }
    let router = Router::new().route("/", post(handle));
    let (status, words, kind) =
        answer(router, Request::post("/").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((status, words.as_str(), kind), (StatusCode::UNAUTHORIZED, "", Some(SignatureMalformed)));
    for kind in ErrorKind::ALL {
        assert_eq!(Error::new(*kind).into_response().status().as_u16(), kind.status());
    }
}

#[tokio::test]
async fn a_rejection_and_its_source_have_texts() {
    type Rejection = SignedRejection<JsonRejection>;

    async fn rejection_of(request: Request<axum::body::Body>) -> Rejection {
        let verifiers = router_state();
        Signed::<Json<Dial>, Vogent>::from_request(request, &verifiers).await.unwrap_err()
    }
    let sent = |delivery: Delivery| delivery.to_http("/").unwrap().map(axum::body::Body::from);
    let broken =
        vogent_delivery().to_http("/").unwrap().map(|_| axum::body::Body::new(Frames::new([Step::Error])));
    for (request, words, source) in [
        (sent(vogent_delivery().with_body("{}")), "signature matches no key", "signature matches no key"),
        (broken, "body is incomplete", "body is incomplete"),
        (
            sent(sign::vogent(&secret(), "{}")),
            "verified request is not what the handler takes",
            "Failed to deserialize the JSON body into the target type: missing field `dial_id` at line 1 column 2",
        ),
    ] {
        let rejection = rejection_of(request).await;
        assert_eq!(
            (rejection.to_string().as_str(), rejection.source().unwrap().to_string().as_str()),
            (words, source)
        );
    }
}

#[tokio::test]
async fn a_rule_that_signs_a_form_passes_on_no_query() {
    let keys = Keys::hmac(Algorithm::Sha256, secret());
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("form:").form(|form, joined| {
            for (name, value) in form.iter() {
                joined.extend([name, b"=", value].concat());
            }
        });
        Ok(())
    };
    let rule = Written(Profile::new("form-alone"), read, |_| {});
    let webhook = Arc::new(Webhook::with_rule(rule, keys).unwrap());
    for (body, joined) in [("", ""), ("a=1", "a=1"), ("a=1&&", "a=1")] {
        for query in ["", "?b=2", "?b=2&c=3", "?a=2"] {
            let signed = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(), format!("form:{joined}"));
            // Nor does the content type, which is not signed, change the body.
            for content_type in ["application/x-www-form-urlencoded", "application/json"] {
                let signed = signed.clone().without_header("content-type");
                let signed = signed.with_header("content-type", content_type);
                let request = signed.with_body(body).to_http(&format!("/{query}")).unwrap();
                let request = request.map(axum::body::Body::from);
                let seen: Signed<WholeRequest, Webhook<Written>> =
                    Signed::from_request(request, &webhook).await.unwrap();
                assert_eq!(
                    (seen.0.query, &*seen.0.body),
                    (None, joined),
                    "{content_type} {body:?} {query:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn added_form_parameters_are_not_passed_on() {
    let twilio = Arc::new(Twilio::new(BaseUrl::new("https://example.com").unwrap(), secret()));
    let signed = twilio.sign(secret(), &Unsigned::form("b=2&b=1&a=%26").target("/hook?x=1")).unwrap();
    for body in ["b=2&b=1&a=%26", "a=%26&b=1&b=2", "b=2&b=2&b=1&a=%26", "&b=2&&b=1&a=%26&b=1"] {
        let request = signed.clone().with_body(body).to_http("/hook").unwrap().map(axum::body::Body::from);
        let seen: Signed<WholeRequest, Twilio> = Signed::from_request(request, &twilio).await.unwrap();
        assert_eq!((seen.0.query.as_deref(), &*seen.0.body), (Some("x=1"), "a=%26&b=1&b=2"), "{body}");
    }
}

#[tokio::test]
async fn an_unsigned_query_is_not_passed_on() {
    let plivo = PlivoV2::new(BaseUrl::new("https://example.com").unwrap(), secret());
    let plivo = Arc::new(plivo.insecure_accept_unsigned_parameters());
    let signed = plivo.sign(secret(), &Unsigned::form("a=1").target("/hook?x=1")).unwrap();
    let request = signed.to_http("/hook").unwrap().map(axum::body::Body::from);
    let seen: Signed<WholeRequest, PlivoV2> = Signed::from_request(request, &plivo).await.unwrap();
    assert_eq!((seen.0.query, &*seen.0.body), (None, ""));
    assert_eq!(seen.1.coverage(), Coverage::Url);

    // A rule of one's own may sign the path with a body or a form.
    let of_body: Read = |head, envelope| {
        envelope.insecure_unsigned_query().hex(head.signature(&SIGNATURE)?).part(head.path()).body();
        Ok(())
    };
    let of_form: Read = |head, envelope| {
        envelope.insecure_unsigned_query().hex(head.signature(&SIGNATURE)?).part(head.path());
        envelope
            .form(|form, joined| form.iter().for_each(|(name, value)| joined.extend([name, value].concat())));
        Ok(())
    };
    for (read, message, coverage) in
        [(of_body, "/hooka=1", Coverage::UrlBody), (of_form, "/hooka1", Coverage::UrlParams)]
    {
        let rule = Written(Profile::new("path").url(), read, |_| {});
        let keys = Keys::hmac(Algorithm::Sha256, secret());
        let webhook = Webhook::with_base_url(rule, keys, BaseUrl::new("https://example.com").unwrap());
        let signed = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(), message).with_body("a=1");
        let form = "application/x-www-form-urlencoded";
        let signed = signed.without_header("content-type").with_header("content-type", form);
        let request = signed.to_http("/hook?x=1").unwrap().map(axum::body::Body::from);
        let seen: Signed<WholeRequest, Webhook<Written>> =
            Signed::from_request(request, &Arc::new(webhook)).await.unwrap();
        assert_eq!((seen.0.query, &*seen.0.body, seen.1.coverage()), (None, "a=1", coverage));
    }
}

#[tokio::test]
async fn a_token_passes_on_what_it_covers() {
    let webhook = Arc::new(webhook().insecure_accept_unhashed_body());
    let signer = || sign::TokenSigner::new(&secret(), crate::world::NOW);
    for (signed, query, coverage) in [
        (signer().get("a=1"), Some("a=1"), Coverage::Query),
        (signer().without_claim("payload_hash").post(BODY).with_query("a=1"), None, Coverage::Token),
    ] {
        let request = signed.to_http("/").unwrap().map(axum::body::Body::from);
        let seen: Signed<WholeRequest, SignedWebhook> =
            Signed::from_request(request, &webhook).await.unwrap();
        assert_eq!((seen.0.query.as_deref(), &*seen.0.body, seen.1.coverage()), (query, "", coverage));
    }
}

/// The path is not signed, and the request's extensions hold it.
#[tokio::test]
async fn no_part_of_an_extractor_reads_the_path() {
    let router = Router::new()
        .route(
            "/path/{x}",
            post(|Signed((Path(x), _), _): Signed<(Path<String>, Bytes), Vogent>| async { x }),
        )
        .route(
            "/uri/{x}",
            post(|Signed((OriginalUri(uri), _), _): Signed<(OriginalUri, Bytes), Vogent>| async move {
                uri.to_string()
            }),
        )
        .route(
            "/beside/{x}",
            post(|Path(x): Path<String>, Signed(_, _): Signed<Bytes, Vogent>| async move { x }),
        )
        .with_state(router_state());
    let send = |path| answer(router.clone(), to(path, &vogent_delivery()));
    assert_eq!(send("/path/forged").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(send("/uri/forged?a=1").await.1, "/");
    assert_eq!(send("/beside/unsigned").await.1, "unsigned");
}

/// A removed parameter makes the rest be escaped again, which can make it longer than a URI can be.
#[tokio::test]
async fn a_query_that_becomes_too_long_is_rejected() {
    let signed = text(&",".repeat(22_000)).query();
    let query = signed.query().replace("%2C", ",");
    for (added, rejected) in [("", None), ("&flag=", Some(QueryTooLong))] {
        let sent = signed.clone().with_query(&format!("{query}{added}"));
        assert_eq!(send("/form", &sent).await.2, rejected, "{added}");
    }
    let short = text(&",".repeat(21_000)).query();
    let query = short.query().replace("%2C", ",");
    assert_eq!(send("/form", &short.with_query(&format!("{query}&flag="))).await.1.len(), 21_000);
}

/// The request that an extractor gets.
struct WholeRequest {
    query: Option<String>,
    body: String,
}

impl<S: Sync> FromRequest<S> for WholeRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: axum::extract::Request, _: &S) -> Result<Self, Self::Rejection> {
        let query = request.uri().query().map(str::to_owned);
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Ok(Self { query, body: String::from_utf8(body.to_vec()).unwrap() })
    }
}
