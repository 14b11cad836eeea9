//! Processes that work on the table, a site that applies, loses and delays, and a scheduler that lets anything happen
//! next: one seed is one history.
//!
//! What a call does next is decided by the real `guard::step`, `outcome::decide` and `breaker::step`. Between the check of
//! the lease and the first byte nobody freezes: that gap cannot be closed by anybody.

use std::time::Duration;

use fastrand::Rng;
use sverka::queue::breaker::{self, Admits, Signal};
use sverka::queue::guard::{self, Manner, Sight, Stand, Step};
use sverka::queue::outcome::{Outcome, Policy, decide};
use sverka::upstream::Fault;

use super::table::{Claimed, End, Kind, LEASE, MAX_ATTEMPTS, Millis, QUIET, ReadBackCall, State, TIMEOUT, Table};

/// A request begins only while the lease holds for so long.
const MARGIN: Millis = 2_000;
/// An effect that comes late comes before the quiet window is over, reckoned from the intent.
const LATE: Millis = QUIET - LEASE - 1_000;
/// Read-backs that are shared have intents from here; those of one call above that.
const SHARED: u64 = 1_000_000;
const OWN: u64 = 2_000_000;

const POLICY: Policy = Policy {
    max_attempts: MAX_ATTEMPTS,
    base: Duration::from_millis(super::table::BASE),
    max: Duration::from_secs(20),
    pause: Duration::from_secs(60),
};

const LIMITS: breaker::Limits = breaker::Limits {
    failures: 4,
    wait: Duration::from_secs(10),
    wait_max: Duration::from_secs(80),
    pause: POLICY.pause,
};

/// A process: what it works on, and until when it stands still.
struct Process {
    daemon: u64,
    frozen_until: Millis,
    tasks: Vec<Task>,
}

/// A claimed call in its hands.
struct Task {
    call: Claimed,
    is_probe: bool,
    /// When it last knew that the lease was its own.
    held_at: Millis,
    phase: Phase,
}

enum Phase {
    Begin,
    Intend,
    Check,
    Waiting(Millis, Answer),
    Record(Record, u8),
}

#[derive(Clone)]
enum Answer {
    /// What a look saw, and whose effects a list showed.
    Good(Option<Sight>, Vec<usize>),
    Bad(Fault),
}

/// What is being written down; tried again when the database fails.
#[derive(Clone)]
enum Record {
    Done(Option<Sight>, Vec<usize>),
    Failed(Outcome, bool),
}

/// What is known of one call beside its row.
#[derive(Clone, Default)]
struct Truth {
    effects: u32,
    sends: u32,
    /// A person said that it has not happened.
    retried: u32,
    /// It may have happened since the last look at it.
    unlooked: bool,
    /// Our mirror shows it.
    mirrored: bool,
}

/// How wild it is: chances in a thousand.
struct Wildness {
    fault: u32,
    database: u32,
    death: u32,
    freeze: u32,
}

/// One history.
pub(super) struct World {
    pub(super) now: Millis,
    pub(super) table: Table,
    pub(super) trace: Option<Vec<String>>,
    rng: Rng,
    wild: Wildness,
    processes: Vec<Process>,
    daemons: u64,
    truth: Vec<Truth>,
    late: Vec<(Millis, usize)>,
    breaker: breaker::State,
    rest_until: Millis,
    probe: Option<(usize, i32)>,
}

/// A rule was broken.
pub(super) struct Broken(pub(super) String);

type Checked = Result<(), Broken>;

macro_rules! note {
    ($self:ident, $($words:tt)*) => {
        if let Some(trace) = &mut $self.trace {
            trace.push(format!("{:>9} {}", $self.now, format!($($words)*)));
        }
    };
}

impl World {
    pub(super) fn new(seed: u64, traced: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let wild = Wildness {
            fault: rng.u32(0..700),
            database: rng.u32(0..120),
            death: rng.u32(0..40),
            freeze: rng.u32(0..40),
        };
        let count = rng.u64(1..=3);
        Self {
            now: 1_000_000,
            table: Table::default(),
            trace: traced.then(Vec::new),
            rng,
            wild,
            processes: (1..=count).map(Process::new).collect(),
            daemons: count,
            truth: Vec::new(),
            late: Vec::new(),
            breaker: breaker::State::default(),
            rest_until: 0,
            probe: None,
        }
    }

