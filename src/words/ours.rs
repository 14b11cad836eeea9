//! Our own sentences that are kept in English, in the database and in views: in the reader's language where we have them.
//!
//! A sentence is known by its pattern; what stands in its gaps may be such a sentence too. What upstreams say, and what no
//! pattern knows, stays as it is, but for what acts upon a terminal.

use fluent_bundle::FluentValue;

use super::Lang;
use crate::cli::output::is_plain;

/// Sentences with their gaps, and the names of their words, where the gaps are called `a`, `b` and so on.
const KNOWN: [(&str, &str); 33] = [
    ("the next run of orders brings it into erp.orders", "order-next-insert"),
    ("the next run of orders sends the ERP's status", "order-next-status"),
    ("the next run of purchases buys it", "order-next-buy"),
    ("the next run of purchases refuses it", "order-next-refuse"),
    (
        "the next run of purchases writes into the ERP what became of it",
        "order-next-update",
    ),
    ("[saplab.status_map] is empty: no status is sent", "order-held-no-map"),
    ("the ERP has set no status", "order-held-no-status"),
    ("ERP status «{}» is not in [saplab.status_map]", "order-held-unmapped"),
    ("Saplab has no status «{}»", "kept-no-status"),
    ("Saplab refused this status: {}", "kept-status-refused"),
    ("somebody set «{}» in Saplab", "kept-drift"),
    ("somebody set «{}» in Saplab, which the ERP gets", "kept-drift-accepted"),
    (
        "somebody set «{}» in Saplab, to which [saplab.status_map] gives no ERP status",
        "kept-drift-unmapped",
    ),
    ("its total of {} is not {} x {}", "kept-total"),
    ("KEAZ refused this row: {}", "kept-row-refused"),
    ("the warehouse is not at KEAZ yet", "kept-no-warehouse"),
    (
        "erp.stock has no row at all to publish: nothing is zeroed or deleted for that",
        "kept-empty-erp",
    ),
    ("supplier «{}» is not configured", "kept-no-supplier"),
    (
        "supplier «{}» is not known: carreta or saplab is",
        "kept-unknown-supplier",
    ),
    ("brand and article are needed", "kept-no-article"),
    ("quantity must be a whole number from 1 to 10000", "kept-quantity"),
    ("max_price must be above 0, or NULL for any price", "kept-max-price"),
    ("[guard] holds it, hold {#}: {}", "kept-hold"),
    ("[guard] holds it, hold {#}, refused: {}", "kept-hold-refused"),
    (
        "of {#} remains that KEAZ shows above 0, {#} would become 0 or vanish; guard.max_rows allows {#}",
        "kept-zero-rows",
    ),
    (
        "of {#} remains that KEAZ shows above 0, {#} would become 0 or vanish; guard.max_zero_share allows {#}",
        "kept-zero-all",
    ),
    (
        "of {#} remains of warehouse {} that KEAZ shows above 0, {#} would become 0 or vanish; guard.max_zero_share allows {#}",
        "kept-zero-one",
    ),
    ("of {#} rows of the list «{}» in the ERP {}", "kept-list"),
    (
        "{#} would be deleted, guard.max_delete_share and max_rows allow {#}",
        "kept-list-deleted",
    ),
    (
        "{#} would have a stock of 0, guard.max_zero_share and max_rows allow {#}",
        "kept-list-emptied",
    ),
    (
        "the price of {#} would move by more than {#} %, guard.max_reprice_share and max_rows allow {#}",
        "kept-list-repriced",
    ),
    ("held: {#} rows (sverka hold list: {})", "kept-note-held"),
    ("changed there by somebody else: {#} rows ({})", "kept-note-drift"),
];

/// The sentence as the reader would say it.
pub(crate) fn told(lang: Lang, words: &str) -> String {
    let known = KNOWN
        .iter()
        .find_map(|(pattern, name)| Some((gaps(pattern, words)?, *name)));
    if let Some((gaps, name)) = known {
        let gap = |text: &&str| match text.parse::<i64>() {
            Ok(number) => FluentValue::from(number),
            Err(_) => FluentValue::from(told(lang, text)),
        };
        let args: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(gaps.iter().map(gap)).collect();
        return lang.say(name, &args);
    }
    // Several of them, one after the other.
    match words.split_once("; ") {
        Some((first, rest)) if is_known(first) => format!("{}; {}", told(lang, first), told(lang, rest)),
        _ => words.chars().filter(|c| *c == '\n' || is_plain(*c)).collect(),
    }
}

fn is_known(words: &str) -> bool {
    KNOWN.iter().any(|(pattern, _)| gaps(pattern, words).is_some())
}

/// What stands in the gaps of a pattern, `{#}` being one for digits; `None`: this is another sentence.
fn gaps<'a>(pattern: &str, words: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split('{');
    let mut rest = words.strip_prefix(parts.next()?)?;
    let mut gaps = Vec::new();
    for part in parts {
        let (kind, after) = part.split_once('}')?;
        let at = if after.is_empty() {
            rest.len()
        } else {
            rest.find(after)?
        };
        let (gap, behind) = (&rest[..at], &rest[at + after.len()..]);
        if kind == "#" && !gap.bytes().all(|letter| letter.is_ascii_digit()) {
            return None;
        }
        gaps.push(gap);
        rest = behind;
    }
    rest.is_empty().then_some(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_known_by_its_pattern_and_its_gaps_are_told_too() {
        let guard = "[guard] holds it, hold 7: of 100 remains of warehouse W1 that KEAZ shows above 0, 51 would become 0 or \
                     vanish; guard.max_zero_share allows 30";
        let told_in = |lang| told(lang, guard);
        assert_eq!(
            told_in(Lang::Ru),
            "предохранитель [guard], удержание 7: из 100 остатков склада W1, которые КЭАЗ показывает выше 0, обнулилась \
             бы или исчезла 51 строка; guard.max_zero_share разрешает 30"
        );
        assert!(
            told_in(Lang::En).starts_with("[guard], hold 7: of 100 remains of warehouse W1"),
            "{}",
            told_in(Lang::En)
        );
    }

    #[test]
    fn several_are_told_one_after_the_other_and_others_stay_as_they_are() {
        let both =
            "held: 50 rows (sverka hold list: 1, 2); changed there by somebody else: 1 rows (status 8: ERP a, found b)";
        assert_eq!(
            told(Lang::Ru, both),
            "удержано 50 строк (sverka hold list: 1, 2); кто-то другой изменил там 1 строку (status 8: ERP a, found b)"
        );
        let prices = "of 60 rows of the list «main» in the ERP 40 would be deleted, guard.max_delete_share and max_rows allow 18; \
                      7 would have a stock of 0, guard.max_zero_share and max_rows allow 5";
        assert_eq!(
            told(Lang::Ru, prices),
            "из 60 строк прайс-листа «main» в ERP 40 были бы удалены, guard.max_delete_share и max_rows разрешают 18; у 7 \
             наличие стало бы 0, guard.max_zero_share и max_rows разрешают 5"
        );
        for other in [
            "",
            "HTTP 502: works; until 6",
            "the ERP has set no status at all",
            "held: ",
        ] {
            assert_eq!(told(Lang::Ru, other), other);
        }
        assert_eq!(
            told(Lang::Ru, "somebody set «\u{1b}[31mа» in Saplab"),
            "в Saplab кто-то поставил «[31mа»"
        );
    }
}
