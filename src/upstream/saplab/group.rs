//! Discount groups of clients (panel document, /panel/client/group). Called by `panel`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::listed::{Listed, row};

/// One discount group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The shop's id.
    pub id: i64,
    /// Its name; Saplab writes the discount behind it.
    pub name: String,
    /// The discount, percent.
    pub discount: Option<Decimal>,
    /// The comment.
    pub comment: String,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl Group {
    /// Reads the collection `groups`; `None` when there is none.
    pub(super) fn read_all(raw: &RawValue) -> Option<Listed<Self>> {
        Listed::read(raw, "groups", Self::read)
    }

    fn read(raw: &RawValue) -> Result<Self, String> {
        // The document's table says id, its sample group_id.
        let (row, id) = row(raw, &["group_id", "id"])?;
        let text = |key| row.text(key).unwrap_or_default();
        let (name, comment) = (text("name"), text("comment"));
        let discount = row.decimal("discount");
        Ok(Self {
            id,
            name,
            discount,
            comment,
            unreadable: row.unreadable(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Listed<Group>> {
        Group::read_all(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_groups_are_read_by_either_name_of_the_id() {
        let groups = read(include_str!("../../../tests/fixtures/saplab/groups.json")).unwrap();
        let short: Vec<_> = groups
            .rows
            .iter()
            .map(|one| (one.id, one.name.as_str(), one.discount))
            .collect();
        assert_eq!(
            short,
            [
                (1, "Розница - 0%", Some(Decimal::ZERO)),
                (7, "Мелкий опт - 5% - 5%", Some(Decimal::from(5)))
            ]
        );
        assert_eq!(
            read(r#"{"groups":[{"id":3,"discount":"2,5"}]}"#).unwrap().rows[0].discount,
            Some(Decimal::new(25, 1))
        );
    }

    #[test]
    fn a_group_that_cannot_be_read_is_named_and_the_others_stay() {
        let groups = read(r#"{"groups":[{"group_id":0},5,{"group_id":"4","discount":"x"}]}"#).unwrap();
        assert_eq!(
            groups.rejected,
            ["row 1 of 3: it has no usable id", "row 2 of 3: it is not an object"]
        );
        assert_eq!((groups.rows[0].id, groups.rows[0].discount), (4, None));
        assert_eq!(groups.rows[0].unreadable, ["discount"]);
        assert_eq!(read(r#"{"group":[]}"#), None);
    }
}
