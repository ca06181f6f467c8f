//! 151 to 158: uncovered parts, and who reads them.

use countersign::ErrorKind::{
    MediaTypeUnsupported, MethodUnsupported, ParameterAmbiguous, ParameterMalformed, SignatureMismatch,
};
use countersign::sign;
use countersign::vonage::{SignatureMethod, Sms};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{Carrier, METHODS, Scheme, Subject};
use crate::support::{KEY, secret};

cases! {
    case_151_text_in_another_format_around_a_genuine_form,
    case_152_blank_parameters_added,
    case_153_the_charset_of_a_form_or_json,
    case_155_methods_that_are_not_the_platforms,
}

fn subject(method: SignatureMethod) -> Subject {
    Sms::new(method, secret(KEY)).into()
}

/// A genuine request by query and by form, with text before and after its parameters.
fn around(method: SignatureMethod, before: &str, after: &str) -> [Forged; 2] {
    let signer =
        || sign::SmsSigner::new(method, &secret(KEY)).param("msisdn", "447700900001").param("text", "hi");
    let genuine = signer().query();
    let text = format!("{before}{}{after}", genuine.query());
    [Forged::from(genuine).query(text.clone()), Forged::from(signer().form()).body(text)]
}

fn case_151_text_in_another_format_around_a_genuine_form(run: &mut Run) {
    for method in METHODS {
        for (before, after) in [
            (r#"{"msisdn":"15550001111","text":"pay mallory","x":"&"#, r#"&"}"#),
            (r#"[{"msisdn":"15550001111","text":"pay mallory","x":"&"#, r#"&"}]"#),
            ("<!doctype html><p>pay mallory</p><!--&", "&-->"),
            ("<sms><text>pay mallory</text><!--&", "&--></sms>"),
            ("--b\r\nContent-Disposition: form-data\r\n\r\npay mallory\r\n--b&", "&\r\n--b--"),
            ("text: pay mallory\n#&", ""),
            ("", "&\r\n\r\nGET / HTTP/1.1"),
        ] {
            for forged in around(method, before, after) {
                run.rejects(&subject(method), forged, ParameterAmbiguous);
            }
        }
        // With an `=`, the added parameter is not blank, so nothing matches.
        for forged in around(method, r#"<p class="x">pay mallory</p><!--&"#, "&-->") {
            run.rejects(&subject(method), forged, SignatureMismatch);
        }
    }
}

fn case_152_blank_parameters_added(run: &mut Run) {
    let long = |length: usize| format!("&{}=", "a".repeat(length));
    for method in METHODS {
        for added in ["&b", "&b=", "&b=+", "&b=%00%09%20&c.d_e-9=", &long(64)] {
            for forged in around(method, "", added) {
                let verified = run.accepts(&subject(method), forged);
                let parameters = verified.parameters().unwrap();
                let names: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
                run.holds(names == [&b"msisdn"[..], b"text"]);
            }
        }
        for added in [
            "&text[]",
            "&a[text]=",
            "&b%20c=+",
            "&text%00=",
            "&t%C3%A9xt=",
            "&%80=",
            "&{}=",
            "&b=&c%5B%5D=",
            &long(65),
        ] {
            for forged in around(method, "", added) {
                run.rejects(&subject(method), forged, ParameterAmbiguous);
            }
        }
        for forged in around(method, "", "&=") {
            run.rejects(&subject(method), forged, ParameterMalformed);
        }
    }
}

fn case_153_the_charset_of_a_form_or_json(run: &mut Run) {
    for scheme in Scheme::all() {
        let bases = match scheme {
            Scheme::Sms(_, Carrier::Form) => "application/x-www-form-urlencoded",
            Scheme::Sms(_, Carrier::Json) => "application/json",
            _ => "text/plain",
        };
        let typed = |charset: &str| Forged::of(scheme).header("content-type", format!("{bases}{charset}"));
        for charset in [
            "",
            "; charset=utf-8",
            ";Charset=UTF-8",
            "; charset=\"uTf-8\"",
            "; charset=us-ascii",
            "; CHARSET=\"US-ASCII\"; x=y",
        ] {
            let _ = run.accepts(&scheme.subject(), typed(charset));
        }
        for charset in [
            "; charset=utf-16le",
            "; charset=iso-2022-jp",
            ";charset=UTF-7",
            "; charset=\"iso-8859-1\"",
            "; charset=utf-8; charset=utf-8",
            "; charset=utf-8; charset=utf-16",
            "; charset*=utf-16''",
            "; charset =utf-16",
            "; x=\"; charset=utf-16\"",
        ] {
            // Only text has a charset.
            if matches!(scheme, Scheme::Sms(_, Carrier::Form | Carrier::Json)) {
                run.rejects(&scheme.subject(), typed(charset), MediaTypeUnsupported);
            } else {
                let _ = run.accepts(&scheme.subject(), typed(charset));
            }
        }
    }
}

fn case_155_methods_that_are_not_the_platforms(run: &mut Run) {
    for scheme in Scheme::all() {
        let taken: &[&str] = match scheme {
            Scheme::Vogent | Scheme::HexHmac(_) => &["POST", "PUT", "PATCH"],
            Scheme::JwtGet | Scheme::Sms(_, Carrier::Query) => &["GET"],
            _ => &["POST"],
        };
        for method in [
            "POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "BREW", "get", "post",
            " POST", "",
        ] {
            let forged = Forged { method: method.to_owned(), ..Forged::of(scheme) };
            if taken.contains(&method) {
                let _ = run.accepts(&scheme.subject(), forged);
            } else if !["GET", "POST"].contains(&method) || taken.contains(&"PUT") {
                run.rejects(&scheme.subject(), forged, MethodUnsupported);
            } else {
                // Parameters and tokens also come with the other method, in another place.
                let verdict = run.verdict(&scheme.subject(), &forged);
                run.holds(verdict.is_err());
            }
        }
    }
}
