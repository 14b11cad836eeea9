//! `postmaster.pid`: which process the server is, and whether the file outlived it.
//!
//! Its existence proves nothing; `server` asks the socket.

use std::path::{Path, PathBuf};

use nix::unistd::Pid;

/// The server's own lock file.
#[derive(Debug)]
pub(super) struct PidFile {
    path: PathBuf,
}

impl PidFile {
    pub(super) fn of(pgdata: &Path) -> Self {
        Self {
            path: pgdata.join("postmaster.pid"),
        }
    }

    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// The number in the file; never one that would mean a group or init.
    pub(super) fn pid(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let pid: i32 = text.lines().next()?.trim().parse().ok()?;
        (pid > 1).then(|| Pid::from_raw(pid))
    }

    /// After a crash the number may belong to some other process by now, which PostgreSQL cannot tell from a server and
    /// would refuse to start for. Where the kernel says that it is no server, the file is removed.
    pub(super) fn forget_stale(&self) {
        let Some(pid) = self.pid() else { return };
        let Ok(name) = std::fs::read_to_string(format!("/proc/{pid}/comm")) else {
            return;
        };
        if !name.starts_with("post") {
            tracing::warn!(%pid, process = %name.trim(), "removing the postmaster.pid of a server that was killed");
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
