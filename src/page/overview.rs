//! `/`: how everything stands. What `sverka status` prints, with what a person does next.

use axum::extract::State;
use maud::{Markup, html};

use super::door::Visitor;
use super::show::{Reader, number, span};
use super::{PageError, Site, frame, look, plot};
use crate::daemon::freshness::Fresh;
use crate::diff::figures::Filter;
use crate::diff::tally::Known;
use crate::queue::look::{RunRow, Standing};
use crate::queue::reach::Reach;
use crate::say;
use crate::status::{Differs, Status};
use crate::words::Lang;

/// Reads it, without waiting for what differs to be counted.
pub(super) async fn read(site: &Site) -> Result<(Status, Known), PageError> {
    let known = site.tally.ask(&Filter::default()).await;
    let differs = known.found.as_ref().map(|found| Differs {
        totals: found.totals.clone(),
        at: found.at,
    });
    let context = site.now();
    let status = look(Status::read_beside(&site.pool, &context, differs)).await?;
    Ok((status, known))
}

pub(super) async fn page(State(site): State<Site>, visitor: Visitor) -> Result<Markup, PageError> {
    let (status, known) = read(&site).await?;
    let context = site.now();
    let reader = Reader::new(&visitor, &context);
    let content = html! {
        section #notices data-live { (notices(&reader, &status)) }
        section #upstreams data-live {
            h2 { (say!(reader.lang, "overview-upstreams")) }
            @if status.reach.is_empty() { p { (say!(reader.lang, "overview-no-upstream")) } }
            ul.cards { @for reach in &status.reach { li.card { (upstream(&reader, reach, &status.upstreams)) } } }
        }
        section #jobs data-live { (jobs(&reader, &status)) }
        section #freshness data-live { (freshness(&reader, &status.freshness)) }
        section #differs data-live { (differs(&reader, &status, &known)) }
        section #queue data-live { (queue(&reader, &status)) }
        section #drift data-live { (drift(&reader, &status)) }
        section #daemons data-live { (daemons(&reader, &status)) }
        (reader.zone())
    };
    Ok(frame::page(&visitor, &say!(reader.lang, "nav-overview"), &content))
}

/// What somebody should know or decide; one line that nothing is, where nothing is.
fn notices(reader: &Reader<'_>, status: &Status) -> Markup {
    let lang = reader.lang;
    let calls = |state: &str| {
        let of_state = status.queue.iter().filter(|depth| depth.state == state);
        of_state.map(|depth| depth.calls).sum::<i64>()
    };
    let (dead, quarantined) = (calls("dead"), calls("quarantined"));
    let waiting = status.held.iter().filter(|hold| hold.state == "held").count();
    let stale: Vec<String> = status.stale.iter().map(|stale| reader.job(stale.job)).collect();
    let differing = status.settings_differ.join(", ");
    let is_quiet = dead + quarantined == 0
        && status.held.is_empty()
        && stale.is_empty()
        && status.restore.is_none()
        && status.horizon.is_none()
        && differing.is_empty();
    html! {
        @if let Some(restore) = &status.restore {
            p.notice.bad { strong { (say!(lang, "overview-restore", sites = restore.waits.join(", "))) } " " (restore.why) " ("
                (reader.time(restore.found_at)) ")" }
        }
        @if !stale.is_empty() {
            p.notice.bad { a href="#freshness" { (say!(lang, "overview-stale", jobs = stale.join(", "))) } }
        }
        @if quarantined > 0 {
            p.notice.bad { a href="/queue?state=quarantined" { (say!(lang, "overview-quarantined", calls = quarantined)) } }
        }
        @if !status.held.is_empty() {
            p.notice.warn { a href="/holds" { (say!(lang, "overview-held", waiting = waiting, refused = status.held.len() - waiting)) } }
        }
        @if dead > 0 {
            p.notice.warn { a href="/queue?state=dead" { (say!(lang, "overview-dead", calls = dead)) } }
        }
        @if !differing.is_empty() {
            p.notice.warn { (say!(lang, "overview-settings-differ", keys = differing)) }
        }
        @if let Some(holder) = &status.horizon { p.notice.warn { (holder.words()) } }
        @if is_quiet { p.notice { (say!(lang, "overview-quiet")) } }
    }
}

fn site_name(lang: Lang, upstream: &str) -> String {
    match upstream {
        "keaz" => "KEAZ".to_owned(),
        "saplab" => "Saplab".to_owned(),
        "saplab.client" => say!(lang, "upstream-saplab-client"),
        "carreta" => "Carreta".to_owned(),
        other => other.to_owned(),
    }
}

