//! Finds installed PostgreSQL server programs: PATH first, then where distributions put them, newest first.
//!
//! It downloads nothing. The cluster asks it when it has to be made or started.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::ClusterError;
use super::owner::bare_command;

/// The oldest major version that we run on.
pub(super) const OLDEST: u32 = 14;

/// `postgres --version` answers at once or not at all.
const VERSION_DEADLINE: Duration = Duration::from_secs(10);

/// A folder of server programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    /// Holds `initdb` and `postgres`.
    pub(super) dir: PathBuf,
    /// 17 for 17.2.
    pub(super) major: u32,
}

impl Binaries {
    /// The programs to make a new cluster with.
    pub(super) async fn newest() -> Result<Self, ClusterError> {
        choose(installed().await)
    }

    /// The programs of the version that made the cluster in `pgdata`, as its `PG_VERSION` says.
    pub(super) async fn matching(pgdata: &Path) -> Result<Self, ClusterError> {
        let file = pgdata.join("PG_VERSION");
        let text = std::fs::read_to_string(&file).map_err(ClusterError::io("read", &file))?;
        match_version(pgdata, text.trim(), installed().await)
    }

    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn choose(found: Vec<Binaries>) -> Result<Binaries, ClusterError> {
    let newest = found.iter().max_by_key(|binaries| binaries.major).cloned();
    match found.into_iter().find(|binaries| binaries.major >= OLDEST) {
        Some(binaries) => Ok(binaries),
        None => Err(newest.map_or(ClusterError::NotInstalled, |Binaries { dir, major }| {
            ClusterError::TooOld { found: major, dir }
        })),
    }
}

fn match_version(pgdata: &Path, needed: &str, found: Vec<Binaries>) -> Result<Binaries, ClusterError> {
    let mut installed: Vec<u32> = found.iter().map(|binaries| binaries.major).collect();
    installed.sort_by_key(|&major| std::cmp::Reverse(major));
    installed.dedup();
    found
        .into_iter()
        .find(|binaries| binaries.major.to_string() == needed)
        .ok_or_else(|| ClusterError::VersionMismatch {
            pgdata: pgdata.to_owned(),
            needed: needed.to_owned(),
            installed,
        })
}

/// Every folder with both programs, those of PATH first in its order, then the rest from the newest down.
async fn installed() -> Vec<Binaries> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = versions(std::env::split_paths(&path)).await;
    let mut usual = versions(usual_folders()).await;
    usual.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    found.append(&mut usual);
    found
}

async fn versions(folders: impl IntoIterator<Item = PathBuf>) -> Vec<Binaries> {
    let mut found = Vec::new();
    for dir in folders {
        if !dir.is_absolute() || !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
            continue;
        }
        if let Some(major) = version_of(&dir.join("postgres")).await {
            found.push(Binaries { dir, major });
        }
    }
    found
}

async fn version_of(postgres: &Path) -> Option<u32> {
    let output = bare_command(postgres).arg("--version").kill_on_drop(true).output();
    let output = tokio::time::timeout(VERSION_DEADLINE, output).await.ok()?.ok()?;
    major_in(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` is 17; `17beta1` too.
fn major_in(text: &str) -> Option<u32> {
    let version = text.split_whitespace().nth(2)?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// Where packages put the programs: parent, how the folder's name begins, and what follows it.
const USUAL: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/lib", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/usr/local/pgsql", "bin", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/usr/local", "bin", ""),
    ("/usr", "bin", ""),
];

fn usual_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = USUAL
        .iter()
        .flat_map(|(parent, prefix, rest)| {
            let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
            entries
                .filter(|entry| begins_with(&entry.file_name(), prefix))
                .map(move |entry| entry.path().join(rest))
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

fn begins_with(name: &OsStr, prefix: &str) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(majors: &[u32]) -> Vec<Binaries> {
        majors
            .iter()
            .map(|&major| Binaries {
                dir: format!("/opt/pg/{major}/bin").into(),
                major,
            })
            .collect()
    }

    #[test]
    fn the_major_version_is_read_from_every_form_of_answer() {
        assert_eq!(
            major_in("postgres (PostgreSQL) 17.2 (Debian 17.2-1.pgdg120+1)\n"),
            Some(17)
        );
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_in("postgres (PostgreSQL) 9.6.24\n"), Some(9));
        assert_eq!(major_in("command not found\n"), None);
        assert_eq!(major_in(""), None);
    }

    #[test]
    fn the_first_folder_that_is_new_enough_is_taken() {
        assert_eq!(choose(of(&[13, 15, 17])).unwrap().major, 15);
    }

    #[test]
    fn a_server_that_is_too_old_is_refused_with_its_version_and_the_remedy() {
        let error = choose(of(&[11, 13])).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 13 in /opt/pg/13/bin is too old"), "{error}");
        assert!(
            error.contains("version 14 or later") && error.contains("apt-get install postgresql"),
            "{error}"
        );
    }

    #[test]
    fn no_server_at_all_says_what_to_install() {
        let error = choose(Vec::new()).unwrap_err().to_string();
        assert!(
            error.contains("apt-get install postgresql") && error.contains("database.url"),
            "{error}"
        );
    }

    #[test]
    fn a_cluster_of_another_version_is_started_by_matching_programs_wherever_they_are() {
        assert_eq!(
            match_version(Path::new("/d"), "15", of(&[17, 16, 15])).unwrap().major,
            15
        );
        let error = match_version(Path::new("/d"), "14", of(&[17, 16]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("made by PostgreSQL 14, but installed here: 17, 16"),
            "{error}"
        );
        assert!(error.contains("apt-get install postgresql-14"), "{error}");
    }
}
