//! Manners towards the upstreams: who is in trouble is left alone, who is back is not stormed, what is refused whole is
//! split, and lists that move while they are read are read to their end and no further.

mod breaker;
mod outage;
mod paging;
mod split;

use serde_json::json;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// What every search asks the simulator for.
const SEARCH: &str = "carreta.search";

/// Carreta, with a breaker whose rest ends only when a test says so.
fn carreta() -> Setup {
    Setup::new()
        .set("queue.carreta.breaker_failures", 5)
        .set("queue.carreta.breaker_wait", "1h")
        .set("queue.carreta.breaker_wait_max", "1h")
        .set("queue.carreta.concurrency", 4)
}

impl Fixture {
    /// So many searches that are due, bulk.
    async fn searches(&self, count: usize) {
        self.sql(&format!(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
             SELECT 'carreta', 'carreta.parts.search', jsonb_build_object('q', 'A' || n), 'read', 3, false
               FROM generate_series(1, {count}) n"
        ))
        .await;
    }

    /// One more search, before all others.
    async fn urgent_search(&self, article: &str) -> i64 {
        self.enqueue("carreta.parts.search", json!({ "q": article })).await
    }

    /// Every request to Carreta meets this until the faults are cleared.
    fn carreta_is(&self, action: Action) {
        self.sim.inject(Rule::always(Upstream::Carreta, "carreta", action));
    }

    /// Carreta's breaker is open, and nothing is under way.
    async fn left_alone(&self, openings: u32) {
        let condition = format!(
            "EXISTS (SELECT FROM queue.upstream WHERE name = 'carreta' AND openings >= {openings} AND paused_until > now())
             AND NOT EXISTS (SELECT FROM queue.call WHERE state = 'running')"
        );
        self.until("the upstream to be left alone", &condition).await;
    }

    /// As if the rest of Carreta had passed.
    async fn rest_is_over(&self) {
        self.sql("UPDATE queue.upstream SET paused_until = now() WHERE name = 'carreta'; NOTIFY sverka_queue")
            .await;
    }

    fn arrived(&self, operation: &str) -> u64 {
        self.sim.counts().get(operation).map_or(0, |seen| seen.arrived)
    }
}
