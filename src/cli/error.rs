//! What a person is told when a command fails: in their language, where the command has not said it so already.
//!
//! What PostgreSQL, the operating system and the configuration's reader say themselves is quoted as it is, and so is all that
//! the daemon says: it goes into a log.

use super::CliError;
use crate::daemon::DaemonError;
use crate::db::DbError;
use crate::say;
use crate::words::Lang;

impl CliError {
    /// The error in words.
    pub fn said(&self, lang: Lang) -> String {
        match self {
            Self::Query(error) => away(lang, error),
            Self::Database(error) => database(lang, error),
            Self::Daemon(DaemonError::Database(DbError::Unavailable(error))) => away(lang, error),
            other => other.to_string(),
        }
    }
}

fn away(lang: Lang, error: &sqlx::Error) -> String {
    say!(lang, "error-database", why = error.to_string())
}

fn database(lang: Lang, error: &DbError) -> String {
    match error {
        DbError::Unavailable(error) => away(lang, error),
        DbError::Url(why) => say!(lang, "error-database-url", why = why.clone()),
        DbError::TooOld(version) => say!(lang, "error-database-old", version = version.clone()),
        DbError::SchemaTooNew(version) => say!(lang, "error-schema-newer", version = version.to_string()),
        DbError::Busy(waited) => say!(lang, "error-migrating", seconds = waited.as_secs()),
        DbError::Cluster(_) | DbError::Migration(_) | DbError::Views(_) => error.to_string(),
    }
}
