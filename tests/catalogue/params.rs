//! 73 to 86: Vonage's signed parameters.

use countersign::ErrorKind::{
    self, BodyMalformed, ParameterAmbiguous, ParameterMalformed, ParameterNested, ParameterRepeated,
    ParametersTooMany, SignatureMalformed, SignatureMismatch, SignatureMissing,
};
use countersign::sign;
use countersign::vonage::{SignatureMethod, Sms};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::METHODS;
use crate::support::{KEY, hmac_sha256, secret};

cases! {
    case_073_parameters_in_every_order,
    case_074_a_parameter_changed_added_taken_away_or_renamed,
    case_075_a_parameter_twice,
    case_076_names_that_are_and_are_not_sig,
    case_077_a_captured_delivery_split_anew,
    case_078_timestamp_read_as_an_entity,
    case_079_signed_by_one_method_verified_by_another,
    case_080_values_with_one_signature_by_the_platforms_design,
    case_081_escapes,
    case_082_empty_values_names_and_pairs,
    case_083_names_sort_by_their_bytes,
    case_084_too_much_of_everything,
    case_085_parameters_in_the_query_and_in_the_body,
    case_086_json_literals_and_what_is_not_one_flat_object,
}

fn case_073_parameters_in_every_order(run: &mut Run) {
    let mut pairs = ["a=1", "b=2", "B=3", "aa=4", "_=5"];
    permutations(&mut pairs, 0, &mut |pairs| accepts(run, &pairs.join("&"), b"&B=3&_=5&a=1&aa=4&b=2"));
}

fn case_074_a_parameter_changed_added_taken_away_or_renamed(run: &mut Run) {
    for method in METHODS {
        let pairs = [("msisdn", "447700900001"), ("text", "Hello"), ("to", "1")];
        let of = |pairs: &[(&str, &str)]| {
            let signer = sign::SmsSigner::new(method, &secret(KEY));
            pairs.iter().fold(signer, |signer, (name, value)| signer.param(name, value))
        };
        let subject = Sms::new(method, secret(KEY));
        let right = of(&pairs).query();
        let sig = right.query().split("sig=").nth(1).unwrap().to_owned();
        let _ = run.accepts(&subject, &right);
        let mut forgeries = vec!["msisdn=447700900001&text=Hello&to=1&more=1".to_owned()];
        for (name, value) in pairs {
            let pair = format!("{name}={value}");
            forgeries.extend([
                right.query().replace(&pair, &format!("{name}={value}0")),
                right.query().replace(&pair, &format!("{name}={}", &value[1..])),
                right.query().replace(&pair, &format!("{name}0={value}")),
                right.query().replace(&format!("{name}="), &format!("{}=", name.to_uppercase())),
                right.query().replace(&format!("{pair}&"), ""),
            ]);
        }
        for forged in forgeries {
            let query = if forged.contains("sig=") { forged } else { format!("{forged}&sig={sig}") };
            run.rejects(&subject, Forged::from(&right).query(query), SignatureMismatch);
        }
    }
}

fn case_075_a_parameter_twice(run: &mut Run) {
    for raw in "a=1&a=1|a=1&a=2|a=1&b=2&a=1|b=2&a=1&c=3&a=|a=1&%61=1|a&a|a=+&a=%20|ab=1&a%62=2".split('|') {
        rejects(run, raw, b"&a=1", ParameterRepeated);
        rejects(run, raw, b"&a=1&a=1", ParameterRepeated);
    }
    for members in [r#""a":"1","a":"1""#, r#""a":1,"b":2,"a":null"#, r#""a":"1","\u0061":"2""#] {
        run.rejects(&subject(), json(members, b"&a=1"), ParameterRepeated);
    }
}

