//! Changes of a body, for every scheme that signs its bytes.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::diagnose::Capture;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::scheme::{BODY, KEY, SCHEMES, Scheme, Signs, capture};

fn schemes() -> impl Iterator<Item = Scheme> {
    SCHEMES.into_iter().filter(|scheme| matches!(scheme.signs, Signs::Body(_) | Signs::TokenOfBody(_)))
}

/// Checks the first finding if `sent` is signed and `received` arrives.
fn requires(code: &str, sent: impl AsRef<[u8]>, received: impl AsRef<[u8]>, proved: bool) {
    for scheme in schemes() {
        let delivery = scheme.signed(KEY, sent.as_ref());
        assert!(scheme.diagnose(KEY, &capture(&delivery)).is_genuine());
        let is_token = matches!(scheme.signs, Signs::TokenOfBody(_));
        let code = match code {
            "body_reserialised" if is_token && proved => "payload_hash_reserialised",
            "forged_or_unknown_secret" if is_token => "payload_altered",
            code => code,
        };
        let received = capture(&delivery.with_body(received.as_ref()));
        scheme.requires("body", &scheme.diagnose(KEY, &received), code, proved);
    }
}

#[test]
fn white_space_line_ends_and_marks() {
    requires("body_newline", BODY, format!("{BODY}\n"), true);
    requires("body_newline", BODY, format!("{BODY}\r\n"), true);
    requires("body_newline", format!("{BODY}\n"), BODY, true);
    requires("body_newline", format!("{BODY}\r\n"), BODY, true);
    requires("body_newline", "a=1", "  a=1 ", true);
    requires("body_bom", BODY, format!("\u{feff}{BODY}"), true);
    requires("body_bom", format!("\u{feff}{BODY}"), BODY, true);
    requires("body_crlf", "{\r\n\"a\": 1\r\n}", "{\n\"a\": 1\n}", true);
    requires("body_crlf", "{\n\"a\": 1\n}", "{\r\n\"a\": 1\r\n}", true);
    requires("body_crlf", "{\r\"a\":\n 1}", "{\r\"a\":\r\n 1}", true);
}

