//! Case 140: a verdict that nobody looks at.
#![deny(unused_must_use)]

use countersign::{Head, Request, Secret, Verifier, Vogent};

fn main() {
    let vogent = Vogent::new(Secret::new("secret").unwrap());
    let headers = [("x-elto-signature", "00")];
    vogent.verify(Request::new(Head::new("POST", &headers), b"{}"));
}
