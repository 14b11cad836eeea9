//! One request from its arrival to what the client shall see: the true answer, or what a fault makes of it.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::answer::{Answer, Payload};
use super::faults::Action;
use super::ledger::Ledger;
use super::moment::Moment;
use super::options::Options;
use super::request::Request;
use super::shared::{Shared, lock};
use super::traffic::Seen;
use super::world::World;
use super::{Upstream, carreta, keaz, saplab};

/// What becomes of a request on the wire.
pub(super) enum Outcome {
    Answer(Box<Answer>, Delivery),
    /// Closed without an answer.
    Close,
    /// Reset without an answer.
    Reset,
}

impl Outcome {
    pub(super) fn of(answer: Answer, delivery: Delivery) -> Self {
        Self::Answer(Box::new(answer), delivery)
    }
}

/// How a body reaches the client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// Half, then the connection breaks.
    Cut,
    /// Half, and an end that looks orderly.
    CutUnseen,
    /// A byte a second.
    Drip,
    /// Half, and the rest never: it stands at [`Moment::HalfReply`].
    Stopped,
}

/// What a handler works with: the state, the options, and the ledger for what it applies.
pub(super) struct Cx<'a> {
    pub(super) world: &'a mut World,
    pub(super) options: &'a Options,
    ledger: &'a mut Ledger,
    upstream: Upstream,
    request: u64,
}

impl Cx<'_> {
    /// Writes an applied mutation into the ledger.
    pub(super) fn effect(&mut self, operation: &str, key: impl ToString, value: Value) {
        self.ledger
            .record(self.upstream, operation, key.to_string(), value, self.request);
    }
}

/// Serves one request of an upstream.
pub(super) async fn exchange(shared: &Arc<Shared>, upstream: Upstream, request: Request) -> Outcome {
    let operation = operation(upstream, &request, &lock(&shared.options));
    let moments = &shared.moments;
    let mut visit = Visit::arrive(shared, upstream, &request, &operation);
    let number = visit.seen.as_ref().map_or(0, |seen| seen.number);
    let mut truth = Truth {
        shared: Arc::clone(shared),
        upstream,
        request,
        number,
        answer: None,
    };
    if moments.is_wanted(upstream, &operation, Moment::Received) {
        truth = received(truth, operation.clone()).await;
    }
    if moments.is_wanted(upstream, &operation, Moment::Applied) {
        truth.apply();
        moments.stop_at(upstream, &operation, Moment::Applied).await;
    }
    if moments.is_wanted(upstream, &operation, Moment::HalfReply) {
        return Outcome::of(truth.take(), Delivery::Stopped);
    }
    let action = lock(&shared.faults).meet(upstream, &operation);
    let outcome = match action {
        None => Outcome::of(truth.take(), Delivery::Whole),
        Some(action) => act(action, truth).await,
    };
    if let (Outcome::Answer(answer, _), Some(seen)) = (&outcome, &mut visit.seen) {
        seen.status = Some(answer.status);
    }
    outcome
}

/// What a request is understood as; its body is not asked.
pub(super) fn operation(upstream: Upstream, request: &Request, options: &Options) -> String {
    match upstream {
        Upstream::Keaz => keaz::operation(request, options),
        Upstream::Saplab => saplab::operation(request),
        Upstream::Carreta => carreta::operation(request),
    }
}

/// The record of a request, closed however the request ends, also by a client that goes away.
struct Visit<'a> {
    shared: &'a Shared,
    seen: Option<Seen>,
}

impl<'a> Visit<'a> {
    fn arrive(shared: &'a Shared, upstream: Upstream, request: &Request, operation: &str) -> Self {
        let seen = lock(&shared.traffic).arrive(upstream, request.method.as_str(), &request.path, operation);
        shared.pulse.send_replace(());
        Self {
            shared,
            seen: Some(seen),
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if let Some(seen) = self.seen.take() {
            lock(&self.shared.traffic).end(seen);
        }
        self.shared.pulse.send_replace(());
    }
}

/// The true answer, which is worked out (and its effect applied) at most once, and only when something asks for it.
struct Truth {
    shared: Arc<Shared>,
    upstream: Upstream,
    request: Request,
    number: u64,
    answer: Option<Answer>,
}

impl Truth {
    fn apply(&mut self) {
        if self.answer.is_some() {
            return;
        }
        let mut world = lock(&self.shared.world);
        let options = lock(&self.shared.options).clone();
        let mut ledger = lock(&self.shared.ledger);
        let mut cx = Cx {
            world: &mut world,
            options: &options,
            ledger: &mut ledger,
            upstream: self.upstream,
            request: self.number,
        };
        self.answer = Some(match self.upstream {
            Upstream::Keaz => keaz::answer(&self.request, &mut cx),
            Upstream::Saplab => saplab::answer(&self.request, &mut cx),
            Upstream::Carreta => carreta::answer(&self.request, &mut cx),
        });
    }

