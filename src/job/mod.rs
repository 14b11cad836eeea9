//! The jobs: one file each, as a row of stages. A stage enqueues calls; the next begins when they have ended.
//!
//! Stages only decide what to ask for. What an answer changes stands in [`crate::operation`], what differs in
//! `migrations/views/diff.sql`, and who moves a run from stage to stage in [`crate::queue::run`].

mod orders;
mod planned;
mod prices;
mod purchases;
mod reference;
mod restore;
mod stock;
mod warehouses;

use std::fmt;

use sqlx::PgConnection;

use crate::config::{Freshness, Schedule};
use crate::context::Context;
use crate::operation::{self, Operation};
use crate::queue::enqueue::{NewCall, enqueue};
use crate::queue::run::Stand;
use crate::upstream::Upstream;

/// A piece of synchronisation that is scheduled and asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// Our warehouses to KEAZ.
    Warehouses,
    /// Our stock to KEAZ.
    Stock,
    /// Suppliers' price lists, and prices of watched articles, to the ERP.
    Prices,
    /// Orders from Saplab and Carreta, statuses to Saplab.
    Orders,
    /// What the ERP wants bought, at the suppliers.
    Purchases,
    /// Reference lists.
    Reference,
    /// One site read anew after the database was restored; asked for by the daemon alone.
    Restore,
}

/// What a stage did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// It enqueued calls.
    Calls,
    /// It has nothing (more) to ask for.
    Next,
    /// There is no such stage: the run is over when its calls are.
    End,
}

impl Job {
    /// Those that are scheduled and asked for, in the order in which a whole sync begins them.
    pub const ALL: [Self; 6] = [
        Self::Warehouses,
        Self::Stock,
        Self::Prices,
        Self::Orders,
        Self::Purchases,
        Self::Reference,
    ];

    /// The name in the configuration, on the command line, in `queue.run.job`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warehouses => "warehouses",
            Self::Stock => "stock",
            Self::Prices => "prices",
            Self::Orders => "orders",
            Self::Purchases => "purchases",
            Self::Reference => "reference",
            Self::Restore => "restore",
        }
    }

    /// The job of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.as_str() == name)
    }

    /// The job of a run, those that nobody asks for by name included.
    pub(crate) fn of_run(name: &str) -> Option<Self> {
        Self::parse(name).or_else(|| (name == Self::Restore.as_str()).then_some(Self::Restore))
    }

    /// Runs of one lane go one after the other: remains can only be published for warehouses that KEAZ knows.
    pub fn lane(self) -> &'static str {
        match self {
            Self::Warehouses | Self::Stock => "keaz",
            other => other.as_str(),
        }
    }

    /// When it runs: a cron expression with seconds, or nothing.
    pub fn cron(self, schedule: &Schedule) -> Option<&str> {
        let expression = match self {
            Self::Warehouses => &schedule.warehouses,
            Self::Stock => &schedule.stock,
            Self::Prices => &schedule.prices,
            Self::Orders => &schedule.orders,
            Self::Purchases => &schedule.purchases,
            Self::Reference => &schedule.reference,
            Self::Restore => return None,
        };
        Some(expression.as_str()).filter(|expression| !expression.is_empty())
    }

    /// How old its last success may be; zero = as old as it likes.
    pub fn freshness(self, freshness: &Freshness) -> std::time::Duration {
        match self {
            Self::Warehouses => freshness.warehouses,
            Self::Stock => freshness.stock,
            Self::Prices => freshness.prices,
            Self::Orders => freshness.orders,
            Self::Purchases => freshness.purchases,
            Self::Reference => freshness.reference,
            Self::Restore => std::time::Duration::ZERO,
        }
    }

    /// Whether anything it needs is configured.
    pub fn is_configured(self, context: &Context) -> bool {
        match self {
            Self::Warehouses | Self::Stock => context.serves(Upstream::Keaz),
            Self::Prices => context.serves(Upstream::Carreta) || context.shop.is_some(),
            Self::Purchases => context.carreta.is_some() || context.shop.is_some(),
            Self::Restore => true,
            Self::Orders | Self::Reference => context.saplab.is_some() || context.carreta.is_some(),
        }
    }

    /// Whom it may ask.
    pub(crate) fn may_ask(self) -> &'static [Upstream] {
        match self {
            Self::Warehouses | Self::Stock => &[Upstream::Keaz],
            Self::Prices | Self::Purchases => &[Upstream::Carreta, Upstream::SaplabClient],
            Self::Orders | Self::Reference => &[Upstream::Saplab, Upstream::Carreta],
            Self::Restore => &Upstream::ALL,
        }
    }

    /// Whom it calls, of those that are configured.
    pub fn upstreams(self, context: &Context) -> Vec<Upstream> {
        let all = self.may_ask().iter().copied();
        all.filter(|upstream| context.serves(*upstream)).collect()
    }

    /// Whether it changes anything there.
    pub fn pushes_to(self, upstream: Upstream) -> bool {
        match self {
            Self::Warehouses | Self::Stock => upstream == Upstream::Keaz,
            Self::Orders => upstream == Upstream::Saplab,
            Self::Purchases => matches!(upstream, Upstream::Carreta | Upstream::SaplabClient),
            Self::Prices | Self::Reference | Self::Restore => false,
        }
    }

    /// Fills the present stage of a run of this job.
    pub(crate) async fn fill(self, tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
        if let Some(plan) = run.plan_id {
            return planned::fill(tx, context, run, self, plan).await;
        }
        match self {
            Self::Warehouses => warehouses::fill(tx, context, run).await,
            Self::Stock => stock::fill(tx, context, run).await,
            Self::Prices => prices::fill(tx, context, run).await,
            Self::Orders => orders::fill(tx, context, run).await,
            Self::Purchases => purchases::fill(tx, context, run).await,
            Self::Reference => reference::fill(tx, context, run).await,
            Self::Restore => restore::fill(tx, context, run).await,
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Enqueues one read of a stage that is filled once. A stage must not go on before what it waits for has been read: when
/// another run's call of the same intent is open, for which this run would not wait, it gets one of its own.
async fn ask(tx: &mut PgConnection, run: &Stand, operation: &impl Operation, gating: bool) -> sqlx::Result<()> {
    let call = operation::new_call(operation, gating);
    if enqueue(tx, Some(run.id), &call).await? || !gating {
        return Ok(());
    }
    let own = NewCall {
        key: format!("run {}: {} {}", run.id, call.operation, call.args),
        ..call
    };
    enqueue(tx, Some(run.id), &own).await?;
    Ok(())
}

/// A push stage goes on as long as the diff gives calls.
fn pushed(calls: u64) -> Fill {
    if calls > 0 { Fill::Calls } else { Fill::Next }
}
