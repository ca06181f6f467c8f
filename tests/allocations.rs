//! The allocations of a verification, counted by this program's allocator.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use allocation_counter::measure;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::sign::{self, Delivery};
use countersign::vonage::{self, SignatureMethod};
use countersign::{
    Algorithm, Error, Head, HexHmac, Keyring, Request, Secret, Tenants, UnixTime, Verified, Verifier, Vogent,
};

const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);
const BODY: &str = r#"{"event":"dial.transcript","text":"Hello, is my appointment tomorrow still on?"}"#;
/// `{"alg":"HS256"}`
const USUAL_HEADER: &str = "eyJhbGciOiJIUzI1NiJ9";

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![0_u8; 100]))), 1);
}

#[test]
fn hex_hmac_allocates_nothing() {
    for algorithm in Algorithm::ALL {
        let verifier = HexHmac::with_algorithm("x-sig", *algorithm, rotated()).unwrap();
        holds(&verifier, &sign::hex_hmac("x-sig", *algorithm, &secret(), BODY), 0, 2);
    }
    holds(&Vogent::new(secret()), &sign::vogent(&secret(), BODY), 0, 2);
}

#[test]
fn sms_allocates_three_times_for_a_query_or_form() {
    for method in SignatureMethod::ALL {
        let verifier = vonage::Sms::new(*method, rotated());
        let signers: [fn(sign::SmsSigner) -> sign::SmsSigner; 3] = [
            |signer| {
                (0..31).fold(signer, |signer, index| signer.param(&format!("parameter-{index:02}"), "plain"))
            },
            |signer| {
                (0..31).fold(signer, |signer, index| signer.param(&format!("näme {index:02}"), "+ % & = é"))
            },
            |signer| signer.param("a", "").param("b", " ").timestamp(NOW),
        ];
        for params in signers {
            let signer = || params(sign::SmsSigner::new(*method, &secret()));
            holds(&verifier, &signer().query(), 3, 4);
            holds(&verifier, &signer().form(), 3, 5);
        }
    }
}

#[test]
fn sms_allocates_three_times_for_json() {
    // `serde_json` allocates once for its error.
    let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret())
        .param("msisdn", "447700900001")
        .timestamp(NOW);
    holds_at_once(&vonage::Sms::new(SignatureMethod::Sha256, secret()), &signer.json(), 3);
}

