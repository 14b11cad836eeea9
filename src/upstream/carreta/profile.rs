//! Who we are at Carreta (Carreta document, Получение информации профиля). Called by `client`.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::upstream::object::Object;

/// An account. Texts that Carreta did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Roubles; may be negative.
    pub balance: Option<Decimal>,
    /// The city.
    pub city: String,
    /// The e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The telephone number.
    pub phone: String,
}

impl Profile {
    /// `None` when it is no profile at all: an object without any of the documented fields.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let answer = Object::read(raw)?;
        let is_profile = ["balance", "city", "email", "name", "phone"]
            .iter()
            .any(|key| answer.raw(key).is_some());
        let text = |key| answer.text(key).unwrap_or_default();
        is_profile.then(|| Self {
            balance: answer.decimal("balance"),
            city: text("city"),
            email: text("email"),
            name: text("name"),
            phone: text("phone"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Profile> {
        Profile::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_profile_is_read() {
        let profile = read(include_str!("../../../tests/fixtures/carreta/profile.json")).unwrap();
        assert_eq!(
            (profile.balance, profile.city.as_str()),
            (Some("7.14".parse().unwrap()), "city")
        );
    }

    #[test]
    fn an_unreadable_balance_is_unknown_and_another_object_is_no_profile() {
        assert_eq!(read(r#"{"balance":"много"}"#).unwrap().balance, None);
        assert_eq!(
            read(r#"{"balance":-7.5}"#).unwrap().balance,
            Some("-7.5".parse().unwrap())
        );
        assert_eq!(read(r#"{"error":"Unauthorized."}"#), None);
        assert_eq!(read("[]"), None);
    }
}
