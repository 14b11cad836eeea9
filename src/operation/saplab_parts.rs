//! Saplab's client API, search (client document, /parts/search): brands of an article, and the offers of one brand.
//!
//! An offer's token for the cart is kept in `mirror.offer` for the one operation that sends it back, and shown nowhere.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::saplab_reference::pulled;
use super::{Applied, ApplyError, Arg, Kind, Operation};
use crate::context::Context;
use crate::erp;
use crate::mirror::offers::{self, Offer};
use crate::mirror::shop::same_goods;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{BrandPage, Part, PartPage, Shop};
use crate::upstream::{Fault, Upstream};

/// The supplier's name in `mirror.offer`.
const SUPPLIER: &str = "saplab";

/// No purchase is of more units.
const MOST: i64 = 10_000;

/// Lists the brands that have an article.
#[derive(Debug, Serialize, Deserialize)]
pub struct FindBrands {
    /// The article.
    pub article: String,
}

impl Operation for FindBrands {
    const NAME: &'static str = "saplab.parts.brands";
    const ABOUT: &'static str = "List the brands that have an article (GET /parts/search/$article)";
    const ARGS: &'static [Arg] = &[Arg::required("article", Kind::Text, "the article")];
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = BrandPage;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<BrandPage, Fault> {
        shop(context)?.brands(&self.article).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), page: &BrandPage) -> Result<Applied, ApplyError> {
        Ok(pulled(page.brands.len(), &page.rejected))
    }
}

/// Lists the offers of an article of one brand, and what may replace it: into `mirror.offer`.
#[derive(Debug, Serialize, Deserialize)]
pub struct FindParts {
    /// The article.
    pub article: String,
    /// The brand, as `saplab.parts.brands` spells it.
    pub brand: String,
}

impl FindParts {
    fn offer<'a>(&self, part: &'a Part) -> Offer<'a> {
        let is_it = same_goods(&part.article, &part.brand, &self.article, &self.brand);
        Offer {
            source: part.warehouse.as_deref().unwrap_or_default(),
            brand: &part.brand,
            article: &part.article,
            name: &part.name,
            price: part.price,
            quantity: part.stock,
            quantity_text: part.stock.map(|units| units.to_string().into()),
            // Where the supplier does not say, the shop itself decides when it is put into the cart.
            most: part.stock.or(Some(MOST)),
            min_quantity: part.multiplicity,
            days_min: part.days_min,
            days_max: part.days_max,
            is_cross: Some(!is_it || part.inexact == Some(true)),
            probability: part.percent,
            ticket: part.to_cart.as_ref().map(|token| json!({ "to_cart": token.reveal() })),
        }
    }
}

impl Operation for FindParts {
    const NAME: &'static str = "saplab.parts.search";
    const ABOUT: &'static str = "Search offers of an article and brand (GET /parts/search/$article/$brand)";
    const ARGS: &'static [Arg] = &[
        Arg::required("article", Kind::Text, "the article"),
        Arg::required("brand", Kind::Text, "the brand, as saplab.parts.brands spells it"),
    ];
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = PartPage;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<PartPage, Fault> {
        shop(context)?.parts(&self.article, &self.brand).await
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Context, (): &(), page: &PartPage) -> Result<Applied, ApplyError> {
        let found: Vec<_> = page.parts.iter().map(|part| self.offer(part)).collect();
        let searched = offers::searched(&self.article, Some(&self.brand));
        let numbers = offers::set(tx, SUPPLIER, &searched, &self.article, &found, page.rejected.is_empty()).await?;
        erp::prices::write_spot(tx, SUPPLIER, &searched).await?;
        Ok(Applied {
            answer: offers::numbered(page, "parts", &numbers),
            ..pulled(found.len(), &page.rejected)
        })
    }
}

/// The client; calls are only claimed for configured upstreams, so this fails only during a reload.
pub(super) fn shop(context: &Context) -> Result<&Shop, Fault> {
    context
        .shop
        .as_ref()
        .ok_or_else(|| Fault::NotSent("Saplab's client API is not configured any more".into()))
}
