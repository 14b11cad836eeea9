//! The ledger: every mutation that a simulated upstream has really applied, in order.
//!
//! Tests compare it with what was wanted: nothing lost, nothing twice. Refused requests leave no line here.

use serde::Serialize;
use serde_json::Value;

use super::Upstream;

/// More lines than this and the older half is forgotten, so that a simulator left running does not grow for ever.
const CAPACITY: usize = 1_000_000;

/// One applied mutation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Position in the ledger, from 1.
    pub seq: u64,
    /// Who applied it.
    pub upstream: Upstream,
    /// What it was, e.g. `keaz.remains.update`.
    pub operation: String,
    /// What it changed, e.g. `D4R7WE/ART-1`, a position id, a client id.
    pub key: String,
    /// What it set.
    pub value: Value,
    /// The number of the request that caused it ([`super::Seen::number`]).
    pub request: u64,
}

/// The effects in order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    effects: Vec<Effect>,
    seq: u64,
}

impl Ledger {
    pub(super) fn record(&mut self, upstream: Upstream, operation: &str, key: String, value: Value, request: u64) {
        if self.effects.len() >= CAPACITY {
            self.effects.drain(..CAPACITY / 2);
        }
        self.seq += 1;
        self.effects.push(Effect {
            seq: self.seq,
            upstream,
            operation: operation.to_owned(),
            key,
            value,
            request,
        });
    }

    pub(super) fn effects(&self) -> &[Effect] {
        &self.effects
    }
}
