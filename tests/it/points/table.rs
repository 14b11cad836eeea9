//! What dies where: for each kind of work the kill points that it passes, and how it is brought to pass them.

use nix::sys::signal::Signal;
use sverka::simulate::{Action, Moment};

use super::work::Work;

/// One death.
pub(super) struct Row {
    pub(super) point: &'static str,
    /// What the point must be about; none = the operation of the work, `""` = whatever passes first.
    pub(super) subject: Option<&'static str>,
    pub(super) how: How,
}

/// How the daemon is brought to the point.
#[derive(Debug)]
pub(super) enum How {
    /// It comes there by itself.
    Plain,
    /// With this in its environment.
    With((&'static str, &'static str)),
    /// The request of the work meets this.
    Meets(Action),
    /// The request of the work takes a while.
    Busy,
    /// A daemon has died at this point before.
    After(&'static str),
    /// The request of the work hangs when the daemon is told to stop.
    Stopping,
    /// The daemon gets this signal.
    Told(Signal),
}

fn row(point: &'static str, how: How) -> Row {
    let subject = None;
    Row { point, subject, how }
}

fn about(point: &'static str, subject: &'static str, how: How) -> Row {
    let subject = Some(subject);
    Row { point, subject, how }
}

fn status(code: u16) -> Action {
    Action::Status {
        code,
        headers: Vec::new(),
        body: String::new(),
    }
}

/// The answer is lost after the effect.
fn lost() -> How {
    How::Meets(Action::ApplyThen(Box::new(Action::Drop)))
}

/// All the deaths of one kind of work.
pub(super) fn rows(work: Work) -> Vec<Row> {
    let mut rows = match work {
        Work::Prices => Vec::new(),
        _ => call(work),
    };
    rows.extend(match work {
        Work::Read => vec![
            row("dead.before", How::Meets(status(404))),
            row("dead.committed", How::Meets(status(404))),
            about("reload.before", "", How::Told(Signal::SIGHUP)),
            about("reload.stored", "", How::Told(Signal::SIGHUP)),
            about("reload.done", "", How::Told(Signal::SIGHUP)),
            about("prune.half", "", How::Plain),
        ],
        Work::Stock => vec![
            row("unknown.before", lost()),
            row("unknown.committed", lost()),
            about("read_back.before", "keaz.remains.list", lost()),
            about("unsent.before", "keaz.remains.update", lost()),
            about("unsent.committed", "keaz.remains.update", lost()),
            about("stage.before", "stock", How::Plain),
            about("stage.filled", "stock", How::Plain),
            about("run.ended", "stock", How::Plain),
            about("snapshot.accepted", "keaz.remains.list", How::Plain),
            about("snapshot.half", "keaz.remains.list", How::Plain),
            about("snapshot.merged", "keaz.remains.list", How::Plain),
            about("request.before", "stock", How::Told(Signal::SIGUSR1)),
            about("request.committed", "stock", How::Told(Signal::SIGUSR1)),
            about(
                "slot.before",
                "stock",
                How::With(("SVERKA__SCHEDULE__STOCK", "* * * * * *")),
            ),
            about(
                "slot.committed",
                "stock",
                How::With(("SVERKA__SCHEDULE__STOCK", "* * * * * *")),
            ),
        ],
        Work::Status => vec![
            row("unknown.before", lost()),
            row("unknown.committed", lost()),
            about("read_back.before", "saplab.orders.list", lost()),
            about("erp.half", "saplab.orders.list", How::Plain),
            about("erp.written", "saplab.orders.list", How::Plain),
            about("stage.filled", "orders", How::Plain),
        ],
        Work::Purchase => vec![
            row("look.before", How::Plain),
            row("look.committed", How::Plain),
            row("intent.before", How::Plain),
            row("intent.committed", How::Plain),
            row("unknown.before", lost()),
            row("unknown.committed", lost()),
            row("finished.before", lost()),
            row("finished.committed", lost()),
            about("read_back.before", "carreta.orders.list", How::Plain),
            about("erp.purchases", "", How::Plain),
            about("stage.filled", "purchases", How::Plain),
        ],
        Work::Pay => vec![
            row("look.before", How::Plain),
            row("look.committed", How::Plain),
            row("intent.before", How::Plain),
            row("intent.committed", How::Plain),
            row("unknown.before", lost()),
            row("unknown.committed", lost()),
            row("finished.before", How::Plain),
            row("finished.committed", How::Plain),
            row("quarantine.before", How::Meets(Action::Drop)),
            row("quarantine.committed", How::Meets(Action::Drop)),
            about("read_back.before", "saplab.orders.list", How::Plain),
        ],
        Work::Prices => [
            "claim.committed",
            "wire.before",
            "wire.head",
            "download.half",
            "wire.parsed",
            "list.staged",
            "list.half",
            "list.merged",
            "erp.prices",
            "done.before",
            "done.committed",
        ]
        .map(|point| row(point, How::Plain))
        .into(),
    });
    rows
}

/// What every single call passes.
fn call(work: Work) -> Vec<Row> {
    let mut rows: Vec<Row> = [
        "claim.before",
        "claim.committed",
        "wire.before",
        "wire.head",
        "wire.half",
        "wire.whole",
    ]
    .map(|point| row(point, How::Plain))
    .into();
    rows.retain(|row| row.point != "wire.half" || work.has_answer());
    rows.push(row("wire.failed", lost()));
    rows.push(row("wire.parsed", How::Plain));
    // A payment is never believed by its answer: it ends as finished.
    if work != Work::Pay {
        let end = ["apply.before", "apply.written", "done.before", "done.committed"];
        rows.extend(end.map(|point| row(point, How::Plain)));
    }
    for (before, committed, code) in [
        ("retry.before", "retry.committed", 429),
        ("pause.before", "pause.committed", 401),
    ] {
        rows.push(row(before, How::Meets(status(code))));
        rows.push(row(committed, How::Meets(status(code))));
    }
    rows.push(row("heartbeat.before", How::Busy));
    rows.push(row("heartbeat.committed", How::Busy));
    rows.push(row("rescue.before", How::After("wire.before")));
    rows.push(row("rescue.committed", How::After("wire.whole")));
    rows.push(row("release.before", How::Stopping));
    rows.push(row("release.committed", How::Stopping));
    rows
}

/// The moments on the other side at which a request of this work can be met.
pub(super) fn moments(work: Work) -> Vec<Moment> {
    let mut moments = vec![Moment::Head, Moment::Received, Moment::Applied, Moment::HalfReply];
    if work.before().is_some() || work == Work::Read {
        moments.push(Moment::Connected);
    }
    moments.retain(|moment| *moment != Moment::HalfReply || work.has_answer());
    if work.has_body() {
        moments.push(Moment::HalfBody);
    }
    moments
}