    fn take(mut self) -> Answer {
        self.apply();
        self.answer.unwrap_or_else(|| Answer::empty(500))
    }
}

/// Stands still and then has its effect, whether or not anybody waits for the answer any more.
async fn received(mut truth: Truth, operation: String) -> Truth {
    let (shared, upstream) = (Arc::clone(&truth.shared), truth.upstream);
    let gone = Truth {
        shared: Arc::clone(&shared),
        upstream,
        request: Request {
            method: truth.request.method.clone(),
            path: String::new(),
            query: String::new(),
            headers: truth.request.headers.clone(),
            body: Bytes::new(),
        },
        number: truth.number,
        answer: Some(Answer::empty(500)),
    };
    let late = shared.tasks.clone().spawn(async move {
        let stands = shared.moments.stop_at(upstream, &operation, Moment::Received);
        if shared.token.run_until_cancelled(stands).await.is_some() {
            truth.apply();
            shared.pulse.send_replace(());
        }
        truth
    });
    late.await.unwrap_or(gone)
}

async fn act(mut action: Action, mut truth: Truth) -> Outcome {
    let plain = |answer| Outcome::of(answer, Delivery::Whole);
    loop {
        return match action {
            Action::ApplyThen(then) => {
                truth.apply();
                action = *then;
                continue;
            }
            Action::ApplyLate { gate, then } => {
                truth = postpone(truth, gate);
                action = *then;
                continue;
            }
            Action::Status { code, headers, body } => plain(made_up(code, headers, body)),
            Action::Drop => Outcome::Close,
            Action::Reset => Outcome::Reset,
            Action::Hang => {
                truth.shared.cleared().await;
                Outcome::Close
            }
            Action::Delay(wait) => {
                tokio::time::sleep(wait).await;
                plain(truth.take())
            }
            Action::Gate(name) => {
                truth.shared.pass(&name).await;
                plain(truth.take())
            }
            Action::CutBody => Outcome::of(truth.take(), Delivery::Cut),
            Action::CutUnseen => Outcome::of(truth.take(), Delivery::CutUnseen),
            Action::SlowDrip => Outcome::of(truth.take(), Delivery::Drip),
            Action::Garbage(body) => plain(Answer::new(200, "application/json", body)),
            Action::Html => plain(Answer::page(200, "Вход в личный кабинет")),
            Action::Bom => plain(with_bom(truth.take())),
            Action::HugeHeaders => plain(with_huge_headers(truth.take())),
            Action::Redirect { code, location } => plain(Answer::empty(code).with(header::LOCATION, &location)),
            Action::Bomb => plain(bomb()),
        };
    }
}

/// Leaves the effect to a task that waits at the gate; what the client sees meanwhile knows nothing of the truth.
fn postpone(mut truth: Truth, gate: String) -> Truth {
    let request = Request {
        method: truth.request.method.clone(),
        path: String::new(),
        query: String::new(),
        headers: truth.request.headers.clone(),
        body: Bytes::new(),
    };
    let (shared, upstream, number) = (Arc::clone(&truth.shared), truth.upstream, truth.number);
    let tasks = shared.tasks.clone();
    let late = Arc::clone(&shared);
    tasks.spawn(async move {
        if late.token.run_until_cancelled(late.pass(&gate)).await.is_some() {
            truth.apply();
            late.pulse.send_replace(());
        }
    });
    Truth {
        shared,
        upstream,
        request,
        number,
        answer: Some(Answer::page(504, "504 Gateway Time-out")),
    }
}

fn made_up(code: u16, headers: Vec<(String, String)>, body: String) -> Answer {
    let mut answer = Answer::empty(code);
    answer.body = Payload::Whole(body.into());
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers.push((name, value));
        }
    }
    answer
}

fn with_bom(mut answer: Answer) -> Answer {
    let body = answer.body.collect();
    answer.body = Payload::Whole([b"\xEF\xBB\xBF".as_slice(), &body].concat().into());
    answer
}

fn with_huge_headers(mut answer: Answer) -> Answer {
    let filler = "x".repeat(64 << 10);
    for _ in 0..48 {
        answer = answer.with(HeaderName::from_static("x-filler"), &filler);
    }
    answer
}

/// 200 MB of spaces (white space in JSON, an endless line in CSV) in about 200 KB.
fn bomb() -> Answer {
    static PACKED: OnceLock<Bytes> = OnceLock::new();
    let packed = PACKED.get_or_init(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let spaces = [b' '; 64 << 10];
        for _ in 0..3200 {
            // Writing into memory does not fail.
            let _ = encoder.write_all(&spaces);
        }
        encoder.finish().unwrap_or_default().into()
    });
    Answer::new(200, "application/json", packed.clone()).with(header::CONTENT_ENCODING, "gzip")
}
