//! What a call does next that must not be repeated blindly: look upstream, send, end, or go to a person.
//!
//! Pure, with a table beside it. `operation::perform` asks it each time it has claimed such a call; what the upstream
//! holds ([`Sight`]) is read by the operation from the answer of the last look.

use std::time::Duration;

/// What the upstream's own state says about an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is there; in words.
    Done(String),
    /// It is not there.
    Absent,
    /// Neither can be said, or it must not be done as things stand; in words.
    Doubt(String),
}

/// What happens now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The request is made.
    Send,
    /// The upstream's state is read, after so long, and the call comes back then.
    Look(Duration),
    /// It has happened: the call is done.
    Finish(String),
    /// It is not made: nothing was sent, and a person must change something.
    Refuse(String),
    /// It may have happened, and only a person can decide.
    Quarantine(String),
}

/// Where the call stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stand {
    /// How long ago the request left, if it may have left.
    pub sent: Option<Duration>,
    /// Whether that was the second time.
    pub resent: bool,
    /// How often the upstream's state has been read since.
    pub looks: i16,
    /// Whether it has failed, or could not be looked up, too often to go on by itself.
    pub exhausted: bool,
}

/// How the operation wants to be treated.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Whether it is looked up before it is sent at all.
    pub looks_first: bool,
    /// Whether it carries our token: absent after the quiet window, it is sent once more.
    pub resends: bool,
    /// Between the first look and the second: the upstream may still be at work on a request that we gave up.
    pub second_look: Duration,
    /// A request whose effect has not appeared for so long will not appear any more.
    pub quiet: Duration,
}

/// The one decision. `sight` is read only when there has been a look.
pub fn step(stand: Stand, manner: Manner, sight: Sight) -> Step {
    let Some(age) = stand.sent else {
        return before(stand, manner, sight);
    };
    let look = |wait| {
        if stand.exhausted {
            Step::Quarantine("it was sent, and what became of it cannot be read".into())
        } else {
            Step::Look(wait)
        }
    };
    match sight {
        _ if stand.looks == 0 => look(Duration::ZERO),
        Sight::Done(words) => Step::Finish(words),
        Sight::Doubt(words) => Step::Quarantine(words),
        Sight::Absent if stand.looks == 1 => look(manner.second_look),
        Sight::Absent if manner.resends && !stand.resent => match manner.quiet.checked_sub(age) {
            Some(left) if !left.is_zero() => look(left),
            _ if stand.exhausted => Step::Quarantine("it was sent, failed too often, and does not show".into()),
            _ => Step::Send,
        },
        Sight::Absent => Step::Quarantine(format!(
            "it was sent, no answer came that decides, and {} reads do not show it; it may still happen",
            stand.looks
        )),
    }
}

/// Nothing has been sent.
fn before(stand: Stand, manner: Manner, sight: Sight) -> Step {
    match sight {
        _ if manner.looks_first && stand.looks == 0 && stand.exhausted => {
            Step::Refuse("not sent: what the upstream holds cannot be read".into())
        }
        _ if manner.looks_first && stand.looks == 0 => Step::Look(Duration::ZERO),
        Sight::Done(words) if stand.looks > 0 => Step::Finish(words),
        Sight::Doubt(words) if stand.looks > 0 => Step::Refuse(words),
        _ => Step::Send,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);
    const QUIET: Duration = Duration::from_secs(900);

    fn manner(resends: bool) -> Manner {
        Manner {
            looks_first: true,
            resends,
            second_look: TIMEOUT,
            quiet: QUIET,
        }
    }

    fn sent(seconds: u64, looks: i16) -> Stand {
        Stand {
            sent: Some(Duration::from_secs(seconds)),
            looks,
            ..Stand::default()
        }
    }

    fn unsent(looks: i16) -> Stand {
        Stand {
            looks,
            ..Stand::default()
        }
    }

    fn done() -> Sight {
        Sight::Done("it is paid".into())
    }

    fn doubt() -> Sight {
        Sight::Doubt("two orders carry our token".into())
    }

    #[test]
    fn before_anything_is_sent_the_state_is_read_and_believed() {
        let table = [
            (unsent(0), done(), Step::Look(Duration::ZERO)),
            (unsent(1), Sight::Absent, Step::Send),
            (unsent(1), done(), Step::Finish("it is paid".into())),
            (unsent(1), doubt(), Step::Refuse("two orders carry our token".into())),
        ];
        for (stand, sight, expected) in table {
            assert_eq!(step(stand, manner(false), sight), expected, "{stand:?}");
        }
    }

    #[test]
    fn what_needs_no_look_is_sent_at_once() {
        let manner = Manner {
            looks_first: false,
            ..manner(false)
        };
        assert_eq!(step(unsent(0), manner, Sight::Absent), Step::Send);
    }

    #[test]
    fn what_was_sent_is_looked_for_twice_and_never_sent_again_without_a_token() {
        assert_eq!(
            step(sent(1, 0), manner(false), Sight::Absent),
            Step::Look(Duration::ZERO)
        );
        assert_eq!(step(sent(1, 1), manner(false), Sight::Absent), Step::Look(TIMEOUT));
        for seconds in [31, 100_000] {
            let end = step(sent(seconds, 2), manner(false), Sight::Absent);
            assert!(matches!(end, Step::Quarantine(_)), "{end:?}");
        }
        assert_eq!(
            step(sent(31, 2), manner(false), done()),
            Step::Finish("it is paid".into())
        );
        assert!(matches!(step(sent(1, 1), manner(true), doubt()), Step::Quarantine(_)));
    }

    #[test]
    fn with_a_token_it_is_sent_once_more_after_the_quiet_window_and_not_a_third_time() {
        assert_eq!(
            step(sent(31, 2), manner(true), Sight::Absent),
            Step::Look(QUIET - Duration::from_secs(31))
        );
        assert_eq!(step(sent(900, 3), manner(true), Sight::Absent), Step::Send);
        let resent = Stand {
            resent: true,
            ..sent(2000, 2)
        };
        assert!(matches!(step(resent, manner(true), Sight::Absent), Step::Quarantine(_)));
        assert_eq!(step(resent, manner(true), done()), Step::Finish("it is paid".into()));
    }

    #[test]
    fn what_cannot_be_looked_up_goes_to_a_person() {
        let exhausted = |stand| Stand {
            exhausted: true,
            ..stand
        };
        for stand in [sent(1, 0), sent(1, 1), sent(1000, 3)] {
            let end = step(exhausted(stand), manner(true), Sight::Absent);
            assert!(matches!(end, Step::Quarantine(_)), "{stand:?} {end:?}");
        }
        assert!(matches!(
            step(exhausted(unsent(0)), manner(true), Sight::Absent),
            Step::Refuse(_)
        ));
        assert_eq!(
            step(exhausted(sent(1, 1)), manner(true), done()),
            Step::Finish("it is paid".into())
        );
    }
}
