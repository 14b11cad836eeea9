//! As whom the server runs: ourselves, or, when we are root, an unprivileged user that its processes drop to.
//!
//! Everything that is run for the cluster is run through [`Owner::command`], with an environment of its own: no secret
//! of ours and no `PG...` variable of the admin's reaches the server.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;
use std::process::Stdio;

use nix::unistd::{Gid, Uid, User};
use tokio::process::Command;

use super::directory::Directory;
use super::error::ClusterError;

/// Variables that server programs may need to run at all.
const KEPT: &[&str] = &["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// The user that owns the cluster and runs its server.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// We are root, and this is someone else.
    drops: bool,
}

impl Owner {
    /// The owner of the existing cluster, else ourselves, else (as root) `postgres` or `nobody`.
    pub(super) fn of(directory: &Directory) -> Result<Self, ClusterError> {
        let me = Uid::effective();
        let pgdata = directory.pgdata();
        let existing = match std::fs::metadata(&pgdata) {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(ClusterError::io("look at", &pgdata)(error)),
        };
        match existing {
            Some((uid, gid)) if me.is_root() && uid != 0 => Ok(Self::with_ids(uid, gid, true)),
            Some((uid, gid)) if uid == me.as_raw() && uid != 0 => Ok(Self::with_ids(uid, gid, false)),
            Some((uid, _)) => Err(ClusterError::WrongOwner {
                pgdata,
                owner: name_of(uid),
                me: name_of(me.as_raw()),
            }),
            None if me.is_root() => Self::unprivileged(),
            None => Ok(Self::with_ids(me.as_raw(), Gid::effective().as_raw(), false)),
        }
    }

    fn unprivileged() -> Result<Self, ClusterError> {
        let known = |name| User::from_name(name).ok().flatten().filter(|user| !user.uid.is_root());
        let user = known("postgres")
            .or_else(|| known("nobody"))
            .ok_or(ClusterError::NoUnprivilegedUser)?;
        Ok(Self {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            drops: true,
        })
    }

    fn with_ids(uid: u32, gid: u32, drops: bool) -> Self {
        match User::from_uid(Uid::from_raw(uid)).ok().flatten() {
            Some(user) => Self {
                name: user.name,
                uid,
                gid: user.gid.as_raw(),
                drops,
            },
            None => Self {
                name: uid.to_string(),
                uid,
                gid,
                drops,
            },
        }
    }

    /// Whether processes drop from root to this user.
    pub(super) fn drops(&self) -> bool {
        self.drops
    }

    /// A program run as this user, in `dir`. Dropping from root sheds the supplementary groups as well.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let mut command = bare_command(program);
        command.current_dir(dir);
        if self.drops {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives an open file or directory, with these permissions, to this user.
    pub(super) fn give(&self, file: &File, mode: u32) -> std::io::Result<()> {
        if self.drops {
            fchown(file, Some(self.uid), Some(self.gid))?;
        }
        file.set_permissions(std::fs::Permissions::from_mode(mode))
    }
}

/// A program with nothing on its input and only the environment that it needs.
pub(super) fn bare_command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

fn name_of(uid: u32) -> String {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}
