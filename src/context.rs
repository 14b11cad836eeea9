//! What a piece of work needs besides its arguments: settings, clients, and who we are. Replaced whole on SIGHUP.

use std::time::Duration;

use crate::config::Settings;
use crate::upstream::Upstream;
use crate::upstream::carreta::Carreta;
use crate::upstream::carreta::price_list::PriceLists;
use crate::upstream::keaz::{Keaz, KeazError};
use crate::upstream::saplab::{Panel, Shop};
use crate::upstream::transport::TransportError;

/// A client could not be built from the settings.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// KEAZ's.
    #[error(transparent)]
    Keaz(#[from] KeazError),
    /// Another one's.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// Settings, one client for each configured upstream, and this process's row in `queue.daemon`.
#[derive(Debug)]
pub struct Context {
    /// The validated configuration.
    pub settings: Settings,
    /// KEAZ, where configured.
    pub keaz: Option<Keaz>,
    /// Saplab's control panel, where configured.
    pub saplab: Option<Panel>,
    /// Saplab's client API, where configured.
    pub shop: Option<Shop>,
    /// Carreta, where configured.
    pub carreta: Option<Carreta>,
    /// Downloads price lists; needs no API key.
    pub price_lists: PriceLists,
    /// Who owns the leases of calls made with this context.
    pub daemon_id: i64,
}

impl Context {
    /// Builds the clients that the settings call for.
    pub fn new(settings: Settings, daemon_id: i64) -> Result<Self, ClientError> {
        Ok(Self {
            keaz: Keaz::new(&settings.keaz)?,
            saplab: Panel::new(&settings.saplab.panel)?,
            shop: Shop::new(&settings.saplab.client)?,
            carreta: Carreta::new(&settings.carreta)?,
            price_lists: PriceLists::new(&settings.carreta)?,
            settings,
            daemon_id,
        })
    }

    /// Whether calls to this upstream can be made.
    pub fn serves(&self, upstream: Upstream) -> bool {
        match upstream {
            Upstream::Keaz => self.keaz.is_some(),
            Upstream::Saplab => self.saplab.is_some(),
            Upstream::SaplabClient => self.shop.is_some(),
            Upstream::Carreta => self.carreta.is_some() || !self.settings.carreta.price_lists.is_empty(),
        }
    }

    /// How long a request to this upstream may take: for so long it may still be at work on one that we gave up.
    pub fn timeout(&self, upstream: Upstream) -> Duration {
        match upstream {
            Upstream::Keaz => self.settings.keaz.timeout,
            Upstream::Saplab => self.settings.saplab.panel.timeout,
            Upstream::SaplabClient => self.settings.saplab.client.timeout,
            Upstream::Carreta => self.settings.carreta.timeout,
        }
    }
}
