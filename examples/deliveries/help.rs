//! The text of `--help` about the format.

use countersign::schemes::Scheme;
use textwrap::WordSplitter;

/// The schemes and the fields.
pub(crate) fn help() -> String {
    let names: Vec<_> = Scheme::ALL.iter().map(Scheme::name).collect();
    let layout = textwrap::Options::new(100).initial_indent("  ").subsequent_indent("  ");
    let names = textwrap::fill(&names.join(", "), layout.word_splitter(WordSplitter::NoHyphenation));
    format!("Schemes:\n{names}\n\n{}", include_str!("fields.txt"))
}
