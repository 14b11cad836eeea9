//! Is this still the database that we knew? A backup that was restored under us has forgotten what was ordered and paid.
//!
//! Two proofs. Outside of the database, `data_dir/generation/INSTALLATION` holds the last number that this folder has
//! counted up in `queue.witness`: a database with a smaller one has gone back. Inside, `queue.setting` holds what names
//! the server, its timeline and the tables: other names are another copy, or a fail-over. The worker asks at each heartbeat
//! and before what it claimed leaves; [`super::restore`] says what follows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    /// `queue.witness.id`
    witness: String,
    beat: i64,
    /// The highest `queue.call.id` that was given out.
    calls: i64,
}

/// What this folder knows of one database.
#[derive(Debug)]
pub(super) struct Generation {
    file: PathBuf,
    witness: String,
    beat: AtomicI64,
    calls: AtomicI64,
    is_writable: AtomicBool,
    /// Whether the server tells its identity to our role.
    names: Names,
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct Names {
    system: bool,
    timeline: bool,
}

/// How the database stands to what we knew.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It is the one, or we knew none.
    Same,
    /// It is not; in words.
    Other(String),
}

impl Generation {
    /// What the folder knows of this database.
    pub(super) async fn open(pool: &PgPool, data_dir: &Path) -> sqlx::Result<Self> {
        let installation: String =
            sqlx::query_scalar("SELECT value #>> '{}' FROM queue.setting WHERE name = 'installation'")
                .fetch_one(pool)
                .await?;
        let names = sqlx::query_as(
            "SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS system,
                    has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')
                    AND has_function_privilege('pg_current_wal_lsn()', 'EXECUTE') AND NOT pg_is_in_recovery() AS timeline",
        )
        .fetch_one(pool)
        .await?;
        let file = data_dir.join("generation").join(installation);
        let known = read(&file).unwrap_or_else(|| Known {
            witness: format!("{:032x}", fastrand::u128(..)),
            ..Known::default()
        });
        Ok(Self {
            file,
            witness: known.witness,
            beat: AtomicI64::new(known.beat),
            calls: AtomicI64::new(known.calls),
            is_writable: AtomicBool::new(true),
            names,
        })
    }

