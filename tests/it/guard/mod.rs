//! The fuse: what is too much for one run is held, shown, and released once by a person; and what somebody else changed
//! upstream is told.

mod command;
mod drift;
mod late;
mod prices;
mod remains;

use sverka::hold::look::{self, HoldView};
use sverka::job::Job;
use sverka::queue::look::RunRow;

use crate::support::Fixture;

impl Fixture {
    /// The open holds.
    async fn holds(&self) -> Vec<HoldView> {
        look::list(&self.pool, false).await.unwrap()
    }

    /// The only open hold.
    async fn hold(&self) -> HoldView {
        let mut holds = self.holds().await;
        assert_eq!(holds.len(), 1, "{holds:#?}");
        holds.remove(0)
    }

    /// The rows of a hold, as `place/article old -> new`.
    async fn held_rows(&self, id: i64) -> Vec<String> {
        let rows = look::rows(&self.pool, id, 10_000).await.unwrap();
        let value = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        rows.into_iter()
            .map(|row| {
                format!(
                    "{}/{} {} -> {}",
                    row.place,
                    row.article,
                    value(row.old_value),
                    value(row.new_value)
                )
            })
            .collect()
    }

    /// One run of a job that must end as done.
    async fn run_done(&self, job: Job) -> RunRow {
        self.sync_done(&[job]).await.remove(0)
    }
}
