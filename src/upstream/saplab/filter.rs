//! Which positions to list: the filters of the panel document, /panel/order. Called by `panel`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::filter_path::FilterPath;
use crate::upstream::Fault;

/// Everything that is given must hold at once; the default lists the first page of all that is not archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderFilter {
    /// Positions with these ids.
    #[serde(alias = "ids", skip_serializing_if = "Vec::is_empty")]
    pub order_ids: Vec<i64>,
    /// The order's label, e.g. `NZ-005`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// The article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// A part of the article's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The manager's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager_id: Option<i64>,
    /// The shipping type's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_id: Option<i64>,
    /// The office's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_id: Option<i64>,
    /// The distributor's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distributor_id: Option<i64>,
    /// The status' id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_status: Option<i64>,
    /// Only paid, or only unpaid positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_payed: Option<bool>,
    /// Archived positions too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unignore_archived: bool,
    /// The brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// A part of the client's or the company's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The client's discount group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_group: Option<i64>,
    /// Ordered on this day (Moscow) or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_from: Option<NaiveDate>,
    /// Ordered until this day; whether the day itself belongs to it is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_to: Option<NaiveDate>,
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Positions on a page; more than [`super::MAX_PER_PAGE`] counts as that. Saplab's own default is 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_page: Option<u32>,
}

impl OrderFilter {
    /// The path of the list, percent-encoded.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a value that cannot stand in a path: `""`, `"."`, `".."`.
    pub(super) fn path(&self) -> Result<String, Fault> {
        let path = FilterPath::new("/panel/order")
            .ids("order_ids", &self.order_ids)
            .text("invoice", self.invoice.as_deref())?
            .text("article", self.article.as_deref())?
            .text("name", self.name.as_deref())?
            .number("manager_id", self.manager_id)
            .number("shipping_id", self.shipping_id)
            .number("point_id", self.point_id)
            .number("distributor_id", self.distributor_id)
            .number("order_status", self.order_status)
            .flag("is_payed", self.is_payed)
            .flag("unignore_archived", self.unignore_archived.then_some(true))
            .text("brand", self.brand.as_deref())?
            .text("client_name", self.client_name.as_deref())?
            .number("client_group", self.client_group)
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
        assert_eq!(OrderFilter::default().path().unwrap(), "/panel/order");
    }

    #[test]
    fn every_documented_filter_is_a_pair_of_segments() {
        let filter = OrderFilter {
            order_ids: vec![1, 2, 3],
            invoice: Some("NZ-005".into()),
            article: Some("30.896.00".into()),
            name: Some("масляный фильтр".into()),
            manager_id: Some(4),
            shipping_id: Some(0),
            point_id: Some(5),
            distributor_id: Some(6),
            order_status: Some(7),
            is_payed: Some(false),
            unignore_archived: true,
            brand: Some("KNECHT/MAHLE".into()),
            client_name: Some("Рога & Копыта; 100%".into()),
            client_group: Some(8),
            date_from: NaiveDate::from_ymd_opt(2016, 12, 31),
            date_to: NaiveDate::from_ymd_opt(2017, 1, 4),
            page: Some(2),
            per_page: Some(500),
        };
        assert_eq!(
            filter.path().unwrap(),
            "/panel/order/filter/order_ids/1,2,3/invoice/NZ-005/article/30.896.00\
             /name/%D0%BC%D0%B0%D1%81%D0%BB%D1%8F%D0%BD%D1%8B%D0%B9%20%D1%84%D0%B8%D0%BB%D1%8C%D1%82%D1%80\
             /manager_id/4/shipping_id/0/point_id/5/distributor_id/6/order_status/7/is_payed/0/unignore_archived/1\
             /brand/KNECHT%2FMAHLE/client_name/%D0%A0%D0%BE%D0%B3%D0%B0%20%26%20%D0%9A%D0%BE%D0%BF%D1%8B%D1%82%D0%B0\
             %3B%20100%25/client_group/8/date_from/2016-12-31/date_to/2017-01-04/page/2/per_page/150"
        );
    }

    #[test]
    fn a_value_that_would_name_another_method_is_refused() {
        for value in ["", ".", ".."] {
            let filter = OrderFilter {
                brand: Some(value.into()),
                ..OrderFilter::default()
            };
            assert!(
                matches!(filter.path(), Err(Fault::Refused { status: 0, .. })),
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_filter_value_named_like_the_prefix_changes_nothing() {
        let filter = OrderFilter {
            article: Some("/filter/".into()),
            page: Some(0),
            ..OrderFilter::default()
        };
        assert_eq!(
            filter.path().unwrap(),
            "/panel/order/filter/article/%2Ffilter%2F/page/1"
        );
    }
}
