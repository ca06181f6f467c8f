//! Strict text encodings of bytes. They know nothing of webhooks.

pub(crate) mod base64;
pub(crate) mod decimal;
pub(crate) mod form;
pub(crate) mod hex;
pub(crate) mod iso8601;
pub(crate) mod json;
pub(crate) mod marks;
#[cfg(test)]
mod tests;
pub(crate) mod words;
