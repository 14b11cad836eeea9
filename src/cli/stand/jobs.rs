//! Each job: its last run and what came of it, when it runs next, and how old its last success may become.

use super::super::lines::{Line, Tone, grid};
use super::super::reader::Reader;
use super::short;
use crate::daemon::freshness::Fresh;
use crate::queue::look::RunRow;
use crate::say;
use crate::status::Status;
use crate::words::clock::{about, number};

pub(super) fn jobs(reader: &Reader, status: &Status) -> Vec<Line> {
    let headings = reader.headings([
        "runs-job",
        "status-run",
        "runs-outcome",
        "status-pulled",
        "status-pushed",
        "status-next",
        "overview-freshness",
    ]);
    let last = |fresh: &Fresh| status.jobs.iter().find(|run| run.job == fresh.job);
    let rows = status
        .freshness
        .iter()
        .map(|fresh| row(reader, fresh, last(fresh)))
        .collect();
    let mut lines = grid(headings, &[3, 4], rows);
    // A line of its own for what a run left behind.
    lines.extend(status.jobs.iter().filter_map(|run| left_over(reader, run)));
    lines
}

fn row(reader: &Reader, fresh: &Fresh, last: Option<&RunRow>) -> [Line; 7] {
    let plain = |text: &str| Line::of(Tone::Plain, text);
    let rows = |count: fn(&RunRow) -> i64| plain(&last.map(|run| number(count(run))).unwrap_or_default());
    let next = fresh.next_run.map(|at| reader.clock.short(reader.lang, at));
    [
        plain(fresh.job),
        plain(&short(
            reader,
            last.map(|run| run.ended_at.or(run.started_at).unwrap_or(run.requested_at)),
        )),
        last.map(|run| outcome(reader, run)).unwrap_or_default(),
        rows(|run| run.rows_pulled),
        rows(|run| run.rows_pushed),
        plain(&next.unwrap_or_else(|| "-".into())),
        freshness(reader, fresh),
    ]
}

fn outcome(reader: &Reader, run: &RunRow) -> Line {
    let state = run.outcome.as_deref().unwrap_or(&run.state);
    let tone = match state {
        "done" if run.rows_refused > 0 => Tone::Warn,
        "done" => Tone::Good,
        "partial" => Tone::Warn,
        "failed" => Tone::Bad,
        _ => Tone::Plain,
    };
    Line::of(tone, &reader.word("outcome", state))
}

/// `3 min of 20 min`
fn freshness(reader: &Reader, fresh: &Fresh) -> Line {
    let lang = reader.lang;
    let age = about(lang, fresh.age_seconds);
    match fresh.promised_seconds {
        _ if fresh.last_success.is_none() && fresh.promised_seconds.is_none() => Line::of(Tone::Faint, "-"),
        None => Line::of(Tone::Faint, &age),
        Some(promised) => {
            let tone = if fresh.late { Tone::Bad } else { Tone::Plain };
            Line::of(
                tone,
                &say!(lang, "overview-of-promise", age = age, promised = about(lang, promised)),
            )
        }
    }
}

/// What a run could not do, and its note; nothing where there is nothing to say.
fn left_over(reader: &Reader, run: &RunRow) -> Option<Line> {
    let refused = say!(
        reader.lang,
        "status-refused",
        rows = run.rows_refused,
        calls = run.dead_calls
    );
    let parts = [
        Some(refused).filter(|_| run.rows_refused > 0 || run.dead_calls > 0),
        // A failed run's note stands among the alarms.
        run.note
            .as_deref()
            .filter(|_| run.outcome.as_deref() != Some("failed"))
            .map(|note| reader.told(note)),
    ];
    let words: Vec<String> = parts.into_iter().flatten().collect();
    let line = || Line::of(Tone::Plain, &format!("{}: ", run.job)).and(Tone::Warn, &words.join("; "));
    (!words.is_empty()).then(line)
}
