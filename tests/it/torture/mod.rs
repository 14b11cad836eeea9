//! Torture: daemons that share one database are killed, frozen and cut off from it at random while the sites misbehave
//! and the company goes on working. In the end the ledgers hold what was wanted: nothing lost, doubled or stuck.
//!
//! `make torture N=1000`; `TORTURE_SEED=N` chooses the same dice again, though not the same moments.

mod wanted;

use std::time::{Duration, Instant};

use fastrand::Rng;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sverka::job::Job;
use sverka::queue::look;
use sverka::simulate::{Action, Rule, Upstream};
use tokio::process::Child;
use wanted::Wanted;

use crate::support::{Fixture, Setup, until_within};

const DAEMONS: usize = 3;
const LEASE: Duration = Duration::from_secs(5);

/// A daemon, ready or not.
struct Running {
    child: Child,
    pid: u32,
    /// It stands still until then.
    frozen_until: Option<Instant>,
}

/// What was done to them.
#[derive(Default)]
struct Deeds {
    kills: usize,
    by_points: usize,
    freezes: usize,
    cuts: usize,
    decisions: usize,
}

struct Torture {
    fixture: Fixture,
    rng: Rng,
    daemons: Vec<Running>,
    deeds: Deeds,
    wanted: Wanted,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

async fn fixture() -> Fixture {
    let mut setup = Setup::new()
        .client_api()
        .set("queue.lease", "5s")
        .set("queue.quiet_window", "4s")
        .set("queue.pause", "300ms")
        .set("queue.max_attempts", 100)
        .set("keaz.batch_rows", 10)
        .set("keaz.timeout", "1s")
        .set("carreta.timeout", "1s")
        .set("saplab.panel.timeout", "1s")
        .set("saplab.client.timeout", "1s");
    for upstream in ["keaz", "saplab", "carreta"] {
        setup = setup
            .set(&format!("queue.{upstream}.rate"), 1000)
            .set(&format!("queue.{upstream}.breaker_wait"), "200ms")
            .set(&format!("queue.{upstream}.breaker_wait_max"), "500ms");
    }
    setup.start().await
}

impl Torture {
    async fn start(&self, environment: &[(&str, &str)]) -> Running {
        let (child, pid, _) = self.fixture.spawn(environment).await;
        Running {
            child,
            pid,
            frozen_until: None,
        }
    }

    /// One more death, after a while in which the company works and the sites misbehave.
    async fn once(&mut self) {
        self.misbehave();
        self.wanted.more(&self.fixture, &mut self.rng).await;
        tokio::time::sleep(Duration::from_millis(self.rng.u64(20..500))).await;
        self.thaw();
        self.bury().await;
        let number = self.rng.usize(0..DAEMONS);
        match self.rng.u32(0..100) {
            0..6 => self.freeze(number),
            6..14 => self.cut().await,
            _ => {}
        }
        let number = self.rng.usize(0..DAEMONS);
        let _ = self.daemons[number].child.kill().await;
        crate::support::has_ended(self.daemons[number].pid);
        self.deeds.kills += 1;
        self.daemons[number] = if self.rng.u32(0..4) == 0 {
            let points = sverka::kill::POINTS;
            let armed = format!("{}:{}", points[self.rng.usize(0..points.len())], self.rng.u32(1..4));
            self.start(&[("SVERKA_KILL", &armed)]).await
        } else {
            self.start(&[]).await
        };
    }

    /// A few faults on anything that comes next.
    fn misbehave(&mut self) {
        self.fixture.sim.clear_faults();
        for _ in 0..self.rng.usize(0..4) {
            let upstream = [Upstream::Keaz, Upstream::Saplab, Upstream::Carreta][self.rng.usize(0..3)];
            let rule = Rule {
                upstream,
                operation: None,
                skip: self.rng.u32(0..4),
                times: self.rng.u32(1..4),
                action: self.action(),
            };
            self.fixture.sim.inject(rule);
        }
    }

    fn action(&mut self) -> Action {
        let status = |code| Action::Status {
            code,
            headers: Vec::new(),
            body: String::new(),
        };
        match self.rng.u32(0..11) {
            0 => Action::Drop,
            1 => Action::Reset,
            2 => Action::ApplyThen(Box::new(Action::Drop)),
            3 => Action::ApplyThen(Box::new(Action::Reset)),
            4 => status([500, 502, 503, 504][self.rng.usize(0..4)]),
            5 => Action::ApplyThen(Box::new(status(502))),
            6 => status(429),
            7 => Action::CutBody,
            8 => Action::Hang,
            9 => Action::Html,
            _ => Action::Delay(Duration::from_millis(self.rng.u64(10..300))),
        }
    }

    /// SIGSTOP until its leases have run out and others have its calls.
    fn freeze(&mut self, number: usize) {
        let daemon = &mut self.daemons[number];
        if daemon.frozen_until.is_none() && kill(pid(daemon), Signal::SIGSTOP).is_ok() {
            daemon.frozen_until = Some(Instant::now() + LEASE + Duration::from_secs(1));
            self.deeds.freezes += 1;
        }
    }

