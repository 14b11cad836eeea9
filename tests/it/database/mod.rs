//! What goes wrong between us and PostgreSQL, and inside it: the work goes on when it is over, and nothing happens twice.

mod busy;
mod churn;
mod codes;
mod commit;
mod horizon;
mod listen;
mod poisoned;
mod pooler;
mod restart;
mod silence;
mod toxics;

use sqlx::PgPool;
use sverka::db::Database;

use crate::support::{Fixture, Proxy};

impl Fixture {
    /// Leads everything but this test's own look through a proxy.
    pub(crate) async fn behind_a_proxy(&mut self) -> Proxy {
        let proxy = Proxy::before_database(&self.database.options).await;
        self.change("database.url", proxy.url(&self.database.options)).await;
        proxy
    }

    /// A pool as the daemon opens it, with the settings in force.
    async fn own_pool(&self) -> PgPool {
        Database::open(&self.settings).await.unwrap().pool
    }

    /// A push that changes one warehouse at KEAZ; the ERP and the mirror differ in nothing else.
    async fn push(&self, number: u32) -> i64 {
        let code = format!("W{number}");
        self.warehouse(&code, "г. Уфа", "+7").await;
        self.enqueue("keaz.warehouses.add", serde_json::json!({ "codes": [code] }))
            .await
    }

    /// How many attempts count against the call.
    async fn failures(&self, id: i64) -> i64 {
        let failures = self
            .value(&format!("SELECT failures FROM queue.call WHERE id = {id}"))
            .await;
        failures.unwrap().parse().unwrap()
    }

    /// How often KEAZ was told of that warehouse.
    fn told_of(&self, number: u32) -> usize {
        let key = format!("W{number}");
        self.sim.ledger().iter().filter(|effect| effect.key == key).count()
    }
}
