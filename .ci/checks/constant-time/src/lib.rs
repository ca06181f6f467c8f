//! What the two programs share: the deliveries, the planted leaks, and the requests to valgrind.

pub mod cases;
pub mod compare;
pub mod keyed;
pub mod leaks;
pub mod valgrind;
