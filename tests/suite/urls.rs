//! Platforms that sign the URL or its path: published vectors and our own (`tests/vectors/urls.json`), each as it is and altered, and
//! the rules that no vector shows.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{
    self, BodyTooLarge, BodyUnexpected, HeaderMalformed, HeaderMissing, HeaderRepeated, ParameterAmbiguous,
    ParameterMalformed, ParameterRepeated, ParametersTooMany, PayloadHashMalformed, PayloadHashMismatch,
    QueryTooLong, QueryUnexpected, SignatureMalformed, SignatureMismatch, SignatureMissing, TenantMissing,
    TenantUnknown, TimestampFuture, TimestampMalformed, TimestampMissing, TimestampStale,
};
use countersign::schemes::{Scheme, Settings};
use countersign::sign::Unsigned;
use countersign::{
    BaseUrl, ConfigError, Coverage, Head, Keyring, PlivoV2, PlivoV3, ReplayKey, Replays, Request, Secret,
    SignalWire, SinchVoice, Tenants, Twilio, UnixTime, Verified, Verifier,
};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::{KEY, OTHER_KEY, accepts, hmac_sha256, rejects, secret, verdict, verify};

#[derive(Clone, Debug, Deserialize)]
struct Vector {
    name: String,
    scheme: String,
    /// Where the vendor publishes it. The others come from another implementation of the rule.
    source: String,
    secret: String,
    base_url: Option<String>,
    target: String,
    method: String,
    headers: Vec<(String, String)>,
    body: String,
    now: Option<i64>,
    coverage: String,
    /// The error for another body. Absent if the signature does not cover the body.
    body_altered: Option<String>,
    /// The error or coverage with the other method, GET or POST.
    method_swapped: Option<String>,
}

impl Vector {
    fn verifier(&self) -> Box<dyn Verifier> {
        let mut settings = Settings::default();
        settings.keyring = Some(secret(&self.secret).into());
        settings.base_url = self.base_url.as_deref().map(|base| BaseUrl::new(base).unwrap());
        let now = UnixTime::from_secs(self.now.unwrap_or_default());
        Box::new(Scheme::named(&self.scheme).unwrap().build(&settings.clock(move || now)).unwrap())
    }

    fn verdict(&self) -> Result<String, &'static str> {
        let head = Head::new(&self.method, &self.headers).with_target(&self.target);
        let found = verdict(&*self.verifier(), Request::new(head, &self.body));
        found.map(|verified| verified.coverage().as_str().to_owned()).map_err(|error| error.kind().code())
    }

    /// The coverage or the error code. By default the vector's coverage.
    fn expected(&self, verdict: Option<&str>) -> Result<String, String> {
        let verdict = verdict.unwrap_or(&self.coverage).to_owned();
        if verdict.starts_with("url") || verdict == self.coverage { Ok(verdict) } else { Err(verdict) }
    }

    #[track_caller]
    fn expect(&self, expected: &Result<String, String>) {
        assert_eq!(&self.verdict().map_err(str::to_owned), expected, "{}: {self:?}", self.name);
    }
}

#[test]
fn vectors_are_accepted_and_altered_ones_rejected() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/urls.json")).unwrap();
    let published = vectors.iter().filter(|vector| vector.source != "made for these tests");
    assert_eq!((vectors.len(), published.count()), (46, 31));
    for vector in vectors {
        let mismatch = Err("signature_mismatch".to_owned());
        vector.expect(&Ok(vector.coverage.clone()));

        let altered = |change: &dyn Fn(&mut Vector)| {
            let mut altered = vector.clone();
            change(&mut altered);
            altered
        };
        let body = altered(&|it| it.body.push('1'));
        body.expect(&vector.expected(vector.body_altered.as_deref()));
        altered(&|it| it.secret = BASE64_STANDARD.encode("another")).expect(&mismatch);
        let method = if vector.method == "GET" { "POST" } else { "GET" };
        let swapped = altered(&|it| it.method = method.to_owned());
        swapped.expect(&vector.expected(vector.method_swapped.as_deref()));

        // All sign the path, and all but Sinch the host.
        altered(&|it| it.target.insert_str(0, "/x")).expect(&mismatch);
        for (from, to) in [("://", "://x"), ("s://", "://")] {
            if let Some(base) = vector.base_url.as_ref().filter(|base| base.contains(from)) {
                altered(&|it| it.base_url = Some(base.replace(from, to))).expect(&mismatch);
            }
        }
        if !["plivo-v2", "sinch-voice"].contains(&&*vector.scheme) {
            let with_parameter = match vector.target.split_once('?') {
                Some((path, query)) => format!("{path}?z=1&{query}"),
                None => format!("{}?z=1", vector.target),
            };
            altered(&|it| it.target.clone_from(&with_parameter)).expect(&mismatch);
        }
    }
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
const JSON: (&str, &str) = ("Content-Type", "application/json");
const BASE: &str = "https://example.com";

fn base(text: &str) -> BaseUrl {
    BaseUrl::new(text).unwrap()
}

