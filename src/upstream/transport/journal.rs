//! What was said on the wire, for the journal of an attempt: without secrets and clipped, here and nowhere else.
//!
//! `operation::perform` opens a recorder around an attempt; [`super::Transport`], which knows the secrets of a request,
//! fills it. Without a recorder (`sverka check`) nothing is kept. `queue::journal` stores what came of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use reqwest::Response;
use serde::Serialize;

use super::hidden::hide;
use super::words::Needles;
use super::{Request, clip};
use crate::config::Secret;
use crate::upstream::Fault;

/// Of an attempt that makes more requests than this, the last ones are kept.
const MAX_EXCHANGES: usize = 32;
/// Characters of a header or of an address.
const MAX_LINE: usize = 8000;
/// Headers of an answer that say something about it.
const TELLING: [&str; 10] = [
    "content-type",
    "content-length",
    "content-encoding",
    "date",
    "server",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "x-request-id",
];
/// Fields that are secret in whatever JSON they stand: an offer's signature and its like, and passwords.
const HIDDEN: [(&str, &str); 3] = [("_", "***"), ("to_cart", "***"), ("password", "***")];
/// The same in a request, where the variable's name makes it possible to send it again.
const HIDDEN_IN_REQUEST: [(&str, &str); 3] = [
    ("_", "${CARRETA_SIGNATURE}"),
    ("to_cart", "${SAPLAB_OFFER}"),
    ("password", "***"),
];

/// A request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// When it began, by this host's clock.
    pub began_at: DateTime<Utc>,
    /// Milliseconds from then to the last byte.
    pub took_ms: i64,
    /// GET or POST.
    pub method: String,
    /// The address.
    pub url: String,
    /// What the client set, as `name: value`.
    pub headers: Vec<String>,
    /// The beginning of the body.
    pub body: Option<String>,
    /// Bytes of the whole body.
    pub body_bytes: i64,
    /// Whether `body` is not the whole of it.
    pub body_cut: bool,
    /// The status of the answer; `None`: none came.
    pub status: Option<i32>,
    /// Those that say something about it.
    pub answer_headers: Vec<String>,
    /// The beginning of the answer's body; of a download nothing.
    pub answer: Option<String>,
    /// Bytes of the answer's whole body, decompressed.
    pub answer_bytes: Option<i64>,
    /// Whether `answer` is not the whole of it.
    pub answer_cut: bool,
    /// Why there is no whole answer.
    pub fault: Option<String>,
}

struct Recorder {
    /// Bytes of a body.
    clip: usize,
    kept: Mutex<Vec<Exchange>>,
}

tokio::task_local! {
    static RECORDER: Arc<Recorder>;
}

/// Does the work and returns what it said on the wire, with `clip` bytes of each body.
pub async fn recorded<T>(clip: usize, work: impl Future<Output = T>) -> (T, Vec<Exchange>) {
    let recorder = Arc::new(Recorder {
        clip,
        kept: Mutex::default(),
    });
    let work = async { (work.await, said()) };
    RECORDER.scope(recorder, work).await
}

/// What has been said so far within [`recorded`]; nothing elsewhere.
pub fn said() -> Vec<Exchange> {
    let kept = |recorder: &Arc<Recorder>| {
        let kept = recorder.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    };
    RECORDER.try_with(kept).unwrap_or_default()
}

/// An exchange under way; empty where nobody records.
pub(super) struct Entry(Option<Draft>);

struct Draft {
    recorder: Arc<Recorder>,
    began: Instant,
    /// For the answer, which may repeat them.
    secrets: Vec<Secret>,
    exchange: Exchange,
}

impl Entry {
    /// What is about to be sent.
    pub(super) fn open(request: &Request) -> Self {
        Self(RECORDER.try_with(Arc::clone).ok().map(|recorder| {
            let exchange = told(request, recorder.clip);
            Draft {
                recorder,
                began: Instant::now(),
                secrets: Vec::new(),
                exchange,
            }
        }))
    }

