//! Diagnoses of whole requests: nothing is proved that the verifier accepts, or that nobody signed, and nothing is shown.
//!
//! The input is the choices by which the oracle's test makes a delivery.

#![no_main]

#[path = "../../tests/oracle/case/mod.rs"]
mod case;
#[path = "../../tests/oracle/choices.rs"]
mod choices;
#[path = "../../tests/oracle/edit.rs"]
mod edit;
#[allow(dead_code, reason = "another target's part")]
#[path = "../../tests/oracle/naive/mod.rs"]
mod naive;

use case::Case;
use choices::Choices;
