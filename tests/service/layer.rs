//! Requests that the layer passes and rejects, and how much of a rejected request it reads.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use countersign::ErrorKind::{
    BodyFragmented, BodyInterrupted, BodyTooLarge, BodyUnexpected, HeaderRepeated, MethodUnsupported,
    SignatureMismatch, SignatureMissing, TokenMalformed, TokenMissing,
};
use countersign::tower::{TenantLookup, VerifiedBody, Verify, VerifyLayer};
use countersign::vonage::SignedWebhook;
use countersign::{Coverage, Error, Head, Verification, Verifier, sign};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use tower::{Layer, Service};

use crate::frames::{Frames, Step, trailers};
use crate::world::{
    BODY, Handler, NOW, answer, call, http, message, poll_once, rejected, rejected_unread, rejection, secret,
    sms, token, vogent, vogent_delivery, webhook, webhook_delivery, with_body,
};

#[tokio::test]
async fn genuine_bodies_are_passed_on_unchanged_with_their_proof() {
    let large = "x".repeat(300_000);
    for body in [BODY, "", large.as_str()] {
        let delivery = sign::vogent(&secret(), body);
        for length in [1, 7, 4096, usize::MAX] {
            let handler = Handler::default();
            let mut service = VerifyLayer::new(vogent()).layer(handler.service());
            let request = with_body(&delivery, Frames::chunks(delivery.body(), length));
            let response = call(&mut service, request).await;
            assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "handled"));
            let [given] = handler.take().try_into().unwrap();
            assert_eq!(given.body, delivery.body());
            assert_eq!((given.verified.coverage(), given.trailers), (Coverage::Body, None));
        }
    }
}

#[tokio::test]
async fn requests_rejected_by_their_head_are_not_read() {
    let verifiers: [Arc<dyn Verifier>; 2] = [Arc::new(vogent()), Arc::new(webhook())];
    let [vogent, webhook] = &verifiers;
    let signed = webhook_delivery("1");
    let token = signed.header("authorization").unwrap().to_owned();
    let forged =
        |edit: &str| signed.clone().without_header("authorization").with_header("authorization", edit);
    let cases = [
        (vogent, vogent_delivery().without_header("x-elto-signature"), SignatureMissing),
        (vogent, vogent_delivery().with_header("x-elto-signature", "00"), HeaderRepeated),
        (webhook, vogent_delivery(), TokenMissing),
        (webhook, forged("Bearer a.b"), TokenMalformed),
        (webhook, forged(&token.replace(".ey", ".eyA")), SignatureMismatch),
        (webhook, signed.clone().with_method("PUT"), MethodUnsupported),
    ];
    for (verifier, delivery, kind) in cases {
        let handler = Handler::default();
        let mut service = VerifyLayer::new(Arc::clone(verifier)).layer(handler.service());
        assert_eq!((rejected_unread(&mut service, &delivery).await, handler.count()), (kind, 0));
    }
}

