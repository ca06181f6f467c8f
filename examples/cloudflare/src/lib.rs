//! Retell's webhooks in a Cloudflare Worker. The module has plain exports and needs no tool but `cargo`:
//!
//! `cargo build --release --target wasm32-unknown-unknown --manifest-path examples/cloudflare/Cargo.toml`
//!
//! `handler.mjs` calls it, `worker.mjs` is the Worker, and `test.mjs` sends requests to it in node. This target has no clock,
//! so JavaScript passes the time.

#![allow(unsafe_code, reason = "exported names are `no_mangle`")]

use std::cell::{Cell, RefCell};

use countersign::{Head, Request, Retell, Secret, UnixTime, Verifier};

thread_local! {
    /// The input from JavaScript, which calls `room` and writes there.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static RETELL: RefCell<Option<Retell>> = const { RefCell::new(None) };
    static NOW: Cell<UnixTime> = const { Cell::new(UnixTime::from_secs(0)) };
}

/// Makes room for the next input and returns its address.
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; bytes];
        input.as_mut_ptr()
    })
}

/// Takes the input as the secret. Returns 0 if it is invalid.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> u32 {
    let retell = Secret::new(INPUT.take()).map(|secret| Retell::new(secret).clock(|| NOW.get()));
    let is_secret = retell.is_ok();
    RETELL.set(retell.ok());
    u32::from(is_secret)
}

/// Takes the input as a request: method, target and headers in lines, an empty line, the raw body. Returns the HTTP status: 200
/// if the request verifies at this time, in seconds since 1970.
#[unsafe(no_mangle)]
pub extern "C" fn verify(now: i64) -> u32 {
    NOW.set(UnixTime::from_secs(now));
    let input = INPUT.take();
    RETELL.with_borrow(|retell| match (retell, parse(&input)) {
        (Some(retell), Some((method, target, headers, body))) => {
            let head = Head::new(method, &headers).with_target(target);
            retell.verify(Request::new(head, body)).map_or_else(|error| error.status().into(), |_| 200)
        }
        _ => 500,
    })
}

type Parts<'i> = (&'i str, &'i str, Vec<(&'i str, &'i str)>, &'i [u8]);

fn parse(input: &[u8]) -> Option<Parts<'_>> {
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    let mut lines = std::str::from_utf8(&input[..end]).ok()?.lines();
    let (method, target) = (lines.next()?, lines.next()?);
    let headers = lines.map(|line| line.split_once(": ")).collect::<Option<_>>()?;
    Some((method, target, headers, &input[end + 2..]))
}
