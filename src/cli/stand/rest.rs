//! The queue by state, what differs, what is held, what somebody else has changed, and who works.

use super::super::hold;
use super::super::lines::{Line, Tone};
use super::super::reader::Reader;
use super::titled;
use crate::queue::look::Depth;
use crate::queue::waits::Wait;
use crate::say;
use crate::status::Status;
use crate::words::clock::{about, number};

/// `Queue: keaz: pending 3 (the oldest 5 min), dead 1 (2 d)`, a line for each upstream.
pub(super) fn queue(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    let title = say!(lang, "overview-queue");
    if status.queue.is_empty() {
        return vec![titled(&title, Tone::Faint, &say!(lang, "status-empty"))];
    }
    let mut lines = Vec::new();
    for depths in status.queue.chunk_by(|one, other| one.upstream == other.upstream) {
        let mut line = titled(&title, Tone::Plain, &depths[0].upstream);
        for (place, depth) in depths.iter().enumerate() {
            line = line
                .and(Tone::Plain, if place == 0 { ": " } else { ", " })
                .and(tone(depth), &standing(reader, depth));
        }
        lines.push(line);
    }
    lines
}

fn tone(depth: &Depth) -> Tone {
    match depth.state.as_str() {
        "quarantined" => Tone::Bad,
        "dead" | "unknown" => Tone::Warn,
        _ => Tone::Plain,
    }
}

fn standing(reader: &Reader, depth: &Depth) -> String {
    let age = about(reader.lang, reader.clock.seconds_since(depth.oldest));
    let state = reader.word("state", &depth.state);
    say!(
        reader.lang,
        "status-depth",
        state = state,
        calls = number(depth.calls),
        age = age
    )
}

/// One line for each job.
pub(super) fn differs(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    let title = say!(lang, "status-differs");
    if status.differs_at.is_none() {
        return vec![titled(&title, Tone::Faint, &say!(lang, "status-counting"))];
    }
    if status.differs.is_empty() {
        return vec![titled(&title, Tone::Good, &say!(lang, "status-nothing"))];
    }
    let of_job = status.differs.chunk_by(|one, other| one.job == other.job);
    of_job
        .map(|totals| {
            let words: Vec<String> = totals
                .iter()
                .map(|total| {
                    let (action, rows) = (reader.word("action", &total.action), number(total.rows));
                    say!(
                        lang,
                        "status-total",
                        action = action,
                        rows = rows,
                        held = number(total.held)
                    )
                })
                .collect();
            titled(&title, Tone::Plain, &format!("{}: {}", totals[0].job, words.join("; ")))
        })
        .collect()
}

pub(super) fn held(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    let line = |hold: &crate::hold::look::HoldView| {
        let tone = if hold.state == "held" { Tone::Warn } else { Tone::Plain };
        let words = say!(
            lang,
            "status-hold",
            id = hold.id.to_string(),
            place = hold::place(hold),
            rows = hold.rows,
            since = reader.clock.brief(hold.created_at),
            why = hold.why.clone()
        );
        Line::of(tone, &reader.word("hold-state", &hold.state)).and(Tone::Plain, &format!(": {words}"))
    };
    status.held.iter().map(line).collect()
}

/// Calls that wait for a person's decision, each with where it is decided; holds have lines of their own.
pub(super) fn waits(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    let line = |wait: &Wait| {
        let (id, what) = (wait.id.to_string(), wait.what.clone());
        let (tone, words) = match wait.kind.as_str() {
            "quarantined" => (Tone::Bad, say!(lang, "waits-quarantined", id = id, what = what)),
            _ => (Tone::Warn, say!(lang, "waits-dead", id = id, what = what)),
        };
        let why = wait.why.as_deref().unwrap_or("-");
        Line::of(tone, &say!(lang, "status-waits")).and(Tone::Plain, &format!(": {words}: {why} ({})", wait.command()))
    };
    let calls = status.waits.iter().filter(|wait| wait.kind != "held");
    calls.map(line).collect()
}

pub(super) fn drift(reader: &Reader, status: &Status) -> Vec<Line> {
    let line = |drift: &crate::mirror::drift::Drift| {
        let words = say!(
            reader.lang,
            "status-drift",
            site = drift.upstream.clone(),
            kind = drift.kind.clone(),
            found = drift.found,
            open = drift.open,
            at = reader.clock.brief(drift.last_found_at),
            samples = drift.samples.join("; ")
        );
        Line::of(Tone::Plain, &words)
    };
    status.drift.iter().map(line).collect()
}

pub(super) fn daemons(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    let one = |alive: &crate::queue::presence::Alive| {
        let since = reader.clock.brief(alive.started_at);
        say!(
            lang,
            "status-daemon",
            host = alive.host.clone(),
            pid = alive.pid.to_string(),
            since = since
        )
    };
    let alive: Vec<String> = status.alive.iter().map(one).collect();
    let words = if alive.is_empty() {
        String::new()
    } else {
        format!(" ({})", alive.join("; "))
    };
    let line = titled(
        &say!(lang, "status-daemons"),
        Tone::Plain,
        &format!("{}{words}", status.daemons),
    );
    vec![
        line,
        Line::of(Tone::Faint, &say!(lang, "time-zone", zone = reader.clock.zone())),
    ]
}
