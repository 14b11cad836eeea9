//! Times as the upstreams write them: Moscow wall clock without an offset, PostgreSQL's variable fraction, UTC history.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// The wall clock in Moscow, where all three upstreams live.
pub(super) fn moscow(at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc() + TimeDelta::hours(3)
}

/// The Moscow date.
pub(super) fn moscow_date(at: DateTime<Utc>) -> NaiveDate {
    moscow(at).date()
}

/// `2017-04-11 21:31:24.48985`: microseconds without trailing zeros, as the panel shows its own columns.
pub(super) fn panel(at: DateTime<Utc>) -> String {
    let text = moscow(at).format("%Y-%m-%d %H:%M:%S%.6f").to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `2017-01-15 19:02:43.000000`: a line of a position's history, in UTC.
pub(super) fn history(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S.000000").to_string()
}

/// `2019-08-20 17:53:12`: the client API's dates of an order.
pub(super) fn client(at: DateTime<Utc>) -> String {
    moscow(at).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2014-10-23T16:18:31.315072`: Carreta.
pub(super) fn carreta(at: DateTime<Utc>) -> String {
    moscow(at).format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_reads_differently_at_every_upstream() {
        let at = DateTime::parse_from_rfc3339("2017-01-15T19:02:43.489850Z")
            .unwrap()
            .to_utc();
        assert_eq!(panel(at), "2017-01-15 22:02:43.48985");
        assert_eq!(history(at), "2017-01-15 19:02:43.000000");
        assert_eq!(client(at), "2017-01-15 22:02:43");
        assert_eq!(carreta(at), "2017-01-15T22:02:43.489850");
    }

    #[test]
    fn a_whole_minute_keeps_its_seconds() {
        let at = DateTime::parse_from_rfc3339("2017-01-15T19:00:00Z").unwrap().to_utc();
        assert_eq!(panel(at), "2017-01-15 22:00:00");
    }
}
