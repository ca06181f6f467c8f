//! Changes of parameters.

use countersign::diagnose::{Capture, Credentials, Diagnose, Diagnosis};
use countersign::sign;
use countersign::vonage::{SignatureMethod, Sms};
use countersign::{Tenants, Tolerance, UnixTime, Vogent};

use crate::scheme::{BODY, KEY, NOW, OTHER_KEY, SCHEMES, Signs, capture, codes, key};

const FORM: &str = "application/x-www-form-urlencoded";

fn sms() -> sign::SmsSigner {
    sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY))
        .param("msisdn", "447700900001")
        .param("text", "100%25 a+b")
        .param("keyword", "")
}

fn diagnose(capture: &Capture) -> Diagnosis {
    Sms::new(SignatureMethod::Sha256, key(KEY)).diagnose(capture, &Credentials::new().secret(KEY))
}

/// Checks the first finding.
fn requires(code: &str, proved: bool, capture: &Capture) {
    let diagnosis = diagnose(capture);
    let first = diagnosis.findings().first().map(|finding| (finding.code(), finding.is_proved()));
    assert_eq!(first, Some((code, proved)), "{diagnosis}");
}

fn get(query: &str) -> Capture {
    Capture::new("GET", Vec::<(String, String)>::new(), "").query(query)
}

fn post(media_type: &str, body: impl AsRef<[u8]>) -> Capture {
    Capture::new("POST", [("content-type", media_type)], body.as_ref())
}

#[test]
fn parameters_in_another_place() {
    let query = sms().query();
    let form = sms().form();
    let json = sms().json();
    let text = |delivery: &sign::Delivery| String::from_utf8(delivery.body().to_vec()).unwrap();
    let (half, rest) = query.query().split_once('&').unwrap();
    let (in_query, in_form) = ("are read from the query", "are read from the body as a form");
    let in_json = "are read from the body as JSON";
    let as_form = |method| Capture::new(method, [("content-type", FORM)], text(&form));
    for (words, received) in [
        (in_query, post(FORM, "a=1").query(query.query())),
        (in_query, post("application/json", "").query(query.query())),
        (in_form, as_form("GET")),
        (in_form, as_form("GET").query("a=1")),
        (in_form, as_form("PUT")),
        (in_form, post("application/json", text(&form))),
        (in_json, post(FORM, text(&json))),
        (in_json, post("text/plain", text(&json))),
        ("of query and body are taken together", post(FORM, half).query(rest)),
    ] {
        requires("params_other_source", true, &received);
        let diagnosis = diagnose(&received);
        assert!(diagnosis.findings()[0].evidence().ends_with(words), "{diagnosis}");
    }
    requires("body_empty", false, &post(FORM, ""));

    let stored = format!("{KEY}\n");
    let diagnosis = Sms::new(SignatureMethod::Sha256, key(&stored))
        .diagnose(&as_form("POST").query("a=1"), &Credentials::new().secret(stored));
    assert_eq!(codes(&diagnosis), ["secret_whitespace"], "{diagnosis}");
}

#[test]
fn a_malformed_request_is_not_called_forged() {
    for (code, query) in [
        ("signature_missing", "text=Hello".to_owned()),
        ("params_decoding", format!("text=%zz&sig={}", "0".repeat(64))),
    ] {
        requires(code, false, &get(&query));
        assert_eq!(diagnose(&get(&query)).findings().len(), 1);
    }
}

#[test]
fn parameters_decoded_twice_or_not_at_all() {
    let genuine = sms().query();
    requires("params_decoding", true, &get(&genuine.query().replace('%', "%25")));
    requires("params_decoding", true, &get(&genuine.query().replace("100%2525+a%2Bb", "100%25 a+b")));
}

#[test]
fn parameters_added_or_rewritten() {
    let genuine = sms().query();
    requires("params_added", true, &get(&format!("{}&_route=webhooks", genuine.query())));
    requires("params_added", true, &get(&format!("id=7&{}", genuine.query())));
    requires("params_added", true, &get(&format!("{}&utm_source=a&utm_medium=b", genuine.query())));
    let long = format!("{}&padding={}", genuine.query(), "a".repeat(10_000));
    requires("params_added", true, &get(&long));
    let many: Vec<_> = (0..70).map(|index| format!("&p{index}=a")).collect();
    let many = many.concat();
    requires("forged_or_unknown_secret", false, &get(&format!("{}{many}", genuine.query())));

    requires("params_blank", true, &get(&genuine.query().replace("keyword=", "keyword=null")));
    let json = String::from_utf8(sms().json().body().to_vec()).unwrap();
    requires(
        "params_blank",
        true,
        &post("application/json", json.replace(r#""keyword":"""#, r#""keyword":"undefined""#)),
    );
}

#[test]
fn blanks_removed_or_added() {
    let text = |text: &str| {
        sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY)).param("to", "44").param("text", text).query()
    };
    let received = |sent: &str, received: &str| get(&text(sent).query().replace(sent, received));
    requires("params_blank", true, &received("Hello", "+Hello+"));
    requires("params_blank", true, &received("Hello", "%0AHello"));
    requires("params_blank", true, &received("to=", "+to="));
    for sent in ["Hello ", " Hello", "Hello\n"] {
        let genuine = text(sent);
        let trimmed =
            genuine.query().replace("+Hello", "Hello").replace("Hello+", "Hello").replace("%0A", "");
        assert_ne!(trimmed, genuine.query());
        requires("params_blank", true, &get(&trimmed));
    }
    let forged = text("Hello ").query().replace("Hello+", "Howdy");
    requires("forged_or_unknown_secret", false, &get(&forged));
}

