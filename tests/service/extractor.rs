//! The axum extractor, in a router with several platforms.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{self, DefaultBodyLimit, FromRef, FromRequest, OriginalUri, Path};
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
use countersign::vonage::{SignedWebhook, Sms};
use countersign::{
    Algorithm, BaseUrl, Coverage, ElevenLabs, Error, Head, Keys, PlivoV2, Twilio, Verified, Verifier, Vogent,
    Webhook,
};
use http::Request;
use http_body_util::BodyExt;
use serde::Deserialize;
use tower::ServiceExt;

use crate::frames::{Frames, Step};
use crate::layer::Sends;
use crate::support::{Read, SIGNATURE, Written};
use crate::world::{
    BODY, NOW, message, secret, sms, token, vogent, vogent_delivery, webhook, webhook_delivery,
};

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

fn router_state() -> Verifiers {
    Verifiers {
        vogent: Arc::new(vogent()),
        webhook: Arc::new(webhook()),
        sms: Arc::new(sms()),
        any: Arc::new(vogent()),
    }
}

fn router() -> Router {
    let raw = async |Signed(value, verified): Signed<Bytes, SignedWebhook>| {
        format!("{} bytes, {}", value.len(), verified.coverage().as_str())
    };
    Router::new()
        .route("/json", post(async |Signed(Json(dial), _): Signed<Json<Dial>, Vogent>| dial.dial_id))
        .route("/raw", any(raw))
        .route("/form", any(async |Signed(Form(message), _): Signed<Form<Message>, Sms>| message.text))
        .route("/any", post(async |Signed(body, _): Signed| body))
        .with_state(router_state())
}

/// The status, the body and the error's kind of a response.
type Answer = (u16, String, Option<ErrorKind>);

fn ok(body: &str) -> Answer {
    (200, body.to_owned(), None)
}

/// Sends a request over HTTP to this path.
async fn send_to(router: &Router, path: &str, delivery: &Delivery) -> Answer {
    let request = delivery.to_http(path).unwrap().map(axum::body::Body::from);
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, kind) = (response.status().as_u16(), response.extensions().get::<Error>().map(Error::kind));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap(), kind)
}

async fn send(path: &str, delivery: &Delivery) -> Answer {
    send_to(&router(), path, delivery).await
}

/// A message from this number.
fn text(text: &str) -> sign::SmsSigner {
    message(text).param("msisdn", "447700900001")
}

