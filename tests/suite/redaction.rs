//! What `Debug` and errors print. `redaction` of the tests of services has every public type.

use countersign::vonage::SignatureMethod::Sha1;
use countersign::vonage::{SignedWebhook, Sms};
use countersign::{HexHmac, Keyring, Secret, Tenants, Verifier as _, Vogent, sign};

use crate::registry::rows;
use crate::support::{KEY, NOW, OTHER_KEY, secret};

#[track_caller]
fn assert_hides(printed: &str, hidden: &str) {
    for window in hidden.as_bytes().windows(4) {
        let window = str::from_utf8(window).unwrap();
        assert!(!printed.contains(window), "{printed} shows {window}");
    }
}

/// Attack 37.
#[test]
fn debug_output_names_the_type_and_hides_the_secret() {
    let delivery = sign::vogent(&secret(KEY), "{}");
    let vogent = Vogent::new(Keyring::new([secret(KEY), secret(OTHER_KEY)]).unwrap());
    let webhook = sign::TokenSigner::new(&secret(KEY), NOW).post("{}");
    let verifier = SignedWebhook::new(secret(KEY)).clock(|| NOW);
    let proof = verifier.verify(webhook.request()).unwrap();
    for (printed, expected) in [
        (format!("{:?}", secret(KEY)), "Secret(redacted)"),
        (format!("{:?}", Keyring::from(secret(KEY))), "Keyring { secrets: 1 }"),
        (format!("{:?}", Tenants::new([("a", secret(KEY))]).unwrap()), "Tenants { count: 1 }"),
        (format!("{:?}", delivery.head()), "Head { method: \"POST\", .. }"),
        (
            format!("{:?}", delivery.request()),
            "Request { head: Head { method: \"POST\", .. }, body_bytes: 2 }",
        ),
        (format!("{vogent:?}"), "MacKeys { function: HmacSha256, keys: 2 }"),
        (format!("{verifier:?}"), "clock: Clock"),
        (format!("{:?}", vogent.begin(delivery.head()).unwrap()), "Verification"),
        (format!("{:?}", proof.replay_key()), "Some(ReplayKey)"),
    ] {
        assert!(printed.contains(expected), "{printed}");
        assert_hides(&printed, KEY);
    }
    let untrimmed = Secret::new(format!("{KEY}\n")).unwrap_err();
    assert_hides(&format!("{untrimmed:?} {untrimmed}"), KEY);
    let signers = (sign::TokenSigner::new(&secret(KEY), NOW), sign::SmsSigner::new(Sha1, &secret(KEY)));
    let verifiers = (HexHmac::new("x-sig", secret(KEY)).unwrap(), Sms::new(Sha1, secret(KEY)));
    let of_tenants = Sms::tenants(Sha1, Tenants::new([("account", secret(KEY))]).unwrap());
    assert_hides(&format!("{signers:#?} {verifiers:#?} {of_tenants:#?}"), KEY);
}

/// Attack 38.
#[test]
fn errors_contain_no_signature() {
    for (row, other) in rows(7).into_iter().zip(rows(8)) {
        let text = String::from_utf8(row.signature().text).unwrap();
        let forged = row.signed(&other.key, NOW);
        for delivery in [forged.clone(), row.delivery().with_target("/elsewhere"), forged.with_body("x=1")] {
            let Err(rejected) = row.verifier().verify(delivery.request()) else { continue };
            let printed = format!("{rejected} {rejected:?} {rejected:#?}");
            assert_hides(&printed, &text);
            assert_hides(&printed, &text.to_lowercase());
            assert!(printed.len() < 400, "{printed}");
        }
    }
}

#[test]
fn errors_contain_no_value_of_the_request() {
    let marked = "Qx7Zt9Wv3Lk";
    for row in rows(7) {
        for (name, _) in row.headers() {
            let delivery = row.delivery().without_header(&name).with_header(&name, marked);
            let delivery = delivery.with_query(marked).with_body(marked);
            let rejected = row.verifier().verify(delivery.request()).unwrap_err();
            assert_hides(&format!("{rejected} {rejected:?}"), marked);
        }
    }
}