#[test]
fn parameters_added_apart_or_dropped() {
    let genuine = sms().query();
    requires("params_added", true, &get(&format!("_a=1&{}&_b=2", genuine.query())));
    requires(
        "params_added",
        true,
        &get(&genuine.query().replace("text=", "_a=1&text=").replace("sig=", "_b=2&sig=")),
    );
    requires("params_blank", true, &get(&genuine.query().replace("keyword=&", "")));
    requires("forged_or_unknown_secret", false, &get(&genuine.query().replace("msisdn=447700900001&", "")));

    let tenants = || Tenants::new([("a1b2c3d4", key(KEY)), ("e5f6a7b8", key(OTHER_KEY))]).unwrap();
    let credentials = Credentials::new().tenant("a1b2c3d4", KEY).tenant("e5f6a7b8", OTHER_KEY);
    let verifier = Sms::tenants(SignatureMethod::Sha256, tenants());
    let named = sms().param("api-key", "a1b2c3d4").query();
    for (received, code, proved) in [
        (named.query().replace("api-key=a1b2c3d4&", ""), "tenant_missing", true),
        (genuine.query().to_owned(), "tenant_missing", true),
        (
            named.query().replace("api-key=a1b2c3d4&", "").replace("msisdn=44", "msisdn=45"),
            "tenant_missing",
            false,
        ),
    ] {
        let diagnosis = verifier.diagnose(&get(&received), &credentials);
        let first = &diagnosis.findings()[0];
        assert_eq!((first.code(), first.is_proved()), (code, proved), "{diagnosis}");
    }
}

#[test]
fn text_in_another_character_set() {
    let genuine = sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY))
        .param("text", "Grüße & “b” +1")
        .param("to", "44")
        .query();
    let query = genuine.query();
    let utf8 = "Gr%C3%BC%C3%9Fe+%26+%E2%80%9Cb%E2%80%9D+%2B1";
    assert!(query.contains(utf8), "{query}");
    for received in [
        // windows-1252, UTF-8 read as windows-1252, HTML escapes in a value and between the pairs.
        query.replace(utf8, "Gr%FC%DFe+%26+%93b%94+%2B1"),
        query.replace(
            utf8,
            "Gr%C3%83%C2%BC%C3%83%C5%B8e+%26+%C3%A2%E2%82%AC%C5%93b%C3%A2%E2%82%AC%C2%9D+%2B1",
        ),
        query.replace("%26", "%26amp%3B"),
        query.replace('&', "&amp;"),
    ] {
        requires("params_decoding", true, &get(&received));
    }
    let bare = sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY)).param("text", "100% off").query();
    requires("params_decoding", true, &get(&bare.query().replace("%25", "%")));
    // A question mark for each character beyond ASCII, signed and received.
    let marked = sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY)).param("text", "Gr??e").query();
    requires("params_decoding", true, &get(&marked.query().replace("Gr%3F%3Fe", "Gr%C3%BC%C3%9Fe")));
    requires("body_encoding", false, &get(&query.replace(utf8, "Gr%3F%3Fe")));
}

/// A query that is signed over this string.
fn signed_over(string: &str, query: &str) -> Capture {
    let hmac = sign::hex_hmac("x", countersign::Algorithm::Sha256, &key(KEY), string);
    get(&format!("{query}&sig={}", hmac.header("x").unwrap()))
}

#[test]
fn parameters_joined_in_another_way() {
    for string in ["b=2&a=1", "&b=2&a=1", "a=1&b=2"] {
        requires("params_order", true, &signed_over(string, "b=2&a=1"));
        requires("forged_or_unknown_secret", false, &signed_over(string, "b=2&a=3"));
    }
    assert!(diagnose(&signed_over("&a=1&b=2", "b=2&a=1")).is_genuine());
}

