//! The diagnosis of rejected requests: mistakes, forgeries, and what it must not show.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests"
)]

mod body;
mod bounds;
mod cases;
mod forgeries;
mod header;
mod names;
mod own_rule;
mod params;
mod registry;
mod scheme;
mod secret;
mod token;
