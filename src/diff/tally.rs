//! What differs, for whoever looks at the page: counted in the background, remembered with its time.
//!
//! Over a million rows of stock the views take seconds, so no page waits for them: it shows what was found last and has it
//! found anew, at most every few seconds, at most for a tenth of the time, and only while somebody asks. The jobs read the
//! views themselves; `sverka plan` does too.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::figures::{self, Figures, Filter};
use crate::db::deadline::within;

/// So many different questions are remembered.
const REMEMBERED: usize = 16;
/// So many are looked into at once, but one of those that go through whole tables: the pages and the work need a core too.
const AT_ONCE: usize = 2;
/// Who asks waits so long for an answer that comes at once.
const WAIT: Duration = Duration::from_millis(150);
/// Between two looks into the same question, at least and at most; in between, ten times what the last one took.
const REST: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(240));
/// With pages open, the questions that were asked in this time are looked into again by themselves, but not so often.
const INTEREST: Duration = Duration::from_secs(300);
const FOLLOW: Duration = Duration::from_secs(10);
/// So often at most for who asks without being interested: monitoring.
const GLANCE: Duration = Duration::from_secs(60);
/// The longest look.
const LIMIT: Duration = Duration::from_secs(300);

/// The figures, and who counts them.
#[derive(Clone)]
pub(crate) struct Tally(Arc<Inner>);

struct Inner {
    pool: PgPool,
    stop: CancellationToken,
    places: Semaphore,
    wide: Semaphore,
    questions: Mutex<Vec<Question>>,
    /// How many looks have ended.
    looks: AtomicU64,
}

struct Question {
    filter: Filter,
    asked_at: Instant,
    /// When the last look ended, and how long it took.
    ended: Option<(Instant, Duration)>,
    found: Option<Arc<Figures>>,
    failed: Option<String>,
    /// There while a look is under way; closed when it ends.
    under_way: Option<watch::Receiver<()>>,
}

/// What is known about a question.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What was found last.
    pub(crate) found: Option<Arc<Figures>>,
    /// Why the last look came to nothing, if it did.
    pub(crate) failed: Option<String>,
    /// Whether it is being looked into now.
    pub(crate) is_under_way: bool,
}

impl Known {
    /// When it was found.
    pub(crate) fn at(&self) -> Option<DateTime<Utc>> {
        self.found.as_ref().map(|found| found.at)
    }
}

impl Tally {
    /// Looks over this pool, which nobody should wait for, until stopped.
    pub(crate) fn new(pool: PgPool, stop: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            pool,
            stop,
            places: Semaphore::new(AT_ONCE),
            wide: Semaphore::new(1),
            questions: Mutex::new(Vec::new()),
            looks: AtomicU64::new(0),
        }))
    }

    /// What is known; it is looked into where that is old, and what comes at once is waited for.
    pub(crate) async fn ask(&self, filter: &Filter) -> Known {
        if let Some(mut under_way) = self.look_into(filter, REST.0, true) {
            // Nothing is ever sent: it is closed when the look is over.
            let _ = tokio::time::timeout(WAIT, under_way.changed()).await;
        }
        self.known(filter)
    }

    /// What is known, without waiting; looked into again at most once a minute: for who asks by the clock.
    pub(crate) fn glance(&self, filter: &Filter) -> Known {
        self.look_into(filter, GLANCE, false);
        self.known(filter)
    }

    /// Looks again into what was asked of late: pages are open.
    pub(crate) fn follow(&self) {
        let of_late = |question: &&Question| question.asked_at.elapsed() < INTEREST;
        let asked: Vec<Filter> = self
            .questions()
            .iter()
            .filter(of_late)
            .map(|one| one.filter.clone())
            .collect();
        for filter in asked {
            self.look_into(&filter, FOLLOW, false);
        }
    }

    /// How many looks have ended.
    pub(crate) fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::Relaxed)
    }

    fn questions(&self) -> MutexGuard<'_, Vec<Question>> {
        self.0.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, filter: &Filter) -> Known {
        let questions = self.questions();
        let question = questions.iter().find(|question| question.filter == *filter);
        Known {
            found: question.and_then(|question| question.found.clone()),
            failed: question.and_then(|question| question.failed.clone()),
            // One that found no place among the others is as good as waiting.
            is_under_way: question.is_none_or(Question::is_under_way),
        }
    }

    /// Begins a look unless the last one is too recent. What it returns is closed when the look that is under way is over.
    fn look_into(&self, filter: &Filter, rest: Duration, asks: bool) -> Option<watch::Receiver<()>> {
        let mut questions = self.questions();
        let place = questions.iter().position(|question| question.filter == *filter);
        let place = match place {
            Some(place) => place,
            None => {
                make_room(&mut questions)?;
                questions.push(Question::new(filter.clone()));
                questions.len() - 1
            }
        };
        let question = questions.get_mut(place)?;
        if asks {
            question.asked_at = Instant::now();
        }
        if !question.is_under_way() && question.is_rested(rest) {
            let (over, under_way) = watch::channel(());
            question.under_way = Some(under_way);
            tokio::spawn(self.clone().look(filter.clone(), over));
        }
        question.under_way.clone().filter(|_| question.is_under_way())
    }

    async fn look(self, filter: Filter, over: watch::Sender<()>) {
        let inner = self.0.clone();
        let look = async {
            let _turn = match filter.is_narrow() {
                true => None,
                false => Some(inner.wide.acquire().await),
            };
            let _place = inner.places.acquire().await;
            let began = Instant::now();
            (
                within(LIMIT, figures::read(&inner.pool, &filter)).await,
                began.elapsed(),
            )
        };
        let Some((found, took)) = inner.stop.run_until_cancelled(look).await else {
            return;
        };
        let mut questions = self.questions();
        if let Some(question) = questions.iter_mut().find(|question| question.filter == filter) {
            question.ended = Some((Instant::now(), took));
            question.under_way = None;
            match found {
                Ok(found) => {
                    question.found = Some(Arc::new(found));
                    question.failed = None;
                }
                Err(error) => question.failed = Some(error.to_string()),
            }
        }
        inner.looks.fetch_add(1, Ordering::Relaxed);
        drop(questions);
        drop(over);
    }
}

impl Question {
    fn new(filter: Filter) -> Self {
        Self {
            filter,
            asked_at: Instant::now(),
            ended: None,
            found: None,
            failed: None,
            under_way: None,
        }
    }

    /// A look that has died is not under way.
    fn is_under_way(&self) -> bool {
        self.under_way
            .as_ref()
            .is_some_and(|under_way| under_way.has_changed().is_ok())
    }

    fn is_rested(&self, at_least: Duration) -> bool {
        self.ended
            .is_none_or(|(ended, took)| ended.elapsed() >= (took * 10).clamp(at_least, REST.1))
    }
}

/// Forgets what nobody has asked for longest; `None` = all that is remembered is being looked into.
fn make_room(questions: &mut Vec<Question>) -> Option<()> {
    if questions.len() < REMEMBERED {
        return Some(());
    }
    let idle = questions
        .iter()
        .enumerate()
        .filter(|(_, question)| !question.is_under_way());
    let (place, _) = idle.min_by_key(|(_, question)| question.asked_at)?;
    questions.swap_remove(place);
    Some(())
}
