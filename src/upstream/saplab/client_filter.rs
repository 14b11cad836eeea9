//! Which clients to list: the filters of the panel document, /panel/client. Called by `panel`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::filter_path::FilterPath;
use crate::upstream::Fault;

/// Everything that is given must hold at once; the default lists the first page of all clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientFilter {
    /// Clients with these ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_id: Vec<i64>,
    /// A part of the client's or the company's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The phone, `1234567890` or `+7(123)456-78-90`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Only companies, or only persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_wholesaler: Option<bool>,
    /// The discount group's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_group: Option<i64>,
    /// Registered on this day (Moscow) or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_from: Option<NaiveDate>,
    /// Registered until this day; whether the day itself belongs to it is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_to: Option<NaiveDate>,
    /// The manager's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager_id: Option<i64>,
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Clients on a page; more than [`super::MAX_PER_PAGE`] counts as that. Saplab's own default is 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_page: Option<u32>,
}

impl ClientFilter {
    /// The path of the list, percent-encoded.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a value that cannot stand in a path: `""`, `"."`, `".."`.
    pub(super) fn path(&self) -> Result<String, Fault> {
        let path = FilterPath::new("/panel/client")
            .ids("client_id", &self.client_id)
            .text("client_name", self.client_name.as_deref())?
            .text("phone", self.phone.as_deref())?
            .text("email", self.email.as_deref())?
            .flag("is_wholesaler", self.is_wholesaler)
            .number("client_group", self.client_group)
            .day("date_from", self.date_from)
            .day("date_to", self.date_to)
            .number("manager_id", self.manager_id)
            .page(self.page, self.per_page);
        Ok(path.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_filters_the_path_is_the_documented_one() {
        assert_eq!(ClientFilter::default().path().unwrap(), "/panel/client");
    }

    #[test]
    fn every_documented_filter_is_a_pair_of_segments() {
        let filter = ClientFilter {
            client_id: vec![1, 2, 3],
            client_name: Some("Рога & Ко/1".into()),
            phone: Some("+7(123)456-78-90".into()),
            email: Some("a+b@example.com".into()),
            is_wholesaler: Some(true),
            client_group: Some(2),
            date_from: NaiveDate::from_ymd_opt(2016, 12, 31),
            date_to: NaiveDate::from_ymd_opt(2017, 1, 4),
            manager_id: Some(0),
            page: Some(2),
            per_page: Some(1000),
        };
        assert_eq!(
            filter.path().unwrap(),
            "/panel/client/filter/client_id/1,2,3\
             /client_name/%D0%A0%D0%BE%D0%B3%D0%B0%20%26%20%D0%9A%D0%BE%2F1/phone/%2B7%28123%29456-78-90\
             /email/a%2Bb%40example.com/is_wholesaler/1/client_group/2/date_from/2016-12-31/date_to/2017-01-04\
             /manager_id/0/page/2/per_page/150"
        );
    }

    #[test]
    fn a_value_that_would_name_another_method_is_refused() {
        let filter = ClientFilter {
            client_name: Some("..".into()),
            ..ClientFilter::default()
        };
        assert!(matches!(filter.path(), Err(Fault::Refused { status: 0, .. })));
    }

    #[test]
    fn only_what_is_given_is_written_down_and_an_unknown_filter_is_refused() {
        let filter: ClientFilter = serde_json::from_str(r#"{"client_id":[7],"date_from":"2016-12-31"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&filter).unwrap(),
            r#"{"client_id":[7],"date_from":"2016-12-31"}"#
        );
        assert!(serde_json::from_str::<ClientFilter>(r#"{"clientid":[7]}"#).is_err());
    }
}
