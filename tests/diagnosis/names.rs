//! The causes' stable names and their sentences.

use std::collections::HashSet;

use countersign::diagnose::{Capture, Cause, Credentials, Diagnose};
use countersign::{Vogent, sign};

use crate::scheme::{BODY, KEY, OTHER_KEY, capture, codes, key};

#[test]
fn every_cause_has_code_sentence_and_remedy() {
    let codes: HashSet<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
    assert_eq!(codes.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        assert!(
            cause
                .code()
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{}",
            cause.code()
        );
        for text in [cause.sentence(), cause.remedy()] {
            assert!(text.starts_with(char::is_uppercase) || text.starts_with('`'), "{text}");
            assert!(text.ends_with('.'), "{text}");
        }
    }
}

#[test]
fn a_diagnosis_prints_three_lines_a_finding() {
    let vogent = Vogent::new(key(KEY));
    let genuine = capture(&sign::vogent(&key(KEY), BODY));
    assert_eq!(vogent.diagnose(&genuine, &Credentials::new()).to_string(), "The request verifies.");

    let padded = capture(&sign::vogent(&key(KEY), BODY).with_body(format!("{BODY}\n")));
    let diagnosis = vogent.diagnose(&padded, &Credentials::new().secret(KEY));
    assert_eq!(
        diagnosis.to_string(),
        "body_newline (proved): The body gained or lost white space at an end.\n  \
         seen: the signature matches when the line feed after the body is removed\n  \
         do:   Verify the bytes as received, before anything trims them or saves them as text."
    );
    assert_eq!(diagnosis.findings()[0].remedy(), Cause::BodyNewline.remedy());

    let forged = vogent.diagnose(&genuine.clone().query("a=1"), &Credentials::new());
    assert!(forged.is_genuine());
    let forged = Vogent::new(key(OTHER_KEY)).diagnose(&genuine, &Credentials::new().secret("'a'").secret(""));
    assert_eq!(codes(&forged), ["secret_quoted", "secret_empty", "forged_or_unknown_secret"]);
    assert_eq!(forged.to_string().lines().count(), 9);
}

#[test]
fn debug_shows_no_secret_and_no_request() {
    let capture =
        Capture::new("POST", [("x-elto-signature", "00ff00ff00ff")], "hidden body").query("hidden=query");
    let credentials = Credentials::new().secret(KEY).tenant("a1b2c3d4", OTHER_KEY);
    let shown = format!("{capture:?} {credentials:?}");
    for hidden in ["00ff00ff", "hidden", KEY, OTHER_KEY] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    assert!(shown.contains("\"POST\"") && shown.matches("Candidate(redacted)").count() == 2, "{shown}");
}

#[test]
fn capture_of_an_http_request() {
    let request = sign::vogent(&key(KEY), BODY).to_http("/vogent?a=1");
    let capture = Capture::from(&request.unwrap());
    assert!(Vogent::new(key(KEY)).diagnose(&capture, &Credentials::new()).is_genuine());
    assert_eq!(capture.request().head().query(), b"a=1");
}