    /// The head of the answer, and everything in the request that it must not show.
    pub(super) fn head(&mut self, response: &Response, secrets: &[Secret]) {
        let Some(Draft {
            exchange, secrets: all, ..
        }) = &mut self.0
        else {
            return;
        };
        let needles = Needles::anonymous(secrets);
        exchange.status = Some(i32::from(response.status().as_u16()));
        exchange.answer_headers = TELLING
            .into_iter()
            .filter_map(|name| Some((name, response.headers().get(name)?)))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                let value = if name == "location" { target(&value) } else { &value };
                format!("{name}: {}", clip(&needles.replace(value), MAX_LINE))
            })
            .collect();
        *all = secrets.to_vec();
    }

    /// The whole answer.
    pub(super) fn answered(mut self, body: &[u8]) {
        if let Some(draft) = &mut self.0 {
            let needles = Needles::anonymous(&draft.secrets);
            let (text, cut) = shown(body, draft.recorder.clip, &needles, &HIDDEN);
            draft.exchange.answer = text;
            draft.exchange.answer_cut = cut;
            draft.exchange.answer_bytes = Some(count(body.len() as u64));
        }
        self.keep();
    }

    /// The answer went into a file.
    pub(super) fn downloaded(mut self, bytes: u64) {
        if let Some(draft) = &mut self.0 {
            draft.exchange.answer_bytes = Some(count(bytes));
        }
        self.keep();
    }

    /// There is no whole answer, or none that is looked at. The words of a fault hold no secret.
    pub(super) fn failed(mut self, fault: &Fault) {
        if let Some(draft) = &mut self.0 {
            draft.exchange.fault = Some(fault.to_string());
        }
        self.keep();
    }

    fn keep(self) {
        let Some(Draft {
            recorder,
            began,
            mut exchange,
            ..
        }) = self.0
        else {
            return;
        };
        exchange.took_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let mut kept = recorder.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_EXCHANGES {
            kept.remove(0);
        }
        kept.push(exchange);
    }
}

/// A request as it may be shown: each secret is the name of the variable that would hold it.
fn told(request: &Request, clip_at: usize) -> Exchange {
    let needles = Needles::named(&request.secrets);
    let plain = |text: &str| clip(&needles.replace(text), MAX_LINE);
    let mut headers: Vec<String> = Vec::new();
    if let Some((whose, _, _)) = &request.basic {
        headers.push(format!("authorization: Basic ${{{whose}_LOGIN}}:${{{whose}_PASSWORD}}"));
    }
    headers.extend(request.body.iter().map(|(kind, _)| format!("content-type: {kind}")));
    headers.extend(
        request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", plain(value))),
    );
    let sent = request.body.as_ref().map(|(_, body)| body.as_slice());
    let (body, body_cut) = sent.map_or((None, false), |body| shown(body, clip_at, &needles, &HIDDEN_IN_REQUEST));
    Exchange {
        began_at: Utc::now(),
        took_ms: 0,
        method: request.method.to_string(),
        url: match request.secret_url {
            Some(name) => format!("${{{name}}}"),
            None => plain(request.url.as_str()),
        },
        headers,
        body,
        body_bytes: count(sent.unwrap_or_default().len() as u64),
        body_cut,
        status: None,
        answer_headers: Vec::new(),
        answer: None,
        answer_bytes: None,
        answer_cut: false,
        fault: None,
    }
}

/// The beginning of a body, without secrets and without what PostgreSQL cannot keep in a text; and whether more follows.
fn shown(body: &[u8], clip_at: usize, needles: &Needles, hidden: &[(&str, &str)]) -> (Option<String>, bool) {
    if clip_at == 0 {
        return (None, !body.is_empty());
    }
    let margin = needles.longest;
    let window = body.get(..clip_at.saturating_add(margin)).unwrap_or(body);
    let text = hide(&String::from_utf8_lossy(window), hidden);
    let mut text = needles.replace(&text).replace('\0', "\u{fffd}");
    // The window may end within a secret, whose beginning alone nobody would recognise.
    let sure = if window.len() == body.len() {
        text.len()
    } else {
        text.len().saturating_sub(margin)
    };
    let end = text.floor_char_boundary(sure.min(clip_at));
    let cut = end < text.len() || window.len() < body.len();
    text.truncate(end);
    (Some(text), cut)
}

/// Where a redirect leads, as far as nothing in it can be a secret: it may be somebody else's.
fn target(location: &str) -> &str {
    let end = location.find(['?', '#']).unwrap_or(location.len());
    if location[..end].contains('@') {
        "***"
    } else {
        &location[..end]
    }
}

fn count(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
