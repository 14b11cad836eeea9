//! The stock resource, `remains`. The KEAZ document gives neither its name nor its fields: both are configuration.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::answer::Node;
use super::field::Field;
use super::request::Row;
use super::{Action, Keaz, Verdicts};
use crate::config::KeazRemainFields;
use crate::upstream::{Fault, json};

/// How much of an article one of our warehouses shows at KEAZ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remain {
    /// The warehouse's code.
    pub warehouse: String,
    /// The article.
    pub article: String,
    /// Units. `None` = unknown: absent, null or no number; never to be taken for 0.
    pub quantity: Option<Decimal>,
}

impl Remain {
    fn read(node: &Node, names: &KeazRemainFields) -> Option<Self> {
        let key = |name: &str| {
            node.text(name)
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        Some(Self {
            warehouse: key(&names.warehouse)?,
            article: key(&names.article)?,
            quantity: node.text(&names.quantity).and_then(json::number),
        })
    }

    /// Only whole units from 0 up are ever published.
    fn row(&self, names: &KeazRemainFields) -> Result<Row, String> {
        let quantity = self.quantity.ok_or("not sent: the quantity is unknown")?;
        let whole = quantity.is_integer().then(|| quantity.to_u64()).flatten();
        let whole = whole.ok_or_else(|| format!("not sent: {quantity} is not a whole number of units"))?;
        let mut row = key(names, &self.warehouse, &self.article);
        row.push((names.quantity.clone(), Field::Number(whole.into())));
        Ok(row)
    }
}

impl Keaz {
    /// All our remains at KEAZ (`remains.list`); of a pair that stands twice the last one counts.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] where KEAZ has no such list; as every call otherwise.
    pub async fn list_remains(&self) -> Result<Vec<Remain>, Fault> {
        let resource = &self.remains.resource;
        self.list(resource).await?.rows(
            resource,
            |node| Remain::read(node, &self.remains.fields),
            |remain| (remain.warehouse.clone(), remain.article.clone()),
        )
    }

    /// Sets the quantity of each (warehouse, article) (`remains.update`). A row whose quantity is unknown, negative
    /// or not whole is not sent and comes back refused.
    ///
    /// # Errors
    /// When the call failed as a whole: see [`Fault`].
    pub async fn update_remains(&self, rows: &[Remain]) -> Result<Verdicts, Fault> {
        let rows = rows.iter().map(|row| row.row(&self.remains.fields)).collect();
        self.write(&self.remains.resource, Action::Update, rows).await
    }

    /// Deletes remains by (warehouse, article) (`remains.delete`).
    ///
    /// # Errors
    /// When the call failed as a whole: see [`Fault`].
    pub async fn delete_remains(&self, keys: &[(String, String)]) -> Result<Verdicts, Fault> {
        let row = |(warehouse, article): &(String, String)| Ok(key(&self.remains.fields, warehouse, article));
        self.write(&self.remains.resource, Action::Delete, keys.iter().map(row).collect())
            .await
    }
}

fn key(names: &KeazRemainFields, warehouse: &str, article: &str) -> Row {
    vec![
        (names.warehouse.clone(), Field::Text(warehouse.to_owned())),
        (names.article.clone(), Field::Text(article.to_owned())),
    ]
}
