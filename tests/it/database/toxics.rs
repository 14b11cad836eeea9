//! Eight ways in which a connection goes wrong, on both sides of the daemon, at four moments of a call: within a minute
//! after it is over everything is done, once.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;
use sverka::queue::look;
use sverka::simulate::{Action, Rule, Upstream};
use tokio::time::sleep;

use crate::support::{Fixture, Proxy, Setup, Then, Toxic, until, until_within};

const TOXICS: [Toxic; 8] = [
    Toxic::Latency(Duration::from_millis(200)),
    Toxic::Down,
    Toxic::Bandwidth(4_000),
    Toxic::SlowClose(Duration::from_millis(500)),
    Toxic::Timeout,
    Toxic::ResetPeer,
    Toxic::Slicer(7),
    Toxic::LimitData(1_500),
];

/// How long it goes wrong: this is the fault, not a wait for something.
const HOLD: Duration = Duration::from_millis(1_500);
const CONVERGED: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
enum Moment {
    Idle,
    Claim,
    InCall,
    Commit,
}

const MOMENTS: [Moment; 4] = [Moment::Idle, Moment::Claim, Moment::InCall, Moment::Commit];

#[derive(Clone, Copy, Debug)]
enum Link {
    Database,
    Sites,
}

struct Bench {
    fixture: Fixture,
    database: Proxy,
    keaz: Proxy,
    saplab: Proxy,
}

impl Bench {
    async fn new() -> Self {
        let mut fixture = Setup::new()
            .set("database.max_connections", 3)
            // An answer that is swallowed for good, a COMMIT's say, is waited for five times as long.
            .set("database.statement_timeout", "3s")
            .set("keaz.timeout", "1s")
            .set("saplab.panel.timeout", "1s")
            .set("queue.lease", "5s")
            .set("queue.max_attempts", 100)
            .start()
            .await;
        let (keaz, saplab) = (fixture.sim.keaz_url(), fixture.sim.saplab_url());
        let keaz = before_site(&mut fixture, "keaz.base_url", keaz).await;
        let saplab = before_site(&mut fixture, "saplab.panel.base_url", saplab).await;
        let database = fixture.behind_a_proxy().await;
        Self {
            fixture,
            database,
            keaz,
            saplab,
        }
    }

    fn set(&self, link: Link, toxic: impl Into<Option<Toxic>>) {
        let toxic = toxic.into();
        match link {
            Link::Database => self.database.set(toxic),
            Link::Sites => {
                self.keaz.set(toxic);
                self.saplab.set(toxic);
            }
        }
    }

    fn trap(&self, words: &[&'static str], link: Link, toxic: Toxic) {
        let then = match link {
            Link::Database => Then::Spoil(toxic),
            Link::Sites => Then::SpoilOthers(toxic, vec![self.keaz.spoiler(), self.saplab.spoiler()]),
        };
        self.database.trap(words, then);
    }

    /// One call that sets a value, and one that must not be repeated.
    async fn ask(&self) -> [i64; 2] {
        let balance = json!({"client": 1, "amount": "-100", "description": "списание"});
        let push = self.fixture.push(1).await;
        [push, self.fixture.enqueue("saplab.balance.add", balance).await]
    }

    /// Makes it go wrong at that moment and well again; returns the calls.
    async fn spoil(&self, link: Link, toxic: Toxic, moment: Moment) -> [i64; 2] {
        let sprung = async || until("the moment", async || self.database.is_sprung().then_some(())).await;
        let calls = match moment {
            Moment::Idle => {
                self.set(link, toxic);
                self.ask().await
            }
            Moment::Claim => {
                self.trap(&["UPDATE queue.call c"], link, toxic);
                let calls = self.ask().await;
                sprung().await;
                calls
            }
            Moment::InCall => {
                let gate = |upstream, operation| Rule::once(upstream, operation, Action::Gate("held".into()));
                self.fixture.sim.inject(gate(Upstream::Keaz, "keaz.warehouses.add"));
                self.fixture
                    .sim
                    .inject(gate(Upstream::Saplab, "saplab.panel.balance.add"));
                let calls = self.ask().await;
                self.fixture.sim.wait_until_arrived("keaz.warehouses.add", 1).await;
                self.set(link, toxic);
                self.fixture.sim.open("held");
                calls
            }
            Moment::Commit => {
                self.trap(&["state = 'done'", "COMMIT"], link, toxic);
                let calls = self.ask().await;
                sprung().await;
                calls
            }
        };
        sleep(HOLD).await;
        self.set(link, None);
        calls
    }
}

async fn before_site(fixture: &mut Fixture, key: &str, url: String) -> Proxy {
    let (_, rest) = url.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap().to_owned();
    let proxy = Proxy::before(host.parse().unwrap()).await;
    fixture
        .change(key, url.replace(&host, &proxy.address().to_string()))
        .await;
    proxy
}

async fn converges(link: Link, toxic: Toxic, moment: Moment) {
    let bench = Bench::new().await;
    let fixture = &bench.fixture;
    let work = fixture.work_on(&fixture.own_pool().await).await;
    let calls = bench.spoil(link, toxic, moment).await;
    let what = format!("{toxic:?} on {link:?} at {moment:?}");
    until_within(CONVERGED, &what, async || {
        let open = "queue.call WHERE state IN ('pending', 'running', 'unknown')";
        (fixture.count(open).await == 0).then_some(())
    })
    .await;
    let charged = || {
        fixture
            .sim
            .ledger()
            .iter()
            .filter(|effect| effect.operation.contains("balance"))
            .count()
    };
    let guarded = fixture.call(calls[1]).await;
    if guarded.state == "quarantined" {
        // It was not seen upstream, and cannot be: a person says that it is to be made.
        assert_eq!(charged(), 0, "{what}: {guarded:#?}");
        assert!(look::retry(&fixture.pool, guarded.id, "a test").await.unwrap());
    }
    for id in calls {
        let call = fixture.over(id).await;
        assert_eq!(call.state, "done", "{what}: {call:#?}");
    }
    work.stop().await;
    assert_eq!((fixture.told_of(1), charged()), (1, 1), "{what}");
}

async fn all(link: Link) {
    let cases = TOXICS.iter().flat_map(|toxic| MOMENTS.map(|moment| (*toxic, moment)));
    let cases = stream::iter(cases).map(|(toxic, moment)| converges(link, toxic, moment));
    assert_eq!(cases.buffer_unordered(3).count().await, 32);
}

#[tokio::test]
async fn whatever_goes_wrong_on_the_way_to_postgresql_all_is_well_within_a_minute_after_it() {
    all(Link::Database).await;
}

#[tokio::test]
async fn whatever_goes_wrong_on_the_way_to_the_sites_all_is_well_within_a_minute_after_it() {
    all(Link::Sites).await;
}
