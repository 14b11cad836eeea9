//! The model is no fairy tale: the same random steps on its table and, by the real functions, on PostgreSQL leave the same
//! rows after every step.

use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use sverka::context::Context;
use sverka::operation::Applied;
use sverka::queue::enqueue::{NewCall, enqueue};
use sverka::queue::outcome::Outcome;
use sverka::queue::settle::{self, Failure};
use sverka::queue::{Call, Priority, claim, look};

use super::table::{BASE, Claimed, Kind, LEASE, Millis, ReadBackCall, State, Table};
use crate::support::{Fixture, Setup};

const SEEDS: u64 = 50;
const STEPS: u32 = 40;

/// The two tables side by side.
struct Pair<'a> {
    fixture: &'a Fixture,
    rng: Rng,
    table: Table,
    now: Millis,
    /// When the two clocks were last set equal: the model's, and the real one.
    set: (Millis, std::time::Instant),
    contexts: [Context; 2],
    /// Everything ever claimed, on both sides: what is lost already must be refused on both.
    claimed: Vec<(Claimed, Call, usize)>,
    said: Vec<String>,
    /// The ids of the rows, in order: an intent that was open already has cost a number.
    ids: Vec<i64>,
}

/// What both sides must agree on.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Shown {
    state: String,
    priority: i16,
    attempt: i32,
    failures: i32,
    looks: i16,
    resent: bool,
    intended: bool,
    waits_for: Option<i64>,
    look: Option<i64>,
    due: bool,
}

fn call(kind: Kind, intent: u64, priority: Priority) -> NewCall {
    NewCall {
        upstream: "saplab",
        operation: "model",
        args: json!({}),
        class: kind.class(),
        priority,
        gating: false,
        key: format!("intent {intent}"),
        keeps_answer: false,
        after: Duration::ZERO,
    }
}

