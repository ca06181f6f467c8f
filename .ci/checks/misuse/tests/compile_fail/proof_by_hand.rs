//! Case 140: a proof that no verification gave.

use countersign::{Evidence, Verified};

fn by_hand(evidence: Evidence) {
    let _ = Verified(evidence);
}

fn by_constructor(evidence: Evidence) {
    let _ = Verified::new(evidence);
}

fn by_default() -> Verified {
    Default::default()
}

fn main() {}
