//! 49 to 60: headers and dispatch.

use countersign::ErrorKind::{self, HeaderRepeated, HeaderTooLong, SignatureMalformed, TokenMalformed};
use countersign::vonage::SignatureMethod;

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{Carrier, Scheme};

cases! {
    case_049_no_signature_whatever_else_is_there,
    case_050_an_empty_signature_or_white_space,
    case_051_the_headers_name_in_any_letter_case,
    case_052_the_header_twice,
    case_053_two_values_in_one_header,
    case_054_a_name_that_is_nearly_the_headers,
    case_055_header_values_beyond_ascii,
    case_056_what_stands_around_a_token,
    case_057_another_schemes_signature_right_and_none_of_this_ones,
    case_058_a_request_that_names_its_algorithm,
    case_059_the_signature_in_another_place,
    case_060_64_kib_of_header,
}

fn case_049_no_signature_whatever_else_is_there(run: &mut Run) {
    for scheme in Scheme::all() {
        let mut unsigned = without_signature(scheme);
        run.rejects(&scheme.subject(), unsigned.clone(), scheme.missing());
        for other in ["signature", "x-signature", "x-hub-signature-256", "vogent-signature", "cookie"] {
            unsigned = unsigned.and_header(other, scheme.signature());
        }
        run.rejects(&scheme.subject(), unsigned, scheme.missing());
    }
}

fn case_050_an_empty_signature_or_white_space(run: &mut Run) {
    for scheme in Scheme::all() {
        for text in ["", " ", "  ", "\t", " \t "] {
            let forged = match scheme.header() {
                Some(header) => Forged::of(scheme).header(header, text),
                None => Forged::signed(scheme, text.as_bytes()),
            };
            let kind = if scheme.is_jwt() { scheme.missing() } else { SignatureMalformed };
            run.rejects(&scheme.subject(), forged, kind);
        }
    }
}

fn case_051_the_headers_name_in_any_letter_case(run: &mut Run) {
    for (scheme, header) in header_schemes() {
        let value = genuine_value(scheme, header);
        let alternating = |odd: usize| -> String {
            let shift = |(at, c): (usize, char)| if at % 2 == odd { c.to_ascii_uppercase() } else { c };
            header.chars().enumerate().map(shift).collect()
        };
        for name in [header.to_owned(), header.to_uppercase(), alternating(0), alternating(1)] {
            let _ = run.accepts(&scheme.subject(), renamed(scheme, header, &name, &value));
        }
    }
}

fn case_052_the_header_twice(run: &mut Run) {
    for (scheme, header) in header_schemes() {
        let good = genuine_value(scheme, header);
        let bad: Vec<u8> = good.iter().rev().copied().collect();
        for (first, second) in [(&good, &good), (&good, &bad), (&bad, &good), (&bad, &bad)] {
            for name in [header.to_owned(), header.to_uppercase()] {
                let twice =
                    Forged::of(scheme).header(header, first.clone()).and_header(&name, second.clone());
                run.rejects(&scheme.subject(), twice.clone(), HeaderRepeated);
                run.rejects(&scheme.subject(), twice.and_header(header, first.clone()), HeaderRepeated);
            }
        }
    }
}

fn case_053_two_values_in_one_header(run: &mut Run) {
    for (scheme, header) in header_schemes() {
        let good = genuine_value(scheme, header);
        let bad = good.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte }).collect::<Vec<_>>();
        for (first, second) in [(&good, &good), (&good, &bad), (&bad, &good)] {
            for between in [&b", "[..], b",", b"; "] {
                let joined = [first.as_slice(), between, second].concat();
                run.rejects_as(
                    &scheme.subject(),
                    Forged::of(scheme).header(header, joined),
                    &[SignatureMalformed, TokenMalformed],
                );
            }
        }
    }
}

fn case_054_a_name_that_is_nearly_the_headers(run: &mut Run) {
    for (scheme, header) in header_schemes() {
        let value = genuine_value(scheme, header);
        for name in [
            format!("{header} "),
            format!(" {header}"),
            format!("{header}\t"),
            format!("{header}:"),
            format!("{header}\0"),
            format!("x{header}"),
            header[1..].to_owned(),
            header.replace('-', "_") + if header.contains('-') { "" } else { "_" },
            header.replace(['s', 'e'], "\u{17f}"),
            header.replace('o', "0"),
        ]
        .into_iter()
        .filter(|name| name != header)
        {
            run.rejects(&scheme.subject(), renamed(scheme, header, &name, &value), scheme.missing());
        }
    }
}

fn case_055_header_values_beyond_ascii(run: &mut Run) {
    for (scheme, header) in header_schemes() {
        let good = genuine_value(scheme, header);
        for byte in 0x80..=0xff {
            for value in [vec![byte], [&good[..], &[byte]].concat(), [&[byte], &good[1..]].concat()] {
                let forged = Forged::of(scheme).header(header, value);
                run.rejects_as(&scheme.subject(), forged, &[SignatureMalformed, TokenMalformed]);
            }
        }
    }
}

