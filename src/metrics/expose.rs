//! Writes down what is told at a scrape: the counters of the process, then how everything stands.
//!
//! A database that is away leaves out what stands in it, and only that; `sverka_database_up` says so.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, EncodeMetric, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Registry;

use super::own;
use super::standing::Standing;
use crate::daemon::freshness::Fresh;
use crate::diff::figures::Figures;
use crate::job::Job;
use crate::notify::Channel;
use crate::queue::reach::Reach;

/// What Prometheus reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// What everybody understands.
    Prometheus,
    /// For who asks for it.
    OpenMetrics,
}

impl Format {
    /// As the `Accept` of the request says.
    pub(crate) fn of(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// For the answer's head.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What is told at a scrape beside the counters.
#[derive(Debug)]
pub(crate) struct Told {
    /// Whether the worker's loops live and reach the database.
    pub(crate) worker_alive: bool,
    /// Lines of the log that nobody read.
    pub(crate) lines_dropped: u64,
    /// Connections of the work: open, of these idle, allowed.
    pub(crate) connections: (u32, usize, u32),
    /// Whether the database is a private cluster.
    pub(crate) is_private: bool,
    /// The jobs that are configured.
    pub(crate) jobs: Vec<Job>,
    /// What differed when it was counted last.
    pub(crate) differs: Option<Arc<Figures>>,
    /// What stands in the database, unless it is away.
    pub(crate) standing: Option<Standing>,
}

/// The whole answer.
pub(crate) fn write(told: Told, format: Format) -> Result<String, fmt::Error> {
    let mut now = Registry::with_prefix("sverka");
    now.register_collector(Box::new(told));
    let mut page = String::new();
    for registry in [&own().registry, &now] {
        match format {
            Format::Prometheus => prometheus_text::encode(&mut page, registry)?,
            Format::OpenMetrics => text::encode_registry(&mut page, registry)?,
        }
    }
    if format == Format::OpenMetrics {
        text::encode_eof(&mut page)?;
    }
    Ok(page)
}

impl Collector for Told {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.process(&mut page)?;
        self.differing(&mut page)?;
        let Some(standing) = &self.standing else {
            return Ok(());
        };
        database(standing, &mut page)?;
        queue(standing, &mut page)?;
        upstreams(standing, &mut page)?;
        jobs(standing, &mut page)?;
        holds(standing, &self.jobs, &mut page)?;
        messages(standing, &mut page)
    }
}

impl Told {
    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        page.counter(
            "log_lines_dropped",
            "Lines of the log that were dropped because nobody read it.",
            self.lines_dropped,
        )?;
        page.one(
            "worker_alive",
            "1 = this process works on the queue.",
            u32::from(self.worker_alive),
        )?;
        page.one(
            "database_up",
            "1 = the database answered this scrape.",
            u32::from(self.standing.is_some()),
        )?;
        page.one(
            "database_private",
            "1 = the database is the private PostgreSQL under data_dir.",
            u32::from(self.is_private),
        )?;
        let (open, idle, most) = self.connections;
        let idle = u32::try_from(idle).unwrap_or_default().min(open);
        page.many(
            "database_connections",
            "Connections of this process's work to the database.",
            [([("state", "idle")], idle), ([("state", "used")], open - idle)],
        )?;
        page.one("database_connections_max", "database.max_connections", most)
    }

    /// Counted of late, by somebody: `diff_counted` says when.
    fn differing(&self, page: &mut Page<'_>) -> fmt::Result {
        let Some(found) = &self.differs else { return Ok(()) };
        let of = |job: &Job, rows: fn(&crate::diff::plan::Total) -> i64| {
            let totals = found.totals.iter().filter(|total| total.job == job.as_str());
            ([("job", job.as_str())], totals.map(rows).sum::<i64>())
        };
        page.many(
            "diff_rows",
            "Rows that differ and would be written.",
            self.jobs.iter().map(|job| of(job, |total| total.rows)),
        )?;
        page.many(
            "diff_held_rows",
            "Rows that differ and are not written; sverka plan says why.",
            self.jobs.iter().map(|job| of(job, |total| total.held)),
        )?;
        page.one(
            "diff_counted_timestamp_seconds",
            "When the rows that differ were counted, as Unix time.",
            found.at.timestamp(),
        )
    }
}

