//! Faults of a token.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::diagnose::{Capture, Credentials, Diagnose};
use countersign::sign::{self, Delivery, Signer, Unsigned};
use countersign::vonage::{ContactCenter, SignedWebhook};
use countersign::{Algorithm, BaseUrl, LiveKit, MessageBird, Tenants, UnixTime};

use crate::scheme::{BODY, KEY, NOW, OTHER_KEY, capture, codes, key, shows_nothing};

fn requires(code: &str, proved: bool, verifier: &dyn Diagnose, capture: &Capture) -> String {
    let diagnosis = verifier.diagnose(capture, &Credentials::new().secret(KEY));
    let first = diagnosis.findings().first().map(|finding| (finding.code(), finding.is_proved()));
    assert_eq!(first, Some((code, proved)), "{diagnosis}");
    shows_nothing(&diagnosis, &[KEY]);
    diagnosis.findings()[0].evidence().to_owned()
}

fn webhook() -> SignedWebhook {
    SignedWebhook::new(key(KEY)).clock(|| NOW)
}

fn genuine() -> Delivery {
    sign::TokenSigner::new(&key(KEY), NOW).post(BODY)
}

/// The request with another JOSE header, signed with this algorithm.
fn with_algorithm(name: &str, algorithm: Option<Algorithm>) -> Capture {
    let token = genuine().header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let payload = token.split('.').nth(1).unwrap();
    let header = BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{name}","typ":"JWT"}}"#));
    let input = format!("{header}.{payload}");
    let signature = algorithm.map_or_else(
        || vec![7; 256],
        |algorithm| {
            hex::decode(sign::hex_hmac("x", algorithm, &key(KEY), input.as_str()).header("x").unwrap())
                .unwrap()
        },
    );
    let token = format!("Bearer {input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    Capture::new("POST", [("authorization", token)], BODY)
}

fn livekit(text: &str) -> LiveKit {
    LiveKit::new(key(text)).clock(|| NOW)
}

fn messagebird(text: &str) -> MessageBird {
    MessageBird::new(BaseUrl::new("https://example.com").unwrap(), key(text)).clock(|| NOW)
}

fn signed(signer: &impl Signer, text: &str) -> Delivery {
    signer.sign(&key(text).into(), &Unsigned::json(BODY).target("/in?a=1")).unwrap()
}

#[test]
fn a_time_outside_the_window_names_the_distance() {
    for (iat, now, evidence) in [
        (1_700_000_000, 1_700_000_301, "301 s before the clock's time; 300 s"),
        (1_700_000_000, 1_699_990_000, "10000 s after the clock's time; 60 s"),
    ] {
        let delivery = sign::TokenSigner::new(&key(KEY), UnixTime::from_secs(iat)).post(BODY);
        let verifier = webhook().clock(move || UnixTime::from_secs(now));
        let seen = requires("clock_skew", true, &verifier, &capture(&delivery));
        assert!(seen.contains(evidence), "{seen}");
    }
    let milliseconds = sign::TokenSigner::new(&key(KEY), UnixTime::from_secs(1_700_000_000_123)).post(BODY);
    requires("timestamp_milliseconds", true, &webhook(), &capture(&milliseconds));
    let clock = webhook().clock(|| UnixTime::from_secs(1_700_000_000_123));
    let seen = requires("timestamp_milliseconds", true, &clock, &capture(&genuine()));
    assert!(seen.contains("clock"), "{seen}");

    let premature = sign::TokenSigner::new(&key(KEY), NOW).claim_json("nbf", "1700000020").post(BODY);
    let seen = requires("clock_skew", true, &webhook(), &capture(&premature));
    assert!(seen.contains("`nbf` is 20 s after"), "{seen}");

    let center = sign::ContactCenterSigner::new(&key(KEY), NOW).unwrap().post(BODY);
    let verifier = ContactCenter::new(key(KEY)).unwrap();
    let late = verifier.clock(|| UnixTime::from_secs(1_700_000_310));
    let seen = requires("token_expired", true, &late, &capture(&center));
    assert!(seen.contains("10 s before"), "{seen}");
    let wrong_clock = late.clock(|| UnixTime::from_secs(1_700_000_000_000));
    requires("timestamp_milliseconds", true, &wrong_clock, &capture(&center));
}

#[test]
fn no_token_or_another_kind() {
    let unsigned = genuine().without_header("authorization");
    requires("unsigned_callback", false, &webhook(), &capture(&unsigned));
    for blank in ["", "Bearer", "bearer "] {
        let blank = unsigned.clone().with_header("authorization", blank);
        requires("unsigned_callback", false, &webhook(), &capture(&blank));
    }
    let strangers = sign::TokenSigner::new(&key(OTHER_KEY), NOW).header("x-token").post(BODY);
    requires("forged_or_unknown_secret", false, &webhook(), &capture(&strangers));
    requires("scheme_other", false, &webhook(), &with_algorithm("RS256", None));
    requires("algorithm_other", true, &webhook(), &with_algorithm("HS512", Some(Algorithm::Sha512)));
    requires("algorithm_other", false, &webhook(), &with_algorithm("HS512", None));
    requires("algorithm_other", false, &webhook(), &with_algorithm("HS384", None));
    requires("rejected_otherwise", false, &webhook(), &with_algorithm("none", None));
    for unknown in [r"HS\u001b[2J\naccepted", "HS256 ", "HS-value-of-the-request"] {
        let seen = requires("algorithm_other", false, &webhook(), &with_algorithm(unknown, None));
        assert_eq!(seen, "the token's header says another algorithm, and the platform signs with HS256");
    }
    let garbled = genuine().without_header("authorization").with_header("authorization", "Bearer nothing");
    requires("rejected_otherwise", false, &webhook(), &capture(&garbled));
}

#[test]
fn a_token_with_other_text_around_it() {
    let token = genuine().header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    for value in
        [token.clone(), format!("Token {token}"), format!("Bearer: {token}"), format!("Bearer \"{token}\"")]
    {
        let dressed = genuine().without_header("authorization").with_header("authorization", &value);
        requires("signature_prefix", true, &webhook(), &capture(&dressed));
    }
}

#[test]
fn a_token_without_bearer() {
    let livekit: (Box<dyn Diagnose>, _, _) =
        (Box::new(livekit(KEY)), signed(&livekit(KEY), KEY), "authorization");
    let delivery = signed(&messagebird(KEY), KEY);
    for (verifier, delivery, header) in
        [livekit, (Box::new(messagebird(KEY)), delivery, "messagebird-signature-jwt")]
    {
        let value = format!("Bearer {}", delivery.header(header).unwrap());
        let dressed = delivery.clone().without_header(header).with_header(header, &value);
        requires("signature_prefix", true, &*verifier, &capture(&dressed));
        requires("signature_missing", false, &*verifier, &capture(&delivery.without_header(header)));
    }
}

#[test]
fn tokens_of_other_platforms() {
    let late = livekit(KEY).clock(|| UnixTime::from_secs(1_700_000_400));
    let seen = requires("token_expired", true, &late, &capture(&signed(&livekit(KEY), KEY)));
    assert!(seen.contains("100 s before"), "{seen}");
    // Vonage's has no `sha256`.
    let room = sign::TokenSigner::new(&key(KEY), NOW).claim_json("exp", "1700000300").post(BODY);
    let value = room.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let room = room.without_header("authorization").with_header("authorization", &value);
    let seen = requires("payload_hash_missing", false, &livekit(KEY), &capture(&room));
    assert!(seen.contains("`sha256`"), "{seen}");

    let genuine = signed(&messagebird(KEY), KEY);
    let moved = genuine.clone().with_target("/in?a=2");
    let seen = requires("url_other", false, &messagebird(KEY), &capture(&moved));
    assert!(seen.contains("URL"), "{seen}");
    let diagnosis = messagebird(KEY)
        .diagnose(&capture(&moved.with_body(format!("{BODY}\n"))), &Credentials::new().secret(KEY));
    assert_eq!(codes(&diagnosis), ["url_other"]);
    let unsigned = Unsigned::new("GET", "").target("/in");
    let added = messagebird(KEY).sign(&key(KEY).into(), &unsigned).unwrap().with_body(BODY);
    requires("rejected_otherwise", false, &messagebird(KEY), &capture(&added));
}

#[test]
fn rejected_claims() {
    for (name, json) in [("iss", "\"Nobody\""), ("iat", "\"soon\"")] {
        let delivery = sign::TokenSigner::new(&key(KEY), NOW).claim_json(name, json).post(BODY);
        let seen = requires("rejected_otherwise", false, &webhook(), &capture(&delivery));
        assert!(seen.contains(name), "{seen}");
    }
    let uncovered = sign::TokenSigner::new(&key(KEY), NOW).without_claim("payload_hash").post(BODY);
    requires("payload_hash_missing", false, &webhook(), &capture(&uncovered));
    let verifier = webhook().insecure_accept_unhashed_body().clock(|| UnixTime::from_secs(1_800_000_000));
    requires("clock_skew", true, &verifier, &capture(&uncovered));
}

#[test]
fn two_faults_of_a_token() {
    let stored = format!("{KEY}\n");
    let late = SignedWebhook::new(key(&stored)).clock(|| UnixTime::from_secs(1_700_001_000));
    let received = capture(&genuine().with_body(format!("{BODY}\n")));
    let diagnosis = late.diagnose(&received, &Credentials::new().secret(stored));
    assert_eq!(codes(&diagnosis), ["secret_whitespace", "clock_skew", "body_newline"]);
}

#[test]
fn a_token_with_a_rejected_claim_still_matches() {
    let delivery = sign::TokenSigner::new(&key(KEY), NOW).claim_json("iat", "\"soon\"").post(BODY);
    let stored = format!("{KEY}\n");
    let webhook = SignedWebhook::new(key(&stored)).clock(|| NOW);
    let diagnosis = webhook.diagnose(&capture(&delivery), &Credentials::new().secret(stored));
    assert_eq!(codes(&diagnosis), ["secret_whitespace", "rejected_otherwise"], "{diagnosis}");
}

#[test]
fn the_place_of_a_forged_token_is_not_blamed() {
    let altered = genuine().with_body(format!("{BODY}\n"));
    let value = altered.header("authorization").unwrap().to_owned();
    let bare = value.strip_prefix("Bearer ").unwrap();
    let copied = altered.clone().without_header("authorization").with_header("x-copy", &value);
    let copied = copied.with_header("authorization", &value);
    let named = altered.without_header("authorization").with_header("x-token", bare);
    for (verifier, received) in [(webhook(), copied), (webhook().header("x-token").unwrap(), named)] {
        let diagnosis = verifier.diagnose(&capture(&received), &Credentials::new().secret(KEY));
        assert_eq!(codes(&diagnosis), ["body_newline"], "{diagnosis}");
    }
}

#[test]
fn the_secret_of_another_account() {
    let tenants = Tenants::new([("a1b2c3d4", key(KEY)), ("e5f6a7b8", key(OTHER_KEY))]).unwrap();
    let verifier = SignedWebhook::tenants(tenants).clock(|| NOW);
    let credentials = Credentials::new().tenant("a1b2c3d4", KEY).tenant("e5f6a7b8", OTHER_KEY);
    let delivery = sign::TokenSigner::new(&key(KEY), NOW).claim("api_key", "e5f6a7b8").post(BODY);
    let diagnosis = verifier.diagnose(&capture(&delivery), &credentials);
    let first = &diagnosis.findings()[0];
    assert_eq!((first.code(), first.is_proved()), ("secret_other", true), "{diagnosis}");

    // The account is read even if the request is otherwise malformed.
    let deleted =
        sign::TokenSigner::new(&key(KEY), NOW).claim("api_key", "a1b2c3d4").post(BODY).with_method("DELETE");
    let diagnosis = verifier.diagnose(&capture(&deleted), &credentials);
    assert_eq!(codes(&diagnosis), ["rejected_otherwise"], "{diagnosis}");

    let stored = format!("{KEY}\n");
    let padded = SignedWebhook::tenants(Tenants::new([("a1b2c3d4", key(&stored))]).unwrap()).clock(|| NOW);
    let delivery = sign::TokenSigner::new(&key(KEY), NOW).claim("api_key", "a1b2c3d4").post(BODY);
    let diagnosis = padded.diagnose(&capture(&delivery), &Credentials::new().tenant("a1b2c3d4", stored));
    assert_eq!(codes(&diagnosis), ["secret_whitespace"], "{diagnosis}");
}

#[test]
fn the_contact_centers_secret_decoded_and_not() {
    let text = "not base64 at all";
    let undecoded = sign::TokenSigner::new(&key(text), NOW)
        .header("vonage-signature")
        .claim_json("exp", "1700000300")
        .post(BODY);
    let verifier = ContactCenter::new(key(KEY)).unwrap().clock(|| NOW);
    let diagnosis = verifier.diagnose(&capture(&undecoded), &Credentials::new().secret(text));
    let first = &diagnosis.findings()[0];
    assert_eq!((first.code(), first.is_proved()), ("secret_base64", true), "{diagnosis}");
    assert!(
        first.evidence().ends_with("the secret is used as it is, not decoded from base64"),
        "{diagnosis}"
    );

    // The Contact Center's token at the verifier of the other products, with its header configured.
    let center = sign::ContactCenterSigner::new(&key(KEY), NOW).unwrap().post(BODY);
    let verifier = webhook().header("vonage-signature").unwrap();
    requires("scheme_other", true, &verifier, &capture(&center));
}

#[test]
fn the_secret_of_a_genuine_token_is_not_blamed() {
    let received = capture(&genuine().with_body(r#"{"status":"another event"}"#));
    for stored in [KEY.to_owned(), format!("{KEY}\n")] {
        let verifier = SignedWebhook::new(key(&stored)).clock(|| NOW);
        let diagnosis = verifier.diagnose(&received, &Credentials::new().secret(stored.as_str()));
        let codes = codes(&diagnosis);
        assert_eq!(codes.last(), Some(&"payload_altered"), "{diagnosis}");
        assert!(!codes.contains(&"forged_or_unknown_secret"), "{diagnosis}");
        assert_eq!(codes.contains(&"secret_whitespace"), stored != KEY, "{diagnosis}");
    }
}

#[test]
fn a_second_credential_beside_the_token() {
    let value = genuine().header("authorization").unwrap().to_owned();
    for value in [format!("{value}, Basic eDp5"), format!("Basic eDp5, {value}")] {
        let received = genuine().without_header("authorization").with_header("authorization", &value);
        requires("signature_prefix", true, &webhook(), &capture(&received));
    }
}

#[test]
fn the_contact_centers_secret_in_the_url_safe_alphabet() {
    let center = sign::ContactCenterSigner::new(&key("+/8="), NOW).unwrap().post(BODY);
    let verifier = ContactCenter::new(key(KEY)).unwrap().clock(|| NOW);
    let diagnosis = verifier.diagnose(&capture(&center), &Credentials::new().secret("-_8="));
    assert_eq!(codes(&diagnosis), ["secret_base64"], "{diagnosis}");
    let diagnosis = verifier.diagnose(&capture(&center), &Credentials::new().secret("-_9="));
    assert_eq!(codes(&diagnosis), ["forged_or_unknown_secret"], "{diagnosis}");
}

#[test]
fn a_strangers_token_without_claims_proves_nothing() {
    let tenants = Tenants::new([("a1b2c3d4", key(KEY)), ("e5f6a7b8", key(OTHER_KEY))]).unwrap();
    let verifier = SignedWebhook::tenants(tenants).clock(|| NOW);
    for (name, json) in
        [("api_key", "7"), ("api_key", "\"a1b2c3d4\""), ("iat", "\"soon\""), ("iss", "\"Nobody\"")]
    {
        let forged =
            sign::TokenSigner::new(&key("nobody's"), NOW).claim_json(name, json).header("x-token").post(BODY);
        let credentials = Credentials::new().tenant("a1b2c3d4", KEY).tenant("e5f6a7b8", OTHER_KEY);
        let diagnosis = verifier.diagnose(&capture(&forged), &credentials);
        assert!(diagnosis.findings().iter().all(|finding| !finding.is_proved()), "{name}:\n{diagnosis}");
    }
}
