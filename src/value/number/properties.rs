//! Numbers as people write them, against the digits that they were made of.

use proptest::prelude::*;

use super::*;

/// `1234567` as `1 234 567`.
fn grouped(digits: &str, space: char) -> String {
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (index, digit) in digits[first..].chars().enumerate() {
        if index % 3 == 0 && !text.is_empty() {
            text.push(space);
        }
        text.push(digit);
    }
    text
}

proptest! {
    #[test]
    fn a_number_is_exactly_its_digits(mantissa in -10_000_000_000_000_000_i64..10_000_000_000_000_000, scale in 0..9_u32) {
        let number = Decimal::new(mantissa, scale);
        let read = parse(&number.to_string()).unwrap();
        prop_assert_eq!((read, read.scale()), (number, scale));
    }

    #[test]
    fn groups_and_a_comma_change_nothing(
        whole in 0..1_000_000_000_000_u64, kopecks in 0..100_u8,
        space in prop::sample::select(vec![' ', '\u{a0}', '\u{2009}', '\u{202f}']),
    ) {
        let expected: Decimal = format!("{whole}.{kopecks:02}").parse().unwrap();
        let whole = grouped(&whole.to_string(), space);
        for sign in ['.', ','] {
            prop_assert_eq!(parse(&format!("{whole}{sign}{kopecks:02}")), Some(expected));
        }
    }

    #[test]
    fn what_could_be_a_thousand_or_a_fraction_is_neither(whole in 1..1000_u32, three in 0..1000_u32) {
        prop_assert_eq!(parse(&format!("{whole},{three:03}")), None);
    }

    #[test]
    fn whatever_is_read_is_made_of_the_digits_that_stood_there(text in "[-0-9 .,\u{a0}eE+x]{0,45}") {
        if let Some(number) = parse(&text) {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let read: String = number.abs().to_string().chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(digits.trim_start_matches('0'), read.trim_start_matches('0'));
        }
    }
}
