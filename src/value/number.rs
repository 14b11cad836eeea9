//! One decimal number as people and exports write it: `500`, `1 000`, `1 234,56`, `3958.07`.
//!
//! Grouping is by spaces (ordinary, no-break, thin) in threes; the decimal sign is a point or a comma. Whatever could
//! mean two numbers (`1,234`) is not a number here. Called by `money` and `quantity`.

use rust_decimal::Decimal;

/// No number that means something is longer.
const MAX_CHARS: usize = 40;

/// Reads one number, an optional minus sign first. `None` when it is not exactly one unambiguous number.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if text.len() > MAX_CHARS * 4 || text.chars().count() > MAX_CHARS {
        return None;
    }
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = match digits.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let whole = ungroup(whole)?;
    let fraction = match fraction {
        Some(fraction) if !is_digits(fraction) || is_ambiguous(digits, &whole, fraction) => return None,
        Some(fraction) => format!(".{fraction}"),
        None => String::new(),
    };
    Decimal::from_str_exact(&format!("{sign}{whole}{fraction}")).ok()
}

/// `1 234 567` -> `1234567`; the first group has one to three digits, every other one exactly three.
fn ungroup(whole: &str) -> Option<String> {
    let groups: Vec<&str> = whole.split(is_group_space).collect();
    let (first, rest) = groups.split_first()?;
    let is_grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    (is_grouped && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

fn is_group_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1,234` is 1.234 for one reader and 1234 for the other; `0,125` and `1234,567` leave no choice.
fn is_ambiguous(digits: &str, whole: &str, fraction: &str) -> bool {
    digits.contains(',') && fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0')
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_unambiguous_numbers_are_numbers() {
        for (text, expected) in [
            ("500", Some("500")),
            (" 3958.07 ", Some("3958.07")),
            ("1 234,56", Some("1234.56")),
            ("1\u{a0}234\u{a0}567", Some("1234567")),
            ("-109", Some("-109")),
            ("0,125", Some("0.125")),
            ("10.125", Some("10.125")),
            ("1,234", None),
            ("1,234.56", None),
            ("1 2", None),
            ("12 34", None),
            ("1234 567", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("5.", None),
            ("1e3", None),
            ("0x10", None),
            ("+5", None),
            ("NaN", None),
            ("٣", None),
            ("99999999999999999999999999999999", None),
        ] {
            let expected = expected.map(|number| number.parse().unwrap());
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
