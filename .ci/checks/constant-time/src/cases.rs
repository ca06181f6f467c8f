//! Every scheme and algorithm in every form it takes.

use countersign::rule::{Envelope, Profile, Rule};
use countersign::sign::{self, Delivery};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, Error, Head, HeaderName, HexHmac, Keyring, Keys, Secret, Tenants, UnixTime, Verifier, Vogent,
    Voxagent, Webhook,
};

/// One scheme in one form.
pub struct Case {
    pub name: String,
    pub verifier: Box<dyn Fn(Keyring) -> Box<dyn Verifier>>,
    pub sign: Box<dyn Fn(&Secret) -> Delivery>,
    /// Whether the secret is looked at when the verifier is built: decoded from base64 by a table.
    pub decodes_secret: bool,
    place: Place,
}

/// Where the signature's text is, up to the end of the text or a quotation mark.
#[derive(Clone, Copy)]
enum Place {
    /// The whole header.
    Header(&'static str),
    /// After the last `v1=` of the header.
    Entry(&'static str),
    /// After the last dot of the header.
    Token(&'static str),
    /// After `sig=`.
    Query,
    Form,
    /// After `"sig":"`.
    Json,
}

/// Eight secrets, in base64 so that every scheme takes them; the last is longer than any block.
#[must_use]
pub fn secrets() -> Vec<Vec<u8>> {
    (b'A'..=b'H').map(|letter| vec![letter; if letter == b'H' { 200 } else { 40 }]).collect()
}

#[must_use]
pub fn all() -> Vec<Case> {
    let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    let methods = [
        SignatureMethod::Md5Hash,
        SignatureMethod::Md5,
        SignatureMethod::Sha1,
        SignatureMethod::Sha256,
        SignatureMethod::Sha512,
    ];
    let mut all = Vec::new();
    for algorithm in algorithms {
        all.push(Case::new(
            format!("vogent {algorithm:?}"),
            Place::Header("x-elto-signature"),
            move |keyring| Box::new(Vogent::with_algorithm(algorithm, keyring)),
            move |secret| sign::hex_hmac("x-elto-signature", algorithm, secret, BODY),
        ));
        all.push(Case::new(
            format!("hex-hmac {algorithm:?}"),
            Place::Header("x-sig"),
            move |keyring| Box::new(HexHmac::with_algorithm("x-sig", algorithm, keyring).expect("a name")),
            move |secret| sign::hex_hmac("x-sig", algorithm, secret, BODY),
        ));
    }
    all.push(Case::new(
        "voxagent".to_owned(),
        Place::Header("x-sig"),
        |keyring| Box::new(Voxagent::new("x-sig", keyring).expect("a name")),
        |secret| sign::hex_hmac("x-sig", Algorithm::Sha256, secret, BODY),
    ));
    all.push(Case::new(
        "rule with a list and a time".to_owned(),
        Place::Entry("x-sig"),
        |keyring| {
            let keys = Keys::hmac(Algorithm::Sha256, keyring);
            Box::new(Webhook::with_rule(Listed, keys).expect("no URL").clock(|| NOW))
        },
        |secret| {
            let signed = sign::hex_hmac("x-sig", Algorithm::Sha256, secret, format!("{SIGNED_AT}.{BODY}"));
            let tag = signed.header("x-sig").expect("a signature").to_owned();
            let list = format!("t={SIGNED_AT},v1={},v1={tag}", "0".repeat(64));
            signed.without_header("x-sig").with_header("x-sig", &list).with_body(BODY)
        },
    ));
    for method in methods {
        let verifier = move |keyring| -> Box<dyn Verifier> { Box::new(Sms::new(method, keyring)) };
        let signer = move |secret: &Secret| {
            let signer = sign::SmsSigner::new(method, secret)
                .param("api-key", "a1b2c3d4")
                .param("text", "Hello & hi = 1+1");
            signer.timestamp(NOW).param("nonce", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
        };
        let name = |form| format!("sms {method:?} {form}");
        all.push(Case::new(name("query"), Place::Query, verifier, move |secret| signer(secret).query()));
        all.push(Case::new(name("form"), Place::Form, verifier, move |secret| signer(secret).form()));
        all.push(Case::new(name("json"), Place::Json, verifier, move |secret| signer(secret).json()));
        all.push(Case::new(name("blank value"), Place::Form, verifier, move |secret| {
            signer(secret).param("keyword", "").form()
        }));
        all.push(Case::new(
            name("tenants"),
            Place::Form,
            move |keyring| Box::new(Sms::tenants(method, tenants(keyring))),
            move |secret| signer(secret).form(),
        ));
    }
    let webhook = |keyring| -> Box<dyn Verifier> { Box::new(SignedWebhook::new(keyring).clock(|| NOW)) };
    let signer = |secret: &Secret| sign::TokenSigner::new(secret, NOW).claim("api_key", "a1b2c3d4");
    let token = Place::Token("authorization");
    all.push(Case::new("signed webhook POST".to_owned(), token, webhook, move |secret| {
        signer(secret).post(BODY)
    }));
    all.push(Case::new("signed webhook GET".to_owned(), token, webhook, move |secret| {
        signer(secret).get(QUERY)
    }));
    all.push(Case::new(
        "signed webhook tenants".to_owned(),
        token,
        |keyring| Box::new(SignedWebhook::tenants(tenants(keyring)).clock(|| NOW)),
        move |secret| signer(secret).post(BODY),
    ));
    all.push(Case {
        decodes_secret: true,
        ..Case::new(
            "contact center".to_owned(),
            Place::Token("vonage-signature"),
            |keyring| Box::new(ContactCenter::new(keyring).expect("base64").clock(|| NOW)),
            |secret| sign::ContactCenterSigner::new(secret, NOW).expect("base64").post(BODY),
        )
    });
    all
}

impl Case {
    /// How many messages may have been signed: with a blank value the one with it and, if that was not, the one without. Each
    /// has a verdict, and whether the first holds is no secret.
    #[must_use]
    pub fn messages(&self) -> usize {
        if self.name.ends_with("blank value") { 2 } else { 1 }
    }

    fn new(
        name: String,
        place: Place,
        verifier: impl Fn(Keyring) -> Box<dyn Verifier> + 'static,
        sign: impl Fn(&Secret) -> Delivery + 'static,
    ) -> Self {
        Self { name, verifier: Box::new(verifier), sign: Box::new(sign), decodes_secret: false, place }
    }

    /// The delivery with the digit `at` of its signature exchanged for another of its kind; `None` behind the last.
    #[must_use]
    pub fn with_wrong_digit(&self, genuine: &Delivery, at: usize) -> Option<Delivery> {
        let (text, before) = match self.place {
            Place::Header(name) => (genuine.header(name)?, None),
            Place::Entry(name) => (genuine.header(name)?, Some("v1=")),
            Place::Token(name) => (genuine.header(name)?, Some(".")),
            Place::Query => (genuine.query(), Some("sig=")),
            Place::Form => (str::from_utf8(genuine.body()).ok()?, Some("sig=")),
            Place::Json => (str::from_utf8(genuine.body()).ok()?, Some("\"sig\":\"")),
        };
        let start = before.map_or(0, |before| text.rfind(before).expect("a signature") + before.len());
        let mut text = text.as_bytes().to_vec();
        let digit = text
            .get_mut(start + at)
            .filter(|digit| digit.is_ascii_alphanumeric() || b"-_".contains(digit))?;
        let is_token = matches!(self.place, Place::Token(_));
        *digit = match *digit {
            // Either may end a token's signature: it has no trailing bits.
            b'A' if is_token => b'E',
            _ if is_token => b'A',
            // Not `0`: at the beginning the decoder looks whether it is that of `0x`.
            b'1' => b'2',
            b'0' | b'2'..=b'9' => b'1',
            b'a' => b'b',
            b'b'..=b'z' => b'a',
            b'A' => b'B',
            _ => b'A',
        };
        let text = String::from_utf8(text).ok()?;
        let genuine = genuine.clone();
        Some(match self.place {
            Place::Header(name) | Place::Entry(name) | Place::Token(name) => {
                genuine.without_header(name).with_header(name, &text)
            }
            Place::Query => genuine.with_query(&text),
            Place::Form | Place::Json => genuine.with_body(text),
        })
    }
}

/// A rule that signs `time.body` and sends `t=<seconds>,v1=<hex>,v1=<hex>`.
#[derive(Debug)]
struct Listed;

static SIGNATURE: HeaderName = HeaderName::from_static("x-sig");

impl Rule for Listed {
    fn profile(&self) -> Profile {
        Profile::new("listed").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let signature = head.signature(&SIGNATURE)?;
        let time = signature.one("t")?;
        envelope.any_hex(signature.all("v1")).signed_at(time.seconds()?).part(time).part(".").body();
        Ok(())
    }
}

/// One tenant: of several, which one is found at first is a matter of chance.
fn tenants(keyring: Keyring) -> Tenants {
    Tenants::new([("a1b2c3d4", keyring)]).expect("a tenant")
}

pub const BODY: &str =
    r#"{"event":"dial.transcript","text":"Hello, is my appointment tomorrow still on?","price":1.50}"#;
const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);
/// At this time the signature begins with no `0`, after which the decoder looks for an `x`.
const SIGNED_AT: i64 = 1_763_712_001;
const QUERY: &str = "to=19432445023&from=12016131021&text=%22quoted%22+%2B";
