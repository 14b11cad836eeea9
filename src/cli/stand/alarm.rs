//! Is anything wrong? What is broken, then what somebody should look at, each with what can be typed about it.

use super::super::lines::{Line, Tone};
use super::super::output;
use super::super::reader::Reader;
use crate::db::horizon::Holder;
use crate::queue::look::{RunRow, Standing};
use crate::queue::pause::Pause;
use crate::say;
use crate::status::Status;
use crate::words::clock::{about, span};

/// The verdict, and a line for each alarm.
pub(super) fn alarms(reader: &Reader, status: &Status) -> Vec<Line> {
    let lang = reader.lang;
    let broken = broken(reader, status);
    let doubtful = doubtful(reader, status);
    let verdict = match (broken.is_empty(), doubtful.is_empty()) {
        (true, true) => Line::of(Tone::Good, &say!(lang, "status-good")),
        (true, false) => Line::of(Tone::Warn, &say!(lang, "status-doubtful")),
        (false, _) => Line::of(Tone::Bad, &say!(lang, "status-broken")),
    };
    let marked = |tone, words: String| Line::of(tone, "  ! ").and(Tone::Plain, &words);
    let mut lines = vec![verdict];
    lines.extend(broken.into_iter().map(|words| marked(Tone::Bad, words)));
    lines.extend(doubtful.into_iter().map(|words| marked(Tone::Warn, words)));
    lines
}

/// What does not work, or waits for a person before it can go on.
fn broken(reader: &Reader, status: &Status) -> Vec<String> {
    let lang = reader.lang;
    let mut words = Vec::new();
    words.extend(status.restore.as_ref().map(|restore| {
        let (since, why) = (reader.clock.brief(restore.found_at), restore.why.clone());
        say!(
            lang,
            "status-restore",
            since = since,
            why = why,
            sites = restore.waits.join(", ")
        )
    }));
    words.extend(status.freshness.iter().filter(|fresh| fresh.late).map(|fresh| {
        let (age, promised) = (fresh.age_seconds, fresh.promised_seconds.unwrap_or_default());
        say!(
            lang,
            "status-stale",
            job = fresh.job,
            age = about(lang, age),
            promised = about(lang, promised)
        )
    }));
    let is_scheduled = status.freshness.iter().any(|fresh| fresh.next_run.is_some());
    if status.daemons == 0 && is_scheduled {
        words.push(say!(lang, "status-no-daemon"));
    }
    words.extend(
        status
            .upstreams
            .iter()
            .filter(|one| one.breaker != "closed")
            .map(|one| left_alone(reader, one)),
    );
    let quarantined = calls(status, "quarantined");
    if quarantined > 0 {
        let what = say!(lang, "overview-quarantined", calls = quarantined);
        words.push(format!("{what} (sverka queue list --state quarantined)"));
    }
    words
}

/// What works, and somebody should know or decide.
fn doubtful(reader: &Reader, status: &Status) -> Vec<String> {
    let lang = reader.lang;
    let mut words = Vec::new();
    let paused = |pause: &Pause| pause.told_with_command(lang, &reader.clock);
    words.extend(status.pauses.iter().map(paused));
    words.extend(status.upstreams.iter().filter_map(|one| limping(reader, one)));
    words.extend(
        status
            .jobs
            .iter()
            .filter(|run| run.outcome.as_deref() == Some("failed"))
            .map(|run| failed(reader, run)),
    );
    let waiting = status.held.iter().filter(|hold| hold.state == "held").count();
    if waiting > 0 {
        words.push(say!(lang, "status-held", holds = waiting));
    }
    let dead = calls(status, "dead");
    if dead > 0 {
        words.push(format!(
            "{} (sverka queue list --state dead)",
            say!(lang, "overview-dead", calls = dead)
        ));
    }
    if !status.settings_differ.is_empty() {
        words.push(say!(
            lang,
            "overview-settings-differ",
            keys = status.settings_differ.join(", ")
        ));
    }
    words.extend(status.horizon.as_ref().map(|holder| horizon(reader, holder)));
    words
}

fn calls(status: &Status, state: &str) -> i64 {
    status
        .queue
        .iter()
        .filter(|depth| depth.state == state)
        .map(|depth| depth.calls)
        .sum()
}

fn left_alone(reader: &Reader, upstream: &Standing) -> String {
    let lang = reader.lang;
    let at = |at| reader.clock.brief(at);
    let next = match upstream.paused_until {
        Some(until) if upstream.breaker == "open" => say!(lang, "status-probe-at", until = at(until)),
        _ => say!(lang, "status-probing"),
    };
    say!(
        lang,
        "status-open",
        site = upstream.name.clone(),
        since = output::or_dash(upstream.opened_at.map(at)),
        next = next,
        why = output::or_dash(upstream.reason.clone())
    )
}

/// An upstream that rests because it said so, or that fails now and then.
fn limping(reader: &Reader, upstream: &Standing) -> Option<String> {
    let (lang, site) = (reader.lang, upstream.name.clone());
    if upstream.breaker != "closed" {
        return None;
    }
    if let Some(until) = upstream.paused_until {
        let why = output::or_dash(upstream.reason.clone());
        return Some(say!(
            lang,
            "status-rests",
            site = site,
            until = reader.clock.brief(until),
            why = why
        ));
    }
    let failures = say!(lang, "upstream-failures", failures = upstream.failures);
    (upstream.failures > 0).then(|| format!("{site}: {failures}"))
}

fn failed(reader: &Reader, run: &RunRow) -> String {
    let at = reader.clock.brief(run.ended_at.unwrap_or(run.requested_at));
    let note = run.note.as_deref().map(|note| format!(": {}", reader.told(note)));
    say!(
        reader.lang,
        "status-failed",
        job = run.job.clone(),
        run = run.id.to_string(),
        at = at,
        note = note.unwrap_or_default()
    )
}

fn horizon(reader: &Reader, holder: &Holder) -> String {
    let lang = reader.lang;
    let for_long = holder.seconds.map_or_else(|| "-".into(), |seconds| span(lang, seconds));
    say!(
        lang,
        "status-horizon",
        who = holder.who.clone(),
        span = for_long,
        transactions = holder.transactions
    )
}
