//! What the daemon tells systemd. Without `$NOTIFY_SOCKET` every call does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// Start-up is finished.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// One line for `systemctl status`; empty = nothing to say.
pub(super) fn status(words: &str) {
    tell(&[NotifyState::Status(words)]);
}

/// The configuration is being read again; followed by [`ready`]. The time is what `Type=notify-reload` asks for.
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The daemon is finishing.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The daemon is alive; to be said more often than [`watchdog_interval`].
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// Whether the executor still takes up tasks: one that is given to its threads runs within `patience`.
pub(super) async fn turns(patience: Duration) -> bool {
    tokio::time::timeout(patience, tokio::spawn(async {})).await.is_ok()
}

/// How often systemd wants to hear that we are alive.
pub(super) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 3)
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
