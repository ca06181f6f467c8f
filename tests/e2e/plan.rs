//! Which deliveries are sent, and what must become of each.

use std::sync::Arc;

use countersign::sign::Delivery;

use crate::delivery::{Content, OTHER_SECRET, SECRETS, Way, accepted, duplicate, refused};
use crate::random::Random;

/// The same in every run, but for the time in the signatures.
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// What the receiver is to print, at each job's place. Of those that are alike, one is accepted, whichever it is.
    pub(crate) lines: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) path: &'static str,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) how: How,
    pub(crate) expected: Expected,
}

/// How it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Whole,
    /// In chunks, so that nothing tells the length before it is there.
    Chunked,
    /// Half of its body, and then nothing.
    Slow,
    /// Half of its body, and then the end.
    CutOff,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    Status(u16),
    /// All get 200, or 503 while one of them is being handled. Exactly one is handled.
    HandledOnce,
    /// Nobody waits for the answer.
    Anything,
}

const GENUINE: usize = 5_600;
const FORGED: usize = 2_700;
const REPLAYED: usize = 1_400;
const OVERSIZED: usize = 150;
const SLOW: usize = 32;
const CUT_OFF: usize = 118;

const MAX_BODY: usize = 1024 * 1024;

impl Plan {
    pub(crate) fn new() -> Arc<Self> {
        let mut random = Random(0x0c09_2be5_19e7);
        let mut all = Vec::new();
        for number in 0..GENUINE {
            all.push(genuine(number, &mut random));
        }
        let guarded: Vec<_> = all.iter().filter(|(_, way, _)| way.is_guarded()).cloned().collect();
        for _ in 0..REPLAYED {
            let (job, way, _) = guarded[random.below(guarded.len())].clone();
            all.push((job, way, duplicate(way)));
        }
        for number in 0..FORGED {
            all.push(forged(number, &mut random));
        }
        let oversized = Way::RAW.map(|way| {
            let content = Content { number: 0, bytes: MAX_BODY + 1, age: 0 };
            (Arc::new(way.sign(SECRETS[0], content)), way)
        });
        for number in 0..OVERSIZED {
            let (delivery, way) = oversized[number % oversized.len()].clone();
            let how = if number % 8 < 4 { How::Whole } else { How::Chunked };
            let job = Job { path: way.names().0, delivery, how, expected: Expected::Status(413) };
            all.push((job, way, refused(way, "body_too_large", 413)));
        }
        for number in 0..SLOW {
            all.push(unfinished(number, How::Slow, Expected::Status(503), ("timed_out", 503)));
        }
        for number in 0..CUT_OFF {
            all.push(unfinished(number, How::CutOff, Expected::Anything, ("body_interrupted", 400)));
        }
        random.shuffle(&mut all);
        let (jobs, lines) = all.into_iter().map(|(job, _, line)| (job, line)).unzip();
        Arc::new(Self { jobs, lines })
    }
}

type Planned = (Job, Way, String);

fn genuine(number: usize, random: &mut Random) -> Planned {
    let way = random.one_of(&Way::ALL);
    let bytes = match number {
        // As long as a body may be.
        0..8 if Way::RAW.contains(&way) => MAX_BODY,
        _ => random.one_of(&[0, 100, 300, 1_024, 1_024, 1_024, 4_000, 16_000, 64_000]),
    };
    let key = usize::from(random.below(4) == 0);
    let delivery = way.sign(SECRETS[key], Content { number, bytes, age: 0 });
    let line = accepted(way, key, &delivery);
    let expected = Expected::HandledOnce;
    (Job { path: way.names().0, delivery: Arc::new(delivery), how: How::Whole, expected }, way, line)
}

/// Short enough for the receiver to have all of it before it refuses the head, so that the connection goes on.
fn forged(number: usize, random: &mut Random) -> Planned {
    let way = random.one_of(&Way::ALL);
    let content = Content { number, bytes: random.one_of(&[0, 300, 1_024]), age: 0 };
    let genuine = way.sign(SECRETS[0], content);
    let (delivery, code, status) = match random.below(4) {
        0 if way.has_token() => (altered(&genuine), "payload_hash_mismatch", 401),
        0 => (altered(&genuine), "signature_mismatch", 401),
        1 => (way.sign(OTHER_SECRET, content), "signature_mismatch", 401),
        2 if way.has_token() => (unsigned(way, genuine), "token_missing", 401),
        2 => (unsigned(way, genuine), "signature_missing", 401),
        _ if way == Way::ContactCenter => {
            (way.sign(SECRETS[0], Content { age: 3_600, ..content }), "token_expired", 401)
        }
        _ if way.has_token() => {
            (way.sign(SECRETS[0], Content { age: 3_600, ..content }), "timestamp_stale", 401)
        }
        _ => (malformed(way, genuine), "signature_malformed", 401),
    };
    let job = Job {
        path: way.names().0,
        delivery: Arc::new(delivery),
        how: How::Whole,
        expected: Expected::Status(status),
    };
    (job, way, refused(way, code, status))
}

fn unfinished(number: usize, how: How, expected: Expected, (code, status): (&str, u16)) -> Planned {
    let ways = [Way::Vogent, Way::Voxagent, Way::SmsForm, Way::SmsJson, Way::WebhookPost, Way::ContactCenter];
    let way = ways[number % ways.len()];
    let delivery = Arc::new(way.sign(SECRETS[0], Content { number, bytes: 4_000, age: 0 }));
    (Job { path: way.names().0, delivery, how, expected }, way, refused(way, code, status))
}

/// The same signature with another word.
fn altered(genuine: &Delivery) -> Delivery {
    let mut body = genuine.body().to_vec();
    if let Some(place) = body.windows(7).position(|word| word == b"genuine") {
        body[place..place + 7].copy_from_slice(b"altered");
    }
    genuine.clone().with_body(body).with_query(&genuine.query().replace("genuine", "altered"))
}

fn unsigned(way: Way, genuine: Delivery) -> Delivery {
    match way {
        Way::Vogent => genuine.without_header("x-elto-signature"),
        Way::Voxagent => genuine.without_header(crate::delivery::VOXAGENT_HEADER),
        Way::SmsQuery | Way::SmsForm | Way::SmsJson => renamed(&genuine, "sig", "gis"),
        Way::WebhookPost | Way::WebhookGet => genuine.without_header("authorization"),
        Way::ContactCenter => genuine.without_header("vonage-signature"),
    }
}

/// A signature of another length.
fn malformed(way: Way, genuine: Delivery) -> Delivery {
    match way {
        Way::Vogent => genuine.without_header("x-elto-signature").with_header("x-elto-signature", "ab"),
        Way::SmsJson => renamed(&genuine, r#""sig":""#, r#""sig":"00"#),
        Way::SmsQuery | Way::SmsForm => renamed(&genuine, "&sig=", "&sig=00"),
        _ => {
            let header = crate::delivery::VOXAGENT_HEADER;
            genuine.without_header(header).with_header(header, "not hex")
        }
    }
}

fn renamed(genuine: &Delivery, from: &str, to: &str) -> Delivery {
    let body = String::from_utf8(genuine.body().to_vec()).unwrap().replace(from, to);
    genuine.clone().with_body(body).with_query(&genuine.query().replace(from, to))
}