    /// Counts up, and compares with what is known.
    pub(super) async fn check(&self, pool: &PgPool) -> sqlx::Result<Stand> {
        let known = self.beat.load(Ordering::Relaxed);
        let sql = format!(
            "WITH beat AS (
                 INSERT INTO queue.witness AS w (id, beat) VALUES ($1, 1)
                 ON CONFLICT (id) DO UPDATE SET beat = w.beat + 1, seen_at = now() RETURNING beat)
             SELECT b.beat, (SELECT last_value FROM queue.call_id_seq) AS calls, {} AS present,
                    (SELECT value FROM queue.setting WHERE name = 'generation') AS stored
               FROM beat b",
            self.identity()
        );
        let (beat, calls, present, stored): (i64, i64, Value, Option<Value>) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(&self.witness)
            .fetch_one(pool)
            .await?;
        if stored.is_none() {
            sqlx::query("INSERT INTO queue.setting (name, value) VALUES ('generation', $1) ON CONFLICT DO NOTHING")
                .bind(&present)
                .execute(pool)
                .await?;
        }
        if beat <= known {
            let back = format!("this host has seen it at beat {known}, it is at {beat}: it went back in time");
            return Ok(Stand::Other(back));
        }
        if let Some(other) = stored.and_then(|stored| difference(&stored, &present)) {
            return Ok(Stand::Other(other));
        }
        self.keep(beat, calls);
        Ok(Stand::Same)
    }

    /// Whether the database that has just answered is not older than what we know.
    pub(super) async fn holds(&self, pool: &PgPool) -> sqlx::Result<bool> {
        // Known before it is asked: the heartbeat counts on meanwhile.
        let known = self.beat.load(Ordering::Relaxed);
        let beat: Option<i64> = sqlx::query_scalar("SELECT beat FROM queue.witness WHERE id = $1")
            .bind(&self.witness)
            .fetch_optional(pool)
            .await?;
        Ok(beat.unwrap_or(0) >= known)
    }

    /// Takes the database as it is for the one that we know from now on. No number that was given out is given out again.
    pub(super) async fn adopt(&self, tx: &mut sqlx::PgConnection) -> sqlx::Result<()> {
        let sql = format!(
            "WITH stored AS (
                 INSERT INTO queue.setting (name, value) VALUES ('generation', {})
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value),
             beat AS (
                 INSERT INTO queue.witness AS w (id, beat) VALUES ($1, $2)
                 ON CONFLICT (id) DO UPDATE SET beat = greatest(w.beat, $2), seen_at = now())
             SELECT setval('queue.call_id_seq', greatest($3, (SELECT last_value FROM queue.call_id_seq)))",
            self.identity()
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&self.witness)
            .bind(self.beat.load(Ordering::Relaxed))
            .bind(self.calls.load(Ordering::Relaxed).max(1))
            .execute(tx)
            .await?;
        Ok(())
    }

    /// What names the server, its timeline, the database and the tables, as far as our role may know.
    fn identity(&self) -> String {
        let system = if self.names.system {
            "(SELECT system_identifier::text FROM pg_control_system())"
        } else {
            "NULL"
        };
        let timeline = if self.names.timeline {
            "left(pg_walfile_name(pg_current_wal_lsn()), 8)"
        } else {
            "NULL"
        };
        format!(
            "jsonb_build_object('server', {system}, 'timeline', {timeline}, 'tables', 'queue.call'::regclass::oid::bigint,
                 'database', (SELECT oid::bigint FROM pg_database WHERE datname = current_database()))"
        )
    }

    /// A smaller number in the file costs nothing, so it is not flushed to the disk.
    fn keep(&self, beat: i64, calls: i64) {
        self.beat.fetch_max(beat, Ordering::Relaxed);
        self.calls.fetch_max(calls, Ordering::Relaxed);
        let known = Known {
            witness: self.witness.clone(),
            beat: self.beat.load(Ordering::Relaxed),
            calls: self.calls.load(Ordering::Relaxed),
        };
        if let Err(error) = write(&self.file, &known)
            && self.is_writable.swap(false, Ordering::Relaxed)
        {
            tracing::warn!(file = %self.file.display(), %error, "how far the database has come cannot be kept outside of it: a restored backup may go unnoticed");
        }
    }
}

/// In which name they differ; what either of them does not know does not count.
fn difference(stored: &Value, present: &Value) -> Option<String> {
    let told = |name: &str| match (&stored[name], &present[name]) {
        (Value::Null, _) | (_, Value::Null) => None,
        (was, is) if was == is => None,
        (was, is) => Some(format!("its {name} was {was} and is {is}")),
    };
    let differ: Vec<String> = ["server", "timeline", "database", "tables"]
        .into_iter()
        .filter_map(told)
        .collect();
    (!differ.is_empty()).then(|| {
        format!(
            "it is a restored copy, or another server took over: {}",
            differ.join(", ")
        )
    })
}

fn read(file: &Path) -> Option<Known> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn write(file: &Path, known: &Known) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)?;
    // Another process of this folder may be writing too: each has a file of its own until it is whole.
    let unfinished = folder.join(format!("{}.{}", known.witness, std::process::id()));
    fs::write(&unfinished, serde_json::to_vec(known)?)?;
    fs::rename(&unfinished, file)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_one_side_does_not_know_is_no_difference() {
        let stored = json!({"server": "7", "timeline": null, "database": 5, "tables": 9});
        assert_eq!(
            difference(
                &stored,
                &json!({"server": null, "timeline": "2", "database": 5, "tables": 9})
            ),
            None
        );
        let moved = difference(
            &stored,
            &json!({"server": "8", "timeline": "1", "database": 5, "tables": 9}),
        );
        assert!(moved.unwrap().ends_with("its server was \"7\" and is \"8\""));
    }

    #[test]
    fn a_file_that_was_cut_or_is_not_there_is_no_knowledge() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("generation").join("x");
        assert!(read(&file).is_none());
        let known = Known {
            witness: "w".into(),
            beat: 7,
            calls: 9,
        };
        write(&file, &known).unwrap();
        assert_eq!(read(&file).map(|known| (known.beat, known.calls)), Some((7, 9)));
        fs::write(&file, "{\"wit").unwrap();
        assert!(read(&file).is_none());
    }
}
