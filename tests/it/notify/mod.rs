//! People are told: once when it breaks, once when it is mended, over all daemons; by a webhook and by mail; and nothing
//! secret with it.

mod hook;
mod mail;
mod smtp;

use nix::sys::signal::Signal;
use serde_json::Value;

use self::hook::{Answer, Hook, SECRET};
use crate::support::{Daemon, Fixture, Setup, until};

/// A database in which the job `stock` has not succeeded for longer than promised, and whom to tell.
async fn stale(hook: &Hook) -> Fixture {
    let fixture = told_by(hook).await;
    fixture
        .sql("UPDATE queue.migration SET installed_on = now() - interval '2 hours'")
        .await;
    fixture
}

/// Whoever has something to say says it there, at once.
async fn told_by(hook: &Hook) -> Fixture {
    let fixture = Setup::new()
        .set("notify.webhook.url", hook.url())
        .set("notify.webhook.timeout", "5s")
        .set("notify.spacing", "0s")
        .set("notify.retry", "50ms")
        .set("http.public_url", "https://sverka.example.com/")
        .set("schedule.stock", "0 0 0 1 1 *")
        .set("freshness.stock", "1h")
        .start()
        .await;
    fixture.fill(1, 3).await;
    fixture
}

async fn has_told(hook: &Hook, wanted: &[&str]) {
    until(&format!("to be told {wanted:?}"), async || {
        let told = hook.told();
        assert!(told.len() <= wanted.len(), "too much: {told:?}");
        (told == wanted).then_some(())
    })
    .await;
}

/// Nothing is left to be told, and so much was.
async fn assert_quiet(fixture: &Fixture, notices: i64) {
    fixture
        .until(
            "the outbox to be empty",
            "SELECT NOT EXISTS (SELECT FROM queue.notice WHERE sent_at IS NULL)",
        )
        .await;
    assert_eq!(fixture.count("queue.notice").await, notices);
}

#[tokio::test]
async fn of_two_daemons_one_tells_that_a_promise_is_broken_and_one_that_it_is_mended() {
    let hook = Hook::start().await;
    let fixture = stale(&hook).await;
    let mut daemons = [fixture.daemon().await, fixture.daemon().await];
    has_told(&hook, &["broken stale stock"]).await;
    daemons[0].signal(Signal::SIGUSR1);
    has_told(&hook, &["broken stale stock", "mended stale stock"]).await;
    for daemon in &mut daemons {
        daemon.stop().await;
    }
    assert_quiet(&fixture, 2).await;
    let taken = hook.taken();
    assert_eq!(taken.len(), 2);
    let (broken, mended) = (&taken[0], &taken[1]);
    let text = broken["text"].as_str().unwrap();
    for words in [
        "Сверка: Остатки: отставание, ещё ни разу не выполнено; обещано не реже чем раз в 1 ч",
        "Что будет дальше: Демон продолжает попытки по расписанию, следующая — в ",
        "Что можно сделать: Посмотрите, как обстоят дела: sverka status",
        "https://sverka.example.com/runs",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(
        mended["text"]
            .as_str()
            .unwrap()
            .starts_with("Сверка, исправлено: Остатки: снова вовремя\nЭто длилось ")
    );
    let item = &broken["items"][0];
    assert_eq!(item["link"], "https://sverka.example.com/runs");
    assert!(item["since"].as_str().unwrap().ends_with('Z') && item["until"].is_null());
    assert_eq!(item["incident"], mended["items"][0]["incident"]);
}

#[tokio::test]
async fn a_held_run_and_a_quarantined_call_are_told_with_what_can_be_done_and_with_what_became_of_them() {
    let hook = Hook::start().await;
    let mut fixture = told_by(&hook).await;
    fixture.change("notify.language", "en").await;
    let mut daemon = fixture.daemon().await;
    fixture
        .sql(
            "INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why)
             VALUES ('stock', 'keaz', 'W1', 'zero', 40, 100, 'too much, \u{1b}[31mred'), ('prices', 'carreta', 'moscow', 'delete', 1, 2, 'more')",
        )
        .await;
    has_told(&hook, &["broken held 1", "broken held 2"]).await;
    let text = hook.taken()[0]["text"].as_str().unwrap().to_owned();
    assert!(
        text.contains("Sverka: Stock: 40 rows are held (KEAZ, W1)\nWhy: too much, [31mred\n"),
        "{text}"
    );
    assert!(
        text.contains("sverka hold show 1. Then sverka hold release 1, or"),
        "{text}"
    );
    assert!(text.contains("https://sverka.example.com/holds/1"), "{text}");
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, state, reason)
             VALUES ('carreta', 'carreta.orders.create', '{}', 'guarded', 0, 'quarantined', 'the answer was lost')",
        )
        .await;
    let call = fixture
        .value("SELECT id FROM queue.call WHERE state = 'quarantined'")
        .await
        .unwrap();
    let quarantined = format!("broken quarantined {call}");
    has_told(&hook, &["broken held 1", "broken held 2", &quarantined]).await;
    let output = fixture.command(&["hold", "refuse", "1"]).await;
    assert!(output.status.success(), "{output:?}");
    let output = fixture.command(&["queue", "cancel", &call]).await;
    assert!(output.status.success(), "{output:?}");
    until("both to be told", async || (hook.told().len() == 5).then_some(())).await;
    let last: Vec<Value> = hook.taken().split_off(2);
    let texts: String = last.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert!(
        texts.contains("Sverka, mended: Stock: hold 1 was refused by "),
        "{texts}"
    );
    let decided =
        format!("Sverka, mended: Carreta: call {call} (carreta.orders.create) was decided, it is cancelled now");
    assert!(texts.contains(&decided), "{texts}");
    daemon.stop().await;
    assert_quiet(&fixture, 5).await;
}

