//! Tells people when they are needed, and when they are not any more: by a webhook, by mail; off unless configured.
//!
//! Four things only: a broken promise of `[freshness]`, a held run, a quarantined call, a rejected credential. `trouble.rs`
//! finds them, `book.rs` keeps them in `queue.incident` with their messages in the outbox `queue.notice`, so that of all
//! daemons of a database one tells each of them once. `message.rs` finds the words, `webhook.rs` and `mail.rs` deliver
//! them. A message is no call to an upstream: it has nothing to do with the queue. One that was being sent when its daemon
//! died is sent again.

mod book;
mod mail;
mod message;
mod trouble;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::Notify;
use crate::context::Context;
use crate::db::beside;
use crate::db::deadline::{ORDINARY, within};
use crate::metrics;
use message::Message;

/// Troubles are looked for at least so often.
const LOOK: Duration = Duration::from_secs(5);
/// One connection decides, the other one looks.
const CONNECTIONS: u32 = 2;

/// A way to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// `[notify.webhook]`
    Webhook,
    /// `[notify.mail]`
    Mail,
}

impl Channel {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Webhook, Self::Mail];

    /// The name in `queue.notice` and in the metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }

    /// Those that are configured.
    pub(crate) fn configured(notify: &Notify) -> Vec<Self> {
        let is_configured = |channel: &Self| match channel {
            Self::Webhook => notify.webhook.url.is_some(),
            Self::Mail => notify.mail.smtp.is_some(),
        };
        Self::ALL.into_iter().filter(is_configured).collect()
    }

    /// How long an attempt to deliver may take.
    fn timeout(self, notify: &Notify) -> Duration {
        match self {
            Self::Webhook => notify.webhook.timeout,
            Self::Mail => notify.mail.timeout,
        }
    }

    /// Delivers a message, once; the error says why not, without a secret.
    async fn deliver(self, notify: &Notify, message: &Message) -> Result<(), String> {
        let delivery = async {
            match self {
                Self::Webhook => webhook::post(&notify.webhook, message).await,
                Self::Mail => mail::send(&notify.mail, message).await,
            }
        };
        // Each has its own limit for every step of it; this is for all of them together.
        let limit = self.timeout(notify);
        match tokio::time::timeout(limit, delivery).await {
            Ok(delivered) => delivered,
            Err(_) => Err(format!("not done within {}", humantime::format_duration(limit))),
        }
    }
}

/// Looks and tells until stopped.
pub(crate) async fn run(work: PgPool, context: watch::Receiver<Arc<Context>>, stop: CancellationToken) {
    let pool = beside(&work, CONNECTIONS);
    loop {
        let now = context.borrow().clone();
        let channels = Channel::configured(&now.settings.notify);
        if !channels.is_empty() {
            let look = within(ORDINARY, book::look(&pool, &now, &channels));
            if let Err(error) = look.await {
                tracing::debug!(%error, "what people should be told of is not known; looking again");
            }
        }
        for channel in channels {
            if let Err(error) = tell(&pool, &now, channel).await {
                tracing::debug!(%error, channel = channel.as_str(), "the outbox cannot be read; looking again");
            }
        }
        let pause = now.settings.queue.poll.min(LOOK);
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

/// Sends what is due by this way, all of it in one message.
async fn tell(pool: &PgPool, context: &Context, channel: Channel) -> sqlx::Result<()> {
    let notify = &context.settings.notify;
    let notices = within(ORDINARY, book::claim(pool, channel, notify)).await?;
    let Some(message) = Message::of(&notices, context) else {
        return Ok(());
    };
    let ids: Vec<i64> = notices.iter().map(|notice| notice.id).collect();
    match channel.deliver(notify, &message).await {
        Ok(()) => {
            within(ORDINARY, book::sent(pool, &ids)).await?;
            metrics::own().told(channel, "sent");
            tracing::info!(
                channel = channel.as_str(),
                message = message.id,
                "told: {}",
                message.subject
            );
        }
        Err(why) => {
            let attempt = notices.iter().map(|notice| notice.attempts).max().unwrap_or_default();
            let wait = book::backoff(notify.retry, attempt);
            let given_up = within(ORDINARY, book::failed(pool, &ids, wait, &why)).await?;
            metrics::own().told(channel, "failed");
            let wait = humantime::format_duration(wait);
            if given_up > 0 {
                tracing::error!(
                    channel = channel.as_str(),
                    why,
                    notices = given_up,
                    "people could not be told for three days; given up. sverka check --notify sends a test"
                );
            } else {
                tracing::warn!(
                    channel = channel.as_str(),
                    why,
                    "people could not be told; tried again in {wait}. sverka check --notify sends a test"
                );
            }
        }
    }
    Ok(())
}

/// Sends a test message by every way that is configured; how each went.
pub(crate) async fn test(context: &Context) -> Vec<(Channel, Result<(), String>)> {
    let notify = &context.settings.notify;
    let message = Message::test(context);
    let mut told = Vec::new();
    for channel in Channel::configured(notify) {
        told.push((channel, channel.deliver(notify, &message).await));
    }
    told
}
