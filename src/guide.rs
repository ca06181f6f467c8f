//! The guide, without code.

/// Why is it built like this?
#[doc = "\n"]
#[doc = include_str!("guide/design.md")]
pub mod design {}
/// What happens to an event that is sent twice?
#[doc = "\n"]
#[doc = include_str!("guide/exactly_once.md")]
pub mod exactly_once {}
/// What does this error mean, and what do I do?
#[doc = "\n"]
#[doc = include_str!("guide/errors.md")]
pub mod errors {}
/// How do I switch from another library?
#[doc = "\n"]
#[doc = include_str!("guide/migration.md")]
pub mod migration {}
/// How do I add a platform?
#[doc = "\n"]
#[doc = include_str!("guide/own_scheme.md")]
#[doc = "```"]
#[doc = include_str!("../examples/own_scheme.rs")]
#[doc = "```"]
pub mod own_scheme {}
/// What do I set up before the first webhook?
#[doc = "\n"]
#[doc = include_str!("guide/production.md")]
pub mod production {}
/// What does each scheme prove?
#[doc = "\n"]
#[doc = include_str!("guide/proof.md")]
pub mod proof {}
/// Who attacks, and what stops them?
#[doc = "\n"]
#[doc = include_str!("guide/security.md")]
pub mod security {}
/// Which type verifies this request?
#[doc = "\n"]
#[doc = include_str!("guide/which_scheme.md")]
pub mod which_scheme {}
