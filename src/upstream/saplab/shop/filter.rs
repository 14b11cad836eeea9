//! Which of the client's own positions to list: the filters of the client document, /account/order, as path segments.
//! Called by `shop`, and kept in the queue as an operation's arguments.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::upstream::Fault;
use crate::upstream::saplab::filter_path::FilterPath;

/// Everything that is given must hold at once; the default lists the first page of all that is not archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShopOrderFilter {
    /// Positions with these ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_ids: Vec<i64>,
    /// The order's label, e.g. `NO-005`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// The brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// The shipping type's id; 0 is pickup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_id: Option<i64>,
    /// The office's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_id: Option<i64>,
    /// The status' id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_status: Option<i64>,
    /// Archived positions too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unignore_archived: bool,
    /// Ordered on this day (Moscow) or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_from: Option<NaiveDate>,
    /// Ordered until this day; whether the day itself belongs to it is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_to: Option<NaiveDate>,
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Positions on a page; more than 150 counts as that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_page: Option<u32>,
}

impl ShopOrderFilter {
    /// The path of the list, percent-encoded.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a value that cannot stand in a path: `""`, `"."`, `".."`.
    pub(super) fn path(&self) -> Result<String, Fault> {
        let path = FilterPath::new("/account/order")
            .ids("order_ids", &self.order_ids)
            .text("invoice", self.invoice.as_deref())?
            .text("brand", self.brand.as_deref())?
            .text("article", self.article.as_deref())?
            .number("shipping_id", self.shipping_id)
            .number("point_id", self.point_id)
            .number("order_status", self.order_status)
            .flag("unignore_archived", self.unignore_archived.then_some(true))
            .day("date_from", self.date_from)
            .day("date_to", self.date_to)
            .page(self.page, self.per_page);
        Ok(path.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_filters_the_path_is_the_documented_one() {
        assert_eq!(ShopOrderFilter::default().path().unwrap(), "/account/order");
    }

    #[test]
    fn every_documented_filter_is_a_pair_of_segments() {
        let filter = ShopOrderFilter {
            order_ids: vec![1, 2, 3],
            invoice: Some("NO-005".into()),
            brand: Some("MEAT&DORIA;".into()),
            article: Some(".sg-4540.".into()),
            shipping_id: Some(0),
            point_id: Some(5),
            order_status: Some(14),
            unignore_archived: true,
            date_from: NaiveDate::from_ymd_opt(2016, 12, 31),
            date_to: NaiveDate::from_ymd_opt(2017, 1, 4),
            page: Some(2),
            per_page: Some(500),
        };
        assert_eq!(
            filter.path().unwrap(),
            "/account/order/filter/order_ids/1,2,3/invoice/NO-005/brand/MEAT%26DORIA%3B/article/.sg-4540.\
             /shipping_id/0/point_id/5/order_status/14/unignore_archived/1/date_from/2016-12-31/date_to/2017-01-04\
             /page/2/per_page/150"
        );
        let json = serde_json::to_value(&filter).unwrap();
        assert_eq!(serde_json::from_value::<ShopOrderFilter>(json).unwrap(), filter);
    }

    #[test]
    fn as_arguments_only_what_is_given_is_kept_and_a_misspelt_filter_is_refused() {
        assert_eq!(serde_json::to_string(&ShopOrderFilter::default()).unwrap(), "{}");
        assert_eq!(
            serde_json::from_str::<ShopOrderFilter>("{}").unwrap(),
            ShopOrderFilter::default()
        );
        assert!(serde_json::from_str::<ShopOrderFilter>(r#"{"order_id":1}"#).is_err());
    }

    #[test]
    fn a_value_that_would_name_another_method_is_refused() {
        for value in ["", ".", ".."] {
            let filter = ShopOrderFilter {
                invoice: Some(value.into()),
                ..ShopOrderFilter::default()
            };
            assert!(
                matches!(filter.path(), Err(Fault::Refused { status: 0, .. })),
                "{value:?}"
            );
        }
    }
}
