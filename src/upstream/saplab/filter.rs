//! Which positions to list: the filters of the panel document, /panel/order, as path segments
//! `/filter/key/value/key/value`. Called by `panel`.

use chrono::NaiveDate;

use crate::upstream::{Fault, address};

/// No page may have more positions (panel document: `per_page <= 150`).
pub const MAX_PER_PAGE: u32 = 150;

/// Everything that is given must hold at once; the default lists the first page of all that is not archived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Positions with these ids.
    pub order_ids: Vec<i64>,
    /// The order's label, e.g. `NZ-005`.
    pub invoice: Option<String>,
    /// The article.
    pub article: Option<String>,
    /// A part of the article's name.
    pub name: Option<String>,
    /// The manager's id.
    pub manager_id: Option<i64>,
    /// The shipping type's id.
    pub shipping_id: Option<i64>,
    /// The office's id.
    pub point_id: Option<i64>,
    /// The distributor's id.
    pub distributor_id: Option<i64>,
    /// The status' id.
    pub order_status: Option<i64>,
    /// Only paid, or only unpaid positions.
    pub is_payed: Option<bool>,
    /// Archived positions too.
    pub unignore_archived: bool,
    /// The brand.
    pub brand: Option<String>,
    /// A part of the client's or the company's name.
    pub client_name: Option<String>,
    /// The client's discount group.
    pub client_group: Option<i64>,
    /// Ordered on this day (Moscow) or later.
    pub date_from: Option<NaiveDate>,
    /// Ordered until this day; whether the day itself belongs to it is not documented.
    pub date_to: Option<NaiveDate>,
    /// The page, from 1.
    pub page: Option<u32>,
    /// Positions on a page; more than [`MAX_PER_PAGE`] counts as that. Saplab's own default is 20.
    pub per_page: Option<u32>,
}

impl OrderFilter {
    /// The path of the list, percent-encoded.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a value that cannot stand in a path: `""`, `"."`, `".."`.
    pub(super) fn path(&self) -> Result<String, Fault> {
        path("/panel/order", self.pairs())
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        let ids: Vec<String> = self.order_ids.iter().map(i64::to_string).collect();
        let number = |value: Option<i64>| value.map(|value| value.to_string());
        let flag = |value: Option<bool>| value.map(|value| if value { "1" } else { "0" }.to_owned());
        [
            ("order_ids", (!ids.is_empty()).then(|| ids.join(","))),
            ("invoice", self.invoice.clone()),
            ("article", self.article.clone()),
            ("name", self.name.clone()),
            ("manager_id", number(self.manager_id)),
            ("shipping_id", number(self.shipping_id)),
            ("point_id", number(self.point_id)),
            ("distributor_id", number(self.distributor_id)),
            ("order_status", number(self.order_status)),
            ("is_payed", flag(self.is_payed)),
            ("unignore_archived", flag(self.unignore_archived.then_some(true))),
            ("brand", self.brand.clone()),
            ("client_name", self.client_name.clone()),
            ("client_group", number(self.client_group)),
            ("date_from", self.date_from.map(|day| day.to_string())),
            ("date_to", self.date_to.map(|day| day.to_string())),
            ("page", self.page.map(|page| page.max(1).to_string())),
            (
                "per_page",
                self.per_page.map(|count| count.clamp(1, MAX_PER_PAGE).to_string()),
            ),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
    }
}

/// The path of a list with filters behind it, as both documents write them; `order_ids` are digits and commas.
///
/// # Errors
/// [`Fault::Refused`] (status 0: nothing was sent) for a value that cannot stand in a path: `""`, `"."`, `".."`.
pub(super) fn path(list: &str, pairs: impl Iterator<Item = (&'static str, String)>) -> Result<String, Fault> {
    let mut path = list.to_owned();
    for (place, (key, value)) in pairs.enumerate() {
        if place == 0 {
            path.push_str("/filter");
        }
        // The documents separate ids by bare commas.
        let value = match key {
            "order_ids" => value,
            _ => address::segment(key, &value)?,
        };
        path.push_str(&format!("/{key}/{value}"));
    }
    Ok(path)
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
