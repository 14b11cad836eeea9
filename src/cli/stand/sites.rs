//! Each upstream that is configured: whether it is called, when it last did what it was asked, how late its calls are.

use super::super::lines::{Line, Tone, grid};
use super::super::reader::Reader;
use super::short;
use crate::queue::look::Standing;
use crate::queue::pause::Pause;
use crate::queue::reach::Reach;
use crate::say;
use crate::status::Status;
use crate::words::clock::{about, number};

pub(super) fn upstreams(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    if status.reach.is_empty() {
        return vec![Line::of(Tone::Warn, &say!(lang, "overview-no-upstream"))];
    }
    let headings = reader.headings([
        "overview-upstream",
        "overview-state",
        "upstream-last-success",
        "upstream-lag",
        "status-per-minute",
    ]);
    grid(
        headings,
        &[4],
        status.reach.iter().map(|reach| row(reader, reach, status)).collect(),
    )
}

fn row(reader: &Reader, reach: &Reach, status: &Status) -> [Line; 5] {
    let lang = reader.lang;
    let standing = status.upstreams.iter().find(|one| one.name == reach.upstream);
    let pause = status.pauses.iter().find(|pause| pause.upstream == reach.upstream);
    let (tone, state) = light(reader, standing, pause);
    let lag = match reach.late_since {
        Some(at) => Line::of(Tone::Warn, &about(lang, reader.clock.seconds_since(at))),
        None => Line::of(Tone::Faint, &say!(lang, "upstream-no-lag")),
    };
    [
        Line::of(Tone::Plain, reach.upstream),
        Line::of(tone, &state),
        Line::of(Tone::Plain, &short(reader, reach.last_success)),
        lag,
        Line::of(Tone::Plain, &number(reach.last_minute)),
    ]
}

/// What a person has said about it comes before how it stands by itself.
fn light(reader: &Reader, standing: Option<&Standing>, pause: Option<&Pause>) -> (Tone, String) {
    let lang = reader.lang;
    match (pause, standing) {
        (Some(pause), _) if pause.only_pushes => (Tone::Warn, say!(lang, "pause-state-pushes")),
        (Some(_), _) => (Tone::Warn, say!(lang, "pause-state")),
        (_, Some(standing)) if standing.breaker != "closed" => (Tone::Bad, say!(lang, "upstream-open")),
        (_, Some(standing)) if standing.paused_until.is_some() => (Tone::Warn, say!(lang, "upstream-rests")),
        (_, Some(standing)) if standing.failures > 0 => (Tone::Warn, say!(lang, "upstream-failing")),
        _ => (Tone::Good, say!(lang, "upstream-good")),
    }
}
