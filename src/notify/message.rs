//! Finds the words: what is broken, why, what the daemon does next, what the admin can do, and where to look.
//!
//! Whatever an upstream has said is one line without control characters by now, and short; it came without secrets.

use chrono::{DateTime, SecondsFormat, Utc};
use fluent_bundle::FluentValue;
use serde::Serialize;

use super::book::Notice;
use super::trouble::Facts;
use crate::context::Context;
use crate::say;
use crate::upstream::transport::clip;
use crate::words::Lang;
use crate::words::clock::Clock;
use crate::words::clock::span;

/// Characters of why.
const MAX_WHY: usize = 500;
/// Characters of a subject.
const MAX_SUBJECT: usize = 150;

/// One message about everything that is due.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    /// The same when it is sent once more.
    pub(super) id: String,
    #[serde(skip)]
    pub(super) subject: String,
    /// All of it, for people.
    pub(super) text: String,
    /// Piece by piece, for programs.
    items: Vec<Item>,
}

#[derive(Debug, Serialize)]
struct Item {
    /// `queue.incident.id`: the same when it breaks and when it is mended.
    incident: i64,
    /// broken, mended
    event: String,
    /// stale, held, quarantined, denied
    kind: String,
    /// The job, the hold, the call, the upstream.
    subject: String,
    since: String,
    until: Option<String>,
    title: String,
    why: Option<String>,
    next: Option<String>,
    advice: Option<String>,
    link: Option<String>,
    #[serde(skip)]
    lasted: Option<String>,
}

impl Message {
    /// The message about these; `None` for none.
    pub(super) fn of(notices: &[Notice], context: &Context) -> Option<Self> {
        let (first, last) = (notices.first()?, notices.last()?);
        let writer = Writer::new(context);
        let items: Vec<Item> = notices.iter().map(|notice| writer.item(notice)).collect();
        let lang = writer.lang;
        let texts: Vec<String> = items.iter().map(|item| item.text(lang)).collect();
        let subject = match items.as_slice() {
            [one] => one.headline(lang),
            many => {
                let broken = many.iter().filter(|item| item.is_broken()).count();
                say!(lang, "notify-many", broken = broken, mended = many.len() - broken)
            }
        };
        Some(Self {
            id: format!("{}-{}", first.id, last.id),
            subject: clip(&subject, MAX_SUBJECT),
            text: texts.join("\n\n"),
            items,
        })
    }

    /// A message that says that it is a test.
    pub(super) fn test(context: &Context) -> Self {
        let lang = Lang::parse(&context.settings.notify.language).unwrap_or_default();
        let what = say!(lang, "notify-test");
        Self {
            id: format!("test-{}", Utc::now().timestamp()),
            subject: say!(lang, "notify-broken", what = what),
            text: say!(lang, "notify-test-text"),
            items: Vec::new(),
        }
    }
}

impl Item {
    fn is_broken(&self) -> bool {
        self.event == "broken"
    }

    fn headline(&self, lang: Lang) -> String {
        if self.is_broken() {
            say!(lang, "notify-broken", what = self.title.as_str())
        } else {
            say!(lang, "notify-mended", what = self.title.as_str())
        }
    }

    fn text(&self, lang: Lang) -> String {
        let line = |name: &str, arg: &'static str, value: &Option<String>| {
            let value = value.as_deref()?;
            Some(lang.say(name, &[(arg, FluentValue::from(value))]))
        };
        let lines = [
            Some(self.headline(lang)),
            line("notify-why", "why", &self.why),
            line("notify-next", "next", &self.next),
            line("notify-do", "advice", &self.advice),
            line("notify-lasted", "span", &self.lasted),
            self.link.clone(),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

/// In whose language, in which zone, with which address of the page.
struct Writer<'a> {
    lang: Lang,
    clock: Clock,
    context: &'a Context,
}

impl<'a> Writer<'a> {
    fn new(context: &'a Context) -> Self {
        Self {
            lang: Lang::parse(&context.settings.notify.language).unwrap_or_default(),
            clock: Clock::new(context.settings.schedule.timezone),
            context,
        }
    }

    fn item(&self, notice: &Notice) -> Item {
        let facts = &notice.facts.0;
        let is_broken = notice.news == "broken";
        let (title, next, advice) = if is_broken {
            let (title, next, advice) = self.broken(notice);
            (title, next, Some(advice))
        } else {
            (self.mended(notice), None, None)
        };
        let closed_at = notice.closed_at.filter(|_| !is_broken);
        let machine = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Item {
            incident: notice.incident_id,
            event: notice.news.clone(),
            kind: notice.kind.clone(),
            subject: notice.subject.clone(),
            since: machine(notice.opened_at),
            until: closed_at.map(machine),
            title,
            why: facts.why.as_deref().filter(|_| is_broken).map(|why| clip(why, MAX_WHY)),
            next,
            advice,
            link: self.link(notice),
            lasted: closed_at.map(|closed| span(self.lang, (closed - notice.opened_at).as_seconds_f64())),
        }
    }

