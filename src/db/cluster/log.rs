//! The server's log file: opened for it, kept from growing without bound, and quoted when it does not start.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::error::ClusterError;
use super::owner::Owner;

/// A larger log makes room at the next start; one old file is kept.
const LARGE: u64 = 8 << 20;

/// How much of the end is quoted, bytes.
const QUOTED: u64 = 2048;

/// `postgresql.log`.
#[derive(Clone, Debug)]
pub(super) struct Log {
    path: PathBuf,
}

impl Log {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The log for a new server's two outputs.
    pub(super) fn open(&self, owner: &Owner) -> Result<(File, File), ClusterError> {
        let failed = || ClusterError::io("open", &self.path);
        if self.path.metadata().is_ok_and(|found| found.len() > LARGE) {
            std::fs::rename(&self.path, self.path.with_extension("log.1")).map_err(failed())?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(failed())?;
        owner.give(&file, 0o600).map_err(failed())?;
        let second = file.try_clone().map_err(failed())?;
        Ok((file, second))
    }

    /// The error that quotes the log.
    pub(super) fn not_started(&self, why: &str) -> ClusterError {
        ClusterError::NotStarted {
            why: why.to_owned(),
            log: self.path.clone(),
            said: self.end(),
        }
    }

    fn end(&self) -> String {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(QUOTED)))?;
            file.take(QUOTED).read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => String::from_utf8_lossy(&bytes).trim_end().to_owned(),
            Err(error) => format!("(it cannot be read: {error})"),
        }
    }
}
