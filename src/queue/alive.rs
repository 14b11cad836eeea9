//! Proof that a process is gone: each worker keeps a file of `data_dir/alive` locked for as long as it lives, and the
//! kernel frees the lock when it dies, in whatever way. Whoever shares the folder and can take the lock need not wait for
//! the dead one's leases. Without the folder, and from other hosts, the lease decides as ever.
//!
//! Process numbers would not do: a container sees other ones under the same host name, and they are used again.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sqlx::PgPool;

use super::event;

/// A request of a dead process may still be on its way: what it set is looked at, and set again, only after this.
const ECHO: &str = "2 seconds";

/// Our own lock. Dropped in an orderly way the file goes too; after a kill it stays, unlocked.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    text: String,
    _locked: File,
}

impl Mark {
    /// Makes and locks a file of our own.
    pub(super) fn make(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("alive");
        fs::create_dir_all(&folder)?;
        let name = format!("{:032x}", fastrand::u128(..));
        let path = folder.join(&name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.try_lock()?;
        let text = identity(&name, &file)?;
        Ok(Self {
            path,
            text,
            _locked: file,
        })
    }

    /// Writes it beside our row.
    pub(super) async fn publish(&self, pool: &PgPool, daemon_id: i64) -> sqlx::Result<()> {
        sqlx::query("UPDATE queue.daemon SET mark = $2 WHERE id = $1")
            .bind(daemon_id)
            .bind(&self.text)
            .execute(pool)
            .await?;
        Ok(())
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A copy of the folder, on another host say, has other inodes and proves nothing.
fn identity(name: &str, file: &File) -> io::Result<String> {
    let data = file.metadata()?;
    Ok(format!("{name} {}:{}", data.dev(), data.ino()))
}

/// Whether the process that made this mark is certainly gone; its file goes with it.
fn is_gone(data_dir: &Path, mark: &str) -> bool {
    let Some((name, _)) = mark.split_once(' ') else {
        return false;
    };
    if !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let path = data_dir.join("alive").join(name);
    let Ok(file) = OpenOptions::new().write(true).open(&path) else {
        return false;
    };
    let gone = identity(name, &file).is_ok_and(|found| found == mark) && file.try_lock().is_ok();
    if gone {
        let _ = fs::remove_file(&path);
    }
    gone
}

/// Ends the leases of processes that are certainly gone, and forgets them. Returns how many there were. What one of them
/// may have been setting just then keeps its lease for a moment.
pub(super) async fn bury(pool: &PgPool, data_dir: &Path, daemon_id: i64) -> sqlx::Result<usize> {
    let others: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, mark FROM queue.daemon WHERE mark IS NOT NULL AND id <> $1")
            .bind(daemon_id)
            .fetch_all(pool)
            .await?;
    let gone: Vec<i64> = others
        .into_iter()
        .filter(|(_, mark)| is_gone(data_dir, mark))
        .map(|(id, _)| id)
        .collect();
    if gone.is_empty() {
        return Ok(0);
    }
    let sql = format!(
        "WITH gone AS (DELETE FROM queue.daemon WHERE id = ANY($1) RETURNING *), told AS (
             INSERT INTO queue.event (at, kind, facts) SELECT seen_at, 'daemon_gone', {} FROM gone d WHERE role = 'daemon'
         )
         UPDATE queue.call c
            SET lease_until = least(lease_until,
                now() + CASE WHEN c.class = 'idempotent' THEN interval '{ECHO}' ELSE interval '0' END)
           FROM gone g WHERE c.state = 'running' AND c.lease_owner = g.id",
        event::DAEMON
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&gone).execute(pool).await?;
    Ok(gone.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_proves_a_death_only_when_nobody_holds_it_and_it_is_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark::make(folder.path()).unwrap();
        let (path, text) = (mark.path.clone(), mark.text.clone());
        assert!(!is_gone(folder.path(), &text), "its process lives");
        std::mem::forget(mark);
        let elsewhere = tempfile::tempdir().unwrap();
        fs::create_dir(elsewhere.path().join("alive")).unwrap();
        fs::copy(&path, elsewhere.path().join("alive").join(path.file_name().unwrap())).unwrap();
        assert!(!is_gone(elsewhere.path(), &text), "a copy proves nothing");
        assert!(!is_gone(folder.path(), "../../etc/passwd 1:1"));
        assert!(path.exists());
    }

    #[test]
    fn a_mark_left_by_a_kill_is_free() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("alive")).unwrap();
        // As the kernel leaves it: the file is there, the lock is not.
        let name = "0123456789abcdef";
        let file = File::create(folder.path().join("alive").join(name)).unwrap();
        let text = identity(name, &file).unwrap();
        assert!(is_gone(folder.path(), &text));
        assert!(!is_gone(folder.path(), &text), "it is buried once");
    }
}
