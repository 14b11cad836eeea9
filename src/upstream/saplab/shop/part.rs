//! What the shop finds: brands of an article, then goods with prices (client document, /parts/search).
//!
//! What the shop does not know or does not say is unknown, never 0. Called by `shop`.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::config::Secret;
use crate::upstream::object::Object;
use crate::upstream::saplab::listed::Listed;

/// The brands of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BrandPage {
    /// Those that could be read.
    pub brands: Vec<Brand>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// A brand that has the article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// As it has to be asked for: `MEAT&DORIA;` is not `MEAT`.
    pub brand: String,
    /// What the brand calls the article.
    pub name: String,
}

/// Offers of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartPage {
    /// Those that could be read.
    pub parts: Vec<Part>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One offer. It may be of another article and brand than the ones asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The article.
    pub article: String,
    /// The brand.
    pub brand: String,
    /// Its name.
    pub name: String,
    /// Units in stock; `None` when the supplier does not say (-1 on the wire).
    pub stock: Option<i64>,
    /// It is sold in multiples of so many units.
    pub multiplicity: Option<i64>,
    /// Days until delivery, at least.
    pub days_min: Option<i64>,
    /// Days until delivery, at most.
    pub days_max: Option<i64>,
    /// How many of a hundred orders are delivered.
    pub percent: Option<i64>,
    /// Roubles a unit.
    pub price: Decimal,
    /// Where it lies, if the shop says so.
    pub warehouse: Option<String>,
    /// Whether it can be given back.
    pub returnable: Option<bool>,
    /// How many per cent of the price giving it back costs.
    pub return_cost: Option<i64>,
    /// A remark on the warehouse.
    pub comment: Option<String>,
    /// Whether it may be no exact replacement (`unsafe` on the wire).
    pub inexact: Option<bool>,
    /// The token that puts this offer into the cart. Documented, but absent in the document's example; never shown.
    #[serde(skip)]
    pub to_cart: Option<Secret>,
    /// Fields that were there and could not be read.
    pub unreadable: Vec<&'static str>,
}

impl BrandPage {
    /// Reads the whole answer; `None` when it has no list of brands.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let listed = Listed::of(&Object::read(raw)?.items("groups")?, Brand::read);
        Some(Self {
            brands: listed.rows,
            rejected: listed.rejected,
        })
    }
}

impl Brand {
    fn read(raw: &RawValue) -> Result<Self, String> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        Ok(Self {
            brand: filled(&row, "brand").ok_or("it has no brand")?,
            name: row.text("name").unwrap_or_default(),
        })
    }
}

impl PartPage {
    /// Reads the whole answer; `None` when it has no list of parts.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let listed = Listed::of(&Object::read(raw)?.items("parts")?, Part::read);
        Some(Self {
            parts: listed.rows,
            rejected: listed.rejected,
        })
    }
}

impl Part {
    fn read(raw: &RawValue) -> Result<Self, String> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        let price = row.decimal("price").filter(|price| !price.is_sign_negative());
        let (days_min, days_max) = days(&row);
        let mut part = Self {
            article: filled(&row, "article").ok_or("it has no article")?,
            brand: filled(&row, "brand").ok_or("it has no brand")?,
            name: row.text("name").unwrap_or_default(),
            stock: row.integer("stock").filter(|units| *units >= 0),
            multiplicity: row.integer("multiplicity").filter(|units| *units > 0),
            days_min,
            days_max,
            percent: row.integer("percent"),
            price: price.ok_or("it has no usable price")?,
            warehouse: filled(&row, "warehouse"),
            returnable: row.flag("returnable"),
            return_cost: row.integer("return_cost"),
            comment: filled(&row, "comment"),
            inexact: row.flag("unsafe"),
            to_cart: filled(&row, "to_cart").map(Secret::new),
            unreadable: Vec::new(),
        };
        part.unreadable = row.unreadable();
        Ok(part)
    }
}

/// A text that says something.
pub(super) fn filled(row: &Object<'_>, key: &'static str) -> Option<String> {
    row.text(key).filter(|text| !text.trim().is_empty())
}

