//! The circuit breaker of an upstream: when it is left alone, and who may ask whether it is back. Pure, with a table.
//!
//! Closed: calls go out, and failures of the upstream itself are counted while they follow one another. Open: nothing goes
//! out until the rest is over. Then it is half-open: one call over all daemons, the probe, decides. [`super::standing`]
//! keeps the state in the database and asks [`step`] after each request; the claim lets one probe through.

use std::time::Duration;

use crate::config;
use crate::upstream::Fault;

/// Where an upstream stands. Half-open is [`State::Open`] after its rest: see [`admits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls go out; so many failures in a row.
    Closed {
        /// Of the upstream itself, since its last answer.
        failures: u32,
    },
    /// It rests; opened, or found still broken, so many times in a row.
    Open {
        /// At least 1.
        openings: u32,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// What a request showed about the upstream, whatever became of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It answered as itself; a refusal is an answer.
    Alive,
    /// It answered that it wants to be left alone for so long.
    Busy(Duration),
    /// It did not: not reached, no answer, 5xx, nonsense.
    Failing,
    /// It will not let us in, or a page stands in its place: a person has to act.
    Denied,
    /// No request was made, or it says nothing about the upstream as it is now.
    Nothing,
}

/// Somebody who says "0 seconds" has still said that it was too much.
const BUSY_MIN: Duration = Duration::from_secs(1);

impl Signal {
    /// What a fault says. A refused request is an answer, and so is a plea for fewer of them.
    pub fn of(fault: &Fault) -> Self {
        match fault {
            Fault::Busy {
                status: 429,
                retry_after: Some(wait),
                ..
            } => Self::Busy((*wait).max(BUSY_MIN)),
            Fault::Denied { .. } | Fault::NotApi(_) => Self::Denied,
            Fault::Refused { .. } | Fault::Unsupported { .. } | Fault::Busy { status: 429, .. } => Self::Alive,
            Fault::NotSent(_) | Fault::Lost(_) | Fault::Busy { .. } | Fault::Failing { .. } | Fault::Garbled(_) => {
                Self::Failing
            }
        }
    }
}

/// The breaker's part of `[queue]` and `[queue.NAME]`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Opens after so many failures in a row; 0 = only when access is denied.
    pub failures: u32,
    /// The bound of the first rest; it doubles each time the probe fails.
    pub wait: Duration,
    /// The bound of every rest.
    pub wait_max: Duration,
    /// The rest after access was denied; it does not double.
    pub pause: Duration,
}

impl Limits {
    /// As configured.
    pub fn new(queue: &config::Queue, manners: &config::Manners) -> Self {
        Self {
            failures: manners.breaker_failures,
            wait: manners.breaker_wait,
            wait_max: manners.breaker_wait_max,
            pause: queue.pause,
        }
    }
}

/// What people are told; once each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing goes out any more.
    Opened,
    /// It answers again.
    Closed,
}

/// What follows from a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the upstream stands now.
    pub state: State,
    /// It rests so long from now; nothing = its rest is over. `None`: that is left as it is.
    pub rest: Option<Duration>,
    /// What is to be told.
    pub news: Option<News>,
}

/// What the claim may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// Whatever is due.
    All,
    /// One call, as the probe.
    Probe,
    /// Nothing.
    None,
}

/// Whether calls may be claimed: `resting` = the rest is not over; `probing` = a probe is under way somewhere.
/// The statement of the claim says the same in SQL.
pub fn admits(state: State, resting: bool, probing: bool) -> Admits {
    match state {
        _ if resting => Admits::None,
        State::Closed { .. } => Admits::All,
        State::Open { .. } if probing => Admits::None,
        State::Open { .. } => Admits::Probe,
    }
}

/// The one decision. While the breaker is open only its probe is believed: what left before it opened, or was taken for
/// dead, says nothing about the upstream as it is now. `jitter` is drawn uniformly from 0..1.
pub fn step(state: State, signal: Signal, is_probe: bool, limits: &Limits, jitter: f64) -> Step {
    let open = |openings, rest, news| Step {
        state: State::Open { openings },
        rest: Some(rest),
        news,
    };
    match (state, signal) {
        (State::Closed { .. }, Signal::Alive) => quiet(State::default()),
        (State::Closed { .. }, Signal::Busy(wait)) => Step {
            rest: Some(wait.min(limits.wait_max)),
            ..quiet(State::default())
        },
        (State::Closed { .. }, Signal::Denied) => open(1, limits.pause, Some(News::Opened)),
        (State::Closed { failures }, Signal::Failing) => {
            let failures = failures.saturating_add(1);
            if limits.failures == 0 || failures < limits.failures {
                quiet(State::Closed { failures })
            } else {
                open(1, rest(1, limits, jitter), Some(News::Opened))
            }
        }
        (State::Open { openings }, Signal::Failing) if is_probe => {
            let openings = openings.saturating_add(1);
            open(openings, rest(openings, limits, jitter), None)
        }
        (State::Open { openings }, Signal::Denied) if is_probe => open(openings, limits.pause, None),
        (State::Open { openings }, Signal::Nothing) if is_probe => open(openings, Duration::ZERO, None),
        (State::Open { .. }, Signal::Alive) if is_probe => Step {
            state: State::default(),
            rest: Some(Duration::ZERO),
            news: Some(News::Closed),
        },
        (State::Open { .. }, Signal::Busy(wait)) if is_probe => Step {
            state: State::default(),
            rest: Some(wait.min(limits.wait_max)),
            news: Some(News::Closed),
        },
        (State::Closed { .. }, Signal::Nothing) | (State::Open { .. }, _) => quiet(state),
    }
}

fn quiet(state: State) -> Step {
    Step {
        state,
        rest: None,
        news: None,
    }
}

