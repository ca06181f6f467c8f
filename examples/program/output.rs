//! Output of the programs, to a terminal or a pipe.

use std::fmt;
use std::io::{self, Write as _};

/// Prints a line. A closed pipe is ignored.
pub(crate) fn print(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints a line on standard error.
pub(crate) fn complain(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Escapes text of a captured file, so that it cannot break the output or control the terminal.
pub(crate) fn visible(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
