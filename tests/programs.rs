//! The interface of the examples `deliveries` and `explain`: JSON lines, streams, exit statuses, and output for
//! people.
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

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::schemes::Scheme;
use serde_json::{Map, Value, json};

const DELIVERIES: &str = include_str!("../examples/deliveries.jsonl");
const MISTAKES: &str = include_str!("../examples/mistakes.jsonl");
const SECRET: &str = "whsec-5f1e3c07d94b";
/// A request for a verifier with SHA-256, signed with `SECRET` and SHA-512.
const HEAD: &str = "POST /vogent?a=1 HTTP/1.1\r\nHost: a.example\r\nX-Elto-Signature: \
    8b2a486decdbb0b29a6dbd39bfd4b331fea9f540adaba0b3f0cce2cfc8a6adfa\
    f6d5a7e457a1154fdbec707671d21df7df4511158c1a8dca1ca06a5c309217d0\r\n\r\n";
const BODY: &str = r#"{"event":"dial.started"}"#;
const OPTIONS: [&str; 5] = ["--json", "--scheme", "vogent", "--secret", "THE_SECRET"];
/// The first finding of each bundled mistake. A `?` marks one that is not proved.
const CAUSES: &str = "
    secret_whitespace secret_quoted secret_other body_reserialised body_base64
    header_other algorithm_other forged_or_unknown_secret? algorithm_other params_other_source
    params_added scheme_other payload_hash_reserialised clock_skew timestamp_milliseconds
    unsigned_callback? secret_other payload_hash_raw_query scheme_other token_expired";

#[test]
fn deliveries_prints_a_json_line_for_each_delivery() {
    let run = run("deliveries", &["--json"], "");
    assert_eq!((run.status, run.errors.as_str()), (0, ""));
    assert_eq!(run.ids(), ids(DELIVERIES));
    for line in run.lines() {
        let fields: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
        let expected = [
            ("accept", ["coverage", "id", "key", "verdict"]),
            ("reject", ["id", "kind", "status", "verdict"]),
        ];
        let is_one = expected.iter().any(|(verdict, names)| line["verdict"] == *verdict && fields == *names);
        assert!(is_one, "{line}");
    }
}

#[test]
fn deliveries_is_strict_on_request() {
    let [genuine, rejected] = ["vogent genuine", "vogent wrong secret"].map(delivery);
    assert_eq!(run("deliveries", &["--strict", "-"], rejected).status, 1);
    assert_eq!(run("deliveries", &["--strict", "-"], genuine).status, 0);
    assert_eq!(run("deliveries", &["-"], rejected).status, 0);
}

#[test]
fn deliveries_ends_with_a_summary() {
    let lines = format!("{}\n{}\nnot JSON\n", delivery("vogent genuine"), delivery("vogent wrong secret"));
    let counts = "2 requests: 1 accepted, 1 rejected, 1 unreadable";
    assert!(run("deliveries", &["-"], &lines).output.ends_with(&format!("\n{counts}\n")));
    let summary = run("deliveries", &["--summary", "-"], &lines).output;
    assert!(summary.contains(&format!("\n{counts}; ")) && summary.contains(" a second"), "{summary}");
    let json = run("deliveries", &["--summary", "--json", "-"], &lines);
    assert!(json.lines().len() == 2 && json.errors.contains(counts), "{json:?}");
}