    fn thaw(&mut self) {
        for daemon in &mut self.daemons {
            if daemon.frozen_until.is_some_and(|until| until < Instant::now()) {
                let _ = kill(pid(daemon), Signal::SIGCONT);
                daemon.frozen_until = None;
            }
        }
    }

    /// Those that died at an armed point are replaced.
    async fn bury(&mut self) {
        for number in 0..DAEMONS {
            if self.daemons[number].child.try_wait().unwrap().is_some() {
                crate::support::has_ended(self.daemons[number].pid);
                self.deeds.kills += 1;
                self.deeds.by_points += 1;
                self.daemons[number] = self.start(&[]).await;
            }
        }
    }

    /// About half of the daemons' connections are ended in the middle of whatever they do.
    async fn cut(&mut self) {
        self.deeds.cuts += 1;
        self.fixture
            .sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name = 'sverka' AND pid <> pg_backend_pid()
                    AND random() < 0.5",
            )
            .await;
    }

    /// All is well again: it comes to rest, with a person who decides about what was put aside. How many calls stayed.
    async fn rest(&mut self) -> i64 {
        self.fixture.sim.clear_faults();
        for number in 0..DAEMONS {
            let _ = self.daemons[number].child.kill().await;
            crate::support::has_ended(self.daemons[number].pid);
            self.daemons[number] = self.start(&[]).await;
        }
        for _ in 0..20 {
            self.fixture.request(&[Job::Stock, Job::Orders, Job::Purchases]).await;
            let open = "queue.call WHERE state IN ('pending', 'running', 'unknown')";
            let rests = async || {
                let calls = self.fixture.count(open).await;
                let runs = self.fixture.count("queue.run WHERE state <> 'ended'").await;
                (calls + runs == 0).then_some(())
            };
            let patience = Duration::from_secs(90);
            if tokio::time::timeout(patience, until_within(patience * 2, "rest", rests))
                .await
                .is_err()
            {
                eprintln!("stuck: {:#?}", self.fixture.open_and_dead().await);
                return self.fixture.count(open).await.max(1);
            }
            // A run goes round a few times; what it leaves, purchases of one article say, is the next run's.
            let left = self.fixture.count("mirror.purchase WHERE state = 'placing'").await
                + self.fixture.count("diff.purchase WHERE held IS NULL").await;
            if !self.decide().await && left == 0 {
                return 0;
            }
        }
        self.fixture
            .count("queue.call WHERE state IN ('quarantined', 'dead')")
            .await
            .max(1)
    }

    /// A person looks at what was put aside and has it made again: it is looked up once more before it is sent.
    async fn decide(&mut self) -> bool {
        let put_aside: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM queue.call WHERE state IN ('quarantined', 'dead') ORDER BY id")
                .fetch_all(&self.fixture.pool)
                .await
                .unwrap();
        for id in &put_aside {
            // A push that was put aside may be open anew: then the old one has nothing to say any more.
            if !look::retry(&self.fixture.pool, *id, "a test").await.unwrap() {
                look::cancel(&self.fixture.pool, *id, "a test").await.unwrap();
            }
        }
        self.deeds.decisions += put_aside.len();
        !put_aside.is_empty()
    }
}

fn pid(daemon: &Running) -> Pid {
    Pid::from_raw(i32::try_from(daemon.pid).unwrap())
}

#[tokio::test]
async fn torture_loses_nothing_doubles_nothing_and_leaves_nothing_stuck() {
    let kills = usize::try_from(number("TORTURE_KILLS", 200)).unwrap();
    let seed = number("TORTURE_SEED", fastrand::u64(..1_000_000));
    println!("torture: {kills} kills, seed {seed}");
    let fixture = fixture().await;
    let wanted = Wanted::prepare(&fixture).await;
    let mut torture = Torture {
        fixture,
        rng: Rng::with_seed(seed),
        daemons: Vec::new(),
        deeds: Deeds::default(),
        wanted,
    };
    for _ in 0..DAEMONS {
        let daemon = torture.start(&[]).await;
        torture.daemons.push(daemon);
    }
    let began = Instant::now();
    while torture.deeds.kills < kills {
        torture.once().await;
    }
    let each = began.elapsed().as_millis() / u128::try_from(kills.max(1)).unwrap();
    let stuck = torture.rest().await;
    let (lost, doubled) = torture.wanted.judge(&torture.fixture).await;
    for daemon in &mut torture.daemons {
        let _ = daemon.child.kill().await;
        crate::support::has_ended(daemon.pid);
    }
    let Deeds {
        kills,
        by_points,
        freezes,
        cuts,
        decisions,
    } = torture.deeds;
    println!(
        "torture: {kills} kills, seed {seed}: lost {}, doubled {}, stuck {stuck}",
        lost.len(),
        doubled.len()
    );
    println!(
        "torture: {by_points} at named points; {freezes} freezes beyond the lease, {cuts} cuts of the database's connections; \
         {} wishes; a person decided about {decisions} calls; {each} ms for each kill",
        torture.wanted.count()
    );
    assert!(
        lost.is_empty() && doubled.is_empty() && stuck == 0,
        "seed {seed}: lost {lost:#?} doubled {doubled:#?} stuck {stuck}"
    );
}
