//! The receiver as a program: options, variables, printed commands, explanations and shutdown.

use std::process::Stdio;
use std::time::{Duration, Instant};

use countersign::schemes::Scheme;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::receiver::{Receiver, program};

#[test]
fn a_wrong_option_or_variable_ends_it_with_status_2_and_shows_no_value() {
    let options: [(&[&str], &str); 5] = [
        (&["--listen", "foo"], "--listen"),
        (&["--listen", "127.0.0.1:99999"], "--listen"),
        (&["--timeout", "0"], "--timeout"),
        (&["--redis", "foo"], "--redis"),
        (&["--frobnicate"], "[--listen <ADDRESS>] [--redis <URL>] [--timeout <SECONDS>]"),
    ];
    let variables = [
        (("VOGENT_SECRET", ""), "`VOGENT_SECRET`: secret is empty"),
        (("VOGENT_SECRET", SECRET_WITH_LINE_FEED), "`VOGENT_SECRET`: "),
        (("VOGENT_SECRET_OLD", SECRET), "`VOGENT_SECRET` is not set"),
        (("HEX_HMAC_SECRET", SECRET), "`HEX_HMAC_HEADER` is not set"),
        (("VONAGE_SMS_SECRET", SECRET), "`VONAGE_SMS_ALGORITHM` is not set"),
        (("TWILIO_SECRET", SECRET), "`TWILIO_BASE_URL` is not set"),
        (("TELNYX_PUBLIC_KEY", SECRET), "`TELNYX_PUBLIC_KEY`: "),
        (("TELNYX_SECRET", SECRET), "`TELNYX_PUBLIC_KEY` is not set"),
        (("EXPLAIN", SECRET), "`EXPLAIN`: "),
        (("VONAGE_CONTACT_CENTER_SECRET", SECRET), "vonage-contact-center: "),
        (("VOGENT_TOLERANCE", SECRET), "`VOGENT_TOLERANCE`: "),
        (("TWILIO_BASE_URL", SECRET), "`TWILIO_BASE_URL`: "),
    ];
    let options = options.into_iter().map(|(options, problem)| (options, None, problem));
    let variables = variables.into_iter().map(|(variable, problem)| (&[][..], Some(variable), problem));
    for (options, variable, problem) in options.chain(variables) {
        let ended = program().args(options).envs(variable).stdin(Stdio::null()).output().unwrap();
        let [output, errors] = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
        let run = format!("{options:?} {variable:?}: {errors}");
        assert_eq!((ended.status.code(), output.as_str()), (Some(2), ""), "{run}");
        assert!(errors.contains(problem) && !errors.contains(SECRET), "{run}");
    }
}

#[test]
fn an_address_in_use_is_named_by_its_option() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = program().args(["--listen", &other.local_addr().unwrap().to_string()]).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(1) && errors.starts_with("receiver: --listen: "), "{errors}");
}

#[tokio::test]
async fn without_secrets_it_prints_a_genuine_and_a_forged_command_for_each_scheme() {
    let receiver = Receiver::with(&[], &[]);
    let is_command = |line: &&String| line.starts_with("curl");
    let count = 2 * Scheme::ALL.len();
    let printed = receiver.printed_until(|lines| lines.iter().filter(is_command).count() == count).await;
    let commands: Vec<_> = printed.iter().filter(is_command).collect();
    for (scheme, pair) in Scheme::ALL.iter().zip(commands.chunks(2)) {
        let statuses = [paste(pair[0]).await, paste(pair[1]).await];
        assert_eq!(statuses, [200, 401], "{}: {pair:?}", scheme.name());
        let path = format!("/{}'", scheme.name());
        assert!(pair.iter().all(|command| command.contains(&path)), "{}: {pair:?}", scheme.name());
    }
}