fn case_076_names_that_are_and_are_not_sig(run: &mut Run) {
    let right = sig(b"&a=1");
    let with = |pairs: &str| query_of(pairs);
    let _ = run.accepts(&subject(), with(&format!("a=1&%73ig={right}")));
    let _ = run.accepts(&subject(), with(&format!("s%69g={right}&a=1")));
    for name in ["Sig", "SIG", "sig[]", "sig%00", "%00sig", "sig+", "+sig", "s", "sigx", "_sig", "s%C4%B1g"] {
        run.rejects(&subject(), with(&format!("a=1&{name}={right}")), SignatureMissing);
    }
    run.rejects(&subject(), with("a=1"), SignatureMissing);
    run.rejects(&subject(), with("a=1&sig="), SignatureMalformed);
    run.rejects(&subject(), with("a=1&sig"), SignatureMalformed);
    for pairs in [
        format!("a=1&sig={right}&sig={right}"),
        format!("sig=0&a=1&sig={right}"),
        format!("a=1&sig={right}&%73ig=0"),
    ] {
        run.rejects(&subject(), with(&pairs), ParameterRepeated);
    }
}

fn case_077_a_captured_delivery_split_anew(run: &mut Run) {
    accepts(run, "a=1&b=2", b"&a=1&b=2");
    for raw in ["a%3D1%26b=2", "a%3d1%26b%3d2", "a%3D1%26b%3D2=", "%26a=1&b=2", "a=1&b%26=2", "a%3D=1&b=2"] {
        rejects(run, raw, b"&a=1&b=2", ParameterAmbiguous);
    }
    for members in [r#""a=1&b":"2""#, r#""a=1&b":2"#, r#""a=1\u0026b":"2""#] {
        run.rejects(&subject(), json(members, b"&a=1&b=2"), ParameterAmbiguous);
    }
    // Separators in values are replaced, so the signed string differs.
    for raw in ["a=1%26b%3D2", "a=1%26b=2"] {
        rejects(run, raw, b"&a=1&b=2", SignatureMismatch);
    }
    run.rejects(&subject(), json(r#""a":"1&b=2""#, b"&a=1&b=2"), SignatureMismatch);
}

fn case_078_timestamp_read_as_an_entity(run: &mut Run) {
    rejects(run, "a=1%C3%97tamp=2", b"&a=1&timestamp=2", SignatureMismatch);
    rejects(run, "a=1&%C3%97tamp=2", b"&a=1&timestamp=2", SignatureMismatch);
    accepts(run, "a=1&timestamp=2", b"&a=1&timestamp=2");
}

fn case_079_signed_by_one_method_verified_by_another(run: &mut Run) {
    for signed in METHODS {
        let signer = || sign::SmsSigner::new(signed, &secret(KEY)).param("a", "1").param("b", "2");
        for verified in METHODS {
            for delivery in [signer().query(), signer().form(), signer().json()] {
                let subject = Sms::new(verified, secret(KEY));
                if signed == verified {
                    let _ = run.accepts(&subject, delivery);
                } else {
                    let md5 = [SignatureMethod::Md5Hash, SignatureMethod::Md5];
                    let has_same_length = md5.contains(&signed) && md5.contains(&verified);
                    let kind = if has_same_length { SignatureMismatch } else { SignatureMalformed };
                    run.rejects(&subject, delivery, kind);
                }
            }
        }
    }
}

fn case_080_values_with_one_signature_by_the_platforms_design(run: &mut Run) {
    for raw in ["v=a%26b", "v=a%3Db", "v=a=b", "v=a_b"] {
        accepts(run, raw, b"&v=a_b");
    }
    for members in [r#""v":"a&b""#, r#""v":"a=b""#, r#""v":"a_b""#, r#""v":"a\u0026b""#] {
        let _ = run.accepts(&subject(), json(members, b"&v=a_b"));
    }
}

fn case_081_escapes(run: &mut Run) {
    for (raw, signed) in [
        ("v=a+b", &b"&v=a b"[..]),
        ("v=a%20b", b"&v=a b"),
        ("v=a%2Bb", b"&v=a+b"),
        ("v=%2b+%2B", b"&v=+ +"),
        ("v=%00", b"&v=\0"),
        ("v=%c0%af", b"&v=\xc0\xaf"),
        ("v=%ff%FE", b"&v=\xff\xfe"),
        ("v=%2526", b"&v=%26"),
        ("v=%252526", b"&v=%2526"),
        ("v=\u{e9}", "&v=\u{e9}".as_bytes()),
    ] {
        accepts(run, raw, signed);
    }
    rejects(run, "v=a+b", b"&v=a+b", SignatureMismatch);
    rejects(run, "v=%2526", b"&v=&", SignatureMismatch);
    rejects(run, "v=%2526", b"&v=_", SignatureMismatch);
    rejects(run, "v=%ff", "&v=\u{fffd}".as_bytes(), SignatureMismatch);
    for raw in "v=%|v=%4|v=%G1|v=%1G|v=%%41|v=%+1|v=%u0041|%=1|%4=1|v=1%|v=% 1|v=%\u{e9}".split('|') {
        rejects(run, raw, b"&v=1", ParameterMalformed);
    }
}

fn case_082_empty_values_names_and_pairs(run: &mut Run) {
    for raw in ["a=1&b=", "a=1&b", "b&a=1", "&&a=1&&b=&&"] {
        accepts(run, raw, b"&a=1&b=");
        accepts(run, raw, b"&a=1");
    }
    for raw in ["=1", "a=1&=2", "a=1&=", "="] {
        rejects(run, raw, b"&a=1", ParameterMalformed);
    }
    accepts(run, "a=1;b=2", b"&a=1;b_2");
    rejects(run, "a=1;b=2", b"&a=1&b=2", SignatureMismatch);
    accepts(run, "?a=1", b"&?a=1");
    rejects(run, "?a=1", b"&a=1", SignatureMismatch);
}

fn case_083_names_sort_by_their_bytes(run: &mut Run) {
    accepts(run, "\u{10400}=2&\u{ff5e}=1", "&\u{ff5e}=1&\u{10400}=2".as_bytes());
    rejects(run, "\u{10400}=2&\u{ff5e}=1", "&\u{10400}=2&\u{ff5e}=1".as_bytes(), SignatureMismatch);
    accepts(run, "a=1&B=2&_=3&b=4", b"&B=2&_=3&a=1&b=4");
    rejects(run, "a=1&B=2", b"&a=1&B=2", SignatureMismatch);
    accepts(run, "a=1&a%00=2&a!=3&aa=4", b"&a=1&a\0=2&a!=3&aa=4");
}

fn case_084_too_much_of_everything(run: &mut Run) {
    let many = |count: usize| (0..count).map(|index| format!("p{index}=1")).collect::<Vec<_>>().join("&");
    for (raw, kind) in [
        (many(1_000), ParametersTooMany),
        (many(100_000), ParametersTooMany),
        ("&".repeat(1 << 19), SignatureMissing),
        ("%".repeat(1 << 19), ParameterMalformed),
        ("=".repeat(1 << 19), ParameterMalformed),
        ("+".repeat(1 << 19), SignatureMissing),
        ("a=%".repeat(1 << 18), ParameterMalformed),
    ] {
        let form = Forged::from(sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).form());
        let (sig, long) = (sig(b""), raw.len() > 64 * 1024);
        let signed = if kind == SignatureMissing { raw } else { format!("{raw}&sig={sig}") };
        run.rejects_as(&subject(), form.body(signed.clone()), &[kind, ErrorKind::BodyTooLarge]);
        let kind = if long { ErrorKind::QueryTooLong } else { kind };
        run.rejects(&subject(), query_of(&signed), kind);
    }
    for filler in ["&", "%", "=", ";"] {
        let form = Forged::from(sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).form());
        run.rejects(&subject(), form.body(filler.repeat((1 << 20) + 1)), ErrorKind::BodyTooLarge);
    }
    let members: Vec<_> = (0..100_000).map(|index| format!("\"{index}\":1")).collect();
    run.rejects_as(&subject(), json(&members.join(","), b""), &[ErrorKind::BodyTooLarge, ParametersTooMany]);
}

