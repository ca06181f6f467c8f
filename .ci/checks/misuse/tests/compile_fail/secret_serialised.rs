//! Case 39: serialising a secret.

fn main() {
    let _ = serde_json::to_string(&countersign::Secret::new("secret").unwrap());
}