#[tokio::test]
async fn routes_without_a_secret_are_off_and_named() {
    let receiver = Receiver::with(&[], &[("BLAND_SECRET".to_owned(), SECRET.to_owned())]);
    let printed = receiver.printed("other routes need").await.join("\n");
    assert!(printed.contains("routes: /bland\n") && printed.contains("TWILIO_SECRET"), "{printed}");
    for (route, status) in [("twilio", 404), ("bland", 401)] {
        assert_eq!(send(&receiver, &request(route, "content-length: 0")).await, status);
    }
}

#[tokio::test]
async fn explanations_keep_the_timeout() {
    let secrets = ["VOGENT_SECRET", "BLAND_SECRET"].map(|name| (name.to_owned(), format!("{name} {SECRET}")));
    let explain = ("EXPLAIN".to_owned(), "1".to_owned());
    let receiver = Receiver::with(&["--timeout", "1"], &[secrets.as_slice(), &[explain]].concat());
    let body = "what do ya want for nothing?";
    let tag = hex_hmac(&secrets[1].1, body);
    let head = request("vogent", &format!("x-elto-signature: {tag}\r\ncontent-length: {}", body.len()));

    let start = Instant::now();
    assert_eq!(send(&receiver, &head).await, 503);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(send(&receiver, &format!("{head}{body}")).await, 401);
    let printed = receiver.printed("do:").await.join("\n");
    assert!(printed.contains("`BLAND_SECRET`") && !printed.contains(SECRET), "{printed}");
    let long = request("vogent", "content-length: 1048577") + &"x".repeat(1_048_577);
    assert_eq!(send(&receiver, &long).await, 413);
    receiver.printed("vogent rejected code=body_too_large status=413").await;
}

#[tokio::test]
async fn a_second_ctrl_c_ends_it_at_once() {
    let mut receiver = Receiver::with(&["--timeout", "60"], &[]);
    let mut unfinished = TcpStream::connect(receiver.address).await.unwrap();
    unfinished.write_all(b"POST /vogent HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    // Waits until the connection is accepted.
    assert_eq!(send(&receiver, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await, 404);
    receiver.signal("-INT");
    receiver.printed("a second Ctrl-C stops at once").await;
    let start = Instant::now();
    receiver.signal("-INT");
    assert_eq!(receiver.ended().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

/// The head of a request.
fn request(route: &str, headers: &str) -> String {
    format!("POST /{route} HTTP/1.1\r\nhost: a\r\n{headers}\r\n\r\n")
}

/// Sends bytes and returns the status.
async fn send(receiver: &Receiver, request: &str) -> u16 {
    exchange(&receiver.address.to_string(), request.as_bytes()).await
}

async fn exchange(address: &str, request: &[u8]) -> u16 {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let mut line = [0; 12];
    let read = reader.read_exact(&mut line);
    let written = async {
        // The receiver need not read a rejected request.
        drop(writer.write_all(request).await);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        read = read => drop(read.unwrap()),
        () = written => {}
    }
    str::from_utf8(&line[9..]).unwrap().parse().unwrap()
}

/// Sends the request of a printed command.
async fn paste(command: &str) -> u16 {
    let words: Vec<_> = command.split('\'').collect();
    let [start, url, rest @ ..] = words.as_slice() else { panic!("{command}") };
    assert_eq!(*start, "curl -i -X POST ");
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (mut headers, mut body) = (String::new(), "");
    for option in rest.chunks_exact(2) {
        match option[0] {
            " -H " => headers += &format!("{}\r\n", option[1]),
            " --data-raw " => body = option[1],
            other => panic!("{other}: {command}"),
        }
    }
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(address, request.as_bytes()).await
}

/// The hex HMAC-SHA256 of a body.
fn hex_hmac(secret: &str, body: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(ring::hmac::sign(&key, body.as_bytes()))
}

const SECRET: &str = "whsec-5f1e3c07d94b!";
const SECRET_WITH_LINE_FEED: &str = "whsec-5f1e3c07d94b!\n";
