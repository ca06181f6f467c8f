//! A user's own rule is diagnosed without further code.

use countersign::diagnose::{Capture, Credentials, Diagnose, Diagnosis, Finding};
use countersign::rule::{Envelope, Profile, Rule};
use countersign::sign::{self, Delivery, Draft, Sign, Unsigned};
use countersign::{
    Algorithm, BaseUrl, Error, ErrorKind, Head, HeaderName, Keys, Tenants, UnixTime, Verifier, Webhook,
};

use crate::scheme::{BODY, KEY, NOW, OTHER_KEY, codes, key};

/// Acme signs `url|account|time|id|body`.
#[derive(Debug)]
struct Acme {
    in_milliseconds: bool,
}

static SIGNATURE: HeaderName = HeaderName::from_static("acme-signature");
static TIME: HeaderName = HeaderName::from_static("acme-time");
static ID: HeaderName = HeaderName::from_static("acme-id");
static ACCOUNT: HeaderName = HeaderName::from_static("acme-account");

impl Rule for Acme {
    fn profile(&self) -> Profile {
        Profile::new("acme").window(300, 60).identified().url()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (time, id) = (head.time(&TIME)?, head.signed(&ID)?);
        let signed_at = if self.in_milliseconds { time.millis()? } else { time.seconds()? };
        if let Some(account) = head.header(&ACCOUNT)? {
            let account = str::from_utf8(account).map_err(|_| ErrorKind::HeaderMalformed)?;
            envelope.tenant(account).part(account);
        }
        envelope.part("|").part(head.url()).part("|").part(time).part("|").part(id).part("|").body();
        envelope.hex(head.signature(&SIGNATURE)?.after("v0=")?).signed_at(signed_at).id(id.bytes());
        Ok(())
    }
}

impl Sign for Acme {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header("acme-id", draft.id());
        draft.header("acme-time", if self.in_milliseconds { draft.millis() } else { draft.seconds() });
        draft.header("acme-signature", format!("v0={}", draft.hex()));
        if let Some(account) = draft.tenant() {
            draft.header("acme-account", account);
        }
    }
}

fn acme(secret: &str, base: &str) -> Webhook<Acme> {
    let keys = Keys::hmac(Algorithm::Sha256, key(secret));
    Webhook::with_base_url(Acme { in_milliseconds: false }, keys, BaseUrl::new(base).unwrap()).clock(|| NOW)
}

const BASE: &str = "https://example.com";

fn signed(target: &str) -> Delivery {
    acme(KEY, BASE).sign(key(KEY), &Unsigned::json(BODY).target(target)).unwrap()
}

fn capture(delivery: &Delivery) -> Capture {
    crate::scheme::capture(delivery).target(delivery.target())
}

/// Checks that these causes are found and proved.
fn requires(what: &str, diagnosis: &Diagnosis, causes: &[&str]) {
    assert_eq!(codes(diagnosis), causes, "{what}:\n{diagnosis}");
    assert!(diagnosis.findings().iter().all(Finding::is_proved), "{what}:\n{diagnosis}");
}

#[test]
fn each_header_and_its_form() {
    let verifier = acme(KEY, BASE);
    let genuine = signed("/hook?a=1");
    assert!(verifier.diagnose(&capture(&genuine), &Credentials::new()).is_genuine());
    let value = |name| genuine.header(name).unwrap().to_owned();
    let with = |name: &str, value: &str| genuine.clone().without_header(name).with_header(name, value);
    let (signature, time) = (value("acme-signature"), value("acme-time"));
    let digits = signature.strip_prefix("v0=").unwrap();
    for (received, causes) in [
        (with("acme-signature", digits), &["signature_prefix"][..]),
        (with("acme-signature", &format!("sha256={digits}")), &["signature_prefix"]),
        (with("acme-signature", &format!("\"{signature}\"")), &["signature_prefix"]),
        (with("acme-signature", &format!("v9=00, {signature}")), &["signature_list"]),
        (with("acme-time", &format!("\"{time}\"")), &["signature_prefix"]),
        (with("acme-time", &format!(" {time}")), &["signature_prefix"]),
    ] {
        let diagnosis = verifier.diagnose(&capture(&received), &Credentials::new());
        requires(received.header("acme-signature").unwrap(), &diagnosis, causes);
    }
    // Without a given secret, and with every header renamed beside other headers.
    let mut renamed = genuine.clone().with_header("content-length", "17").with_header("x-request-id", "7");
    for name in ["acme-id", "acme-time", "acme-signature"] {
        renamed = renamed.without_header(name).with_header(&format!("x-{name}"), &value(name));
    }
    let diagnosis = verifier.diagnose(&capture(&renamed), &Credentials::new());
    requires("renamed", &diagnosis, &["header_other"; 3]);
    let diagnosis = verifier.diagnose(&capture(&renamed.with_body("{}")), &Credentials::new());
    assert!(diagnosis.findings().iter().all(|finding| !finding.is_proved()), "{diagnosis}");
}

