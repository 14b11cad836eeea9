//! Entries of the time line in words: the terminal and the page say the same. Upstreams' own words are quoted as they are.

use super::{Entry, Process, Ran, Sum, What};
use crate::say;
use crate::upstream::transport::clip;
use crate::words::Lang;
use crate::words::clock::{Clock, span};
use crate::words::ours;

/// So much of somebody's words stands in a line.
const WORDS: usize = 300;

/// Whom it is told, and by which clock.
#[derive(Clone, Copy, Debug)]
pub struct Teller {
    /// The language.
    pub lang: Lang,
    /// The zone.
    pub clock: Clock,
}

impl Teller {
    /// A line about something that happened, without its time.
    pub fn line(&self, entry: &Entry) -> String {
        let lang = self.lang;
        match &entry.what {
            What::Run(run) => self.run(run),
            What::LeftAlone { upstream, words } => {
                let line = say!(lang, "history-left-alone", site = lang.site(upstream));
                self.with(line, words.as_deref())
            }
            What::AnswersAgain { upstream, words } => {
                let line = say!(lang, "history-answers-again", site = lang.site(upstream));
                self.with(line, words.as_deref())
            }
            What::Held {
                hold,
                upstream,
                scope,
                rows,
                why,
                state,
                ..
            } => {
                let site = lang.site(upstream);
                let place = if scope.is_empty() {
                    site
                } else {
                    format!("{site}/{scope}")
                };
                let state = lang
                    .known(&format!("hold-state-{state}"))
                    .unwrap_or_else(|| state.clone());
                say!(
                    lang,
                    "history-held",
                    hold = *hold,
                    rows = *rows,
                    place = place,
                    state = state,
                    why = self.ours(why)
                )
            }
            What::GivenUp { .. } | What::Refused { .. } => self.call(&entry.what),
            What::Drift {
                upstream, rows, sample, ..
            } => say!(
                lang,
                "history-drift",
                rows = *rows,
                site = lang.site(upstream),
                sample = clip(sample, WORDS)
            ),
            What::Act {
                who,
                command,
                call,
                words,
            } => {
                let name = format!("act-{}", command.replace(' ', "-").replace("--", ""));
                let call = call.map(|call| call.to_string()).unwrap_or_default();
                let act = match lang.known(&name) {
                    Some(_) => lang.say(&name, &[("call", call.into())]),
                    None => command.clone(),
                };
                // What was found then may be the state of a call.
                let words = words.as_ref().map(|words| self.state(words));
                self.with(
                    say!(lang, "history-act", who = who.clone(), act = act),
                    words.as_deref(),
                )
            }
            What::Paused { .. } | What::Resumed { .. } => self.pause(&entry.what),
            What::DaemonBegan(process) => self.process("history-daemon-began", process),
            What::DaemonEnded(process) => self.process("history-daemon-ended", process),
            What::DaemonGone(process) => self.process("history-daemon-gone", process),
            What::Restored { words } => self.with(say!(lang, "history-restored"), Some(words)),
            What::RestoreOver { who } => match who {
                Some(who) => say!(lang, "history-restore-accepted", who = who.clone()),
                None => say!(lang, "history-restore-over"),
            },
        }
    }

    /// How the runs of a job went.
    pub fn sum(&self, sum: &Sum) -> String {
        let lang = self.lang;
        let line = say!(
            lang,
            "history-sum",
            job = lang.job(&sum.job),
            runs = sum.runs,
            failed = sum.failed,
            mean = span(lang, sum.mean_seconds),
            most = span(lang, sum.most_seconds)
        );
        format!(
            "{line} {}",
            self.rows(sum.rows_pulled, sum.rows_pushed, sum.rows_refused)
        )
    }

