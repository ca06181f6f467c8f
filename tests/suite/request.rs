//! Views of requests, from slices, arrays, `Vec`s and the `http` crate.

use countersign::{Head, HeaderLookup, HeaderName, Headers};

fn name(text: &str) -> HeaderName {
    HeaderName::new(text).unwrap()
}

#[test]
fn pairs_of_any_kind_are_headers() {
    fn one(headers: &dyn Headers) {
        assert_eq!(headers.lookup(&name("x-a")), HeaderLookup::One(b"1"));
        assert_eq!(headers.lookup(&name("X-B")), HeaderLookup::Repeated);
        assert_eq!(headers.lookup(&name("x-c")), HeaderLookup::Absent);
    }
    let pairs = [("X-A", "1"), ("x-b", "1"), ("x-B", "1")];
    one(&pairs);
    one(&pairs.as_slice());
    one(&pairs.to_vec());
    one(&pairs.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())));
}

#[cfg(feature = "http")]
#[test]
fn a_view_of_an_http_request_is_the_request() {
    let request = http::Request::builder()
        .method("PUT")
        .uri("https://example.com/path?a=%31&b")
        .header("X-A", "1")
        .header("x-b", "1")
        .header("X-B", "1")
        .body("body")
        .unwrap();
    let view = countersign::Request::from(&request);
    assert_eq!(
        (view.head().method(), view.head().query(), view.body()),
        ("PUT", &b"a=%31&b"[..], &b"body"[..])
    );
    assert_eq!(view.head().header(&name("x-a")).unwrap(), Some(&b"1"[..]));
    assert_eq!(view.head().header(&name("x-b")).unwrap_err().kind(), countersign::ErrorKind::HeaderRepeated);
    assert_eq!(view.head().header(&name("x-c")).unwrap(), None);

    for (target, query) in [("/path", &b""[..]), ("/path?a=%31&b", b"a=%31&b")] {
        let (parts, ()) = http::Request::get(target).header("x-a", "1").body(()).unwrap().into_parts();
        let head = Head::from(&parts);
        assert_eq!((head.method(), head.query()), ("GET", query));
        assert_eq!(head.header(&name("x-a")).unwrap(), Some(&b"1"[..]));
    }
}

#[test]
fn an_error_names_its_header() {
    let headers = [("X-A", "1"), ("x-a", "2")];
    let repeated = Head::new("POST", &headers).header(&name("X-A")).unwrap_err();
    assert_eq!(repeated.to_string(), "header `x-a` appears more than once");
    let long = [("x-a", "1".repeat(16_385))];
    let too_long = Head::new("POST", &long).header(&name("x-a")).unwrap_err();
    assert_eq!(too_long.to_string(), "header `x-a` is longer than 16 KiB");
}

#[test]
fn header_names_are_tokens_without_case() {
    assert_eq!(name("X-A"), name("x-a"));
    assert_eq!(name("X-A").to_string(), "x-a");
    assert_eq!(format!("{:?}", name("X-A")), "\"x-a\"");
    for text in ["", " ", "a b", "a:", "ä", "a\n", "\"a\""] {
        assert!(HeaderName::new(text).is_err(), "{text:?}");
    }
    for text in ["a", "!#$%&'*+-.^_`|~09az"] {
        assert_eq!(HeaderName::new(text).unwrap().as_str(), text);
    }
}