#[test]
fn json_written_again() {
    let pretty2 = "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": {\n    \"ü\": \"/<é>\"\n  }\n}";
    let pretty4 = pretty2.replace("  ", "    ");
    let originals = [
        r#"{"b":[1,{}],"a":{"ü":"/<é>"}}"#,
        r#"{"b":[1,{}],"a":{"\u00fc":"/<\u00e9>"}}"#,
        r#"{"b":[1,{}],"a":{"\u00fc":"\/<\u00e9>"}}"#,
        r#"{"b":[1,{}],"a":{"ü":"\/<é>"}}"#,
        r#"{"b":[1,{}],"a":{"ü":"/\u003cé\u003e"}}"#,
        r#"{"b": [1, {}], "a": {"ü": "/<é>"}}"#,
        r#"{"b": [1, {}], "a": {"\u00fc": "/<\u00e9>"}}"#,
        r#"{"a":{"ü":"/<é>"},"b":[1,{}]}"#,
        r#"{"a": {"\u00fc": "/<\u00e9>"}, "b": [1, {}]}"#,
        pretty2,
        &pretty4,
    ];
    for original in originals {
        for received in originals {
            // Sorted members have lost their order.
            if original != received
                && (original.find(r#""a""#) < original.find(r#""b""#)
                    || received.find(r#""b""#) < received.find(r#""a""#))
            {
                requires("body_reserialised", original, received, true);
            }
        }
    }
    requires("body_reserialised", r#"[{"a":{"c":1,"d":2},"b":3}]"#, r#"[{"b":3,"a":{"d":2,"c":1}}]"#, true);
    // Numbers and repeated names are kept.
    requires(
        "body_reserialised",
        r#"{"n":1.50,"n":12345678901234567890}"#,
        r#"{"n": 1.50, "n": 12345678901234567890}"#,
        true,
    );
    requires("body_reserialised", BODY, serde_json::to_string(BODY).unwrap(), true);
    requires("body_reserialised", "[\"😀\"]", r#"["\ud83d\ude00"]"#, true);
    requires("body_reserialised", r#"["\ud83d\ude00"]"#, "[\"😀\"]", true);
}

#[test]
fn text_forms_and_packaging() {
    let latin1: Vec<u8> = "text=Gr\u{fc}\u{df}e".chars().map(|c| u8::try_from(c).unwrap()).collect();
    requires("body_encoding", &latin1, "text=Grüße", true);
    requires("body_encoding", "text=Grüße", "text=GrÃ¼Ã\u{9f}e", true);
    requires("body_encoding", &latin1, String::from_utf8_lossy(&latin1).as_ref(), false);

    for (sent, received) in [
        // windows-1252's quotation marks and euro sign, converted to UTF-8, and the reverse.
        (&b"text=\x93Gr\xfc\xdfe\x94 \x80"[..], "text=“Grüße” €".as_bytes()),
        ("text=“Grüße” €".as_bytes(), b"text=\x93Gr\xfc\xdfe\x94 \x80"),
        ("text=“Grüße”".as_bytes(), "text=â€œGrÃ¼ÃŸeâ€\u{9d}".as_bytes()),
        // ISO-8859-15, windows-1250, windows-1251, Mac OS Roman, Shift_JIS, GBK.
        (b"text=\xa4", "text=€".as_bytes()),
        ("text=Łódź".as_bytes(), b"text=\xa3\xf3d\x9f"),
        (b"text=\xcf\xf0\xe8", "text=При".as_bytes()),
        (b"text=Gr\x9f\xa7e", "text=Grüße".as_bytes()),
        ("text=日本".as_bytes(), b"text=\x93\xfa\x96{"),
        ("text=中文".as_bytes(), b"text=\xd6\xd0\xce\xc4"),
        // A question mark for each character, for each UTF-16 unit, and for each byte.
        (b"text=Gr??e", "text=Grüße".as_bytes()),
        (b"text=a??", "text=a😀".as_bytes()),
        (b"text=Gr????e", "text=Grüße".as_bytes()),
    ] {
        requires("body_encoding", sent, received, true);
    }
    requires("body_encoding", r#"{"text":"<b> & 'é'"}"#, r#"{"text":"&lt;b&gt; &amp; &#39;é&apos;"}"#, true);
    // What is lost cannot be put back, but the shape shows it.
    requires("body_encoding", r#"{"text":"Grüße"}"#, r#"{"text":"Gr??e"}"#, false);
    requires("forged_or_unknown_secret", r#"{"text":"Grüße"}"#, r#"{"text":"Really? ???"}"#, false);

    requires("body_form_reencoded", "a=1+2&b=%C3%BC", "a=1%202&b=%c3%bc", true);
    requires("body_form_reencoded", "a=1%202&b=it's", "a=1+2&b=it%27s", true);
    let forms = [
        "a=b+c*%27%7E%C3%BC",
        "a=b%20c*'~%C3%BC",
        "a=b%20c%2A%27~%C3%BC",
        "a=b+c%2A%27~%C3%BC",
        "a=b%20c%2a%27~%c3%bc",
        "a=b+c*%27%7e%c3%bc",
        "a=b+c*'~%C3%BC",
    ];
    for sent in forms {
        for received in forms.into_iter().filter(|received| *received != sent) {
            requires("body_form_reencoded", sent, received, true);
        }
    }

    requires("body_base64", BODY, BASE64_STANDARD.encode(BODY), true);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(BODY.as_bytes()).unwrap();
    requires("body_gzip", BODY, gzip.finish().unwrap(), true);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(BODY.as_bytes()).unwrap();
    requires("body_gzip", BODY, zlib.finish().unwrap(), true);
    requires("body_gzip", BODY, b"\x1f\x8b\x08 cut off", false);
    requires("body_empty", BODY, "", false);
}

#[test]
fn numbers_written_again() {
    for (sent, received) in [
        (r#"{"n":1.0}"#, r#"{"n":1}"#),
        (r#"{"n":1}"#, r#"{"n":1.0}"#),
        (r#"{"n":1.50,"m":2.00}"#, r#"{"n":1.5,"m":2}"#),
        (r#"{"n":1.50,"m":2}"#, r#"{"n":1.5,"m":2}"#),
        (r#"{"n":-1.5,"m":[2.10,7]}"#, r#"{"n":-1.5,"m":[2.1,7]}"#),
        (r#"{"n": 1.0, "id": 7, "t": "\u00e9"}"#, "{\n  \"n\": 1,\n  \"id\": 7,\n  \"t\": \"é\"\n}"),
        (r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6.0}"#, r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#),
        (r#"{"a":1.0,"b":2.0,"c":3.0,"d":4.0,"e":5.0}"#, r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#),
    ] {
        requires("body_reserialised", sent, received, true);
    }
    let many = vec!["1.5,2.0"; 50].join(",");
    requires("body_reserialised", format!("[{many}]"), format!("[{}]", many.replace("2.0", "2")), true);
    // Digits in a string and numbers with an exponent are not rewritten.
    for (sent, received) in [(r#"{"n":"1.0"}"#, r#"{"n":"1"}"#), (r#"{"n":1e3}"#, r#"{"n":1000}"#)] {
        requires("forged_or_unknown_secret", sent, received, false);
    }
}

#[test]
fn an_unusual_shape_is_a_hint() {
    for (code, received) in [
        ("body_reserialised", "{\n  \"event\": \"ended\"\n}\n"),
        ("body_reserialised", "[\n1]"),
        ("body_newline", "{\"event\":\"ended\"}\n"),
        ("body_form_reencoded", "text=100%"),
        ("body_form_reencoded", "text=100%&a=1"),
        ("body_form_reencoded", "text=100%2&a=1"),
        ("body_form_reencoded", "text=a b"),
        ("body_form_reencoded", "text=ü"),
        ("forged_or_unknown_secret", "text=100%25"),
        ("forged_or_unknown_secret", "<a b=\"100%\"/>"),
        ("forged_or_unknown_secret", "{\"event\":\"a\\nb\"}"),
    ] {
        requires(code, "something else", received, false);
    }
}

#[test]
fn encodings_of_a_body_with_parameters() {
    for scheme in SCHEMES.into_iter().filter(|scheme| scheme.signs == Signs::Params) {
        let delivery = scheme.genuine(KEY);
        if delivery.method() == "GET" {
            continue;
        }
        let packed: [(&str, Vec<u8>); 2] = [
            ("body_base64", BASE64_STANDARD.encode(delivery.body()).into()),
            ("body_bom", [b"\xef\xbb\xbf", delivery.body()].concat()),
        ];
        for (code, body) in packed {
            let received = capture(&delivery.clone().with_body(body));
            scheme.requires(code, &scheme.diagnose(KEY, &received), code, true);
        }
    }
}

#[test]
fn large_bodies_are_rewritten() {
    let scheme = SCHEMES[0];
    let lines = "a line\n".repeat(300_000);
    let received = scheme.signed(KEY, format!("{lines}\n").as_bytes()).with_body(lines);
    scheme.requires("2 MiB", &scheme.diagnose(KEY, &capture(&received)), "body_newline", true);

    let members =
        |names: [&str; 2]| names.map(|name| format!("\"{name}\":\"{}\"", "a".repeat(60_000))).join(",");
    let (sorted, received) = (members(["a", "b"]), members(["b", "a"]));
    let received =
        scheme.signed(KEY, format!("{{{sorted}}}").as_bytes()).with_body(format!("{{{received}}}"));
    let diagnosis = scheme.diagnose(KEY, &capture(&received));
    scheme.requires("120 KB", &diagnosis, "body_reserialised", true);
    assert!(diagnosis.findings()[0].evidence().ends_with("compactly, members sorted by name"), "{diagnosis}");
}

#[test]
fn the_largest_bodies_are_only_verified() {
    let scheme = SCHEMES[0];
    let deep = "[".repeat(100_000);
    for body in [deep.as_str(), &"a=".repeat(3_000_000)] {
        let delivery = scheme.genuine(KEY).with_body(body);
        scheme.requires(
            "large",
            &scheme.diagnose(KEY, &capture(&delivery)),
            "forged_or_unknown_secret",
            false,
        );
    }
    let empty = Capture::new("POST", Vec::<(String, String)>::new(), "");
    scheme.requires("nothing", &scheme.diagnose(KEY, &empty), "signature_missing", false);
}

/// The effort for numbers is bounded by the length.
#[test]
fn numbers_of_a_long_body_are_not_rewritten() {
    let padded = |number: &str, length: usize| {
        let body = format!(r#"{{"price":{number},"text":""}}"#);
        let pad = "a".repeat(length - body.len());
        body.replace(r#""""#, &format!("\"{pad}\""))
    };
    let longest = 16 * 1024;
    requires("body_reserialised", padded("1.50", longest + 1), padded("1.5", longest), true);
    requires("forged_or_unknown_secret", padded("1.50", longest + 2), padded("1.5", longest + 1), false);
}
