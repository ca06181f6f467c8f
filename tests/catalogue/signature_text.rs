//! 10 and 22: signatures of other algorithms, and text that could be compared as a number.

use countersign::ErrorKind::{SignatureMalformed, SignatureMismatch};
use countersign::{Algorithm, HexHmac, Vogent, sign};

use crate::forged::Forged;
use crate::run::Run;
use crate::support::{KEY, secret};

cases! {
    case_010_the_right_tag_of_another_algorithm,
    case_022_0e_where_numbers_are_compared,
}

fn case_010_the_right_tag_of_another_algorithm(run: &mut Run) {
    let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    for verified in algorithms {
        let subject = HexHmac::with_algorithm("X-Hex", verified, secret(KEY)).unwrap();
        for signed in algorithms.into_iter().filter(|signed| *signed != verified) {
            let delivery = sign::hex_hmac("x-hex", signed, &secret(KEY), "{}");
            run.rejects(&subject, &delivery, SignatureMalformed);
            // Cut or padded to the right length.
            let right = delivery.header("x-hex").unwrap();
            let own = sign::hex_hmac("x-hex", verified, &secret(KEY), "{}");
            let digits = own.header("x-hex").unwrap().len();
            let fitted: String = right.chars().chain("0".repeat(digits).chars()).take(digits).collect();
            run.rejects(&subject, Forged::from(&delivery).header("x-hex", fitted), SignatureMismatch);
        }
    }
}

fn case_022_0e_where_numbers_are_compared(run: &mut Run) {
    let (body, right) = (0..100_000)
        .map(|counter| format!("{{\"n\":{counter}}}"))
        .map(|body| {
            (body.clone(), sign::vogent(&secret(KEY), body).header("x-elto-signature").unwrap().to_owned())
        })
        .find(|(_, right)| right.starts_with("0e"))
        .unwrap();
    let delivery = sign::vogent(&secret(KEY), body);
    let with = |text: &str| Forged::from(&delivery).header("x-elto-signature", text);
    let subject = Vogent::new(secret(KEY));
    let _ = run.accepts(&subject, with(&right));
    for digit in "0123456789".chars() {
        run.rejects(&subject, with(&format!("0e{}", digit.to_string().repeat(62))), SignatureMismatch);
    }
    run.rejects(&subject, with("0"), SignatureMalformed);
}
