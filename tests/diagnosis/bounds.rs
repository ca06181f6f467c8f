//! What a diagnosis asks of memory. What it asks of time is counted by `.ci/instructions`.

use countersign::Vogent;
use countersign::diagnose::{Credentials, Diagnose};
use countersign::sign;

use crate::scheme::{KEY, OTHER_KEY, capture, key};

#[test]
fn memory_is_bounded_by_a_few_bodies() {
    let body = large_body();
    let capture = capture(&sign::vogent(&key(KEY), body.as_str()));
    let vogent = Vogent::new(key(OTHER_KEY));
    let credentials = Credentials::new().secret(OTHER_KEY);
    let used = allocation_counter::measure(|| {
        assert_eq!(vogent.diagnose(&capture, &credentials).findings()[0].code(), "forged_or_unknown_secret");
    });
    let most = u64::try_from(body.len()).unwrap() * 16;
    assert!(used.bytes_max < most, "{} bytes for a body of {}", used.bytes_max, body.len());
}

/// JSON of 1 MiB, such as every program writes it differently.
fn large_body() -> String {
    let member = r#"{"text":"Grüße <b>","url":"https://a.example/b","price":1.50,"tags":["a","b"]}"#;
    format!("[{}]", vec![member; 1_048_576 / member.len()].join(","))
}
