//! Sums of money in roubles, exact. `3958.07`, `1 234,56` and `3959` are sums; anything else is an error, never a zero.

use rust_decimal::Decimal;

use super::number;

/// The text is not a sum of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sum of money")]
pub struct NotMoney;

/// Reads a sum, which may be negative (a charge on a balance).
///
/// # Errors
/// [`NotMoney`] when the text is empty, is not a number, or could mean two different sums (`1,234`).
pub fn parse(text: &str) -> Result<Decimal, NotMoney> {
    number::parse(text).ok_or(NotMoney)
}

#[cfg(test)]
mod tests {
    use super::{NotMoney, parse};

    #[test]
    fn a_sum_is_exact_or_an_error() {
        for (text, expected) in [
            ("3958.07", "3958.07"),
            ("1 234,56", "1234.56"),
            ("3959", "3959"),
            ("-2989", "-2989"),
            ("0", "0"),
        ] {
            assert_eq!(parse(text), Ok(expected.parse().unwrap()), "{text:?}");
        }
        for text in ["", " ", "abc", "1,234.56", "12 руб.", "--5", "1.2.3"] {
            assert_eq!(parse(text), Err(NotMoney), "{text:?}");
        }
    }

    #[test]
    fn a_tenth_and_two_tenths_make_three_tenths() {
        assert_eq!(parse("0.1").unwrap() + parse("0.2").unwrap(), parse("0.3").unwrap());
    }
}
