//! Verifies each request many times, and prints its name and the count. `.ci/instructions` runs it under valgrind, which counts
//! the instructions in `measured`. The counts do not depend on the machine's load.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::format_collect,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(dead_code, reason = "cases for the other bench")]

mod cases;

use std::hint::black_box;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cases::{Case, METHODS};
use countersign::vonage::SignatureMethod;

fn main() {
    for (name, case) in groups().chain(linear()) {
        let request = case.delivery.to_http("/webhook").unwrap();
        // Once before measuring, for work that happens only once.
        assert_eq!(case.verifier.verify((&request).into()).is_err(), name.contains("rejected"));
        measured(&|| {
            let _ = black_box(case.verifier.verify(black_box(&request).into()));
        });
        println!("{name} {TIMES}");
    }
}

#[inline(never)]
fn measured(run: &dyn Fn()) {
    (0..TIMES).for_each(|_| run());
}

const TIMES: usize = 10;

/// The groups of the bench `verify`.
fn groups() -> impl Iterator<Item = (String, Case)> {
    cases::bodies(1024)
        .into_iter()
        .chain(METHODS.into_iter().flat_map(|(method, group)| cases::sms(method, group)))
        .chain([cases::jwt_post(1024), cases::jwt_get()])
        .map(|case| (format!("{}/{}", case.group, case.name), case))
}

/// For the check that cost is linear: `linear/WHAT/1`, and twice the input, `linear/WHAT/2`. Also for rejected requests, as
/// `rejected`.
fn linear() -> impl Iterator<Item = (String, Case)> {
    let cases = |times| LINEAR.map(|what| (format!("linear/{what}/{times}"), linear_case(what, times)));
    [1, 2].into_iter().flat_map(cases)
}

const LINEAR: [&str; 12] = [
    "body",
    "form-parameters",
    "form-value",
    "query-parameters",
    "json-parameters",
    "json-value",
    "token",
    "token-query",
    "rejected-signature",
    "rejected-token",
    "rejected-dots",
    "rejected-names",
];

fn linear_case(what: &str, times: usize) -> Case {
    let names = (0..400 * times).map(|index| format!("{:05}", index * 7919 % 100_003));
    let params = |way| sms(way, &names.clone().map(|name| (name, "a & b".to_owned())).collect::<Vec<_>>());
    let long = |way| sms(way, &[("text".to_owned(), "é & ".repeat(3000 * times))]);
    match what {
        "body" => cases::bodies(16_384 * times).remove(0),
        "form-parameters" => params(0),
        "form-value" => long(0),
        "query-parameters" => params(1),
        "json-parameters" => params(2),
        "json-value" => long(2),
        "token" => cases::jwt_post_of(4096 * times),
        "token-query" => {
            cases::jwt_get_of(&names.map(|name| format!("{name}=a%2Fb")).collect::<Vec<_>>().join("&"))
        }
        "rejected-signature" => {
            with_header(cases::bodies(256).remove(0), "x-elto-signature", &"a".repeat(8000 * times))
        }
        "rejected-token" => bearer(&"a".repeat(8000 * times)),
        "rejected-dots" => bearer(&".".repeat(8000 * times)),
        "rejected-names" => bearer(&format!("{}..", encoded_names(120 * times))),
        _ => panic!("no such case"),
    }
}

/// Makes a request with these parameters in a form (0), a query (1) or JSON (2).
fn sms(way: usize, params: &[(String, String)]) -> Case {
    cases::sms_of(SignatureMethod::Sha256, "", params).remove(way)
}

fn bearer(token: &str) -> Case {
    with_header(cases::jwt_post(256), "authorization", &format!("Bearer {token}"))
}

fn with_header(case: Case, name: &str, value: &str) -> Case {
    Case { delivery: case.delivery.without_header(name).with_header(name, value), ..case }
}

/// A JOSE header with `count` members.
fn encoded_names(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|index| format!("\"name-{index:03}\":0")).collect();
    BASE64_URL_SAFE_NO_PAD.encode(format!("{{{}}}", members.join(",")))
}