fn database(standing: &Standing, page: &mut Page<'_>) -> fmt::Result {
    page.one("daemons", "Daemons that are alive on this database.", standing.daemons)?;
    page.one("database_size_bytes", "Size of the database.", standing.size)?;
    page.one(
        "database_horizon_seconds",
        "Age of the oldest transaction that keeps dead rows from being removed.",
        standing.horizon,
    )?;
    page.one(
        "database_restored",
        "1 = the database is not the one that was known: sites are only read until each has been read anew.",
        u32::from(standing.is_restored),
    )
}

/// Every state of every upstream that is configured, 0 included.
fn queue(standing: &Standing, page: &mut Page<'_>) -> fmt::Result {
    const STATES: [&str; 5] = ["pending", "running", "unknown", "quarantined", "dead"];
    let empty = standing
        .reach
        .iter()
        .flat_map(|reach| STATES.map(|state| (reach.upstream, state)))
        .filter(|(upstream, state)| {
            !standing
                .queue
                .iter()
                .any(|depth| depth.upstream == *upstream && depth.state == *state)
        });
    let rows: Vec<_> = standing
        .queue
        .iter()
        .map(|depth| (depth.upstream.as_str(), depth.state.as_str(), depth.calls, depth.oldest))
        .chain(empty.map(|(upstream, state)| (upstream, state, 0, 0.0)))
        .map(|(upstream, state, calls, oldest)| ([("upstream", upstream), ("state", state)], calls, oldest))
        .collect();
    page.many(
        "queue_calls",
        "Calls in the queue; of pending ones 10000 of each upstream and priority are counted, of the others 10000 of each state.",
        rows.iter().map(|(labels, calls, _)| (*labels, *calls)),
    )?;
    page.many(
        "queue_oldest_seconds",
        "How long the oldest of them has been in the queue; 0 = there is none.",
        rows.iter().map(|(labels, _, oldest)| (*labels, *oldest)),
    )
}

fn upstreams(standing: &Standing, page: &mut Page<'_>) -> fmt::Result {
    let of = |reach: &Reach| [("upstream", reach.upstream)];
    let states = standing.reach.iter().flat_map(|reach| {
        let (is, _) = breaker(standing, reach);
        ["closed", "open", "half-open"]
            .map(|state| ([("upstream", reach.upstream), ("state", state)], u32::from(is == state)))
    });
    page.many(
        "upstream_breaker",
        "1 = the breaker of the upstream is in this state; open = it is left alone.",
        states,
    )?;
    page.many(
        "upstream_failures",
        "Failures of the upstream in a row while its breaker is closed.",
        standing
            .reach
            .iter()
            .map(|reach| (of(reach), breaker(standing, reach).1)),
    )?;
    let denied = |reach: &Reach| {
        let is = |breaker: &crate::queue::look::Standing| breaker.name == reach.upstream && breaker.denied;
        u32::from(standing.breakers.iter().any(is))
    };
    page.many(
        "upstream_denied",
        "1 = the upstream does not let us in, or a page stands in its place: a person has to act.",
        standing.reach.iter().map(|reach| (of(reach), denied(reach))),
    )?;
    page.many(
        "upstream_rate_limit",
        "queue.NAME.rate: calls a second, all daemons together; 0 = no limit.",
        standing.reach.iter().map(|reach| (of(reach), reach.rate)),
    )?;
    let late = |since: Option<DateTime<Utc>>| since.map_or(0, |since| (Utc::now() - since).num_seconds().max(0));
    page.many(
        "upstream_late_seconds",
        "For how long the oldest call that is due has been waiting; 0 = none waits.",
        standing.reach.iter().map(|reach| (of(reach), late(reach.late_since))),
    )?;
    page.many(
        "upstream_last_success_timestamp_seconds",
        "When a call to the upstream was last done, as Unix time.",
        times(standing.reach.iter().map(|reach| (of(reach), reach.last_success))),
    )
}

