//! A planted misuse of the one function whose branch is let pass: it bears the name that `verdict.supp` names.

use std::hint::black_box;

/// Lets pass a branch for each byte, as `countersign::compare::verdict` would if it were called in a loop.
#[inline(never)]
pub fn verdict(equal: bool) -> bool {
    if equal { black_box(true) } else { false }
}
