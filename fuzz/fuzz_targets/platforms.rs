//! Requests of every platform of the registry: rules, URLs, forms and tokens.
//!
//! The input is the choices with which the oracle's test makes a request.

#![no_main]

#[path = "../../tests/oracle/choices.rs"]
mod choices;
#[path = "../../tests/oracle/edit.rs"]
mod edit;
#[allow(dead_code, reason = "another target's part")]
#[path = "../../tests/oracle/law.rs"]
mod law;
#[allow(dead_code, reason = "another target's part")]
#[path = "../../tests/oracle/naive/mod.rs"]
mod naive;
#[allow(dead_code, reason = "the test's own part")]
#[path = "../../tests/oracle/platforms.rs"]
mod platforms;

use choices::Choices;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = platforms::compare(&mut Choices(input));
});
