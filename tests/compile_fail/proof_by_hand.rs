//! Case 140: a proof that no verification gave.

use countersign::{Coverage, Evidence, KeyId, Verified};

fn main() {
    let _ = Verified(Evidence::new(todo!(), Coverage::Body));
    let _ = Verified::new(Evidence::new(todo!(), Coverage::Body));
    let _: KeyId = KeyId::new(0);
    let _: Verified = Default::default();
}