#[test]
fn an_unusual_shape_is_a_hint() {
    let sig = "0".repeat(64);
    for (code, query) in [
        ("params_decoding", "text=100%"),
        ("params_decoding", "text=a b"),
        ("params_decoding", "text=ü"),
        ("forged_or_unknown_secret", "text=100%25+a"),
    ] {
        requires(code, false, &get(&format!("{query}&sig={sig}")));
        requires(code, false, &post(FORM, format!("{query}&sig={sig}")));
    }
}

#[test]
fn a_token_covers_the_order_of_the_query() {
    let scheme = SCHEMES.into_iter().find(|scheme| scheme.signs == Signs::TokenOfQuery).unwrap();
    let signer = |query: &str| sign::TokenSigner::new(&key(KEY), NOW).get(query);
    for (sent, received) in [
        ("a=1&b=2", "b=2&a=1"),
        ("c=3&a=1&b=2&e=5&d=4&f=6", "f=6&a=1&c=3&b=2&e=5&d=4"),
        ("h=8&a=1&b=2&c=3&d=4&e=5&f=6&g=7", "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8"),
        ("a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8", "h=8&b=2&a=1&g=7&c=3&d=4&e=5&f=6"),
    ] {
        let delivery = signer(sent).with_query(received);
        scheme.requires(received, &scheme.diagnose(KEY, &capture(&delivery)), "params_order", true);
        let forged = delivery.with_query(&received.replace("a=1", "a=2"));
        scheme.requires(received, &scheme.diagnose(KEY, &capture(&forged)), "payload_altered", false);
    }
}

/// The first finding for a form with `adjacent` added parameters. It has `count` parameters, whose names and values have this
/// many bytes.
fn of_added(adjacent: usize, count: usize, bytes: usize) -> &'static str {
    let names: Vec<_> = (0..count - adjacent - 1).map(|at| format!("p{at:02}")).collect();
    let added: Vec<_> = (0..adjacent).map(|at| format!("q{at}=&")).collect();
    let unpadded = names.len() * 3 + added.len() * 2 + "sig".len() + 64;
    let padding = "a".repeat(bytes - unpadded);
    let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY));
    let signer = names
        .iter()
        .enumerate()
        .fold(signer, |signer, (at, name)| signer.param(name, if at == 0 { &padding } else { "" }));
    let form = signer.form();
    let body = [added.concat().as_bytes(), form.body()].concat();
    let verifier = Sms::new(SignatureMethod::Sha256, key(KEY)).max_body(usize::MAX);
    let diagnosis = verifier.diagnose(&post(FORM, body), &Credentials::new().secret(KEY));
    let first = &diagnosis.findings()[0];
    assert_eq!(first.is_proved(), first.code() == "params_added", "{diagnosis}");
    first.code()
}

#[test]
fn the_limits_of_leaving_out_parameters() {
    const UNKNOWN: &str = "forged_or_unknown_secret";
    for (adjacent, count, bytes, code) in [
        (1, 64, 4096, "params_added"),
        (1, 65, 4096, UNKNOWN),
        (2, 10, 4096, "params_added"),
        (2, 10, 4097, UNKNOWN),
        (1, 10, 4097, "params_added"),
        (1, 16, 1_048_576, "params_added"),
        (1, 16, 1_048_577, UNKNOWN),
    ] {
        assert_eq!(of_added(adjacent, count, bytes), code, "{adjacent} of {count}, {bytes} bytes");
    }
}

#[test]
fn a_forgery_that_looks_changed_proves_nothing() {
    let forged = sms().query().query().replace("keyword=", "keyword=null").replace("msisdn=44", "msisdn=45");
    requires("forged_or_unknown_secret", false, &get(&forged));

    let posted = SCHEMES.into_iter().find(|scheme| scheme.name == "vonage-jwt").unwrap();
    let altered = posted.genuine(KEY).with_body("{}").with_query("a=1");
    posted.requires("altered", &posted.diagnose(KEY, &capture(&altered)), "payload_altered", false);
    let answer = SCHEMES.into_iter().find(|scheme| scheme.signs == Signs::TokenOfQuery).unwrap();
    let altered = answer.genuine(KEY).with_query("a=1").with_body("{}");
    answer.requires("altered", &answer.diagnose(KEY, &capture(&altered)), "payload_altered", false);
}