fn sha1(key: &str, message: &str) -> Vec<u8> {
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn sha1_base64(message: &str) -> String {
    BASE64_STANDARD.encode(sha1(KEY, message))
}

fn sha1_hex(message: &str) -> String {
    hex::encode(sha1(KEY, message))
}

fn sha256_base64(key: &[u8], message: &str) -> String {
    BASE64_STANDARD.encode(hmac_sha256(key, message))
}

fn hash(body: &str) -> String {
    hex::encode(Sha256::digest(body))
}

/// The coverage, or the error's kind.
#[track_caller]
fn coverage_of(
    verifier: &dyn Verifier,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Coverage, ErrorKind> {
    verify(verifier, method, target, headers, body).map(|verified| verified.coverage())
}

fn accepted_if(accepted: bool, coverage: Coverage) -> Result<Coverage, ErrorKind> {
    if accepted { Ok(coverage) } else { Err(SignatureMismatch) }
}

fn parameters(verified: &Verified) -> String {
    let parameters = verified.parameters().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", text(name), text(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn twilio() -> Twilio {
    Twilio::new(base(BASE), secret(KEY))
}

/// Verifies a request to `/hook` whose signature covers this text.
#[track_caller]
fn twilio_on(
    signed: &str,
    method: &str,
    target: &str,
    content_type: Option<&str>,
    body: &str,
) -> Result<Coverage, ErrorKind> {
    let signature = sha1_base64(signed);
    let mut headers = vec![("X-Twilio-Signature", &*signature)];
    headers.extend(content_type.map(|value| ("Content-Type", value)));
    coverage_of(&twilio(), method, target, &headers, body)
}

#[test]
fn twilio_signs_a_form_sorted_and_each_value_once() {
    let signed = "https://example.com/hookA1A2Ba b+BBc";
    let form = Some(FORM.1);
    for body in ["A=1&A=2&B=a+b%2B&BB=c", "BB=c&B=a%20b%2B&A=2&A=1&A=2", "&A=1&&A=2&B=a+b%2B&BB=c&"] {
        assert_eq!(twilio_on(signed, "POST", "/hook", form, body), Ok(Coverage::UrlParams), "{body}");
    }
    for body in
        ["A=1&A=2&B=a+b%2B", "A=1&A=3&B=a+b%2B&BB=c", "a=1&A=2&B=a+b%2B&BB=c", "A=1&A=2&B=a+b%2B&BB=c&C="]
    {
        assert_eq!(twilio_on(signed, "POST", "/hook", form, body), Err(SignatureMismatch), "{body}");
    }
    // Blank values stay, and names are sorted by their bytes.
    assert_eq!(
        twilio_on("https://example.com/hookBEmptya1", "POST", "/hook", form, "a=1&Empty&B="),
        Ok(Coverage::UrlParams)
    );
    for (body, kind) in [
        ("a=%", ParameterMalformed),
        ("a=1&=2", ParameterMalformed),
        (&*"a&".repeat(1_001), ParametersTooMany),
        (&*"a".repeat(1024 * 1024), SignatureMismatch),
        (&*"a".repeat(1024 * 1024 + 1), BodyTooLarge),
    ] {
        assert_eq!(twilio_on(signed, "POST", "/hook", form, body), Err(kind));
    }
}

#[test]
fn twilio_returns_repeated_values_in_the_signed_order() {
    let signature = sha1_base64("https://example.com/hookA1A2B0");
    let headers = [("X-Twilio-Signature", &*signature), FORM];
    for body in ["A=1&A=2&B=0", "B=0&A=2&A=1", "A=2&A=2&A=1&B=0&B=0"] {
        let verified = verify(&twilio(), "POST", "/hook", &headers, body).unwrap();
        assert_eq!(parameters(&verified), "A=1&A=2&B=0", "{body}");
    }
}

#[test]
fn twilio_rejects_a_body_that_only_the_url_covers() {
    let url = "https://example.com/hook?a=1";
    let on = |method, content_type, body| twilio_on(url, method, "/hook?a=1", content_type, body);
    for content_type in [None, Some("application/json"), Some(FORM.1), Some("text/plain")] {
        for (method, body) in [("GET", "a=1"), ("GET", "&&"), ("GET", "{}"), ("POST", "&"), ("POST", "&&")] {
            assert_eq!(on(method, content_type, body), Err(BodyUnexpected), "{method} {body}");
        }
        assert_eq!(on("GET", content_type, ""), Ok(Coverage::Url));
    }
    // An empty form proves that there are no parameters.
    assert_eq!(on("POST", Some(FORM.1), ""), Ok(Coverage::UrlParams));
    assert_eq!(on("POST", Some(FORM.1), "b=2"), Err(SignatureMismatch));
    for not_a_form in [
        None,
        Some(""),
        Some("application/json"),
        Some("text/plain"),
        Some("multipart/form-data"),
        Some("application/x-www-form-urlencoded; charset=iso-8859-1"),
        Some("application/x-www-form-urlencoded; charset=utf-8; charset=utf-7"),
        Some("application/x-www-form-urlencodedx"),
    ] {
        for body in ["b=2", "{}", "&&"] {
            assert_eq!(on("POST", not_a_form, body), Err(BodyUnexpected), "{not_a_form:?} {body}");
        }
        assert_eq!(on("POST", not_a_form, ""), Ok(Coverage::Url));
        // A form, sent again with another content type.
        let form = twilio_on("https://example.com/hookb2", "POST", "/hook", not_a_form, "b=2");
        assert_eq!(form, Err(SignatureMismatch), "{not_a_form:?}");
    }
}

#[test]
fn twilio_signs_the_hash_of_a_body_in_the_url() {
    let body = r#"{"a":1}"#;
    let on = |query: &str, content_type, body| {
        let target = format!("/hook?{query}");
        twilio_on(&format!("{BASE}{target}"), "POST", &target, content_type, body)
    };
    let named = format!("bodySHA256={}", hash(body));
    for query in [named.clone(), format!("x=1&y=2&{named}"), named.to_uppercase().replace("BODY", "body")] {
        // The query is signed and the content type is not, so the query decides.
        for content_type in [None, Some("application/json"), Some(FORM.1)] {
            assert_eq!(on(&query, content_type, body), Ok(Coverage::UrlBody), "{query}");
            for other in ["", "&&", "{}", r#"{"a":2}"#, r#"{"a":1} "#] {
                assert_eq!(on(&query, content_type, other), Err(PayloadHashMismatch), "{other}");
            }
        }
    }
    for (query, kind) in [
        (format!("{named}&{named}"), ParameterRepeated),
        (format!("{named}&bodySHA256="), ParameterRepeated),
        // Only at the end of the query.
        (format!("{named}&y=2"), PayloadHashMalformed),
        (format!("{named}&"), PayloadHashMalformed),
        ("bodySHA256=".to_owned(), PayloadHashMalformed),
        (named[..named.len() - 1].to_owned(), PayloadHashMalformed),
        (format!("{named}0"), PayloadHashMalformed),
        (format!("bodySHA256=0x{}", &hash(body)[2..]), PayloadHashMalformed),
        (format!("bodySHA256={}", BASE64_STANDARD.encode(Sha256::digest(body))), PayloadHashMalformed),
        // A similar name does not count as the hash.
        (format!("bodysha256={}", hash(body)), BodyUnexpected),
        (format!("body%53HA256={}", hash(body)), BodyUnexpected),
        (format!("%62odySHA256={}", hash(body)), BodyUnexpected),
        (format!("xbodySHA256={}", hash(body)), BodyUnexpected),
        (format!("x=1;bodySHA256={}", hash(body)), BodyUnexpected),
        ("bodySHA256".to_owned(), BodyUnexpected),
        (String::new(), BodyUnexpected),
    ] {
        assert_eq!(on(&query, Some("application/json"), body), Err(kind), "{query}");
    }
    // An unsigned hash.
    let forged = twilio_on("https://example.com/hook", "POST", &format!("/hook?{named}"), None, body);
    assert_eq!(forged, Err(SignatureMismatch));
}

/// Nothing separates the URL from the form, so a sender's text can become the end of the query.
#[test]
fn a_text_in_twilios_form_cannot_become_the_hash_of_another_body() {
    let body = r#"{"a":1}"#;
    for end in ["", "&", "&y="] {
        let text = format!("x&bodySHA256={}{end}", hash(body));
        let target = format!("/hook?id=7AccountSidAC1Body{text}From1");
        let signed = format!("{BASE}{target}");
        let form = format!("AccountSid=AC1&Body={}&From=1", text.replace('&', "%26").replace('=', "%3D"));
        let on = |target, body| twilio_on(&signed, "POST", target, Some(FORM.1), body);
        assert_eq!(on("/hook?id=7", &form), Ok(Coverage::UrlParams));
        assert_eq!(on(&target, body), Err(PayloadHashMalformed), "{end}");
    }
}

/// Nothing separates the values either, so a sender's text can become another value of a name, or another name. `get` returns
/// the first value.
#[test]
fn a_text_in_twilios_form_can_become_another_parameter() {
    for (text, [sent, cut]) in [
        ("BodyhiFrom+1From+2", ["Body=hiFrom%2B1&From=%2B2", "Body=hi&From=%2B1&From=%2B2"]),
        (
            "BodyhiButtonPayloadokFrom+2",
            ["Body=hiButtonPayloadok&From=%2B2", "Body=hi&ButtonPayload=ok&From=%2B2"],
        ),
    ] {
        let signature = sha1_base64(&format!("https://example.com/hook{text}"));
        let headers = [("X-Twilio-Signature", &*signature), FORM];
        for body in [sent, cut] {
            let verified = verify(&twilio(), "POST", "/hook", &headers, body).unwrap();
            assert_eq!(parameters(&verified), body.replace("%2B", "+"));
        }
    }
}

#[test]
fn twilio_reads_a_url_as_text() {
    let targets =
        "/hook?x='&y=%27 /a%2Fb//c/./../d /%7euser/~user /hook?a=1;b=2 /hook?+%20%2B /hook? /hook??x";
    for target in targets.split(' ').chain(["/hook/", "//hook", "/é", "/hook#part"]) {
        let on = |base: &str, signed: &str| {
            let signature = sha1_base64(signed);
            let twilio = Twilio::new(self::base(base), secret(KEY));
            coverage_of(&twilio, "GET", target, &[("X-Twilio-Signature", &signature)], "")
        };
        for (base, signed) in [
            ("https://example.com", format!("https://example.com{target}")),
            ("https://example.com", format!("https://example.com:443{target}")),
            ("https://example.com:443", format!("https://example.com{target}")),
            ("http://example.com", format!("http://example.com:80{target}")),
            ("http://example.com:8080/api", format!("http://example.com:8080/api{target}")),
            ("http://example.com:8080/api/", format!("http://example.com/api{target}")),
            ("wss://example.com", format!("wss://example.com:443{target}")),
            ("https://u:p@[2001:db8::1]:8443", format!("https://u:p@[2001:db8::1]{target}")),
            ("https://u:p@[2001:db8::1]", format!("https://u:p@[2001:db8::1]:443{target}")),
        ] {
            assert_eq!(on(base, &signed), Ok(Coverage::Url), "{base} {signed}");
        }
        for (base, signed) in [
            ("https://example.com", format!("http://example.com{target}")),
            ("https://example.com", format!("https://example.com:80{target}")),
            ("https://example.com:8443", format!("https://example.com:443{target}")),
            ("https://example.com", format!("https://EXAMPLE.com{target}")),
            ("https://u:p@example.com", format!("https://example.com{target}")),
            ("https://example.com", target.to_owned()),
            ("https://example.com", format!("https://example.com{target}/")),
        ] {
            assert_eq!(on(base, &signed), Err(SignatureMismatch), "{base} {signed}");
        }
    }
    // Twilio may sign a WebSocket's handshake with a slash that it does not send.
    for (base, signed, target, expected) in [
        ("wss://example.com", "wss://example.com/stream/", "/stream", Ok(Coverage::Url)),
        ("wss://example.com", "wss://example.com:443/stream/", "/stream", Ok(Coverage::Url)),
        ("wss://example.com:8443/api", "wss://example.com/api/stream/", "/stream", Ok(Coverage::Url)),
        ("wss://example.com", "wss://example.com/stream//", "/stream/", Err(SignatureMismatch)),
        ("wss://example.com", "wss://example.com/stream/?a=1", "/stream?a=1", Err(SignatureMismatch)),
        ("wss://example.com", "wss://example.com/stream?a=1/", "/stream?a=1", Err(SignatureMismatch)),
        ("wss://example.com", "wss://example.com/stream", "/stream/", Err(SignatureMismatch)),
        ("https://example.com", "https://example.com/stream/", "/stream", Err(SignatureMismatch)),
    ] {
        let twilio = Twilio::new(self::base(base), secret(KEY));
        let headers = [("X-Twilio-Signature", &*sha1_base64(signed))];
        assert_eq!(coverage_of(&twilio, "GET", target, &headers, ""), expected, "{signed} {target}");
    }
    let escaped = twilio_on("https://example.com/?x=%27", "GET", "/?x='", None, "");
    assert_eq!(escaped, Err(SignatureMismatch));
    // A framework that passes only the query.
    let signature = sha1_base64("https://example.com");
    let headers = [("X-Twilio-Signature", &*signature)];
    let query = format!("bodySHA256={}", hash("{}"));
    let head = Head::new("POST", &headers).with_query(&query);
    rejects(&twilio(), Request::new(head, "{}"), BodyUnexpected);
}

#[test]
fn twilios_account_selects_the_tenant() {
    let rotated = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
    let tenants = Tenants::new([("AC1", rotated), ("AC2", secret("third-token").into())]).unwrap();
    let twilio = Twilio::tenants(base(BASE), tenants);
    let named = format!("/hook?AccountSid=AC2&bodySHA256={}", hash("{}"));
    let (first, second) = (Ok("AC1".to_owned()), Ok("AC2".to_owned()));
    for (key, method, target, form, body, expected) in [
        (KEY, "POST", "/hook", "AccountSidAC1B2", "B=2&AccountSid=AC1", first.clone()),
        (OTHER_KEY, "POST", "/hook", "AccountSidAC1B2", "B=2&AccountSid=AC1", first.clone()),
        ("third-token", "POST", "/hook", "AccountSidAC2", "AccountSid=AC2", second.clone()),
        (KEY, "POST", "/hook", "AccountSidAC2", "AccountSid=AC2", Err(SignatureMismatch)),
        (KEY, "POST", "/hook", "AccountSidAC3", "AccountSid=AC3", Err(TenantUnknown)),
        (KEY, "POST", "/hook", "B2", "B=2", Err(TenantMissing)),
        (KEY, "POST", "/hook", "AccountSidAC1", "AccountSid=AC1&AccountSid=AC2", Err(ParameterRepeated)),
        // The form's account counts, whatever the URL says.
        (KEY, "POST", "/hook?AccountSid=AC2", "AccountSidAC1", "AccountSid=AC1", first.clone()),
        (
            "third-token",
            "POST",
            "/hook?AccountSid=AC2",
            "AccountSidAC1",
            "AccountSid=AC1",
            Err(SignatureMismatch),
        ),
        ("third-token", "POST", "/hook?AccountSid=AC2", "B1", "B=1", Err(TenantMissing)),
        // Without a form, the URL's account counts.
        (KEY, "GET", "/hook?AccountSid=AC1", "", "", first),
        ("third-token", "POST", &named, "", "{}", second),
        (KEY, "POST", &named, "", "{}", Err(SignatureMismatch)),
        (KEY, "GET", "/hook", "", "", Err(TenantMissing)),
        (KEY, "GET", "/hook?AccountSid=AC3", "", "", Err(TenantUnknown)),
        (KEY, "GET", "/hook?AccountSid=AC1&AccountSid=AC1", "", "", Err(TenantMissing)),
    ] {
        let signature = BASE64_STANDARD.encode(sha1(key, &format!("{BASE}{target}{form}")));
        let headers = [("X-Twilio-Signature", &*signature), if body == "{}" { JSON } else { FORM }];
        let found = verify(&twilio, method, target, &headers, body);
        assert_eq!(found.map(|found| found.tenant().unwrap().to_owned()), expected, "{target} {body}");
        let request = Request::new(Head::new(method, &headers).with_target(target), body);
        let named = twilio.untrusted_tenant(request).map_err(|error| error.kind());
        match expected {
            Err(SignatureMismatch | TenantUnknown) => assert!(named.is_ok(), "{target} {body}"),
            expected => assert_eq!(named, expected, "{target} {body}"),
        }
    }

    let signed = twilio.sign(secret(KEY), &Unsigned::form("AccountSid=AC1&B=2").target("/hook")).unwrap();
    assert_eq!(accepts(&twilio, signed.request()).tenant(), Some("AC1"));
    for (limit, named) in [(18, Ok("AC1".to_owned())), (17, Err(BodyTooLarge))] {
        let tenants = Tenants::new([("AC2", secret("third-token"))]).unwrap();
        let limited = Twilio::tenants(base(BASE), tenants).max_body(limit);
        assert_eq!(limited.untrusted_tenant(signed.request()).map_err(|error| error.kind()), named);
    }
    let json = Unsigned::json("{}").target("/hook").tenant("AC2");
    let signed = twilio.sign(secret("third-token"), &json).unwrap();
    assert_eq!(accepts(&twilio, signed.request()).tenant(), Some("AC2"));
    // With the token of one account, the name is ignored.
    let one = Twilio::new(base(BASE), secret(KEY));
    for target in ["/hook?AccountSid=AC9", "/hook?AccountSid=AC1&AccountSid=AC1"] {
        let signed = one.sign(secret(KEY), &Unsigned::new("GET", "").target(target)).unwrap();
        let _ = accepts(&one, signed.request());
    }
}

#[test]
fn signalwire_prefers_its_own_header_to_the_alias() {
    let signalwire = SignalWire::new(base(BASE), secret(KEY));
    let (right, wrong) = (sha1_base64("https://example.com/hookB2"), sha1_base64("x"));
    let (own, alias) = ("X-SignalWire-Signature", "X-Twilio-Signature");
    let on = |headers: &[(&str, &str)]| {
        coverage_of(&signalwire, "POST", "/hook", &[headers, &[FORM]].concat(), "B=2")
    };
    for headers in [&[(own, &*right)][..], &[(alias, &right)], &[(own, &right), (alias, &wrong)]] {
        assert_eq!(on(headers), Ok(Coverage::UrlParams), "{headers:?}");
    }
    for (headers, kind) in [
        (&[(own, &*wrong), (alias, &*right)][..], SignatureMismatch),
        (&[(own, ""), (alias, &right)], SignatureMalformed),
        (&[(alias, &right), (alias, &right)], HeaderRepeated),
        (&[(own, &right), (own, &right), (alias, &right)], HeaderRepeated),
        (&[], SignatureMissing),
    ] {
        assert_eq!(on(headers), Err(kind), "{headers:?}");
    }
    let headers: [(&str, &str); 0] = [];
    let missing = signalwire.verify(Request::new(Head::new("POST", &headers), "")).unwrap_err();
    assert_eq!(missing.to_string(), "header `x-signalwire-signature` is missing");
}

#[test]
fn signalwire_has_its_own_rules_for_ports_and_repeats() {
    let on = |base: &str, signature: &str, content_type, target: &str, body| {
        let signalwire = SignalWire::new(self::base(base), secret(KEY));
        coverage_of(&signalwire, "POST", target, &[("X-SignalWire-Signature", signature), content_type], body)
    };
    for (base, signed, accepted) in [
        ("https://example.com", "https://example.com/pA1", true),
        ("https://example.com", "https://example.com:443/pA1", true),
        ("https://example.com:443", "https://example.com/pA1", true),
        ("http://example.com", "http://example.com:80/pA1", true),
        ("https://example.com:8443", "https://example.com:8443/pA1", true),
        // Twilio's rule.
        ("https://example.com:8443", "https://example.com/pA1", false),
        ("https://example.com:8443", "https://example.com:443/pA1", false),
        ("https://example.com:80", "https://example.com/pA1", false),
    ] {
        let found = on(base, &sha1_base64(signed), FORM, "/p", "A=1");
        assert_eq!(found, accepted_if(accepted, Coverage::UrlParams), "{base} {signed}");
    }
    // With a raw body, the URL is signed as called.
    for (base, signed, accepted) in [
        ("https://example.com", "https://example.com/p{}", true),
        ("https://example.com:443", "https://example.com:443/p{}", true),
        ("https://example.com", "https://example.com:443/p{}", false),
        ("https://example.com:443", "https://example.com/p{}", false),
    ] {
        let found = on(base, &sha1_hex(signed), JSON, "/p", "{}");
        assert_eq!(found, accepted_if(accepted, Coverage::UrlBody), "{base} {signed}");
    }
    let signature = sha1_base64("https://example.com/pA2A1A2B");
    for (body, accepted) in [
        ("A=2&A=1&A=2&B=", true),
        ("B&A=2&A=1&A=2", true),
        ("A=1&A=2&A=2&B=", false),
        ("A=2&A=1&B=", false),
        ("A=2&A=1&A=2&A=2&B=", false),
    ] {
        let found = on(BASE, &signature, FORM, "/p", body);
        assert_eq!(found, accepted_if(accepted, Coverage::UrlParams), "{body}");
    }
    let signalwire = SignalWire::new(base(BASE), secret(KEY));
    let headers = [("X-SignalWire-Signature", &*signature), FORM];
    let verified = verify(&signalwire, "POST", "/p", &headers, "B=&A=2&A=1&A=2").unwrap();
    assert_eq!(parameters(&verified), "A=2&A=1&A=2&B=");
}

#[test]
fn signalwire_rejects_a_body_that_only_the_url_covers() {
    let signalwire = SignalWire::new(base(BASE), secret(KEY));
    let url = "https://example.com/p";
    let on = |signature: &str, method, content_type, target: &str, body| {
        coverage_of(&signalwire, method, target, &[("X-SignalWire-Signature", signature), content_type], body)
    };
    for signature in [sha1_base64(url), sha1_hex(url)] {
        assert_eq!(on(&signature, "GET", JSON, "/p", ""), Ok(Coverage::Url));
        for content_type in [FORM, JSON] {
            for body in ["{}", "a=1", "&&"] {
                assert_eq!(on(&signature, "GET", content_type, "/p", body), Err(BodyUnexpected));
            }
        }
    }
    for body in ["{}", "a=1", "&&"] {
        // Hex would mean the URL with the body.
        assert_eq!(on(&sha1_base64(url), "POST", JSON, "/p", body), Err(SignatureMalformed));
        assert_eq!(on(&sha1_hex(url), "POST", JSON, "/p", body), Err(SignatureMismatch));
        assert_eq!(on(&sha1_hex(url), "POST", FORM, "/p", body), Err(SignatureMalformed));
    }
    assert_eq!(on(&sha1_base64(url), "POST", FORM, "/p", "&&"), Err(BodyUnexpected));
    assert_eq!(on(&sha1_base64(url), "POST", FORM, "/p", "a=1"), Err(SignatureMismatch));
    // A body whose hash is in the URL.
    let named = format!("/p?bodySHA256={}", hash("{}"));
    let signature = sha1_base64(&format!("{BASE}{named}"));
    for content_type in [JSON, FORM] {
        assert_eq!(on(&signature, "POST", content_type, &named, "{}"), Ok(Coverage::UrlBody));
        assert_eq!(on(&signature, "POST", content_type, &named, "&&"), Err(PayloadHashMismatch));
    }
    let twice = format!("{named}&bodySHA256={}", hash("{}"));
    let signature = sha1_base64(&format!("{BASE}{twice}"));
    assert_eq!(on(&signature, "POST", JSON, &twice, "{}"), Err(ParameterRepeated));
}

/// SignalWire signs both messages with one key. The result is a parameter that no handler reads.
#[test]
fn signalwire_signs_json_as_a_form_of_one_name() {
    let signalwire = SignalWire::new(base(BASE), secret(KEY));
    let body = r#"{"event":"call.state"}"#;
    let message = format!("{BASE}/p{body}");
    let again = |signature: &str| {
        verify(&signalwire, "POST", "/p", &[("X-SignalWire-Signature", signature), FORM], body)
            .map(|verified| parameters(&verified))
    };
    assert_eq!(again(&sha1_hex(&message)), Err(SignatureMalformed));
    assert_eq!(again(&sha1_base64(&message)), Ok(format!("{body}=")));
}

fn plivo_v3() -> PlivoV3 {
    PlivoV3::new(base(BASE), secret(KEY))
}

/// Verifies a request whose signature covers this text with the nonce `7`.
#[track_caller]
fn plivo_v3_on(
    signed: &str,
    method: &str,
    target: &str,
    content_type: &str,
    body: &str,
) -> Result<Coverage, ErrorKind> {
    let signature = sha256_base64(KEY.as_bytes(), &format!("{BASE}{signed}.7"));
    let headers = [
        ("X-Plivo-Signature-V3", &*signature),
        ("X-Plivo-Signature-V3-Nonce", "7"),
        ("Content-Type", content_type),
    ];
    coverage_of(&plivo_v3(), method, target, &headers, body)
}

#[test]
fn plivo_v3_signs_parameters_by_method() {
    let (form, json) = (FORM.1, JSON.1);
    for (signed, method, target, content_type, body, expected) in [
        ("/p", "GET", "/p", form, "", Ok(Coverage::Url)),
        ("/p", "GET", "/p?", form, "", Ok(Coverage::Url)),
        ("/p", "GET", "/p?&", form, "", Ok(Coverage::Url)),
        ("/p?a= &a=2&b=", "GET", "/p?b&a=2&a=+", form, "", Ok(Coverage::Url)),
        ("/p?a= &a=2&b=", "GET", "/p?a=%20&a=2&b=", form, "", Ok(Coverage::Url)),
        ("/p", "POST", "/p", form, "", Ok(Coverage::UrlParams)),
        ("/p", "POST", "/p", json, "", Ok(Coverage::Url)),
        ("/p?A1", "POST", "/p", form, "A=1", Ok(Coverage::UrlParams)),
        ("/p?a=1.A1", "POST", "/p?a=1", form, "A=1", Ok(Coverage::UrlParams)),
        ("/p?a=1", "POST", "/p?a=1", form, "", Ok(Coverage::UrlParams)),
        ("/p?A1A1A2", "POST", "/p", form, "A=2&A=1&A=1", Ok(Coverage::UrlParams)),
        // Each value counts.
        ("/p?A1A2", "POST", "/p", form, "A=2&A=1&A=1", Err(SignatureMismatch)),
        ("/p?A=1", "POST", "/p", form, "A=1", Err(SignatureMismatch)),
        ("/pA1", "POST", "/p", form, "A=1", Err(SignatureMismatch)),
        ("/p?a=1?A1", "POST", "/p?a=1", form, "A=1", Err(SignatureMismatch)),
        ("/p?a=1A1", "POST", "/p?a=1", form, "A=1", Err(SignatureMismatch)),
        ("/p?b=1&a=1", "GET", "/p?b=1&a=1", form, "", Err(SignatureMismatch)),
        // Messages that sign no body.
        ("/p?a=1", "GET", "/p?a=1", form, "A=1", Err(BodyUnexpected)),
        ("/p", "POST", "/p", json, "{}", Err(BodyUnexpected)),
        ("/p", "POST", "/p", json, "&&", Err(BodyUnexpected)),
        ("/p", "POST", "/p", form, "&&", Err(BodyUnexpected)),
        ("/p?", "POST", "/p", form, "&&", Err(BodyUnexpected)),
        ("/p?A1", "POST", "/p", json, "A=1", Err(SignatureMismatch)),
        ("/p", "POST", "/p", "application/x-www-form-urlencoded;charset=latin1", "A=1", Err(BodyUnexpected)),
        // A query that is ambiguous or malformed.
        ("/p?a=b=1", "GET", "/p?a%3Db=1", form, "", Err(ParameterAmbiguous)),
        ("/p?a&b=1", "GET", "/p?a%26b=1", form, "", Err(ParameterAmbiguous)),
        ("/p?a=b=1", "GET", "/p?a=b=1", form, "", Ok(Coverage::Url)),
        ("/p?a=%", "GET", "/p?a=%", form, "", Err(ParameterMalformed)),
        ("/p?=1", "GET", "/p?=1", form, "", Err(ParameterMalformed)),
    ] {
        let found = plivo_v3_on(signed, method, target, content_type, body);
        assert_eq!(found, expected, "{signed} {method} {target} {content_type} {body}");
    }
    let long = format!("/p?a={}", "1".repeat(64 * 1024));
    assert_eq!(plivo_v3_on(&long, "GET", &long, "", ""), Err(QueryTooLong));
}

#[test]
fn plivo_v3_accepts_a_list_and_a_plain_nonce() {
    let right = sha256_base64(KEY.as_bytes(), "https://example.com/p.7");
    let wrong = sha256_base64(KEY.as_bytes(), "x");
    let on = |verifier: &PlivoV3, headers: &[(&str, &str)]| {
        verify(verifier, "GET", "/p", headers, "").map(|verified| verified.replay_key())
    };
    let nonce = ("X-Plivo-Signature-V3-Nonce", "7");
    for list in
        [right.clone(), format!("{wrong},{right}"), format!(" {right} , {wrong}"), format!("x,{right},")]
    {
        let found = on(&plivo_v3(), &[("X-Plivo-Signature-V3", &list), nonce]);
        assert_eq!(found, Ok(Some(ReplayKey::new(["", "7"]))), "{list}");
    }
    for (list, kind) in [
        (&*wrong, SignatureMismatch),
        ("", SignatureMalformed),
        ("x,y", SignatureMalformed),
        (&*right.replace('=', ""), SignatureMalformed),
        (&*format!("{right};{wrong}"), SignatureMalformed),
    ] {
        assert_eq!(on(&plivo_v3(), &[("X-Plivo-Signature-V3", list), nonce]), Err(kind), "{list}");
    }
    for text in ["", "7.8", ".", "7.", "q/7"] {
        let signature = sha256_base64(KEY.as_bytes(), &format!("https://example.com/p.{text}"));
        let headers = [("X-Plivo-Signature-V3", &*signature), ("X-Plivo-Signature-V3-Nonce", text)];
        assert_eq!(on(&plivo_v3(), &headers), Err(HeaderMalformed), "{text:?}");
    }
    assert_eq!(plivo_v3().replays(), Replays::Ever);

    let main = plivo_v3().main_account();
    let (plain, of_main) = ("X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3");
    assert!(on(&main, &[(of_main, &right), (plain, &wrong), nonce]).is_ok());
    assert_eq!(on(&main, &[(plain, &right), nonce]), Err(SignatureMissing));
    assert_eq!(on(&plivo_v3(), &[(of_main, &right), nonce]), Err(SignatureMissing));
    let subaccount = on(&plivo_v3(), &[(of_main, &right), (plain, &wrong), nonce]);
    assert_eq!(subaccount, Err(SignatureMismatch));
}

#[test]
fn plivo_v2_covers_only_the_path() {
    let (strict, open) = (PlivoV2::new(base(BASE), secret(KEY)), PlivoV2::new(base(BASE), secret(KEY)));
    let open = open.insecure_accept_unsigned_parameters();
    let signature = sha256_base64(KEY.as_bytes(), "https://example.com/p7");
    let headers = [
        ("X-Plivo-Signature-V2", &*signature),
        ("X-Plivo-Signature-V2-Nonce", "7"),
        ("Content-Type", FORM.1),
    ];
    for method in ["GET", "POST"] {
        assert_eq!(coverage_of(&strict, method, "/p", &headers, ""), Ok(Coverage::Url));
        assert_eq!(coverage_of(&strict, method, "/p?", &headers, ""), Ok(Coverage::Url));
        for (target, body, kind) in [
            ("/p", "A=1", BodyUnexpected),
            ("/p", "&", BodyUnexpected),
            ("/p?a=1", "", QueryUnexpected),
            ("/p?a=1", "A=1", QueryUnexpected),
            ("/q", "", SignatureMismatch),
        ] {
            assert_eq!(coverage_of(&strict, method, target, &headers, body), Err(kind), "{target} {body}");
        }
        for (target, body) in [("/p", ""), ("/p?a=1", ""), ("/p", "A=1"), ("/p?a=1", "{}")] {
            let verified = verify(&open, method, target, &headers, body).unwrap();
            assert_eq!((verified.coverage(), verified.parameters()), (Coverage::Url, None));
            assert_eq!(verified.replay_key(), Some(ReplayKey::new(["", "7"])));
        }
        assert_eq!(coverage_of(&open, method, "/q?a=1", &headers, "A=1"), Err(SignatureMismatch));
    }
    // The rest of a longer path, or of a message of V3, is no nonce.
    for (signed, nonce) in
        [("/p/q7", "/q7"), ("/p.xml7", ".xml7"), ("/p?a=b.A1.7", "?a=b.A1.7"), ("/p.7", ".7"), ("/p 7", " 7")]
    {
        let signature = sha256_base64(KEY.as_bytes(), &format!("https://example.com{signed}"));
        let headers = [("X-Plivo-Signature-V2", &*signature), ("X-Plivo-Signature-V2-Nonce", nonce)];
        for verifier in [&strict, &open] {
            assert_eq!(coverage_of(verifier, "POST", "/p", &headers, ""), Err(HeaderMalformed), "{nonce}");
        }
    }
    // An empty nonce could not identify a replay.
    let signature = sha256_base64(KEY.as_bytes(), "https://example.com/p");
    let headers = [("X-Plivo-Signature-V2", &*signature), ("X-Plivo-Signature-V2-Nonce", "")];
    for verifier in [&strict, &open] {
        assert_eq!(coverage_of(verifier, "POST", "/p", &headers, ""), Err(HeaderMalformed));
        assert_eq!(coverage_of(verifier, "POST", "/p", &headers[..1], ""), Err(HeaderMissing));
    }

    let signature = sha256_base64(KEY.as_bytes(), "https://example.com/p7");
    let nonce = ("X-Plivo-Signature-V2-Nonce", "7");
    let of_main = [("X-Plivo-Signature-Ma-V2", &*signature), nonce];
    assert_eq!(coverage_of(&strict, "POST", "/p", &of_main, ""), Err(SignatureMissing));
    // The order of settings does not matter.
    for main in [open.main_account(), strict.main_account().insecure_accept_unsigned_parameters()] {
        assert_eq!(coverage_of(&main, "POST", "/p", &of_main, "A=1"), Ok(Coverage::Url));
        let plain = [("X-Plivo-Signature-V2", &*signature), nonce];
        assert_eq!(coverage_of(&main, "POST", "/p", &plain, ""), Err(SignatureMissing));
    }
    let list = format!("{signature},{signature}");
    let strict = PlivoV2::new(base(BASE), secret(KEY));
    let listed = coverage_of(&strict, "POST", "/p", &[("X-Plivo-Signature-V2", &list), nonce], "");
    assert_eq!(listed, Err(SignatureMalformed));
}

const SECONDS: i64 = 1_795_680_000;
const TIME: &str = "2026-11-26T08:00:00.1234567Z";

fn sinch() -> SinchVoice {
    SinchVoice::new(secret(KEY)).unwrap().clock(|| UnixTime::from_secs(SECONDS))
}

/// A callback, signed with the bytes of this base64.
fn sinch_delivery(key: &str, authorization: &str, signed: &str) -> Vec<(String, String)> {
    let key = BASE64_STANDARD.decode(key).unwrap();
    let signature = sha256_base64(&key, signed);
    vec![
        ("Authorization".to_owned(), format!("{authorization}:{signature}")),
        ("X-Timestamp".to_owned(), TIME.to_owned()),
        ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()),
    ]
}

/// The verdict on a POST to `/hook` with the body `{}`.
#[track_caller]
fn sinch_verdict(sinch: &SinchVoice, headers: &[(String, String)]) -> Result<Verified, ErrorKind> {
    let request = Request::new(Head::new("POST", &headers).with_target("/hook"), "{}");
    verdict(sinch, request).map_err(|error| error.kind())
}

fn sinch_message() -> String {
    // MD5 of `{}`, by another library.
    let md5 = BASE64_STANDARD.encode(md5_oracle::compute("{}").0);
    format!("POST\n{md5}\napplication/json; charset=utf-8\nx-timestamp:{TIME}\n/hook")
}

#[test]
fn sinch_voice_signs_each_line() {
    let headers = sinch_delivery(KEY, "Application key", &sinch_message());
    let on = |headers: &Vec<(String, String)>, method: &str, target: &str, body: &str| {
        let head = Head::new(method, headers).with_target(target);
        verdict(&sinch(), Request::new(head, body))
            .map(|found| found.coverage())
            .map_err(|error| error.kind())
    };
    assert_eq!(on(&headers, "POST", "/hook", "{}"), Ok(Coverage::Body));
    // The query is not signed.
    assert_eq!(on(&headers, "POST", "/hook?a=1", "{}"), Ok(Coverage::Body));
    for (method, target, body) in [
        ("GET", "/hook", "{}"),
        ("POST", "/hook/", "{}"),
        ("POST", "/hoo%6B", "{}"),
        ("POST", "", "{}"),
        ("POST", "/hook", "{ }"),
        ("POST", "/hook", ""),
    ] {
        assert_eq!(on(&headers, method, target, body), Err(SignatureMismatch), "{method} {target}");
    }
    let with = |name: usize, value: Option<&str>| {
        let mut headers = headers.clone();
        match value {
            Some(value) => headers[name].1 = value.to_owned(),
            None => drop(headers.remove(name)),
        }
        on(&headers, "POST", "/hook", "{}")
    };
    // Byte for byte.
    for content_type in [
        None,
        Some(""),
        Some("application/json"),
        Some("application/json; charset=UTF-8"),
        Some("application/json;charset=utf-8"),
    ] {
        assert_eq!(with(2, content_type), Err(SignatureMismatch), "{content_type:?}");
    }
    let twice = [headers.clone(), vec![headers[2].clone()]].concat();
    assert_eq!(on(&twice, "POST", "/hook", "{}"), Err(HeaderRepeated));
    for (time, kind) in [
        (None, TimestampMissing),
        (Some(""), TimestampMalformed),
        (Some("1795680000"), TimestampMalformed),
        (Some("2026-11-31T08:00:00Z"), TimestampMalformed),
        (Some("2026-11-26t08:00:00z"), TimestampMalformed),
        (Some("2026-11-26T08:00:00Z"), SignatureMismatch),
        (Some("2026-11-26T08:00:00.1234567"), SignatureMismatch),
    ] {
        assert_eq!(with(1, time), Err(kind), "{time:?}");
    }
    let signature = headers[0].1.split_once(':').unwrap().1;
    for (authorization, accepted) in [
        (format!("application key:{signature}"), true),
        (format!("APPLICATION other:{signature}"), true),
        (format!("Basic key:{signature}"), false),
        (format!("service key:{signature}"), false),
        (format!("Bearer {signature}"), false),
        (format!("Application key {signature}"), false),
        (format!("Applicationkey:{signature}"), false),
        (format!("Application  key:{signature}:"), false),
        (signature.to_owned(), false),
    ] {
        let expected = if accepted { Ok(Coverage::Body) } else { Err(SignatureMalformed) };
        assert_eq!(with(0, Some(&authorization)), expected, "{authorization}");
    }
    assert_eq!(with(0, None), Err(SignatureMissing));
}

#[test]
fn sinch_voice_signs_nothing_for_an_empty_body() {
    let signed =
        |md5: &str| format!("GET\n{md5}\napplication/json; charset=utf-8\nx-timestamp:{TIME}\n/hook");
    let md5 = BASE64_STANDARD.encode(md5_oracle::compute("").0);
    for (md5, expected) in [("", Ok(())), (&*md5, Err(SignatureMismatch))] {
        let headers = sinch_delivery(KEY, "Application key", &signed(md5));
        let request = Request::new(Head::new("GET", &headers).with_target("/hook"), "");
        assert_eq!(verdict(&sinch(), request).map(drop).map_err(|error| error.kind()), expected, "{md5}");
    }
}

#[test]
fn sinch_voice_has_a_window_of_five_minutes() {
    let headers = sinch_delivery(KEY, "Application key", &sinch_message());
    let at = |seconds| {
        let sinch = SinchVoice::new(secret(KEY)).unwrap().clock(move || UnixTime::from_secs(seconds));
        sinch_verdict(&sinch, &headers).map(|found| found.signed_at().unwrap().as_secs())
    };
    assert_eq!((at(SECONDS - 300), at(SECONDS + 300)), (Ok(SECONDS), Ok(SECONDS)));
    assert_eq!(at(SECONDS + 301), Err(TimestampStale));
    assert_eq!(at(SECONDS - 301), Err(TimestampFuture));
    let any = sinch().insecure_accept_any_age().unwrap();
    assert!(sinch_verdict(&any, &headers).is_ok());
    assert_eq!(sinch().replays(), Replays::Undetectable);
}

#[test]
fn sinch_voice_decodes_its_secrets_and_selects_by_application() {
    // With and without padding, and with trailing bits, as in `9876543210`.
    for (shown, key) in [("a2V5MQ==", "key1"), ("a2V5MQ", "key1"), ("a2V5MR==", "key1"), ("a2V5MR", "key1")] {
        let sinch = SinchVoice::new(secret(shown)).unwrap().clock(|| UnixTime::from_secs(SECONDS));
        let headers = sinch_delivery(&BASE64_STANDARD.encode(key), "Application key", &sinch_message());
        assert!(sinch_verdict(&sinch, &headers).is_ok());
        let signed = sinch.sign(secret(shown), &Unsigned::json("{}")).unwrap();
        let _ = accepts(&sinch, signed.request());
        rejects(&sinch, signed.with_body("").request(), SignatureMismatch);
    }
    for text in ["not base64!", "a2V5M", "a2V5\n", "a-_5", "a2V5M==="] {
        let shown = Secret::verbatim(text).unwrap();
        assert_eq!(SinchVoice::new(shown.clone()).unwrap_err(), ConfigError::SecretNotBase64, "{text}");
        let tenants = Tenants::new([("a", secret(KEY)), ("b", shown)]).unwrap();
        assert_eq!(SinchVoice::tenants(tenants).unwrap_err(), ConfigError::SecretNotBase64, "{text}");
    }

    let tenants = Tenants::new([("first", secret(KEY)), ("second", secret(OTHER_KEY))]).unwrap();
    let sinch = SinchVoice::tenants(tenants).unwrap().clock(|| UnixTime::from_secs(SECONDS));
    let on = |key: &str, name: &str| {
        let headers = sinch_delivery(key, &format!("Application {name}"), &sinch_message());
        sinch_verdict(&sinch, &headers).map(|found| found.tenant().unwrap().to_owned())
    };
    assert_eq!(on(KEY, "first"), Ok("first".to_owned()));
    assert_eq!(on(OTHER_KEY, "second"), Ok("second".to_owned()));
    assert_eq!(on(KEY, "second"), Err(SignatureMismatch));
    for name in ["third", "", "First", "first "] {
        assert_eq!(on(KEY, name), Err(TenantUnknown), "{name}");
    }
}
