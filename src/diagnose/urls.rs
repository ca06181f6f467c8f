//! Other URLs that may have been signed.

use super::trials::{Change, Matches};
use super::{Capture, Cause};
use crate::request::{BaseUrl, Request};

/// Tries other URLs until `matches` says that one was signed: another base, another target, then both.
pub(super) fn find(
    capture: &Capture,
    base: &BaseUrl,
    request: Request<'_>,
    matches: Matches<'_>,
) -> Option<Change> {
    let target = capture.target.as_deref()?;
    let targets = targets(capture, target);
    for (base_words, base) in bases(capture, base) {
        for (target_words, target) in &targets {
            let words: Vec<_> = base_words.iter().chain(target_words).map(String::as_str).collect();
            let head = request.head().with_target(target).with_base(Some(&base));
            if !words.is_empty() && matches(Request::new(head, request.body())) {
                return Some((Cause::UrlOther, words.join(", and ")));
            }
        }
    }
    None
}

/// The base URL, and other versions: with another scheme, host or port, or without its path or its user.
fn bases(capture: &Capture, base: &BaseUrl) -> Vec<(Option<String>, BaseUrl)> {
    let [start, prefix] = base.without_port();
    let (scheme, host) = start.split_once("://").unwrap_or(("", start));
    let port = base.port().unwrap_or_default();
    let mut bases = vec![(None, base.clone())];
    let mut push = |words: String, text: String| {
        if let Some(other) = BaseUrl::new(&text).ok().filter(|other| other != base) {
            bases.push((Some(words), other));
        }
    };
    push("the URL has no port".to_owned(), format!("{scheme}://{host}{prefix}"));
    push(
        "the URL has its scheme's port".to_owned(),
        format!("{scheme}://{host}{}{prefix}", base.standard_port()),
    );
    push("the URL has no path before the target".to_owned(), format!("{scheme}://{host}{port}"));
    if let Some((_, host)) = host.rsplit_once('@') {
        push("the URL has no user name".to_owned(), format!("{scheme}://{host}{port}{prefix}"));
    }
    for other in ["https", "http", "wss", "ws"].into_iter().filter(|other| *other != scheme) {
        push(format!("the URL's scheme is `{other}`"), format!("{other}://{host}{port}{prefix}"));
        push(format!("the URL's scheme is `{other}`, without a port"), format!("{other}://{host}{prefix}"));
    }
    for header in ["host", "x-forwarded-host", "x-original-host"] {
        if let Some(host) = capture.header(header) {
            for scheme in [scheme, "https", "http"] {
                push(
                    format!("the URL's host is that of the header `{header}`"),
                    format!("{scheme}://{host}{prefix}"),
                );
            }
        }
    }
    bases
}

/// The target, and other versions of it.
fn targets(capture: &Capture, target: &str) -> Vec<(Option<String>, String)> {
    let (path, query) = target.find('?').map_or((target, ""), |at| target.split_at(at));
    let mut targets = vec![(None, target.to_owned())];
    let mut push = |words: &str, other: String| targets.push((Some(words.to_owned()), other));
    push("the path ends in a slash", format!("{}/{query}", path.trim_end_matches('/')));
    push("the path does not end in a slash", format!("{}{query}", path.trim_end_matches('/')));
    push("the URL has no query", path.to_owned());
    for header in
        ["x-forwarded-prefix", "x-original-uri", "x-original-url", "x-rewrite-url", "x-forwarded-uri"]
    {
        if let Some(value) = capture.header(header) {
            let path = if header.ends_with("prefix") {
                format!("{}{target}", value.trim_end_matches('/'))
            } else {
                value.to_owned()
            };
            push(&format!("the path is that of the header `{header}`"), path.clone());
            push(&format!("the path is that of the header `{header}`"), path.replace("/?", "?"));
        }
    }
    targets
}
