//! Against real servers: each test has a directory of its own and leaves no server behind, even when it panics.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use super::{Cluster, ClusterError};

/// A `data_dir` whose server, if any is left, is killed with it.
struct Scratch {
    temp: TempDir,
}

impl Scratch {
    fn new() -> Self {
        let temp = tempfile::Builder::new().prefix("sverka-pg-").tempdir().unwrap();
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { temp }
    }

    fn data_dir(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    fn pgdata(&self) -> PathBuf {
        self.data_dir().join("pgdata")
    }

    fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.pgdata().join("postmaster.pid")).ok()?;
        text.lines().next()?.parse().ok().map(Pid::from_raw)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            let _ = kill(pid, Signal::SIGQUIT);
        }
    }
}

async fn one<T>(cluster: &Cluster, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let mut connection = cluster.connect_options().connect().await.unwrap();
    let value = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    value
}

async fn execute(cluster: &Cluster, sql: &'static str) {
    let mut connection = cluster.connect_options().connect().await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn the_server_is_durable_private_and_knows_cyrillic() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data_dir()).await.unwrap();
    let setting: String = one(
        &cluster,
        "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN \
         ('data_checksums', 'fsync', 'full_page_writes', 'listen_addresses', 'server_encoding', 'synchronous_commit')",
    )
    .await;
    assert_eq!(setting, "on on on  UTF8 on");
    let user: String = one(&cluster, "SELECT current_database() || '/' || current_user").await;
    assert_eq!(user, "sverka/sverka");
    let lower: String = one(&cluster, "SELECT lower('КЭАЗ')").await;
    assert_eq!(lower, "кэаз");
    let run = scratch.data_dir().join("run").metadata().unwrap();
    assert_eq!(run.mode() & 0o777, 0o700);
    cluster.stop().await.unwrap();
    assert_eq!(scratch.postmaster(), None);
}

#[tokio::test]
async fn two_users_share_one_server_and_the_last_one_stops_it() {
    let scratch = Scratch::new();
    let daemon = Cluster::start(&scratch.data_dir()).await.unwrap();
    let postmaster = scratch.postmaster();
    let command = Cluster::start(&scratch.data_dir()).await.unwrap();
    assert_eq!(scratch.postmaster(), postmaster);

    daemon.stop().await.unwrap();
    assert_eq!(one::<i32>(&command, "SELECT 1").await, 1);
    command.stop().await.unwrap();
    assert_eq!(scratch.postmaster(), None);
}

#[tokio::test]
async fn many_starts_at_once_make_one_cluster_and_one_server() {
    let scratch = Scratch::new();
    let data_dir = scratch.data_dir();
    let (a, b, c) = tokio::join!(
        Cluster::start(&data_dir),
        Cluster::start(&data_dir),
        Cluster::start(&data_dir)
    );
    let clusters = [a.unwrap(), b.unwrap(), c.unwrap()];
    let mut systems = Vec::new();
    for cluster in &clusters {
        systems.push(one::<i64>(cluster, "SELECT system_identifier FROM pg_control_system()").await);
    }
    systems.dedup();
    assert_eq!(systems.len(), 1);
    for cluster in clusters {
        cluster.stop().await.unwrap();
    }
    assert_eq!(scratch.postmaster(), None);
}

