//! One HTTP request, as a proxy or `curl -v` saved it, and its settings.

use std::ffi::OsString;
use std::{env, fs};

use clap::Args;
use clap::builder::PossibleValuesParser;
use countersign::ConfigError;
use countersign::schemes::Scheme;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::output::complain;
use super::record::{Record, split_url};
use super::request::Request;
use super::verifier::{Misconfigured, verifier};

/// The options. A secret is in a variable and never an argument, which other users of the machine can see.
#[derive(Args)]
pub(crate) struct Saved {
    /// Explain one HTTP request: a file as a proxy or `curl -v` saved it
    #[arg(long, value_name = "FILE", requires_all = ["scheme", "credential"])]
    http: Option<OsString>,
    /// The raw body, if it is not in the file
    #[arg(long, value_name = "FILE", requires = "http")]
    body: Option<OsString>,
    /// Environment variable of the secret; several times for several secrets, newest first
    #[arg(long, value_name = "VARIABLE", requires = "http", group = "credential")]
    secret: Vec<String>,
    /// Environment variable of the secret's bytes in base64
    #[arg(long, value_name = "VARIABLE", requires = "http", group = "credential")]
    secret_b64: Option<String>,
    /// An account and the environment variable of its secret; several times for several accounts
    #[arg(long = "key", value_name = "ACCOUNT=VARIABLE", requires = "http", group = "credential")]
    keys: Vec<String>,
    /// Ed25519 public key, in base64
    #[arg(long, value_name = "KEY", requires = "http", group = "credential")]
    public_key: Option<String>,
    /// Environment variable of another secret to try; several times for several
    #[arg(long = "candidate", value_name = "VARIABLE", requires = "http")]
    candidates: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Settings that are fields of the format by the same names.
#[derive(Args, Serialize)]
#[group(requires = "http")]
struct Settings {
    /// Name of the scheme
    #[arg(long, hide_possible_values = true, value_parser = PossibleValuesParser::new(Scheme::ALL.iter().map(Scheme::name)))]
    scheme: Option<String>,
    /// Signature algorithm, such as sha256
    #[arg(long, value_name = "NAME")]
    algorithm: Option<String>,
    /// Name of the signature header
    #[arg(long, value_name = "NAME")]
    header: Option<String>,
    /// Start of the URL that the platform calls [default: https:// and the request's host]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Unix seconds to verify at [default: now]
    #[arg(long, value_name = "SECONDS")]
    now: Option<i64>,
    /// Timestamp window in seconds either way, or `any` [default: the scheme's]
    #[arg(long = "tolerance", value_name = "SECONDS", value_parser = tolerance)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerance_s: Option<Value>,
    /// `vapi`: name of the timestamp header
    #[arg(long, value_name = "NAME")]
    timestamp_header: Option<String>,
    /// `vapi`: header of the message's identifier
    #[arg(long, value_name = "NAME")]
    message_id_header: Option<String>,
    /// `vapi`: signed format, such as `{timestamp}.{body}`
    #[arg(long)]
    format: Option<String>,
    /// `vapi`, `static-token`: text before the signature or token
    #[arg(long)]
    prefix: Option<String>,
    /// `vapi`: hex or base64
    #[arg(long)]
    encoding: Option<String>,
}

impl Saved {
    /// Returns the request as a captured one, or nothing without a file.
    pub(crate) fn record(self) -> Result<Option<Record>, String> {
        let Some(file) = &self.http else { return Ok(None) };
        let name = file.to_string_lossy();
        let mut request = Request::read(&read(file)?).map_err(|problem| format!("{name}: {problem}"))?;
        match &self.body {
            Some(file) => request.replace_body(read(file)?),
            None => request.frame().map_err(|problem| format!("{name}: {problem}"))?,
        }
        for note in &request.notes {
            complain(format_args!("explain: {name}: {note}"));
        }

        let mut fields = self.fields()?;
        fields.insert("id".to_owned(), json!(name));
        fields.insert("method".to_owned(), json!(request.method));
        fields.insert("headers".to_owned(), json!(request.headers));
        let line = serde_json::to_vec(&fields).map_err(|error| error.to_string())?;
        let mut record = Record::parse(&line).map_err(|error| option_of(&error.to_string()))?;
        record.body.clone_from(&request.body);
        // A request to a proxy has the whole URL.
        let (start, target) = split_url(&request.target);
        record.target = Some(target.to_owned());
        let from_target = || Some(start.to_owned()).filter(|start| !start.is_empty());
        record.base_url = record.base_url.or_else(from_target);
        if let (None, Some(host)) = (&record.base_url, request.header("host")) {
            let guess = format!("https://{host}");
            // Behind a proxy, the host is often not the one that the platform calls.
            if needs_base_url(&record) {
                complain(format_args!(
                    "explain: {name}: this scheme signs the URL; --base-url is not given, so {guess} is tried"
                ));
            }
            record.base_url = Some(guess);
        }
        Ok(Some(record))
    }

    fn fields(&self) -> Result<Map<String, Value>, String> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&self.settings) else {
            return Err("the options are no object".to_owned());
        };
        let mut insert = |name: &str, value| fields.insert(name.to_owned(), value);
        match self.secret.as_slice() {
            [] => None,
            [name] => insert("secret", variable("--secret", name)?.into()),
            names => {
                let secrets: Result<Value, _> = names.iter().map(|name| variable("--secret", name)).collect();
                insert("secrets", secrets?)
            }
        };
        if let Some(name) = &self.secret_b64 {
            insert("secret_b64", variable("--secret-b64", name)?.into());
        }
        if let Some(key) = &self.public_key {
            insert("public_key", key.as_str().into());
        }
        if !self.keys.is_empty() {
            let pair = |pair: &String| {
                let (account, name) = pair.split_once('=').ok_or("--key takes ACCOUNT=VARIABLE")?;
                Ok::<_, String>((account.to_owned(), Value::from(variable("--key", name)?)))
            };
            let keys: Result<Map<_, _>, _> = self.keys.iter().map(pair).collect();
            insert("keys", keys?.into());
        }
        let candidate =
            |name: &String| Ok::<_, String>((name.clone(), variable("--candidate", name)?.into()));
        let candidates: Result<Map<_, Value>, _> = self.candidates.iter().map(candidate).collect();
        insert("candidates", candidates?.into());
        Ok(fields)
    }
}

/// Says whether the scheme signs the URL, so that its verifier needs the public one.
fn needs_base_url(record: &Record) -> bool {
    let missing = ConfigError::BaseUrlMissing.to_string();
    matches!(verifier(record), Err(Misconfigured(reason)) if reason == missing)
}

/// Converts a field's name to its option.
fn option_of(problem: &str) -> String {
    problem.replace("field `", "option `--")
}

fn read(file: &OsString) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{}: {error}", file.to_string_lossy()))
}

/// Reads a variable. The given name may be the secret itself, so it is never printed.
fn variable(option: &str, name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| match error {
        env::VarError::NotPresent => {
            format!("{option} names no environment variable that is set; it takes a variable's name, not the secret itself")
        }
        env::VarError::NotUnicode(_) => format!("the variable of {option} does not hold text"),
    })
}

fn tolerance(text: &str) -> Result<Value, String> {
    match text {
        "any" => Ok(Value::Null),
        _ => text
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| "neither a number of seconds nor `any`".to_owned()),
    }
}
