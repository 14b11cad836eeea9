//! What the three servers and the [`super::Simulator`] handle share: state, records, faults, and the signals between.
//!
//! Locks are taken in the order world, options, ledger; none is held across an await.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::Faults;
use super::ledger::Ledger;
use super::moment::Moments;
use super::options::Options;
use super::traffic::Traffic;
use super::world::World;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    pub(super) options: Mutex<Options>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) traffic: Mutex<Traffic>,
    pub(super) faults: Mutex<Faults>,
    /// Sent at every arrival and end of a request.
    pub(super) pulse: watch::Sender<()>,
    pub(super) moments: Moments,
    gates: watch::Sender<Gates>,
    pub(super) token: CancellationToken,
    pub(super) tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Gates {
    open: BTreeSet<String>,
    /// How often all faults were cleared: whoever waited before may go.
    cleared: u64,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        Self {
            world: Mutex::default(),
            options: Mutex::new(options),
            ledger: Mutex::default(),
            traffic: Mutex::default(),
            faults: Mutex::default(),
            pulse: watch::Sender::new(()),
            moments: Moments::default(),
            gates: watch::Sender::default(),
            token: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    pub(super) fn open(&self, gate: &str) {
        self.gates.send_modify(|gates| {
            gates.open.insert(gate.to_owned());
        });
    }

    pub(super) fn clear_faults(&self) {
        lock(&self.faults).clear();
        self.gates.send_modify(|gates| gates.cleared += 1);
    }

    /// Waits until the gate is open or the faults are cleared.
    pub(super) async fn pass(&self, gate: &str) {
        let mut gates = self.gates.subscribe();
        let before = gates.borrow().cleared;
        // An error means that the simulator is gone, and the waiting request with it.
        let _ = gates
            .wait_for(|now| now.open.contains(gate) || now.cleared != before)
            .await;
    }

    /// Waits until the faults are cleared.
    pub(super) async fn cleared(&self) {
        let mut gates = self.gates.subscribe();
        let before = gates.borrow().cleared;
        let _ = gates.wait_for(|now| now.cleared != before).await;
    }
}

/// Locks, also after a panic elsewhere: a failing assertion under the guard must not hide behind a second failure.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
