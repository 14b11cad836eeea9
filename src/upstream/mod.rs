//! The upstreams: one folder each, typed, with no database inside, over one shared [`transport`].
//!
//! A client turns typed arguments into a request as the upstream's document has it, and the answer into a typed value
//! or a [`Fault`]. It never retries: that is the queue's work.

pub(crate) mod address;
pub mod carreta;
#[cfg(test)]
mod examples;
mod fault;
pub mod json;
pub mod keaz;
mod object;
pub mod saplab;
pub mod transport;

use std::fmt;

pub use fault::Fault;

/// Whom a call is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Upstream {
    /// The manufacturer's site.
    Keaz,
    /// The shop platform's control panel.
    Saplab,
    /// The shop platform's client API, where we buy; it has a login of its own, and rests by itself.
    SaplabClient,
    /// The parts supplier.
    Carreta,
}

impl Upstream {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Keaz, Self::Saplab, Self::SaplabClient, Self::Carreta];

    /// The upstream of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|upstream| upstream.as_str() == name)
    }

    /// The name in the configuration, in `queue.call.upstream`, in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keaz => "keaz",
            Self::Saplab => "saplab",
            Self::SaplabClient => "saplab.client",
            Self::Carreta => "carreta",
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
