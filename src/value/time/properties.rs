//! Naive times of every form, against chrono's own arithmetic.

use chrono::Duration;
use proptest::prelude::*;

use super::*;

/// Any microsecond between 2000 and 2100.
fn naive() -> impl Strategy<Value = NaiveDateTime> {
    let first = DateTime::<Utc>::from_timestamp(946_684_800, 0).unwrap_or_default();
    (0..3_155_760_000_000_000_i64).prop_map(move |micros| (first + Duration::microseconds(micros)).naive_utc())
}

proptest! {
    #[test]
    fn a_time_in_utc_is_itself_in_either_form(naive in naive()) {
        for form in ["%Y-%m-%d %H:%M:%S%.6f", "%Y-%m-%dT%H:%M:%S%.6f"] {
            prop_assert_eq!(utc(&naive.format(form).to_string()), Some(naive.and_utc()));
        }
    }

    #[test]
    fn the_fraction_may_have_any_length(naive in naive(), digits in 0..10_usize) {
        let nanos = format!("{:09}", naive.and_utc().timestamp_subsec_nanos());
        let seconds = naive.format("%Y-%m-%d %H:%M:%S");
        let text = match digits {
            0 => seconds.to_string(),
            _ => format!("{seconds}.{}", &nanos[..digits]),
        };
        let read = utc(&text).unwrap();
        let lost = naive.and_utc() - read;
        prop_assert!(lost >= Duration::zero() && lost < Duration::seconds(1), "{}", text);
        prop_assert!(digits < 6 || lost == Duration::zero(), "{}", text);
    }

    #[test]
    fn moscow_is_two_to_four_hours_ahead_and_shows_its_own_clock(naive in naive()) {
        // A few hours of these hundred years do not exist there.
        if let Some(instant) = moscow(&naive.to_string()) {
            prop_assert_eq!(instant.with_timezone(&Moscow).naive_local(), naive);
            prop_assert!((2..=4).contains(&(naive.and_utc() - instant).num_hours()));
            prop_assert_eq!(moscow_date(instant), naive.date());
        }
    }

    #[test]
    fn a_named_zone_is_believed(naive in naive(), hours in -12..=14_i32) {
        let Some(zone) = chrono::FixedOffset::east_opt(hours * 3600) else { return Ok(()) };
        let text = naive.and_utc().with_timezone(&zone).to_rfc3339();
        prop_assert_eq!((moscow(&text), utc(&text)), (Some(naive.and_utc()), Some(naive.and_utc())));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,30}", digits in "[0-9TZ:+. -]{0,30}") {
        let _ = (moscow(&text), utc(&digits), moscow(&digits));
    }
}
