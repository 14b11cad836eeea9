//! What goes on just now: calls that ended in the last minute, calls under way with their age, and the next ones.

use super::super::lines::{Line, Tone, grid};
use super::super::reader::Reader;
use super::titled;
use crate::queue::busy::{Busy, Current};
use crate::say;
use crate::upstream::transport::clip;
use crate::words::clock::{about, number, ordinal};

/// So many letters of what a call is about.
const LETTERS: usize = 28;

pub(in super::super) fn now(reader: &Reader, busy: &Busy) -> Vec<Line> {
    let lang = reader.lang;
    let mut lines = vec![ended(reader, busy)];
    if busy.running.is_empty() {
        lines.push(titled(&say!(lang, "top-running"), Tone::Faint, &say!(lang, "top-none")));
    } else {
        let headings = reader.headings(["top-running", "queue-operation", "queue-what", "top-age"]);
        lines.extend(calls(headings, &busy.running, |call| {
            about(lang, reader.clock.seconds_since(call.at))
        }));
    }
    if busy.next.is_empty() {
        lines.push(titled(&say!(lang, "top-next"), Tone::Faint, &say!(lang, "top-none")));
    } else {
        let headings = reader.headings(["top-next", "queue-operation", "queue-what", "top-when"]);
        lines.extend(calls(headings, &busy.next, |call| due(reader, call)));
    }
    lines
}

fn ended(reader: &Reader, busy: &Busy) -> Line {
    let lang = reader.lang;
    let title = say!(lang, "top-ended");
    if busy.ended.is_empty() {
        return titled(&title, Tone::Faint, &say!(lang, "top-none"));
    }
    let mut line = Line::of(Tone::Title, &title).and(Tone::Plain, ":");
    let mut upstream = "";
    for ended in &busy.ended {
        let between = if upstream == ended.upstream {
            ", ".to_owned()
        } else {
            let end = if upstream.is_empty() { " " } else { "; " };
            format!("{end}{} ", ended.upstream)
        };
        upstream = &ended.upstream;
        let tone = match ended.state.as_str() {
            "done" => Tone::Good,
            "dead" => Tone::Bad,
            _ => Tone::Plain,
        };
        let words = format!("{} {}", reader.word("state", &ended.state), number(ended.calls));
        line = line.and(Tone::Plain, &between).and(tone, &words);
    }
    line
}

fn calls(headings: [String; 4], calls: &[Current], when: impl Fn(&Current) -> String) -> Vec<Line> {
    let plain = |text: &str| Line::of(Tone::Plain, text);
    let row = |call: &Current| {
        let what = clip(&call.args.to_string(), LETTERS);
        [
            plain(&call.id.to_string()),
            plain(&call.operation),
            plain(&what),
            plain(&when(call)),
        ]
    };
    grid(headings, &[], calls.iter().map(row).collect())
}

/// `now`, `in 5 min (2nd try)`
fn due(reader: &Reader, call: &Current) -> String {
    let lang = reader.lang;
    let wait = (call.at - reader.clock.now()).to_std().unwrap_or_default().as_secs();
    let when = match wait {
        0 => say!(lang, "top-at-once"),
        wait => say!(lang, "top-in", span = about(lang, wait)),
    };
    if call.attempt == 0 {
        return when;
    }
    let number = ordinal(lang, call.attempt.saturating_add(1));
    format!("{when} ({})", say!(lang, "top-try", number = number))
}
