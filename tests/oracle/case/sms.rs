//! Signed parameters, in a query, a form or JSON.

use super::{in_any_case, keys_or_tenants, max_body};
use crate::choices::Choices;
use crate::naive::mac::Function;
use crate::naive::params::Params;
use crate::naive::{Request, Scheme, Setup, sms};

const NOW: i64 = 1_763_712_000;
const NAMES: [&str; 12] = [
    "msisdn",
    "to",
    "text",
    "type",
    "nonce",
    "message-timestamp",
    "a",
    "a.long.name",
    "a.long.nam",
    "A",
    "ü",
    "z z",
];
const VALUES: [&str; 16] = [
    "447700900001",
    "Hello & 1+1=2",
    "",
    " ",
    "\t\u{1}",
    "é☎",
    "a_b",
    "1.50",
    "%41",
    "+",
    "\u{7f}\0",
    "true",
    "\"\\/",
    "-0e+7",
    "sig",
    "12345678901234567890",
];

pub(crate) fn case(choices: &mut Choices<'_>) -> (Setup, Request) {
    let function = choices.pick(&[
        Function::Md5Suffix,
        Function::HmacMd5,
        Function::HmacSha1,
        Function::HmacSha256,
        Function::HmacSha512,
    ]);
    let (keys, key, tenant) = keys_or_tenants(choices);
    let mut setup = Setup { now: NOW, ..Setup::new(Scheme::Sms, function, keys) };
    let mut params = params(tenant, choices);
    if choices.one_in(2) {
        setup.window = Some(choices.pick(&[(300, 60), (0, 0), (u64::MAX, u64::MAX)]));
        params.push(("timestamp".into(), timestamp(&setup, choices)));
    } else if choices.one_in(4) {
        params.push(("timestamp".into(), choices.pick(&["1", "007", "-5", "x", ""]).into()));
    }
    if choices.one_in(200) {
        setup.now = -1;
    }

    if choices.one_in(24) {
        // A correctly signed form that no platform sends.
        match choices.below(4) {
            0 => params.extend(params.first().cloned()),
            1 => params.push((choices.pick(&["a&b", "a=b", "x&sig=y", "&"]).into(), "1".into())),
            2 => params.push((Vec::new(), "1".into())),
            _ => params.extend((0..996).map(|index| (format!("p{index}").into(), Vec::new()))),
        }
    }
    let skip_blank = choices.one_in(2);
    let sig = in_any_case(&sms::sign(function, &key, &params, skip_blank), choices.byte()).into_bytes();
    let place = choices.below(params.len() + 1);
    params.insert(place, ("sig".into(), sig));

    // Another order, added blank parameters, or a change. The first two keep the signature valid.
    let end = params.len();
    params.swap(choices.below(end), choices.below(end));
    match choices.below(24) {
        17 => {
            let name = choices.pick(&["a[]", "{\"text\":\"", "b c", "\0", "ü", "plain.name_-9"]);
            params.push((name.into(), choices.pick(&["", " "]).into()));
        }
        18 => params.push(("blank".into(), " ".into())),
        19 => drop(params.remove(place)),
        20 => params.extend(params.get(place).cloned()),
        21 => choices.edit().apply(&mut params[place].0),
        22 | 23 => choices.edit().apply(&mut params[place].1),
        _ => {}
    }
    let request = request(&mut setup, &params, choices);
    (setup, request)
}

fn params(tenant: Option<&str>, choices: &mut Choices<'_>) -> Params {
    let mut params = Params::new();
    let first = choices.below(NAMES.len());
    for index in 0..choices.below(6) {
        let name = NAMES[(first + index) % NAMES.len()];
        params.push((name.into(), choices.pick(&VALUES).into()));
    }
    if let Some(tenant) = tenant {
        // The signed string has `a_b` for `a=b`.
        let value = if choices.one_in(8) { tenant.replace('_', "=") } else { tenant.to_owned() };
        params.push((choices.pick(&["api-key", "api_key"]).into(), value.into()));
        if choices.one_in(8) {
            params.push((choices.pick(&["api_key", "api-key"]).into(), tenant.into()));
        }
    }
    params
}