#[tokio::test]
async fn the_limit_is_inclusive() {
    let delivery = vogent_delivery();
    for (room, rejected) in [(0, None), (1, Some(BodyTooLarge))] {
        // With and without a known length.
        for (length, told) in [(1, 0), (usize::MAX, 0), (1, BODY.len())] {
            let handler = Handler::default();
            let layer = VerifyLayer::new(vogent()).max_body(BODY.len() - room);
            let body = Frames::chunks(delivery.body(), length).at_least(told.try_into().unwrap());
            let response = call(&mut layer.layer(handler.service()), with_body(&delivery, body)).await;
            assert_eq!((rejection(&response), handler.count()), (rejected, usize::from(rejected.is_none())));
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_read_no_further() {
    let endless = || Frames::new((0..1000).map(|_| Step::Data(vec![b'x'; 10])));
    let announced = Frames::chunks(BODY.as_bytes(), 8).at_least(1024 * 1024 + 1);
    let (form, posted, unsigned) = (sms().max_body(100), message("a").form(), token().get("a=1"));
    for (layer, delivery, body, kind, read) in [
        (VerifyLayer::new(vogent()).max_body(100), vogent_delivery(), endless(), BodyTooLarge, 11),
        (VerifyLayer::new(vogent()), vogent_delivery(), announced, BodyTooLarge, 0),
        (VerifyLayer::new(form), posted, endless(), BodyTooLarge, 11),
        (VerifyLayer::new(webhook()), unsigned, endless(), BodyUnexpected, 1),
    ] {
        let polls = body.polls();
        let mut service = layer.layer(Handler::default().service());
        let found = rejected(&mut service, with_body(&delivery, body)).await;
        assert_eq!((found, polls.load(Ordering::Relaxed)), (Some(kind), read));
    }
}

#[cfg(feature = "reload")]
#[tokio::test]
async fn a_form_over_the_limit_of_a_reloaded_verifier_is_read_no_further() {
    let form = countersign::Reloading::new(sms().max_body(100));
    let endless = Frames::new((0..1000).map(|_| Step::Data(vec![b'x'; 10])));
    let polls = endless.polls();
    let mut service = VerifyLayer::new(form).layer(Handler::default().service());
    assert_eq!(rejected(&mut service, with_body(&message("a").form(), endless)).await, Some(BodyTooLarge));
    assert_eq!(polls.load(Ordering::Relaxed), 11);
}

#[tokio::test]
async fn the_limits_of_a_verifier_and_of_another_layer_count() {
    let mut service = VerifyLayer::new(vogent().max_body(10)).layer(Handler::default().service());
    assert_eq!(rejected(&mut service, http(&vogent_delivery())).await, Some(BodyTooLarge));
    let mut service = VerifyLayer::new(vogent()).layer(Handler::default().service());
    let limited = with_body(&vogent_delivery(), Limited::new(Full::<Bytes>::from(BODY), 5));
    assert_eq!(rejected(&mut service, limited).await, Some(BodyTooLarge));
}

#[tokio::test]
async fn an_incomplete_body_reaches_no_handler() {
    for steps in [vec![Step::Error], vec![Step::Data(BODY.into()), Step::Error]] {
        let handler = Handler::default();
        let mut service = VerifyLayer::new(vogent()).layer(handler.service());
        let found = rejected(&mut service, with_body(&vogent_delivery(), Frames::new(steps))).await;
        assert_eq!((found, handler.count()), (Some(BodyInterrupted), 0));
    }
}

/// Empty frames, always ready, and then the body.
fn empty_frames(count: usize) -> Frames {
    let body = Step::Data(BODY.into());
    Frames::new((0..count).map(|_| Step::Data(vec![])).chain([body]))
}

#[tokio::test]
async fn a_body_of_empty_frames_yields_to_other_tasks() {
    let body = empty_frames(900);
    let polls = body.polls();
    let mut service = VerifyLayer::new(vogent()).layer(Handler::default().service());
    let mut call = service.call(with_body(&vogent_delivery(), body));
    let is_pending = tokio::spawn(async move {
        std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut call).poll(context).is_pending())).await
    });
    assert!(is_pending.await.unwrap());
    assert!((1..900).contains(&polls.load(Ordering::Relaxed)), "{polls:?}");
}

#[tokio::test]
async fn a_body_of_too_many_empty_frames_is_rejected() {
    let trailers = Frames::new((0..1_001).map(|_| Step::Trailers));
    for (body, expected) in [
        (empty_frames(1_000), None),
        (empty_frames(1_001), Some(BodyFragmented)),
        (trailers, Some(BodyFragmented)),
    ] {
        let mut service = VerifyLayer::new(vogent()).layer(Handler::default().service());
        assert_eq!(rejected(&mut service, with_body(&vogent_delivery(), body)).await, expected);
    }
}

/// Counts this program's allocations for a body of almost the limit that stalls.
#[test]
fn a_stalled_sender_costs_no_more_memory_than_the_limit() {
    const LIMIT: usize = 256 * 1024;
    const OTHER_MEMORY: usize = 4 * 1024;
    let verifiers: [(Arc<dyn Verifier>, _); 3] = [
        (Arc::new(vogent()), vogent_delivery()),
        (Arc::new(webhook()), webhook_delivery("1")),
        (Arc::new(sms()), message("hello").form()),
    ];
    for (verifier, delivery) in verifiers {
        let layer = VerifyLayer::new(Arc::clone(&verifier)).max_body(LIMIT);
        let mut service = layer.layer(Handler::default().service());
        for length in [1_000, LIMIT / 2 + 1, LIMIT] {
            let chunks = (0..length).step_by(100).map(|at| Step::Data(vec![b'x'; 100.min(length - at)]));
            let request = with_body(&delivery, Frames::new(chunks.chain([Step::stall()])));
            let mut call = Box::pin(service.call(request));
            let memory = allocation_counter::measure(|| assert!(poll_once(call.as_mut()).is_pending()));
            // The frames' own memory is already free.
            let kept = memory.bytes_current + i64::try_from(length).unwrap();
            let most = i64::try_from(LIMIT + OTHER_MEMORY).unwrap();
            assert!(kept <= most, "{verifier:?}: {kept} for {length} bytes");
        }
    }
}

#[tokio::test]
async fn trailers_are_passed_on() {
    let handler = Handler::default();
    let mut service = VerifyLayer::new(vogent()).layer(handler.service());
    let steps = [Step::Data(BODY.into()), Step::Data(vec![]), Step::Trailers];
    call(&mut service, with_body(&vogent_delivery(), Frames::new(steps))).await;
    let [given] = handler.take().try_into().unwrap();
    assert_eq!((given.body.as_ref(), given.trailers), (BODY.as_bytes(), Some(trailers())));
}

