//! The webhooks of GitHub, Stripe, Slack and Shopify, each as its own rule.
//!
//! `cargo run --example own_scheme` verifies a request of each and rejects a forged one. `cargo test --example own_scheme`
//! tests the rules with the vectors that GitHub and Slack publish, and with ours for the others.

use std::error::Error as StdError;

use countersign::rule::{Envelope, Profile, Rule};
use countersign::{Algorithm, Error, Head, HeaderName, Keys, Request, Secret, UnixTime, Verifier, Webhook};

/// Sends `X-Hub-Signature-256: sha256=<hex>`, over the body.
#[derive(Debug)]
struct GitHub;

static HUB_SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");

impl Rule for GitHub {
    fn profile(&self) -> Profile {
        Profile::new("github")
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.hex(head.signature(&HUB_SIGNATURE)?.after("sha256=")?).body();
        Ok(())
    }
}

/// Sends `Stripe-Signature: t=<seconds>,v1=<hex>,…`, over `seconds.body`. During a rotation there are several `v1`.
#[derive(Debug)]
struct Stripe;

static STRIPE_SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");

impl Rule for Stripe {
    fn profile(&self) -> Profile {
        Profile::new("stripe").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let signature = head.signature(&STRIPE_SIGNATURE)?;
        let time = signature.one("t")?;
        envelope.signed_at(time.seconds()?).any_hex(signature.all("v1")?).part(time).part(".").body();
        Ok(())
    }
}

/// Sends `X-Slack-Signature: v0=<hex>`, over `v0:seconds:body`, and the seconds in `X-Slack-Request-Timestamp`.
#[derive(Debug)]
struct Slack;

static SLACK_SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");
static SLACK_TIME: HeaderName = HeaderName::from_static("x-slack-request-timestamp");

impl Rule for Slack {
    fn profile(&self) -> Profile {
        Profile::new("slack").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (tag, time) = (head.signature(&SLACK_SIGNATURE)?.after("v0=")?, head.time(&SLACK_TIME)?);
        envelope.hex(tag).signed_at(time.seconds()?).part("v0:").part(time).part(":").body();
        Ok(())
    }
}

/// Sends `X-Shopify-Hmac-Sha256: <base64>`, over the body.
#[derive(Debug)]
struct Shopify;

static SHOPIFY_SIGNATURE: HeaderName = HeaderName::from_static("x-shopify-hmac-sha256");

impl Rule for Shopify {
    fn profile(&self) -> Profile {
        Profile::new("shopify")
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.base64(head.signature(&SHOPIFY_SIGNATURE)?).body();
        Ok(())
    }
}

/// A genuine request: the verifier, the headers and the body.
type Sample = (Box<dyn Verifier>, Vec<(&'static str, &'static str)>, &'static str);

fn samples() -> Result<[Sample; 4], Box<dyn StdError>> {
    let keys = |secret: &str| Ok::<_, Box<dyn StdError>>(Keys::hmac(Algorithm::Sha256, Secret::new(secret)?));
    let at = |seconds| move || UnixTime::from_secs(seconds);
    Ok([
        (
            Box::new(Webhook::with_rule(GitHub, keys("It's a Secret to Everybody")?)?),
            vec![(
                "X-Hub-Signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            )],
            "Hello, World!",
        ),
        (
            // Stripe publishes no vector, so this is ours.
            Box::new(Webhook::with_rule(Stripe, keys("made-up-stripe-secret")?)?.clock(at(1_700_000_000))),
            vec![(
                "Stripe-Signature",
                "t=1700000000,v1=3dfc21ff6d1cabf1123bc8b3fb7e7005ae594885897074a213419e75041377ae",
            )],
            r#"{"type":"charge.succeeded"}"#,
        ),
        (
            Box::new(
                Webhook::with_rule(Slack, keys("8f742231b10e8888abcd99yyyzzz85a5")?)?
                    .clock(at(1_531_420_618)),
            ),
            vec![
                ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
                ("X-Slack-Request-Timestamp", "1531420618"),
            ],
            "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
             &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
             &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
             &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        ),
        (
            // Shopify publishes no vector, so this is ours.
            Box::new(Webhook::with_rule(Shopify, keys("made-up-shopify-secret")?)?),
            vec![("X-Shopify-Hmac-Sha256", "bDxppBJQ5YYfPMvTxYRNW72aW0MYp93hjXLrC/HozN8=")],
            r#"{"id":820982911946154508}"#,
        ),
    ])
}

fn main() -> Result<(), Box<dyn StdError>> {
    for (verifier, headers, body) in samples()? {
        let head = Head::new("POST", &headers);
        let verified = verifier.verify(Request::new(head, body))?;
        println!(
            "{}: secret {} signed the {}",
            verifier.scheme(),
            verified.key(),
            verified.coverage().as_str()
        );
        match verifier.verify(Request::new(head, "forged")) {
            Ok(_) => return Err("a forged body was accepted".into()),
            Err(error) => println!("{}: rejected, {error}", verifier.scheme()),
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use countersign::ErrorKind;

    use super::*;

    #[test]
    fn genuine_requests_are_accepted_and_altered_ones_rejected() {
        for (verifier, headers, body) in samples().unwrap() {
            let verdict = |headers: &Vec<(&str, String)>, method, body: &str| {
                let verdict = verifier.verify(Request::new(Head::new(method, headers), body));
                verdict.map(drop).map_err(|error| error.kind())
            };
            let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert_eq!(verdict(&headers, "POST", body), Ok(()), "{verifier:?}");
            assert_eq!(verdict(&headers, "POST", &format!("{body} ")), Err(ErrorKind::SignatureMismatch));
            assert_eq!(verdict(&headers, "GET", body), Err(ErrorKind::MethodUnsupported));
            for at in 0..headers.len() {
                let mut without = headers.clone();
                without.remove(at);
                assert!(verdict(&without, "POST", body).is_err(), "{verifier:?} without {:?}", headers[at]);
                let mut twice = headers.clone();
                twice.push(headers[at].clone());
                assert_eq!(verdict(&twice, "POST", body), Err(ErrorKind::HeaderRepeated));
                let mut altered = headers.clone();
                let last = altered[at].1.pop().unwrap();
                altered[at].1.push(if last == '1' { '2' } else { '1' });
                assert!(verdict(&altered, "POST", body).is_err(), "{verifier:?} with {:?}", altered[at]);
            }
        }
    }

    #[test]
    fn one_of_several_signatures_is_enough_and_none_is_not() {
        let [_, (stripe, headers, body), ..] = samples().unwrap();
        let (time, right) = headers[0].1.split_once(',').unwrap();
        let wrong = format!("v1={}", "0".repeat(64));
        for (value, accepted) in [
            (format!("{time},{wrong},{right}"), true),
            (format!("{time},{right},{wrong},v0={}", "1".repeat(64)), true),
            (format!("{time},v1=short,{right}"), true),
            (format!("{time},{wrong},{wrong}"), false),
            (format!("{time},{}", right.replace("v1=", "v0=")), false),
            (format!("{time},{time},{right}"), false),
            (format!("t=01700000000,{right}"), false),
            (time.to_owned(), false),
        ] {
            let headers = [("Stripe-Signature", &value)];
            let verdict = stripe.verify(Request::new(Head::new("POST", &headers), body));
            assert_eq!(verdict.is_ok(), accepted, "{value}");
        }
    }
}