/// A timestamp around the bounds of the window, mostly inside.
fn timestamp(setup: &Setup, choices: &mut Choices<'_>) -> Vec<u8> {
    let offset = match setup.window {
        Some((300, 60)) => choices.pick(&[0, -300, 60, -1, 1, -299, -301, 61]),
        _ => choices.pick(&[0, 0, 0, 0, 0, 0, 1, -1]),
    };
    let text = (setup.now + offset).to_string();
    match choices.below(24) {
        22 => format!("0{text}").into(),
        23 => choices.pick(&["", " ", "-1", "1e9", "9223372036854775808", "１"]).into(),
        _ => text.into(),
    }
}

fn request(setup: &mut Setup, params: &Params, choices: &mut Choices<'_>) -> Request {
    let source = choices.below(3);
    // JSON contains only text.
    let is_text = params
        .iter()
        .all(|(name, value)| std::str::from_utf8(name).is_ok() && std::str::from_utf8(value).is_ok());
    let is_json = source == 2 && is_text;
    let mut sent = if is_json { json(params, choices) } else { urlencoded(params, choices) };
    if choices.one_in(6) {
        choices.edit().apply(&mut sent);
    }
    if source == 0 {
        return Request { method: "GET".to_owned(), query: sent, ..Request::default() };
    }
    setup.max_body = max_body(sent.len(), choices);
    let media_type = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
    let around = choices.pick(&[
        "",
        "; charset=utf-8",
        " ;",
        "\t",
        ";a;b",
        "x",
        "/",
        ";Charset=\"US-ASCII\" ;a",
        "; charset=utf-16le",
        "; charset=utf-8; charset=utf-8",
        ";charset*=utf-8",
        "; a=\"charset=utf-8\"",
    ]);
    let content_type = format!("{}{around}", in_any_case(media_type, choices.byte()));
    let headers = vec![("content-type".to_owned(), content_type.into_bytes())];
    Request { method: "POST".to_owned(), headers, body: sent, ..Request::default() }
}

/// Writes a form, with more escapes than it needs.
pub(crate) fn urlencoded(params: &Params, choices: &mut Choices<'_>) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, value) in params {
        let style = choices.byte();
        form.extend(if style & 16 == 0 { &b"&"[..] } else { b"&&" });
        escape(name, style, &mut form);
        if !value.is_empty() || style & 8 == 0 {
            form.push(b'=');
        }
        escape(value, style, &mut form);
    }
    if choices.one_in(4) { form } else { form[form.len().min(1)..].to_vec() }
}

fn escape(text: &[u8], style: u8, form: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b' ' if style & 1 == 0 => form.push(b'+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' if style & 2 == 0 => {
                form.push(*byte);
            }
            // In a value, `=` and UTF-8 need no escape.
            128.. if style & 4 == 0 => form.push(*byte),
            _ if style & 4 == 0 => form.extend(format!("%{byte:02X}").into_bytes()),
            _ => form.extend(format!("%{byte:02x}").into_bytes()),
        }
    }
}

/// Writes a JSON object, with more escapes and white space than it needs.
fn json(params: &Params, choices: &mut Choices<'_>) -> Vec<u8> {
    let space = choices.pick(&["", " ", "\r\n\t"]);
    let mut members = Vec::new();
    for (name, value) in params {
        let style = choices.byte();
        let text = String::from_utf8_lossy(value);
        let is_literal = ["1.50", "true", "-0e+7", "12345678901234567890"].contains(&&*text)
            || (text.parse::<i64>().is_ok_and(|number| number.to_string() == text));
        let value = match &*text {
            "" if style & 8 == 0 => "null".to_owned(),
            literal if is_literal && style & 8 == 0 => literal.to_owned(),
            text => quoted(text, style),
        };
        let name = quoted(&String::from_utf8_lossy(name), style);
        members.push(format!("{space}{name}{space}:{space}{value}{space}"));
    }
    if choices.one_in(48) {
        let odd = [
            r#""x":[1]"#,
            r#""x":{}"#,
            r#""channel":"sms""#,
            r#""x":"\ud800""#,
            r#""x":01"#,
            r#""x":.5"#,
            "",
        ];
        members.push(choices.pick(&odd).to_owned());
    }
    let around = if choices.one_in(48) { choices.pick(&["x", "\u{feff}", "{}", "\0", ","]) } else { space };
    format!("{space}{{{}}}{around}", members.join(",")).into_bytes()
}

fn quoted(text: &str, style: u8) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '/' if style & 1 != 0 => json.push_str("\\/"),
            _ if c < ' ' || style & 2 != 0 => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let escape =
                        if style & 4 == 0 { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                    json.push_str(&escape);
                }
            }
            _ => json.push(c),
        }
    }
    json.push('"');
    json
}
