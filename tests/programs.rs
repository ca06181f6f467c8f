//! What callers of the examples `deliveries` and `explain` rely on: JSON lines, streams and exit statuses.
//!
//! `cargo test --all-features` builds the examples and runs this. Alone:
//!
//! ```text
//! cargo build --all-features --examples
//! cargo test --all-features --test programs
//! ```

#![allow(clippy::format_collect, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const DELIVERIES: &str = include_str!("../examples/deliveries.jsonl");
const MISTAKES: &str = include_str!("../examples/mistakes.jsonl");
const SECRET: &str = "whsec-5f1e3c07d94b";
/// A request to Vogent's verifier, signed with `SECRET` and SHA-512, where SHA-256 is configured.
const HEAD: &str = "POST /vogent?a=1 HTTP/1.1\r\nHost: a.example\r\nX-Elto-Signature: \
    8b2a486decdbb0b29a6dbd39bfd4b331fea9f540adaba0b3f0cce2cfc8a6adfa\
    f6d5a7e457a1154fdbec707671d21df7df4511158c1a8dca1ca06a5c309217d0\r\n\r\n";
const BODY: &str = r#"{"event":"dial.started"}"#;
/// The first finding of each bundled mistake, and whether it is proved.
const CAUSES: [(&str, bool); 20] = [
    ("secret_whitespace", true),
    ("secret_quoted", true),
    ("secret_other", true),
    ("body_reserialised", true),
    ("body_base64", true),
    ("header_other", true),
    ("algorithm_other", true),
    ("forged_or_unknown_secret", false),
    ("algorithm_other", true),
    ("params_other_source", true),
    ("params_added", true),
    ("scheme_other", true),
    ("payload_hash_reserialised", true),
    ("clock_skew", true),
    ("timestamp_milliseconds", true),
    ("unsigned_callback", false),
    ("secret_other", true),
    ("payload_hash_raw_query", true),
    ("secret_base64", true),
    ("token_expired", true),
];

#[test]
fn deliveries_prints_a_json_line_for_each_delivery() {
    let run = run("deliveries", &["--json"], "");
    assert_eq!((run.status, run.errors.as_str()), (0, ""));
    assert_eq!(run.ids(), ids(DELIVERIES));
    for line in run.lines() {
        let fields: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
        match line["verdict"].as_str().unwrap() {
            "accept" => assert_eq!(fields, ["coverage", "id", "key", "verdict"]),
            verdict => assert_eq!(
                (verdict, &*fields),
                ("reject", &["id", "kind", "status", "verdict"].map(String::from)[..])
            ),
        }
    }
}

#[test]
fn deliveries_is_strict_on_request() {
    let [genuine, refused] = ["vogent genuine", "vogent wrong secret"].map(delivery);
    assert_eq!(run("deliveries", &["--strict", "-"], refused).status, 1);
    assert_eq!(run("deliveries", &["--strict", "-"], genuine).status, 0);
    assert_eq!(run("deliveries", &["-"], refused).status, 0);
    assert!(
        run("deliveries", &["--summary", "-"], genuine)
            .output
            .contains("1 deliveries: 1 accepted, 0 refused")
    );
}

#[test]
fn deliveries_reports_unreadable_lines_and_files_and_reads_the_others() {
    let [genuine, refused] = ["vogent genuine", "vogent wrong secret"].map(delivery);
    let lines = run("deliveries", &["--json", "-"], &format!("{genuine}\nnot JSON\n\n{{}}\n{refused}\n"));
    assert_eq!((lines.status, lines.lines().len()), (2, 2));
    assert!(lines.errors.contains("line 2:") && lines.errors.contains("line 4:"), "{}", lines.errors);

    let root = env!("CARGO_MANIFEST_DIR");
    let bundled = format!("{root}/examples/deliveries.jsonl");
    let files = run("deliveries", &["--json", "/nonexistent", root, &bundled], "");
    assert_eq!((files.status, files.ids()), (2, ids(DELIVERIES)));
}

#[test]
fn an_unknown_option_is_refused() {
    for program in ["deliveries", "explain"] {
        let run = run(program, &["--frobnicate", "x"], "");
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{program}");
        assert!(run.errors.contains("--frobnicate"), "{program}: {}", run.errors);
    }
}

