//! Makes the cluster, once: beside its place under a name of its own, then renamed, so that no half is taken for good.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::binaries::Binaries;
use super::directory::Directory;
use super::error::ClusterError;
use super::owner::Owner;

/// The superuser that initdb creates: ours.
pub(super) const SUPERUSER: &str = "sverka";

const DEADLINE: Duration = Duration::from_secs(120);
const UNFINISHED: &str = "pgdata.new-";

/// Sorting by code point, but upper and lower case of Cyrillic known; where the system lacks that locale, plain C.
const LOCALES: &[&[&str]] = &[&["--locale=C", "--lc-ctype=C.UTF-8"], &["--locale=C"]];

/// Fit for a small server beside the ERP; the durable ones are given on the command line instead, see `server`.
const SETTINGS: &str = "
# Written once, when Sverka made this cluster; yours to change.
max_connections = 60
shared_buffers = 128MB
effective_cache_size = 512MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 512MB
checkpoint_completion_target = 0.9
huge_pages = off
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
";

/// Makes the cluster unless it is there. The caller holds the start lock.
pub(super) async fn once(directory: &Directory, owner: &Owner) -> Result<(), ClusterError> {
    remove_unfinished(directory)?;
    if directory.pgdata().join("PG_VERSION").exists() {
        return Ok(());
    }
    directory.admit(owner)?;
    let binaries = Binaries::newest().await?;
    let pgdata = directory.pgdata();
    tracing::info!(directory = %pgdata.display(), version = binaries.major, user = %owner.name, "making the private PostgreSQL cluster");
    let mut refusal = None;
    for locale in LOCALES {
        match make(directory, owner, &binaries, locale).await {
            Err(ClusterError::Program { said, program }) if said.contains("locale") => {
                refusal = Some(ClusterError::Program { said, program });
            }
            outcome => return outcome,
        }
    }
    refusal.map_or(Ok(()), Err)
}

async fn make(directory: &Directory, owner: &Owner, binaries: &Binaries, locale: &[&str]) -> Result<(), ClusterError> {
    let failed = |doing| ClusterError::io(doing, directory.path());
    let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(directory.path());
    let unfinished = unfinished.map_err(failed("make a directory in"))?;
    File::open(unfinished.path())
        .and_then(|dir| owner.give(&dir, 0o700))
        .map_err(failed("give a directory in"))?;
    run_initdb(directory, owner, binaries, unfinished.path(), locale).await?;
    append_settings(&unfinished.path().join("postgresql.conf"))?;
    std::fs::rename(unfinished.path(), directory.pgdata()).map_err(failed("rename the new cluster in"))?;
    let _ = unfinished.keep();
    directory.sync()
}

async fn run_initdb(
    directory: &Directory,
    owner: &Owner,
    binaries: &Binaries,
    into: &Path,
    locale: &[&str],
) -> Result<(), ClusterError> {
    let program = binaries.program("initdb");
    let failed = |said: String| ClusterError::Program {
        program: program.display().to_string(),
        said,
    };
    let mut command = owner.command(&program, directory.path());
    command.args([
        "--username",
        SUPERUSER,
        "--encoding=UTF8",
        "--data-checksums",
        "--no-instructions",
    ]);
    command
        .args(["--auth-local=trust", "--auth-host=reject"])
        .args(locale)
        .arg("--pgdata")
        .arg(into);
    let output = tokio::time::timeout(DEADLINE, command.kill_on_drop(true).output()).await;
    let output = output.map_err(|_| failed(format!("nothing for {} s", DEADLINE.as_secs())))?;
    let output = output.map_err(|error| failed(format!("{error} (run as the user {})", owner.name)))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!(
        "{}, {}",
        String::from_utf8_lossy(&output.stderr).trim(),
        output.status
    )))
}

fn append_settings(file: &Path) -> Result<(), ClusterError> {
    let appended = OpenOptions::new().append(true).open(file).and_then(|mut conf| {
        conf.write_all(SETTINGS.as_bytes())?;
        conf.sync_all()
    });
    appended.map_err(ClusterError::io("write", file))
}

/// What a start that was killed left behind. Its initdb may still be writing there: no two share a name, so what
/// cannot be removed now harms nobody and goes at the next start.
fn remove_unfinished(directory: &Directory) -> Result<(), ClusterError> {
    let entries = std::fs::read_dir(directory.path()).map_err(ClusterError::io("read", directory.path()))?;
    for entry in entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED))
    {
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(path = %entry.path().display(), %error, "an unfinished cluster cannot be removed");
        }
    }
    Ok(())
}
