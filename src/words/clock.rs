//! Times as people read them: in the zone of `schedule.timezone`, the day only where it is not today.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Lang;
use crate::say;

/// The zone that people here live in, and what time it is.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zone: Tz,
    now: DateTime<Utc>,
}

impl Clock {
    /// A clock of that zone, read now.
    pub fn new(zone: Tz) -> Self {
        Self { zone, now: Utc::now() }
    }

    /// `14:05:10`; of another day `2026-11-23 14:05:10`.
    pub fn brief(&self, at: DateTime<Utc>) -> String {
        let (at, now) = (at.with_timezone(&self.zone), self.now.with_timezone(&self.zone));
        let form = if at.date_naive() == now.date_naive() {
            "%T"
        } else {
            "%F %T"
        };
        at.format(form).to_string()
    }

    /// `2026-11-23 14:05:10.123 MSK`
    pub fn exact(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%F %T%.3f %Z").to_string()
    }

    /// The zone's name, `Europe/Moscow`.
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }
}

/// `3.2 s`, `5 min 10 s`, `2 h 05 min`, `3 d 4 h`.
pub(crate) fn span(lang: Lang, seconds: f64) -> String {
    if seconds < 10.0 {
        let tenths = format!("{:.1}", seconds.max(0.0));
        let tenths = if lang == Lang::Ru {
            tenths.replace('.', ",")
        } else {
            tenths
        };
        return say!(lang, "span-seconds", n = tenths);
    }
    let whole = seconds.min(1e9) as u64;
    match whole {
        0..60 => say!(lang, "span-seconds", n = whole.to_string()),
        60..3600 => say!(lang, "span-minutes", n = whole / 60, rest = whole % 60),
        3600..86_400 => say!(lang, "span-hours", n = whole / 3600, rest = whole / 60 % 60),
        _ => say!(lang, "span-days", n = whole / 86_400, rest = whole / 3600 % 24),
    }
}

/// `1st`, `2nd`, `11th`; `2-я` (a try is feminine in Russian).
pub fn ordinal(lang: Lang, n: i32) -> String {
    let ending = match (lang, n % 10, n % 100) {
        (Lang::Ru, ..) => "-я",
        (Lang::En, _, 11..=13) => "th",
        (Lang::En, 1, _) => "st",
        (Lang::En, 2, _) => "nd",
        (Lang::En, 3, _) => "rd",
        (Lang::En, ..) => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_today_stands_alone_and_the_day_is_that_of_the_zone() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).unwrap();
        let clock = Clock {
            zone: chrono_tz::Europe::Moscow,
            now: at("2026-11-23T21:30:00Z"),
        };
        assert_eq!(clock.brief(at("2026-11-23T21:00:01Z")), "00:00:01");
        assert_eq!(clock.brief(at("2026-11-23T20:59:59Z")), "2026-11-23 23:59:59");
        assert_eq!(clock.exact(at("2026-11-23T20:59:59Z")), "2026-11-23 23:59:59.000 MSK");
    }

    #[test]
    fn tries_are_counted_as_people_count() {
        let en = [1, 2, 3, 4, 11, 12, 13, 21, 22, 111].map(|n| ordinal(Lang::En, n));
        assert_eq!(
            en,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th"
            ]
        );
        assert_eq!(ordinal(Lang::Ru, 2), "2-я");
    }
}