#[tokio::test]
async fn what_was_committed_survives_a_killed_postmaster() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data_dir()).await.unwrap();
    execute(&cluster, "CREATE TABLE kept AS SELECT 42 AS answer").await;
    kill(scratch.postmaster().unwrap(), Signal::SIGKILL).unwrap();

    cluster.revive().await.unwrap();
    assert_eq!(one::<i32>(&cluster, "SELECT answer FROM kept").await, 42);
    kill(scratch.postmaster().unwrap(), Signal::SIGKILL).unwrap();

    let next = Cluster::start(&scratch.data_dir()).await.unwrap();
    assert_eq!(one::<i32>(&next, "SELECT answer FROM kept").await, 42);
    cluster.stop().await.unwrap();
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_that_now_belongs_to_another_process_does_not_prevent_a_start() {
    let scratch = Scratch::new();
    Cluster::start(&scratch.data_dir()).await.unwrap().stop().await.unwrap();
    let mut other = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let pid_file = scratch.pgdata().join("postmaster.pid");
    std::fs::write(&pid_file, format!("{}\n{}\n", other.id(), scratch.pgdata().display())).unwrap();

    let outcome = Cluster::start(&scratch.data_dir()).await;
    let survived = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(survived);
    outcome.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_server_whose_user_was_killed_is_adopted_by_the_next_start() {
    let scratch = Scratch::new();
    let mut cluster = Cluster::start(&scratch.data_dir()).await.unwrap();
    let postmaster = scratch.postmaster();
    // What the kernel does for a killed process: the lock is gone, and nobody asks the server to stop.
    cluster.users.leave().unwrap();
    drop(cluster);

    let next = Cluster::start(&scratch.data_dir()).await.unwrap();
    assert_eq!(scratch.postmaster(), postmaster);
    next.stop().await.unwrap();
    assert_eq!(scratch.postmaster(), None);
}

#[tokio::test]
async fn a_cluster_dropped_without_a_stop_is_stopped_and_can_be_started_at_once() {
    let scratch = Scratch::new();
    drop(Cluster::start(&scratch.data_dir()).await.unwrap());
    let next = Cluster::start(&scratch.data_dir()).await.unwrap();
    assert_eq!(one::<i32>(&next, "SELECT 1").await, 1);
    next.stop().await.unwrap();
    assert_eq!(scratch.postmaster(), None);
}

#[tokio::test]
async fn a_start_killed_in_the_middle_of_making_the_cluster_is_made_good() {
    let scratch = Scratch::new();
    let half = scratch.data_dir().join("pgdata.new-half");
    std::fs::create_dir_all(half.join("base")).unwrap();
    std::fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    std::fs::write(scratch.data_dir().join("start.lock"), "").unwrap();

    let cluster = Cluster::start(&scratch.data_dir()).await.unwrap();
    assert!(!half.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_a_version_that_is_not_installed_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    Cluster::start(&scratch.data_dir()).await.unwrap().stop().await.unwrap();
    let version = scratch.pgdata().join("PG_VERSION");
    std::fs::write(&version, "99\n").unwrap();

    let error = Cluster::start(&scratch.data_dir()).await.unwrap_err();
    assert!(
        matches!(&error, ClusterError::VersionMismatch { needed, .. } if needed == "99"),
        "{error}"
    );
    assert!(error.to_string().contains("made by PostgreSQL 99"), "{error}");
    assert_eq!(std::fs::read_to_string(version).unwrap(), "99\n");
}

#[tokio::test]
async fn a_server_that_refuses_its_configuration_is_quoted() {
    let scratch = Scratch::new();
    Cluster::start(&scratch.data_dir()).await.unwrap().stop().await.unwrap();
    std::fs::write(
        scratch.pgdata().join("postgresql.auto.conf"),
        "shared_buffers = 'a lot'\n",
    )
    .unwrap();

    let error = Cluster::start(&scratch.data_dir()).await.unwrap_err().to_string();
    assert!(
        error.contains("did not start") && error.contains("\"shared_buffers\": \"a lot\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_a_short_private_one() {
    let scratch = Scratch::new();
    let data_dir = scratch
        .data_dir()
        .join("a folder, with \"quotes\"")
        .join("long ".repeat(20));
    let cluster = Cluster::start(&data_dir).await.unwrap();
    let socket_dir = cluster.connect_options().get_socket().unwrap().clone();
    assert!(socket_dir.starts_with("/tmp/"), "{}", socket_dir.display());
    assert_eq!(socket_dir.metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(one::<i32>(&cluster, "SELECT 1").await, 1);
    cluster.stop().await.unwrap();
    std::fs::remove_dir(socket_dir).unwrap();
}

#[tokio::test]
async fn the_server_runs_as_us_or_as_someone_unprivileged_when_we_are_root() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.data_dir()).await.unwrap();
    let owner = scratch.pgdata().metadata().unwrap().uid();
    let me = Uid::effective();
    if me.is_root() {
        assert_ne!(owner, 0);
        #[cfg(target_os = "linux")]
        assert_eq!(ids_of(scratch.postmaster().unwrap()), [owner; 4]);
    } else {
        assert_eq!(owner, me.as_raw());
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn as_root_a_way_that_is_closed_to_the_server_is_named() {
    if !Uid::effective().is_root() {
        return;
    }
    let scratch = Scratch::new();
    let closed = scratch.temp.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::write(closed.join("root's own"), "").unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();

    for data_dir in [closed.join("data"), closed.clone()] {
        let error = Cluster::start(&data_dir).await.unwrap_err();
        assert!(is_closed(&error, &closed), "{error}");
    }
    assert_eq!(closed.metadata().unwrap().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn as_root_a_running_server_is_adopted_even_where_only_root_gets_in() {
    if !Uid::effective().is_root() {
        return;
    }
    let scratch = Scratch::new();
    let daemon = Cluster::start(&scratch.data_dir()).await.unwrap();
    std::fs::set_permissions(scratch.temp.path(), std::fs::Permissions::from_mode(0o700)).unwrap();

    let command = Cluster::start(&scratch.data_dir()).await.unwrap();
    assert_eq!(one::<i32>(&command, "SELECT 1").await, 1);
    command.stop().await.unwrap();
    daemon.stop().await.unwrap();
}

fn is_closed(error: &ClusterError, closed: &Path) -> bool {
    matches!(error, ClusterError::NotTraversable { dir, .. } if dir == closed)
}

/// Real, effective, saved and file-system user of a process.
#[cfg(target_os = "linux")]
fn ids_of(pid: Pid) -> [u32; 4] {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    let ids: Vec<u32> = line.split_whitespace().map(|id| id.parse().unwrap()).collect();
    ids.try_into().unwrap()
}
