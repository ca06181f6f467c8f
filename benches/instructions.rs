//! A program to count the instructions of: `NAME COUNT` verifies the delivery NAME so many times; without arguments it
//! lists the names. `.ci/instructions` runs it under valgrind, whose counts do not depend on the machine's load.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(dead_code, reason = "cases for the other bench")]

mod cases;

use std::hint::black_box;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cases::{Case, METHODS};
use countersign::vonage::Method;

fn main() {
    // Cargo passes `--bench` to every bench, and `--test` where it only tries them.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let all = all();
    match arguments.as_slice() {
        [name, count] => {
            let (name, case) = all.iter().find(|(listed, _)| listed == name).unwrap();
            verify(name, case, count.parse().unwrap());
        }
        _ => {
            for (name, case) in &all {
                verify(name, case, 1);
                println!("{name}");
            }
        }
    }
}

fn verify(name: &str, case: &Case, count: usize) {
    let request = case.delivery.to_http("/webhook").unwrap();
    let refused = name.contains("refused");
    for _ in 0..count {
        assert_eq!(black_box(case.verifier.verify(black_box(&request).into())).is_err(), refused);
    }
}

/// The groups of the bench `verify`; and, for the law that cost is linear, `linear/WHAT/1` and twice as much of it,
/// `linear/WHAT/2`. Of what is `refused` too.
fn all() -> Vec<(String, Case)> {
    let groups = cases::bodies(1024)
        .into_iter()
        .chain(METHODS.into_iter().flat_map(|(method, group)| cases::sms(method, group)))
        .chain([cases::jwt_post(1024), cases::jwt_get()])
        .map(|case| (format!("{}/{}", case.group, case.name), case));
    let linear = [1, 2].into_iter().flat_map(|times| {
        let params: Vec<_> = (0..400 * times)
            .map(|index| (format!("{:05}", index * 7919 % 100_003), "a & b".to_owned()))
            .collect();
        let long = [("text".to_owned(), "é & ".repeat(3000 * times))];
        let query: String =
            (0..400 * times).map(|index| format!("&{:05}=a%2Fb", index * 7919 % 100_003)).collect();
        let [form, query_params, json] = cases::sms_of(Method::Sha256, "", &params).try_into().ok().unwrap();
        let [long_form, _, long_json] = cases::sms_of(Method::Sha256, "", &long).try_into().ok().unwrap();
        [
            ("body", cases::bodies(16_384 * times).remove(0)),
            ("form-parameters", form),
            ("form-value", long_form),
            ("query-parameters", query_params),
            ("json-parameters", json),
            ("json-value", long_json),
            ("token", cases::jwt_post_of(4096 * times)),
            ("token-query", cases::jwt_get_of(&query[1..])),
            (
                "refused-signature",
                with_header(cases::bodies(256).remove(0), "x-elto-signature", &"a".repeat(8000 * times)),
            ),
            ("refused-token", bearer(&"a".repeat(8000 * times))),
            ("refused-dots", bearer(&".".repeat(8000 * times))),
            ("refused-names", bearer(&format!("{}..", encoded_names(120 * times)))),
        ]
        .map(|(what, case)| (format!("linear/{what}/{times}"), case))
    });
    groups.chain(linear).collect()
}

fn bearer(token: &str) -> Case {
    with_header(cases::jwt_post(256), "authorization", &format!("Bearer {token}"))
}

fn with_header(case: Case, name: &str, value: &str) -> Case {
    Case { delivery: case.delivery.without_header(name).with_header(name, value), ..case }
}

/// A JOSE header of so many members.
fn encoded_names(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|index| format!("\"name-{index:03}\":0")).collect();
    BASE64_URL_SAFE_NO_PAD.encode(format!("{{{}}}", members.join(",")))
}