/// Between half of the bound and the bound, which doubles with every opening from `wait` to `wait_max`.
fn rest(openings: u32, limits: &Limits, jitter: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(openings.saturating_sub(1));
    let bound = limits.wait.saturating_mul(doubled).min(limits.wait_max);
    bound / 2 + (bound / 2).mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        failures: 3,
        wait: Duration::from_secs(30),
        wait_max: Duration::from_secs(600),
        pause: Duration::from_secs(300),
    };
    const HEALTHY: State = State::Closed { failures: 0 };

    fn closed(failures: u32) -> State {
        State::Closed { failures }
    }

    fn open(openings: u32) -> State {
        State::Open { openings }
    }

    #[test]
    fn every_state_meets_every_signal_as_the_table_says() {
        use News::{Closed, Opened};
        use Signal::{Alive, Busy, Denied, Failing, Nothing};
        let minute = Duration::from_secs(60);
        let (still, over) = (None, Some(0));
        // State, signal, from the probe; then the state, the rest in seconds, and what is told.
        let table = [
            (closed(0), Alive, false, HEALTHY, still, None),
            (closed(2), Alive, false, HEALTHY, still, None),
            (closed(0), Failing, false, closed(1), still, None),
            (closed(2), Failing, false, open(1), Some(30), Some(Opened)),
            (closed(0), Denied, false, open(1), Some(300), Some(Opened)),
            (closed(2), Nothing, false, closed(2), still, None),
            (closed(2), Busy(minute), false, HEALTHY, Some(60), None),
            (closed(0), Busy(minute * 60), false, HEALTHY, Some(600), None),
            (open(1), Busy(minute), false, open(1), still, None),
            (open(1), Busy(minute), true, HEALTHY, Some(60), Some(Closed)),
            // Left before it opened, or its probe was taken for dead.
            (open(1), Alive, false, open(1), still, None),
            (open(1), Failing, false, open(1), still, None),
            (open(1), Denied, false, open(1), still, None),
            (open(1), Nothing, false, open(1), still, None),
            (open(1), Alive, true, HEALTHY, over, Some(Closed)),
            (open(1), Failing, true, open(2), Some(60), None),
            (open(9), Failing, true, open(10), Some(600), None),
            (open(u32::MAX), Failing, true, open(u32::MAX), Some(600), None),
            (open(2), Denied, true, open(2), Some(300), None),
            (open(2), Nothing, true, open(2), over, None),
        ];
        for (state, signal, is_probe, next, rest, news) in table {
            let expected = Step {
                state: next,
                rest: rest.map(Duration::from_secs),
                news,
            };
            let found = step(state, signal, is_probe, &LIMITS, 1.0);
            assert_eq!(
                found, expected,
                "{state:?} meets {signal:?}, from the probe: {is_probe}"
            );
        }
    }

    #[test]
    fn the_rest_is_drawn_between_half_of_its_bound_and_its_bound() {
        let seconds = |openings, jitter| rest(openings, &LIMITS, jitter).as_secs();
        assert_eq!([seconds(1, 0.0), seconds(1, 0.5), seconds(1, 1.0)], [15, 22, 30]);
        let bounds: Vec<u64> = (1..=7).map(|openings| seconds(openings, 1.0)).collect();
        assert_eq!(bounds, [30, 60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn with_no_number_of_failures_it_opens_only_when_access_is_denied() {
        let limits = Limits { failures: 0, ..LIMITS };
        let failing = step(closed(1000), Signal::Failing, false, &limits, 1.0);
        assert_eq!((failing.state, failing.news), (closed(1001), None));
        let denied = step(failing.state, Signal::Denied, false, &limits, 1.0);
        assert_eq!((denied.state, denied.news), (open(1), Some(News::Opened)));
    }

    #[test]
    fn one_call_is_let_through_after_the_rest_and_no_second_beside_it() {
        let table = [
            (HEALTHY, false, false, Admits::All),
            (HEALTHY, true, false, Admits::None),
            (open(1), true, false, Admits::None),
            (open(1), false, false, Admits::Probe),
            (open(1), false, true, Admits::None),
        ];
        for (state, resting, probing, expected) in table {
            assert_eq!(
                admits(state, resting, probing),
                expected,
                "{state:?} {resting} {probing}"
            );
        }
    }

    #[test]
    fn a_refusal_and_a_plea_for_less_are_answers_and_the_rest_is_the_upstreams_failure() {
        let words = String::new;
        let busy = |status| Fault::Busy {
            status,
            retry_after: None,
            words: words(),
        };
        let pleads = |seconds| Fault::Busy {
            status: 429,
            retry_after: Some(Duration::from_secs(seconds)),
            words: words(),
        };
        let table = [
            (pleads(30), Signal::Busy(Duration::from_secs(30))),
            (pleads(0), Signal::Busy(BUSY_MIN)),
            (Fault::NotSent(words()), Signal::Failing),
            (Fault::Lost(words()), Signal::Failing),
            (Fault::Garbled(words()), Signal::Failing),
            (busy(503), Signal::Failing),
            (busy(429), Signal::Alive),
            (
                Fault::Failing {
                    status: 500,
                    words: words(),
                },
                Signal::Failing,
            ),
            (
                Fault::Denied {
                    status: 403,
                    words: words(),
                },
                Signal::Denied,
            ),
            (Fault::NotApi(words()), Signal::Denied),
            (
                Fault::Refused {
                    status: 400,
                    words: words(),
                },
                Signal::Alive,
            ),
            (
                Fault::Unsupported {
                    status: 404,
                    words: words(),
                },
                Signal::Alive,
            ),
        ];
        for (fault, expected) in table {
            assert_eq!(Signal::of(&fault), expected, "{fault:?}");
        }
    }
}
