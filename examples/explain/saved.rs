//! One HTTP request, as a proxy or `curl -v` saved it.

use std::{env, fs};

use countersign::HeaderName;
use serde_json::Value;

use super::record::{Record, Secrets};

/// What the options say.
#[derive(Default)]
pub(crate) struct Saved {
    http: Option<String>,
    body: Option<String>,
    scheme: Option<String>,
    secret: Option<String>,
    candidates: Vec<String>,
    algorithm: Option<String>,
    header: Option<String>,
    now: Option<i64>,
}

impl Saved {
    /// Takes an option and its value.
    pub(crate) fn option(&mut self, name: &str, value: Option<String>) -> Result<(), String> {
        let value = value.ok_or_else(|| format!("{name} needs a value"))?;
        match name {
            "--http" => self.http = Some(value),
            "--body" => self.body = Some(value),
            "--scheme" => self.scheme = Some(value),
            "--secret" => self.secret = Some(value),
            "--candidate" => self.candidates.push(value),
            "--algorithm" => self.algorithm = Some(value),
            "--header" => self.header = Some(value),
            "--now" => self.now = Some(value.parse().map_err(|_| "--now is not a whole number".to_owned())?),
            _ => return Err(format!("unknown option {name}")),
        }
        Ok(())
    }

    /// The request as a captured delivery; nothing where none was named.
    pub(crate) fn record(self) -> Result<Option<Record>, String> {
        let Some(file) = self.http else { return Ok(None) };
        let text = read(&file)?;
        let mut request = request(&text).ok_or_else(|| format!("{file}: not an HTTP/1 request"))?;
        if let Some(body) = self.body {
            request.body = read(&body)?;
        }
        let secret = self.secret.ok_or("--http needs --secret")?;
        let candidates: Result<_, String> =
            self.candidates.into_iter().map(|name| Ok((name.clone(), variable(&name)?))).collect();
        Ok(Some(Record {
            id: Value::from(file),
            scheme: self.scheme.ok_or("--http needs --scheme")?,
            algorithm: self.algorithm,
            header: self.header,
            secrets: Secrets::Text(variable(&secret)?),
            now: self.now,
            method: request.method,
            query: request.query,
            headers: request.headers,
            body: request.body,
            candidates: candidates?,
            ..Record::default()
        }))
    }
}

struct Request {
    method: String,
    query: Vec<u8>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Reads a request's head and what follows it. Of what `curl -v` prints, the lines after `>`.
fn request(text: &[u8]) -> Option<Request> {
    let sent: Vec<_> =
        text.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b">")).collect();
    let text = if sent.is_empty() {
        text.to_vec()
    } else {
        sent.iter().flat_map(|line| line.strip_prefix(b" ").unwrap_or(line)).copied().collect()
    };
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Request::new(&mut fields);
    let body = head.parse(&text).ok()?;
    let body = text.get(if body.is_complete() { body.unwrap() } else { text.len() }..)?.to_vec();
    let query = head.path?.split_once('?').map_or("", |(_, query)| query);
    let headers = head.headers.iter().filter(|field| HeaderName::new(field.name).is_ok());
    Some(Request {
        method: head.method?.to_owned(),
        query: query.into(),
        headers: headers
            .map(|field| (field.name.to_owned(), String::from_utf8_lossy(field.value).into_owned()))
            .collect(),
        body,
    })
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{file}: {error}"))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
