//! The rows of `queue.call` and what the statements of `claim`, `settle` and `look` do to them, in plain Rust.
//!
//! `conformance` holds every transition against PostgreSQL; `world` drives them with processes that die and freeze.

use std::time::Duration;

use sverka::queue::Class;
use sverka::queue::guard::Sight;
use sverka::queue::outcome::{Outcome, ReadBack};

/// Milliseconds on the database's clock.
pub(super) type Millis = u64;

pub(super) const LEASE: Millis = 35_000;
pub(super) const TIMEOUT: Millis = 15_000;
pub(super) const QUIET: Millis = 305_000;
pub(super) const MAX_ATTEMPTS: u32 = 6;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Running,
    Unknown,
    Quarantined,
    Done,
    Dead,
}

/// What a call is, as far as the queue is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Read.
    Read,
    /// KEAZ: sets a value.
    Set,
    /// `set_status`: sets a value and may tell somebody.
    Notify,
    /// `pay`: a toggle, whose answer is not believed.
    Toggle,
    /// `balance.add`: an append whose answer is believed, never sent twice.
    Append,
    /// Carreta's order: found again by our token, sent once more after the quiet window.
    Token,
    /// The read-back of the call with this index.
    Look(usize),
}

impl Kind {
    pub(super) const ASKED: [Self; 6] = [
        Self::Read,
        Self::Set,
        Self::Notify,
        Self::Toggle,
        Self::Append,
        Self::Token,
    ];

    pub(super) fn class(self) -> Class {
        match self {
            Self::Read | Self::Look(_) => Class::Read,
            Self::Set | Self::Notify => Class::Idempotent,
            Self::Toggle | Self::Append | Self::Token => Class::Guarded,
        }
    }

    pub(super) fn read_back(self) -> ReadBack {
        match self {
            Self::Read | Self::Look(_) => ReadBack::Never,
            Self::Set => ReadBack::WhenLost,
            Self::Notify => ReadBack::WhenInDoubt,
            Self::Toggle | Self::Append | Self::Token => ReadBack::Always,
        }
    }

    pub(super) fn is_guarded(self) -> bool {
        self.class() == Class::Guarded
    }

    pub(super) fn is_look(self) -> bool {
        matches!(self, Self::Look(_))
    }
}

/// How an attempt ended, as `queue.attempt.outcome` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Done,
    Failed,
    Looking,
    Unknown,
    Released,
    LeaseLost,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) intent: u64,
    pub(super) state: State,
    pub(super) priority: i16,
    pub(super) attempt: i32,
    pub(super) failures: i32,
    pub(super) due: Millis,
    pub(super) owner: u64,
    pub(super) lease_until: Millis,
    pub(super) waits_for: Option<usize>,
    pub(super) intent_at: Option<Millis>,
    pub(super) resent: bool,
    pub(super) looks: i16,
    pub(super) look: Option<usize>,
    pub(super) ended: Millis,
    /// Of a look: what it saw.
    pub(super) saw: Option<Sight>,
    /// By attempt, from the first.
    pub(super) ends: Vec<End>,
}

impl Row {
    fn is_open(&self) -> bool {
        !matches!(self.state, State::Done | State::Dead)
    }

    fn last_end(&mut self) -> Option<&mut End> {
        self.ends.last_mut()
    }
}

/// A claimed call as its worker holds it: `queue::Call`.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) row: usize,
    pub(super) kind: Kind,
    pub(super) attempt: i32,
    pub(super) failures: i32,
    pub(super) intent_age: Option<Millis>,
    pub(super) resent: bool,
    pub(super) looks: i16,
    pub(super) look: Option<usize>,
    pub(super) look_age: Option<Millis>,
}

/// The read that an outcome asks for: of the call alone, or shared by whoever waits for the same list.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadBackCall {
    pub(super) intent: u64,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

fn millis(duration: Duration) -> Millis {
    u64::try_from(duration.as_millis()).unwrap()
}

