//! The counters of this process: they begin at 0 with it, and settings that are replaced do not touch them.
//!
//! Each is counted beside the line of the log that says the same, after what it counts has been committed. Only a run
//! ends inside a transaction of another's: one that has to be repeated counts its end twice.

use std::fmt::{Debug, Formatter};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::notify::Channel;
use crate::upstream::transport::{Download, Reply};
use crate::upstream::{Fault, Upstream};

/// A request: from a local network's to the longest that a timeout usually lets pass.
const REQUEST: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// A call from being asked for to its end: an outage may lie in between.
const CALL: [f64; 12] = [
    0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0,
];
/// A run from its start to its end.
const RUN: [f64; 10] = [1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 7200.0];

static OWN: LazyLock<Own> = LazyLock::new(Own::new);

/// This process's.
pub(crate) fn own() -> &'static Own {
    &OWN
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfUpstream {
    upstream: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    upstream: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOperation {
    upstream: &'static str,
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAttempt {
    upstream: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfJob {
    job: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRun {
    job: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMessage {
    channel: &'static str,
    outcome: &'static str,
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// What this process has done.
pub(crate) struct Own {
    pub(super) registry: Registry,
    requests: Durations<OfRequest>,
    attempts: Family<OfAttempt, Counter>,
    calls: Durations<OfOperation>,
    in_flight: Family<OfUpstream, Gauge>,
    rescued: Counter,
    runs: Family<OfRun, Counter>,
    run_seconds: Durations<OfJob>,
    cluster_starts: Counter,
    messages: Family<OfMessage, Counter>,
}

impl Debug for Own {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

impl Own {
    fn new() -> Self {
        let mut own = Self {
            registry: Registry::with_prefix("sverka"),
            requests: Family::new_with_constructor(|| Histogram::new(REQUEST)),
            attempts: Family::default(),
            calls: Family::new_with_constructor(|| Histogram::new(CALL)),
            in_flight: Family::default(),
            rescued: Counter::default(),
            runs: Family::default(),
            run_seconds: Family::new_with_constructor(|| Histogram::new(RUN)),
            cluster_starts: Counter::default(),
            messages: Family::default(),
        };
        own.register();
        // What can be 0 is told as 0 from the beginning: else the first one would be no increase.
        for upstream in Upstream::ALL {
            own.in_flight(upstream).set(0);
        }
        for channel in Channel::ALL {
            for outcome in ["sent", "failed"] {
                let channel = channel.as_str();
                drop(own.messages.get_or_create(&OfMessage { channel, outcome }));
            }
        }
        own
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
        let started: Gauge = Gauge::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        started.set(i64::try_from(now.as_secs()).unwrap_or_default());
        registry.register("start_time_seconds", "When this process began, as Unix time", started);
        registry.register_with_unit(
            "request_duration",
            "Requests to the upstreams, from connecting to the last byte; outcome: 2xx to 5xx, not_sent, lost, not_api, garbled",
            Unit::Seconds,
            self.requests.clone(),
        );
        registry.register(
            "attempts",
            "Attempts at calls by how they ended, as in queue.attempt.outcome",
            self.attempts.clone(),
        );
        registry.register_with_unit(
            "call_duration",
            "Calls that are over, done or dead, from being asked for to their end",
            Unit::Seconds,
            self.calls.clone(),
        );
        registry.register(
            "calls_in_flight",
            "Calls that this process works on now",
            self.in_flight.clone(),
        );
        registry.register(
            "calls_rescued",
            "Calls that this process took back from workers that do not work on them any more",
            self.rescued.clone(),
        );
        registry.register("runs", "Runs of jobs by how they ended", self.runs.clone());
        registry.register_with_unit(
            "run_duration",
            "Runs of jobs from their start to their end",
            Unit::Seconds,
            self.run_seconds.clone(),
        );
        registry.register(
            "private_cluster_starts",
            "How often this process started the private PostgreSQL",
            self.cluster_starts.clone(),
        );
        registry.register(
            "messages",
            "Tries to tell people something, by channel of [notify]; outcome: sent, failed",
            self.messages.clone(),
        );
    }

    /// One request, whatever came of it.
    pub(crate) fn requested(&self, upstream: Upstream, outcome: &'static str, took: Duration) {
        let upstream = upstream.as_str();
        let of = OfRequest { upstream, outcome };
        self.requests.get_or_create(&of).observe(took.as_secs_f64());
    }

    /// An attempt whose end is recorded; `since_asked`: where the call is over with it.
    pub(crate) fn attempted(
        &self,
        upstream: Upstream,
        operation: &'static str,
        outcome: &'static str,
        since_asked: Option<Duration>,
    ) {
        let upstream = upstream.as_str();
        let of = OfAttempt {
            upstream,
            operation,
            outcome,
        };
        self.attempts.get_or_create(&of).inc();
        if let Some(since) = since_asked {
            let of = OfOperation { upstream, operation };
            self.calls.get_or_create(&of).observe(since.as_secs_f64());
        }
    }

    /// The calls to that upstream which are under way here.
    pub(crate) fn in_flight(&self, upstream: Upstream) -> Gauge {
        let upstream = upstream.as_str();
        self.in_flight.get_or_create_owned(&OfUpstream { upstream })
    }

    /// Calls were taken over from dead workers.
    pub(crate) fn rescued(&self, calls: u64) {
        self.rescued.inc_by(calls);
    }

    /// A run has ended; `took`: if it had begun.
    pub(crate) fn run_ended(&self, job: &'static str, outcome: &'static str, took: Option<Duration>) {
        self.runs.get_or_create(&OfRun { job, outcome }).inc();
        if let Some(took) = took {
            self.run_seconds
                .get_or_create(&OfJob { job })
                .observe(took.as_secs_f64());
        }
    }

    /// People were told something, or could not be.
    pub(crate) fn told(&self, channel: Channel, outcome: &'static str) {
        let channel = channel.as_str();
        self.messages.get_or_create(&OfMessage { channel, outcome }).inc();
    }

    /// The private PostgreSQL was started.
    pub(crate) fn cluster_started(&self) {
        self.cluster_starts.inc();
    }
}

/// A request's outcome in a word of the metrics.
pub(crate) trait Word {
    /// That word.
    fn word(&self) -> &'static str;
}

impl Word for Reply {
    fn word(&self) -> &'static str {
        match self.status {
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        }
    }
}

impl Word for Download {
    fn word(&self) -> &'static str {
        match self {
            Self::Body { .. } => "2xx",
            Self::Other(reply) => reply.word(),
        }
    }
}

impl<T: Word> Word for Result<T, Fault> {
    fn word(&self) -> &'static str {
        match self {
            Ok(answer) => answer.word(),
            Err(Fault::NotSent(_)) => "not_sent",
            Err(Fault::NotApi(_)) => "not_api",
            Err(Fault::Garbled(_)) => "garbled",
            Err(_) => "lost",
        }
    }
}