    /// Some calls, and anything may happen; then all is well again, and it comes to rest.
    pub(super) fn live(&mut self) -> Checked {
        let steps = self.rng.u32(40..140);
        for _ in 0..steps {
            self.something()?;
            self.check()?;
        }
        self.wild = Wildness {
            fault: 0,
            database: 0,
            death: 0,
            freeze: 0,
        };
        note!(self, "all is well from here on");
        for _ in 0..3 {
            self.come_to_rest()?;
            if !self.a_person_decides() {
                return self.judge();
            }
        }
        Err(Broken("a person had to decide three times".into()))
    }

    fn chance(&mut self, of_thousand: u32) -> bool {
        self.rng.u32(0..1000) < of_thousand
    }

    fn something(&mut self) -> Checked {
        let process = self.rng.usize(0..self.processes.len());
        if self.chance(self.wild.death) {
            self.die(process);
        } else if self.chance(self.wild.freeze) {
            let long = self.rng.u64(1_000..3 * LEASE);
            note!(self, "daemon {} freezes for {long}", self.processes[process].daemon);
            self.processes[process].frozen_until = self.now + long;
        }
        match self.rng.u32(0..100) {
            0..8 => self.ask(),
            8..30 => {
                let long = if self.rng.u32(0..8) == 0 { QUIET / 2 } else { 4_000 };
                let passed = self.rng.u64(100..long);
                self.pass(passed);
            }
            30..45 => self.claim(process),
            45..55 => self.beat(process),
            55..57 => self.stop(process),
            _ => return self.work(process),
        }
        Ok(())
    }

    /// A call of any kind is asked for; an intent that is open is not asked for again.
    fn ask(&mut self) {
        let open = self
            .truth
            .iter()
            .zip(&self.table.rows)
            .filter(|(_, row)| !row.kind.is_look());
        if open.count() >= 6 {
            return;
        }
        let kind = Kind::ASKED[self.rng.usize(0..Kind::ASKED.len())];
        let intent = self.rng.u64(0..8);
        if let Some(id) = self.table.enqueue(kind, intent, 2, self.now) {
            self.known();
            note!(self, "call {id} is asked for: {kind:?} of intent {intent}");
        }
    }

    /// Every row has its truth.
    fn known(&mut self) {
        self.truth.resize(self.table.rows.len(), Truth::default());
    }

    /// Time passes, and what was late happens.
    fn pass(&mut self, millis: Millis) {
        self.now += millis;
        let now = self.now;
        let due: Vec<usize> = self
            .late
            .iter()
            .filter(|(at, _)| *at <= now)
            .map(|(_, id)| *id)
            .collect();
        self.late.retain(|(at, _)| *at > now);
        for id in due {
            note!(self, "call {id} takes effect, late");
            self.truth[id].effects += 1;
        }
    }

    /// SIGKILL; another process is started in its place.
    fn die(&mut self, process: usize) {
        note!(self, "daemon {} is killed", self.processes[process].daemon);
        self.daemons += 1;
        self.processes[process] = Process::new(self.daemons);
    }

    /// SIGTERM: what it holds is given back.
    fn stop(&mut self, process: usize) {
        if self.is_frozen(process) {
            return;
        }
        let daemon = self.processes[process].daemon;
        if self.database(|table, now| table.release(daemon, now)).is_some() {
            note!(self, "daemon {daemon} stops");
        }
        self.die(process);
    }

    fn is_frozen(&self, process: usize) -> bool {
        self.processes[process].frozen_until > self.now
    }

    /// A transaction; `None`: it failed, and whether it was committed cannot be told.
    fn database<T>(&mut self, statement: impl FnOnce(&mut Table, Millis) -> T) -> Option<T> {
        if !self.chance(self.wild.database) {
            return Some(statement(&mut self.table, self.now));
        }
        if self.rng.bool() {
            statement(&mut self.table, self.now);
            note!(self, "  committed, but the connection is lost");
        } else {
            note!(self, "  the transaction failed");
        }
        None
    }

