//! Secrets made for one run, and `curl` commands that are signed with them.

use std::error::Error;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::sign::{self, Delivery};
use countersign::vonage::SignatureMethod;
use countersign::{Algorithm, Clock, Secret};
use ring::rand::{SecureRandom, SystemRandom};

use crate::say;
use crate::secrets::{CONTACT_CENTER_SECRET, Secrets, VOGENT_SECRET, VONAGE_SECRET, VOXAGENT_SECRET};

/// One secret for each platform, known to nobody else.
pub(crate) struct ThrowAway {
    vogent: Secret,
    voxagent: Secret,
    voxagent_header: String,
    vonage: Secret,
    sms_method: SignatureMethod,
    contact_center: Secret,
    /// The same as texts, by the variables that would hold them.
    texts: Vec<(String, String)>,
}

impl ThrowAway {
    /// Makes secrets. The header and the method are those that are given, if any is.
    pub(crate) fn new(given: &Secrets) -> Result<Self, Box<dyn Error>> {
        let mut texts = Vec::new();
        let mut random_secret = |variable: &str| -> Result<Secret, Box<dyn Error>> {
            let text = random_text()?;
            texts.push((variable.to_owned(), text.clone()));
            Ok(Secret::new(text)?)
        };
        Ok(Self {
            vogent: random_secret(VOGENT_SECRET)?,
            voxagent: random_secret(VOXAGENT_SECRET)?,
            voxagent_header: given
                .voxagent_header
                .clone()
                .unwrap_or_else(|| "X-Webhook-Signature".to_owned()),
            vonage: random_secret(VONAGE_SECRET)?,
            sms_method: given.sms_method.unwrap_or(SignatureMethod::Sha256),
            contact_center: random_secret(CONTACT_CENTER_SECRET)?,
            texts,
        })
    }

    pub(crate) fn secrets(&self) -> Secrets {
        Secrets {
            vogent: Some(self.vogent.clone().into()),
            voxagent: Some(self.voxagent.clone().into()),
            voxagent_header: Some(self.voxagent_header.clone()),
            vonage: Some(self.vonage.clone().into()),
            sms_method: Some(self.sms_method),
            contact_center: Some(self.contact_center.clone().into()),
            texts: self.texts.clone(),
        }
    }

    /// Prints the commands.
    pub(crate) fn introduce(&self, address: SocketAddr, clock: &dyn Clock) -> Result<(), Box<dyn Error>> {
        say(&format!(
            "\nNo secret is set, so these are throw-away ones. Voxagent's header is documented nowhere; here it is {}, and the\n\
             SMS method is {:?}. Paste these into another shell. Of each pair the first is genuine and the second forged.\n\
             A genuine one of Vonage's is handled once: pasted again it is a duplicate, and answered 200. Its tokens live for five minutes.",
            self.voxagent_header, self.sms_method
        ));
        for Pair { path, genuine, forged } in self.pairs(clock)? {
            say("");
            say(&curl(address, path, &genuine));
            say(&curl(address, path, &forged));
        }
        say("");
        Ok(())
    }

    fn pairs(&self, clock: &dyn Clock) -> Result<[Pair; 6], Box<dyn Error>> {
        let now = clock.now().ok_or("the clock cannot tell the time")?;
        let dial = sign::vogent(&self.vogent, r#"{"event":"dial.started","dial_id":"d_01H8"}"#);
        let call = r#"{"event":"call.ended","note":"it's done"}"#;
        let call = sign::hex_hmac(&self.voxagent_header, Algorithm::Sha256, &self.voxagent, call);
        let sms = sign::SmsSigner::new(self.sms_method, &self.vonage)
            .param("msisdn", "447700900001")
            .param("to", "447700900000")
            .param("messageId", "0A0000000123ABCD1")
            .param("text", "it's on & costs 5")
            .timestamp(now)
            .form();
        let message = sign::TokenSigner::new(&self.vonage, now)
            .post(r#"{"message_uuid":"aaaaaaaa-bbbb","channel":"whatsapp","text":"pay 5"}"#);
        let answer = sign::TokenSigner::new(&self.vonage, now).get("uuid=aaaaaaaa-cccc&status=answered");
        let interaction = r#"{"type":"interaction.ended"}"#;
        let interaction = sign::ContactCenterSigner::new(&self.contact_center, now)?.post(interaction);
        Ok([
            Pair::new("/vogent", dial, "dial.started", "dial.ended"),
            Pair::new("/voxagent", call, "call.ended", "call.failed"),
            Pair::new("/vonage/sms", sms, "447700900001", "447700900002"),
            Pair::new("/vonage/webhook", message, "pay 5", "pay 500"),
            Pair::new("/vonage/webhook", answer, "answered", "rejected"),
            Pair::new("/vonage/contact-center", interaction, "ended", "begun"),
        ])
    }
}

/// A genuine delivery, and one that somebody altered on the way.
struct Pair {
    path: &'static str,
    genuine: Delivery,
    forged: Delivery,
}

impl Pair {
    fn new(path: &'static str, genuine: Delivery, from: &str, to: &str) -> Self {
        let body = String::from_utf8_lossy(genuine.body()).replace(from, to);
        let query = genuine.query().replace(from, to);
        let forged = genuine.clone().with_body(body).with_query(&query);
        Self { path, genuine, forged }
    }
}

/// Base64 of 16 random bytes: text, as dashboards show secrets, and what the Contact Center wants.
fn random_text() -> Result<String, Box<dyn Error>> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "there is no source of randomness")?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// A command that sends a delivery byte for byte.
fn curl(address: SocketAddr, path: &str, delivery: &Delivery) -> String {
    let separator = if delivery.query().is_empty() { "" } else { "?" };
    let url = format!("http://{address}{path}{separator}{}", delivery.query());
    let mut command = format!("curl -i {}", quoted(&url));
    for (name, value) in delivery.headers() {
        command = format!("{command} -H {}", quoted(&format!("{name}: {value}")));
    }
    if !delivery.body().is_empty() {
        command = format!("{command} --data-raw {}", quoted(&String::from_utf8_lossy(delivery.body())));
    }
    command
}

/// One word to a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
