//! Case 39: comparing secrets, which would take a time that tells of them.

fn main() {
    let secret = || countersign::Secret::new("secret").unwrap();
    let _ = secret() == secret();
}
