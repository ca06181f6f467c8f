//! The functions that `.ci/no-panic` checks: they verify through the public interface, and are found by name.

use countersign::vonage::{SignatureMethod, Sms};
use countersign::{Algorithm, Head, HexHmac, Request, Secret, Verifier};

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let secret = || Secret::new("s3cr3t").expect("a secret");
    let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    let methods = [
        SignatureMethod::Md5Hash,
        SignatureMethod::Md5,
        SignatureMethod::Sha1,
        SignatureMethod::Sha256,
        SignatureMethod::Sha512,
    ];
    let hex = HexHmac::with_algorithm("x-sig", algorithms[arguments.len() % 3], secret()).expect("a name");
    let sms = Sms::new(methods[arguments.len() % 5], secret());
    for text in &arguments {
        let headers = [("x-sig", text.as_bytes()), ("content-type", b"application/x-www-form-urlencoded")];
        println!("{}", probe_sms(&sms, Head::new(text, &headers), text.as_bytes()));
        println!("{}", probe_hex(&hex, &headers, text.as_bytes()));
        println!("{}", probe_intentional(&hex, &headers, text.as_bytes()));
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn probe_hex(verifier: &HexHmac, headers: &[(&str, &[u8])], body: &[u8]) -> bool {
    verifier.verify(Request::new(Head::new("POST", &headers), body)).is_ok()
}

/// Parameters in the query or in the body, depending on the method.
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn probe_sms(verifier: &Sms, head: Head<'_>, text: &[u8]) -> bool {
    verifier.verify(Request::new(head.with_query(text), text)).is_ok()
}

/// The control: an index that the sender chooses.
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn probe_intentional(verifier: &HexHmac, headers: &[(&str, &[u8])], body: &[u8]) -> bool {
    probe_hex(verifier, headers, body) && body[usize::from(headers[0].1[0])] == 0
}
