//! What can go wrong with the private cluster, said for the person who has to mend it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How to get the server programs, for the systems we know.
const INSTALL: &str = "Install the PostgreSQL server (Debian, Ubuntu: apt-get install postgresql; Fedora, RHEL: dnf \
     install postgresql-server; Arch: pacman -S postgresql; macOS: brew install postgresql), or set database.url to a \
     server of your own";

/// Why the private cluster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Neither PATH nor the usual folders hold both `initdb` and `postgres`.
    #[error("no PostgreSQL server programs (initdb, postgres) in PATH or the usual folders. {INSTALL}")]
    NotInstalled,
    /// Only servers before the oldest supported version are installed.
    #[error(
        "the PostgreSQL {found} in {} is too old: version {} or later is needed. {INSTALL}",
        .dir.display(),
        super::binaries::OLDEST
    )]
    TooOld {
        /// The newest major version found.
        found: u32,
        /// Where it is.
        dir: PathBuf,
    },
    /// The cluster on disk was made by a version that is not installed here.
    #[error(
        "the cluster in {} was made by PostgreSQL {needed}, but installed here: {}. Install version {needed} (Debian, \
         Ubuntu: apt-get install postgresql-{needed}; Fedora, RHEL: dnf install postgresql{needed}-server; macOS: brew \
         install postgresql@{needed}), or move the data over with pg_upgrade",
        .pgdata.display(),
        Versions(.installed)
    )]
    VersionMismatch {
        /// The directory of the cluster.
        pgdata: PathBuf,
        /// The version in its PG_VERSION.
        needed: String,
        /// Major versions that are installed.
        installed: Vec<u32>,
    },
    /// Started as root, and there is no one to drop to.
    #[error(
        "PostgreSQL refuses to run as root, and neither the user postgres nor the user nobody exists. Create one \
         (useradd --system postgres), or start Sverka as an ordinary user"
    )]
    NoUnprivilegedUser,
    /// The cluster belongs to root or to another user.
    #[error(
        "the cluster in {} belongs to the user {owner}, and this is {me}. Start Sverka as {owner}{}",
        .pgdata.display(),
        if *.me == "root" { ", or give the directory to another user with chown -R postgres" } else { " or as root" }
    )]
    WrongOwner {
        /// The directory of the cluster.
        pgdata: PathBuf,
        /// Who owns it.
        owner: String,
        /// Who we are.
        me: String,
    },
    /// The user that the server runs as cannot enter a directory on the way to `data_dir`.
    #[error(
        "the user {user}, as whom PostgreSQL runs, cannot enter {0}. Allow it (chmod o+x {0}), or set data_dir to \
         another place, for example /var/lib/sverka",
        .dir.display()
    )]
    NotTraversable {
        /// The first such directory, from the root down.
        dir: PathBuf,
        /// The user.
        user: String,
    },
    /// Something else already is where the socket should be.
    #[error("{} is not a directory that only {user} can use: remove it, or set data_dir to a shorter path", .dir.display())]
    UnsafeSocketDirectory {
        /// The directory.
        dir: PathBuf,
        /// Whose it should be.
        user: String,
    },
    /// A server of another directory answers on our socket.
    #[error("the server on {} is not that of this data_dir but of {theirs}. Stop it first", .socket.display())]
    Foreign {
        /// The directory of the socket.
        socket: PathBuf,
        /// The data directory of the server that answers.
        theirs: String,
    },
    /// Another process of ours has been starting or stopping the cluster for too long.
    #[error("another Sverka process has been starting or stopping the cluster for {seconds} s ({} is locked)", .lock.display())]
    Busy {
        /// The locked file.
        lock: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// A server program could not be run, or failed.
    #[error("{program} failed. It said: {said}")]
    Program {
        /// The program.
        program: String,
        /// Its own words.
        said: String,
    },
    /// The server ended, or did not become ready in time.
    #[error("PostgreSQL did not start: {why}. The end of {}:\n{said}", .log.display())]
    NotStarted {
        /// What happened.
        why: String,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        said: String,
    },
    /// The server did not end in time.
    #[error("PostgreSQL (process {pid}) did not stop within {seconds} s. See {}", .log.display())]
    StillRunning {
        /// The postmaster.
        pid: i32,
        /// How long we waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The server answers, but not as it should.
    #[error("the private PostgreSQL refused: {0}")]
    Database(#[from] sqlx::Error),
    /// A file or directory could not be used.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ClusterError {
    /// For `map_err`: the words for a failed operation on `path`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

struct Versions<'a>(&'a [u32]);

impl fmt::Display for Versions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (place, version) in self.0.iter().enumerate() {
            write!(f, "{}{version}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
