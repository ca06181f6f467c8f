//! Standard Webhooks, and Svix and OpenAI, which follow it.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{
    BodyUnexpected, HeaderMalformed, HeaderMissing, HeaderTooLong, MethodUnsupported, SignatureMalformed,
    SignatureMismatch, SignatureMissing, TimestampMissing, TimestampStale,
};
use countersign::sign::Unsigned;
use countersign::{ConfigError, Coverage, Head, Keyring, OpenAi, Request, StandardWebhooks, Svix, Verifier};

use crate::support::{HeaderList, accepts, at, get, headers, hmac_sha256, post, rejects, secret};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIME: &str = "1614265330";
const BODY: &str = r#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const WRONG: &str = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
#[cfg(feature = "ed25519")]
const PUBLIC_KEY: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const ED25519_SIGNATURE: &str =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

fn webhook(id: &str, time: &str, signature: &str) -> HeaderList {
    headers([("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)])
}

fn svix(id: &str, time: &str, signature: &str) -> HeaderList {
    headers([("svix-id", id), ("svix-timestamp", time), ("svix-signature", signature)])
}

fn standard_webhooks() -> StandardWebhooks {
    at(StandardWebhooks::new(secret(SECRET)).unwrap(), 1_614_265_330)
}

/// Made with the key of [`SECRET`].
fn v1(message: impl AsRef<[u8]>) -> String {
    let key = BASE64_STANDARD.decode(&SECRET[6..]).unwrap();
    format!("v1,{}", BASE64_STANDARD.encode(hmac_sha256(&key, message)))
}

#[test]
fn one_of_16_signatures_in_a_list_is_enough() {
    let webhooks = standard_webhooks();
    let before = |count, entry: &str| format!("{}{SIGNATURE}", format!("{entry} ").repeat(count));
    for list in [
        SIGNATURE.to_owned(),
        before(15, WRONG),
        // No signature of this version, or none at all.
        before(100, "v2,AAAA"),
        before(50, ED25519_SIGNATURE),
        before(100, "no-comma"),
        before(100, "v1"),
        before(15, "v1,"),
        before(15, "v1,not-base64"),
        before(15, "v1,AAAA"),
        format!("  {SIGNATURE}   {WRONG} "),
        format!("{SIGNATURE} {}", format!("{WRONG} ").repeat(199)),
        format!("{WRONG} {SIGNATURE} {SIGNATURE}"),
    ] {
        let _ = accepts(&webhooks, post(&webhook(ID, TIME, &list), BODY));
    }
    for (list, kind) in [
        (before(16, WRONG), SignatureMismatch),
        (before(199, WRONG), SignatureMismatch),
        (before(16, "v1,"), SignatureMalformed),
        (before(400, WRONG), HeaderTooLong),
        (String::new(), SignatureMalformed),
        (" ".to_owned(), SignatureMalformed),
        (ED25519_SIGNATURE.to_owned(), SignatureMalformed),
        (SIGNATURE.replace("v1", "v2"), SignatureMalformed),
        (SIGNATURE.replace("v1", "V1"), SignatureMalformed),
        (SIGNATURE.replace("v1", "v1a"), SignatureMalformed),
        (SIGNATURE.replace("v1,", "v1="), SignatureMalformed),
        (SIGNATURE.replace("v1,", "v1, "), SignatureMalformed),
        (SIGNATURE.replace("v1,", "v1,v1,"), SignatureMalformed),
        (SIGNATURE.replace("v1,", ""), SignatureMalformed),
        (SIGNATURE.replace('=', ""), SignatureMalformed),
        // In the URL's alphabet.
        (SIGNATURE.replace('+', "-").replace('/', "_"), SignatureMalformed),
        (format!("{SIGNATURE},{WRONG}"), SignatureMalformed),
    ] {
        rejects(&webhooks, post(&webhook(ID, TIME, &list), BODY), kind);
    }
    let other = webhook(ID, TIME, ED25519_SIGNATURE);
    let rejected = webhooks.verify(post(&other, BODY)).unwrap_err();
    assert_eq!(rejected.to_string(), "header `webhook-signature` has the wrong form or length");
}

#[test]
fn an_identifier_with_a_dot_is_rejected() {
    let webhooks = standard_webhooks();
    // The sender signed an identifier, a time, and a body that begins with a time.
    let message = format!("msg_1.{TIME}.{TIME}.{BODY}");
    let signature = v1(&message);
    let _ = accepts(&webhooks, post(&webhook("msg_1", TIME, &signature), &format!("{TIME}.{BODY}")));
    let cut = webhook(&format!("msg_1.{TIME}"), TIME, &signature);
    rejects(&webhooks, post(&cut, BODY), HeaderMalformed);

    for id in ["", ".", "msg.1", "msg_1."] {
        let signature = v1(format!("{id}.{TIME}.{BODY}"));
        rejects(&webhooks, post(&webhook(id, TIME, &signature), BODY), HeaderMalformed);
    }
    // Of any other bytes.
    let signature = v1(format!("é ü.{TIME}.{BODY}"));
    let _ = accepts(&webhooks, post(&webhook("é ü", TIME, &signature), BODY));
}

#[test]
fn headers_of_the_other_scheme_are_ignored() {
    let (webhooks, svix_) = (standard_webhooks(), at(Svix::new(secret(SECRET)).unwrap(), 1_614_265_330));
    let (of_webhooks, of_svix) = (webhook(ID, TIME, SIGNATURE), svix(ID, TIME, SIGNATURE));
    let _ = accepts(&webhooks, post(&of_webhooks, BODY));
    let _ = accepts(&svix_, post(&of_svix, BODY));
    rejects(&webhooks, post(&of_svix, BODY), SignatureMissing);
    rejects(&svix_, post(&of_webhooks, BODY), SignatureMissing);
    // The other set of headers is ignored.
    for other in [svix("other", "0", WRONG), svix("", "", ""), [of_svix.clone(), of_svix.clone()].concat()] {
        let _ = accepts(&webhooks, post(&[of_webhooks.clone(), other].concat(), BODY));
    }
    let wrong = [webhook(ID, TIME, WRONG), of_svix.clone()].concat();
    rejects(&webhooks, post(&wrong, BODY), SignatureMismatch);
    let _ = accepts(&svix_, post(&wrong, BODY));
    // No header of the other set counts.
    for (name, missing) in [
        ("webhook-id", HeaderMissing),
        ("webhook-timestamp", TimestampMissing),
        ("webhook-signature", SignatureMissing),
    ] {
        let mut mixed = [of_webhooks.clone(), of_svix.clone()].concat();
        mixed.retain(|(kept, _)| kept != name);
        rejects(&webhooks, post(&mixed, BODY), missing);
    }
}

#[test]
fn a_secret_is_base64_with_its_prefix_or_without_it() {
    let bare = &SECRET[6..];
    for text in [SECRET, bare] {
        let webhooks = at(StandardWebhooks::new(secret(text)).unwrap(), 1_614_265_330);
        let _ = accepts(&webhooks, post(&webhook(ID, TIME, SIGNATURE), BODY));
    }
    for (text, error) in [
        ("whsec_", ConfigError::SecretEmpty),
        ("whsec_!", ConfigError::SecretNotBase64),
        ("whsec_whsec_MfKQ", ConfigError::SecretNotBase64),
        ("not base64!", ConfigError::SecretNotBase64),
        ("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723", ConfigError::SecretNotBase64),
        ("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", ConfigError::SecretNotBase64),
    ] {
        assert_eq!(StandardWebhooks::new(secret(text)).unwrap_err(), error, "{text}");
        assert_eq!(StandardWebhooks::recall_ai(secret(text)).unwrap_err(), error, "{text}");
        assert_eq!(Svix::new(secret(text)).unwrap_err(), error, "{text}");
        // The second of two keys counts too.
        let keyring = Keyring::new([secret(SECRET), secret(text)]).unwrap();
        assert_eq!(StandardWebhooks::new(keyring).unwrap_err(), error, "{text}");
    }

    let signed = |key: &[u8]| {
        let tag = BASE64_STANDARD.encode(hmac_sha256(key, format!("{ID}.{TIME}.{BODY}")));
        webhook(ID, TIME, &format!("v1,{tag}"))
    };
    let openai = |text| at(OpenAi::new(secret(text)).unwrap(), 1_614_265_330);
    let decoded = BASE64_STANDARD.decode(bare).unwrap();
    let _ = accepts(&openai(SECRET), post(&signed(&decoded), BODY));
    rejects(&openai(SECRET), post(&signed(SECRET.as_bytes()), BODY), SignatureMismatch);
    let _ = accepts(&openai(bare), post(&signed(bare.as_bytes()), BODY));
    rejects(&openai(bare), post(&signed(&decoded), BODY), SignatureMismatch);
    assert_eq!(OpenAi::new(secret("whsec_")).unwrap_err(), ConfigError::SecretEmpty);
    assert_eq!(OpenAi::new(secret("whsec_!")).unwrap_err(), ConfigError::SecretNotBase64);
}

#[test]
fn the_replay_key_is_the_same_for_every_attempt() {
    let webhooks = standard_webhooks();
    let key = |id: &str, time: &str, body: &str| {
        let signature = v1(format!("{id}.{time}.{body}"));
        let list = format!("{signature} {WRONG}");
        let keys = [signature, list].map(|signature| {
            accepts(&webhooks, post(&webhook(id, time, &signature), body)).replay_key().unwrap()
        });
        assert_eq!(keys[0], keys[1]);
        keys[0]
    };
    assert_eq!(key("msg_1", "1614265330", "{}"), key("msg_1", "1614265331", "{}"));
    assert_ne!(key("msg_1", "1614265330", "{}"), key("msg_2", "1614265330", "{}"));
    assert!(webhooks.retry_period() > Duration::from_secs(75 * 60 * 60));
}

#[test]
fn recall_ai_signs_a_get_without_a_body() {
    let recall_ai = at(StandardWebhooks::recall_ai(secret(SECRET)).unwrap(), 1_614_265_330);
    let _ = accepts(&recall_ai, post(&webhook(ID, TIME, SIGNATURE), BODY));

    let bodiless = webhook(ID, TIME, &v1(format!("{ID}.{TIME}.")));
    let verified = accepts(&recall_ai, get(&bodiless, ""));
    assert_eq!(verified.coverage(), Coverage::None);
    assert!(verified.replay_key().is_some());
    rejects(&recall_ai, get(&bodiless, "{}"), BodyUnexpected);
    // A signed GET does not verify as a POST, with or without a body.
    rejects(&recall_ai, get(&webhook(ID, TIME, SIGNATURE), BODY), SignatureMismatch);
    rejects(&recall_ai, get(&webhook(ID, TIME, SIGNATURE), ""), SignatureMismatch);
    let without_dot = webhook(ID, TIME, &v1(format!("{ID}.{TIME}")));
    rejects(&recall_ai, get(&without_dot, ""), SignatureMismatch);
    rejects(&at(recall_ai, 1_614_265_631), get(&bodiless, ""), TimestampStale);

    // Other verifiers reject a GET by default.
    rejects(&standard_webhooks(), get(&bodiless, ""), MethodUnsupported);
    let told = standard_webhooks().methods(["GET"]).unwrap();
    let _ = accepts(&told, get(&bodiless, ""));
    rejects(&told, get(&webhook(ID, TIME, SIGNATURE), BODY), SignatureMismatch);
    let recall_ai = StandardWebhooks::recall_ai(secret(SECRET)).unwrap();
    for method in ["PUT", "DELETE", "HEAD", "get"] {
        let request = Request::new(Head::new(method, &bodiless), "");
        rejects(&recall_ai, request, MethodUnsupported);
    }
    let signed = recall_ai.sign(secret(SECRET), &Unsigned::new("GET", "")).unwrap();
    let _ = accepts(&recall_ai, signed.request());
}

#[cfg(feature = "ed25519")]
#[test]
fn the_kind_of_the_key_decides_the_version() {
    use countersign::PublicKey;
    use countersign::sign::SigningKey;

    let public_key = PublicKey::from_base64(PUBLIC_KEY).unwrap();
    let webhooks = at(StandardWebhooks::ed25519([public_key]).unwrap(), 1_614_265_330);
    let request = |list: &str| webhook(ID, TIME, list);
    for list in [
        ED25519_SIGNATURE.to_owned(),
        format!("{SIGNATURE} {WRONG} v2,AAAA {ED25519_SIGNATURE}"),
        // With a well-formed signature that is wrong.
        format!("v1a,{}== {ED25519_SIGNATURE}", "A".repeat(86)),
    ] {
        let _ = accepts(&webhooks, post(&request(&list), BODY));
    }
    // An HMAC with a known key.
    let known = BASE64_STANDARD.decode(&PUBLIC_KEY[5..]).unwrap();
    let mac = BASE64_STANDARD.encode(hmac_sha256(&known, format!("{ID}.{TIME}.{BODY}")));
    for (list, kind) in [
        (SIGNATURE.to_owned(), SignatureMalformed),
        (format!("v1,{mac}"), SignatureMalformed),
        (format!("v1a,{mac}"), SignatureMalformed),
        (ED25519_SIGNATURE.replace("v1a", "v1"), SignatureMalformed),
        (format!("v1a,{}==", "A".repeat(86)), SignatureMismatch),
    ] {
        rejects(&webhooks, post(&request(&list), BODY), kind);
    }
    let both = format!("{ED25519_SIGNATURE} {SIGNATURE}");
    let _ = accepts(&standard_webhooks(), post(&request(&both), BODY));

    // Svix's endpoints have such keys too.
    let key = SigningKey::ed25519([9; 32]);
    let keys = [PublicKey::from_base64(PUBLIC_KEY).unwrap(), key.public_key().unwrap()];
    let svix_ = at(Svix::ed25519(keys).unwrap(), 1_614_265_330);
    assert_eq!(accepts(&svix_, post(&svix(ID, TIME, ED25519_SIGNATURE), BODY)).key().index(), 0);
    let signed = svix_.sign(&key, &Unsigned::json(BODY)).unwrap();
    assert_eq!(accepts(&svix_, signed.request()).key().index(), 1);
    rejects(&svix_, signed.with_body("{}").request(), SignatureMismatch);
    assert_eq!(Svix::ed25519([]).unwrap_err(), ConfigError::KeyringEmpty);
    // A secret never verifies `v1a`.
    let rejected = svix_.sign(secret(SECRET), &Unsigned::json(BODY)).unwrap_err();
    assert_eq!(rejected.kind(), SignatureMalformed);
}

#[test]
fn a_rule_prints_its_version_and_no_key() {
    let shown = format!("{:?}", standard_webhooks());
    assert!(
        shown.contains(r#"StandardRule { version: "v1,", methods: ["POST", "PUT", "PATCH"] }"#),
        "{shown}"
    );
}
