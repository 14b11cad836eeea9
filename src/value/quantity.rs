//! How much of an article a supplier has, as far as it says so.
//!
//! Carreta's grammar (Carreta document, `qty`): a number, `<n`, `>n`, `Есть`. What is outside of it is unknown, which
//! is a different fact from 0: only the text `0` is 0.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::number;

/// An availability in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// Exactly so many; 0 is a confirmed 0.
    Exact(Decimal),
    /// Fewer than so many, and some: `<10` is 1 to 9.
    LessThan(Decimal),
    /// More than so many.
    MoreThan(Decimal),
    /// There is some: `Есть`.
    Available,
    /// Nothing usable was said: empty, `-1`, an unknown word.
    #[default]
    Unknown,
}

impl Quantity {
    /// Reads a supplier's text; never fails, since whatever cannot be read is [`Quantity::Unknown`].
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(bound) = text.strip_prefix('<') {
            return amount(bound)
                .filter(|n| !n.is_zero())
                .map_or(Self::Unknown, Self::LessThan);
        }
        if let Some(bound) = text.strip_prefix('>') {
            return amount(bound).map_or(Self::Unknown, Self::MoreThan);
        }
        if says_available(text) {
            return Self::Available;
        }
        amount(text).map_or(Self::Unknown, Self::Exact)
    }

    /// The exact whole number of units, where the supplier gave one.
    pub fn exact(&self) -> Option<i64> {
        match self {
            Self::Exact(n) if n.is_integer() => n.to_i64(),
            _ => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(n) => write!(f, "{n}"),
            Self::LessThan(n) => write!(f, "<{n}"),
            Self::MoreThan(n) => write!(f, ">{n}"),
            Self::Available => f.write_str("Есть"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// Whether the text has the word "Есть" in it (Carreta document, Создание заказа), or is how others say the same.
fn says_available(text: &str) -> bool {
    let text = text.to_lowercase();
    text == "в наличии" || text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "есть")
}

/// A number without a minus sign: `-1` is how some servers say "unknown".
fn amount(text: &str) -> Option<Decimal> {
    (!text.trim_start().starts_with(['-', '\u{2212}']))
        .then(|| number::parse(text))
        .flatten()
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::Quantity::{Available, Exact, LessThan, MoreThan, Unknown};
    use super::*;

    fn n(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_suppliers_text_becomes_what_it_says_and_never_a_zero_by_mistake() {
        for (text, expected, exact) in [
            ("500", Exact(n("500")), Some(500)),
            (" 500 ", Exact(n("500")), Some(500)),
            ("0", Exact(n("0")), Some(0)),
            ("1 000", Exact(n("1000")), Some(1000)),
            ("1\u{a0}000", Exact(n("1000")), Some(1000)),
            ("10.0", Exact(n("10")), Some(10)),
            ("10.5", Exact(n("10.5")), None),
            ("10,5", Exact(n("10.5")), None),
            ("<10", LessThan(n("10")), None),
            ("< 10", LessThan(n("10")), None),
            (">50", MoreThan(n("50")), None),
            (">0", MoreThan(n("0")), None),
            ("Есть", Available, None),
            ("ЕСТЬ", Available, None),
            ("Есть на складе", Available, None),
            ("(есть)", Available, None),
            ("Естьково", Unknown, None),
            ("", Unknown, None),
            ("<", Unknown, None),
            (">", Unknown, None),
            ("<0", Unknown, None),
            ("<-5", Unknown, None),
            ("<<5", Unknown, None),
            ("-1", Unknown, None),
            ("-0", Unknown, None),
            ("null", Unknown, None),
            ("нет", Unknown, None),
            ("1,000", Unknown, None),
            ("99999999999999999999", Exact(n("99999999999999999999")), None),
        ] {
            assert_eq!(Quantity::parse(text), expected, "{text:?}");
            assert_eq!(Quantity::parse(text).exact(), exact, "{text:?}");
        }
        assert_eq!(Quantity::default(), Unknown);
    }

    #[test]
    fn a_quantity_is_shown_as_a_supplier_would_write_it() {
        for text in ["500", "<10", ">50", "Есть"] {
            assert_eq!(Quantity::parse(text).to_string(), text);
        }
        assert_eq!(Unknown.to_string(), "unknown");
    }
}
