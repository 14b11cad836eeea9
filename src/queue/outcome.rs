//! What follows from a fault: the one place where policy is decided. Pure functions, with a table beside them.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::Class;
use crate::config;
use crate::upstream::Fault;

/// `Retry-After` is believed between these.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));

/// How a call goes on after a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Try again after so long.
    Retry(Duration),
    /// The upstream rests for so long; the call waits with it and the attempt does not count.
    Pause(Duration),
    /// It may have happened: look upstream at once, and make what is still to do again after so long.
    Unknown(Duration),
    /// The upstream's state is read after so long, and the call goes on by what it shows. Nothing failed.
    Look(Duration),
    /// Whether it happened cannot be told: a person decides.
    Quarantined,
    /// Never again by itself: kept with its reason for a person.
    Dead,
}

impl Outcome {
    /// The word in `queue.attempt.outcome` and in the metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Retry(_) => "retry",
            Self::Pause(_) => "paused",
            Self::Unknown(_) => "unknown",
            Self::Look(_) => "looking",
            Self::Quarantined => "quarantined",
            Self::Dead => "dead",
        }
    }
}

/// When an operation that sets a value is looked up upstream before it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Never: sending it again is harmless, or there is nothing to look at.
    Never,
    /// When its answer was lost.
    WhenLost,
    /// When its answer was lost or the upstream failed over it: a repetition would bother somebody.
    WhenInDoubt,
    /// Then, and before it is sent for the first time: it is not sent when it stands so already. Guarded calls do this.
    Always,
}

/// The retry policy of `[queue]`.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// A call is dead after so many attempts.
    pub max_attempts: u32,
    /// The upper bound of the first delay.
    pub base: Duration,
    /// The upper bound of every delay.
    pub max: Duration,
    /// How long an upstream rests.
    pub pause: Duration,
}

impl From<&config::Queue> for Policy {
    fn from(queue: &config::Queue) -> Self {
        Self {
            max_attempts: queue.max_attempts,
            base: queue.backoff_base,
            max: queue.backoff_max,
            pause: queue.pause,
        }
    }
}

/// Decides what follows from `fault` at the given attempt (from 1). `jitter` is drawn uniformly from 0..1.
pub fn decide(class: Class, read_back: ReadBack, fault: &Fault, attempt: u32, policy: &Policy, jitter: f64) -> Outcome {
    // A page may come from behind the effect: what must not be repeated is looked up, and that look meets the page too.
    let page = matches!(fault, Fault::NotApi(_));
    let must_not_repeat = class == Class::Guarded || matches!(read_back, ReadBack::WhenInDoubt | ReadBack::Always);
    let wait = match fault {
        Fault::Denied { .. } => return Outcome::Pause(policy.pause),
        Fault::NotApi(_) if !must_not_repeat => return Outcome::Pause(policy.pause),
        Fault::Refused { .. } | Fault::Unsupported { .. } => return Outcome::Dead,
        Fault::Busy {
            retry_after: Some(asked),
            ..
        } => (*asked).clamp(RETRY_AFTER.0, RETRY_AFTER.1),
        Fault::Busy { retry_after: None, .. }
        | Fault::NotSent(_)
        | Fault::Lost(_)
        | Fault::Failing { .. }
        | Fault::NotApi(_)
        | Fault::Garbled(_) => delay(attempt, policy, jitter),
    };
    let lost = matches!(fault, Fault::Lost(_) | Fault::Garbled(_));
    // A proxy says 503 for a server behind it that may have acted.
    let unavailable = class == Class::Guarded && matches!(fault, Fault::Busy { status: 503, .. });
    let in_doubt = lost || page || unavailable || matches!(fault, Fault::Failing { .. });
    let look_first = match (class, read_back) {
        (Class::Read, _) | (Class::Idempotent, ReadBack::Never) => false,
        (Class::Idempotent, ReadBack::WhenLost) => lost,
        (Class::Idempotent, ReadBack::WhenInDoubt | ReadBack::Always) | (Class::Guarded, _) => in_doubt,
    };
    if attempt >= policy.max_attempts && !(class == Class::Guarded && in_doubt) {
        Outcome::Dead
    } else if look_first {
        Outcome::Unknown(wait)
    } else {
        Outcome::Retry(wait)
    }
}

/// Exponential backoff with full jitter: uniform between a tenth of the bound and the bound, which doubles with every
/// attempt from `base` to `max`.
pub fn delay(attempt: u32, policy: &Policy, jitter: f64) -> Duration {
    let bound = ExponentialBuilder::default()
        .with_min_delay(policy.base)
        .with_max_delay(policy.max)
        .with_factor(2.0)
        .without_max_times()
        .build()
        .nth(attempt.saturating_sub(1).min(63) as usize)
        .unwrap_or(policy.max);
    // Not clamped below: a tenth of them would come back at one moment.
    bound / 10 + (bound * 9 / 10).mul_f64(jitter.clamp(0.0, 1.0))
}

