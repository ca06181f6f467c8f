//! Case 47: a verification used again after it has ended.

use countersign::{Head, Secret, Verifier, Vogent};

fn main() {
    let vogent = Vogent::new(Secret::new("secret").unwrap());
    let headers = [("x-elto-signature", "00")];
    let verification = vogent.begin(Head::new("POST", &headers)).unwrap();
    let _ = verification.finish();
    let _ = verification.finish();
}