    fn claim(&mut self, process: usize) {
        if self.is_frozen(process) {
            return;
        }
        let probing = self.probe.is_some_and(|(id, attempt)| {
            let row = &self.table.rows[id];
            row.state == State::Running && row.attempt == attempt
        });
        let admits = breaker::admits(self.breaker, self.rest_until > self.now, probing);
        let limit = match admits {
            Admits::None => return,
            Admits::Probe => 1,
            Admits::All => self.rng.usize(1..4),
        };
        let (daemon, sent_at) = (self.processes[process].daemon, self.now);
        let mut taken = Vec::new();
        let known = self.database(|table, now| {
            taken = table.claim(now, limit, daemon);
        });
        if let (Admits::Probe, Some(call)) = (admits, taken.first()) {
            self.probe = Some((call.row, call.attempt));
            self.rest_until = self.now + LEASE;
        }
        if known.is_none() {
            return;
        }
        for call in taken {
            note!(
                self,
                "daemon {daemon} claims call {} ({:?}), attempt {}",
                call.row,
                call.kind,
                call.attempt
            );
            let is_probe = admits == Admits::Probe;
            self.processes[process].tasks.push(Task {
                call,
                is_probe,
                held_at: sent_at,
                phase: Phase::Begin,
            });
        }
    }

    /// The heartbeat, the rescue, the unblocking.
    fn beat(&mut self, process: usize) {
        if self.is_frozen(process) {
            return;
        }
        let (daemon, sent_at) = (self.processes[process].daemon, self.now);
        let calls: Vec<(usize, i32)> = self.processes[process]
            .tasks
            .iter()
            .map(|task| (task.call.row, task.call.attempt))
            .collect();
        let Some(held) = self.database(|table, now| table.heartbeat(daemon, &calls, now)) else {
            return;
        };
        for task in &mut self.processes[process].tasks {
            if held.contains(&(task.call.row, task.call.attempt)) {
                task.held_at = sent_at;
            }
        }
        if self.database(Table::rescue).is_some() {
            self.database(Table::unblock);
        }
    }

    /// One step of one call.
    fn work(&mut self, process: usize) -> Checked {
        let count = self.processes[process].tasks.len();
        if count == 0 || self.is_frozen(process) {
            return Ok(());
        }
        let task = self.rng.usize(0..count);
        let mut task = self.processes[process].tasks.swap_remove(task);
        let daemon = self.processes[process].daemon;
        if let Some(phase) = self.step(&task, daemon)? {
            task.phase = phase;
            self.processes[process].tasks.push(task);
        }
        Ok(())
    }

    /// What the call does next; `None`: this process has nothing more to do with it.
    fn step(&mut self, task: &Task, daemon: u64) -> Result<Option<Phase>, Broken> {
        let call = &task.call;
        match &task.phase {
            Phase::Begin => Ok(Some(self.begin(call))),
            Phase::Intend => match self.database(|table, now| table.intend(call, daemon, now)) {
                Some(true) => Ok(Some(Phase::Check)),
                Some(false) | None => Ok(None),
            },
            Phase::Check if self.now - task.held_at + MARGIN >= LEASE => {
                note!(self, "call {} is not sent: the lease may be lost", call.row);
                Ok(None)
            }
            Phase::Check => self.send(call).map(Some),
            Phase::Waiting(until, _) if *until > self.now => Ok(Some(Phase::Waiting(*until, self.answer(task)))),
            Phase::Waiting(_, answer) => {
                self.breaker_learns(task, answer);
                Ok(Some(self.answered(call, answer.clone())))
            }
            Phase::Record(record, tries) => Ok(self.record(call, daemon, record, *tries)),
        }
    }

    fn answer(&self, task: &Task) -> Answer {
        match &task.phase {
            Phase::Waiting(_, answer) => answer.clone(),
            _ => Answer::Good(None, Vec::new()),
        }
    }

