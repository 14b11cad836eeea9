//! Root's commands work as the user who owns `data_dir`, so that nothing in it becomes root's and the service, which runs
//! as that user, cannot use it any more. By then the configuration and its secrets have been read as root.

use std::ffi::CString;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, initgroups, setgroups, setresgid, setresuid};

use super::CliError;
use crate::queue::audit;

/// Becomes the owner of the folder, if we are root and it is somebody else's.
pub(super) fn become_owner_of(data_dir: &Path) -> Result<(), CliError> {
    // Who asked stays who asked.
    audit::who();
    match owner(data_dir) {
        Some((uid, gid)) if Uid::effective().is_root() => become_user(uid, gid).map_err(|error| {
            let folder = data_dir.display();
            CliError::Failed(format!(
                "cannot work as the owner of {folder}, user {uid}: {error}. Start Sverka as that user"
            ))
        }),
        _ => Ok(()),
    }
}

/// The user and group of the folder; nobody where it is root's, or where its cluster is another user's.
fn owner(data_dir: &Path) -> Option<(Uid, Gid)> {
    let folder = data_dir.metadata().ok().filter(|folder| folder.uid() != 0)?;
    let cluster = data_dir.join("pgdata").metadata();
    cluster
        .map_or(true, |cluster| cluster.uid() == folder.uid())
        .then(|| (Uid::from_raw(folder.uid()), Gid::from_raw(folder.gid())))
}

fn become_user(uid: Uid, gid: Gid) -> nix::Result<()> {
    match User::from_uid(uid).ok().flatten() {
        Some(user) => {
            let name = CString::new(user.name).map_err(|_| nix::Error::EINVAL)?;
            initgroups(&name, user.gid)?;
            setresgid(user.gid, user.gid, user.gid)?;
        }
        None => {
            setgroups(&[gid])?;
            setresgid(gid, gid, gid)?;
        }
    }
    setresuid(uid, uid, uid)
}
