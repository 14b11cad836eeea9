//! The resource `warehouses` of the KEAZ document: code, name, address, contacts.

use serde::Serialize;

use super::answer::Node;
use super::field::Field;
use super::request::Row;
use super::{Action, Keaz, Verdicts, WAREHOUSES};
use crate::upstream::Fault;

/// A warehouse as KEAZ has it. A field that is absent or null is `None`, which is not the same as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Warehouse {
    /// The key: a text, leading zeros and all.
    pub code: String,
    /// What people call it.
    pub name: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// Whom to ask.
    pub contacts: Option<String>,
}

impl Warehouse {
    fn read(node: &Node) -> Option<Self> {
        let field = |name| node.text(name).map(str::to_owned);
        let code = field("code").filter(|code| !code.trim().is_empty())?;
        Some(Self {
            code,
            name: field("name"),
            address: field("address"),
            contacts: field("contacts"),
        })
    }

    /// What is `None` is not sent: KEAZ keeps what it has.
    fn row(&self) -> Row {
        let fields = [
            ("code", Some(&self.code)),
            ("name", self.name.as_ref()),
            ("address", self.address.as_ref()),
        ];
        let fields = fields.into_iter().chain([("contacts", self.contacts.as_ref())]);
        fields
            .filter_map(|(name, value)| Some((name.to_owned(), Field::Text(value?.clone()))))
            .collect()
    }
}

impl Keaz {
    /// All our warehouses at KEAZ (`warehouses.list`); of a code that stands twice the last row counts.
    ///
    /// # Errors
    /// As every call: see [`Fault`].
    pub async fn list_warehouses(&self) -> Result<Vec<Warehouse>, Fault> {
        self.list(WAREHOUSES)
            .await?
            .rows(WAREHOUSES, Warehouse::read, |warehouse| warehouse.code.clone())
    }

    /// Creates warehouses (`warehouses.add`); one that exists already counts as done and leaves a note.
    ///
    /// # Errors
    /// When the call failed as a whole: see [`Fault`].
    pub async fn add_warehouses(&self, rows: &[Warehouse]) -> Result<Verdicts, Fault> {
        self.write(WAREHOUSES, Action::Add, rows.iter().map(|row| Ok(row.row())).collect())
            .await
    }

    /// Sets the fields that are `Some` (`warehouses.update`).
    ///
    /// # Errors
    /// When the call failed as a whole: see [`Fault`].
    pub async fn update_warehouses(&self, rows: &[Warehouse]) -> Result<Verdicts, Fault> {
        self.write(
            WAREHOUSES,
            Action::Update,
            rows.iter().map(|row| Ok(row.row())).collect(),
        )
        .await
    }

    /// Deletes warehouses by their codes (`warehouses.delete`).
    ///
    /// # Errors
    /// When the call failed as a whole: see [`Fault`].
    pub async fn delete_warehouses(&self, codes: &[String]) -> Result<Verdicts, Fault> {
        let row = |code: &String| Ok(vec![("code".to_owned(), Field::Text(code.clone()))]);
        self.write(WAREHOUSES, Action::Delete, codes.iter().map(row).collect())
            .await
    }
}
