//! Requests signed by the rule that verifies them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{
    BodyUnexpected, ClockUnavailable, HeaderMissing, HeaderRepeated, MethodUnsupported, ParameterMalformed,
    PayloadHashMismatch, RuleInvalid, SignatureMalformed, SignatureMismatch, SignatureMissing, TenantMissing,
    TenantUnknown, TimestampMalformed, TimestampStale,
};
use countersign::rule::Profile;
use countersign::sign::{self, Delivery, Draft, Signer, Unsigned};
use countersign::{
    Algorithm, BaseUrl, Clock, HeaderName, HexHmac, Keyring, Keys, ReplayKey, Tenants, UnixTime, Vogent,
    Webhook,
};
use ring::hmac;

use crate::support::{ID, KEY, NOW, Read, SIGNATURE, TIME, Write, Written, hmac_sha256, secret, verdict};

static TENANT: HeaderName = HeaderName::from_static("x-tenant");

fn webhook(profile: Profile, read: Read, write: Write) -> Webhook<Written> {
    let keys = Keys::hmac(Algorithm::Sha256, secret(KEY));
    let base = BaseUrl::new("https://example.com").unwrap();
    Webhook::with_base_url(Written(profile, read, write), keys, base).clock(|| NOW)
}

/// Hex in a header, as most platforms send it.
fn write_hex(draft: &mut Draft<'_>) {
    draft.header("x-sig", draft.hex());
}

/// `X-Sig: t=<time>,v1=<hex>`, over `time.body`.
fn timed() -> Webhook<Written> {
    let read: Read = |head, envelope| {
        let signature = head.signature(&SIGNATURE)?;
        let time = signature.one("t")?;
        envelope.signed_at(time.seconds()?).any_hex(signature.all("v1")?).part(time).part(".").body();
        Ok(())
    };
    webhook(Profile::new("timed").window(300, 300), read, |draft| {
        draft.header("x-sig", format!("t={},v1={}", draft.seconds(), draft.hex()));
    })
}

/// A list in base64, over `id.time.body`.
fn listed() -> Webhook<Written> {
    let read: Read = |head, envelope| {
        let (id, time) = (head.signed(&ID)?.without(b'.')?, head.time(&TIME)?);
        let list = head.signature(&SIGNATURE)?.list(b' ');
        envelope.any_base64(list.filter_map(|entry| entry.after("v1,").ok()));
        envelope.id(id.bytes()).signed_at(time.millis()?);
        envelope.part(id).part(".").part(time).part(".").body();
        Ok(())
    };
    webhook(Profile::new("listed").window(300, 300).identified(), read, |draft| {
        draft.header("x-id", draft.id());
        draft.header("x-time", draft.millis());
        draft.header("x-sig", format!("v1,{}", draft.base64()));
    })
}

/// A form's sorted parameters after the URL.
fn form() -> Webhook<Written> {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part(head.url()).form(|form, joined| {
            form.sort();
            for (name, value) in form.iter() {
                joined.extend([name, b"=", value, b"&"].concat());
            }
        });
        Ok(())
    };
    webhook(Profile::new("form").url(), read, write_hex)
}

/// The URL and no body.
fn bodiless() -> Webhook<Written> {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part(head.url());
        Ok(())
    };
    webhook(Profile::new("bodiless").url().methods(&["GET", "POST"]), read, write_hex)
}

/// One of two messages.
fn either() -> Webhook<Written> {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("no body").or();
        envelope.part("first ").body().or().part("second ").body();
        Ok(())
    };
    webhook(Profile::new("either"), read, write_hex)
}

/// The tenant is in an unsigned header.
fn tenants() -> Webhook<Written> {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).body();
        if head.header(&TENANT)?.is_some() {
            envelope.tenant(head.signed(&TENANT)?.text()?);
        }
        Ok(())
    };
    let keyrings =
        [("first", Keyring::from(secret(KEY))), ("second", Keyring::from(secret("second-tenants-key")))];
    let keys = Keys::hmac_tenants(Algorithm::Sha512, Tenants::new(keyrings).unwrap());
    let rule = Written(Profile::new("tenants"), read, |draft| {
        draft.header("x-sig", draft.hex());
        if let Some(tenant) = draft.tenant() {
            draft.header("x-tenant", tenant);
        }
    });
    Webhook::with_rule(rule, keys).unwrap()
}

/// The tag of a message under the tests' key, by another library.
fn tag(message: impl AsRef<[u8]>) -> String {
    hex::encode(hmac_sha256(KEY.as_bytes(), message))
}

