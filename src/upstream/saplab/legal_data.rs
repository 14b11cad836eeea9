//! The data of a company that is a client (panel document, /panel/client/form): read as `wholesaler_data`, written as
//! `wholesalers[...]`, always all ten. Called by `client_card` and `client_form`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One of the ten texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalField {
    /// The kind of company: ООО, ПАО, ЗАО, ТОО, АО, ИП, ПБОЮЛ...
    Type,
    /// The company's name.
    OrgName,
    /// ИНН.
    Inn,
    /// КПП.
    Kpp,
    /// ОРГН, as the document spells it.
    Orgn,
    /// The legal address.
    Address,
    /// The bank's name.
    Bank,
    /// The bank's БИК.
    Bik,
    /// The account.
    Account,
    /// The bank's correspondent account.
    BankAccount,
}

impl LegalField {
    /// All of them, in the order of the document's example.
    pub const ALL: [Self; 10] = [
        Self::Type,
        Self::OrgName,
        Self::Inn,
        Self::Kpp,
        Self::Orgn,
        Self::Address,
        Self::Bank,
        Self::Bik,
        Self::Account,
        Self::BankAccount,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::OrgName => "org_name",
            Self::Inn => "inn",
            Self::Kpp => "kpp",
            Self::Orgn => "orgn",
            Self::Address => "address",
            Self::Bank => "bank",
            Self::Bik => "bik",
            Self::Account => "account",
            Self::BankAccount => "bank_account",
        }
    }
}

/// All ten texts; what was not given is `""`. Digits stay texts: leading zeros count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<LegalField, String>")]
pub struct LegalData(BTreeMap<LegalField, String>);

impl LegalData {
    /// One text.
    pub fn get(&self, field: LegalField) -> &str {
        self.0.get(&field).map(String::as_str).unwrap_or_default()
    }

    /// The same data with these texts in place of the old ones.
    #[must_use]
    pub fn with(mut self, changes: &BTreeMap<LegalField, String>) -> Self {
        self.0
            .extend(changes.iter().map(|(field, text)| (*field, text.clone())));
        self
    }
}

impl From<BTreeMap<LegalField, String>> for LegalData {
    fn from(given: BTreeMap<LegalField, String>) -> Self {
        let empty = LegalField::ALL.map(|field| (field, String::new()));
        Self(BTreeMap::from(empty)).with(&given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_empty_and_what_is_not_known_is_refused() {
        let data: LegalData = serde_json::from_str(r#"{"inn":"007","org_name":"Рога"}"#).unwrap();
        assert_eq!((data.get(LegalField::Inn), data.get(LegalField::Kpp)), ("007", ""));
        assert_eq!(serde_json::to_value(&data).unwrap().as_object().unwrap().len(), 10);
        assert!(serde_json::from_str::<LegalData>(r#"{"ogrn":"1"}"#).is_err());
    }

    #[test]
    fn the_name_on_the_wire_is_the_name_in_json() {
        for field in LegalField::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
    }
}
