//! Times as people type them: `03:00`, `2026-11-30 03:00`, `2h`; in the zone of `schedule.timezone`. Pure, with a table.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Before and after a time that somebody names alone.
const AROUND: TimeDelta = Duration::minutes(30);
/// Without any time: so far back.
const DAY: TimeDelta = Duration::hours(24);

/// From when until when; the end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From then on.
    pub since: DateTime<Utc>,
    /// Until then.
    pub until: DateTime<Utc>,
}

/// What was typed; an empty text is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    /// Around this time.
    pub at: Option<&'a str>,
    /// From when.
    pub since: Option<&'a str>,
    /// Until when.
    pub until: Option<&'a str>,
}

/// What could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// No form that is known.
    #[error("«{0}» is no time: say for example 03:00, 2026-11-30 03:00, 2026-11-30 or 2h (two hours ago)")]
    Unknown(String),
    /// It ends before it begins.
    #[error("the end of that time lies before its beginning")]
    Backwards,
}

impl Window {
    /// What those times mean at `now`: an hour of the day is the last one that has come, and an end the first one after the
    /// beginning. Without a beginning, the day before the end; without anything, the last day.
    pub fn of<'a>(typed: Typed<'a>, zone: Tz, now: DateTime<Utc>) -> Result<Self, Bad> {
        let given = |text: Option<&'a str>| text.map(str::trim).filter(|text| !text.is_empty());
        let [at, since, until] = [typed.at, typed.since, typed.until].map(given);
        if let (Some(at), None, None) = (at, since, until) {
            let at = read(at, zone, now, None)?;
            return Ok(Self {
                since: at - AROUND,
                until: at + AROUND,
            });
        }
        let since = since.or(at).map(|text| read(text, zone, now, None)).transpose()?;
        let until = until.map(|text| read(text, zone, now, since)).transpose()?;
        let window = Self {
            since: since.unwrap_or_else(|| until.unwrap_or(now) - DAY),
            // A moment later, so that what is just happening belongs to it.
            until: until.unwrap_or(now + Duration::minutes(1)),
        };
        if window.since >= window.until {
            return Err(Bad::Backwards);
        }
        Ok(window)
    }
}

/// `after`: an hour of the day is the first one from then on, not the last one until now.
fn read(text: &str, zone: Tz, now: DateTime<Utc>, after: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, Bad> {
    let unknown = || Bad::Unknown(text.to_owned());
    if text == "now" {
        return Ok(now);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    if let Some(time) = ["%H:%M:%S", "%H:%M"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(text, form).ok())
    {
        return hour(time, zone, now, after).ok_or_else(unknown);
    }
    let forms = [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
    ];
    if let Some(at) = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    {
        return local(at, zone).ok_or_else(unknown);
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return local(day.and_time(NaiveTime::MIN), zone).ok_or_else(unknown);
    }
    let ago = humantime::parse_duration(text).map_err(|_| unknown())?;
    let ago = TimeDelta::from_std(ago).map_err(|_| unknown())?;
    now.checked_sub_signed(ago).ok_or_else(unknown)
}

/// That hour of the day: the last one that has come, or the first one from `after` on.
fn hour(time: NaiveTime, zone: Tz, now: DateTime<Utc>, after: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let near = after.unwrap_or(now).with_timezone(&zone).date_naive();
    let days = [near.pred_opt()?, near, near.succ_opt()?];
    let mut hours = days.into_iter().filter_map(|day| local(day.and_time(time), zone));
    match after {
        Some(after) => hours.find(|hour| *hour >= after),
        None => hours.rfind(|hour| *hour <= now),
    }
}

/// A time of that zone: of an hour that a clock change repeats the first, of one that it skips the hour after.
fn local(at: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let found = match zone.from_local_datetime(&at) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at,
        MappedLocalTime::None => zone.from_local_datetime(&(at + Duration::hours(1))).earliest()?,
    };
    Some(found.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    /// In Moscow, at 10:15 on the 30th.
    fn window(typed: Typed<'_>) -> Result<(String, String), Bad> {
        let now = at("2026-11-30T07:15:00Z");
        let Window { since, until } = Window::of(typed, Tz::Europe__Moscow, now)?;
        let shown = |at: DateTime<Utc>| at.with_timezone(&Tz::Europe__Moscow).format("%d %H:%M:%S").to_string();
        Ok((shown(since), shown(until)))
    }

    #[test]
    fn times_are_understood_as_people_mean_them() {
        for (around, since, until, from, to) in [
            ("", "", "", "29 10:15:00", "30 10:16:00"),
            ("03:00", "", "", "30 02:30:00", "30 03:30:00"),
            // Of today it has not come yet.
            ("22:00", "", "", "29 21:30:00", "29 22:30:00"),
            ("2026-11-12 03:00", "", "", "12 02:30:00", "12 03:30:00"),
            ("", "2h", "", "30 08:15:00", "30 10:16:00"),
            ("", "1h 30m", "30m", "30 08:45:00", "30 09:45:00"),
            ("", "02:30", "03:30", "30 02:30:00", "30 03:30:00"),
            // Over midnight.
            ("", "23:00", "02:00", "29 23:00:00", "30 02:00:00"),
            ("", "2026-11-28 23:00", "02:00:30", "28 23:00:00", "29 02:00:30"),
            ("", "2026-11-28", "2026-11-29T12:30", "28 00:00:00", "29 12:30:00"),
            ("", "2026-11-28T00:00:00Z", "now", "28 03:00:00", "30 10:15:00"),
            ("", "", " 09:00 ", "29 09:00:00", "30 09:00:00"),
        ] {
            let typed = Typed {
                at: Some(around),
                since: Some(since),
                until: Some(until),
            };
            let expected = Ok((from.to_owned(), to.to_owned()));
            assert_eq!(window(typed), expected, "{around:?} {since:?} {until:?}");
        }
    }

    #[test]
    fn what_is_no_time_is_said_and_so_is_a_time_that_ends_before_it_begins() {
        let bad = |since, until| {
            window(Typed {
                at: None,
                since: Some(since),
                until: Some(until),
            })
        };
        for text in ["3", "25:00", "yesterday", "2026-13-01", "-2h", "999999999999y"] {
            assert_eq!(bad(text, ""), Err(Bad::Unknown(text.to_owned())));
        }
        assert_eq!(bad("1h", "2h"), Err(Bad::Backwards));
    }

    #[test]
    fn an_hour_that_the_clock_skips_or_repeats_is_one_time() {
        let zone = Tz::Europe__Berlin;
        let spring = at("2026-03-29T12:00:00Z");
        assert_eq!(read("02:30", zone, spring, None), Ok(at("2026-03-29T01:30:00Z")));
        let autumn = at("2026-10-25T12:00:00Z");
        assert_eq!(read("02:30", zone, autumn, None), Ok(at("2026-10-25T00:30:00Z")));
    }
}