    /// `operation::perform`, up to the request.
    fn begin(&mut self, call: &Claimed) -> Phase {
        match call.kind {
            Kind::Read | Kind::Look(_) => Phase::Check,
            Kind::Set | Kind::Notify => {
                let before = usize::try_from(call.attempt).unwrap().checked_sub(2);
                let before = before.map(|attempt| self.table.rows[call.row].ends[attempt]);
                let unseen = before == Some(End::Unknown) && call.looks == 0;
                if unseen && u32::try_from(call.failures).unwrap() >= MAX_ATTEMPTS {
                    Phase::Record(Record::Failed(Outcome::Dead, true), 0)
                } else if unseen || matches!(before, Some(End::LeaseLost | End::Released)) {
                    Phase::Record(Record::Failed(Outcome::Unknown(Duration::ZERO), unseen), 0)
                } else if self.truth[call.row].mirrored {
                    Phase::Record(Record::Done(None, Vec::new()), 0)
                } else {
                    Phase::Check
                }
            }
            Kind::Toggle | Kind::Append | Kind::Token => self.guarded(call),
        }
    }

    /// `operation::guarded::goes_out`.
    fn guarded(&mut self, call: &Claimed) -> Phase {
        let stale = call.intent_age.is_none() && call.look_age.is_none_or(|age| age > TIMEOUT.max(10_000));
        let looks = if stale { 0 } else { call.looks };
        let saw = call.look.and_then(|look| self.table.rows[look].saw.clone());
        let sight = if looks > 0 {
            saw.unwrap_or(Sight::Absent)
        } else {
            Sight::Absent
        };
        let stand = Stand {
            sent: call.intent_age.map(Duration::from_millis),
            resent: call.resent,
            looks,
            exhausted: u32::try_from(call.failures).unwrap() >= MAX_ATTEMPTS,
        };
        let manner = Manner {
            looks_first: true,
            resends: call.kind == Kind::Token,
            second_look: Duration::from_millis(TIMEOUT),
            quiet: Duration::from_millis(QUIET),
        };
        let step = guard::step(stand, manner, sight);
        note!(self, "call {}: {stand:?} -> {step:?}", call.row);
        match step {
            Step::Send => Phase::Intend,
            Step::Look(after) => Phase::Record(Record::Failed(Outcome::Look(after), true), 0),
            Step::Finish(_) => Phase::Record(Record::Done(None, Vec::new()), 0),
            Step::Refuse(_) => Phase::Record(Record::Failed(Outcome::Dead, true), 0),
            Step::Quarantine(_) => Phase::Record(Record::Failed(Outcome::Quarantined, true), 0),
        }
    }

    /// The request leaves; the site does with it what it likes.
    fn send(&mut self, call: &Claimed) -> Result<Phase, Broken> {
        let truth = &self.truth[call.row];
        if call.kind == Kind::Notify && truth.unlooked {
            return Err(Broken(format!("call {} is sent again without a look", call.row)));
        }
        let fault = self.chance(self.wild.fault).then(|| self.some_fault());
        let reaches = !matches!(
            fault,
            Some(
                Fault::NotSent(_) | Fault::Denied { .. } | Fault::Unsupported { .. } | Fault::Busy { status: 429, .. }
            )
        );
        let listed = (0..self.truth.len()).filter(|id| self.truth[*id].effects > 0).collect();
        let saw = match call.kind {
            Kind::Look(of) => Some(self.seen(of)),
            _ => None,
        };
        if reaches {
            self.truth[call.row].sends += 1;
            self.truth[call.row].unlooked = true;
        }
        let has_effect = reaches && !matches!(call.kind, Kind::Read | Kind::Look(_));
        if has_effect && fault.is_none() {
            self.truth[call.row].effects += 1;
        } else if has_effect {
            match self.rng.u32(0..3) {
                0 => {}
                1 => self.truth[call.row].effects += 1,
                _ => {
                    let at = self.now + self.rng.u64(0..LATE);
                    self.late.push((at, call.row));
                }
            }
        }
        let until = self.now + self.rng.u64(0..TIMEOUT);
        note!(self, "call {} is sent, reaches {reaches}, meets {fault:?}", call.row);
        let answer = fault.map_or(Answer::Good(saw, listed), Answer::Bad);
        Ok(Phase::Waiting(until, answer))
    }

