//! The two file locks by which our processes share one cluster. The kernel drops the locks of a killed process.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::directory::Directory;
use super::error::ClusterError;
use super::owner::Owner;

/// Longer than any start or stop may take.
const PATIENCE: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_millis(25);

/// Held by the one process that decides to start or stop the server; dropped with the value.
pub(super) struct Deciding(#[expect(dead_code, reason = "held for its lock")] File);

/// Waits for the right to decide.
pub(super) async fn deciding(directory: &Directory, owner: &Owner) -> Result<Deciding, ClusterError> {
    let path = directory.start_lock();
    let file = open(&path, owner)?;
    wait(&path, || file.try_lock()).await?;
    Ok(Deciding(file))
}

/// This process's place among the users of the cluster.
#[derive(Debug)]
pub(super) struct Users {
    file: File,
    left: bool,
}

impl Users {
    /// Joins the users; the caller holds [`Deciding`].
    pub(super) async fn join(directory: &Directory, owner: &Owner) -> Result<Self, ClusterError> {
        let path = directory.users_lock();
        let file = open(&path, owner)?;
        wait(&path, || file.try_lock_shared()).await?;
        Ok(Self { file, left: false })
    }

    /// Leaves; true when nobody else is left, and then nobody can join until this value is dropped.
    /// A second call answers false.
    pub(super) fn leave(&mut self) -> Result<bool, ClusterError> {
        if std::mem::replace(&mut self.left, true) {
            return Ok(false);
        }
        let failed = |source| ClusterError::Io {
            doing: "unlock",
            path: "users.lock".into(),
            source,
        };
        self.file.unlock().map_err(failed)?;
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

fn open(path: &Path, owner: &Owner) -> Result<File, ClusterError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    let file = file.map_err(ClusterError::io("open", path))?;
    owner
        .give(&file, 0o600)
        .map_err(ClusterError::io("give to the server's user", path))?;
    Ok(file)
}

async fn wait(path: &Path, mut attempt: impl FnMut() -> Result<(), TryLockError>) -> Result<(), ClusterError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(ClusterError::io("lock", path)(error)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(ClusterError::Busy {
                    lock: path.to_owned(),
                    seconds: PATIENCE.as_secs(),
                });
            }
            Err(TryLockError::WouldBlock) => sleep(PAUSE).await,
        }
    }
}