fn upstream(reader: &Reader<'_>, reach: &Reach, standings: &[Standing]) -> Markup {
    let lang = reader.lang;
    let standing = standings.iter().find(|standing| standing.name == reach.upstream);
    let rate = match reach.rate {
        0 => say!(lang, "upstream-no-limit"),
        rate => say!(lang, "upstream-limit", rate = rate),
    };
    html! {
        h3 { (site_name(lang, reach.upstream)) " " (light(reader, standing)) }
        @if let Some(standing) = standing { (trouble(reader, standing)) }
        dl.facts {
            dt { (say!(lang, "upstream-last-success")) }
            dd {
                @match reach.last_success {
                    Some(at) => { (reader.time(at)) " " span.faint { "(" (say!(lang, "ago", span = reader.since(at))) ")" } }
                    None => (say!(lang, "never")),
                }
            }
            dt { (say!(lang, "upstream-lag")) }
            dd { @match reach.late_since { Some(at) => (reader.since(at)), None => (say!(lang, "upstream-no-lag")) } }
            dt { (say!(lang, "upstream-rate")) }
            dd { (say!(lang, "upstream-last-minute", calls = reach.last_minute)) "; " (rate) }
        }
    }
}

/// The one word about it.
fn light(reader: &Reader<'_>, standing: Option<&Standing>) -> Markup {
    let lang = reader.lang;
    let (class, words) = match standing {
        Some(standing) if standing.breaker != "closed" => ("bad", say!(lang, "upstream-open")),
        Some(standing) if standing.paused_until.is_some() => ("bad", say!(lang, "upstream-rests")),
        Some(standing) if standing.failures > 0 => ("warn", say!(lang, "upstream-failing")),
        _ => ("good", say!(lang, "upstream-good")),
    };
    html! { span.state.(class) { (words) } }
}

/// What its breaker says, and what the upstream said.
fn trouble(reader: &Reader<'_>, standing: &Standing) -> Markup {
    let lang = reader.lang;
    let at = |at| reader.clock.brief(at);
    let is_closed = standing.breaker == "closed";
    html! {
        @if !is_closed {
            p {
                @if let Some(since) = standing.opened_at { (say!(lang, "upstream-open-since", since = at(since))) " " }
                @match standing.paused_until {
                    Some(until) if standing.breaker == "open" => (say!(lang, "upstream-probe-at", until = at(until))),
                    _ => (say!(lang, "upstream-probing")),
                }
            }
        } @else if let Some(until) = standing.paused_until {
            p { (say!(lang, "upstream-rests-until", until = at(until))) }
        } @else if standing.failures > 0 {
            p { (say!(lang, "upstream-failures", failures = standing.failures)) }
        }
        @if let Some(reason) = standing.reason.as_ref().filter(|_| !is_closed || standing.paused_until.is_some()) {
            p { (say!(lang, "upstream-reason")) " " q { (reason) } }
        }
    }
}

fn jobs(reader: &Reader<'_>, status: &Status) -> Markup {
    let lang = reader.lang;
    html! {
        h2 { (say!(lang, "overview-jobs")) }
        div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "overview-jobs")) {
            table {
                thead { tr {
                    th scope="col" { (say!(lang, "runs-job")) }
                    th scope="col" { (say!(lang, "overview-last-run")) }
                    th.n scope="col" { (say!(lang, "runs-pulled")) }
                    th.n scope="col" { (say!(lang, "runs-pushed")) }
                    th scope="col" { (say!(lang, "overview-next-run")) }
                    th scope="col" { (say!(lang, "overview-act")) }
                } }
                tbody {
                    @for fresh in &status.freshness {
                        @let last = status.jobs.iter().find(|run| run.job == fresh.job);
                        tr {
                            th scope="row" { a href={ "/runs?job=" (fresh.job) } { (reader.job(fresh.job)) } }
                            td { (last_run(reader, last)) }
                            td.n { @if let Some(run) = last { (number(run.rows_pulled)) } }
                            td.n { @if let Some(run) = last { (number(run.rows_pushed)) } }
                            td { @match fresh.next_run { Some(at) => (reader.time(at)), None => (say!(lang, "overview-never")) } }
                            td { (sync_now(reader, fresh.job)) }
                        }
                    }
                }
            }
        }
    }
}

