//! Moments of a request as the server sees them: a test has one request stand still there, and kills who sent it.
//!
//! Unlike a fault, a moment changes nothing by itself. `server.rs` and `exchange.rs` ask [`Moments::stop_at`] on their
//! way; [`super::Simulator::hold`] says where the next request is to stand.

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::Upstream;

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A connection was accepted, of whatever operation; nothing was read. Nothing happens any more.
    Connected,
    /// Its head was read. Nothing happens any more.
    Head,
    /// Half of its body was read. Nothing happens any more.
    HalfBody,
    /// It was read whole; the effect happens when it is let go, though nobody waits for the answer any more.
    Received,
    /// The effect has happened, nothing was answered.
    Applied,
    /// Half of the answer was sent.
    HalfReply,
}

/// Where the next request is to stand, and whether it does.
#[derive(Debug, Default)]
struct Hold {
    wanted: Option<(Upstream, String, Moment)>,
    held: bool,
    let_go: u64,
}

/// The moments of all three servers.
#[derive(Debug, Default)]
pub(super) struct Moments(watch::Sender<Hold>);

impl Moments {
    pub(super) fn want(&self, upstream: Upstream, operation: &str, moment: Moment) {
        self.0.send_modify(|hold| {
            hold.wanted = Some((upstream, operation.to_owned(), moment));
            hold.held = false;
        });
    }

    pub(super) async fn held(&self) {
        // An error means that the simulator is gone.
        let _ = self.0.subscribe().wait_for(|hold| hold.held).await;
    }

    pub(super) fn let_go(&self) {
        self.0.send_modify(|hold| {
            hold.wanted = None;
            hold.let_go += 1;
        });
    }

    /// Whether a request of this operation is to stand at the moment.
    pub(super) fn is_wanted(&self, upstream: Upstream, operation: &str, moment: Moment) -> bool {
        self.0.borrow().wants(upstream, operation, moment)
    }

    /// Stands still if it is wanted, until it is let go. Returns whether it did. Without a name it is a request of any
    /// operation.
    pub(super) async fn stop_at(&self, upstream: Upstream, operation: &str, moment: Moment) -> bool {
        let mut hold = self.0.subscribe();
        let before = hold.borrow().let_go;
        let stops = self.0.send_if_modified(|hold| {
            let stops = hold.wants(upstream, operation, moment);
            if stops {
                hold.wanted = None;
                hold.held = true;
            }
            stops
        });
        if stops {
            let _ = hold.wait_for(|hold| hold.let_go != before).await;
        }
        stops
    }
}

impl Hold {
    fn wants(&self, upstream: Upstream, operation: &str, moment: Moment) -> bool {
        self.wanted.as_ref().is_some_and(|(whose, prefix, when)| {
            *whose == upstream && *when == moment && (operation.is_empty() || operation.starts_with(prefix))
        })
    }
}