/// The oracle has the platforms' rules, which also sign a hash of the body.
#[test]
fn a_signature_is_the_one_that_another_library_makes_and_verifies() {
    let signature = |signer: &dyn Signer, unsigned: &Unsigned| {
        let delivery = signer.sign(&secret(KEY).into(), unsigned).unwrap();
        assert!(verdict(signer, delivery.request()).is_ok(), "{}", signer.scheme());
        let altered = delivery.clone().with_body([delivery.body(), b"x"].concat());
        assert!(verdict(signer, altered.request()).is_err(), "{}", signer.scheme());
        delivery.header("x-sig").unwrap().to_owned()
    };
    let unsigned = |body: &str| Unsigned::json(body).target("/hook?a=1").time(NOW).id("e1").tenant("first");
    assert_eq!(
        signature(&timed(), &unsigned("{}")),
        format!("t={NOW},v1={}", tag(format!("{NOW}.{{}}").as_bytes()))
    );
    let base64 = |message| BASE64_STANDARD.encode(hmac_sha256(KEY.as_bytes(), message));
    let listed_tag = base64(format!("e1.{NOW}000.{{}}"));
    assert_eq!(signature(&listed(), &unsigned("{}")), format!("v1,{listed_tag}"));
    assert_eq!(signature(&form(), &unsigned("b=+2&a=1")), tag("https://example.com/hook?a=1a=1&b= 2&"));
    assert_eq!(signature(&bodiless(), &unsigned("")), tag("https://example.com/hook?a=1"));
    assert_eq!(signature(&either(), &unsigned("{}")), tag("first {}"));
    let sha512 = hmac::Key::new(hmac::HMAC_SHA512, KEY.as_bytes());
    let tenants_tag = hex::encode(hmac::sign(&sha512, b"{}"));
    assert_eq!(signature(&tenants(), &unsigned("{}")), tenants_tag);
}

#[test]
fn the_short_signers_sign_as_the_rules_do() {
    let (key, unsigned) = (secret(KEY), Unsigned::json("{}"));
    assert_eq!(Vogent::new(key.clone()).sign(&key, &unsigned), Ok(sign::vogent(&key, "{}")));
    for algorithm in Algorithm::ALL {
        let hex = HexHmac::with_algorithm("x-hex", *algorithm, key.clone()).unwrap();
        assert_eq!(hex.sign(&key, &unsigned), Ok(sign::hex_hmac("x-hex", *algorithm, &key, "{}")));
    }
    let renamed = Vogent::new(key.clone()).header("x-gateway").unwrap();
    assert_eq!(renamed.sign(&key, &unsigned), Ok(sign::hex_hmac("x-gateway", Algorithm::Sha256, &key, "{}")));
}

#[test]
fn a_request_is_signed_with_the_current_time_and_a_new_identifier_by_default() {
    let listed = listed();
    let proof = |unsigned: &Unsigned| {
        let delivery = listed.sign(secret(KEY), unsigned).unwrap();
        let verified = verdict(&listed, delivery.request()).unwrap();
        (verified.signed_at(), verified.replay_key())
    };
    let (signed_at, key) = proof(&Unsigned::json("{}"));
    assert_eq!(signed_at, Some(NOW));
    assert_eq!(proof(&Unsigned::json("{}")), (signed_at, key));
    assert_ne!(proof(&Unsigned::json("[]")).1, key);
    let later = UnixTime::from_secs(NOW.as_secs() + 1);
    let (signed_at, other_key) = proof(&Unsigned::json("{}").time(later));
    assert_eq!((signed_at, key == other_key), (Some(later), false));
    assert_eq!(proof(&Unsigned::json("{}").id("e1")).1, Some(ReplayKey::new([&b""[..], b"e1"])));
    // The verifier checks the window, not the signer.
    let old = Unsigned::json("{}").time(UnixTime::from_secs(NOW.as_secs() - 301));
    let delivery = listed.sign(secret(KEY), &old).unwrap();
    assert_eq!(verdict(&listed, delivery.request()).unwrap_err().kind(), TimestampStale);
}

#[test]
fn each_tenant_signs_with_its_own_secret() {
    let tenants = tenants();
    let sign = |key: &str, name| tenants.sign(secret(key), &Unsigned::json("{}").tenant(name));
    for (key, name, expected) in [
        (KEY, "first", Ok(Some("first".to_owned()))),
        ("second-tenants-key", "second", Ok(Some("second".to_owned()))),
        (KEY, "second", Err(SignatureMismatch)),
    ] {
        let delivery = sign(key, name).unwrap();
        let verdict = verdict(&tenants, delivery.request());
        assert_eq!(
            verdict.map(|proof| proof.tenant().map(str::to_owned)).map_err(|error| error.kind()),
            expected
        );
    }
    assert_eq!(sign(KEY, "third").unwrap_err().kind(), TenantUnknown);
    let nameless = tenants.sign(secret(KEY), &Unsigned::json("{}"));
    assert_eq!(nameless.unwrap_err().kind(), TenantMissing);
}

