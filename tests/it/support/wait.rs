//! Waiting for a fact, with a deadline: the only place of the tests that sleeps.

use std::future::Future;
use std::time::{Duration, Instant};

/// Nothing that a test waits for takes longer, on a machine that does much else besides. It is no promise of the product.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

const LOOK: Duration = Duration::from_millis(10);

/// Asks until the answer is there.
///
/// # Panics
/// After [`PATIENCE`], saying what it waited for.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    until_within(PATIENCE, what, ask).await
}

/// The same, for what takes longer by its nature.
///
/// # Panics
/// After `patience`.
pub(crate) async fn until_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(LOOK).await;
    }
}