fn case_056_what_stands_around_a_token(run: &mut Run) {
    for (scheme, header) in header_schemes().filter(|(scheme, _)| scheme.is_jwt()) {
        let token = String::from_utf8(genuine_value(scheme, header)).unwrap().split_off("Bearer ".len());
        for word in ["Bearer", "bearer", "BEARER", "bEARER"] {
            let _ =
                run.accepts(&scheme.subject(), Forged::of(scheme).header(header, format!("{word} {token}")));
        }
        for alone in ["Bearer", "bearer ", "Bearer  ", "BEARER \t"] {
            run.rejects(&scheme.subject(), Forged::of(scheme).header(header, alone), scheme.missing());
        }
        for (value, kind) in [
            (format!("Bearer{token}"), TokenMalformed),
            (format!("Bearer  {token}"), TokenMalformed),
            (format!("Bearer {token} x"), SignatureMalformed),
            (format!("Bearer {token} "), SignatureMalformed),
            (format!("Bearer\t{token}"), TokenMalformed),
            (format!("Basic {token}"), TokenMalformed),
            (format!("Token {token}"), TokenMalformed),
            (format!("JWT {token}"), TokenMalformed),
            (format!("Bearer: {token}"), TokenMalformed),
            (format!("Bearer,{token}"), TokenMalformed),
            (format!(" Bearer {token}"), TokenMalformed),
            (format!("\"Bearer {token}\""), TokenMalformed),
            (token.clone(), TokenMalformed),
        ] {
            run.rejects(&scheme.subject(), Forged::of(scheme).header(header, value), kind);
        }
    }
}

fn case_057_another_schemes_signature_right_and_none_of_this_ones(run: &mut Run) {
    for scheme in Scheme::all() {
        for (other, header) in header_schemes() {
            if scheme.header() == Some(header) {
                continue;
            }
            let forged = without_signature(scheme).and_header(header, genuine_value(other, header));
            run.rejects(&scheme.subject(), forged, scheme.missing());
        }
    }
}

fn case_058_a_request_that_names_its_algorithm(run: &mut Run) {
    for scheme in Scheme::all() {
        let (mut genuine, mut altered) = (Forged::of(scheme), Forged::from(scheme.altered()));
        for name in
            ["x-signature-algorithm", "x-elto-algorithm", "x-hash-algorithm", "alg", "signature-method"]
        {
            for forged in [&mut genuine, &mut altered] {
                *forged = forged.clone().and_header(name, "none");
            }
        }
        let _ = run.accepts(&scheme.subject(), genuine);
        run.rejects_as(
            &scheme.subject(),
            altered,
            &[ErrorKind::SignatureMismatch, ErrorKind::PayloadHashMismatch],
        );
    }
}

fn case_059_the_signature_in_another_place(run: &mut Run) {
    for scheme in Scheme::all() {
        let signature = scheme.signature();
        let unsigned = without_signature(scheme);
        let name = scheme.header().unwrap_or("sig");
        if scheme.header().is_some() {
            let in_query = unsigned.clone().query(format!("{name}={signature}&sig={signature}"));
            run.rejects(&scheme.subject(), in_query, scheme.missing());
            let in_body = unsigned.body(format!("{{\"{name}\":\"{signature}\",\"sig\":\"{signature}\"}}"));
            run.rejects(&scheme.subject(), in_body, scheme.missing());
        } else {
            run.rejects(
                &scheme.subject(),
                unsigned.clone().and_header("sig", signature.clone()),
                scheme.missing(),
            );
            run.rejects(
                &scheme.subject(),
                unsigned.clone().and_header("x-sig", signature.clone()),
                scheme.missing(),
            );
            if !matches!(scheme, Scheme::Sms(_, Carrier::Query)) {
                let in_query = unsigned.query(format!("sig={signature}"));
                run.rejects(&scheme.subject(), in_query, scheme.missing());
            }
        }
    }
    let get = Forged::of(Scheme::Sms(SignatureMethod::Sha256, Carrier::Query));
    let moved = Forged { body: get.query.clone(), query: Vec::new(), ..get };
    let subject = Scheme::Sms(SignatureMethod::Sha256, Carrier::Query).subject();
    run.rejects(&subject, moved, ErrorKind::SignatureMissing);
}

fn case_060_64_kib_of_header(run: &mut Run) {
    for (scheme, header) in header_schemes() {
        let good = genuine_value(scheme, header);
        for length in [16 * 1024 + 1, 64 * 1024] {
            for filler in [b'a', b'.', b' ', b'{', 0xff] {
                let mut value = good.clone();
                value.resize(length, filler);
                run.rejects(&scheme.subject(), Forged::of(scheme).header(header, value), HeaderTooLong);
            }
        }
    }
}

fn header_schemes() -> impl Iterator<Item = (Scheme, &'static str)> {
    Scheme::all().into_iter().filter_map(|scheme| Some((scheme, scheme.header()?)))
}

fn genuine_value(scheme: Scheme, header: &str) -> Vec<u8> {
    scheme.delivery().header(header).unwrap().into()
}

fn renamed(scheme: Scheme, header: &str, name: &str, value: &[u8]) -> Forged {
    Forged::from(scheme.delivery().without_header(header)).and_header(name, value)
}

/// A genuine request without its signature.
pub(crate) fn without_signature(scheme: Scheme) -> Forged {
    let genuine = scheme.delivery();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match scheme {
        Scheme::Sms(_, Carrier::Query) => {
            Forged::from(&genuine).query(genuine.query().split("&sig=").next().unwrap())
        }
        Scheme::Sms(_, Carrier::Form) => {
            Forged::from(&genuine).body(text(genuine.body()).split("&sig=").next().unwrap())
        }
        Scheme::Sms(_, Carrier::Json) => Forged::from(&genuine)
            .body(text(genuine.body()).split(",\"sig\":").next().unwrap().to_owned() + "}"),
        _ => genuine.without_header(scheme.header().unwrap()).into(),
    }
}