#[test]
fn a_time_outside_the_window() {
    let window = Tolerance::either_way(std::time::Duration::from_secs(60)).unwrap();
    for (code, timestamp, now) in [
        ("clock_skew", 1_700_000_000, 1_700_000_100),
        ("clock_skew", 1_700_000_000, 1_699_999_900),
        ("timestamp_milliseconds", 1_700_000_000, 1_700_000_000_000),
        ("timestamp_milliseconds", 1_700_000_000_000, 1_700_000_000),
    ] {
        let delivery = sms().timestamp(UnixTime::from_secs(timestamp)).form();
        let verifier = Sms::new(SignatureMethod::Sha256, key(KEY))
            .tolerance(window)
            .clock(move || UnixTime::from_secs(now));
        let diagnosis = verifier.diagnose(&capture(&delivery), &Credentials::new().secret(KEY));
        let first = &diagnosis.findings()[0];
        assert_eq!((first.code(), first.is_proved()), (code, true), "{diagnosis}");
        if code == "clock_skew" {
            assert!(first.evidence().contains("100 s") && first.evidence().contains("60 s"), "{diagnosis}");
        }
    }
    let verifier = Sms::new(SignatureMethod::Sha256, key(KEY)).tolerance(window).clock(|| NOW);
    let diagnosis = verifier.diagnose(&capture(&sms().form()), &Credentials::new().secret(KEY));
    assert_eq!(diagnosis.findings()[0].evidence(), "parameter `timestamp` is missing");
}

#[test]
fn the_query_under_a_token() {
    let scheme = SCHEMES.into_iter().find(|scheme| scheme.signs == Signs::TokenOfQuery).unwrap();
    let genuine = scheme.genuine(KEY);
    let query = genuine.query().to_owned();
    for (code, changed) in [
        ("params_decoding", query.replace('%', "%25")),
        ("params_added", format!("{query}&_route=answer")),
        ("params_blank", query.replace("empty=", "empty=null")),
    ] {
        let received = capture(&genuine.clone().with_query(&changed));
        scheme.requires(&changed, &scheme.diagnose(KEY, &received), code, true);
    }
    let altered = capture(&genuine.clone().with_query(&query.replace("Acme", "Evil")));
    scheme.requires("altered", &scheme.diagnose(KEY, &altered), "payload_altered", false);

    let as_post = genuine.clone().with_method("POST");
    scheme.requires("as POST", &scheme.diagnose(KEY, &capture(&as_post)), "params_other_source", true);
    let posted = SCHEMES.into_iter().find(|scheme| scheme.name == "vonage-jwt").unwrap();
    let as_get = posted.genuine(KEY).with_method("GET");
    posted.requires("as GET", &posted.diagnose(KEY, &capture(&as_get)), "params_other_source", true);

    let raw = sign::TokenSigner::new(&key(KEY), NOW)
        .post(query.as_str())
        .with_method("GET")
        .with_query(&query)
        .with_body("");
    scheme.requires("raw", &scheme.diagnose(KEY, &capture(&raw)), "payload_hash_raw_query", true);
}

#[test]
fn the_secret_of_the_named_tenant() {
    let tenants = || Tenants::new([("a1b2c3d4", key(KEY)), ("e5f6a7b8", key(OTHER_KEY))]).unwrap();
    let credentials = Credentials::new().tenant("a1b2c3d4", KEY).tenant("e5f6a7b8", OTHER_KEY);
    let verifier = Sms::tenants(SignatureMethod::Sha256, tenants());
    let of = |name: &str| sms().param("api-key", name).form();
    assert!(verifier.diagnose(&capture(&of("a1b2c3d4")), &credentials).is_genuine());
    let diagnosis = verifier.diagnose(&capture(&of("e5f6a7b8")), &credentials);
    assert_eq!(diagnosis.findings()[0].code(), "secret_other", "{diagnosis}");
    assert!(diagnosis.findings()[0].evidence().contains("tenant `a1b2c3d4`"));
    let diagnosis = verifier.diagnose(&capture(&of("unknown")), &credentials);
    assert_eq!(diagnosis.findings()[0].code(), "secret_other", "{diagnosis}");

    // The tenant is read even if the request is otherwise malformed.
    let genuine = of("a1b2c3d4");
    let body = String::from_utf8(genuine.body().to_vec()).unwrap();
    let prefixed = genuine.with_body(body.replace("sig=", "sig=sha256%3D"));
    let diagnosis = verifier.diagnose(&capture(&prefixed), &credentials);
    assert_eq!(codes(&diagnosis), ["signature_prefix"], "{diagnosis}");

    let stored = format!("{KEY}\n");
    let padded = Tenants::new([("a1b2c3d4", key(&stored))]).unwrap();
    let diagnosis = Sms::tenants(SignatureMethod::Sha256, padded)
        .diagnose(&capture(&of("a1b2c3d4")), &Credentials::new().tenant("a1b2c3d4", stored));
    assert_eq!(codes(&diagnosis), ["secret_whitespace"], "{diagnosis}");
}

#[test]
fn a_scheme_without_tenants_knows_none() {
    let genuine = capture(&sign::vogent(&key(KEY), BODY));
    for tenant in ["", "xyzzy"] {
        let credentials = Credentials::new().tenant(tenant, KEY);
        let diagnosis = Vogent::new(key(OTHER_KEY)).diagnose(&genuine, &credentials);
        assert_eq!(diagnosis.findings()[0].code(), "secret_other", "{diagnosis}");
    }
}