#[test]
fn explain_names_the_cause_of_each_bundled_mistake() {
    let run = run("explain", &["--json"], "");
    assert_eq!((run.status, run.errors.as_str()), (0, ""));
    assert_eq!(run.ids(), ids(MISTAKES));
    let lines = run.lines();
    for (line, (code, proved)) in lines.iter().zip(CAUSES) {
        let first = &line["findings"][0];
        assert_eq!((&first["code"], &first["proved"]), (&json!(code), &json!(proved)), "{}", line["id"]);
        for finding in line["findings"].as_array().unwrap() {
            let fields: Vec<_> = finding.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["code", "evidence", "proved", "remedy"]);
        }
    }
    assert_eq!(lines.len(), CAUSES.len());
}

#[test]
fn explain_prints_no_secret_and_no_signature() {
    let people = run("explain", &[], "").output;
    for id in ids(MISTAKES) {
        assert!(people.contains(id.as_str().unwrap()), "{id}");
    }
    let printed = people + &run("explain", &["--json"], "").output;
    let mistakes: Vec<Value> = MISTAKES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for mistake in &mistakes {
        let candidates = mistake["candidates"].as_object().into_iter().flat_map(|named| named.values());
        for secret in candidates.chain([&mistake["secret"]]).filter_map(Value::as_str) {
            assert!(!printed.contains(secret.trim()), "a secret of {}", mistake["id"]);
        }
        // A signature or a segment of a token.
        let received = format!("{}{}", mistake["headers"], mistake["query"]);
        for word in received.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)) {
            assert!(word.len() < 32 || !printed.contains(word), "a signature of {}", mistake["id"]);
        }
    }
}

#[test]
fn explain_reports_unreadable_lines_and_reads_the_others() {
    let first = MISTAKES.lines().next().unwrap();
    let lines = run("explain", &["--json", "-"], &format!("not JSON\n{first}\n{{}}\n"));
    assert_eq!((lines.status, lines.lines().len()), (2, 1));
    assert!(lines.errors.contains("line 1") && lines.errors.contains("line 3"), "{}", lines.errors);
    let empty = json!({"id": 1, "scheme": "vogent", "secret": ""}).to_string();
    assert!(run("explain", &["--json", "-"], &empty).output.contains("\"secret_empty\""));
}

#[test]
fn explain_reads_a_request_from_a_proxy_or_curl() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let sent: String = HEAD.split_inclusive('\n').map(|line| format!("> {line}")).collect();
    let saved = file("saved", &format!("{HEAD}{BODY}"));
    let traced = file("curl", &format!("* Connected to a.example\n{sent}< HTTP/1.1 401\r\n"));
    let body = file("body", BODY);
    let options = ["--json", "--scheme", "vogent", "--secret", "THE_SECRET"];

    for source in [&["--http", &saved][..], &["--body", &body, "--http", &traced]] {
        let run = run("explain", &[&options, source].concat(), "");
        assert!(run.status == 0 && run.output.contains("\"algorithm_other\""), "{source:?}: {run:?}");
    }
    let other =
        ["--json", "--scheme", "vogent", "--secret", "WRONG", "--candidate", "THE_SECRET", "--http", &saved];
    let other = run("explain", &other, "").output;
    assert!(other.contains("\"secret_other\"") && other.contains("`THE_SECRET`"), "{other}");

    let nowhere = folder.join("nonexistent");
    for incomplete in [&["--http", &saved][..], &[&options[..], &["--http", &body]].concat()] {
        let run = run("explain", incomplete, "");
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{incomplete:?}");
    }
    let missing = run("explain", &[&options[..], &["--http", nowhere.to_str().unwrap()]].concat(), "");
    assert_eq!((missing.status, missing.output.as_str()), (2, ""));
}

/// What a program printed, and how it ended.
#[derive(Debug)]
struct Run {
    status: i32,
    output: String,
    errors: String,
}

impl Run {
    fn lines(&self) -> Vec<Value> {
        self.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn ids(&self) -> Vec<Value> {
        self.lines().into_iter().map(|mut line| line["id"].take()).collect()
    }
}

fn run(program: &str, arguments: &[&str], input: &str) -> Run {
    let mut command = Command::new(built(program));
    command.args(arguments).env("THE_SECRET", SECRET).env("WRONG", "wrong");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that reads no input may have ended.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    let [output, errors] = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
    Run { status: ended.status.code().unwrap(), output, errors }
}

/// Cargo builds examples beside this test's folder.
fn built(program: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: see the first lines of this file", path.display());
    path
}

/// The bundled delivery of this name.
fn delivery(id: &str) -> &'static str {
    let named = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["id"] == id;
    DELIVERIES.lines().find(named).unwrap()
}

fn ids(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].take()).collect()
}
