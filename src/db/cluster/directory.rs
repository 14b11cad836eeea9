//! The directories of the cluster: made with the right owner and permissions, and proved usable by the server's user.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::ClusterError;
use super::owner::Owner;

/// The kernel's limit for a socket's path is 104 to 108 bytes, with the terminating zero.
const LONGEST_SOCKET: usize = 100;

/// The port is only a part of the socket's name.
pub(super) const PORT: u16 = 5432;

/// `data_dir`, resolved, and the names inside it.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Makes `data_dir` if it is missing, for us alone; parents that are missing get the usual permissions.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self, ClusterError> {
        let failed = || ClusterError::io("create", data_dir);
        if let Some(parent) = data_dir.parent() {
            std::fs::create_dir_all(parent).map_err(failed())?;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .map_err(failed())?;
        let path = data_dir.canonicalize().map_err(failed())?;
        Ok(Self { path })
    }

    /// `data_dir` itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The cluster.
    pub(super) fn pgdata(&self) -> PathBuf {
        self.path.join("pgdata")
    }

    /// The server's log.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("postgresql.log")
    }

    /// Held while deciding to start or stop.
    pub(super) fn start_lock(&self) -> PathBuf {
        self.path.join("start.lock")
    }

    /// Shared by every process that uses the cluster.
    pub(super) fn users_lock(&self) -> PathBuf {
        self.path.join("users.lock")
    }

    /// Lets a user that we drop to enter `data_dir`, which stays ours, and checks that it gets there. Only who runs a
    /// program needs it: root adopts a running server wherever it is.
    pub(super) fn admit(&self, owner: &Owner) -> Result<(), ClusterError> {
        if !owner.drops() || can_enter(owner, &self.path) {
            return Ok(());
        }
        if self.is_private_and_ours()? {
            let failed = || ClusterError::io("open to the server's user", &self.path);
            chown(&self.path, None, Some(owner.gid)).map_err(failed())?;
            std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(0o710)).map_err(failed())?;
        }
        let from_the_root: Vec<&Path> = self.path.ancestors().collect();
        match from_the_root.into_iter().rev().find(|dir| !can_enter(owner, dir)) {
            Some(dir) => Err(ClusterError::NotTraversable {
                dir: dir.to_owned(),
                user: owner.name.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Root's own, with a cluster in it or nothing but our names: never root's home, whatever `data_dir` says.
    fn is_private_and_ours(&self) -> Result<bool, ClusterError> {
        let failed = || ClusterError::io("look at", &self.path);
        let owned_by_root = self.path.metadata().map_err(failed())?.uid() == 0;
        let mut entries = std::fs::read_dir(&self.path).map_err(failed())?.flatten();
        Ok(owned_by_root && (self.pgdata().exists() || entries.all(|entry| is_our_name(&entry.file_name()))))
    }

    /// The directory of the socket: `run`, or a short one under /tmp when the path would be too long for the kernel.
    pub(super) fn socket_dir(&self, owner: &Owner) -> Result<PathBuf, ClusterError> {
        let mut dir = self.path.join("run");
        if socket_in(&dir).as_os_str().len() > LONGEST_SOCKET {
            let hash = fnv1a(self.path.as_os_str().as_bytes());
            dir = PathBuf::from(format!("/tmp/sverka-{}-{hash:016x}", owner.uid));
        }
        private_dir(&dir, owner)?;
        Ok(dir)
    }

    /// Makes renames and new names in `data_dir` durable.
    pub(super) fn sync(&self) -> Result<(), ClusterError> {
        File::open(&self.path)
            .and_then(|dir| dir.sync_all())
            .map_err(ClusterError::io("sync", &self.path))
    }
}

fn is_our_name(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["start.lock", "users.lock", "run"].contains(&name.as_ref())
        || ["pgdata.new-", "postgresql.log"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// The socket's own path in its directory.
pub(super) fn socket_in(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// A directory that only `owner` can use, made or found so. A stranger's directory or a link is refused.
fn private_dir(dir: &Path, owner: &Owner) -> Result<(), ClusterError> {
    let made = match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(ClusterError::io("create", dir)(error)),
    };
    let unsafe_dir = || ClusterError::UnsafeSocketDirectory {
        dir: dir.to_owned(),
        user: owner.name.clone(),
    };
    let found = dir.symlink_metadata().map_err(ClusterError::io("look at", dir))?;
    // A directory that we made as root and did not live to give away is as good as new.
    if !found.is_dir() || (found.uid() != owner.uid && !(owner.drops() && found.uid() == 0)) {
        return Err(unsafe_dir());
    }
    if made || found.uid() != owner.uid || found.mode() & 0o777 != 0o700 {
        let opened = File::open(dir).map_err(ClusterError::io("open", dir))?;
        owner
            .give(&opened, 0o700)
            .map_err(ClusterError::io("give to the server's user", dir))?;
    }
    Ok(())
}

/// Asks the kernel itself, which knows of access lists and mounts: a process of that user changes into `dir`.
fn can_enter(owner: &Owner, dir: &Path) -> bool {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", ":"])
        .env_clear()
        .stdin(Stdio::null())
        .current_dir(dir);
    command.uid(owner.uid).gid(owner.gid).status().is_ok()
}

/// A stable hash: two builds of Sverka must agree on the name.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_fnv_1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