/// A genuine POST allocates twice: for the payload, which the proof keeps, and for the places of its claims. A GET allocates once
/// more, since the proof keeps the query, and more often if the query is unusual.
#[test]
fn signed_webhooks_allocate_twice() {
    let signer = || {
        sign::TokenSigner::new(&secret(), NOW)
            .claim("api_key", "a1b2c3d4")
            .claim("application_id", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
            .claim("unknown", "a claim")
    };
    let query = (0..32).map(|index| format!("parameter-{index}=a%20b")).collect::<Vec<_>>().join("&");
    let tenants = Tenants::new([("a1b2c3d4", secret()), ("e5f6", secret())]).unwrap();
    for verifier in [vonage::SignedWebhook::new(rotated()), vonage::SignedWebhook::tenants(tenants)] {
        let verifier = verifier.clock(|| NOW);
        holds(&verifier, &signer().post(BODY), 2, 3);
        holds(&verifier, &signer().get("to=19432445023&from=12016131021"), 4, 4);
        holds(&verifier, &signer().get(&query), 5, 6);
        holds(&verifier, &signer().get("text=%22quoted%22%0A\u{e9}"), 5, 6);
    }

    let secret = Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
    let verifier = vonage::ContactCenter::new(secret.clone()).unwrap().clock(|| NOW);
    holds(&verifier, &sign::ContactCenterSigner::new(&secret, NOW).unwrap().post(BODY), 2, 3);
}

/// Attacks 20, 60 and 87, and other headers. A header that is too long allocates nothing. No rejected header allocates 64 KiB at
/// once.
#[test]
fn no_rejected_header_allocates_64_kib() {
    let members = |member: &dyn Fn(usize) -> String, count: usize| {
        format!("{{{}}}", (0..count).map(member).collect::<Vec<_>>().join(","))
    };
    let two_letters = |index: usize| format!("\"{}{}\":0", letter(index / 57), letter(index % 57));
    let objects = [
        members(&two_letters, 1_700),
        members(&|index| format!("\"\\u{index:04x}\":0"), 1_000),
        members(&|index| format!("\"\\u{index:04x}\":\"\\n\""), 800),
        format!("{{\"alg\":{}{}}}", "[".repeat(5_900), "]".repeat(5_900)),
        format!("{{\"alg\":\"{}\"}}", "\\n".repeat(5_900)),
    ];
    let encoded = objects.iter().map(|object| BASE64_URL_SAFE_NO_PAD.encode(object));
    let segments = encoded.flat_map(|object| {
        let signature = "A".repeat(43);
        [format!("Bearer {object}.e30.{signature}"), format!("Bearer {USUAL_HEADER}.{object}.{signature}")]
    });
    let texts = [".", "a", "A.", "%", "\"", " ", "\u{e9}"];
    let repeated = texts.iter().flat_map(|text| {
        [1 << 14, 1 << 20].into_iter().flat_map(|bytes: usize| {
            let text = text.repeat(bytes / text.len() - 8);
            [format!("Bearer {text}"), text]
        })
    });
    let values: Vec<_> = segments.chain(repeated).collect();
    for (verifier, header) in every_header_scheme() {
        for value in &values {
            let headers = [(header, value)];
            let request = Request::new(Head::new("POST", &headers), BODY);
            let rejected = measure(|| assert!(verifier.verify(request).is_err()));
            let begun = measure(|| assert!(verifier.begin(request.head()).is_err()));
            for cost in [rejected, begun] {
                let most = if value.len() > 16 * 1024 { 0 } else { 64 * 1024 };
                assert!(cost.bytes_max <= most, "{cost:?}: {header}: {} of {value:.20}", value.len());
            }
        }
    }
}

/// Attack 84. The room for parameters grows from 32 to the limit of 1,000 in five steps.
#[test]
fn too_many_parameters_allocate_seven_times() {
    let sms = vonage::Sms::new(SignatureMethod::Sha256, secret());
    let long = ["a=1&".repeat(100_000), "&".repeat(1 << 20), "%".repeat(1 << 20)];
    for text in &long {
        let get = Head::new("GET", &[("accept", "*/*")]).with_query(text);
        assert_eq!(allocations(|| assert!(sms.verify(Request::new(get, b"")).is_err())), 0);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let post = Request::new(Head::new("POST", &headers), text);
        let count = allocations(|| assert!(sms.verify(post).is_err()));
        assert!(count <= 7, "{count}: {text:.8}");
    }
}

fn letter(index: usize) -> char {
    char::from(b'#' + u8::try_from(index).unwrap())
}

fn every_header_scheme() -> Vec<(Box<dyn Verifier>, &'static str)> {
    let tenants = Tenants::new([("a1b2c3d4", secret())]).unwrap();
    let base64 = Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
    vec![
        (Box::new(Vogent::new(secret())), "x-elto-signature"),
        (Box::new(HexHmac::new("x-sig", secret()).unwrap()), "x-sig"),
        (Box::new(vonage::SignedWebhook::new(secret()).clock(|| NOW)), "authorization"),
        (Box::new(vonage::SignedWebhook::new(secret()).header("x-token").unwrap()), "x-token"),
        (Box::new(vonage::SignedWebhook::tenants(tenants).clock(|| NOW)), "authorization"),
        (Box::new(vonage::ContactCenter::new(base64).unwrap().clock(|| NOW)), "vonage-signature"),
        (Box::new(vonage::Sms::new(SignatureMethod::Sha256, secret())), "content-type"),
    ]
}

/// Checks that a genuine request and its altered forms allocate at most `at_once` times in one call, and at most `in_steps` times
/// in the three steps. At least one allocates as often.
#[track_caller]
fn holds(verifier: &dyn Verifier, genuine: &Delivery, at_once: u64, in_steps: u64) {
    holds_at_once(verifier, genuine, at_once);
    let most = most_of_every_edit(genuine, |request| {
        let mut verification = verifier.begin(request.head())?;
        verification.update(request.body())?;
        verification.finish()
    });
    assert_eq!(most, in_steps, "in steps");
}

#[track_caller]
fn holds_at_once(verifier: &dyn Verifier, genuine: &Delivery, at_once: u64) {
    assert!(verifier.verify(genuine.request()).is_ok());
    let most = most_of_every_edit(genuine, |request| verifier.verify(request));
    assert_eq!(most, at_once, "at once");
}

fn most_of_every_edit(genuine: &Delivery, verify: impl Fn(Request<'_>) -> Result<Verified, Error>) -> u64 {
    let mut most = 0;
    every_edit(genuine, |request| most = most.max(allocations(|| drop(verify(request)))));
    most
}

/// Passes on the request unchanged, then with each header removed, doubled, cut and altered, then with its query and body cut and
/// altered at every seventh byte.
fn every_edit(genuine: &Delivery, mut show: impl FnMut(Request<'_>)) {
    let request = genuine.request();
    let head = request.head();
    let headers: Vec<_> =
        genuine.headers().iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let mut show = |headers: &Vec<(String, Vec<u8>)>, query: &[u8], body: &[u8]| {
        show(Request::new(Head::new(head.method(), headers).with_query(query), body));
    };
    show(&headers, head.query(), request.body());
    for index in 0..headers.len() {
        let mut without = headers.clone();
        without.remove(index);
        let mut twice = headers.clone();
        twice.push(headers[index].clone());
        let mut cut = headers.clone();
        cut[index].1.truncate(40);
        let mut altered = headers.clone();
        altered[index].1.iter_mut().skip(9).for_each(|byte| *byte ^= 1);
        for edited in [without, twice, cut, altered] {
            show(&edited, head.query(), request.body());
        }
    }
    for length in (0..request.body().len()).step_by(7) {
        show(&headers, head.query(), &request.body()[..length]);
        let mut altered = request.body().to_vec();
        altered[length] ^= 2;
        show(&headers, head.query(), &altered);
    }
    for length in (0..head.query().len()).step_by(7) {
        show(&headers, &head.query()[..length], request.body());
        let mut altered = head.query().to_vec();
        altered[length] ^= 2;
        show(&headers, &altered, request.body());
    }
}

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

fn secret() -> Secret {
    Secret::new("signature-secret-of-the-account").unwrap()
}

fn rotated() -> Keyring {
    Keyring::new([Secret::new("the newer of the two secrets").unwrap(), secret()]).unwrap()
}
