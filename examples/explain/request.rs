//! An HTTP request in a file.

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, Status};

use super::input::{reject_utf16, without_mark};

/// A saved request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Notes about the file for the reader.
    pub(crate) notes: Vec<String>,
}

impl Request {
    /// Reads a head and the body after it. In the output of `curl -v`, it reads the lines that begin with `>`.
    pub(crate) fn read(file: &[u8]) -> Result<Self, String> {
        reject_utf16(file).map_err(|error| error.to_string())?;
        let file = without_mark(file);
        if let Ok(request) = Self::parse(file) {
            return Ok(request);
        }
        let sent = sent_by_curl(file);
        Self::parse(if sent.is_empty() { file } else { &sent })
            .map_err(|error| format!("neither an HTTP request nor the output of `curl -v`: {error}"))
    }

    fn parse(text: &[u8]) -> Result<Self, httparse::Error> {
        let mut text = as_version_1(text);
        let mut fields = [EMPTY_HEADER; 128];
        // A head without the final empty line has no body.
        let is_cut = httparse::Request::new(&mut fields).parse(&text)?.is_partial();
        if is_cut {
            text.to_mut().extend(b"\r\n\r\n");
        }
        let mut fields = [EMPTY_HEADER; 128];
        let mut head = httparse::Request::new(&mut fields);
        let Status::Complete(length) = head.parse(&text)? else { return Err(httparse::Error::Token) };
        let (Some(method), Some(target)) = (head.method, head.path) else {
            return Err(httparse::Error::Token);
        };
        let text_of = |value| String::from_utf8_lossy(value).into_owned();
        Ok(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: head.headers.iter().map(|field| (field.name.to_owned(), text_of(field.value))).collect(),
            body: text.get(length..).filter(|_| !is_cut).unwrap_or_default().to_vec(),
            notes: Vec::new(),
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.trim())
    }

    /// Sets the body from another file.
    pub(crate) fn replace_body(&mut self, body: Vec<u8>) {
        self.body = body;
        if let Some(length) = self.content_length().filter(|length| *length != self.body.len()) {
            let held = self.body.len();
            self.notes
                .push(format!("`content-length` is {length}, and the file of --body holds {held} bytes"));
        }
    }

    /// Finds the body's end, and decodes chunks.
    pub(crate) fn frame(&mut self) -> Result<(), String> {
        let coding = self.header("transfer-encoding").unwrap_or_default().to_ascii_lowercase();
        if coding.ends_with("chunked") {
            return self.decode_chunks();
        }
        let held = self.body.len();
        match self.content_length() {
            Some(length) if held < length => {
                Err(format!("the file holds {held} of {length} bytes of the body: {ADVICE}"))
            }
            Some(length) => {
                self.body.truncate(length);
                if held > length {
                    self.notes
                        .push(format!("`content-length` is {length}: of {held} bytes the rest is ignored"));
                }
                Ok(())
            }
            // Editors add a line feed at the end of a file.
            None if self.body.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => {
                self.body.clear();
                if self.method != "GET" {
                    self.notes.push(format!("the file holds no body; if the request had one, {ADVICE}"));
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn decode_chunks(&mut self) -> Result<(), String> {
        let mut rest = self.body.as_slice();
        let mut decoded = Vec::new();
        loop {
            let cut = || {
                format!("the file ends within a chunk, after {} bytes of the body: {ADVICE}", decoded.len())
            };
            // Editors change line ends, so a line feed alone ends a line too.
            let end =
                rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at.saturating_add(1));
            let (line, after) = rest.split_at(end);
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let size =
                str::from_utf8(digits).ok().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
            match size {
                Some(0) => break,
                Some(size) => {
                    let (chunk, after) = after.split_at_checked(size).ok_or_else(cut)?;
                    rest = after.strip_prefix(b"\r\n").or(after.strip_prefix(b"\n")).unwrap_or(after);
                    decoded.extend(chunk);
                }
                None if rest.is_empty() => return Err(cut()),
                // Some proxies decode the body and keep the header.
                None if decoded.is_empty() => {
                    self.notes
                        .push("the body is not chunked, although `transfer-encoding` says so".to_owned());
                    return Ok(());
                }
                None => {
                    return Err(format!(
                        "a chunk without a size follows {} bytes of the body",
                        decoded.len()
                    ));
                }
            }
        }
        self.body = decoded;
        Ok(())
    }

    fn content_length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }
}

/// Returns the first head that curl sent. curl prints no body.
fn sent_by_curl(file: &[u8]) -> Vec<u8> {
    let sent = file.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b">"));
    let lines = sent.map(|line| line.strip_prefix(b" ").unwrap_or(line));
    lines.take_while(|line| !line.trim_ascii().is_empty()).flatten().copied().collect()
}

/// Changes a request line of HTTP/2 or HTTP/3 in curl's output to version 1.
fn as_version_1(text: &[u8]) -> Cow<'_, [u8]> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let line = line.trim_ascii_end();
    for version in [" HTTP/2", " HTTP/2.0", " HTTP/3"] {
        if let Some(start) = line.strip_suffix(version.as_bytes()) {
            return [start, b" HTTP/1.1", rest].concat().into();
        }
    }
    text.into()
}

const ADVICE: &str = "save the whole request, or give the body with --body FILE";
