//! The tables of the texts are those of the registry.

use countersign::schemes::Scheme;

const README: &str = include_str!("../../README.md");
const WHICH: &str = include_str!("../../src/guide/which_scheme.md");

/// The cells of the README's table of platforms.
fn platforms() -> Vec<Vec<&'static str>> {
    let table = README.lines().skip_while(|line| !line.starts_with("| platform | type | scheme |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
#[cfg(feature = "ed25519")]
fn the_readme_has_a_row_for_every_scheme() {
    let mut rows: Vec<_> = platforms().iter().map(|row| row[2].trim_matches('`')).collect();
    let mut schemes: Vec<_> = Scheme::ALL.iter().map(Scheme::name).collect();
    rows.sort_unstable();
    schemes.sort_unstable();
    assert_eq!(rows, schemes);
}

#[test]
fn the_guide_names_every_platform() {
    let rows = platforms();
    assert!(rows.len() >= Scheme::ALL.len());
    for row in rows {
        let name = row[1].trim_matches(['[', '`', ']']);
        assert!(WHICH.contains(&format!("{name}`")), "{name}");
    }
}

#[test]
fn the_readme_fits_its_page() {
    // Definitions of links end it.
    let is_link =
        |line: &str| line.starts_with('[') && line.split_once("]: ").is_some_and(|(_, to)| !to.contains(' '));
    let shown = README.lines().take_while(|line| !is_link(line));
    let (tables, prose): (Vec<_>, Vec<_>) = shown.partition(|line| line.starts_with('|'));
    assert!(tables.len() + prose.len() <= 140, "{} lines", tables.len() + prose.len());
    let words = prose.iter().flat_map(|line| line.split_whitespace()).count();
    assert!(words <= 900, "{words} words");
}
