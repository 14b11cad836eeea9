//! Kill points: named moments at which a debug build can be made to die, so that the tests see what is left behind.
//!
//! `SVERKA_KILL=NAME[:NTH][@SUBJECT][!stop]` arms one of [`POINTS`]: the process kills itself with SIGKILL (or stops itself
//! with SIGSTOP) at the nth passing (the first, without it), counting only what the subject names: the beginning of an
//! operation's name, `#ID` for one call, or what the place itself is about. In a release build there is nothing here but
//! empty functions.

use std::future::Future;

use crate::queue::Call;

/// Every point, in the order of a call's life. `before` is before the commit, `committed` is after it.
#[rustfmt::skip]
pub const POINTS: &[&str] = &[
    // The start, the schedule, the settings.
    "migrate.before", "migrate.applied", "migrate.done",
    "slot.before", "slot.committed",
    "request.before", "request.committed",
    "reload.before", "reload.stored", "reload.done",
    "prune.half",
    // Into the queue and out of it.
    "enqueue.before", "enqueue.committed",
    "stage.before", "stage.filled", "run.ended",
    "claim.before", "claim.committed",
    "heartbeat.before", "heartbeat.committed",
    "rescue.before", "rescue.committed",
    "release.before", "release.committed",
    // What must not be repeated blindly.
    "look.before", "look.committed",
    "intent.before", "intent.committed",
    "read_back.before",
    "finished.before", "finished.committed",
    "quarantine.before", "quarantine.committed",
    // On the wire.
    "wire.before", "wire.head", "wire.half", "wire.whole", "wire.parsed", "wire.failed",
    "download.half",
    // The effect and the end.
    "apply.before", "apply.written",
    "snapshot.accepted", "snapshot.half", "snapshot.merged",
    "list.staged", "list.half", "list.merged",
    "erp.half", "erp.written", "erp.prices", "erp.purchases",
    "done.before", "done.committed",
    "unsent.before", "unsent.committed",
    "retry.before", "retry.committed",
    "unknown.before", "unknown.committed",
    "pause.before", "pause.committed",
    "dead.before", "dead.committed",
];

#[cfg(debug_assertions)]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use nix::sys::signal::{Signal, kill, raise};
    use nix::unistd::Pid;

    tokio::task_local! {
        /// The call that this task performs: its id as `#ID`, and its operation.
        pub(super) static CALL: (String, String);
    }

    /// What the environment armed, read once.
    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
        let armed = Armed::parse(&std::env::var("SVERKA_KILL").ok()?);
        if armed.is_none() {
            eprintln!("SVERKA_KILL names no kill point");
        }
        armed
    });

    #[derive(Debug)]
    pub(super) struct Armed {
        name: String,
        subject: Option<String>,
        stops: bool,
        left: AtomicU32,
    }

    impl Armed {
        pub(super) fn parse(text: &str) -> Option<Self> {
            let (text, stops) = match text.strip_suffix("!stop") {
                Some(text) => (text, true),
                None => (text, false),
            };
            let (point, subject) = match text.split_once('@') {
                Some((point, subject)) => (point, Some(subject.to_owned())),
                None => (text, None),
            };
            let (name, nth) = match point.split_once(':') {
                Some((name, nth)) => (name, nth.parse().ok().filter(|nth| *nth > 0)?),
                None => (point, 1),
            };
            super::POINTS.contains(&name).then(|| Self {
                name: name.to_owned(),
                subject,
                stops,
                left: AtomicU32::new(nth),
            })
        }

        /// Whether this passing is the one.
        pub(super) fn fires(&self, name: &str, subject: Option<&str>) -> bool {
            self.name == name && self.concerns(subject) && self.left.fetch_sub(1, Ordering::Relaxed) == 1
        }

        fn concerns(&self, subject: Option<&str>) -> bool {
            let Some(wanted) = self.subject.as_deref() else {
                return true;
            };
            match subject {
                Some(subject) => subject.starts_with(wanted),
                None => CALL
                    .try_with(|(id, operation)| id == wanted || operation.starts_with(wanted))
                    .unwrap_or(false),
            }
        }
    }

    pub(super) fn pass(name: &str, subject: Option<&str>) {
        let Some(armed) = ARMED.as_ref().filter(|armed| armed.fires(name, subject)) else {
            return;
        };
        if armed.stops {
            // To this thread: to the process, it would go on here until another thread has seen the signal.
            let _ = raise(Signal::SIGSTOP);
        } else {
            let _ = kill(Pid::this(), Signal::SIGKILL);
            std::process::abort();
        }
    }
}

/// A moment in the life of the call that this task performs, or of none.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &str) {
    armed::pass(name, None);
}

/// A moment that is about something else: a job, an operation that nobody performs yet.
#[cfg(debug_assertions)]
pub(crate) fn about(name: &str, subject: &str) {
    armed::pass(name, Some(subject));
}

/// Marks what a task does as done for this call.
#[cfg(debug_assertions)]
pub(crate) fn within<F: Future>(call: &Call, work: F) -> impl Future<Output = F::Output> {
    armed::CALL.scope((format!("#{}", call.id), call.operation.clone()), work)
}

#[cfg(not(debug_assertions))]
pub(crate) const fn point(_: &str) {}

#[cfg(not(debug_assertions))]
pub(crate) const fn about(_: &str, _: &str) {}

#[cfg(not(debug_assertions))]
pub(crate) fn within<F: Future>(_: &Call, work: F) -> F {
    work
}

#[cfg(test)]
mod tests;