    fn run(&self, run: &Ran) -> String {
        let lang = self.lang;
        let job = lang.job(&run.job);
        let job = match &run.scope {
            Some(scope) => say!(lang, "history-run-only", job = job, scope = scope.clone()),
            None => job,
        };
        let asked = lang.known(&format!("trigger-{}", run.trigger));
        let asked = asked.unwrap_or_else(|| run.trigger.clone());
        let state = run.outcome.as_ref().unwrap_or(&run.state);
        let outcome = lang.known(&format!("outcome-{state}")).unwrap_or_else(|| state.clone());
        let outcome = match (run.started_at, run.ended_at) {
            (Some(began), Some(ended)) => {
                let span = span(lang, (ended - began).as_seconds_f64());
                say!(lang, "history-run-took", outcome = outcome, span = span)
            }
            _ => outcome,
        };
        let line = say!(
            lang,
            "history-run",
            job = job,
            run = run.run.to_string(),
            asked = asked,
            outcome = outcome
        );
        let mut parts = vec![line, self.rows(run.rows_pulled, run.rows_pushed, run.rows_refused)];
        if run.dead_calls > 0 {
            parts.push(format!("{}.", say!(lang, "overview-dead", calls = run.dead_calls)));
        }
        parts.extend(run.note.as_ref().map(|note| self.ours(note)));
        parts.join(" ")
    }

    fn rows(&self, pulled: i64, pushed: i64, refused: i64) -> String {
        format!(
            "{}.",
            say!(
                self.lang,
                "runs-rows",
                pulled = pulled,
                pushed = pushed,
                refused = refused
            )
        )
    }

    fn call(&self, what: &What) -> String {
        let lang = self.lang;
        match what {
            What::GivenUp {
                call,
                outcome,
                operation,
                words,
                state,
            } => {
                let (call, operation) = (call.to_string(), operation.clone());
                let line = match outcome.as_str() {
                    "quarantined" => say!(lang, "history-quarantined", call = call, operation = operation),
                    _ => say!(lang, "history-dead", call = call, operation = operation),
                };
                let line = self.with(line, words.as_deref());
                if state == outcome {
                    return line;
                }
                format!("{line} {}", say!(lang, "history-now", state = self.state(state)))
            }
            What::Refused {
                operation,
                calls,
                words,
                ..
            } => {
                let line = say!(lang, "history-refused", calls = *calls, operation = operation.clone());
                self.with(line, words.as_deref())
            }
            _ => String::new(),
        }
    }

    fn pause(&self, what: &What) -> String {
        let lang = self.lang;
        match what {
            What::Paused {
                upstream,
                only_pushes,
                who,
                reason,
                until,
            } => {
                let (who, site, until) = (who.clone(), lang.site(upstream), self.clock.brief(*until));
                let line = if *only_pushes {
                    say!(lang, "history-paused-pushes", who = who, site = site, until = until)
                } else {
                    say!(lang, "history-paused", who = who, site = site, until = until)
                };
                self.with(line, reason.as_deref())
            }
            What::Resumed { upstream, who } => match who {
                Some(who) => say!(lang, "history-resumed", who = who.clone(), site = lang.site(upstream)),
                None => say!(lang, "history-pause-over", site = lang.site(upstream)),
            },
            _ => String::new(),
        }
    }

    /// A call's state in words; what is none, as it is.
    fn state(&self, state: &str) -> String {
        let known = self.lang.known(&format!("state-{state}"));
        known.unwrap_or_else(|| state.to_owned())
    }

    fn process(&self, name: &str, process: &Process) -> String {
        let args = [
            ("host", process.host.clone().into()),
            ("pid", process.pid.to_string().into()),
            ("version", process.version.clone().into()),
        ];
        self.lang.say(name, &args)
    }

    /// Our own sentences in the reader's language, others as they are.
    fn ours(&self, words: &str) -> String {
        clip(&ours::told(self.lang, words), WORDS)
    }

    /// A line, and what somebody said about it.
    fn with(&self, line: String, words: Option<&str>) -> String {
        match words.filter(|words| !words.is_empty()) {
            Some(words) => format!("{line}: {}", self.ours(words)),
            None => line,
        }
    }
}
