//! 104 to 120: a token's header.

use countersign::ErrorKind::{self, AlgorithmMismatch, ExtensionUnsupported, HeaderTooLong, TokenMalformed};

use crate::framing::{claims_of, encode, key_of, with_token};
use crate::run::Run;
use crate::schemes::Scheme;
use crate::secrets::hmac;
use crate::support::token;

cases! {
    case_104_no_algorithm_by_any_spelling,
    case_105_107_108_an_algorithm_that_is_not_hs256,
    case_106_hs384_and_hs512_rightly_signed,
    case_109_hs256_written_with_an_escape,
    case_110_two_algorithms,
    case_111_any_other_member_twice,
    case_112_113_114_an_extension,
    case_115_116_117_120_members_that_mean_nothing_here,
    case_118_a_header_that_is_not_one_object,
    case_119_arrays_in_arrays_in_arrays,
}

fn case_104_no_algorithm_by_any_spelling(run: &mut Run) {
    for name in ["none", "None", "NONE", "nOnE", "NoNe"] {
        let header = format!("{{\"alg\":\"{name}\",\"typ\":\"JWT\"}}");
        rejects(run, &header, AlgorithmMismatch);
        for scheme in Scheme::ALL {
            let unsigned = format!("{}.{}.", encode(header.as_bytes()), encode(claims_of(scheme).as_bytes()));
            run.rejects(&scheme.verifier(), with_token(scheme, &unsigned), AlgorithmMismatch);
            let any = format!("{unsigned}{}", "A".repeat(43));
            run.rejects(&scheme.verifier(), with_token(scheme, &any), AlgorithmMismatch);
        }
    }
}

fn case_105_107_108_an_algorithm_that_is_not_hs256(run: &mut Run) {
    rejects(run, "{}", AlgorithmMismatch);
    rejects(run, r#"{"typ":"JWT"}"#, AlgorithmMismatch);
    for value in r#"null|256|0|true|false|[]|["HS256"]|{}|{"HS256":1}|"""#.split('|') {
        rejects(run, &format!("{{\"alg\":{value}}}"), AlgorithmMismatch);
    }
    // With an HMAC under the secret.
    let names = [
        r"hs256|Hs256|HS256 | HS256|HS256\u0000|HS-256|SHA256|HMAC|HS2560|ＨＳ256|HS256\n",
        "RS256|RS384|RS512|ES256|ES384|ES512|PS256|PS384|PS512|EdDSA|ES256K|dir",
    ];
    for name in names.iter().flat_map(|line| line.split('|')) {
        rejects(run, &format!("{{\"alg\":\"{name}\"}}"), AlgorithmMismatch);
    }
}