#[tokio::test]
async fn on_rejection_replaces_the_response_and_the_error_stays() {
    let layer = VerifyLayer::new(vogent()).on_rejection(|error: &Error| {
        let mut response = Response::new(error.code().to_owned());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    });
    let mut service = layer.layer(Handler::default().service());
    let response = call(&mut service, http(&vogent_delivery().with_body("{}"))).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::NOT_FOUND, "signature_mismatch"));
    assert_eq!(response.extensions().get::<Error>().map(Error::kind), Some(SignatureMismatch));
}

#[tokio::test]
async fn a_proof_in_a_requests_extensions_reaches_no_handler() {
    let handler = Handler::default();
    let mut service = VerifyLayer::new(vogent()).layer(handler.service());
    let forged = vogent_delivery().with_body("{}");
    for (delivery, kind) in [(vogent_delivery(), None), (forged, Some(SignatureMismatch))] {
        let mut request = http(&delivery);
        request.extensions_mut().insert(webhook().verify(webhook_delivery("1").request()).unwrap());
        assert_eq!(rejected(&mut service, request).await, kind);
    }
    let [given] = handler.take().try_into().unwrap();
    assert_eq!(given.verified.claims(), None);
}

#[tokio::test]
async fn a_verified_body_has_a_known_length_and_end() {
    use http_body::Body as _;

    type Told = (usize, Option<u64>, bool);
    let told = |body: &VerifiedBody| (body.bytes().len(), body.size_hint().exact(), body.is_end_stream());
    let seen = Arc::new(Mutex::new(Vec::<[Told; 2]>::new()));
    let seeing = Arc::clone(&seen);
    let mut service =
        VerifyLayer::new(vogent()).layer(tower::service_fn(move |request: Request<VerifiedBody>| {
            let (mut body, seeing) = (request.into_body(), Arc::clone(&seeing));
            async move {
                let at_first = told(&body);
                while body.frame().await.is_some() {}
                seeing.lock().unwrap().push([at_first, told(&body)]);
                answer(StatusCode::OK)
            }
        }));
    for steps in [vec![Step::Data(BODY.into())], vec![Step::Data(BODY.into()), Step::Trailers]] {
        let future = service.call(with_body(&vogent_delivery(), Frames::new(steps)));
        assert_eq!(format!("{future:?}"), "ResponseFuture { .. }");
        future.await.unwrap();
    }
    assert_eq!(*seen.lock().unwrap(), [[(39, Some(39), false), (0, Some(0), true)]; 2]);
}

#[tokio::test]
async fn a_service_can_be_wrapped_and_unwrapped() {
    let handler = Handler::default();
    let mut service = Verify::new(handler.service(), vogent());
    assert_eq!(call(&mut service, http(&vogent_delivery())).await.status(), StatusCode::OK);
    let forged = vogent_delivery().with_body("{}");
    assert_eq!(rejected(&mut service, http(&forged)).await, Some(SignatureMismatch));
    assert_eq!(handler.count(), 1);

    let mut wrapped = Verify::new(1, vogent());
    assert_eq!(wrapped.get_ref(), &1);
    *wrapped.get_mut() = 2;
    assert_eq!(wrapped.into_inner(), 2);
}

/// A verifier whose platform may send bodies of this many bytes.
#[derive(Debug)]
pub(crate) struct Sends<V>(pub(crate) V, pub(crate) Option<usize>);

impl<V: Verifier> Verifier for Sends<V> {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        self.0.begin(head)
    }

    fn body_limit(&self) -> Option<usize> {
        self.1
    }
}

#[tokio::test]
async fn the_platforms_limit_raises_the_default_limit() {
    const MIB: usize = 1024 * 1024;
    let tenants = |limit| {
        let store = |_| std::future::ready(Ok::<_, Infallible>(Some(secret().into())));
        let scheme = move |tenants| Sends(SignedWebhook::tenants(tenants).clock(|| NOW), limit);
        TenantLookup::by_head(SignedWebhook::untrusted_api_key, store, scheme).unwrap()
    };
    for (limit, set, holds) in [
        (None, None, MIB),
        (Some(1), None, MIB),
        (Some(MIB + 1), None, MIB + 1),
        (Some(3 * MIB), None, 3 * MIB),
        (Some(3 * MIB), Some(MIB), MIB),
        (Some(1), Some(2), 2),
    ] {
        for (length, expected) in [(holds, None), (holds + 1, Some(BodyTooLarge))] {
            let body = vec![b'x'; length];
            let of_tenant = token().claim("api_key", "a1b2c3d4").post(&*body);
            for (layer, delivery) in [
                (VerifyLayer::new(Sends(vogent(), limit)), sign::vogent(&secret(), &*body)),
                (VerifyLayer::tenants(tenants(limit)), of_tenant),
            ] {
                let layer = set.into_iter().fold(layer, VerifyLayer::max_body);
                let mut service = layer.layer(Handler::default().service());
                let found = rejected(&mut service, http(&delivery)).await;
                assert_eq!(found, expected, "{limit:?} {set:?} {length}");
            }
        }
    }
}