impl Table {
    /// `enqueue`: unless the same intent is open.
    pub(super) fn enqueue(&mut self, kind: Kind, intent: u64, priority: i16, due: Millis) -> Option<usize> {
        if self.open(intent).is_some() {
            return None;
        }
        self.rows.push(Row {
            kind,
            intent,
            state: State::Pending,
            priority,
            attempt: 0,
            failures: 0,
            due,
            owner: 0,
            lease_until: 0,
            waits_for: None,
            intent_at: None,
            resent: false,
            looks: 0,
            look: None,
            ended: 0,
            saw: None,
            ends: Vec::new(),
        });
        Some(self.rows.len() - 1)
    }

    pub(super) fn open(&self, intent: u64) -> Option<usize> {
        self.rows.iter().position(|row| row.intent == intent && row.is_open())
    }

    /// `claim`.
    pub(super) fn claim(&mut self, now: Millis, limit: usize, daemon: u64) -> Vec<Claimed> {
        let mut due: Vec<usize> = (0..self.rows.len())
            .filter(|id| self.rows[*id].state == State::Pending && self.rows[*id].due <= now)
            .collect();
        due.sort_by_key(|id| (self.rows[*id].priority, self.rows[*id].due));
        due.truncate(limit);
        due.into_iter().map(|id| self.take(id, now, daemon)).collect()
    }

    fn take(&mut self, id: usize, now: Millis, daemon: u64) -> Claimed {
        let row = &mut self.rows[id];
        row.state = State::Running;
        row.attempt += 1;
        row.owner = daemon;
        row.lease_until = now + LEASE;
        row.waits_for = None;
        row.ends.push(End::Open);
        let row = &self.rows[id];
        Claimed {
            row: id,
            kind: row.kind,
            attempt: row.attempt,
            failures: row.failures,
            intent_age: row.intent_at.map(|at| now - at),
            resent: row.resent,
            looks: row.looks,
            look: row.look,
            look_age: row.look.map(|look| now - self.rows[look].ended),
        }
    }

    /// `settle::fence`.
    pub(super) fn holds(&self, call: &Claimed, daemon: u64) -> bool {
        let row = &self.rows[call.row];
        row.state == State::Running && row.attempt == call.attempt && row.owner == daemon
    }

    /// `settle::intend`.
    pub(super) fn intend(&mut self, call: &Claimed, daemon: u64, now: Millis) -> bool {
        let held = self.holds(call, daemon);
        if held {
            let row = &mut self.rows[call.row];
            row.resent = row.resent || row.intent_at.is_some();
            row.intent_at = Some(now);
            row.looks = 0;
        }
        held
    }

    /// `settle::done` behind its fence.
    pub(super) fn done(&mut self, call: &Claimed, daemon: u64, now: Millis, saw: Option<Sight>) -> bool {
        if !self.holds(call, daemon) {
            return false;
        }
        let row = &mut self.rows[call.row];
        row.state = State::Done;
        row.ended = now;
        row.saw = saw;
        end(row, End::Done);
        self.release_waiting(call.row, now, 0, true);
        true
    }

    /// `settle::failed`.
    pub(super) fn failed(
        &mut self,
        call: &Claimed,
        daemon: u64,
        now: Millis,
        outcome: &Outcome,
        read_back: Option<ReadBackCall>,
        counts: bool,
    ) -> bool {
        if !self.holds(call, daemon) {
            return false;
        }
        let (state, word, wait, counted) = match outcome {
            Outcome::Retry(wait) => (State::Pending, End::Failed, millis(*wait), true),
            Outcome::Pause(wait) => (State::Pending, End::Failed, millis(*wait), false),
            Outcome::Unknown(wait) => (State::Unknown, End::Unknown, millis(*wait), true),
            Outcome::Look(_) => (State::Unknown, End::Looking, 0, false),
            Outcome::Quarantined => (State::Quarantined, End::Failed, 0, true),
            Outcome::Dead => (State::Dead, End::Failed, 0, true),
        };
        let waits_for = match (outcome, read_back) {
            (Outcome::Unknown(_), Some(read)) => Some(self.find_or_enqueue(call.row, read, now)),
            (Outcome::Look(after), Some(read)) => Some(self.find_or_enqueue(call.row, read, now + millis(*after))),
            _ => None,
        };
        let unsent = matches!(outcome, Outcome::Retry(_) | Outcome::Pause(_));
        let row = &mut self.rows[call.row];
        row.state = state;
        row.failures += i32::from(counted && counts);
        row.due = now + wait;
        row.waits_for = waits_for;
        row.intent_at = row.intent_at.filter(|_| !unsent);
        if unsent || matches!(outcome, Outcome::Unknown(_)) {
            row.looks = 0;
        }
        row.ended = now;
        end(row, word);
        if matches!(outcome, Outcome::Dead | Outcome::Quarantined) {
            self.release_waiting(call.row, now, BASE, false);
        }
        true
    }

