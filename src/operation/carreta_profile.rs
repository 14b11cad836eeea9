//! Carreta `profile.get` (Carreta document, Получение информации профиля).

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::carreta_orders::carreta;
use super::{Applied, ApplyError, Arg, Kind, Operation};
use crate::context::Context;
use crate::mirror;
use crate::queue::{Class, Priority};
use crate::upstream::carreta::Profile;
use crate::upstream::{Fault, Upstream};

/// Which of our accounts asks.
pub(super) const ACCOUNT: Arg = Arg::new("account", Kind::Text, "The account's id; otherwise carreta.account");

/// Reads the profile of an account.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct GetProfile {
    /// The account's id; without one, the configured account's, or Carreta's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl Operation for GetProfile {
    const NAME: &'static str = "carreta.profile.get";
    const ABOUT: &'static str = "Show our profile and balance (GET /v1/profile/)";
    const ARGS: &'static [Arg] = &[ACCOUNT];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// The account; `None` = Carreta's default.
    type Request = Option<String>;
    type Answer = Profile;

    async fn prepare(&self, _: &PgPool, context: &Context) -> sqlx::Result<Option<Self::Request>> {
        Ok(Some(
            self.account
                .clone()
                .or_else(|| context.settings.carreta.account.clone()),
        ))
    }

    async fn send(&self, context: &Context, account: &Self::Request) -> Result<Profile, Fault> {
        carreta(context)?.profile(account.as_deref()).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        account: &Self::Request,
        profile: &Profile,
    ) -> Result<Applied, ApplyError> {
        mirror::carreta::set_profile(tx, account.as_deref().unwrap_or_default(), profile).await?;
        Ok(Applied {
            pulled: 1,
            ..Applied::default()
        })
    }
}