    /// What the site shows of a call.
    fn seen(&self, id: usize) -> Sight {
        match (self.table.rows[id].kind, self.truth[id].effects) {
            (_, 0) => Sight::Absent,
            (Kind::Toggle, effects) if effects % 2 == 0 => Sight::Absent,
            (Kind::Token | Kind::Append, 2..) => Sight::Doubt("several".into()),
            _ => Sight::Done("it is there".into()),
        }
    }

    fn some_fault(&mut self) -> Fault {
        let words = String::new();
        match self.rng.u32(0..14) {
            0..5 => Fault::Lost(words),
            5..7 => Fault::Failing { status: 502, words },
            7 => Fault::Garbled(words),
            8 => Fault::NotApi(words),
            9 => Fault::Denied { status: 401, words },
            10 | 11 => Fault::NotSent(words),
            12 => Fault::Busy {
                status: 429,
                retry_after: None,
                words,
            },
            _ if self.rng.u32(0..4) == 0 => Fault::Unsupported { status: 404, words },
            _ => Fault::Busy {
                status: 503,
                retry_after: Some(Duration::from_secs(3)),
                words,
            },
        }
    }

    fn breaker_learns(&mut self, task: &Task, answer: &Answer) {
        let signal = match answer {
            Answer::Good(..) => Signal::Alive,
            Answer::Bad(fault) => Signal::of(fault),
        };
        let is_probe = task.is_probe && self.probe == Some((task.call.row, task.call.attempt));
        let step = breaker::step(self.breaker, signal, is_probe, &LIMITS, self.rng.f64());
        if step.state != self.breaker {
            note!(self, "the breaker: {:?}", step.state);
        }
        self.breaker = step.state;
        if let Some(rest) = step.rest {
            self.rest_until = self.now + u64::try_from(rest.as_millis()).unwrap();
        }
    }

    /// `operation::perform`, after the request.
    fn answered(&mut self, call: &Claimed, answer: Answer) -> Phase {
        match answer {
            Answer::Good(..) if call.kind == Kind::Toggle => {
                Phase::Record(Record::Failed(Outcome::Look(Duration::ZERO), true), 0)
            }
            Answer::Good(saw, listed) => Phase::Record(Record::Done(saw, listed), 0),
            Answer::Bad(fault) => {
                let failures = u32::try_from(call.failures).unwrap() + 1;
                let (class, read_back) = (call.kind.class(), call.kind.read_back());
                let outcome = decide(class, read_back, &fault, failures, &POLICY, self.rng.f64());
                if matches!(outcome, Outcome::Retry(_) | Outcome::Pause(_)) && call.kind == Kind::Notify {
                    self.truth[call.row].unlooked = false;
                }
                Phase::Record(Record::Failed(outcome, true), 0)
            }
        }
    }

    /// The end of an attempt, tried a few times.
    fn record(&mut self, call: &Claimed, daemon: u64, record: &Record, tries: u8) -> Option<Phase> {
        let read_back = match call.kind {
            Kind::Set => Some(SHARED),
            Kind::Notify => Some(SHARED + 1),
            Kind::Toggle | Kind::Append | Kind::Token => {
                Some(OWN + u64::try_from(call.row).unwrap() * 1_000 + u64::try_from(call.attempt).unwrap())
            }
            Kind::Read | Kind::Look(_) => None,
        };
        let read_back = read_back.map(|intent| ReadBackCall { intent });
        let mut recorded = false;
        let known = self.database(|table, now| {
            recorded = match record {
                Record::Done(saw, _) => table.done(call, daemon, now, saw.clone()),
                Record::Failed(outcome, counts) => table.failed(call, daemon, now, outcome, read_back, *counts),
            };
        });
        self.known();
        if recorded {
            note!(
                self,
                "call {} of daemon {daemon}: {:?}",
                call.row,
                self.table.rows[call.row].state
            );
            if let Record::Done(_, listed) = record {
                self.apply(call, listed);
            }
        }
        (known.is_none() && tries < 3).then(|| Phase::Record(record.clone(), tries + 1))
    }

