//! The options on the command line.

use std::time::Duration;
use std::{env, fmt};

/// How the receiver is to run.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: String,
    pub(crate) redis: Option<String>,
    pub(crate) timeout: Duration,
    /// Whether refusals are explained.
    pub(crate) explain: bool,
}

/// What cannot be understood.
#[derive(Debug)]
pub(crate) enum Wrong {
    Unknown(String),
    WithoutValue(String),
    NotSeconds,
}

impl Options {
    /// Reads the arguments, and `EXPLAIN` from the environment; nothing where help is asked for.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Wrong> {
        let mut options = Self {
            listen: "127.0.0.1:8080".to_owned(),
            redis: None,
            timeout: Duration::from_secs(10),
            explain: env::var_os("EXPLAIN").is_some_and(|value| value == "1"),
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| Wrong::WithoutValue(name.clone()));
            match name.as_str() {
                "--listen" => options.listen = value()?,
                "--redis" => options.redis = Some(value()?),
                "--timeout" => options.timeout = seconds(&value()?)?,
                "--help" | "-h" => return Ok(None),
                _ => return Err(Wrong::Unknown(name)),
            }
        }
        Ok(Some(options))
    }
}

fn seconds(text: &str) -> Result<Duration, Wrong> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or(Wrong::NotSeconds)
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "unknown option {name}"),
            Self::WithoutValue(name) => write!(f, "{name} needs a value"),
            Self::NotSeconds => f.write_str("--timeout needs a whole number of seconds, at least 1"),
        }
    }
}

pub(crate) const USAGE: &str = "usage: receiver [--listen ADDRESS] [--redis URL] [--timeout SECONDS]";