    /// What it is, what the daemon does next, what the admin can do.
    fn broken(&self, notice: &Notice) -> (String, Option<String>, String) {
        let (lang, facts, id) = (self.lang, &notice.facts.0, notice.subject.as_str());
        match notice.kind.as_str() {
            "stale" => {
                let next = facts.next_run.map(|at| self.clock.brief(at));
                (
                    self.late(facts),
                    next.map(|at| say!(lang, "notify-stale-next", at = at)),
                    say!(lang, "notify-stale-do"),
                )
            }
            "held" => (
                say!(
                    lang,
                    "notify-held",
                    job = self.job(facts),
                    rows = facts.rows.unwrap_or_default(),
                    place = self.place(facts)
                ),
                Some(say!(lang, "notify-held-next")),
                say!(lang, "notify-held-do", id = id),
            ),
            "quarantined" => (
                say!(
                    lang,
                    "notify-quarantined",
                    site = self.site(facts),
                    id = id,
                    operation = facts.operation.as_deref().unwrap_or_default()
                ),
                Some(say!(lang, "notify-quarantined-next")),
                say!(lang, "notify-quarantined-do", id = id),
            ),
            _ => {
                let pause = span(lang, self.context.settings.queue.pause.as_secs_f64());
                (
                    say!(lang, "notify-denied", site = self.site(facts)),
                    Some(say!(lang, "notify-denied-next", pause = pause)),
                    say!(lang, "notify-denied-do"),
                )
            }
        }
    }

    fn late(&self, facts: &Facts) -> String {
        let (lang, job) = (self.lang, self.job(facts));
        let promise = u32::try_from(facts.promised_seconds.unwrap_or_default()).unwrap_or(u32::MAX);
        let promise = span(lang, f64::from(promise));
        match facts.last_success {
            Some(at) => {
                let since = self.clock.brief(at);
                say!(lang, "notify-stale", job = job, since = since, promise = promise)
            }
            None => say!(lang, "notify-stale-never", job = job, promise = promise),
        }
    }

    fn mended(&self, notice: &Notice) -> String {
        let (lang, facts, id) = (self.lang, &notice.facts.0, notice.subject.as_str());
        let who = facts.who.as_deref().unwrap_or("?");
        match (notice.kind.as_str(), facts.how.as_deref()) {
            ("stale", _) => say!(lang, "notify-stale-mended", job = self.job(facts)),
            ("held", Some("released")) => {
                say!(
                    lang,
                    "notify-held-mended-released",
                    job = self.job(facts),
                    id = id,
                    who = who
                )
            }
            ("held", Some("refused")) => {
                say!(
                    lang,
                    "notify-held-mended-refused",
                    job = self.job(facts),
                    id = id,
                    who = who
                )
            }
            ("held", _) => say!(lang, "notify-held-mended-over", job = self.job(facts), id = id),
            ("quarantined", how) => {
                let how = how.unwrap_or("done");
                let state = lang.known(&format!("state-{how}")).unwrap_or_else(|| how.to_owned());
                say!(
                    lang,
                    "notify-quarantined-mended",
                    site = self.site(facts),
                    id = id,
                    operation = facts.operation.as_deref().unwrap_or_default(),
                    state = state
                )
            }
            _ => say!(lang, "notify-denied-mended", site = self.site(facts)),
        }
    }

    fn job(&self, facts: &Facts) -> String {
        let job = facts.job.as_deref().unwrap_or_default();
        self.lang.known(&format!("job-{job}")).unwrap_or_else(|| job.to_owned())
    }

    fn site(&self, facts: &Facts) -> String {
        self.lang.site(facts.upstream.as_deref().unwrap_or_default())
    }

    /// The site, and the warehouse or the price list there.
    fn place(&self, facts: &Facts) -> String {
        let scope = facts.scope.as_deref().map(|scope| clip(scope, 80));
        match scope.filter(|scope| !scope.is_empty()) {
            Some(scope) => format!("{}, {scope}", self.site(facts)),
            None => self.site(facts),
        }
    }

    fn link(&self, notice: &Notice) -> Option<String> {
        let page = self.context.settings.http.public_url.as_ref()?;
        let path = match notice.kind.as_str() {
            "stale" => "/runs".to_owned(),
            "held" => format!("/holds/{}", notice.subject),
            "quarantined" => format!("/queue/{}", notice.subject),
            _ => "/".to_owned(),
        };
        Some(format!("{}{path}", page.as_str().trim_end_matches('/')))
    }
}
