//! Case 28: a verifier without a secret.

fn main() {
    let unset: Option<countersign::Secret> = None;
    let _ = countersign::Vogent::new(unset);
}
