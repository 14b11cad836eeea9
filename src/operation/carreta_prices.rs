//! Carreta `prices.fetch` (Carreta document, Прайс-листы): one price list, downloaded, checked as a whole, merged.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::{Applied, ApplyError, Arg, Kind, Operation};
use crate::config::PriceList;
use crate::context::Context;
use crate::queue::{Class, Priority};
use crate::upstream::carreta::price_list::{Fetched, ListError, Validators};
use crate::upstream::{Fault, Upstream};
use crate::{erp, mirror};

/// The supplier's name in `erp.supplier_prices`.
const SUPPLIER: &str = "carreta";

/// Fetches the price list of that name.
#[derive(Debug, Serialize, Deserialize)]
pub struct FetchPrices {
    /// `carreta.price_lists.name`
    pub list: String,
}

impl FetchPrices {
    fn settings<'a>(&self, context: &'a Context) -> Option<&'a PriceList> {
        context
            .settings
            .carreta
            .price_lists
            .iter()
            .find(|list| list.name == self.list)
    }

    /// The list has not changed, but the ERP's copy of it may have, or what was held has been released.
    async fn unchanged(&self, tx: &mut PgConnection, context: &Context) -> Result<Applied, ApplyError> {
        let held = erp::prices::write(tx, &context.settings.guard, SUPPLIER, &self.list).await?;
        Ok(Applied {
            note: Some(with_held("unchanged since the last time".into(), held)),
            ..Applied::default()
        })
    }
}

impl Operation for FetchPrices {
    const NAME: &'static str = "carreta.prices.fetch";
    const ABOUT: &'static str = "Fetch a configured price list and merge it";
    const ARGS: &'static [Arg] = &[Arg::required("list", Kind::Text, "Its name in carreta.price_lists")];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Bulk;
    /// What the last good version said of itself.
    type Request = Validators;
    type Answer = Fetched;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Validators>> {
        mirror::prices::validators(pool, SUPPLIER, &self.list).await.map(Some)
    }

    async fn send(&self, context: &Context, validators: &Validators) -> Result<Fetched, Fault> {
        let list = self.settings(context).ok_or_else(|| Fault::Refused {
            status: 0,
            words: format!("the configuration has no price list «{}» any more", self.list),
        })?;
        let folder = downloads(&context.settings.data_dir).map_err(|why| Fault::NotSent(why.to_string()))?;
        context.price_lists.fetch(list, validators, &folder).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        _: &Validators,
        fetched: &Fetched,
    ) -> Result<Applied, ApplyError> {
        let (
            Fetched::List {
                path,
                validators,
                digest,
                ..
            },
            Some(list),
        ) = (fetched, self.settings(context))
        else {
            mirror::prices::touch(tx, SUPPLIER, &self.list).await?;
            return self.unchanged(tx, context).await;
        };
        if mirror::prices::is_same(tx, SUPPLIER, &self.list, digest, validators).await? {
            return self.unchanged(tx, context).await;
        }
        let totals = mirror::prices::stage(tx, path, list, context.settings.carreta.max_list_bytes).await?;
        let changes = mirror::prices::merge(
            tx,
            SUPPLIER,
            &self.list,
            &totals,
            (validators, digest),
            &context.settings.guard,
        )
        .await?;
        let held = erp::prices::write(tx, &context.settings.guard, SUPPLIER, &self.list).await?;
        erp::prices::analyze(tx).await?;
        for row in &totals.first_errors {
            tracing::warn!(operation = Self::NAME, list = self.list, %row, "a row of the price list is left out");
        }
        Ok(Applied {
            pulled: i64::try_from(totals.accepted()).unwrap_or_default(),
            refused: i64::try_from(totals.rejected).unwrap_or_default(),
            note: Some(with_held(changes, held)),
            ..Applied::default()
        })
    }
}

fn with_held(note: String, held: i64) -> String {
    if held == 0 {
        return note;
    }
    format!("{note}; the ERP keeps its prices while {held} of the changes are held (sverka hold list)")
}

impl From<ListError> for ApplyError {
    fn from(error: ListError) -> Self {
        Self::Refused(format!(
            "the price list is refused whole, the last good one stays in force: {error}"
        ))
    }
}

/// Lists being downloaded live beside the private cluster, or where temporary files do if that cannot be written.
fn downloads(data_dir: &Path) -> std::io::Result<std::path::PathBuf> {
    let folder = data_dir.join("downloads");
    match std::fs::create_dir_all(&folder) {
        Ok(()) => Ok(folder),
        Err(_) => Ok(std::env::temp_dir()),
    }
}
