//! Every scheme of the registry with a secret, with each algorithm and each kind of request.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::schemes::{Registered, Scheme, Settings};
use countersign::sign::{Delivery, Unsigned};
use countersign::{ConfigError, Coverage, ErrorKind, Keyring, Secret, Tenants, UnixTime};

pub struct Case {
    pub name: String,
    scheme: &'static Scheme,
    settings: Settings,
    unsigned: Unsigned,
    pub of_tenants: bool,
}

/// The bytes of eight keys. The last is longer than any block.
pub fn keys() -> Vec<Vec<u8>> {
    (1..=8).map(|number| vec![number * 29; if number == 8 { 150 } else { 32 }]).collect()
}

/// A secret in base64, which some platforms' types decode.
pub fn text(key: &[u8]) -> Vec<u8> {
    BASE64_STANDARD.encode(key).into_bytes()
}

pub fn secret(key: &[u8]) -> Secret {
    Secret::verbatim(text(key)).expect("a secret")
}

pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for scheme in Scheme::ALL {
        let sample = scheme.sample([7; 32]);
        let json = r#"{"event":"call.ended","price":"1.50"}"#;
        let requests = [
            ("", sample.unsigned.clone()),
            (" form", Unsigned::form("api-key=a1b2c3d4&AccountSid=a1b2c3d4&text=a+%26+b")),
            (" blank value", Unsigned::form("to=447700900000&text=")),
            (" JSON", Unsigned::json(json)),
            (" GET", Unsigned::new("GET", "").target("/?to=447700900000&text=a+%26+b")),
        ];
        let mut known = Vec::new();
        for algorithm in [None, Some("sha1"), Some("sha512"), Some("md5"), Some("md5hash")] {
            for ((what, unsigned), tenant) in
                requests.iter().flat_map(|request| [(request, false), (request, true)])
            {
                let mut settings = sample.settings.clone().clock(|| NOW);
                settings.algorithm = algorithm.map(str::to_owned).or(settings.algorithm);
                let unsigned = if tenant { unsigned.clone().tenant(TENANT) } else { unsigned.clone() };
                let name = format!(
                    "{}{what} {}{}",
                    scheme.name(),
                    algorithm.unwrap_or_default(),
                    if tenant { "tenant" } else { "" }
                );
                let case = Case { name, scheme, settings, unsigned, of_tenants: tenant };
                // Skips settings that the scheme rejects, and those that make no difference.
                let Some((genuine, coverage)) = case.genuine() else { continue };
                let same = |(of, other): &(bool, Delivery)| *of == tenant && *other == genuine;
                let any_body = coverage == Coverage::Body && !what.is_empty();
                if !any_body && !known.iter().any(same) {
                    known.push((tenant, genuine));
                    all.push(case);
                }
            }
        }
    }
    all
}

impl Case {
    pub fn build(&self, keyring: Keyring) -> Result<Box<dyn Registered>, ConfigError> {
        let mut settings = self.settings.clone();
        if self.of_tenants {
            // Only one: with several, the lookup order is random.
            settings.tenants = Some(Tenants::new([(TENANT, keyring)])?);
            settings.keyring = None;
        } else {
            settings.keyring = Some(keyring);
        }
        self.scheme.build(&settings)
    }

    /// Makes a request signed with a key.
    pub fn sign(&self, key: &[u8]) -> Option<Delivery> {
        let secret = secret(key);
        self.build(secret.clone().into()).ok()?.sign(&secret.into(), &self.unsigned).ok()
    }

    /// Makes a request that the first key signs, and that only it verifies.
    fn genuine(&self) -> Option<(Delivery, Coverage)> {
        self.settings.keyring.as_ref()?;
        let (genuine, other) = (self.sign(&keys()[0])?, self.sign(&keys()[1])?);
        let verifier = self.build(secret(&keys()[0]).into()).ok()?;
        let rejected = verifier.verify(other.request()).err()?.kind() == ErrorKind::SignatureMismatch;
        let coverage = verifier.verify(genuine.request()).ok()?.coverage();
        rejected.then_some((genuine, coverage))
    }

    /// Makes requests of a key with one wrong digit each, in order of the digits. The signature is the part that differs with
    /// another key.
    pub fn wrong_digits(&self, key: &[u8]) -> Vec<Delivery> {
        let genuine = self.sign(key).expect("a signature");
        let others: Vec<_> = keys()[..7].iter().filter_map(|other| self.sign(other)).collect();
        let verifier = self.build(secret(key).into()).expect("a verifier");
        let wrong = (0..parts(&genuine).len()).map(|part| {
            let text = &parts(&genuine)[part];
            let differs =
                |at: &usize| others.iter().any(|other| parts(other)[part].get(*at) != text.get(*at));
            let is_hex = (0..text.len()).filter(differs).all(|at| text[at].is_ascii_hexdigit());
            // After a leading `0` the decoder looks for the `x` of `0x`.
            let digits = (0..text.len()).filter(differs).skip_while(|at| is_hex && text[*at] == b'0');
            digits.map(|at| with_part(&genuine, part, at, other_digit(text[at], is_hex))).collect()
        });
        let rejected = |wrong: &Vec<Delivery>| {
            wrong.first().is_some_and(|first| verifier.verify(first.request()).is_err())
        };
        wrong.into_iter().find(rejected).expect("a signature")
    }
}

fn other_digit(digit: u8, is_hex: bool) -> u8 {
    let [usual, other] = match digit {
        // Both can end a base64 text: their last bits are 0.
        _ if !is_hex => [b'A', b'Q'],
        b'0'..=b'9' => [b'1', b'2'],
        b'a'..=b'f' => [b'a', b'b'],
        _ => [b'A', b'B'],
    };
    if digit == usual { other } else { usual }
}

/// Returns the target, the body and each header's value.
fn parts(delivery: &Delivery) -> Vec<Vec<u8>> {
    let headers = delivery.headers().iter().map(|(_, value)| value.clone().into_bytes());
    [delivery.target().as_bytes().to_vec(), delivery.body().to_vec()].into_iter().chain(headers).collect()
}

fn with_part(delivery: &Delivery, part: usize, at: usize, digit: u8) -> Delivery {
    let mut bytes = parts(delivery).swap_remove(part);
    bytes[at] = digit;
    let text = String::from_utf8(bytes).expect("text");
    match part {
        0 => delivery.clone().with_target(&text),
        1 => delivery.clone().with_body(text),
        _ => {
            let (name, _) = &delivery.headers()[part - 2];
            delivery.clone().without_header(name).with_header(name, &text)
        }
    }
}

pub const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);
const TENANT: &str = "a1b2c3d4";
