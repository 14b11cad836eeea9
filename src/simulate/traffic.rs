//! What the simulator was asked: the last requests, and counters for each operation.
//!
//! Never a body nor a query: keys travel in them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use serde::Serialize;

use super::Upstream;

/// So many requests are remembered one by one.
const REMEMBERED: usize = 20_000;

/// One request that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When it arrived.
    #[serde(skip)]
    pub at: Instant,
    /// Number of the request over all upstreams, from 1, in the order of arrival.
    pub number: u64,
    /// Who was asked.
    pub upstream: Upstream,
    /// HTTP method.
    pub method: String,
    /// Raw path, percent-encoding untouched, without the query.
    pub path: String,
    /// The operation it was understood as, e.g. `carreta.order.create`; `….unknown` when none.
    pub operation: String,
    /// The status that was answered; none when the connection was closed without an answer.
    pub status: Option<u16>,
    /// How many requests of the same upstream were in flight when it arrived, itself included.
    pub concurrent: u32,
}

/// Requests of one operation, from the start of the simulator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Requests that arrived.
    pub arrived: u64,
    /// Requests that ended, answered or not.
    pub ended: u64,
}

/// The record of requests.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    arrived: u64,
    last: VecDeque<Seen>,
    counts: BTreeMap<String, Count>,
    in_flight: BTreeMap<Upstream, u32>,
    peak: BTreeMap<Upstream, u32>,
}

impl Traffic {
    pub(super) fn arrive(&mut self, upstream: Upstream, method: &str, path: &str, operation: &str) -> Seen {
        self.arrived += 1;
        let now = self.in_flight.entry(upstream).or_default();
        *now += 1;
        let peak = self.peak.entry(upstream).or_default();
        *peak = (*peak).max(*now);
        self.counts.entry(operation.to_owned()).or_default().arrived += 1;
        Seen {
            at: Instant::now(),
            number: self.arrived,
            upstream,
            method: method.to_owned(),
            path: path.to_owned(),
            operation: operation.to_owned(),
            status: None,
            concurrent: *now,
        }
    }

    pub(super) fn end(&mut self, seen: Seen) {
        if let Some(now) = self.in_flight.get_mut(&seen.upstream) {
            *now = now.saturating_sub(1);
        }
        self.counts.entry(seen.operation.clone()).or_default().ended += 1;
        if self.last.len() >= REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(seen);
    }

    pub(super) fn last(&self) -> Vec<Seen> {
        self.last.iter().cloned().collect()
    }

    pub(super) fn counts(&self) -> BTreeMap<String, Count> {
        self.counts.clone()
    }

    pub(super) fn peak(&self, upstream: Upstream) -> u32 {
        self.peak.get(&upstream).copied().unwrap_or_default()
    }

    pub(super) fn forget(&mut self) {
        self.last.clear();
        self.counts.clear();
        self.peak.clear();
    }
}
