//! How an expression of `[schedule]` is read. Pure; used by validation, and by the schedule itself, so that both mean
//! the same.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Parses an expression of `[schedule]`: six fields, seconds first. Empty = never = `None`.
///
/// # Errors
/// What is wrong with the expression, in words for its author.
pub fn parse_cron(expression: &str) -> Result<Option<Cron>, String> {
    if expression.trim().is_empty() {
        return Ok(None);
    }
    let fields = expression.split_whitespace().count();
    if fields != 6 {
        return Err(format!(
            "expected six fields (second minute hour day month weekday), got {fields}"
        ));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Disallowed)
        .build();
    parser.parse(expression).map(Some).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::parse_cron;

    #[test]
    fn an_empty_expression_means_never() {
        assert!(parse_cron(" ").unwrap().is_none());
    }

    #[test]
    fn an_expression_has_six_fields_with_the_seconds_first() {
        for good in ["0 */5 * * * *", "0 0 8 * * MON-FRI", "30 0 0 1 1 *"] {
            assert!(parse_cron(good).unwrap().is_some(), "{good}");
        }
        for bad in [
            "*/5 * * * *",
            "0 0 0 1 1 * 2030",
            "@daily",
            "0 61 * * * *",
            "x x x x x x",
        ] {
            assert!(parse_cron(bad).is_err(), "{bad}");
        }
    }
}
