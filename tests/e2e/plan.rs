//! The requests to send, and the expected result of each.

use std::sync::Arc;

use countersign::sign::Delivery;

use crate::delivery::{Content, NEWEST, NOBODYS, OLDER, Way};
use crate::random::Random;

/// The same in every run, except for the signed time.
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// The expected line of each job. Of equal requests, any one is accepted.
    pub(crate) lines: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) path: String,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) how: How,
    pub(crate) expected: Expected,
}

/// How to send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Whole,
    /// In chunks, so the length is not announced.
    Chunked,
    /// Half of the body, and then nothing.
    Slow,
    /// Half of the body, and then the end of the connection.
    CutOff,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    Status(u16),
    /// All get 200, or 503 while one is being handled. Exactly one is handled.
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
        let ways = Way::all();
        let mut all = Vec::new();
        for number in 0..GENUINE {
            all.push(genuine(&ways[number % ways.len()], number, &mut random));
        }
        let guarded: Vec<_> = all.iter().filter(|planned| planned.way.is_guarded()).cloned().collect();
        for _ in 0..REPLAYED {
            let again = guarded[random.below(guarded.len())].clone();
            let line = again.way.duplicate();
            all.push(Planned { line, ..again });
        }
        for number in 0..FORGED {
            all.push(forged(&ways[number % ways.len()], number, &mut random));
        }
        let raw: Vec<_> = ways.iter().filter(|way| way.is_raw()).collect();
        let too_long = Content { number: 0, bytes: MAX_BODY + 1, age: 0 };
        let oversized: Vec<_> = raw.iter().map(|way| Arc::new(way.sign(NEWEST, too_long))).collect();
        for number in 0..OVERSIZED {
            let (way, delivery) = (raw[number % raw.len()], &oversized[number % raw.len()]);
            let how = if number % 8 < 4 { How::Whole } else { How::Chunked };
            all.push(Planned::rejected(way, delivery, how, "body_too_large", 413));
        }
        let with_body: Vec<_> = ways.iter().filter(|way| way.has_body()).collect();
        for number in 0..SLOW + CUT_OFF {
            let way = with_body[number % with_body.len()];
            let delivery = Arc::new(way.sign(NEWEST, Content { number, bytes: 4_000, age: 0 }));
            all.push(if number < SLOW {
                Planned::rejected(way, &delivery, How::Slow, "timed_out", 503)
            } else {
                Planned::rejected(way, &delivery, How::CutOff, "body_interrupted", 400)
            });
        }
        random.shuffle(&mut all);
        let (jobs, lines) = all.into_iter().map(|planned| (planned.job, planned.line)).unzip();
        Arc::new(Self { jobs, lines })
    }
}

#[derive(Clone)]
struct Planned {
    way: Arc<Way>,
    job: Job,
    line: String,
}

impl Planned {
    fn new(way: &Arc<Way>, delivery: &Arc<Delivery>, how: How, expected: Expected, line: String) -> Self {
        let job = Job { path: way.path.clone(), delivery: Arc::clone(delivery), how, expected };
        Self { way: Arc::clone(way), job, line }
    }

    fn rejected(way: &Arc<Way>, delivery: &Arc<Delivery>, how: How, code: &str, status: u16) -> Self {
        let expected = if how == How::CutOff { Expected::Anything } else { Expected::Status(status) };
        Self::new(way, delivery, how, expected, way.rejected(code, status))
    }
}

fn genuine(way: &Arc<Way>, number: usize, random: &mut Random) -> Planned {
    let bytes = match number {
        // A body at the limit.
        0..8 if way.is_raw() => MAX_BODY,
        _ => random.one_of(&[0, 100, 300, 1_024, 1_024, 1_024, 4_000, 16_000, 64_000]),
    };
    let key = random.one_of(&[NEWEST, NEWEST, NEWEST, OLDER]);
    let delivery = Arc::new(way.sign(key, Content { number, bytes, age: 0 }));
    let line = way.accepted(&delivery);
    assert!(line.contains(&format!(" key={key} ")), "{line}");
    Planned::new(way, &delivery, How::Whole, Expected::HandledOnce, line)
}

/// Short enough for the receiver to have all of it before it rejects the head, so that the connection goes on. This process says
/// why it is rejected.
fn forged(way: &Arc<Way>, number: usize, random: &mut Random) -> Planned {
    let content = Content { number, bytes: random.one_of(&[0, 300, 1_024]), age: 0 };
    let genuine = way.sign(NEWEST, content);
    let delivery = match random.below(4) {
        0 => altered(&genuine),
        1 => with_headers(&genuine, |_| None),
        2 => with_headers(&genuine, |value| Some(value.get(1..)?.to_owned())),
        _ => way.sign(NEWEST, Content { age: 3_600, ..content }),
    };
    let verdict = |delivery: &Delivery| way.verifier.verify(delivery.request()).err();
    // Unsigned parts can be altered.
    let delivery = if verdict(&delivery).is_some() { delivery } else { way.sign(NOBODYS, content) };
    let error = verdict(&delivery).unwrap();
    Planned::rejected(way, &Arc::new(delivery), How::Whole, error.code(), error.status())
}

/// The same signature with another prefix.
fn altered(genuine: &Delivery) -> Delivery {
    let mut body = genuine.body().to_vec();
    if let Some(place) = body.windows(7).position(|word| word == b"genuine") {
        body[place..place + 7].copy_from_slice(b"altered");
    }
    genuine.clone().with_body(body).with_query(&genuine.query().replace("genuine", "altered"))
}

/// Replaces the values of all headers except the media type.
fn with_headers(genuine: &Delivery, value: impl Fn(&str) -> Option<String>) -> Delivery {
    let names = genuine.headers().iter().filter(|(name, _)| name != "content-type");
    names.fold(genuine.clone(), |delivery, (name, given)| {
        let delivery = delivery.without_header(name);
        match value(given) {
            Some(value) => delivery.with_header(name, &value),
            None => delivery,
        }
    })
}
