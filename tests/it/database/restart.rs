//! PostgreSQL is stopped at once, as by a crash, and started again: work resumes within five seconds.
//!
//! `SVERKA_RESTARTS=20 cargo test --test it -- --nocapture database::restart` gives the figures of docs/RELIABILITY.md.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::PgPoolOptions;
use sverka::db::cluster::Cluster;

use crate::support::{Setup, until};

const WITHIN: Duration = Duration::from_secs(5);

fn postmaster(folder: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(folder.join("pgdata/postmaster.pid")).ok()?;
    text.lines().next()?.parse().ok().map(Pid::from_raw)
}

#[tokio::test]
async fn after_postgresql_was_stopped_at_once_and_started_work_resumes_within_five_seconds() {
    let restarts = std::env::var("SVERKA_RESTARTS").map_or(3, |times| times.parse().unwrap());
    // As by default: what wakes the workers is the channel that is listened to again, not the poll.
    let mut fixture = Setup::new()
        .set("queue.poll", "5s")
        .set("queue.lease", "30s")
        .start()
        .await;
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(fixture.folder.path(), open).unwrap();
    let folder = fixture.folder.path().to_owned();
    let cluster = Cluster::start(&folder).await.unwrap();
    let options = cluster.connect_options();
    let own = PgPoolOptions::new()
        .max_connections(3)
        .connect_lazy_with(options.clone());
    fixture.use_database(own, options).await;
    let work = fixture.work_on(&fixture.own_pool().await).await;
    let mut took = Vec::new();
    for number in 1..=restarts {
        let before = postmaster(&folder).unwrap();
        kill(before, Signal::SIGQUIT).unwrap();
        until("the end of the server", async || {
            kill(before, None).is_err().then_some(())
        })
        .await;
        cluster.revive().await.unwrap();
        let began = Instant::now();
        let id = fixture.push(number).await;
        assert_eq!(fixture.over(id).await.state, "done");
        took.push(began.elapsed());
        assert_eq!(fixture.told_of(number), 1);
    }
    work.stop().await;
    fixture.pool.close().await;
    cluster.stop().await.unwrap();
    took.sort();
    let (half, most) = (took[took.len() / 2], took[took.len() - 1]);
    println!("after {restarts} restarts of PostgreSQL: work resumed after {half:?} (p50), {most:?} (p99)");
    assert!(most < WITHIN, "{took:?}");
}