#[test]
fn deliveries_reports_unreadable_lines_and_files_and_reads_the_others() {
    let [genuine, rejected] = ["vogent genuine", "vogent wrong secret"].map(delivery);
    let lines = run("deliveries", &["--json", "-"], &format!("{genuine}\nnot JSON\n\n{{}}\n{rejected}\n"));
    assert_eq!((lines.status, lines.lines().len()), (2, 2));
    assert!(lines.errors.contains("line 2:") && lines.errors.contains("line 4:"), "{}", lines.errors);

    assert!(lines.errors.contains("not JSON: expected ident at column 2\n"), "{}", lines.errors);

    let root = env!("CARGO_MANIFEST_DIR");
    let bundled = format!("{root}/examples/deliveries.jsonl");
    let files = run("deliveries", &["--json", "/nonexistent", root, &bundled], "");
    assert_eq!((files.status, files.ids()), (2, ids(DELIVERIES)));
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    let marked = format!("\u{feff}{}\n", delivery("vogent genuine"));
    assert_eq!(run("deliveries", &["--strict", "-"], &marked.repeat(2)).status, 0);

    let text: Vec<_> = HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = saved("as PowerShell writes it", [b"\xff\xfe", text.as_slice()].concat());
    for arguments in [&[file.as_str()][..], &[&OPTIONS[..], &["--http", &file]].concat()] {
        let run = run("explain", arguments, "");
        assert!(run.status == 2 && run.errors.contains("the file is UTF-16"), "{run:?}");
    }
    // A line that only begins like it ends no file.
    let file = saved("a bad line", [b"{}\n\xff\xfe\n", delivery("vogent genuine").as_bytes()].concat());
    let run = run("deliveries", &["--json", &file], "");
    assert_eq!((run.status, run.ids()), (2, vec![json!("vogent genuine")]), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn lost_output_is_an_error() {
    let load: &[_] = if cfg!(feature = "tower") { &[("load", "--seconds=1")] } else { &[] };
    for (program, argument) in [("deliveries", "--json"), ("explain", "--json")].iter().chain(load) {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = Command::new(built(program)).arg(argument).stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{program}");
        assert!(ended.stderr.starts_with(b"standard output: "), "{program}: {ended:?}");
    }
}

#[test]
fn a_closed_pipe_ends_the_program() {
    for program in ["deliveries", "explain"] {
        let mut command = Command::new(built(program));
        command.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        let line = format!("{}\n", delivery("vogent genuine"));
        assert!((0..10_000).any(|_| stdin.write_all(line.as_bytes()).is_err()), "{program} reads on");
        assert!(child.wait_with_output().unwrap().stderr.is_empty(), "{program}");
    }
}

#[test]
fn a_wrong_option_is_rejected_with_the_list_of_right_ones() {
    let explain =
        ["--http", "--body", "--scheme", "--secret", "--base-url", "--public-key", "--format", "--now"];
    let cases: [(&str, &str, &[&str]); 6] = [
        ("deliveries", "--frobnicate x", &["--frobnicate", "--json", "--strict", "--summary"]),
        ("explain", "--frobnicate x", &["--frobnicate"]),
        ("explain", "--scheme vogent", &explain),
        ("explain", "--now 1700000000 -", &explain),
        ("explain", "--http x --scheme vogent", &explain),
        ("explain", "--http x --scheme nobody --secret THE_SECRET", &["vogent", "vonage-sms"]),
    ];
    for (program, arguments, named) in cases {
        let run = run(program, &arguments.split(' ').collect::<Vec<_>>(), "");
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{arguments:?}");
        for name in named {
            assert!(run.errors.contains(name), "{arguments:?}, {name}: {}", run.errors);
        }
    }
}

#[cfg(feature = "tower")]
#[test]
fn load_ends_with_status_2_for_a_wrong_option() {
    for arguments in [&["--listen", "foo"][..], &["--seconds", "0"], &["--seconds", "x"], &["--max-cost"]] {
        let run = run("load", arguments, "");
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn help_lists_schemes_options_and_fields() {
    for program in ["deliveries", "explain"] {
        let run = run(program, &["--help"], "");
        assert_eq!((run.status, run.errors.as_str()), (0, ""), "{program}");
        for name in
            Scheme::ALL.iter().map(Scheme::name).chain(["--json", "tolerance_s", "base_url", "public_key"])
        {
            assert!(run.output.contains(name), "{program}: {name}");
        }
        assert_fits(&run.output);
    }
}

#[test]
fn what_is_for_people_fits_100_columns_and_is_plain_in_a_pipe() {
    let long =
        json!({"id": "very long ".repeat(40), "scheme": "x".repeat(200), "secret": "s", "headers": []});
    for program in ["deliveries", "explain"] {
        let bundled = run(program, &[], "").output;
        assert_fits(&bundled);
        assert!(!bundled.contains('\u{1b}'), "{program}");
    }
    let long = run("deliveries", &["-"], &long.to_string()).output;
    assert_fits(&long);
    assert_eq!(long.matches("very").count(), 40, "{long}");
}

/// A command's output on a terminal. Every Debian has `script`.
#[cfg(target_os = "linux")]
fn on_a_terminal(command: &str, variables: &[(&str, &str)]) -> String {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).stdin(Stdio::null());
    script.env("TERM", "xterm").env_remove("NO_COLOR").envs(variables.iter().copied());
    String::from_utf8(script.output().unwrap().stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_has_colours_unless_no_color_is_set() {
    for program in ["deliveries", "explain"] {
        let command = built(program).to_str().unwrap().to_owned();
        assert!(on_a_terminal(&command, &[]).contains('\u{1b}'), "{program}");
        let plain = on_a_terminal(&command, &[("NO_COLOR", "1")]);
        assert!(!plain.contains('\u{1b}') && plain.contains("requests"), "{program}: {plain}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn progress_is_shown_after_a_second_where_the_lines_go_elsewhere() {
    let program = built("deliveries");
    let file = saved("slow", DELIVERIES);
    let command = |to: &str| {
        let lines = format!("(cat '{file}'; sleep 1.2; cat '{file}')");
        format!("sh -c \"{lines} | '{}' --json - {to}\"", program.display())
    };
    assert!(on_a_terminal(&command(">/dev/null"), &[]).contains(" read, "));
    assert!(!on_a_terminal(&command(""), &[]).contains(" read, "));
}

#[test]
fn explain_names_the_cause_of_each_bundled_mistake() {
    let run = run("explain", &["--json"], "");
    assert_eq!((run.status, run.errors.as_str()), (0, ""));
    assert_eq!(run.ids(), ids(MISTAKES));
    let lines = run.lines();
    for (line, cause) in lines.iter().zip(CAUSES.split_whitespace()) {
        let (first, code) = (&line["findings"][0], cause.trim_end_matches('?'));
        assert_eq!(
            (&first["code"], &first["proved"]),
            (&json!(code), &json!(code == cause)),
            "{}",
            line["id"]
        );
        for finding in line["findings"].as_array().unwrap() {
            let fields: Vec<_> = finding.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["code", "evidence", "proved", "remedy"]);
        }
    }
    assert_eq!(lines.len(), CAUSES.split_whitespace().count());
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
fn a_captured_text_controls_no_terminal() {
    let odd = "a\u{1b}[2J\u{9b}2J\u{7f}\nb\u{202e}c\u{2066}d\u{200f}e\u{2028}f\u{200b}g\u{feff}h";
    let mut named: Value = serde_json::from_str(delivery("vogent genuine")).unwrap();
    named["candidates"] = json!({odd: named["secret"].take()});
    named["secret"] = json!("another");
    let lines = [
        named,
        json!({"id": odd, "scheme": odd, "secret": "x"}),
        json!({"id": odd, "scheme": "vogent", "secret": "x", "headers": [[odd, "00".repeat(32)]]}),
    ];
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    for program in ["deliveries", "explain"] {
        let run = run(program, &["-"], &input);
        for text in [&run.output, &run.errors] {
            let is_shown = |c: char| c == '\n' || " …".contains(c) || c.is_ascii_graphic();
            assert!(text.chars().all(is_shown), "{program}: {text:?}");
        }
        assert!(program == "deliveries" || run.output.contains("secret_other"), "{}", run.output);
    }
}

#[test]
fn explain_reports_unreadable_lines_and_reads_the_others() {
    let first = MISTAKES.lines().next().unwrap();
    let lines = run("explain", &["--json", "-"], &format!("not JSON\n{first}\n{{}}\n"));
    assert_eq!((lines.status, lines.lines().len()), (2, 1));
    assert!(lines.errors.contains("line 1") && lines.errors.contains("line 3"), "{}", lines.errors);
    assert!(run("explain", &["-"], "").output.starts_with("0 requests: "));
    let empty = json!({"id": 1, "scheme": "vogent", "secret": ""}).to_string();
    assert!(run("explain", &["--json", "-"], &empty).output.contains("\"secret_empty\""));
}

#[test]
fn explain_verifies_no_request_without_a_secret() {
    // A secret that once stood in for a missing one.
    for secrets in [json!({"secret": ""}), json!({"secrets": []}), json!({"secrets": ["", "x"]})] {
        let token = json!({
            "id": 1, "scheme": "static-token", "header": "x-token", "headers": [["x-token", "c3RyYW5nZXI="]]
        });
        let line: Map<_, _> =
            [token, secrets].into_iter().flat_map(|fields| fields.as_object().unwrap().clone()).collect();
        let run = run("explain", &["--json", "-"], &Value::from(line).to_string());
        assert_ne!(run.lines()[0]["findings"], json!([]), "{}", run.output);
        assert!(run.errors.starts_with("explain: 1: ") && run.errors.contains("empty"), "{}", run.errors);
    }
}

#[test]
fn explain_reads_a_request_from_a_proxy_or_curl() {
    let (start, headers) = HEAD.split_once("\r\n").unwrap();
    let with = |header: &str| format!("{start}\r\n{header}\r\n{headers}");
    let (one, two) = BODY.split_at(10);
    let chunks = format!("{:X}\r\n{one}\r\n{:x};name=value\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
    let http_2 = "* using HTTP/2\n* [HTTP/2] [1] OPENED stream for https://a.example/vogent?a=1\n\
        * [HTTP/2] [1] [:method: POST]\n* [HTTP/2] [1] [:path: /vogent?a=1]\n* [HTTP/2] [1] [x-elto-signature: ab]\n";
    let sent = HEAD.to_lowercase().replace("post", "POST").replace("http/1.1", "HTTP/2");
    let http_2 = http_2.to_owned() + &traced(&sent);
    let body = saved("body", BODY);
    let length = format!("Content-Length: {}", BODY.len());
    let sources = [
        ("plain", format!("{HEAD}{BODY}"), None),
        ("ends with a line feed", with(&length) + BODY + "\n", None),
        ("chunked", with("Transfer-Encoding: chunked") + &chunks, None),
        (
            "chunked, with other line ends",
            (with("Transfer-Encoding: chunked") + &chunks).replace('\r', ""),
            None,
        ),
        ("with a byte order mark", format!("\u{feff}{HEAD}{BODY}"), None),
        ("chunked once, decoded since", with("Transfer-Encoding: chunked") + BODY, None),
        ("curl", traced(&with(&length)), Some(&body)),
        ("curl by HTTP 2", http_2, Some(&body)),
    ];
    for (name, text, body) in sources {
        let body = body.map(|body| ["--body", body]);
        let run = explain_saved(&saved(name, &text), &[&OPTIONS, body.as_slice().as_flattened()].concat());
        let found = &run.lines()[0]["findings"][0];
        let expected = (0, &json!("algorithm_other"), &json!(true));
        assert_eq!((run.status, &found["code"], &found["proved"]), expected, "{name}: {run:?}");
    }

    let file = saved("other secret", format!("{HEAD}{BODY}"));
    let candidate = ["--json", "--scheme", "vogent", "--secret", "WRONG", "--candidate", "THE_SECRET"];
    let other = explain_saved(&file, &candidate).output;
    assert!(other.contains("\"secret_other\"") && other.contains("`THE_SECRET`"), "{other}");
}

#[test]
fn explain_says_why_it_cannot_read_a_request() {
    const CHUNKED: &str = "Transfer-Encoding: gzip, chunked";
    let (start, headers) = HEAD.split_once("\r\n").unwrap();
    let with = |header: &str, body: &str| format!("{start}\r\n{header}\r\n{headers}{body}");
    let cases = [
        ("no body", with("Content-Length: 39", ""), "the file holds 0 of 39 bytes"),
        ("half a body", with("content-length: 39", "12345"), "the file holds 5 of 39 bytes"),
        ("half a chunk", with(CHUNKED, "3\r\nabc\r\n5\r\nde"), "after 3 bytes of the body"),
        ("no size", with("Transfer-Encoding: chunked", "3\r\nabc\r\nx\r\n"), "follows 3 bytes of the body"),
        ("chunks from curl", with("Transfer-Encoding: chunked", ""), "give the body with --body"),
        ("no request", BODY.to_owned(), "neither an HTTP request nor the output of `curl -v`"),
        ("nothing", String::new(), "neither an HTTP request nor the output of `curl -v`"),
    ];
    for (name, text, problem) in cases {
        let run = explain_saved(&saved(name, &text), &OPTIONS);
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{name}");
        assert!(run.errors.contains(problem), "{name}: {}", run.errors);
    }
    let bare = explain_saved(&saved("no length", HEAD), &OPTIONS);
    assert!(bare.status == 0 && bare.errors.contains("the file holds no body"), "{bare:?}");
    let missing = explain_saved("/nonexistent", &OPTIONS);
    assert_eq!((missing.status, missing.output.as_str()), (2, ""));
}

#[test]
fn explain_says_which_url_it_tries_if_the_scheme_signs_it() {
    let head =
        "POST /voice HTTP/1.1\r\nHost: a.example\r\nX-Twilio-Signature: AAAA\r\nContent-Length: 0\r\n\r\n";
    let file = saved("behind a proxy", head);
    let options = |scheme, given: &[&'static str]| {
        let run = explain_saved(&file, &[&["--secret", "THE_SECRET", "--scheme", scheme], given].concat());
        assert_eq!(run.status, 0, "{run:?}");
        run.errors
    };
    assert!(options("twilio", &[]).contains("so https://a.example is tried"));
    assert_eq!(options("twilio", &["--base-url", "https://b.example"]), "");
    assert_eq!(options("vogent", &[]), "");
}

#[test]
fn a_signed_url_may_have_another_in_its_query() {
    let head = "GET /cb?u=http://b.example/c HTTP/1.1\r\nHost: a.example\r\n\
        X-Twilio-Signature: U0dFRttoxQ/HkKotakFqsiOIpu4=\r\n\r\n";
    let file = saved("a URL in the query", head);
    let run = run("explain", &["--http", &file, "--scheme", "twilio", "--secret", "THE_SECRET"], "");
    assert!(run.output.contains("The request verifies."), "{run:?}");
}

#[test]
fn a_secret_given_in_place_of_a_variable_is_not_printed() {
    let file = saved("secret given", format!("{HEAD}{BODY}"));
    let pair = format!("a1b2={SECRET}");
    for given in [
        &["--secret", SECRET][..],
        &["--secret-b64", SECRET],
        &["--key", SECRET],
        &["--key", &pair],
        &["--secret", "THE_SECRET", "--candidate", SECRET],
        &["--secret", "THE_SECRET", "--public-key", SECRET],
        &["--public-key", SECRET],
        &["--algorithm", SECRET, "--secret", "THE_SECRET"],
    ] {
        let run = explain_saved(&file, &[&["--scheme", "vogent"], given].concat());
        assert!(run.status == 2 && run.output.is_empty() && !run.errors.is_empty(), "{given:?}: {run:?}");
        assert!(!run.errors.contains(SECRET), "{given:?}: {}", run.errors);
    }
}

#[test]
fn explain_proposes_the_time_of_a_request_that_is_merely_old() {
    let mut line = Value::Null;
    // If the scheme's longest window is too short, the time is unknown.
    for (id, is_known) in [
        ("hume genuine", true),
        ("livekit genuine", false),
        ("retell genuine", false),
        ("jwt genuine, POST", true),
    ] {
        line = serde_json::from_str(delivery(id)).unwrap();
        let signed = line.as_object_mut().unwrap().remove("now").unwrap();
        let old = run("explain", &["--json", "-"], &line.to_string());
        let found = &old.lines()[0]["findings"][0];
        let now = if is_known { signed.to_string() } else { "SECONDS".to_owned() };
        let proposal = format!("`--now {now}`");
        assert!(found["remedy"].as_str().unwrap().contains(&proposal), "{id}: {found}");
    }

    // Here the clock is wrong.
    line["now"] = json!(1_000_000_000);
    let skewed = run("explain", &["--json", "-"], &line.to_string()).output;
    assert!(skewed.contains("clock_skew") && !skewed.contains("--now"), "{skewed}");
}

#[test]
fn a_setting_that_the_scheme_needs_is_named() {
    let mut cases =
        vec![(json!({"id": 1, "scheme": "hex-hmac", "secret": "x"}), "field `header` is missing")];
    if cfg!(feature = "ed25519") {
        let mut keyed: Value = serde_json::from_str(delivery("telnyx genuine")).unwrap();
        keyed["scheme"] = json!("vogent");
        cases.push((keyed, "field `secret` is missing"));
        cases.push((json!({"id": 1, "scheme": "telnyx", "secret": "x"}), "field `public_key` is missing"));
    }
    for (line, problem) in cases {
        let run = run("explain", &["-"], &line.to_string());
        assert!(run.status == 2 && run.errors.contains(problem), "{run:?}");
    }
}

/// Every setting of the format has an option.
#[test]
fn explain_verifies_each_genuine_delivery_as_a_saved_request() {
    let verdicts = run("deliveries", &["--json"], "").lines();
    let genuine = DELIVERIES.lines().zip(verdicts).filter(|(_, verdict)| verdict["verdict"] == "accept");
    let mut count = 0;
    for (number, (line, _)) in genuine.enumerate() {
        let record: Value = serde_json::from_str(line).unwrap();
        let (file, arguments, secrets) = as_saved(&record, number);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let run = run_with("explain", &[&["--http", &file][..], &arguments].concat(), "", &secrets);
        assert!(run.status == 0 && run.output.contains("The request verifies."), "{line}\n{run:?}");
        count += 1;
    }
    assert!(count > 30, "{count}");
}

/// A request as a file, its options, and the variables that they name.
fn as_saved(record: &Value, number: usize) -> (String, Vec<String>, Vec<(String, String)>) {
    let text = |name: &str| record[name].as_str().map(str::to_owned);
    let bytes = |name: &str| {
        let decoded = |text: &str| BASE64_STANDARD.decode(text).unwrap();
        let encoded = record[format!("{name}_b64")].as_str().map(decoded);
        text(name).map(String::into_bytes).or(encoded).unwrap_or_default()
    };
    let mut options = Vec::new();
    let mut add =
        |name: &str, value: String| options.extend([format!("--{}", name.replace('_', "-")), value]);
    let texts = "scheme algorithm header base_url timestamp_header message_id_header format prefix encoding public_key";
    for name in texts.split(' ') {
        if let Some(value) = text(name) {
            add(name, value);
        }
    }
    if let Some(now) = record["now"].as_i64() {
        add("now", now.to_string());
    }
    match record.get("tolerance_s") {
        Some(Value::Null) => add("tolerance", "any".to_owned()),
        Some(seconds) => add("tolerance", seconds.to_string()),
        None => {}
    }
    let mut secrets = Vec::new();
    let mut variable = |value: &Value| {
        let name = format!("SECRET_{}", secrets.len());
        secrets.push((name.clone(), value.as_str().unwrap().to_owned()));
        name
    };
    for secret in record["secrets"].as_array().into_iter().flatten().chain(record.get("secret")) {
        add("secret", variable(secret));
    }
    if let Some(secret) = record.get("secret_b64") {
        add("secret_b64", variable(secret));
    }
    for (account, secret) in record["keys"].as_object().into_iter().flatten() {
        add("key", format!("{account}={}", variable(secret)));
    }
    let mut target =
        format!("/?{}", String::from_utf8(bytes("query")).unwrap()).trim_end_matches('?').to_owned();
    if let Some(url) = text("url") {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (authority, path) = rest.split_once('/').unwrap();
        target = format!("/{path}");
        if record.get("base_url").is_none() {
            add("base_url", format!("{scheme}://{authority}"));
        }
    }
    let method = text("method").unwrap_or_else(|| "POST".to_owned());
    let mut file = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    for header in record["headers"].as_array().into_iter().flatten() {
        file.extend(format!("{}: {}\r\n", header[0].as_str().unwrap(), header[1].as_str().unwrap()).bytes());
    }
    let body = bytes("body");
    file.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes().chain(body));
    (saved(&format!("genuine {number}"), file), options, secrets)
}

/// The output of `curl -v` for a redirected request.
fn traced(head: &str) -> String {
    let sent: String = head.split_inclusive('\n').map(|line| format!("> {line}")).collect();
    format!("* Connected to a.example\n{sent}< HTTP/1.1 307\r\n> GET /other HTTP/1.1\r\n> \r\n")
}

/// Writes a temporary file.
fn saved(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn assert_fits(output: &str) {
    for line in output.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

/// A program's output and exit status.
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
    let variables = [("THE_SECRET", SECRET), ("WRONG", "wrong")];
    run_with(program, arguments, input, &variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn explain_saved(file: &str, options: &[&str]) -> Run {
    run("explain", &[options, &["--http", file]].concat(), "")
}

fn run_with(program: &str, arguments: &[&str], input: &str, variables: &[(String, String)]) -> Run {
    let mut command = Command::new(built(program));
    command.args(arguments).envs(variables.iter().cloned());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The program may have ended without reading its input.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    let [output, errors] = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
    Run { status: ended.status.code().unwrap(), output, errors }
}

/// Cargo builds examples next to this test's folder.
fn built(program: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: see the first lines of this file", path.display());
    path
}

/// The bundled request with this name.
fn delivery(id: &str) -> &'static str {
    let named = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["id"] == id;
    DELIVERIES.lines().find(named).unwrap()
}

fn ids(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].take()).collect()
}
