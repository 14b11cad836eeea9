//! Points in time that the upstreams write without saying in which zone.
//!
//! Saplab's `date_added` and `date_modified` are Moscow time while its `history` is UTC (the sample of the panel
//! document, /panel/order, has the same second three hours apart). Carreta does not say; Moscow is assumed.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::Moscow;

/// `2017-01-15 22:02:43.114625` or `2014-10-23T16:18:31.315072`, in Moscow, with a fraction of any length or none.
/// `None` when it is not a date, or an hour that Moscow's clocks skipped. A text that names its zone is believed.
pub fn moscow(text: &str) -> Option<DateTime<Utc>> {
    read(text, |naive| {
        Some(Moscow.from_local_datetime(&naive).earliest()?.to_utc())
    })
}

/// The same forms, in UTC.
pub fn utc(text: &str) -> Option<DateTime<Utc>> {
    read(text, |naive| Some(naive.and_utc()))
}

/// The calendar day in Moscow at that instant, for filters by date.
pub fn moscow_date(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&Moscow).date_naive()
}

fn read(text: &str, local: impl Fn(NaiveDateTime) -> Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let instant = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map_or_else(
            || DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc()),
            |naive| local(naive).filter(|_| is_meant(naive.year())),
        );
    instant.filter(|instant| is_meant(instant.year()))
}

/// A year that nobody means may be one that PostgreSQL cannot hold, and would take the whole answer with it.
fn is_meant(year: i32) -> bool {
    (1..=9999).contains(&year)
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saplab_shows_one_instant_in_two_zones() {
        assert_eq!(moscow("2017-01-15 22:02:43.000000"), utc("2017-01-15 19:02:43.000000"));
    }

    #[test]
    fn a_year_that_nobody_means_is_no_date() {
        for text in [
            "-1-1-1 1:1:1",
            "-99999-01-01 00:00:00",
            "+10000-01-01 00:00:00",
            "0000-12-31 23:00:00",
        ] {
            assert_eq!((utc(text), moscow(text)), (None, None), "{text}");
        }
        assert!(utc("9999-12-31 23:59:59").is_some());
    }

    #[test]
    fn naive_times_are_read_with_any_fraction() {
        for (text, expected) in [
            ("2017-01-15 22:02:43.114625", "2017-01-15T19:02:43.114625Z"),
            ("2017-04-11 21:31:24.48985", "2017-04-11T18:31:24.48985Z"),
            ("2017-01-15 22:02:43", "2017-01-15T19:02:43Z"),
            ("2017-01-15T22:02:43.1", "2017-01-15T19:02:43.1Z"),
            ("2017-01-15 22:02:43.123456789", "2017-01-15T19:02:43.123456789Z"),
            // Three days before Moscow moved from UTC+4 to UTC+3.
            ("2014-10-23T16:18:31.315072", "2014-10-23T12:18:31.315072Z"),
            // The hour that came twice: the first of the two.
            ("2014-10-26 01:30:00", "2014-10-25T21:30:00Z"),
            ("2017-01-15T22:02:43+05:00", "2017-01-15T17:02:43Z"),
        ] {
            let expected: DateTime<Utc> = expected.parse().unwrap();
            assert_eq!(moscow(text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_a_date_is_unknown() {
        for text in [
            "",
            "0",
            "0000-00-00 00:00:00",
            "2017-02-30 10:00:00",
            "15.01.2017 22:02",
            "2017-01-15",
            "null",
        ] {
            assert_eq!((moscow(text), utc(text)), (None, None), "{text:?}");
        }
    }

    #[test]
    fn the_day_in_moscow_begins_three_hours_before_utc() {
        let late = "2017-01-15T21:30:00Z".parse().unwrap();
        assert_eq!(moscow_date(late), NaiveDate::from_ymd_opt(2017, 1, 16).unwrap());
    }
}