#[tokio::test]
async fn a_rejected_credential_is_told_instead_of_the_jobs_that_are_late_for_it_and_mended_only_when_the_site_answers()
{
    let hook = Hook::start().await;
    let mut fixture = told_by(&hook).await;
    let good = fixture.settings.keaz.api_key.clone().unwrap().reveal().to_owned();
    fixture.change("keaz.api_key", "canary-wrong-key").await;
    let mut daemon = fixture.daemon().await;
    daemon.signal(Signal::SIGUSR1);
    has_told(&hook, &["broken denied keaz"]).await;
    let text = hook.taken()[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("Сверка: КЭАЗ не пускает нас\nПочему: "), "{text}");
    fixture
        .sql("UPDATE queue.migration SET installed_on = now() - interval '2 hours'")
        .await;
    // As bad as before: nothing is mended by new settings alone.
    fixture.change("keaz.api_key", "canary-other-key").await;
    daemon.signal(Signal::SIGHUP);
    daemon.says("the upstream is left alone", 2).await;
    assert_eq!(hook.told(), ["broken denied keaz"]);
    fixture.change("keaz.api_key", good).await;
    daemon.signal(Signal::SIGHUP);
    has_told(&hook, &["broken denied keaz", "mended denied keaz"]).await;
    daemon.stop().await;
}

#[tokio::test]
async fn what_was_being_told_when_its_daemon_was_killed_is_told_by_another_one() {
    let hook = Hook::start().await;
    let fixture = stale(&hook).await;
    hook.answers(Answer::Silence);
    let mut first = fixture.daemon().await;
    until("the first try", async || (!hook.asked().is_empty()).then_some(())).await;
    first.kill().await;
    hook.answers(Answer::Ok);
    let mut second = fixture.daemon().await;
    has_told(&hook, &["broken stale stock"]).await;
    second.stop().await;
    assert_quiet(&fixture, 1).await;
    let asked = hook.asked();
    assert_eq!(
        asked[0].1["id"],
        asked[asked.len() - 1].1["id"],
        "known as the same message"
    );
}

#[tokio::test]
async fn what_cannot_be_delivered_is_tried_again_and_gives_no_part_of_the_address_away() {
    let hook = Hook::start().await;
    let fixture = stale(&hook).await;
    hook.answers(Answer::Echo);
    let mut daemon = fixture.daemon().await;
    daemon.says("people could not be told", 2).await;
    hook.answers(Answer::Redirect);
    daemon.says("a redirect, which is not followed", 1).await;
    let words = fixture.value("SELECT words FROM queue.notice").await.unwrap();
    assert!(!words.contains(SECRET), "{words}");
    assert_no_secret(&daemon);
    let (status, metrics) = daemon.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(
        metrics.contains("sverka_messages_waiting{channel=\"webhook\"} 1") && !metrics.contains(SECRET),
        "{metrics}"
    );
    hook.answers(Answer::Ok);
    has_told(&hook, &["broken stale stock"]).await;
    daemon.stop().await;
    assert_quiet(&fixture, 1).await;
    assert!(
        hook.asked().iter().all(|(line, _)| line.contains(SECRET)),
        "no redirect was followed"
    );
}

fn assert_no_secret(daemon: &Daemon) {
    let log = daemon.log();
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test]
async fn what_comes_soon_after_a_message_goes_into_the_next_one() {
    let hook = Hook::start().await;
    let mut fixture = told_by(&hook).await;
    fixture.change("notify.spacing", "2s").await;
    let hold = |id: u32| {
        format!(
            "INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why) VALUES ('stock', 'keaz', 'W{id}', 'zero', 40, 100, 'x')"
        )
    };
    fixture.sql(&hold(1)).await;
    let mut daemon = fixture.daemon().await;
    has_told(&hook, &["broken held 1"]).await;
    for id in [2, 3] {
        fixture.sql(&hold(id)).await;
        let known = format!("SELECT EXISTS (SELECT FROM queue.incident WHERE subject = '{id}')");
        fixture.until("the incident to be known", &known).await;
    }
    has_told(&hook, &["broken held 1", "broken held 2", "broken held 3"]).await;
    let text = hook.taken()[1]["text"].as_str().unwrap().to_owned();
    assert_eq!(text.matches("Сверка: Остатки: удержано 40 строк").count(), 2, "{text}");
    assert_eq!(hook.taken().len(), 2, "together");
    daemon.stop().await;
}

#[tokio::test]
async fn nobody_is_told_anything_unless_it_is_configured_and_check_sends_only_what_it_is_asked_to() {
    let hook = Hook::start().await;
    let mut fixture = stale(&hook).await;
    let output = fixture.command(&["check"]).await;
    assert!(output.status.success(), "{output:?}");
    assert!(hook.asked().is_empty());
    let output = fixture.command(&["check", "--notify"]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && said.contains("notify.webhook") && !said.contains("notify.mail"),
        "{said}"
    );
    let tested = hook.taken();
    assert_eq!(tested.len(), 1);
    assert!(
        tested[0]["text"]
            .as_str()
            .unwrap()
            .starts_with("Это проверка: sverka check --notify.")
    );
    assert_eq!(tested[0]["items"], Value::Array(Vec::new()));

    fixture.change("notify.webhook.url", "").await;
    let output = fixture.command(&["check", "--notify"]).await;
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let mut daemon = fixture.daemon().await;
    daemon.signal(Signal::SIGUSR1);
    daemon.says("run ended", 5).await;
    daemon.stop().await;
    assert_eq!(fixture.count("queue.incident").await, 0);
    assert_eq!(hook.asked().len(), 1);
}
