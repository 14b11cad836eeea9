//! The document's examples as a table, and the rules against a slow and obvious reading of them.

use proptest::prelude::*;

use super::*;

fn words(order_qty: i64, qty: &str, min_qty: i64) -> Option<String> {
    check(order_qty, &Quantity::parse(qty), min_qty)
        .err()
        .map(|rule| rule.to_string())
}

/// Every quantity that may be ordered, tried one by one.
fn allowed(qty: &str, min_qty: i64) -> Vec<i64> {
    (0..=MOST + 2)
        .filter(|order_qty| words(*order_qty, qty, min_qty).is_none())
        .collect()
}

#[test]
fn the_documents_ranges_are_the_ones_allowed() {
    for (qty, last) in [("<10", 9), (">50", 10_000), ("10", 10), ("Есть", 10_000)] {
        assert_eq!(allowed(qty, 1), (1..=last).collect::<Vec<_>>(), "{qty}");
    }
    assert_eq!(allowed("9", 2), [2, 4, 6, 8]);
    assert_eq!(allowed(">0", 5_000), [5_000, 10_000]);
    assert_eq!(allowed("10.5", 4), [4, 8]);
    assert_eq!(allowed("<10.5", 5), [5, 10]);
}

#[test]
fn the_error_names_the_rule_that_is_broken() {
    for (order_qty, qty, min_qty, expected) in [
        (10, "<10", 1, "order_qty 10 must be less than 10, since qty is «<10»"),
        (11, "10", 1, "order_qty 11 must be at most 10, since qty is «10»"),
        (3, "10", 2, "order_qty 3 must be a multiple of min_qty 2"),
        (0, "10", 1, "order_qty 0 must be within 1 to 10000"),
        (-2, "Есть", 2, "order_qty -2 must be within 1 to 10000"),
        (10_001, ">50", 1, "order_qty 10001 must be within 1 to 10000"),
        (2, "<2", 2, "no quantity can be ordered: qty is «<2» and min_qty is 2"),
        (1, "0", 1, "no quantity can be ordered: qty is «0» and min_qty is 1"),
        (1, "<1", 1, "no quantity can be ordered: qty is «<1» and min_qty is 1"),
        (
            5,
            "Есть",
            10_001,
            "no quantity can be ordered: qty is «Есть» and min_qty is 10001",
        ),
        (5, "10", 0, "no quantity can be ordered: qty is «10» and min_qty is 0"),
        (1, "", 1, "nothing can be ordered: qty is unknown"),
        (1, "-1", 1, "nothing can be ordered: qty is unknown"),
    ] {
        assert_eq!(
            words(order_qty, qty, min_qty).as_deref(),
            Some(expected),
            "{order_qty} of {qty}"
        );
    }
}

#[derive(Clone, Copy, Debug)]
enum Stock {
    Less(i64),
    More(i64),
    Number(i64),
    Yes,
}

impl Stock {
    fn text(self) -> String {
        match self {
            Self::Less(n) => format!("<{n}"),
            Self::More(n) => format!(">{n}"),
            Self::Number(n) => n.to_string(),
            Self::Yes => "Есть".to_owned(),
        }
    }

    /// The document, sentence by sentence.
    fn allows(self, order_qty: i64, min_qty: i64) -> bool {
        let within = match self {
            Self::Less(n) => order_qty < n,
            Self::Number(n) => order_qty <= n,
            Self::More(_) | Self::Yes => true,
        };
        (1..=10_000).contains(&order_qty) && within && (1..=order_qty).any(|times| times * min_qty == order_qty)
    }
}

fn stock() -> impl Strategy<Value = Stock> {
    prop_oneof![
        (1..60_i64).prop_map(Stock::Less),
        (0..60_i64).prop_map(Stock::More),
        (0..60_i64).prop_map(Stock::Number),
        Just(Stock::Yes),
    ]
}

proptest! {
    #[test]
    fn an_order_passes_exactly_when_the_document_allows_it(
        stock in stock(), order_qty in prop_oneof![-2..70_i64, 9_990..10_010_i64], min_qty in 1..40_i64,
    ) {
        let passes = words(order_qty, &stock.text(), min_qty).is_none();
        prop_assert_eq!(passes, stock.allows(order_qty, min_qty), "{:?}", stock);
    }

    #[test]
    fn it_is_called_impossible_exactly_when_no_quantity_passes(stock in stock(), min_qty in 1..70_i64) {
        let impossible = matches!(check(1, &Quantity::parse(&stock.text()), min_qty), Err(Rule::Impossible { .. }));
        let any = (1..=10_000).any(|order_qty| order_qty % min_qty == 0 && stock.allows(order_qty, min_qty));
        prop_assert_eq!(impossible, !any, "{:?}", stock);
    }

    #[test]
    fn no_numbers_make_it_panic(order_qty: i64, bound: i64, min_qty: i64) {
        for text in [format!("<{bound}"), format!(">{bound}"), bound.to_string()] {
            let _ = words(order_qty, &text, min_qty);
        }
    }
}