#[test]
fn another_url() {
    for (base, target, evidence) in [
        ("http://example.com", "/hook/?b=2&a=1", "scheme is `https`"),
        ("wss://example.com:8443", "/hook/?b=2&a=1", "scheme is `https`, without a port"),
        ("https://example.com:443", "/hook/?b=2&a=1", "has no port"),
        ("https://example.com/api", "/hook/?b=2&a=1", "no path before the target"),
        ("https://user:password@example.com", "/hook/?b=2&a=1", "has no user name"),
        ("https://example.org", "/hook/?b=2&a=1", "host is that of the header `x-forwarded-host`"),
        (BASE, "/hook?b=2&a=1", "ends in a slash"),
        (BASE, "/inner?b=2&a=1", "path is that of the header `x-original-uri`"),
        ("http://example.com", "/hook?b=2&a=1", "scheme is `https`, and the path ends in a slash"),
    ] {
        let received = signed("/hook/?b=2&a=1").with_target(target);
        let received = received.with_header("x-forwarded-host", "example.com");
        let received = received.with_header("x-original-uri", "/hook/?b=2&a=1");
        let diagnosis = acme(KEY, base).diagnose(&capture(&received), &Credentials::new());
        requires(base, &diagnosis, &["url_other"]);
        assert!(diagnosis.findings()[0].evidence().ends_with(evidence), "{diagnosis}");
        let forged = acme(OTHER_KEY, base).diagnose(&capture(&received), &Credentials::new());
        assert!(forged.findings().iter().all(|finding| !finding.is_proved()), "{forged}");
    }
    for (sent, received, cause) in [
        ("/hook", "/hook/", "url_other"),
        ("/hook", "/hook?_route=hook", "url_other"),
        ("/hook?a=1&b=2", "/hook?b=2&a=1", "params_order"),
        ("/hook?a=1&b=2", "/hook?a=1&b=2&_route=hook", "params_added"),
        ("/hook?a=%20b", "/hook?a=+b", "params_decoding"),
        ("/hook?a=%C3%BC", "/hook?a=%c3%bc", "params_decoding"),
        ("/hook?a=William+O'hara", "/hook?a=William+O%27hara", "params_decoding"),
        ("/hook?a=sip:1@b;x+2", "/hook?a=sip%3A1%40b%3Bx+2", "params_decoding"),
        ("/hook?a=sip:1@b,%202", "/hook?a=sip%3A1%40b%2C%202", "params_decoding"),
    ] {
        let delivery = signed(sent).with_target(received);
        requires(received, &acme(KEY, BASE).diagnose(&capture(&delivery), &Credentials::new()), &[cause]);
    }
    // The target is unknown.
    let genuine = signed("/hook?a=1");
    let unknown = Capture::new("POST", genuine.headers().to_vec(), BODY).query("a=1");
    let unknown = acme(KEY, BASE).diagnose(&unknown, &Credentials::new());
    assert_eq!(codes(&unknown), ["forged_or_unknown_secret"], "{unknown}");
}

#[test]
fn the_time_beside_the_signature() {
    let verifier = |in_milliseconds, now| {
        let keys = Keys::hmac(Algorithm::Sha256, key(KEY));
        let webhook = Webhook::with_base_url(Acme { in_milliseconds }, keys, BaseUrl::new(BASE).unwrap());
        webhook.clock(move || UnixTime::from_secs(now))
    };
    let now = NOW.as_secs();
    let body = format!("{BODY}\n");
    for (signs_milliseconds, reads_milliseconds, clock, causes) in [
        (false, false, now, &["body_newline"][..]),
        (false, false, now + 301, &["body_newline", "clock_skew"]),
        (false, false, now - 61, &["body_newline", "clock_skew"]),
        (true, false, now, &["body_newline", "timestamp_milliseconds"]),
        (false, true, now, &["body_newline", "timestamp_milliseconds"]),
        (false, false, now * 1000, &["body_newline", "timestamp_milliseconds"]),
    ] {
        let signer = verifier(signs_milliseconds, now);
        let delivery = signer.sign(key(KEY), &Unsigned::json(BODY)).unwrap().with_body(body.as_str());
        let verifier = verifier(reads_milliseconds, clock);
        let diagnosis = verifier.diagnose(&capture(&delivery), &Credentials::new());
        requires(&clock.to_string(), &diagnosis, causes);
        // A forgery is not called old.
        let forged = verifier.diagnose(&capture(&delivery.with_body("{}")), &Credentials::new());
        assert_eq!(codes(&forged), ["forged_or_unknown_secret"], "{forged}");
    }
}