    fn find_or_enqueue(&mut self, of: usize, read: ReadBackCall, due: Millis) -> usize {
        self.open(read.intent)
            .or_else(|| self.enqueue(Kind::Look(of), read.intent, 0, due))
            .unwrap()
    }

    fn release_waiting(&mut self, read_back: usize, now: Millis, wait: Millis, seen: bool) {
        for row in &mut self.rows {
            if row.waits_for != Some(read_back) || row.state != State::Unknown {
                continue;
            }
            row.state = State::Pending;
            row.waits_for = None;
            if wait > 0 {
                row.due = row.due.max(now + wait);
            }
            if seen {
                row.looks += 1;
                row.look = Some(read_back);
                if row.kind.is_guarded() {
                    row.priority = 0;
                }
            } else if row.kind.is_guarded() || row.ends.last() == Some(&End::Looking) {
                row.failures += 1;
            }
        }
    }

    /// `claim::heartbeat`: which of these are still held.
    pub(super) fn heartbeat(&mut self, daemon: u64, calls: &[(usize, i32)], now: Millis) -> Vec<(usize, i32)> {
        let mut held = Vec::new();
        for (id, attempt) in calls {
            let row = &mut self.rows[*id];
            if row.state == State::Running && row.owner == daemon {
                row.lease_until = now + LEASE;
                if row.attempt == *attempt {
                    held.push((*id, *attempt));
                }
            }
        }
        held
    }

    /// `claim::rescue`.
    pub(super) fn rescue(&mut self, now: Millis) {
        let mut turns = 0..;
        for row in &mut self.rows {
            if row.state != State::Running || row.lease_until >= now {
                continue;
            }
            end(row, End::LeaseLost);
            let lost = row.ends.iter().filter(|end| **end == End::LeaseLost).count();
            row.state = match (lost < 3, row.intent_at) {
                (true, _) => State::Pending,
                (false, None) => State::Dead,
                (false, Some(_)) => State::Quarantined,
            };
            row.failures += 1;
            // Those over which two workers died come back one after the other.
            row.due = now + if lost > 1 { turns.next().unwrap_or(0) * 2_000 } else { 0 };
        }
    }

    /// `claim::unblock`.
    pub(super) fn unblock(&mut self, now: Millis) {
        for id in 0..self.rows.len() {
            let row = &self.rows[id];
            let waits = row
                .waits_for
                .is_some_and(|read| matches!(self.rows[read].state, State::Pending | State::Running | State::Unknown));
            if row.state != State::Unknown || waits {
                continue;
            }
            let row = &mut self.rows[id];
            row.state = State::Pending;
            row.due = row.due.max(now);
            row.waits_for = None;
            row.failures += i32::from(row.kind.is_guarded());
        }
    }

    /// `claim::release`.
    pub(super) fn release(&mut self, daemon: u64, now: Millis) {
        for row in &mut self.rows {
            if row.state == State::Running && row.owner == daemon {
                row.state = State::Pending;
                row.due = now;
                end(row, End::Released);
            }
        }
    }

    /// `look::retry`: a person says that it has not happened.
    pub(super) fn retry(&mut self, id: usize, now: Millis) {
        let row = &mut self.rows[id];
        if row.state == State::Quarantined {
            row.state = State::Pending;
            row.due = now;
            row.failures = 0;
            row.looks = 0;
            row.intent_at = None;
            row.resent = false;
        }
    }
}

/// `queue.backoff_base`.
pub(super) const BASE: Millis = 5_000;

/// An attempt ends once.
fn end(row: &mut Row, how: End) {
    if let Some(last) = row.last_end() {
        assert_eq!(*last, End::Open, "an attempt that ended ends again");
        *last = how;
    }
}
