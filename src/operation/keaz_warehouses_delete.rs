//! KEAZ `warehouses.delete` (KEAZ document, «Общий вид запросов»): asked for by a person alone. No job deletes a
//! warehouse.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::keaz_verdicts::Split;
use super::keaz_warehouses::keaz;
use super::{Applied, ApplyError, Arg, Kind, Operation};
use crate::context::Context;
use crate::mirror;
use crate::queue::{Class, Priority};
use crate::upstream::keaz::Verdicts;
use crate::upstream::{Fault, Upstream};

/// `warehouses.delete`: these codes. One that the ERP still has is published again by the next run.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeleteWarehouses {
    /// Codes.
    pub codes: Vec<String>,
}

impl Operation for DeleteWarehouses {
    const NAME: &'static str = "keaz.warehouses.delete";
    const ABOUT: &'static str = "Delete warehouses at KEAZ (warehouses.delete)";
    const ARGS: &'static [Arg] = &[Arg::required("codes", Kind::Texts, "Codes of warehouses at KEAZ")];
    const UPSTREAM: Upstream = Upstream::Keaz;
    /// Deleted twice is deleted.
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::High;
    type Request = ();
    type Answer = Verdicts;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok((!self.codes.is_empty()).then_some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Verdicts, Fault> {
        keaz(context)?.delete_warehouses(&self.codes).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (): &(),
        verdicts: &Verdicts,
    ) -> Result<Applied, ApplyError> {
        let split = Split::of(&self.codes, verdicts);
        let words: Vec<&str> = split.bad.iter().map(|(_, words)| *words).collect();
        if split.good.is_empty() {
            return Err(ApplyError::Refused(words.join("; ")));
        }
        let gone: Vec<&str> = split.good.iter().map(|code| code.as_str()).collect();
        mirror::keaz::delete_warehouses(tx, &gone).await?;
        let words: Vec<&str> = words
            .into_iter()
            .chain(verdicts.notes.iter().map(String::as_str))
            .collect();
        Ok(Applied {
            note: Some(words.join("; ")).filter(|note| !note.is_empty()),
            ..split.applied(verdicts)
        })
    }
}
