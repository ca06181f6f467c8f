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

use cases::{Case, METHODS};
use countersign::vonage::Method;

fn main() {
    // Cargo passes `--bench` to every bench, and `--test` where it only tries them.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let all = all();
    match arguments.as_slice() {
        [name, count] => {
            let (_, case) = all.iter().find(|(listed, _)| listed == name).unwrap();
            verify(case, count.parse().unwrap());
        }
        _ => {
            for (name, case) in &all {
                verify(case, 1);
                println!("{name}");
            }
        }
    }
}

fn verify(case: &Case, count: usize) {
    let request = case.delivery.to_http("/webhook").unwrap();
    for _ in 0..count {
        assert!(black_box(case.verifier.verify(black_box(&request).into())).is_ok());
    }
}

/// The groups of the bench `verify`; and, for the law that cost is linear, `linear/WHAT/1` and twice as much of it,
/// `linear/WHAT/2`.
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
        ]
        .map(|(what, case)| (format!("linear/{what}/{times}"), case))
    });
    groups.chain(linear).collect()
}