/// Its state, and the failures in a row. One without trouble has no row.
fn breaker<'a>(standing: &'a Standing, reach: &Reach) -> (&'a str, i32) {
    let found = standing.breakers.iter().find(|breaker| breaker.name == reach.upstream);
    found.map_or(("closed", 0), |found| (found.breaker.as_str(), found.failures))
}

fn jobs(standing: &Standing, page: &mut Page<'_>) -> fmt::Result {
    let fresh = || standing.fresh.iter();
    let of = |fresh: &Fresh| [("job", fresh.job)];
    page.many(
        "job_last_success_timestamp_seconds",
        "When a whole run of the job was last done, as Unix time.",
        times(fresh().map(|fresh| (of(fresh), fresh.last_success))),
    )?;
    page.many(
        "job_lag_seconds",
        "How long ago that was; before the first one, how long ago Sverka was installed.",
        fresh().map(|fresh| (of(fresh), fresh.age_seconds)),
    )?;
    page.many(
        "job_promise_seconds",
        "How old [freshness] lets it become, of jobs that are promised.",
        fresh().filter_map(|fresh| Some((of(fresh), fresh.promised_seconds?))),
    )?;
    page.many(
        "job_late",
        "1 = the promise is broken.",
        fresh().map(|fresh| (of(fresh), u32::from(fresh.late))),
    )?;
    let needs = fresh().flat_map(|fresh| {
        let upstreams = Job::parse(fresh.job).map_or(&[][..], Job::may_ask);
        let served = upstreams
            .iter()
            .filter(|upstream| standing.reach.iter().any(|reach| reach.upstream == upstream.as_str()));
        served.map(move |upstream| ([("job", fresh.job), ("upstream", upstream.as_str())], 1))
    });
    page.many("job_upstream", "1 = the job asks this upstream.", needs)?;
    page.many(
        "job_next_run_timestamp_seconds",
        "When the schedule runs the job next, as Unix time.",
        times(fresh().map(|fresh| (of(fresh), fresh.next_run))),
    )
}

fn holds(standing: &Standing, jobs: &[Job], page: &mut Page<'_>) -> fmt::Result {
    let sum = |job: &Job, state: &str, what: fn(&super::standing::Holds) -> i64| {
        let found = standing.holds.iter();
        let found = found.filter(|holds| holds.job == job.as_str() && holds.state == state);
        found.map(what).sum::<i64>()
    };
    let each = |what: fn(&super::standing::Holds) -> i64| {
        let of = move |job: &Job| {
            let (job, name) = (*job, job.as_str());
            ["held", "refused"].map(|state| ([("job", name), ("state", state)], sum(&job, state, what)))
        };
        jobs.iter().flat_map(of).collect::<Vec<_>>()
    };
    page.many(
        "holds",
        "Holds of [guard]: held = until a person decides; refused = until mended.",
        each(|holds| holds.holds),
    )?;
    page.many("held_rows", "Rows in these holds.", each(|holds| holds.rows))
}

fn messages(standing: &Standing, page: &mut Page<'_>) -> fmt::Result {
    let of = |channel: Channel| {
        standing
            .notices
            .iter()
            .find(|waiting| waiting.channel == channel.as_str())
    };
    page.many(
        "messages_waiting",
        "What people have not been told yet, by channel of [notify].",
        Channel::ALL.map(|channel| {
            let waiting = of(channel).map_or(0, |waiting| waiting.notices);
            ([("channel", channel.as_str())], waiting)
        }),
    )?;
    page.many(
        "messages_oldest_seconds",
        "For how long the oldest of it has been waiting; 0 = nothing waits.",
        Channel::ALL.map(|channel| {
            let oldest = of(channel).map_or(0.0, |waiting| waiting.oldest);
            ([("channel", channel.as_str())], oldest)
        }),
    )
}

/// Those that have a time.
fn times<L>(rows: impl Iterator<Item = (L, Option<DateTime<Utc>>)>) -> impl Iterator<Item = (L, i64)> {
    rows.filter_map(|(labels, at)| Some((labels, at?.timestamp())))
}

/// The text in the making.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn one(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        let metric = self.0.encode_descriptor(name, help, None, counter.metric_type())?;
        counter.encode(metric)
    }

    fn many<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in rows {
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }
}
