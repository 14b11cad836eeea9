//! What the packages rely on at run time: the health check, what systemd is told, root's commands beside a service's data.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use crate::support::{PATIENCE, Setup};

#[tokio::test]
async fn the_health_check_says_whether_the_daemon_lives() {
    let mut fixture = Setup::new().start().await;
    let mut daemon = fixture.daemon().await;
    fixture.change("http.listen", daemon.address.to_string()).await;
    let output = fixture.command(&["healthcheck"]).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok\n");
    assert_eq!(output.status.code(), Some(0));
    daemon.stop().await;
    let output = fixture.command(&["healthcheck"]).await;
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    fixture.change("http.listen", "").await;
    assert_eq!(fixture.command(&["healthcheck"]).await.status.code(), Some(2));
}

#[tokio::test]
async fn systemd_is_told_when_a_reload_begins_and_ends_and_that_it_was_refused() {
    let fixture = Setup::new().start().await;
    let path = fixture.folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let hear = async |wanted: &str| {
        let mut said = [0; 512];
        loop {
            let length = timeout(PATIENCE, socket.recv(&mut said)).await;
            let length = length.unwrap_or_else(|_| panic!("«{wanted}» was not said")).unwrap();
            let said = String::from_utf8_lossy(&said[..length]).into_owned();
            if said.contains(wanted) {
                return said;
            }
        }
    };
    let mut daemon = fixture.daemon_with(&[("NOTIFY_SOCKET", path.to_str().unwrap())]).await;
    hear("READY=1").await;
    let begun = Instant::now();
    daemon.signal(Signal::SIGHUP);
    let first = clock(&hear("RELOADING=1").await);
    hear("READY=1").await;
    let good = std::fs::read_to_string(&fixture.config).unwrap();
    std::fs::write(&fixture.config, "keaz.batch_rowz = 3\n").unwrap();
    daemon.signal(Signal::SIGHUP);
    let second = clock(&hear("RELOADING=1").await);
    assert!(
        first < second && second - first < begun.elapsed(),
        "{first:?}, {second:?}"
    );
    let refused = hear("STATUS=").await;
    assert!(refused.contains("was not reloaded"), "{refused}");
    hear("READY=1").await;
    std::fs::write(&fixture.config, good).unwrap();
    daemon.signal(Signal::SIGHUP);
    assert_eq!(hear("STATUS=").await.trim_end(), "STATUS=");
    daemon.signal(Signal::SIGTERM);
    hear("STOPPING=1").await;
    assert!(daemon.ends_within(PATIENCE).await.success());
}

/// The time that `Type=notify-reload` asks for.
fn clock(said: &str) -> Duration {
    let at = said.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    Duration::from_micros(at.expect("MONOTONIC_USEC").parse().unwrap())
}

/// Every file under a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.clone());
        if path.is_dir() && !path.is_symlink() {
            files(&path, found);
        }
    }
}

#[tokio::test]
async fn roots_commands_leave_nothing_of_roots_in_the_services_folder() {
    let Some(user) = ["nobody", "postgres"]
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .filter(|_| Uid::effective().is_root())
    else {
        eprintln!("not run: only root can be somebody else");
        return;
    };
    let mut fixture = Setup::new().start().await;
    fixture.without_database_url();
    let state = tempfile::tempdir().unwrap();
    chown(state.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    let mut command = fixture.binary(&["sync", "--wait", "reference"]);
    command.env("SVERKA__DATA_DIR", state.path());
    // It makes a whole cluster, and everything of that reaches the disk.
    let output = timeout(PATIENCE * 10, command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = Vec::new();
    files(state.path(), &mut found);
    for made in ["pgdata/PG_VERSION", "generation", "alive"] {
        assert!(
            found.iter().any(|path| path.ends_with(made)),
            "{made} is not in {found:?}"
        );
    }
    for path in found {
        let owner = path.symlink_metadata().unwrap().uid();
        assert_eq!(owner, user.uid.as_raw(), "{}", path.display());
    }
}