/// The least and the longest delivery time, days.
pub(super) fn days(row: &Object<'_>) -> (Option<i64>, Option<i64>) {
    let time = row.object("deliverytime");
    (time.integer("min"), time.integer("max"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> PartPage {
        PartPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap()).unwrap()
    }

    fn brands(text: &str) -> Option<BrandPage> {
        BrandPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_brands_are_read_as_they_stand() {
        let page = brands(include_str!("../../../../tests/fixtures/saplab/shop/brands.json")).unwrap();
        let names: Vec<&str> = page.brands.iter().map(|brand| brand.brand.as_str()).collect();
        assert_eq!(names, ["BOSCH", "BREMI", "FEBI", "LIQUI MOLY", "MEAT", "MEAT&DORIA;"]);
        assert_eq!(page.brands[0].name, "Ремень ГРМ");
        assert!(page.rejected.is_empty());
    }

    #[test]
    fn no_brands_are_an_empty_list_and_a_nameless_one_does_not_lose_the_others() {
        assert_eq!(brands(r#"{"groups":[]}"#), Some(BrandPage::default()));
        assert_eq!(brands(r#"{"groups":{}}"#), Some(BrandPage::default()));
        for text in [r#"{"parts":[]}"#, r#"{"groups":null}"#, "[]", "1"] {
            assert_eq!(brands(text), None, "{text}");
        }
        let page = brands(r#"{"groups":{"1":{"brand":"","name":"x"},"2":{"brand":911}}}"#).unwrap();
        assert_eq!(page.brands[0].brand, "911");
        assert_eq!(page.rejected, ["row 1 of 2: it has no brand"]);
    }

    #[test]
    fn the_documents_parts_are_read_whole() {
        let page = page(include_str!("../../../../tests/fixtures/saplab/shop/parts.json"));
        let [own, other] = page.parts.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!(
            (own.article.as_str(), own.brand.as_str(), own.price),
            ("9054", "MEAT&DORIA;", 2187.into())
        );
        assert_eq!(
            (own.stock, own.multiplicity, own.days_min, own.days_max),
            (Some(1), Some(1), Some(1), Some(1))
        );
        assert_eq!(
            (own.percent, own.returnable, own.return_cost),
            (Some(86), Some(true), Some(10))
        );
        assert_eq!((&own.warehouse, &own.comment, own.inexact), (&None, &None, Some(false)));
        assert_eq!(own.to_cart, None, "the document's example has no token");
        assert_eq!(
            (other.article.as_str(), other.stock, other.inexact),
            ("1150101800", None, Some(true))
        );
        assert!(page.rejected.is_empty() && own.unreadable.is_empty());
    }

    #[test]
    fn an_unknown_stock_is_not_zero_and_a_confirmed_zero_is() {
        for (stock, expected) in [
            ("0", Some(0)),
            ("\"12\"", Some(12)),
            ("-1", None),
            ("\"-1\"", None),
            ("null", None),
            ("\"\"", None),
            ("\"<10\"", None),
            ("1.5", None),
        ] {
            let page = page(&format!(
                r#"{{"parts":[{{"article":"007","brand":"A","price":"1 234,56","stock":{stock}}}]}}"#
            ));
            assert_eq!(page.parts[0].stock, expected, "{stock}");
            assert_eq!(page.parts[0].price.to_string(), "1234.56");
        }
    }

    #[test]
    fn an_offer_that_cannot_be_read_does_not_lose_the_others() {
        let page = page(
            r#"{"parts":[{"brand":"A","price":1},{"article":"1","price":1},{"article":"1","brand":"A","price":"дог."},
                {"article":"1","brand":"A","price":-5},7,
                {"article":1,"brand":"A","price":0.1,"deliverytime":[],"multiplicity":0,"percent":"x"}]}"#,
        );
        assert_eq!(page.rejected.len(), 5);
        assert_eq!(page.rejected[2], "row 3 of 6: it has no usable price");
        let part = &page.parts[0];
        assert_eq!((part.days_min, part.multiplicity, part.percent), (None, None, None));
        assert_eq!(part.unreadable, ["percent"]);
    }

    #[test]
    fn the_token_is_neither_printed_nor_serialised() {
        let page = page(r#"{"parts":[{"article":"1","brand":"A","price":10.50,"to_cart":"token-canary"}]}"#);
        assert_eq!(page.parts[0].to_cart, Some(Secret::new("token-canary")));
        let json = serde_json::to_string(&page).unwrap();
        assert!(!format!("{page:?}{json}").contains("canary"));
        assert!(json.contains(r#""price":"10.50""#), "{json}");
    }
}