    /// The effect of an answer on our mirror, in the same transaction.
    fn apply(&mut self, call: &Claimed, listed: &[usize]) {
        if call.kind.is_look() {
            for truth in &mut self.truth {
                truth.unlooked = false;
            }
            for id in listed {
                self.truth[*id].mirrored = true;
            }
        } else {
            self.truth[call.row].mirrored = true;
        }
    }

    /// Nothing goes wrong any more: everything that can happen happens, until nothing is open.
    fn come_to_rest(&mut self) -> Checked {
        for _ in 0..3_000 {
            let open = self
                .table
                .rows
                .iter()
                .any(|row| matches!(row.state, State::Pending | State::Running | State::Unknown));
            if !open && self.late.is_empty() {
                return Ok(());
            }
            for process in 0..self.processes.len() {
                self.beat(process);
                self.claim(process);
                for _ in 0..self.processes[process].tasks.len() * 4 {
                    self.work(process)?;
                    self.check()?;
                }
            }
            self.pass(7_500);
        }
        Err(Broken("it does not come to rest".into()))
    }

    /// A person looks at what is quarantined when nothing can happen late any more, and has it made again: what stands
    /// there already is found by the look that comes first.
    fn a_person_decides(&mut self) -> bool {
        let quarantined: Vec<usize> = (0..self.table.rows.len())
            .filter(|id| self.table.rows[*id].state == State::Quarantined)
            .collect();
        for id in &quarantined {
            note!(self, "a person has call {id} made again");
            self.truth[*id].retried += 1;
            self.table.retry(*id, self.now);
        }
        !quarantined.is_empty()
    }

    /// What holds after every step.
    fn check(&self) -> Checked {
        let rows = &self.table.rows;
        let mut probes = 0;
        for (id, row) in rows.iter().enumerate() {
            if (row.state == State::Unknown) != row.waits_for.is_some() {
                return Err(Broken(format!(
                    "call {id} waits for {:?} as {:?}",
                    row.waits_for, row.state
                )));
            }
            probes += usize::from(row.state == State::Running && self.probe == Some((id, row.attempt)));
            let truth = &self.truth[id];
            if !row.kind.is_guarded() {
                continue;
            }
            if truth.effects > 1 {
                return Err(Broken(format!("call {id} ({:?}) took effect twice", row.kind)));
            }
            let most = if row.kind == Kind::Token { 2 } else { 1 };
            if truth.sends > most * (truth.retried + 1) {
                return Err(Broken(format!(
                    "call {id} ({:?}) was sent {} times",
                    row.kind, truth.sends
                )));
            }
        }
        let open = |row: &&super::table::Row| !matches!(row.state, State::Done | State::Dead) && !row.kind.is_look();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| open(row)) {
            if rows[at + 1..]
                .iter()
                .filter(open)
                .any(|other| other.intent == row.intent)
            {
                return Err(Broken(format!("intent {} is open twice", row.intent)));
            }
        }
        if probes > 1 {
            return Err(Broken("two probes at once".into()));
        }
        Ok(())
    }

    /// What holds at rest: every call has ended, and its end is true.
    fn judge(&self) -> Checked {
        for (id, (row, truth)) in self.table.rows.iter().zip(&self.truth).enumerate() {
            let what = format!(
                "call {id} ({:?}) is {:?} with {} effects",
                row.kind, row.state, truth.effects
            );
            let acts = !matches!(row.kind, Kind::Read | Kind::Look(_));
            match row.state {
                State::Done if acts && truth.effects == 0 => return Err(Broken(what)),
                State::Dead if row.kind.is_guarded() && truth.effects > 0 => return Err(Broken(what)),
                State::Done | State::Dead => {}
                _ => return Err(Broken(what)),
            }
        }
        Ok(())
    }
}

impl Process {
    fn new(daemon: u64) -> Self {
        Self {
            daemon,
            frozen_until: 0,
            tasks: Vec::new(),
        }
    }
}
