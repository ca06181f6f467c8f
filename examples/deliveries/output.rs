//! Lines for a terminal or a pipe.

use std::fmt;
use std::io::{self, Write as _};

/// Prints a line. Where nobody reads, there is nobody to tell.
pub(crate) fn print(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// A text from a captured file, so that it cannot break the output or command the terminal.
pub(crate) fn visible(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