fn last_run(reader: &Reader<'_>, last: Option<&RunRow>) -> Markup {
    html! {
        @match last {
            None => (say!(reader.lang, "never")),
            Some(run) => {
                a href={ "/runs/" (run.id) } { (reader.time(run.ended_at.or(run.started_at).unwrap_or(run.requested_at))) }
                " " (reader.outcome(run))
                @if run.state == "running" { " " (super::runs::progress(reader, run)) }
                @if let Some(note) = &run.note { br; span.faint { (note) } }
            }
        }
    }
}

/// A button that starts a job.
pub(super) fn sync_now(reader: &Reader<'_>, job: &str) -> Markup {
    let words = say!(reader.lang, "sync-now");
    let named = format!("{words}: {}", reader.job(job));
    frame::act(
        reader.visitor,
        "/act/sync",
        &[("job", job)],
        &html! { button.plain type="submit" id={ "sync-" (job) } aria-label=(named) { (words) } },
    )
}

fn freshness(reader: &Reader<'_>, jobs: &[Fresh]) -> Markup {
    let lang = reader.lang;
    html! {
        h2 { (say!(lang, "overview-freshness")) }
        div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "overview-freshness")) {
            table {
                thead { tr {
                    th scope="col" { (say!(lang, "runs-job")) }
                    th scope="col" { (say!(lang, "overview-last-success")) }
                    th scope="col" { (say!(lang, "overview-age")) }
                    th scope="col" { (say!(lang, "overview-promise")) }
                    th scope="col" { (say!(lang, "overview-used")) }
                } }
                tbody {
                    @for fresh in jobs {
                        @let age = span(lang, fresh.age_seconds as f64);
                        tr {
                            th scope="row" { (reader.job(fresh.job)) }
                            td { @match fresh.last_success { Some(at) => (reader.time(at)), None => (say!(lang, "never")) } }
                            td { @if fresh.late { span.state.bad { (age) } } @else { (age) } }
                            @match fresh.promised_seconds {
                                Some(promised) => {
                                    @let words = span(lang, promised as f64);
                                    td { (words) }
                                    td { (plot::measure(&say!(lang, "overview-of-promise", age = age.clone(), promised = words.clone()),
                                                        fresh.age_seconds, promised)) }
                                }
                                None => { td { "–" } td {} }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn differs(reader: &Reader<'_>, status: &Status, known: &Known) -> Markup {
    let lang = reader.lang;
    html! {
        h2 { (say!(lang, "overview-differs")) }
        (super::diff::as_of(reader, known))
        @if known.found.is_some() { (super::diff::totals(reader, &status.differs)) }
    }
}

fn queue(reader: &Reader<'_>, status: &Status) -> Markup {
    let lang = reader.lang;
    html! {
        h2 { (say!(lang, "overview-queue")) }
        @if status.queue.is_empty() { p { (say!(lang, "overview-queue-empty")) } } @else {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "overview-queue")) {
                table {
                    thead { tr {
                        th scope="col" { (say!(lang, "overview-upstream")) }
                        th scope="col" { (say!(lang, "overview-state")) }
                        th.n scope="col" { (say!(lang, "overview-calls")) }
                        th scope="col" { (say!(lang, "overview-oldest")) }
                    } }
                    tbody {
                        @for depth in &status.queue {
                            tr {
                                th scope="row" { (site_name(lang, &depth.upstream)) }
                                td { a href={ "/queue?state=" (depth.state) } { (call_state(lang, &depth.state)) } }
                                td.n { (number(depth.calls)) }
                                td { (reader.time(depth.oldest)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How a call stands, in a word.
pub(super) fn call_state(lang: Lang, state: &str) -> String {
    lang.known(&format!("call-is-{state}"))
        .unwrap_or_else(|| state.to_owned())
}

fn drift(reader: &Reader<'_>, status: &Status) -> Markup {
    let lang = reader.lang;
    html! {
        @if !status.drift.is_empty() {
            h2 { (say!(lang, "overview-drift")) }
            ul {
                @for drift in &status.drift {
                    li {
                        strong { (site_name(lang, &drift.upstream)) } ": "
                        (say!(lang, "overview-drift-found", kind = drift.kind.clone(), found = drift.found, open = drift.open)) " "
                        (reader.time(drift.last_found_at))
                        br; span.faint { (drift.samples.join("; ")) }
                    }
                }
            }
        }
    }
}

fn daemons(reader: &Reader<'_>, status: &Status) -> Markup {
    html! {
        h2 { (say!(reader.lang, "overview-daemons")) }
        ul {
            @for daemon in &status.alive {
                li { (say!(reader.lang, "overview-daemon", host = daemon.host.clone(), pid = daemon.pid.to_string(),
                           version = daemon.version.clone())) " " (reader.time(daemon.started_at)) }
            }
        }
    }
}