/// A wait as a person reads it.
pub(crate) fn in_words(wait: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(if wait < Duration::from_secs(1) {
        Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or_default())
    } else {
        Duration::from_secs(wait.as_secs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        max_attempts: 5,
        base: Duration::from_secs(1),
        max: Duration::from_secs(300),
        pause: Duration::from_secs(120),
    };

    fn lost() -> Fault {
        Fault::Lost("reset".into())
    }

    fn status(status: u16) -> Fault {
        let words = String::new();
        match status {
            401 | 403 => Fault::Denied { status, words },
            404 => Fault::Unsupported { status, words },
            429 | 503 => Fault::Busy {
                status,
                retry_after: None,
                words,
            },
            500..=599 => Fault::Failing { status, words },
            _ => Fault::Refused { status, words },
        }
    }

    #[test]
    fn every_fault_meets_every_class_as_the_table_says() {
        use Class::{Guarded, Idempotent, Read};
        use ReadBack::{Never, WhenInDoubt, WhenLost};
        let retry = Outcome::Retry(Duration::from_secs(1));
        let pause = Outcome::Pause(POLICY.pause);
        let look = Outcome::Unknown(Duration::from_secs(1));
        let unsent = Fault::NotSent("refused".into());
        let garbled = Fault::Garbled("cut".into());
        let page = Fault::NotApi("login page".into());
        let table = [
            (Read, Never, &unsent, retry.clone()),
            (Idempotent, WhenInDoubt, &unsent, retry.clone()),
            (Guarded, WhenInDoubt, &unsent, retry.clone()),
            (Read, Never, &lost(), retry.clone()),
            (Idempotent, Never, &lost(), retry.clone()),
            (Idempotent, WhenLost, &lost(), look.clone()),
            (Guarded, Never, &lost(), look.clone()),
            (Read, Never, &status(500), retry.clone()),
            (Idempotent, WhenLost, &status(502), retry.clone()),
            (Idempotent, WhenInDoubt, &status(502), look.clone()),
            (Guarded, Never, &status(504), look.clone()),
            (Read, Never, &garbled, retry.clone()),
            (Idempotent, WhenLost, &garbled, look.clone()),
            (Guarded, Never, &garbled, look.clone()),
            (Read, Never, &status(503), retry.clone()),
            (Guarded, Never, &status(429), retry.clone()),
            (Read, Never, &status(401), pause.clone()),
            (Guarded, Never, &status(403), pause.clone()),
            (Idempotent, WhenLost, &page, pause),
            (Guarded, Never, &page, look.clone()),
            (Idempotent, WhenInDoubt, &page, look.clone()),
            (Read, Never, &status(404), Outcome::Dead),
            (Idempotent, WhenInDoubt, &status(400), Outcome::Dead),
        ];
        for (class, read_back, fault, expected) in table {
            let outcome = decide(class, read_back, fault, 1, &POLICY, 1.0);
            assert_eq!(outcome, expected, "{class:?}, read-back {read_back:?}, meets {fault:?}");
        }
    }

    #[test]
    fn the_last_attempt_is_the_last_except_where_a_guarded_effect_is_in_doubt() {
        let last = |class, read_back, fault: &Fault| decide(class, read_back, fault, 5, &POLICY, 1.0);
        assert_eq!(last(Class::Read, ReadBack::Never, &lost()), Outcome::Dead);
        assert_eq!(
            last(Class::Idempotent, ReadBack::WhenInDoubt, &status(500)),
            Outcome::Dead
        );
        assert_eq!(
            last(Class::Guarded, ReadBack::Never, &lost()),
            Outcome::Unknown(Duration::from_secs(16))
        );
        assert_eq!(
            last(Class::Read, ReadBack::Never, &status(401)),
            Outcome::Pause(POLICY.pause)
        );
    }

    #[test]
    fn retry_after_is_honoured_within_a_second_and_an_hour() {
        for (asked, waited) in [(0, 1), (30, 30), (315_360_000, 3600)] {
            let fault = Fault::Busy {
                status: 429,
                retry_after: Some(Duration::from_secs(asked)),
                words: String::new(),
            };
            let outcome = decide(Class::Read, ReadBack::Never, &fault, 1, &POLICY, 0.5);
            assert_eq!(outcome, Outcome::Retry(Duration::from_secs(waited)));
        }
    }

    #[test]
    fn the_delay_doubles_up_to_its_bound_and_is_never_nothing() {
        let bounds: Vec<u64> = (1..=11).map(|attempt| delay(attempt, &POLICY, 1.0).as_secs()).collect();
        assert_eq!(bounds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(delay(1, &POLICY, 0.0), Duration::from_millis(100));
        assert_eq!(delay(u32::MAX, &POLICY, 1.0), POLICY.max);
    }
}
