//! How everything stands, as lines: whether anything is wrong first, then each upstream, each job, the queue and the rest.
//!
//! Called by `status`, which prints it once, and by `top`, which draws it again and again and adds what is under way. It
//! reads nothing by itself.

mod alarm;
mod jobs;
mod now;
mod rest;
mod sites;

pub(super) use now::now;

use super::lines::{Line, Tone};
use super::reader::Reader;
use crate::say;
use crate::status::Status;

/// What is wrong; the upstreams; the jobs: what somebody should see first.
pub(super) fn head(reader: &Reader, status: &Status) -> [Vec<Line>; 3] {
    [
        alarm::alarms(reader, status),
        sites::upstreams(reader, status),
        jobs::jobs(reader, status),
    ]
}

/// The rest of it.
pub(super) fn tail(reader: &Reader, status: &Status) -> Vec<Line> {
    [
        rest::queue(reader, status),
        rest::differs(reader, status),
        rest::held(reader, status),
        rest::waits(reader, status),
        rest::drift(reader, status),
        rest::daemons(reader, status),
    ]
    .concat()
}

/// `Title: what there is to say`, in one line.
fn titled(title: &str, tone: Tone, words: &str) -> Line {
    Line::of(Tone::Title, title).and(Tone::Plain, ": ").and(tone, words)
}

/// One time as a column has it, or that it never was.
fn short(reader: &Reader, at: Option<chrono::DateTime<chrono::Utc>>) -> String {
    at.map_or_else(|| say!(reader.lang, "never"), |at| reader.clock.short(reader.lang, at))
}