fn case_085_parameters_in_the_query_and_in_the_body(run: &mut Run) {
    let signer = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("a", "1");
    let (query, form, as_json) = (signer().query(), signer().form(), signer().json());
    // A POST counts by its body, a GET by its query, and a GET has no body.
    for post in [&form, &as_json] {
        let _ = run.accepts(&subject(), Forged::from(post).query("a=2&b=3&sig=0"));
        run.rejects(&subject(), Forged::from(post).body("").query(query.query()), ErrorKind::BodyMissing);
    }
    run.rejects(&subject(), Forged::from(&query).body(form.body()), ErrorKind::BodyUnexpected);
    let split = Forged::from(&form).query("a=1").body(format!("sig={}", sig(b"&a=1")));
    run.rejects(&subject(), split, SignatureMismatch);
    // The signature in another place.
    let unsigned = Forged::from(&form).body("a=1").query(format!("sig={}", sig(b"&a=1")));
    run.rejects(&subject(), unsigned.and_header("sig", sig(b"&a=1")), SignatureMissing);
}

fn case_086_json_literals_and_what_is_not_one_flat_object(run: &mut Run) {
    for (members, signed) in [
        (r#""n":1.50"#, &b"&n=1.50"[..]),
        (r#""n":-0"#, b"&n=-0"),
        (r#""n":1e2"#, b"&n=1e2"),
        (r#""n":12345678901234567890123"#, b"&n=12345678901234567890123"),
        (r#""t":true,"f":false"#, b"&f=false&t=true"),
        (r#""a":"1","n":null"#, b"&a=1&n="),
        (r#""a":"1","n":null"#, b"&a=1"),
        (r#""s":"\u0041\/\n""#, b"&s=A/\n"),
        ("\"s\" : \"1\" ,\n\t\"t\":2", b"&s=1&t=2"),
    ] {
        let _ = run.accepts(&subject(), json(members, signed));
    }
    for members in [r#""n":{}"#, r#""n":[]"#, r#""n":[1]"#, r#""a":"1","n":{"a":{"a":[]}}"#] {
        run.rejects(&subject(), json(members, b"&n="), ParameterNested);
    }
    let right = format!("\"a\":\"1\",\"sig\":\"{}\"", sig(b"&a=1"));
    let _ = run.accepts(&subject(), json_body(&format!(" \r\n{{{right}}}\t ")));
    // `R` is the genuine members.
    let bodies = [
        r#"{R}x|{R}{}|{R},|[{R}]|{R,}|{R|{,R}|{R "b":1}|{R,"b":01}|{R,"b":+1}|{R,"b":1.}|{R,"b":.5}|{R,"b":NaN}"#,
        r#"{R,"b":True}|{R,"b":'1'}|{R,b:1}|{R,"b":"\x41"}|{R,"b":"\ud800"}|{R,"b":1} // {}|"x"|null|1"#,
        "{R}\0|\u{feff}{R}|{R,\"b\":\"\u{1}\"}",
    ];
    for body in bodies.iter().flat_map(|line| line.split('|')).map(|body| body.replace('R', &right)) {
        run.rejects(&subject(), json_body(&body), BodyMalformed);
    }
    run.rejects(&subject(), json_body("").body(&b"{\"a\":\"\xff\"}"[..]), BodyMalformed);
    run.rejects(&subject(), json_body(""), ErrorKind::BodyMissing);
}

fn subject() -> Sms {
    Sms::new(SignatureMethod::Sha256, secret(KEY))
}

/// Signs a string unchanged.
fn sig(string: &[u8]) -> String {
    hex::encode(hmac_sha256(KEY.as_bytes(), string))
}

fn query_of(raw: &str) -> Forged {
    Forged::from(sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).query()).query(raw)
}

fn json_body(body: &str) -> Forged {
    Forged::from(sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).json()).body(body)
}

/// `members` without the braces, with the signature of this string.
fn json(members: &str, signed: &[u8]) -> Forged {
    json_body(&format!("{{{members},\"sig\":\"{}\"}}", sig(signed)))
}

/// As a query and as a form, with the signature of this string.
fn both(raw: &str, signed: &[u8]) -> [Forged; 2] {
    let text = format!("{raw}&sig={}", sig(signed));
    [
        query_of(&text),
        Forged::from(sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).form()).body(text),
    ]
}

#[track_caller]
fn accepts(run: &mut Run, raw: &str, signed: &[u8]) {
    for forged in both(raw, signed) {
        let _ = run.accepts(&subject(), forged);
    }
}

#[track_caller]
fn rejects(run: &mut Run, raw: &str, signed: &[u8], kind: ErrorKind) {
    for forged in both(raw, signed) {
        run.rejects(&subject(), forged, kind);
    }
}

fn permutations<'t>(pairs: &mut [&'t str], fixed: usize, show: &mut impl FnMut(&[&'t str])) {
    if fixed == pairs.len() {
        return show(pairs);
    }
    for next in fixed..pairs.len() {
        pairs.swap(fixed, next);
        permutations(pairs, fixed + 1, show);
        pairs.swap(fixed, next);
    }
}