fn case_106_hs384_and_hs512_rightly_signed(run: &mut Run) {
    for scheme in Scheme::ALL {
        for (name, block) in [("HS384", 128), ("HS512", 128)] {
            let header = format!("{{\"alg\":\"{name}\"}}");
            let input = format!("{}.{}", encode(header.as_bytes()), encode(claims_of(scheme).as_bytes()));
            let tag = match name {
                "HS384" => hmac::<sha2::Sha384>(block, &key_of(scheme), input.as_bytes()),
                _ => hmac::<sha2::Sha512>(block, &key_of(scheme), input.as_bytes()),
            };
            let forged = format!("{input}.{}", encode(&tag));
            run.rejects(&scheme.verifier(), with_token(scheme, &forged), AlgorithmMismatch);
        }
        rejects(run, r#"{"alg":"HS384"}"#, AlgorithmMismatch);
        rejects(run, r#"{"alg":"HS512"}"#, AlgorithmMismatch);
    }
}

fn case_109_hs256_written_with_an_escape(run: &mut Run) {
    for header in
        [r#"{"alg":"H\u0053256"}"#, r#"{"\u0061lg":"HS256"}"#, r#"{"alg":"\u0048\u0053\u0032\u0035\u0036"}"#]
    {
        accepts(run, header);
    }
}

fn case_110_two_algorithms(run: &mut Run) {
    for (first, second) in [("none", "HS256"), ("HS256", "none"), ("HS256", "HS256"), ("RS256", "HS256")] {
        for name in ["alg", "\\u0061lg"] {
            rejects(run, &format!("{{\"alg\":\"{first}\",\"{name}\":\"{second}\"}}"), TokenMalformed);
            rejects(run, &format!("{{\"{name}\":\"{first}\",\"alg\":\"{second}\"}}"), TokenMalformed);
        }
    }
}

fn case_111_any_other_member_twice(run: &mut Run) {
    for name in ["typ", "kid", "x", "cty", ""] {
        for value in ["\"JWT\"", "1", "null", "{}", "[]"] {
            rejects(
                run,
                &format!("{{\"alg\":\"HS256\",\"{name}\":{value},\"{name}\":{value}}}"),
                TokenMalformed,
            );
            rejects(run, &format!("{{\"{name}\":1,\"alg\":\"HS256\",\"{name}\":{value}}}"), TokenMalformed);
        }
    }
    let many: Vec<_> = (0..40).map(|index| format!("\"m{index}\":1")).collect();
    accepts(run, &format!("{{\"alg\":\"HS256\",{}}}", many.join(",")));
    for index in 0..40 {
        rejects(run, &format!("{{\"alg\":\"HS256\",{},\"m{index}\":1}}", many.join(",")), TokenMalformed);
    }
}

fn case_112_113_114_an_extension(run: &mut Run) {
    let critical = [
        r#"["x"]|["http://example.invalid"],"http://example.invalid":1|["b64"],"b64":true"#,
        r#"[]|"exp"|["alg"]|["exp"]|null|["x","x"],"x":1|["gone"]|{}|1|true|[null]|[[]]"#,
    ];
    for crit in critical.iter().flat_map(|line| line.split('|')) {
        rejects(run, &format!("{{\"alg\":\"HS256\",\"crit\":{crit}}}"), ExtensionUnsupported);
        rejects(run, &format!("{{\"crit\":{crit},\"alg\":\"HS256\"}}"), ExtensionUnsupported);
    }
    rejects(run, r#"{"alg":"HS256","\u0063rit":["x"]}"#, ExtensionUnsupported);
    // An unencoded payload.
    let unencoded =
        r#""b64":false|"b64":false,"crit":["b64"]|"b64":"true"|"b64":null|"b64":0|"\u00624":1,"b64":false"#;
    for members in unencoded.split('|') {
        rejects(run, &format!("{{\"alg\":\"HS256\",{members}}}"), ExtensionUnsupported);
    }
    accepts(run, r#"{"alg":"HS256","b64":true}"#);
}

fn case_115_116_117_120_members_that_mean_nothing_here(run: &mut Run) {
    let members = [
        r#""zip":"DEF"|"enc":"A128GCM"|"x":{"alg":"none"}|"Alg":"none"|"ALG":"none"|"epk":[1,2]|"x5t":null"#,
        r#""jwk":{"kty":"oct","k":"AAAA"}|"jku":"http://127.0.0.1:1/keys"|"x5u":"file:///etc/passwd"|"x5c":["MIIB"]"#,
        r#""jwk":"x","jku":[],"x5u":{},"x5c":1|"kid":"../../dev/null"|"kid":"' OR 1=1 --"|"kid":1|"kid":null|"kid":[]"#,
        r#""kid":{}|"kid":""|"kid":"\u0000"|"typ":"jwt"|"typ":"at+jwt"|"typ":"JOSE"|"typ":""|"typ":1|"typ":null"#,
        r#""typ":[]|"typ":"JWT\u0000"|"cty":"jwt"|"cty":"at+jwt"|"cty":"JOSE"|"cty":""|"cty":1|"cty":null|"cty":[]"#,
        r#""cty":"JWT\u0000""#,
    ];
    for members in members.iter().flat_map(|line| line.split('|')) {
        let header = format!("{{\"alg\":\"HS256\",{members}}}");
        accepts(run, &header);
        accepts(run, &format!("{{{members},\"alg\":\"HS256\"}}"));
        // A key in the token is never used.
        for scheme in Scheme::ALL {
            let forged = token(&header, &claims_of(scheme), b"\0\0\0");
            run.rejects(&scheme.verifier(), with_token(scheme, &forged), ErrorKind::SignatureMismatch);
        }
    }
    rejects(run, &format!("{{\"alg\":\"HS256\",\"kid\":\"{}\"}}", "k".repeat(16 * 1024)), HeaderTooLong);
}

fn case_118_a_header_that_is_not_one_object(run: &mut Run) {
    let headers = [
        r#"| |[]|[{"alg":"HS256"}]|"x"|"HS256"|1|null|true|{|}|{}}|{}x|{"alg":"HS256"}x|{"alg":"HS256"}{}"#,
        r#"{"alg":"HS256",}|{"alg":"HS256" "x":1}|{alg:"HS256"}|{'alg':'HS256'}|{"alg":"HS256","x":"\ud800"}"#,
        r#"{"alg":"HS256","x":"\udc00\ud800"}|{"alg":"HS256","x":01}|{"alg":"HS256","x":[1}|{"alg":"HS256"/**/}"#,
        "{\"alg\":\"HS256\",\"x\":nul}|{\"alg\":\"HS256\"}\0|\u{feff}{\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"x\":\"\u{1}\"}",
    ];
    for header in headers.iter().flat_map(|line| line.split('|')) {
        rejects(run, header, TokenMalformed);
    }
    for scheme in Scheme::ALL {
        for header in [
            &b"{\"alg\":\"HS256\",\"x\":\"\xff\"}"[..],
            b"{\"alg\":\"HS256\",\"x\":\"\xed\xa0\x80\"}",
            b"\xff\xfe{\0}\0",
        ] {
            let forged = format!("{}.{}.{}", encode(header), encode(b"{}"), "A".repeat(43));
            run.rejects(&scheme.verifier(), with_token(scheme, &forged), TokenMalformed);
        }
    }
}

fn case_119_arrays_in_arrays_in_arrays(run: &mut Run) {
    for depth in [100, 127, 128, 129, 1_000, 5_000] {
        let closed = format!("{{\"alg\":\"HS256\",\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        accepts(run, &closed);
        rejects(run, &format!("{{\"alg\":\"HS256\",\"x\":{}", "[".repeat(depth)), TokenMalformed);
        rejects(run, &format!("{{\"alg\":\"HS256\",\"x\":{}", "{\"a\":".repeat(depth / 4)), TokenMalformed);
    }
    for open in ["[", "{\"a\":"] {
        rejects(run, &format!("{{\"alg\":\"HS256\",\"x\":{}", open.repeat(100_000)), HeaderTooLong);
    }
}

/// A correctly signed token with this header and the scheme's genuine claims.
fn accepts(run: &mut Run, header: &str) {
    for scheme in Scheme::ALL {
        let _ = run.accepts(
            &scheme.verifier(),
            with_token(scheme, &token(header, &claims_of(scheme), &key_of(scheme))),
        );
    }
}

fn rejects(run: &mut Run, header: &str, kind: ErrorKind) {
    for scheme in Scheme::ALL {
        let forged = token(header, &claims_of(scheme), &key_of(scheme));
        run.rejects(&scheme.verifier(), with_token(scheme, &forged), kind);
    }
}
