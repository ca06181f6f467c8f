//! Vonage's SMS API: `sig` over the sorted parameters.

use super::mac::{self, Function};
use super::params::{self, Params};
use super::{Proof, Request, Setup};

pub(crate) fn verdict(setup: &Setup, request: &Request) -> Option<Proof> {
    let params = params(setup, request)?;
    // With `&` or `=` in a name, one string could mean other parameters.
    let ambiguous = params.iter().any(|(name, _)| name.contains(&b'&') || name.contains(&b'='));
    if ambiguous || !params::are_acceptable(&params) {
        return None;
    }
    let tag = mac::unhex(params::get(&params, "sig")?)?;
    let strings = signed_strings(&params);

    let (keys, tenant) = setup.keys(account(&params).as_deref())?;
    let find = |string: &Vec<u8>| mac::find(setup.function, keys, string, &tag);
    let mut covered: Params = params.iter().filter(|(name, _)| name != b"sig").cloned().collect();
    let key = match (find(&strings[0]), strings.get(1)) {
        (Some(key), _) => key,
        (None, without_blank) => {
            let key = find(without_blank?)?;
            // Anyone can add a blank parameter, and hide text in its name.
            let left_out = |value: &[u8]| is_blank(value);
            if !covered.iter().all(|(name, value)| !left_out(value) || is_plain(name)) {
                return None;
            }
            covered.retain(|(_, value)| !left_out(value));
            key
        }
    };
    covered.sort();

    let timestamp = params::get(&params, "timestamp").map(seconds);
    if setup.window.is_some() && !(setup.has_clock() && setup.is_recent(timestamp??)) {
        return None;
    }
    Some(Proof { key, coverage: "params", signed_at: timestamp.flatten(), tenant, parameters: Some(covered) })
}

/// The signature of the parameters with one key: of all, or of those that are not blank.
pub(crate) fn sign(function: Function, key: &[u8], params: &Params, skip_blank: bool) -> String {
    let strings = signed_strings(params);
    mac::hex(&function.tag(key, &strings[if skip_blank { strings.len() - 1 } else { 0 }]))
}

fn params(setup: &Setup, request: &Request) -> Option<Params> {
    match request.method.as_str() {
        "GET" if request.query.len() <= 64 * 1024 && request.body.is_empty() => {
            params::urlencoded(&request.query)
        }
        "POST" if !request.body.is_empty() && request.body.len() <= setup.max_body.unwrap_or(1 << 20) => {
            match media_type(request.header("content-type").ok()??).as_deref() {
                Some("application/x-www-form-urlencoded") => params::urlencoded(&request.body),
                Some("application/json") => params::flat_json(&request.body),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The string of all parameters except `sig`, and if any is blank, that without the blank ones.
fn signed_strings(params: &Params) -> Vec<Vec<u8>> {
    let mut signed: Vec<_> = params.iter().filter(|(name, _)| name != b"sig").collect();
    signed.sort();
    let join = |skip_blank: bool| {
        let mut string = Vec::new();
        for (name, value) in &signed {
            if !(skip_blank && is_blank(value)) {
                string.extend([b"&", name.as_slice(), b"=", &cleaned(value)].concat());
            }
        }
        string
    };
    let any_blank = signed.iter().any(|(_, value)| is_blank(value));
    if any_blank { vec![join(false), join(true)] } else { vec![join(false)] }
}

/// The account in the parameters. Its two spellings must agree.
fn account(params: &Params) -> Option<Vec<u8>> {
    let (hyphen, underscore) = (params::get(params, "api-key"), params::get(params, "api_key"));
    if let (Some(hyphen), Some(underscore)) = (hyphen, underscore)
        && cleaned(hyphen) != cleaned(underscore)
    {
        return None;
    }
    hyphen.or(underscore).map(cleaned)
}

fn is_blank(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte <= 0x20)
}

fn is_plain(name: &[u8]) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.len() <= 64 && name.iter().copied().map(char::from).all(is_plain)
}

/// The media type in lower case. `None` if the charset may differ from UTF-8.
pub(crate) fn media_type(content_type: &[u8]) -> Option<String> {
    let content_type = String::from_utf8_lossy(content_type).to_ascii_lowercase();
    is_utf8(&content_type).then(|| trim(content_type.split(';').next().unwrap()).to_owned())
}

/// Whether a form or JSON under this `Content-Type` is UTF-8 to everyone: the word `charset` stands nowhere, or once, in a
/// parameter that says so.
fn is_utf8(content_type: &str) -> bool {
    let parameters = content_type.split_once(';').map_or("", |(_, parameters)| parameters);
    match parameters.matches("charset").count() {
        0 => true,
        1 => parameters.split(';').any(|parameter| {
            let parameter = trim(parameter);
            ["charset=utf-8", "charset=us-ascii", "charset=\"utf-8\"", "charset=\"us-ascii\""]
                .contains(&parameter)
        }),
        _ => false,
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\u{c}'])
}

fn cleaned(value: &[u8]) -> Vec<u8> {
    value.iter().map(|byte| if matches!(byte, b'&' | b'=') { b'_' } else { *byte }).collect()
}

/// A plain decimal number.
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let number = text.parse::<i64>().ok()?;
    (number.to_string() == text && number >= 0).then_some(number)
}