#[test]
fn unsignable_requests_are_rejected() {
    let plain = Profile::new("plain");
    let body: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).body();
        Ok(())
    };
    let identified: Read = |head, envelope| {
        let id = head.signed(&ID)?;
        envelope.hex(head.signature(&SIGNATURE)?).part(id).body();
        Ok(())
    };
    let nothing: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?);
        Ok(())
    };
    let hash_of_no_body: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("x").body_sha256([0; 32]);
        Ok(())
    };
    let signs_its_signature: Write = |draft| {
        draft.header("x-sig", draft.hex());
        draft.header("x-id", draft.hex());
    };
    let post = || Unsigned::json("{}");
    let zeros: Write = |draft| draft.header("x-sig", "0".repeat(draft.hex().len()));
    for (signer, unsigned, expected) in [
        (webhook(plain, body, |_| {}), post(), SignatureMissing),
        (webhook(plain, |_, _| Ok(()), write_hex), post(), SignatureMalformed),
        (webhook(plain, body, |draft| draft.header("x-sig", &draft.hex()[1..])), post(), SignatureMalformed),
        (webhook(plain, body, zeros), post(), SignatureMismatch),
        (webhook(plain, body, write_hex), post().header("X-Sig", ""), HeaderRepeated),
        (webhook(plain, identified, write_hex), post(), HeaderMissing),
        (webhook(plain, identified, signs_its_signature), post(), SignatureMismatch),
        (webhook(plain, body, write_hex), Unsigned::new("GET", ""), MethodUnsupported),
        (bodiless(), post(), BodyUnexpected),
        (webhook(plain, nothing, write_hex), Unsigned::new("POST", ""), RuleInvalid),
        (webhook(plain, hash_of_no_body, write_hex), post(), PayloadHashMismatch),
        (form(), Unsigned::form("a=%"), ParameterMalformed),
        (timed(), post().time(UnixTime::from_secs(-1)), TimestampMalformed),
        (timed().clock(Stopped), post(), ClockUnavailable),
    ] {
        assert_eq!(signer.sign(secret(KEY), &unsigned).map_err(|error| error.kind()), Err(expected));
    }
    assert!(timed().clock(Stopped).sign(secret(KEY), &post().time(NOW)).is_ok());
}

/// A clock without a time.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Option<UnixTime> {
        None
    }
}

#[test]
fn a_delivery_has_its_target_path_and_query() {
    let delivery = sign::vogent(&secret(KEY), "{}");
    let parts = |delivery: &Delivery| {
        let head = delivery.head();
        assert_eq!((head.target(), head.query()), (delivery.target(), delivery.query().as_bytes()));
        [delivery.target(), delivery.path(), delivery.query()].map(str::to_owned)
    };
    assert_eq!(parts(&delivery), ["/", "/", ""]);
    let delivery = delivery.with_target("/hook?a=1?b");
    assert_eq!(parts(&delivery), ["/hook?a=1?b", "/hook", "a=1?b"]);
    assert_eq!(parts(&delivery.clone().with_query("c=2")), ["/hook?c=2", "/hook", "c=2"]);
    assert_eq!(parts(&delivery.with_query("")), ["/hook", "/hook", ""]);
    assert_eq!(
        parts(&sign::SmsSigner::new(countersign::vonage::SignatureMethod::Md5, &secret(KEY)).query())[1],
        "/"
    );
}

#[test]
fn signed_values_are_not_shown() {
    let unsigned = Unsigned::json("Pz94LsBq").target("/Kx83QwZu").id("Hy57NfXk").tenant("Fd73UxMh");
    let write: Write = |draft| {
        draft.header("x-sig", draft.hex());
        let shown = format!("{draft:?}");
        assert!(shown.starts_with("Draft") && !shown.contains(&draft.hex()), "{shown}");
        for hidden in ["Pz94LsBq", "Kx83QwZu", "Hy57NfXk", "Fd73UxMh"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    };
    let body: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).body();
        Ok(())
    };
    assert!(webhook(Profile::new("shows"), body, write).sign(secret(KEY), &unsigned).is_ok());
    let shown = format!("{unsigned:?}");
    for hidden in ["Pz94LsBq", "Kx83QwZu", "Hy57NfXk", "Fd73UxMh"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
