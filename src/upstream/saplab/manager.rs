//! The shop's employees (panel document, /panel/manager; it has no example of an answer). Called by `panel`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::listed::{Listed, row};

/// One employee. Texts that Saplab did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manager {
    /// The shop's id.
    pub id: i64,
    /// The phone, which is the login too.
    pub phone: String,
    /// The name.
    pub name: String,
    /// The position in the company.
    pub seat: String,
    /// The e-mail address.
    pub email: String,
    /// The office.
    pub point_id: Option<i64>,
    /// Its full name.
    pub point_name: String,
    /// Its address.
    pub point_address: String,
    /// The group of employees.
    pub manager_group_id: Option<i64>,
    /// Its name.
    pub manager_group_name: String,
    /// How many clients are assigned.
    pub client_count: Option<i64>,
    /// Whether the employee is active.
    pub status: Option<bool>,
    /// Whether new clients may be assigned.
    pub client_use: Option<bool>,
    /// Whether clients see the employee among the contacts.
    pub contact_show: Option<bool>,
    /// Saplab's own note of where the clients went when the employee was switched off: JSON, as it came.
    pub backup: Option<String>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl Manager {
    /// Reads the collection `managers`; `None` when there is none.
    pub(super) fn read_all(raw: &RawValue) -> Option<Listed<Self>> {
        Listed::read(raw, "managers", Self::read)
    }

    fn read(raw: &RawValue) -> Result<Self, String> {
        let (row, id) = row(raw, &["id"])?;
        let text = |key| row.text(key).unwrap_or_default();
        let backup = row.raw("backup").map(|raw| {
            // JSON within a text, or JSON as it is.
            serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().replace('\0', ""))
        });
        let mut manager = Self {
            id,
            phone: text("phone"),
            name: text("name"),
            seat: text("seat"),
            email: text("email"),
            point_id: row.integer("point_id"),
            point_name: text("point_name"),
            point_address: text("point_address"),
            manager_group_id: row.integer("manager_group_id"),
            manager_group_name: text("manager_group_name"),
            client_count: row.integer("client_count"),
            status: row.flag("status"),
            client_use: row.flag("client_use"),
            contact_show: row.flag("contact_show"),
            backup: backup.map(|text: String| text.replace('\0', "")),
            unreadable: Vec::new(),
        };
        manager.unreadable = row.unreadable();
        Ok(manager)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn employees_are_read_with_their_backup_in_either_form() {
        let raw: Box<RawValue> =
            serde_json::from_str(include_str!("../../../tests/fixtures/saplab/managers.json")).unwrap();
        let managers = Manager::read_all(&raw).unwrap();
        let [first, second] = managers.rows.as_slice() else {
            panic!("{managers:?}")
        };
        assert_eq!((first.id, first.phone.as_str()), (1, "70002223344"));
        assert_eq!((first.status, first.contact_show), (Some(true), Some(false)));
        assert_eq!(first.backup.as_deref(), Some(r#"{"2":[5,6]}"#));
        assert_eq!(second.backup.as_deref(), Some("[]"));
        assert_eq!((second.client_count, second.point_id), (Some(0), None));
        assert_eq!(managers.rejected, ["row 3 of 3: it has no usable id"]);
    }
}