impl Pair<'_> {
    async fn step(&mut self) {
        match self.rng.u32(0..100) {
            0..15 => self.ask().await,
            15..30 => self.pass().await,
            30..52 => self.claim().await,
            52..80 => self.settle().await,
            80..84 => self.intend().await,
            84..88 => self.beat().await,
            88..93 => {
                self.said.push("rescue".into());
                self.table.rescue(self.now);
                claim::rescue(&self.fixture.pool).await.unwrap();
            }
            93..95 => {
                self.said.push("unblock".into());
                self.table.unblock(self.now);
                claim::unblock(&self.fixture.pool).await.unwrap();
            }
            95..97 => self.release().await,
            _ => self.retry().await,
        }
    }

    async fn ask(&mut self) {
        let kind = Kind::ASKED[self.rng.usize(0..6)];
        let intent = self.rng.u64(0..6);
        let model = self.table.enqueue(kind, intent, 2, self.now);
        let mut connection = self.fixture.pool.acquire().await.unwrap();
        let new = enqueue(&mut connection, None, &call(kind, intent, Priority::Normal)).await;
        assert_eq!(new.unwrap(), model.is_some(), "{:#?}", self.said);
        self.said
            .push(format!("ask for {kind:?} of intent {intent}: {model:?}"));
    }

    async fn pass(&mut self) {
        let passed = [10_000, 20_000, 40_000, 100_000][self.rng.usize(0..4)];
        self.said.push(format!("{passed} ms pass"));
        self.now += passed;
        self.set_clock().await;
    }

    /// Moves every time in the database back, less what has passed by itself: the clocks differ by the duration of a few
    /// statements, and no two moments of the model by less than five seconds.
    async fn set_clock(&mut self) {
        let real = u64::try_from(self.set.1.elapsed().as_millis()).unwrap();
        let back = (self.now - self.set.0).saturating_sub(real);
        self.set = (self.now, std::time::Instant::now());
        self.fixture
            .sql(&format!(
                "UPDATE queue.call SET due_at = due_at - t, lease_until = lease_until - t, intent_at = intent_at - t,
                                       ended_at = ended_at - t
                   FROM (SELECT interval '{back} milliseconds' AS t) shift"
            ))
            .await;
    }

    async fn claim(&mut self) {
        // All that are due: which of several that fell due in one statement goes first is nobody's promise.
        let (limit, daemon) = (100, self.rng.usize(0..2));
        let owner = self.contexts[daemon].daemon_id;
        let mut model = self.table.claim(self.now, limit, owner.unsigned_abs());
        let lease = Duration::from_millis(LEASE);
        let mut real = claim::claim(&self.fixture.pool, "saplab", limit, owner, lease)
            .await
            .unwrap();
        model.sort_by_key(|claimed| claimed.row);
        real.sort_by_key(|call| call.id);
        self.said.push(format!("claim by {daemon}: {model:?}"));
        assert_eq!(model.len(), real.len(), "{:#?}", self.said);
        let near = |model: Option<Millis>, real: Option<f64>| match (model, real) {
            (Some(model), Some(real)) => {
                let apart = Duration::from_millis(model).abs_diff(Duration::from_secs_f64(real.max(0.0)));
                apart < Duration::from_secs(4)
            }
            (model, real) => model.is_none() && real.is_none(),
        };
        for (model, real) in model.into_iter().zip(real) {
            let same = self.ids[model.row] == real.id
                && (model.attempt, model.failures) == (real.attempt, real.failures)
                && (model.resent, model.looks) == (real.resent, real.looks)
                && near(model.intent_age, real.intent_age)
                && near(model.look_age, real.look_age);
            assert!(same, "{model:?} {real:?}\n{:#?}", self.said);
            self.claimed.push((model, real, daemon));
        }
    }

    fn any_claimed(&mut self) -> Option<(Claimed, Call, usize)> {
        let count = self.claimed.len();
        // Mostly one of the last, which are held.
        let from = if self.rng.u32(0..4) == 0 {
            0
        } else {
            count.saturating_sub(4)
        };
        (count > 0).then(|| self.claimed[self.rng.usize(from..count)].clone())
    }

    async fn settle(&mut self) {
        let Some((model, real, daemon)) = self.any_claimed() else {
            return;
        };
        let context = &self.contexts[daemon];
        let owner = context.daemon_id.unsigned_abs();
        if self.rng.u32(0..3) == 0 {
            let done = self.table.done(&model, owner, self.now, None);
            let mut tx = self.fixture.pool.begin().await.unwrap();
            let held = settle::fence(&mut tx, &real, context.daemon_id).await.unwrap();
            if held {
                settle::done(&mut tx, context, &real, &Applied::default())
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
            self.said.push(format!("done {model:?}: {done}"));
            assert_eq!(held, done, "{:#?}", self.said);
            return;
        }
        let wait = Duration::from_secs([0, 15, 25][self.rng.usize(0..3)]);
        let outcome = match self.rng.u32(0..12) {
            0..3 => Outcome::Retry(wait),
            3..6 => Outcome::Unknown(wait),
            6..9 => Outcome::Look(wait),
            9 => Outcome::Quarantined,
            _ => Outcome::Dead,
        };
        let own = 1_000 + self.rng.u64(0..3);
        let counts = self.rng.bool();
        let reads = !model.kind.is_look();
        let read_back = reads.then_some(ReadBackCall { intent: own });
        let failed = self.table.failed(&model, owner, self.now, &outcome, read_back, counts);
        let failure = Failure {
            outcome,
            words: String::new(),
            http_status: None,
            read_back: reads.then(|| call(Kind::Look(0), own, Priority::Urgent)),
            counts,
            answer: None,
        };
        let pool = &self.fixture.pool;
        let held = settle::failed(pool, context, &real, &failure).await.unwrap();
        self.said
            .push(format!("{:?} (counts {counts}) {model:?}: {failed}", failure.outcome));
        assert_eq!(held, failed, "{:#?}", self.said);
    }

    async fn intend(&mut self) {
        let Some((model, real, daemon)) = self.any_claimed() else {
            return;
        };
        let owner = self.contexts[daemon].daemon_id;
        let intended = self.table.intend(&model, owner.unsigned_abs(), self.now);
        let held = settle::intend(&self.fixture.pool, &real, owner).await.unwrap();
        self.said.push(format!("intend {model:?}: {intended}"));
        assert_eq!(held, intended, "{:#?}", self.said);
    }

    async fn beat(&mut self) {
        let daemon = self.rng.usize(0..2);
        let owner = self.contexts[daemon].daemon_id;
        let of_it = self.claimed.iter().filter(|(_, _, by)| *by == daemon);
        let (mut model, mut real): (Vec<_>, Vec<_>) = of_it
            .map(|(model, real, _)| ((model.row, model.attempt), real.id))
            .unzip();
        model.dedup();
        real.dedup();
        let mut held = self.table.heartbeat(owner.unsigned_abs(), &model, self.now);
        let lease = Duration::from_millis(LEASE);
        let told = claim::heartbeat(&self.fixture.pool, owner, &real, lease).await.unwrap();
        let mut told: Vec<_> = told
            .into_iter()
            .map(|(id, attempt)| (self.ids.binary_search(&id).unwrap(), attempt))
            .collect();
        self.said.push(format!("beat of {daemon}: {held:?}"));
        held.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, held, "{:#?}", self.said);
    }

    async fn release(&mut self) {
        let owner = self.contexts[self.rng.usize(0..2)].daemon_id;
        self.said.push(format!("release of {owner}"));
        self.table.release(owner.unsigned_abs(), self.now);
        claim::release(&self.fixture.pool, owner).await.unwrap();
    }

    async fn retry(&mut self) {
        let rows = &self.table.rows;
        let Some(id) = rows.iter().position(|row| row.state == State::Quarantined) else {
            return;
        };
        self.said.push(format!("retry {id}"));
        self.table.retry(id, self.now);
        assert!(look::retry(&self.fixture.pool, self.ids[id], "a test").await.unwrap());
    }

    async fn compare(&mut self) {
        self.ids = sqlx::query_scalar("SELECT id FROM queue.call ORDER BY id")
            .fetch_all(&self.fixture.pool)
            .await
            .unwrap();
        assert_eq!(self.ids.len(), self.table.rows.len(), "{:#?}", self.said);
        let number = |row: Option<usize>| row.map(|row| self.ids[row]);
        let model: Vec<Shown> = self
            .table
            .rows
            .iter()
            .map(|row| Shown {
                state: format!("{:?}", row.state).to_lowercase(),
                priority: row.priority,
                attempt: row.attempt,
                failures: row.failures,
                looks: row.looks,
                resent: row.resent,
                intended: row.intent_at.is_some(),
                waits_for: number(row.waits_for),
                look: number(row.look),
                due: row.state == State::Pending && row.due <= self.now,
            })
            .collect();
        let real: Vec<Shown> = sqlx::query_as(
            "SELECT CASE state WHEN 'cancelled' THEN 'dead' ELSE state END AS state, priority, attempt, failures, looks,
                    resent, intent_at IS NOT NULL AS intended, waits_for, look_id AS look,
                    state = 'pending' AND due_at <= now() AS due
               FROM queue.call ORDER BY id",
        )
        .fetch_all(&self.fixture.pool)
        .await
        .unwrap();
        assert_eq!(
            real, model,
            "PostgreSQL (left) and the model (right) after {:#?}",
            self.said
        );
    }
}

#[tokio::test]
async fn the_model_and_postgresql_agree_after_every_step() {
    let base = format!("{}ms", BASE);
    let fixture = Setup::new()
        .set("queue.backoff_base", base)
        .set("queue.backoff_max", "1h")
        .start()
        .await;
    let seeds = match super::number("SVERKA_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS,
    };
    for seed in seeds {
        fixture
            .sql("TRUNCATE queue.call, queue.attempt, queue.exchange RESTART IDENTITY; DELETE FROM queue.upstream")
            .await;
        let mut pair = Pair {
            fixture: &fixture,
            rng: Rng::with_seed(seed),
            table: Table::default(),
            now: 0,
            set: (0, std::time::Instant::now()),
            contexts: [fixture.context(1), fixture.context(2)],
            claimed: Vec::new(),
            said: vec![format!("seed {seed}")],
            ids: Vec::new(),
        };
        for _ in 0..STEPS {
            pair.step().await;
            pair.compare().await;
        }
    }
}
