//! Carreta `parts.search` (Carreta document, the search for parts): offers with what an order of them must be signed
//! with, which stays in `mirror.offer` and is never shown.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::carreta_orders::carreta;
use super::carreta_profile::ACCOUNT;
use super::{Applied, ApplyError, Arg, Kind, Operation};
use crate::context::Context;
use crate::erp;
use crate::mirror::offers::{self, Offer};
use crate::queue::{Class, Priority};
use crate::upstream::carreta::{Part, SearchPage, order_qty};
use crate::upstream::{Fault, Upstream};

/// The supplier's name in `mirror.offer`.
const SUPPLIER: &str = "carreta";

/// Searches for an article.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SearchParts {
    /// What to search for, e.g. `oc47`. The document marks it as optional; what is found without it, it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The account's id; without one, the configured account's, or Carreta's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl Operation for SearchParts {
    const NAME: &'static str = "carreta.parts.search";
    const ABOUT: &'static str = "Search for parts with prices and availability (GET /v1/search/)";
    const ARGS: &'static [Arg] = &[Arg::new("q", Kind::Text, "The article to search for"), ACCOUNT];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// The account; `None` = Carreta's default.
    type Request = Option<String>;
    type Answer = SearchPage;

    async fn prepare(&self, _: &PgPool, context: &Context) -> sqlx::Result<Option<Self::Request>> {
        Ok(Some(
            self.account
                .clone()
                .or_else(|| context.settings.carreta.account.clone()),
        ))
    }

    async fn send(&self, context: &Context, account: &Self::Request) -> Result<SearchPage, Fault> {
        carreta(context)?.search(self.q.as_deref(), account.as_deref()).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        account: &Self::Request,
        page: &SearchPage,
    ) -> Result<Applied, ApplyError> {
        // What another account is offered is not what we are.
        let mut numbers = Vec::new();
        let article = self.q.as_deref().map(str::trim).filter(|article| !article.is_empty());
        if let Some(article) = article.filter(|_| *account == context.settings.carreta.account) {
            let offers: Vec<_> = page.offers.iter().map(offer).collect();
            let searched = offers::searched(article, None);
            numbers = offers::set(tx, SUPPLIER, &searched, article, &offers, page.rejected.is_empty()).await?;
            erp::prices::write_spot(tx, SUPPLIER, &searched).await?;
        }
        for why in &page.rejected {
            tracing::warn!(
                operation = Self::NAME,
                why,
                "an offer cannot be read; the others are not held up by it"
            );
        }
        Ok(Applied {
            pulled: i64::try_from(page.offers.len()).unwrap_or_default(),
            refused: i64::try_from(page.rejected.len()).unwrap_or_default(),
            answer: offers::numbered(page, "offers", &numbers),
            note: Some(page.rejected.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        })
    }
}

fn offer(part: &Part) -> Offer<'_> {
    Offer {
        source: &part.source,
        brand: &part.maker,
        article: &part.code,
        name: &part.name,
        price: part.price,
        quantity: part.quantity().exact(),
        quantity_text: Some(part.qty.as_str().into()),
        most: order_qty::most(&part.quantity()),
        min_quantity: part.min_qty,
        days_min: part.period_min,
        days_max: part.period_max,
        is_cross: part.is_cross,
        probability: part.stat,
        ticket: (!part.signature.is_empty()).then(|| part.body.ticket()),
    }
}
