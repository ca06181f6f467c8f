//! Tokens that cover a body or a query.

use super::sms::urlencoded;
use super::{in_any_case, keyring, keys_or_tenants, max_body, signer};
use crate::choices::Choices;
use crate::naive::mac::{self, Function};
use crate::naive::params::Params;
use crate::naive::{Keys, Request, Scheme, Setup, base64, token};

const NOW: i64 = 1_763_712_000;

type Claims = Vec<(String, String)>;

pub(crate) fn case(scheme: Scheme, choices: &mut Choices<'_>) -> (Setup, Request) {
    let (keys, key, tenant) = if scheme == Scheme::SignedWebhook {
        keys_or_tenants(choices)
    } else {
        let keys = keyring(choices);
        let key = signer(&keys, choices);
        (Keys::One(keys), key, None)
    };
    let mut setup = settings(Setup { now: NOW, ..Setup::new(scheme, Function::HmacSha256, keys) }, choices);

    let (mut request, covered) = if scheme == Scheme::SignedWebhook && choices.one_in(3) {
        let params = query(choices);
        let object = token::query_object(&params).unwrap_or_default();
        let covered = if params.is_empty() && choices.one_in(2) { Vec::new() } else { object.into_bytes() };
        let query = urlencoded(&params, choices);
        (Request { method: "GET".to_owned(), query, ..Request::default() }, covered)
    } else {
        let mut body = br#"{"price":1.50}"#.to_vec();
        body.extend(choices.bytes(20));
        setup.max_body = max_body(body.len(), choices);
        (Request { method: "POST".to_owned(), body: body.clone(), ..Request::default() }, body)
    };
    let mut claims = claims(&setup, tenant, &covered, choices);
    if choices.one_in(5) {
        alter(&mut claims, choices);
    }
    let mut token = signed(&claims, &key, choices);
    match choices.below(32) {
        27 => choices.edit().apply(&mut request.body),
        28 => choices.edit().apply(&mut request.query),
        29.. => choices.edit().apply(&mut token),
        _ => {}
    }
    let word = if setup.header.is_some() && choices.one_in(2) {
        String::new()
    } else {
        let word =
            if choices.one_in(24) { choices.pick(&["Bearer", "Bearer  ", "Basic ", ""]) } else { "bearer " };
        in_any_case(word, choices.byte())
    };
    request.headers.push((setup.header().to_owned(), [word.into_bytes(), token].concat()));
    (setup, request)
}

fn settings(setup: Setup, choices: &mut Choices<'_>) -> Setup {
    let mut setup = setup;
    if choices.one_in(4) {
        setup.window = choices.pick(&[None, Some((0, 0)), Some((u64::MAX, u64::MAX))]);
    }
    if choices.one_in(4) {
        setup.leeway = choices.pick(&[(1, 1), (300, 60)]);
    }
    if choices.one_in(6) {
        setup.header = Some(choices.pick(&["X-Vonage-Webhook-Auth-Token", "Authorization"]).to_owned());
    }
    if choices.one_in(200) {
        setup.now = -1;
    }
    if setup.scheme == Scheme::ContactCenter {
        setup.any_issuer = choices.one_in(4);
        return setup;
    }
    setup.unhashed_body = choices.one_in(8);
    setup.api_key = choices.one_in(8).then(|| "acct".to_owned());
    setup.application_id = choices.one_in(8).then(|| "app".to_owned());
    setup
}

fn query(choices: &mut Choices<'_>) -> Params {
    let names = ["to", "from", "conversation_uuid", "\"", "é"];
    let values: [&[u8]; 8] =
        [b"14155550100", b"a b", b"", b"\"\\/\n\x01\x7f", "☎&=".as_bytes(), b"+", b"%", b"\xff"];
    let mut params: Params = names
        .iter()
        .take(choices.below(5))
        .map(|name| ((*name).into(), choices.pick(&values).to_vec()))
        .collect();
    if choices.one_in(24) {
        params.extend(params.first().cloned());
    }
    params
}