/// The same request with the content type of a form.
fn as_form(delivery: Delivery) -> Delivery {
    delivery.without_header("content-type").with_header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn each_route_has_its_verifier_and_its_extractor() {
    for (path, delivery, answer) in [
        ("/json", vogent_delivery(), "d1"),
        ("/raw", webhook_delivery("1"), "39 bytes, body"),
        ("/raw", token().get("a=1"), "0 bytes, query"),
        ("/form", text("a b").form(), "a b"),
        ("/form", text("a b").query(), "a b"),
        ("/any", vogent_delivery(), BODY),
    ] {
        assert_eq!(send(path, &delivery).await, ok(answer), "{path}");
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
        assert_eq!(send(path, &delivery).await, (kind.status(), String::new(), Some(kind)), "{path}");
    }
}

#[tokio::test]
async fn a_verified_but_unreadable_body_is_rejected_by_axum() {
    let (status, body, kind) = send("/json", &sign::vogent(&secret(), "{")).await;
    assert_eq!((status, kind), (400, None));
    assert!(body.starts_with("Failed to parse the request body as JSON"), "{body}");
    let (status, _, kind) = send("/json", &sign::vogent(&secret(), "{}")).await;
    assert_eq!((status, kind), (422, None));
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
        let (status, _, kind) = send_to(router, "/", &delivery).await;
        assert_eq!((kind, status == 200), (rejected, rejected.is_none()), "{length}");
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
    let amount = async |signed: Signed<Form<Payment>, Vogent>| signed.0.amount.to_string();
    let parts = async |signed: Signed<Request<axum::body::Body>, Vogent>| {
        let (parts, body) = signed.0.into_parts();
        let headers: Vec<_> = parts.headers.keys().map(ToString::to_string).collect();
        format!("{} {headers:?} {:?}", parts.uri, body.collect().await.unwrap().to_bytes())
    };
    let router = Router::new().route("/form", any(amount)).route("/parts", any(parts));
    let router = router.with_state(Arc::new(vogent().methods(["POST", "GET"]).unwrap()));
    let form = as_form(sign::vogent(&secret(), "amount=1").with_header("x-other", "1"));
    let form = |method: &str| form.clone().with_query("amount=1000000").with_method(method);
    assert_eq!(send_to(&router, "/form", &form("POST")).await, ok("1"));
    // axum's `Form` reads the query of a GET, and finds none.
    let (status, body, _) = send_to(&router, "/form", &form("GET")).await;
    assert!(status == 400 && !body.contains("1000000"), "{status} {body}");
    for method in ["POST", "GET"] {
        assert_eq!(send_to(&router, "/parts", &form(method)).await, ok(r#"/ ["content-type"] b"amount=1""#));
    }

    // By default such a request is rejected.
    let router = Router::new().route("/", any(amount)).with_state(Arc::new(vogent()));
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "BREW", "post"] {
        let (status, _, kind) = send_to(&router, "/", &form(method)).await;
        assert_eq!((status, kind), (405, Some(MethodUnsupported)), "{method}");
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
    struct Number {
        to: u64,
    }
    let sms_route = any(async |signed: Signed<SignedParameters<Inbound>, Sms>| told(&signed.0));
    let extracted = Router::new().route("/", sms_route).with_state(router_state());
    let route = any(async |SignedParameters(sms): SignedParameters<Inbound>| told(&sms));
    let layered = Router::new().route("/", route).layer(VerifyLayer::new(sms()));
    for router in [&extracted, &layered] {
        for delivery in [text("a & b").form(), text("a & b").json(), text("a & b").query()] {
            // Blank parameters, which anyone can add, are not passed on. Nor is an unsigned query.
            assert_eq!(send_to(router, "/", &delivery).await, ok(r#"447700900001 Some("a & b") None"#));
        }
        let added = text("a").form();
        let added = added.clone().with_body([added.body(), b"&flag=+"].concat()).with_query("flag=1");
        assert_eq!(send_to(router, "/", &added).await, ok(r#"447700900001 Some("a") None"#));
    }
    // No other extractor gets it either.
    let names = |values: Values| format!("{:?}", values.keys().collect::<Vec<_>>());
    let read = Router::new()
        .route("/form", any(async move |signed: Signed<Form<Values>, Sms>| names(signed.0.0)))
        .route("/json", any(async move |signed: Signed<Json<Values>, Sms>| names(signed.0.0)))
        .route("/raw", any(async |signed: Signed<Bytes, Sms>| signed.0))
        .with_state(router_state());
    let (form, query, json) = (text("a & é").form(), text("a & é").query(), text("a & é").json());
    let blank = |body: &[u8]| [body, b"&admin=&confirmed=%00+"].concat();
    let object = String::from_utf8(json.body().to_vec()).unwrap();
    let object = object.replacen('{', r#"{"admin":null,"confirmed":"\n","#, 1);
    for (path, sent) in [
        ("/form", form.clone().with_body(blank(form.body()))),
        ("/form", query.clone().with_query(&String::from_utf8(blank(query.query().as_bytes())).unwrap())),
        ("/json", json.clone().with_body(object)),
    ] {
        assert_eq!(send_to(&read, path, &sent).await, ok(r#"["msisdn", "text", "timestamp"]"#), "{path}");
    }
    // Unchanged, if all of it is covered.
    for sent in [form, json] {
        assert_eq!(send_to(&read, "/raw", &sent).await.1.as_bytes(), sent.body());
    }

    let get = any(async |signed: Signed<SignedParameters<Number>, SignedWebhook>| signed.0.to.to_string());
    let get = Router::new().route("/", get).with_state(router_state());
    assert_eq!(send_to(&get, "/", &token().get("to=447700900001&from=2")).await, ok("447700900001"));
    let unverified = Router::new().route("/", any(async |_: SignedParameters<Number>| {}));
    for (router, delivery, status, problem) in [
        (layered, message("a").form(), 422, "parameter `msisdn` is missing"),
        (get, token().post("to=1"), 500, "signature covers no parameters"),
        (unverified, text("a").form(), 500, UNVERIFIED),
    ] {
        assert_eq!(send_to(&router, "/", &delivery).await, (status, problem.to_owned(), None));
    }
}

/// `ElevenLabs` sends whole calls as audio. axum's own limit is 2 MiB.
#[tokio::test]
async fn a_handler_takes_what_the_layer_takes() {
    const MIB: usize = 1024 * 1024;
    let elevenlabs = || ElevenLabs::new(secret()).clock(|| NOW);
    let take = || post(|_: Verified, body: Bytes| async move { body.len().to_string() });
    let by_default = Router::new().route("/", take()).layer(VerifyLayer::new(elevenlabs()));
    let inside = take().layer(DefaultBodyLimit::max(MIB));
    let inside = Router::new().route("/", inside).layer(VerifyLayer::new(elevenlabs()));
    // A limit outside stays if the layer's is not more than axum's own.
    let outside = Router::new().route("/", take()).layer(VerifyLayer::new(elevenlabs()).max_body(2 * MIB));
    let outside = outside.layer(DefaultBodyLimit::max(MIB));
    for (router, length, status) in
        [(&by_default, 3 * MIB, 200), (&inside, 3 * MIB, 413), (&outside, MIB, 200), (&outside, MIB + 1, 413)]
    {
        let unsigned = Unsigned::json(vec![b'x'; length]).time(NOW);
        let audio = elevenlabs().sign(secret(), &unsigned).unwrap();
        assert_eq!(send_to(router, "/", &audio).await.0, status, "{length}");
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
    assert_eq!(send_to(&router, "/", &vogent_delivery()).await, (500, UNVERIFIED.to_owned(), None));
    assert!(!ran.load(Ordering::Relaxed));

    let layered = router.layer(VerifyLayer::new(vogent()));
    assert_eq!(send_to(&layered, "/", &vogent_delivery()).await, ok("handled"));
    assert!(ran.load(Ordering::Relaxed));
}

#[tokio::test]
async fn an_error_is_a_response() {
    async fn handle(body: Bytes) -> Result<(), Error> {
        let headers = [("X-Elto-Signature", "00")];
        vogent().verify(countersign::Request::new(Head::new("POST", &headers), &body)).map(drop)
    }
    let router = Router::new().route("/", post(handle));
    let malformed = send_to(&router, "/", &vogent_delivery()).await;
    assert_eq!(malformed, (401, String::new(), Some(SignatureMalformed)));
    for kind in ErrorKind::ALL {
        assert_eq!(Error::new(*kind).into_response().status().as_u16(), kind.status());
    }
}

#[tokio::test]
async fn a_rejection_and_its_source_have_texts() {
    let sent = |delivery: Delivery| delivery.to_http("/").unwrap().map(axum::body::Body::from);
    let broken = sent(vogent_delivery()).map(|_| axum::body::Body::new(Frames::new([Step::Error])));
    for (request, words, source) in [
        (sent(vogent_delivery().with_body("{}")), "signature matches no key", "signature matches no key"),
        (broken, "body is incomplete", "body is incomplete"),
        (
            sent(sign::vogent(&secret(), "{}")),
            "verified request is not what the handler takes",
            "Failed to deserialize the JSON body into the target type: missing field `dial_id` at line 1 column 2",
        ),
    ] {
        let extracted = Signed::<Json<Dial>, Vogent>::from_request(request, &router_state()).await;
        let rejection: SignedRejection<JsonRejection> = extracted.unwrap_err();
        let told = (rejection.to_string(), rejection.source().unwrap().to_string());
        assert_eq!(told, (words.to_owned(), source.to_owned()));
    }
}

/// The query and the body that an extractor gets, and what the signature covers.
async fn seen<V: Verifier + 'static>(
    verifier: &Arc<V>,
    delivery: &Delivery,
    target: &str,
) -> (Option<String>, String, Coverage) {
    let request = delivery.to_http(target).unwrap().map(axum::body::Body::from);
    let Signed(request, proof) =
        Signed::<extract::Request, V>::from_request(request, verifier).await.unwrap();
    let query = request.uri().query().map(str::to_owned);
    let body = request.into_body().collect().await.unwrap().to_bytes();
    (query, String::from_utf8(body.to_vec()).unwrap(), proof.coverage())
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
        let signed = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(), format!("form:{joined}"));
        // Nor does the content type, which is not signed, change the body.
        let form = as_form(signed.with_body(body));
        let json =
            form.clone().without_header("content-type").with_header("content-type", "application/json");
        for target in ["/", "/?b=2", "/?b=2&c=3", "/?a=2"] {
            for delivery in [&form, &json] {
                let (query, seen_body, _) = seen(&webhook, delivery, target).await;
                assert_eq!((query, &*seen_body), (None, joined), "{delivery:?} {body:?} {target}");
            }
        }
    }
}

#[tokio::test]
async fn added_form_parameters_are_not_passed_on() {
    let twilio = Arc::new(Twilio::new(BaseUrl::new("https://example.com").unwrap(), secret()));
    let signed = twilio.sign(secret(), &Unsigned::form("b=2&b=1&a=%26").target("/hook?x=1")).unwrap();
    for body in ["b=2&b=1&a=%26", "a=%26&b=1&b=2", "b=2&b=2&b=1&a=%26", "&b=2&&b=1&a=%26&b=1"] {
        let (query, read, _) = seen(&twilio, &signed.clone().with_body(body), "/hook").await;
        assert_eq!((query.as_deref(), &*read), (Some("x=1"), "a=%26&b=1&b=2"), "{body}");
    }
}

#[tokio::test]
async fn an_unsigned_query_is_not_passed_on() {
    let base = || BaseUrl::new("https://example.com").unwrap();
    let plivo = Arc::new(PlivoV2::new(base(), secret()).insecure_accept_unsigned_parameters());
    let signed = plivo.sign(secret(), &Unsigned::form("a=1").target("/hook?x=1")).unwrap();
    assert_eq!(seen(&plivo, &signed, "/hook").await, (None, String::new(), Coverage::Url));

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
    for (read, signed, coverage) in
        [(of_body, "/hooka=1", Coverage::UrlBody), (of_form, "/hooka1", Coverage::UrlParams)]
    {
        let rule = Written(Profile::new("path").url(), read, |_| {});
        let webhook = Webhook::with_base_url(rule, Keys::hmac(Algorithm::Sha256, secret()), base());
        let signed = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(), signed).with_body("a=1");
        let seen = seen(&Arc::new(webhook), &as_form(signed), "/hook?x=1").await;
        assert_eq!(seen, (None, "a=1".to_owned(), coverage));
    }
}

#[tokio::test]
async fn a_token_passes_on_what_it_covers() {
    let webhook = Arc::new(webhook().insecure_accept_unhashed_body());
    for (signed, query, coverage) in [
        (token().get("a=1"), Some("a=1"), Coverage::Query),
        (token().without_claim("payload_hash").post(BODY).with_query("a=1"), None, Coverage::Token),
    ] {
        let seen = seen(&webhook, &signed, "/").await;
        assert_eq!(seen, (query.map(str::to_owned), String::new(), coverage));
    }
}

/// The path is not signed, and the request's extensions hold it.
#[tokio::test]
async fn no_part_of_an_extractor_reads_the_path() {
    let path = async |Signed((Path(x), _), _): Signed<(Path<String>, Bytes), Vogent>| x;
    let uri = async |signed: Signed<(OriginalUri, Bytes), Vogent>| signed.0.0.to_string();
    let beside = async |Path(x): Path<String>, _: Signed<Bytes, Vogent>| x;
    let router = Router::new().route("/path/{x}", post(path)).route("/uri/{x}", post(uri));
    let router = router.route("/beside/{x}", post(beside)).with_state(router_state());
    assert_eq!(send_to(&router, "/path/forged", &vogent_delivery()).await.0, 500);
    assert_eq!(send_to(&router, "/uri/forged?a=1", &vogent_delivery()).await, ok("/"));
    assert_eq!(send_to(&router, "/beside/unsigned", &vogent_delivery()).await, ok("unsigned"));
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
