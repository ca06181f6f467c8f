//! 49 to 60: headers and dispatch.

use countersign::ErrorKind::{self, HeaderRepeated, HeaderTooLong, SignatureMalformed, TokenMalformed};
use countersign::vonage::Method;

use crate::forged::Forged;
use crate::run::Case;
use crate::schemes::{Carrier, Scheme};

pub(crate) const CASES: &[Case] = &[
    (49, "no signature, whatever else is there", |run| {
        for scheme in Scheme::all() {
            let mut unsigned = without_signature(scheme);
            run.refuses(&scheme.subject(), unsigned.clone(), scheme.missing());
            for other in ["signature", "x-signature", "x-hub-signature-256", "vogent-signature", "cookie"] {
                unsigned = unsigned.and_header(other, scheme.signature());
            }
            run.refuses(&scheme.subject(), unsigned, scheme.missing());
        }
    }),
    (50, "an empty signature, or white space", |run| {
        for scheme in Scheme::all() {
            for text in ["", " ", "  ", "\t", " \t "] {
                let forged = match scheme.header() {
                    Some(header) => Forged::of(scheme).header(header, text),
                    None => Forged::signed(scheme, text.as_bytes()),
                };
                run.refuses(&scheme.subject(), forged, malformed(scheme));
            }
        }
    }),
    (51, "the header's name in any letter case", |run| {
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
    }),
    (52, "the header twice", |run| {
        for (scheme, header) in header_schemes() {
            let good = genuine_value(scheme, header);
            let bad: Vec<u8> = good.iter().rev().copied().collect();
            for (first, second) in [(&good, &good), (&good, &bad), (&bad, &good), (&bad, &bad)] {
                for name in [header.to_owned(), header.to_uppercase()] {
                    let twice =
                        Forged::of(scheme).header(header, first.clone()).and_header(&name, second.clone());
                    run.refuses(&scheme.subject(), twice.clone(), HeaderRepeated);
                    run.refuses(&scheme.subject(), twice.and_header(header, first.clone()), HeaderRepeated);
                }
            }
        }
    }),
    (53, "two values in one header", |run| {
        for (scheme, header) in header_schemes() {
            let good = genuine_value(scheme, header);
            let bad = good.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte }).collect::<Vec<_>>();
            for (first, second) in [(&good, &good), (&good, &bad), (&bad, &good)] {
                for between in [&b", "[..], b",", b"; "] {
                    let joined = [first.as_slice(), between, second].concat();
                    run.refuses_as(
                        &scheme.subject(),
                        Forged::of(scheme).header(header, joined),
                        &[SignatureMalformed, TokenMalformed],
                    );
                }
            }
        }
    }),
    (54, "a name that is nearly the header's", |run| {
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
                run.refuses(&scheme.subject(), renamed(scheme, header, &name, &value), scheme.missing());
            }
        }
    }),
    (55, "header values beyond ASCII", |run| {
        for (scheme, header) in header_schemes() {
            let good = genuine_value(scheme, header);
            for byte in 0x80..=0xff {
                for value in [vec![byte], [&good[..], &[byte]].concat(), [&[byte], &good[1..]].concat()] {
                    let forged = Forged::of(scheme).header(header, value);
                    run.refuses_as(&scheme.subject(), forged, &[SignatureMalformed, TokenMalformed]);
                }
            }
        }
    }),
    (56, "what stands around a token", |run| {
        for (scheme, header) in header_schemes().filter(|(scheme, _)| scheme.is_jwt()) {
            let token = String::from_utf8(genuine_value(scheme, header)).unwrap().split_off("Bearer ".len());
            for word in ["Bearer", "bearer", "BEARER", "bEARER"] {
                let _ = run
                    .accepts(&scheme.subject(), Forged::of(scheme).header(header, format!("{word} {token}")));
            }
            for value in [
                format!("Bearer{token}"),
                "Bearer".to_owned(),
                "Bearer ".to_owned(),
                format!("Bearer  {token}"),
                format!("Bearer {token} x"),
                format!("Bearer {token} "),
                format!("Bearer\t{token}"),
                format!("Basic {token}"),
                format!("Token {token}"),
                format!("JWT {token}"),
                format!("Bearer: {token}"),
                format!("Bearer,{token}"),
                format!(" Bearer {token}"),
                format!("\"Bearer {token}\""),
                token.clone(),
            ] {
                let forged = Forged::of(scheme).header(header, value);
                run.refuses_as(&scheme.subject(), forged, &[TokenMalformed, SignatureMalformed]);
            }
        }
    }),
    (57, "another scheme's signature, right, and none of this one's", |run| {
        for scheme in Scheme::all() {
            for (other, header) in header_schemes() {
                if scheme.header() == Some(header) {
                    continue;
                }
                let forged = without_signature(scheme).and_header(header, genuine_value(other, header));
                run.refuses(&scheme.subject(), forged, scheme.missing());
            }
        }
    }),
    (58, "a request that names its algorithm", |run| {
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
            run.refuses_as(
                &scheme.subject(),
                altered,
                &[ErrorKind::SignatureMismatch, ErrorKind::PayloadHashMismatch],
            );
        }
    }),
    (59, "the signature in another place", |run| {
        for scheme in Scheme::all() {
            let signature = scheme.signature();
            let unsigned = without_signature(scheme);
            let name = scheme.header().unwrap_or("sig");
            if scheme.header().is_some() {
                let in_query = unsigned.clone().query(format!("{name}={signature}&sig={signature}"));
                run.refuses(&scheme.subject(), in_query, scheme.missing());
                let in_body =
                    unsigned.body(format!("{{\"{name}\":\"{signature}\",\"sig\":\"{signature}\"}}"));
                run.refuses(&scheme.subject(), in_body, scheme.missing());
            } else {
                run.refuses(
                    &scheme.subject(),
                    unsigned.clone().and_header("sig", signature.clone()),
                    scheme.missing(),
                );
                run.refuses(
                    &scheme.subject(),
                    unsigned.clone().and_header("x-sig", signature.clone()),
                    scheme.missing(),
                );
                if !matches!(scheme, Scheme::Sms(_, Carrier::Query)) {
                    let in_query = unsigned.query(format!("sig={signature}"));
                    run.refuses(&scheme.subject(), in_query, scheme.missing());
                }
            }
        }
        let get = Forged::of(Scheme::Sms(Method::Sha256, Carrier::Query));
        let moved = Forged { body: get.query.clone(), query: Vec::new(), ..get };
        let subject = Scheme::Sms(Method::Sha256, Carrier::Query).subject();
        run.refuses(&subject, moved, ErrorKind::SignatureMissing);
    }),
    (60, "64 KiB of header", |run| {
        for (scheme, header) in header_schemes() {
            let good = genuine_value(scheme, header);
            for length in [16 * 1024 + 1, 64 * 1024] {
                for filler in [b'a', b'.', b' ', b'{', 0xff] {
                    let mut value = good.clone();
                    value.resize(length, filler);
                    run.refuses(&scheme.subject(), Forged::of(scheme).header(header, value), HeaderTooLong);
                }
            }
        }
    }),
];

fn header_schemes() -> impl Iterator<Item = (Scheme, &'static str)> {
    Scheme::all().into_iter().filter_map(|scheme| Some((scheme, scheme.header()?)))
}

fn malformed(scheme: Scheme) -> ErrorKind {
    if scheme.is_jwt() { TokenMalformed } else { SignatureMalformed }
}

fn genuine_value(scheme: Scheme, header: &str) -> Vec<u8> {
    scheme.delivery().header(header).unwrap().into()
}

fn renamed(scheme: Scheme, header: &str, name: &str, value: &[u8]) -> Forged {
    Forged::from(scheme.delivery().without_header(header)).and_header(name, value)
}

/// A genuine delivery less its signature.
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