fn claims(setup: &Setup, tenant: Option<&str>, covered: &[u8], choices: &mut Choices<'_>) -> Claims {
    let mut claims = Claims::new();
    let mut add = |name: &str, json: String| claims.push((name.to_owned(), json));
    let text = |text: &str| format!("\"{text}\"");

    let offset = match setup.window {
        Some((0, 0)) => choices.pick(&[0, 0, 0, 0, 0, 0, -1, 1]),
        _ => choices.pick(&[0, -300, 60, -1, 1, 0, 0, -299, -150, 59, 30, 10, 0, 0, -301, 61]),
    };
    let iat = seconds(setup.now + offset, choices);
    add("iat", iat);
    if setup.scheme == Scheme::ContactCenter || choices.one_in(4) {
        let exp = setup.now + choices.pick(&[300, 1, 300, 301, 60, 0, -299, -300]);
        add("exp", seconds(exp, choices));
    }
    if choices.one_in(4) {
        let nbf = setup.now + choices.pick(&[0, -1, -300, 1, 60, 61]);
        add("nbf", seconds(nbf, choices));
    }
    let account = tenant.or(setup.api_key.as_deref()).or(choices.one_in(2).then_some("acct"));
    if let Some(account) = account {
        add("api_key", text(account));
    }
    if setup.application_id.is_some() || choices.one_in(4) {
        add("application_id", text("app"));
    }
    if choices.one_in(2) {
        add("iss", text(if setup.any_issuer { "another" } else { "Vonage" }));
    }
    if choices.one_in(2) {
        add("jti", text(choices.pick(&["c1", "", "\\u0041", "é", "\\\\"])));
    }
    if choices.one_in(4) {
        add(
            "other",
            choices.pick(&["1", r#"[{"a":"\ud800"},[]]"#, "null", "{}", r#""x""#, "1E+9"]).to_owned(),
        );
    }
    if !(setup.unhashed_body && choices.one_in(2)) {
        add("payload_hash", text(&in_any_case(&mac::hex(&mac::sha256(covered)), choices.byte())));
    }
    let end = claims.len();
    claims.swap(choices.below(end), choices.below(end));
    claims
}

/// Writes a time in one of JSON's forms, with or without a fraction.
fn seconds(time: i64, choices: &mut Choices<'_>) -> String {
    match choices.below(16) {
        1 => format!("{time}.0"),
        2 => format!("{time}.5"),
        3 => format!("{}.999999999999999999999", time - 1),
        4 => format!("{time}0e-1"),
        5 => format!("{time}7E-1"),
        6 => format!("{}.{:09}e+9", time / 1_000_000_000, time % 1_000_000_000),
        _ => time.to_string(),
    }
}

/// Changes one claim.
fn alter(claims: &mut Claims, choices: &mut Choices<'_>) {
    let odd = [
        "null",
        "true",
        "1763712000.0",
        "1e3",
        "-0.5",
        "1e400",
        "1e-400",
        "0e99999999999999999999",
        "9223372036854775807.5",
        "\"1763712000\"",
        "[]",
        "{}",
        "\"\"",
        "-1",
        "9223372036854775808",
        "-9223372036854775808",
        "9223372036854775807",
        "\"\\ud800\"",
        "\"a\\u0000\"",
        "\"Vonage\"",
        "01",
        "",
    ];
    let at = choices.below(claims.len());
    match choices.below(4) {
        0 => claims[at].1 = choices.pick(&odd).into(),
        1 => drop(claims.remove(at)),
        2 => claims.push(claims[at].clone()),
        // The same name, escaped.
        _ => {
            let first = u32::from(claims[at].0.as_bytes()[0]);
            claims[at].0 = format!("\\u{first:04x}{}", &claims[at].0[1..]);
        }
    }
}

fn signed(claims: &Claims, key: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let space = choices.pick(&["", "", " ", "\r\n\t"]);
    let members: Vec<_> =
        claims.iter().map(|(name, json)| format!("{space}\"{name}\"{space}:{space}{json}{space}")).collect();
    let claims = format!("{space}{{{}}}{space}", members.join(","));
    let header = if choices.one_in(12) {
        choices.pick(&[
            r#"{"alg":"HS256","b64":true}"#,
            r#"{"alg":"HS256","crit":["b64"],"b64":true}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"none"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":"HS256","alg":"HS256"}"#,
            r#"{"typ":"JWT"}"#,
            "[]",
            "",
            r#"{"alg":"HS256","b64":false}"#,
            r#"{"alg":"none","alg":"HS256"}"#,
            r#"{"alg":"HS256"}x"#,
            r#"{"alg":"HS256","crit":null}"#,
        ])
    } else {
        choices.pick(&[
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            r#" { "kid" : [{}] , "\u0061lg" : "\u0048S256" } "#,
            r#"{"alg":"HS256","jwk":{"k":"x"}}"#,
        ])
    };
    let mut token =
        format!("{}.{}", base64::encode_url(header.as_bytes()), base64::encode_url(claims.as_bytes()))
            .into_bytes();
    if choices.one_in(16) {
        choices.edit().apply(&mut token);
    }
    let tag = Function::HmacSha256.tag(key, &token);
    token.extend(format!(".{}", base64::encode_url(&tag)).into_bytes());
    if choices.one_in(64) {
        token.extend(choices.pick(&[&b"="[..], b".", b".e30", b" ", b"A"]));
    }
    token
}
