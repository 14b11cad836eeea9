//! The simulator: KEAZ, Saplab (panel and client API) and Carreta on loopback, as their documents describe them,
//! with a ledger of every applied effect and faults on demand.
//!
//! Used by the tests, by the demo and by `sverka simulate`. It shares no wire types with the clients under
//! `upstream`: it is written a second time from the documents, so that a misreading shows as a failing test.

mod answer;
mod carreta;
mod clock;
mod control;
mod exchange;
mod faults;
mod keaz;
mod ledger;
mod moment;
mod options;
mod price_list;
mod random;
mod request;
mod saplab;
mod seed;
mod server;
mod shared;
#[cfg(test)]
mod tests;
mod traffic;
mod wire;
pub mod world;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, MutexGuard};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

pub use faults::{Action, Rule};
pub use ledger::Effect;
pub use moment::Moment;
pub use options::{CommentMatch, Options, Paging};
pub use price_list::PriceList;
pub use traffic::{Count, Seen};
pub use world::World;

use shared::{Shared, lock};

/// Which of the three simulated companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// The manufacturer's site.
    Keaz,
    /// The shop platform: panel and client API on one host.
    Saplab,
    /// The parts supplier, its price lists included.
    Carreta,
}

/// A running simulator. Dropping it ends its servers at once; [`Simulator::stop`] also waits for them.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    addresses: [SocketAddr; 3],
    _guard: DropGuard,
}

/// Binds the three servers to 127.0.0.1 and starts them with [`World::default`].
///
/// # Errors
/// A port that is taken or not allowed.
pub async fn start(options: Options) -> io::Result<Simulator> {
    let ports = options.ports;
    let mut listeners = Vec::with_capacity(ports.len());
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 3];
    for (address, port) in addresses.iter_mut().zip(ports) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        *address = listener.local_addr()?;
        listeners.push(listener);
    }
    let shared = Arc::new(Shared::new(options));
    for (listener, upstream) in listeners
        .into_iter()
        .zip([Upstream::Keaz, Upstream::Saplab, Upstream::Carreta])
    {
        shared
            .tasks
            .spawn(server::serve(listener, upstream, Arc::clone(&shared)));
    }
    Ok(Simulator {
        _guard: shared.token.clone().drop_guard(),
        shared,
        addresses,
    })
}

impl Simulator {
    /// Base URL of KEAZ, without a slash at the end.
    pub fn keaz_url(&self) -> String {
        format!("http://{}", self.addresses[0])
    }

    /// Base URL of the shop, for the panel and the client API alike, without a slash at the end.
    pub fn saplab_url(&self) -> String {
        format!("http://{}", self.addresses[1])
    }

    /// Base URL of Carreta, without `/v1` and without a slash at the end.
    pub fn carreta_url(&self) -> String {
        format!("http://{}", self.addresses[2])
    }

    /// URL of a price list of the world, e.g. `price_list_url("main")`.
    pub fn price_list_url(&self, name: &str) -> String {
        format!("{}/price/{name}.csv", self.carreta_url())
    }

    /// The state of all upstreams, to read and to set. Never hold it across an await: the servers wait for it.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.shared.world)
    }

    /// The options in force, to change them while it runs (the ports excepted). Never hold it across an await.
    pub fn options(&self) -> MutexGuard<'_, Options> {
        lock(&self.shared.options)
    }

    /// Every applied mutation, in order.
    pub fn ledger(&self) -> Vec<Effect> {
        lock(&self.shared.ledger).effects().to_vec()
    }

    /// The last 20,000 requests that have ended, in the order of their ends.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.traffic).last()
    }

    /// Requests by operation since the start or [`Simulator::forget_requests`].
    pub fn counts(&self) -> BTreeMap<String, Count> {
        lock(&self.shared.traffic).counts()
    }

    /// The most requests that an upstream ever had in flight at once.
    pub fn max_concurrent(&self, upstream: Upstream) -> u32 {
        lock(&self.shared.traffic).peak(upstream)
    }

    /// Empties [`Simulator::requests`] and all counters; the ledger stays.
    pub fn forget_requests(&self) {
        lock(&self.shared.traffic).forget();
    }

    /// Adds a fault after those already in force.
    pub fn inject(&self, rule: Rule) {
        lock(&self.shared.faults).inject(rule);
    }

    /// Ends all faults: hanging requests lose their connection, waiting gates let their requests pass.
    pub fn clear_faults(&self) {
        self.shared.clear_faults();
    }

    /// Opens a gate for good: requests that wait at it pass, later ones do not stop.
    pub fn open(&self, gate: &str) {
        self.shared.open(gate);
    }

    /// Has the next request of `operation` (prefix) stand still at a moment, until [`Simulator::let_go`].
    pub fn hold(&self, upstream: Upstream, operation: &str, moment: Moment) {
        self.shared.moments.want(upstream, operation, moment);
    }

    /// Returns once the request of [`Simulator::hold`] stands still.
    pub async fn held(&self) {
        self.shared.moments.held().await;
    }

    /// Lets it go on, and holds no other.
    pub fn let_go(&self) {
        self.shared.moments.let_go();
    }

    /// Returns once the predicate holds; it is asked at every arrival and end of a request. No time limit of its own.
    pub async fn wait_until(&self, predicate: impl Fn(&World, &[Effect]) -> bool) {
        let holds = || predicate(&self.world(), lock(&self.shared.ledger).effects());
        self.wait(holds).await;
    }

    /// Returns once `count` requests of `operation` (the whole name) have arrived, answered or not.
    pub async fn wait_until_arrived(&self, operation: &str, count: u64) {
        self.wait(|| self.counts().get(operation).is_some_and(|seen| seen.arrived >= count))
            .await;
    }

    async fn wait(&self, holds: impl Fn() -> bool) {
        let mut pulse = self.shared.pulse.subscribe();
        while !holds() {
            if pulse.changed().await.is_err() {
                return;
            }
        }
    }

    /// Stops accepting, cuts the connections that are open, and returns when nothing of it runs any more.
    pub async fn stop(self) {
        self.shared.token.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}
