//! Command-line options.

use clap::{Arg, Command, Parser};
use textwrap::WordSplitter;

/// Parses the arguments. A wrong one exits with status 2 and a list of the options, `--help` with status 0.
pub(crate) fn options<P: Parser>() -> P {
    let mut command = P::command().max_term_width(WIDTH);
    command.build();
    let usage = usage(&command);
    let matches = command.override_usage(usage).get_matches();
    P::from_arg_matches(&matches).unwrap_or_else(|wrong| wrong.exit())
}

/// Names every option instead of clap's `[OPTIONS]`.
fn usage(command: &Command) -> String {
    let name = |argument: &Arg| {
        if argument.is_positional() { argument.to_string() } else { format!("[{argument}]") }
    };
    // Keeps an option and its value on one line.
    let all: Vec<_> = command.get_arguments().map(|argument| name(argument).replace(' ', NO_BREAK)).collect();
    let layout = textwrap::Options::new(WIDTH).initial_indent(INDENT).subsequent_indent(INDENT);
    let layout = layout.word_splitter(WordSplitter::NoHyphenation);
    let wrapped = textwrap::fill(&format!("{} {}", command.get_name(), all.join(" ")), layout);
    wrapped.trim_start().replace(NO_BREAK, " ")
}

const WIDTH: usize = 100;
/// As wide as `Usage: `.
const INDENT: &str = "       ";
const NO_BREAK: &str = "\u{a0}";
