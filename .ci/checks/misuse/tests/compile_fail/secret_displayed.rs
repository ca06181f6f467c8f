//! Case 39: writing a secret out.

fn main() {
    println!("{}", countersign::Secret::new("secret").unwrap());
}
