//! The signals of `sverka run`, as values.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What somebody asks of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGUSR1: every job now.
    Sync,
    /// SIGUSR2: log a status snapshot.
    Snapshot,
    /// SIGHUP: read the configuration again.
    Reload,
    /// SIGTERM or SIGINT: finish.
    Stop,
}

/// Listens from its creation on.
pub(crate) struct Signals {
    usr1: Signal,
    usr2: Signal,
    hup: Signal,
    term: Signal,
    int: Signal,
}

impl Signals {
    /// Takes over the five signals.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            usr1: signal(SignalKind::user_defined1())?,
            usr2: signal(SignalKind::user_defined2())?,
            hup: signal(SignalKind::hangup())?,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.usr1.recv() => Asked::Sync,
            _ = self.usr2.recv() => Asked::Snapshot,
            _ = self.hup.recv() => Asked::Reload,
            _ = self.term.recv() => Asked::Stop,
            _ = self.int.recv() => Asked::Stop,
        }
    }

    /// Waits for SIGINT only: the second one, which does not wait for anything.
    pub(super) async fn interrupt(&mut self) {
        self.int.recv().await;
    }
}
