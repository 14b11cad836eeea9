//! The quantity grammar, over all the texts that it generates and over texts that nobody generates.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_number_means_itself_with_a_sign_before_it_too(n in 1..1_000_000_000_000_u64, space in " {0,2}") {
        let number = Decimal::from(n);
        prop_assert_eq!(Quantity::parse(&format!("{space}{n}{space}")), Quantity::Exact(number));
        prop_assert_eq!(Quantity::parse(&format!("{space}<{space}{n}{space}")), Quantity::LessThan(number));
        prop_assert_eq!(Quantity::parse(&format!("{space}>{space}{n}")), Quantity::MoreThan(number));
    }

    #[test]
    fn what_is_shown_is_read_back_as_the_same(n in 1..1_000_000_u64, scale in 0..4_u32, form in 0..4) {
        let number = Decimal::from_i128_with_scale(i128::from(n), scale);
        let quantity = match form {
            0 => Quantity::Exact(number),
            1 => Quantity::LessThan(number),
            2 => Quantity::MoreThan(number),
            _ => Quantity::Available,
        };
        prop_assert_eq!(Quantity::parse(&quantity.to_string()), quantity);
    }

    #[test]
    fn nothing_is_taken_for_zero_that_has_no_zero_in_it(text in "\\PC{0,12}") {
        if let Quantity::Exact(n) = Quantity::parse(&text) {
            prop_assert!(!n.is_zero() || text.contains('0'), "{}", text);
        }
    }

    #[test]
    fn a_negative_number_is_unknown(n in 0..1_000_000_u64, sign in "[-\u{2212}]") {
        for text in [format!("{sign}{n}"), format!("<{sign}{n}"), format!(">{sign}{n}")] {
            prop_assert_eq!(Quantity::parse(&text), Quantity::Unknown);
        }
    }

    #[test]
    fn the_word_counts_wherever_it_stands(before in "[а-я]{1,5}", after in "[а-я0-9]{1,5}", word in "Есть|есть|ЕСТЬ") {
        prop_assert_eq!(Quantity::parse(&format!("{before} {word}, {after}")), Quantity::Available);
    }
}
