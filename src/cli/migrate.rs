//! `sverka migrate`.

use super::{CliError, output};
use crate::config::Settings;
use crate::db::{self, Database};

pub(super) async fn migrate(settings: Settings) -> Result<(), CliError> {
    let database = Database::open(&settings).await?;
    let migrated = db::migrate(&database.options, &settings).await;
    database.close().await;
    let migrated = migrated?;
    output::line(&match migrated.applied {
        0 => format!("the schema is up to date (migration {})", migrated.version),
        applied => format!(
            "applied {applied} migrations; the schema is at migration {}",
            migrated.version
        ),
    })
}