#[test]
fn tenants_and_their_header() {
    let tenants = Tenants::new([("a1", key(KEY)), ("b2", key(OTHER_KEY))]).unwrap();
    let verifier = |tenants| {
        let (keys, base) = (Keys::hmac_tenants(Algorithm::Sha256, tenants), BaseUrl::new(BASE).unwrap());
        Webhook::with_base_url(Acme { in_milliseconds: false }, keys, base).clock(|| NOW)
    };
    let webhook = verifier(tenants);
    let credentials = Credentials::new().tenant("a1", KEY).tenant("b2", OTHER_KEY);
    let of = |name: &str, secret| webhook.sign(key(secret), &Unsigned::json(BODY).tenant(name)).unwrap();
    let genuine = of("a1", KEY);
    assert!(webhook.verify(genuine.request()).is_ok());

    // The tenant's keys are tried even if no secret is given.
    let received = genuine.clone().with_body(format!("{BODY}\n"));
    requires("body", &webhook.diagnose(&capture(&received), &Credentials::new()), &["body_newline"]);
    let strangers = of("b2", KEY);
    let diagnosis = webhook.diagnose(&capture(&strangers), &credentials);
    requires("another tenant's", &diagnosis, &["secret_other"]);
    assert!(diagnosis.findings()[0].evidence().contains("tenant `a1`"));
    // The named tenant's secret is the verifier's own.
    let stored = format!("{KEY}\n");
    let padded = verifier(Tenants::new([("a1", key(&stored))]).unwrap());
    let diagnosis = padded.diagnose(&capture(&genuine), &Credentials::new().tenant("a1", stored));
    assert_eq!(codes(&diagnosis), ["secret_whitespace"], "{diagnosis}");

    let renamed = genuine.clone().without_header("acme-account").with_header("x-account", "a1");
    requires("renamed", &webhook.diagnose(&capture(&renamed), &credentials), &["header_other"]);
    let unsigned = acme(KEY, BASE).sign(key(KEY), &Unsigned::json(BODY)).unwrap();
    assert_eq!(webhook.verify(unsigned.request()).unwrap_err().kind(), ErrorKind::TenantMissing);
    let diagnosis = webhook.diagnose(&capture(&unsigned), &credentials);
    requires("unnamed", &diagnosis, &["tenant_missing"]);
    let forged = webhook.diagnose(&capture(&unsigned.with_body("{}")), &credentials);
    assert_eq!(codes(&forged), ["tenant_missing"], "{forged}");
    assert!(!forged.findings()[0].is_proved());
}

/// A rule that checks the time itself, before the signature.
#[derive(Debug)]
struct Hasty;

impl Rule for Hasty {
    fn profile(&self) -> Profile {
        Profile::new("hasty")
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let kind = match head.query() {
            b"stale" => ErrorKind::TimestampStale,
            b"payload" => ErrorKind::PayloadHashMismatch,
            _ => {
                envelope.hex(head.signature(&SIGNATURE)?).body();
                return Ok(());
            }
        };
        Err(kind.into())
    }
}

#[test]
fn an_error_of_the_rule_proves_nothing() {
    let keys = Keys::hmac(Algorithm::Sha256, key(KEY));
    let webhook = Webhook::with_rule(Hasty, keys).unwrap();
    for query in ["stale", "payload"] {
        let received = Capture::new("POST", [("acme-signature", "00".repeat(32))], BODY).query(query);
        let diagnosis = webhook.diagnose(&received, &Credentials::new().secret(KEY));
        assert!(!diagnosis.is_genuine());
        assert!(diagnosis.findings().iter().all(|finding| !finding.is_proved()), "{diagnosis}");
    }
}

/// A rule that signs the query without the URL.
#[derive(Debug)]
struct OfQuery;

impl Rule for OfQuery {
    fn profile(&self) -> Profile {
        Profile::new("of-query")
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.hex(head.signature(&SIGNATURE)?).part(head.query()).part("|").body();
        Ok(())
    }
}

#[test]
fn a_signed_query_without_the_url() {
    let webhook = Webhook::with_rule(OfQuery, Keys::hmac(Algorithm::Sha256, key(KEY))).unwrap();
    let signed = sign::hex_hmac("acme-signature", Algorithm::Sha256, &key(KEY), "a=1&b=2|{}").with_body("{}");
    for (query, cause) in [("b=2&a=1", "params_order"), ("a=1&b=2&_route=in", "params_added")] {
        let received = crate::scheme::capture(&signed).query(query);
        requires(query, &webhook.diagnose(&received, &Credentials::new()), &[cause]);
    }
}
