//! The cases that are run elsewhere.

/// The numbers, the cases, and where they run: `.ci/run`, `.ci/release` or another test target.
pub(crate) const ELSEWHERE: &[(&[u16], &str, &str)] = &[
    (&[1, 2, 3], "hex in lower, upper and mixed case", SUITE),
    (&[4, 5, 6, 7, 8, 9], "a signature that is empty, cut or too long", SUITE),
    (&[11, 13, 18, 21, 24], "a tag written twice, in base64, with a prefix or separators", SUITE),
    (&[12, 23, 25], "white space and lists", SUITE),
    (&[14, 15], "digits of other scripts, bytes that are not ASCII nor UTF-8", SUITE),
    (&[16, 17, 19], "every byte at every position, every flipped bit, other tags", SUITE),
    (&[20, 60], "1 MiB of signature, 64 KiB of header", SUITE),
    (&[28], "no secret at all", "--doc -- guide::security"),
    (&[34], "rotation", SUITE),
    (&[37, 38], "what holds a secret, and a rejection, printed", SUITE),
    (&[39], "a secret compared, written out or serialised", "--doc -- guide::security"),
    (&[46, 58], "a declared length that is not the body's, a request that names its algorithm", SUITE),
    (&[47], "chunks of every size and an early end", SUITE),
    (&[49, 51, 54, 59], "no signature, or in another header or place", SUITE),
    (&[50, 55], "a blank header, and bytes beyond ASCII", SUITE),
    (&[52, 53], "the header twice, and two values in one", SUITE),
    (&[57, 137, 155], "another scheme's request, and another method", SUITE),
    (&[70], "a replay guard", "cargo test --test service"),
    (&[71, 72], "the same request twice without a guard, published signatures", SUITE),
    (&[138, 139], "through `dyn`, and eight threads on one verifier", SUITE),
    (&[140], "a verdict ignored, a proof made by hand", "--doc -- guide::security"),
    (&[141], "branches and indices that depend on the key", ".ci/constant-time"),
    (&[142], "the same of intentional leaks", ".ci/constant-time"),
    (&[143], "no table over the expected signature", ".ci/constant-time"),
    (&[144], "instructions for a wrong digit at each position", ".ci/constant-time"),
    (&[145], "instructions for each slot of a rotation", ".ci/constant-time"),
    (&[146], "payload_hash compared by the same function", ".ci/constant-time"),
    (&[148], "twice the input, twice the work", ".ci/instructions"),
    (&[149], "every combination of features", "cargo hack clippy"),
    (&[150], "where a panic ends the process", "--bin catalogue"),
    (&[154], "a query beside a signed body, through the extractor", "cargo test --test service"),
    (&[156], "a body that ends after the guard has forgotten", "cargo test --test service"),
    (&[157], "two senders with one identifier", "cargo test --test service"),
    (&[159], "5,000 unknown tenants at once", "cargo test --test service"),
    (&[160], "the work of a diagnosis", "cargo test --test diagnosis"),
    (&[161], "claims against a store that is down", "cargo test --test service"),
    (&[162], "what `Debug` prints", "cargo test --test service"),
    (&[163], "a worker that is killed", "cargo test --test redis -- --include-ignored"),
    (&[164], "a duplicate while the first is in progress", "cargo test --test service"),
    (&[165], "panics at extreme durations, times, sizes and texts", "cargo test --test service"),
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
        let numbers = crate::all().into_iter().flat_map(|(name, _)| {
            let words = name.strip_prefix("case_").unwrap().split('_');
            words.map_while(|word| word.parse::<u16>().ok().filter(|_| word.len() == 3))
        });
        let mut seen = BTreeSet::new();
        for number in numbers.chain(ELSEWHERE.iter().flat_map(|(numbers, ..)| *numbers).copied()) {
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
        for (number, command) in ELSEWHERE
            .iter()
            .flat_map(|(numbers, _, command)| numbers.iter().map(move |number| (number, command)))
        {
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
