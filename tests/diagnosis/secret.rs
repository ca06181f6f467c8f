//! Mistakes with the secret, for every scheme.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::diagnose::Credentials;

use crate::scheme::{BODY, KEY, OTHER_KEY, SCHEMES, capture, codes};

/// Stores a secret with a mistake.
type Store = fn(&str) -> String;

#[test]
fn mistakes_in_storing_a_secret() {
    let mistakes: [(&str, Store); 14] = [
        ("secret_whitespace", |key| format!("{key}\n")),
        ("secret_whitespace", |key| format!("{key}\r\n")),
        ("secret_whitespace", |key| format!("  {key}")),
        ("secret_whitespace", |key| format!("\u{feff}{key}")),
        ("secret_whitespace", |key| format!("{key}\\n")),
        ("secret_quoted", |key| format!("\"{key}\"")),
        ("secret_quoted", |key| format!("'{key}'\n")),
        ("secret_assignment", |key| format!("VOGENT_SECRET={key}")),
        ("secret_assignment", |key| format!("export VONAGE_SECRET='{key}'\n")),
        ("secret_base64", |key| BASE64_STANDARD.encode(key)),
        ("secret_base64", |key| format!("{}\n", BASE64_STANDARD.encode(key))),
        ("secret_hex", |key| hex::encode(key)),
        ("secret_hex", |key| hex::encode(key).to_uppercase()),
        ("secret_url_encoded", |key| key.replace('=', "%3D")),
    ];
    for scheme in SCHEMES {
        let capture = capture(&scheme.genuine(KEY));
        assert!(scheme.diagnose(KEY, &capture).is_genuine(), "{}", scheme.name);
        for (code, store) in mistakes {
            let diagnosis = scheme.diagnose(&store(KEY), &capture);
            scheme.requires(&store("key"), &diagnosis, code, true);
        }
    }
}

#[test]
fn the_last_line_feed_has_its_own_words() {
    let genuine = capture(&SCHEMES[0].genuine(KEY));
    for (stored, words) in [
        (format!("{KEY}\n"), "the secret's last line feed is removed"),
        (format!(" {KEY}\n"), "the white space around the secret is removed"),
        (format!("{KEY} "), "the white space around the secret is removed"),
    ] {
        let diagnosis = SCHEMES[0].diagnose(&stored, &genuine);
        assert!(diagnosis.findings()[0].evidence().ends_with(words), "{diagnosis}");
    }
}

#[test]
fn a_secret_that_was_decoded() {
    let stored = "plain-Text_Kx81";
    for scheme in SCHEMES.into_iter().filter(|scheme| scheme.name != "vonage-contact-center") {
        for (code, signed_with) in [
            ("secret_base64", BASE64_STANDARD.encode(stored)),
            ("secret_hex", hex::encode(stored)),
            ("secret_whitespace", format!("{stored}\n")),
        ] {
            let diagnosis = scheme.diagnose(stored, &capture(&scheme.genuine(&signed_with)));
            scheme.requires("decoded", &diagnosis, code, true);
        }
    }
}

#[test]
fn another_secret_is_named() {
    for scheme in SCHEMES {
        let genuine = capture(&scheme.genuine(KEY));
        let credentials = Credentials::new().secret(OTHER_KEY).other("the previous one", KEY);
        let diagnosis = scheme.diagnose_with(OTHER_KEY, &genuine, &credentials);
        scheme.requires("previous", &diagnosis, "secret_other", true);
        assert!(diagnosis.findings()[0].evidence().contains("`the previous one`"));

        let given = scheme.diagnose_with(OTHER_KEY, &genuine, &Credentials::new().secret(KEY));
        scheme.requires("given alone", &given, "secret_other", true);

        let padded = Credentials::new().secret(OTHER_KEY).other("the previous one", format!("{KEY}\n"));
        let diagnosis = scheme.diagnose_with(OTHER_KEY, &genuine, &padded);
        assert_eq!(codes(&diagnosis), ["secret_whitespace", "secret_other"], "{}", scheme.name);
    }
}

#[test]
fn another_secret_is_named_beside_a_changed_body() {
    let scheme = SCHEMES[0];
    let received = scheme.genuine(KEY).with_body(format!("{BODY}\n"));
    let credentials = Credentials::new().secret(KEY);
    let diagnosis = scheme.diagnose_with(OTHER_KEY, &capture(&received), &credentials);
    assert_eq!(codes(&diagnosis), ["body_newline", "secret_other"], "{diagnosis}");
}

#[test]
fn a_private_key() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----\n";
    for scheme in SCHEMES {
        let diagnosis = scheme.diagnose(pem, &capture(&scheme.genuine(KEY)));
        scheme.requires("PEM", &diagnosis, "secret_pem", false);
    }
    let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(KEY));
    for scheme in SCHEMES.into_iter().filter(|scheme| scheme.name != "vonage-contact-center") {
        scheme.requires("JWK", &scheme.diagnose(&jwk, &capture(&scheme.genuine(KEY))), "secret_pem", true);
    }
}

#[test]
fn the_shape_of_a_wrong_secret_is_a_hint() {
    for (code, stored) in [
        ("secret_whitespace", format!("{OTHER_KEY}\n")),
        ("secret_quoted", format!("'{OTHER_KEY}'")),
        ("secret_assignment", format!("SECRET={OTHER_KEY}")),
    ] {
        for scheme in SCHEMES {
            let diagnosis = scheme.diagnose(&stored, &capture(&scheme.genuine(KEY)));
            scheme.requires("stranger", &diagnosis, code, false);
            assert_eq!(diagnosis.findings().last().unwrap().code(), "forged_or_unknown_secret");
        }
    }
}

#[test]
fn an_assignment_begins_with_a_variable() {
    let genuine = capture(&SCHEMES[0].genuine(KEY));
    for (stored, looks) in [
        ("_A9=other", true),
        ("a=other", true),
        ("9a=other", false),
        ("a-b=other", false),
        ("-a=other", false),
    ] {
        let diagnosis = SCHEMES[0].diagnose(stored, &genuine);
        let code = if looks { "secret_assignment" } else { "forged_or_unknown_secret" };
        SCHEMES[0].requires(stored, &diagnosis, code, false);
    }
}
