//! The adapters: the tower layer among the layers of a real service, the axum extractor, replay guards, tenants of a store.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod extractor;
mod extremes;
mod frames;
mod guards;
mod layer;
mod leases;
mod memory;
#[path = "../replay/model.rs"]
mod model;
mod nested;
#[cfg(feature = "tracing")]
mod observed;
mod redaction;
mod responses;
mod stack;
#[allow(dead_code, reason = "shared with the suite")]
#[path = "../suite/support.rs"]
mod support;
mod tenants;
mod world;
