//! The cases that are run elsewhere.

/// The number, the case, and where it runs: `.ci/run`, `.ci/release` or another test target.
pub(crate) const ELSEWHERE: &[(u16, &str, &str)] = &[
    (1, "hex in lower case", SUITE),
    (2, "in upper case", SUITE),
    (3, "in mixed case", SUITE),
    (4, "an empty signature", SUITE),
    (5, "one digit", SUITE),
    (6, "an odd length", SUITE),
    (7, "a signature less its last byte", SUITE),
    (8, "a byte more", SUITE),
    (9, "every truncation from either end", SUITE),
    (11, "a signature written twice", SUITE),
    (12, "white space before, after or inside", SUITE),
    (13, "0x before it", SUITE),
    (14, "digits and letters of other scripts", SUITE),
    (15, "bytes that are not ASCII nor UTF-8", SUITE),
    (16, "every byte at every position", SUITE),
    (17, "every flipped bit", SUITE),
    (18, "base64 of a tag in hex", SUITE),
    (19, "other bytes of the right length", SUITE),
    (20, "1 MiB of signature", SUITE),
    (21, "separators between the bytes, escaped digits", SUITE),
    (23, "a list where there is none", SUITE),
    (24, "a prefix where there is none", SUITE),
    (25, "lists of signatures", SUITE),
    (28, "no secret at all", ".ci/checks/misuse/Cargo.toml"),
    (34, "rotation", SUITE),
    (38, "a rejection printed", SUITE),
    (39, "a secret compared, written out or serialised", ".ci/checks/misuse/Cargo.toml"),
    (46, "a declared length that is not the body's", SUITE),
    (47, "chunks of every size and an early end", SUITE),
    (49, "no signature, whatever else is there", SUITE),
    (50, "an empty signature or white space", SUITE),
    (51, "the header's name in any letter case", SUITE),
    (52, "the header twice", SUITE),
    (53, "two values in one header", SUITE),
    (54, "a name that is nearly the header's", SUITE),
    (55, "header values beyond ASCII", SUITE),
    (57, "another scheme's signature, right, and none of this one's", SUITE),
    (58, "a request that names its algorithm", SUITE),
    (59, "the signature in another place", SUITE),
    (60, "64 KiB of header", SUITE),
    (70, "a replay guard", "cargo test --test service"),
    (71, "the same request twice without a guard", SUITE),
    (72, "published signatures", SUITE),
    (137, "each scheme's request at each other's verifier", SUITE),
    (138, "through the type and through `dyn`", SUITE),
    (139, "eight threads on one verifier", SUITE),
    (140, "a verdict ignored, a proof made by hand", ".ci/checks/misuse/Cargo.toml"),
    (141, "branches and indices that depend on the key", ".ci/constant-time"),
    (142, "the same of intentional leaks", ".ci/constant-time"),
    (143, "no table over the expected signature", ".ci/constant-time"),
    (144, "instructions for a wrong digit at each position", ".ci/constant-time"),
    (145, "instructions for each slot of a rotation", ".ci/constant-time"),
    (146, "payload_hash compared by the same function", ".ci/constant-time"),
    (148, "twice the input, twice the work", ".ci/instructions"),
    (149, "every combination of features", "cargo hack clippy"),
    (150, "where a panic ends the process", "--example catalogue"),
    (154, "a query beside a signed body, through the extractor", "cargo test --test service"),
    (155, "methods that are not the platform's", SUITE),
    (156, "a body that ends after the guard has forgotten", "cargo test --test service"),
    (157, "two senders with one identifier", "cargo test --test service"),
    (159, "5,000 unknown tenants at once", "cargo test --test service"),
    (160, "the work of a diagnosis", "cargo test --test diagnosis"),
    (161, "claims against a store that is down", "cargo test --test service"),
    (162, "what `Debug` prints", "cargo test --test service"),
    (163, "a worker that is killed", "cargo test --test redis -- --include-ignored"),
    (164, "a duplicate while the first is in progress", "cargo test --test service"),
    (165, "panics at extreme durations, times, sizes and texts", "cargo test --test service"),
];
const SUITE: &str = "cargo test --test suite";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::ELSEWHERE;

    #[test]
    fn each_number_is_there_once() {
        let numbers = crate::all().into_iter().map(|(name, _)| {
            let number = name.strip_prefix("case_").and_then(|rest| rest.get(..3)).unwrap();
            number.parse::<u16>().unwrap()
        });
        let mut seen = BTreeSet::new();
        for number in numbers.chain(ELSEWHERE.iter().map(|(number, ..)| *number)) {
            assert!(seen.insert(number), "{number} twice");
        }
        assert_eq!((1..=165).find(|number| !seen.contains(number)), None);
    }

    /// Where the checkout is: a published package has no `.ci`.
    #[test]
    fn ci_runs_what_runs_elsewhere() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let Ok(run) = fs::read_to_string(root.join(".ci/run")) else { return };
        let release = fs::read_to_string(root.join(".ci/release")).unwrap();
        for (number, _, command) in ELSEWHERE {
            let line = match command.split_whitespace().collect::<Vec<_>>()[..] {
                ["cargo", "test", "--test", target] => {
                    assert!(is_named(*number, &root.join("tests").join(target)), "{number}: {target}");
                    "run cargo test --all-features\n".to_owned()
                }
                ["cargo", "test", "--test", target, ref options @ ..] => {
                    assert!(is_named(*number, &root.join("tests").join(target)), "{number}: {target}");
                    format!("cargo test --all-features --test {target} {}\n", options.join(" "))
                }
                _ => (*command).to_owned(),
            };
            assert!(run.contains(&line) || release.contains(&line), "{number}: no script runs `{command}`");
        }
    }

    /// Whether a comment of a file in this folder names an attack.
    fn is_named(number: u16, folder: &Path) -> bool {
        fs::read_dir(folder).unwrap().any(|file| {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let numbers = text.lines().filter_map(|line| line.split_once("//")?.1.split_once(" Attack"));
            let mut words = numbers.flat_map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()));
            words.any(|word| word == number.to_string())
        })
    }
}
