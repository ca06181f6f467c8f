//! 151 to 153: uncovered parts, and who reads them.

use countersign::ErrorKind::{
    MediaTypeUnsupported, ParameterAmbiguous, ParameterMalformed, SignatureMismatch,
};
use countersign::sign;
use countersign::vonage::{SignatureMethod, Sms};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{METHODS, Scheme};
use crate::support::{KEY, secret};

cases! {
    case_151_text_in_another_format_around_a_genuine_form,
    case_152_blank_parameters_added,
    case_153_the_charset_of_a_form_or_json,
}

fn subject(method: SignatureMethod) -> Sms {
    Sms::new(method, secret(KEY))
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
    let signer = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "hi");
    for (genuine, base) in
        [(signer().form(), "application/x-www-form-urlencoded"), (signer().json(), "application/json")]
    {
        let typed = |charset: &str| Forged::from(&genuine).header("content-type", format!("{base}{charset}"));
        let verifier = subject(SignatureMethod::Sha256);
        for charset in [
            "",
            "; charset=utf-8",
            ";Charset=UTF-8",
            "; charset=\"uTf-8\"",
            "; charset=us-ascii",
            "; CHARSET=\"US-ASCII\"; x=y",
        ] {
            let _ = run.accepts(&verifier, typed(charset));
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
            run.rejects(&verifier, typed(charset), MediaTypeUnsupported);
            // A token covers any body.
            for scheme in Scheme::ALL {
                let typed = Forged::of(scheme).header("content-type", format!("{base}{charset}"));
                let _ = run.accepts(&scheme.verifier(), typed);
            }
        }
    }
}
