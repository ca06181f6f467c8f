//! Output of the programs, to a terminal or a pipe.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::process;

/// Prints a line. If nobody can get it, the program ends with status 2: silently if the reader has closed the pipe.
pub(crate) fn print(line: impl fmt::Display) {
    if let Err(error) = writeln!(io::stdout(), "{line}") {
        if error.kind() != ErrorKind::BrokenPipe {
            complain(format_args!("standard output: {error}"));
        }
        process::exit(2);
    }
}

/// Prints a line on standard error.
pub(crate) fn complain(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", visible(&line.to_string()));
}

/// Escapes text of a captured file, so that it cannot break the output, control the terminal or reorder what is read.
pub(crate) fn visible(text: &str) -> String {
    text.chars().flat_map(|c| if is_hidden(c) { c.escape_default().collect() } else { vec![c] }).collect()
}

/// Whether a character is a control, ends a line, sets a direction or has no width.
fn is_hidden(c: char) -> bool {
    let is_format = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    is_format || c.is_control()
}
