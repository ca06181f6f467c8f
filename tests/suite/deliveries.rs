//! The bundled captured deliveries, through the example's own modules.

#[path = "../../examples/deliveries/record.rs"]
pub(crate) mod record;
#[path = "../../examples/deliveries/verdict.rs"]
mod verdict;

use countersign::schemes::Scheme;
use record::Record;
use verdict::Verdict;

fn record(line: &str) -> Record {
    Record::parse(line.as_bytes()).unwrap()
}

fn code(line: &str) -> String {
    match Verdict::of(&record(line)) {
        Verdict::Accepted(verified) => format!("{} {}", verified.key(), verified.coverage().as_str()),
        Verdict::Rejected(error) => error.code().to_owned(),
        Verdict::Misconfigured(reason) => {
            assert!(!reason.is_empty());
            "misconfigured".to_owned()
        }
    }
}

#[test]
fn bundled_requests_have_their_verdicts() {
    let bundled = include_str!("../../examples/deliveries.jsonl");
    let expected = include_str!("../vectors/deliveries.txt");
    assert_eq!(bundled.lines().count(), expected.lines().count());
    for (line, expected) in bundled.lines().zip(expected.lines()) {
        let record = record(line);
        if cfg!(not(feature = "ed25519")) && line.contains("\"public_key\"") {
            continue;
        }
        assert_eq!(format!("{}: {}", record.id.as_str().unwrap(), code(line)), expected);
        // Names select the same schemes.
        assert_eq!(expected.contains("genuine") || expected.contains("not UTF-8"), code(line).contains(' '));
    }
    // The file has lines of every scheme.
    for scheme in Scheme::ALL.iter().map(Scheme::name) {
        let verdicts: Vec<_> =
            bundled.lines().filter(|line| line.contains(&format!("\"{scheme}\""))).map(code).collect();
        assert!(verdicts.iter().any(|code| code.contains(' ')), "{scheme}");
        assert!(verdicts.iter().any(|code| !code.contains(' ')), "{scheme}");
    }
}

#[test]
fn a_verifier_that_cannot_be_built_is_misconfigured() {
    for line in [
        r#"{"id":1,"scheme":"vogent","secret":""}"#,
        r#"{"id":1,"scheme":"vogent","secret":" "}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s3cr3t\n"}"#,
        r#"{"id":1,"scheme":"vogent","secret_b64":""}"#,
        r#"{"id":1,"scheme":"vogent","secrets":[]}"#,
        r#"{"id":1,"scheme":"vogent","secrets":["a",""]}"#,
        r#"{"id":1,"scheme":"vogent","keys":{"a":"b"}}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","header":""}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","algorithm":"md5"}"#,
        r#"{"id":1,"scheme":"hex-hmac","secret":"s"}"#,
        r#"{"id":1,"scheme":"vonage-sms","algorithm":"sha384","secret":"s"}"#,
        r#"{"id":1,"scheme":"vonage-sms","algorithm":"sha1","secret":"s","tolerance_s":-1}"#,
        r#"{"id":1,"scheme":"vonage-sms","algorithm":"sha1","secret":"s","tolerance_s":0.5}"#,
        r#"{"id":1,"scheme":"vonage-jwt","secret":"s","tolerance_s":"60"}"#,
        r#"{"id":1,"scheme":"vonage-contact-center","secret":"cw==","tolerance_s":[]}"#,
        r#"{"id":1,"scheme":"vogent","secret_b64":"marker-of-the-line"}"#,
        r#"{"id":1,"scheme":"vonage-jwt","keys":{}}"#,
        r#"{"id":1,"scheme":"vonage-jwt","keys":{"":"s"}}"#,
        r#"{"id":1,"scheme":"vonage-contact-center","secret":"not base64!"}"#,
        r#"{"id":1,"scheme":"stripe","secret":"s"}"#,
    ] {
        assert_eq!(code(line), "misconfigured", "{line}");
    }
}

#[test]
fn a_line_that_lacks_a_field_cannot_be_read() {
    for line in [
        "",
        "{}",
        "[]",
        "not JSON",
        "\"a text\"",
        r#"[1,"vogent",null,null,"s"]"#,
        r#"{"id":1,"scheme":"vogent","secret":"s"}{}"#,
        r#"{"scheme":"vogent","secret":"s"}"#,
        r#"{"id":1,"secret":"s"}"#,
        r#"{"id":1,"scheme":"vogent"}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","secret_b64":"cw=="}"#,
        r#"{"id":1,"scheme":"vonage-sms","secret":"s"}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","body":"","body_b64":""}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","body_b64":"!"}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","now":1.5}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","headers":[["a"]]}"#,
    ] {
        assert!(Record::parse(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn the_defaults_are_those_of_the_format() {
    let plain = record(r#"{"id":1,"scheme":"vogent","secret":"s","note":"ignored"}"#);
    assert_eq!((plain.method.as_str(), plain.body.len(), plain.headers.len()), ("POST", 0, 0));
    assert!(plain.query.is_empty() && plain.now.is_none());
    assert!(matches!(plain.tolerance, record::Window::Default));
    let any_age = record(r#"{"id":1,"scheme":"vogent","secret":"s","tolerance_s":null}"#);
    assert!(matches!(any_age.tolerance, record::Window::AnyAge));
}

#[test]
fn unreadable_input_is_not_shown() {
    let marked = "marker-of-the-line";
    for line in [
        r#""marker-of-the-line""#,
        r#"{"id":1,"scheme":"vogent","secret":["marker-of-the-line"]}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","body_b64":"marker-of-the-line"}"#,
        r#"{"id":1,"scheme":"vogent","secrets":"marker-of-the-line"}"#,
        r#"{"id":1,"scheme":"vogent","keys":{"marker-of-the-line":1}}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","headers":["marker-of-the-line"]}"#,
        r#"{"id":1,"scheme":"vogent","secret":"s","now":"marker-of-the-line"}"#,
        r#"{"id":1,"scheme":"vogent","secret":"marker-of-the-line"#,
    ] {
        let unreadable = Record::parse(line.as_bytes()).unwrap_err();
        assert!(!format!("{unreadable}").contains(marked), "{unreadable}");
    }
}
