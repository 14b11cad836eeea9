//! A daemon that has nothing to do.

use std::time::Instant;

use super::{Size, Table, daemon, world};
use crate::support::until;

pub(super) async fn round(size: Size, table: &mut Table) {
    let fixture = world().await;
    let began = Instant::now();
    let mut daemon = daemon(&fixture).await;
    table.add(
        "ready after its start",
        "ms",
        "< 250",
        began.elapsed().as_secs_f64() * 1e3,
        None,
    );
    let (before, since) = (ticks(daemon.pid()), Instant::now());
    until("the end of the watch", async || {
        (since.elapsed() >= size.idle).then_some(())
    })
    .await;
    // A tick is a hundredth of a second.
    let share = (ticks(daemon.pid()) - before) / since.elapsed().as_secs_f64();
    table.add("idle: share of one core", "%", "< 0.5", share, None);
    table.add("idle: memory", "MiB", "< 40", super::peak(&daemon), None);
    daemon.stop().await;
}

/// Processor time so far, of the process alone.
fn ticks(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
}
