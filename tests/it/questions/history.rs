//! The time line: each kind of thing that happens stands in it once, within its time, quickly.

use std::time::Instant;

use chrono::{Duration, Utc};
use sverka::history::when::Window;
use sverka::history::{self, Entry, Filter, What};
use sverka::job::Job;
use sverka::queue::breaker::{Limits, Signal};
use sverka::queue::presence::{self, Role};
use sverka::queue::prune;
use sverka::queue::standing::{self, Sign};
use sverka::upstream::Upstream;

use super::assert_says;
use super::reader::Reader;
use crate::support::{Fixture, Setup};

async fn happened(fixture: &Fixture, hours: (i64, i64), job: Option<Job>) -> Vec<Entry> {
    let ago = |hours| Utc::now() - Duration::hours(hours) + Duration::seconds(1);
    let filter = Filter {
        window: Window {
            since: ago(hours.0),
            until: ago(hours.1),
        },
        job,
        by_hand: false,
        limit: 1000,
    };
    history::read(&fixture.pool, &fixture.context(0), &filter)
        .await
        .unwrap()
        .entries
}

fn kinds(entries: &[Entry]) -> Vec<String> {
    let kind = |entry: &Entry| {
        serde_json::to_value(entry).unwrap()["kind"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let mut kinds: Vec<_> = entries.iter().map(kind).collect();
    kinds.sort();
    kinds
}

/// A night in which everything happens that can.
async fn night() -> Fixture {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO queue.run (job, lane, trigger, state, requested_at, started_at, ended_at, outcome, rows_pulled, rows_pushed, note)
             SELECT 'stock', 'keaz', 'schedule', 'ended', at, at, at + interval '3 s', 'done', 120, 4, NULL
               FROM (SELECT now() - n * interval '1 h' + interval '30 min' AS at FROM generate_series(1, 5) n) x;
             INSERT INTO queue.run (job, lane, trigger, state, requested_at, started_at, ended_at, outcome)
             VALUES ('orders', 'orders', 'schedule', 'ended', now() - interval '6 h', now() - interval '6 h', now() - interval '1 h', 'failed');
             INSERT INTO queue.event (at, kind, facts)
             SELECT now() - interval '150 min', kind, facts FROM (VALUES
                 ('left_alone', '{\"upstream\": \"keaz\", \"words\": \"HTTP 502\"}'::jsonb),
                 ('answers_again', '{\"upstream\": \"keaz\", \"words\": null}'),
                 ('daemon_began', '{\"host\": \"h\", \"pid\": 1, \"version\": \"1\"}'),
                 ('daemon_ended', '{\"host\": \"h\", \"pid\": 1, \"version\": \"1\"}'),
                 ('daemon_gone', '{\"host\": \"h\", \"pid\": 1, \"version\": \"1\"}')) e (kind, facts);
             INSERT INTO queue.daemon (role, host, pid, version, seen_at) VALUES ('daemon', 'silent', 2, '1', now() - interval '150 min');
             INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why, created_at)
             VALUES ('stock', 'keaz', 'W1', 'zero', 50, 100, 'too much', now() - interval '150 min');
             INSERT INTO queue.call (upstream, operation, args, class, priority, state, attempt, ended_at, reason)
             VALUES ('keaz', 'keaz.remains.update', '{\"n\": 1}', 'idempotent', 3, 'done', 2, now(), NULL),
                    ('saplab', 'saplab.orders.pay', '{\"n\": 2}', 'guarded', 0, 'quarantined', 3, NULL, 'its worker died 3 times over it');
             INSERT INTO queue.attempt (call_id, attempt, daemon_id, started_at, ended_at, outcome, words)
             VALUES (1, 1, 1, now() - interval '150 min', now() - interval '150 min', 'dead', 'no such article'),
                    (2, 3, 1, now() - interval '150 min', now() - interval '150 min', 'lease lost', NULL);
             INSERT INTO queue.call (upstream, operation, args, key, class, priority, state, ended_at, reason)
             SELECT 'keaz', 'keaz.remains.update', '{\"refused\": 1}', 'refused ' || n, 'idempotent', 3, 'dead',
                    date_trunc('minute', now() - interval '150 min'), 'unknown article'
               FROM generate_series(1, 12) n;
             INSERT INTO mirror.drift (upstream, kind, key, erp, acknowledged, remote, found_at)
             SELECT 'keaz', 'remain', 'W1/' || n, '5', '5', '7', now() - interval '150 min' FROM generate_series(1, 3) n;
             INSERT INTO queue.audit (at, who, command, call_id, words) VALUES (now() - interval '150 min', 'ann@erp', 'queue retry', 1, 'dead');
             INSERT INTO queue.pause (upstream, only_pushes, who, reason, since, until, ended_at, ended_by)
             VALUES ('keaz', true, 'ann@erp', 'stocktaking', now() - interval '160 min', now() - interval '100 min', now() - interval '150 min', 'bob@erp'),
                    ('carreta', false, 'ann@erp', NULL, now() - interval '155 min', now() - interval '150 min', NULL, NULL);
             INSERT INTO queue.restore (found_at, why, who, waits, ended_at, ended_by)
             VALUES (now() - interval '150 min', 'older than known', 'x', '{}', now() - interval '150 min', 'reading')",
        )
        .await;
    fixture
}

#[tokio::test]
async fn everything_stands_in_its_hour_once_and_in_no_other() {
    let fixture = night().await;
    let found = happened(&fixture, (3, 2), None).await;
    let expected = [
        "act",
        "answers_again",
        "daemon_began",
        "daemon_ended",
        "daemon_gone",
        "daemon_gone",
        "drift",
        "given_up",
        "given_up",
        "held",
        "left_alone",
        "paused",
        "paused",
        "refused",
        "restore_over",
        "restored",
        "resumed",
        "resumed",
        "run",
        "run",
    ];
    assert_eq!(kinds(&found), expected);
    assert!(found.is_sorted_by_key(|entry| entry.at), "oldest first");
    let runs = happened(&fixture, (5, 4), None).await;
    assert_eq!(
        kinds(&runs),
        ["run", "run"],
        "one began then; one had begun before and ended after: it was under way"
    );
    assert_eq!(happened(&fixture, (90, 80), None).await, []);
}

#[tokio::test]
async fn it_is_told_in_plain_words_in_both_languages() {
    let fixture = night().await;
    let says = [
        (
            "en",
            [
                "Stock, run 3 (by the schedule): done in 3.0 s. Rows: 120 read, 4 pushed, 0 refused.",
                "KEAZ is left alone, its calls wait: HTTP 502",
                "The guard holds 50 rows at KEAZ/W1, hold 1 (waits for a decision): too much",
                "Call 1 (keaz.remains.update) is dead: no such article (now done)",
                "12 rows were refused (keaz.remains.update): unknown article",
                "Somebody else has changed 3 rows at KEAZ: W1/1: ERP 5, acknowledged 5, found 7",
                "ann@erp: had call 1 made again, which was: dead",
                "ann@erp paused the pushes to KEAZ until",
                "bob@erp let KEAZ go on",
                "The pause of Carreta was over, its calls go on",
                "A daemon was gone without a word, killed or cut off: silent, process 2, version 1",
            ],
        ),
        (
            "ru",
            [
                "Остатки, запуск 3 (по расписанию): выполнено за 3,0 с. Строки: прочитано 120, отправлено 4, отклонено 0.",
                "КЭАЗ больше не вызывается, вызовы ждут: HTTP 502",
                "Предохранитель задержал 50 строк, КЭАЗ/W1, удержание 1 (ждёт решения): too much",
                "Вызов 1 (keaz.remains.update) не удался окончательно: no such article (сейчас: выполнен)",
                "Отклонено 12 строк (keaz.remains.update): unknown article",
                "Кто-то другой изменил 3 строки, КЭАЗ: W1/1: ERP 5, acknowledged 5, found 7",
                "ann@erp: вызов 1 отправлен на повтор, был: не удался",
                "ann@erp: приостановлена отправка, КЭАЗ, до",
                "bob@erp: работа продолжена, КЭАЗ",
                "Приостановка закончилась, вызовы продолжаются: Каррета",
                "Служба исчезла без предупреждения (убита или без связи): silent, процесс 2, версия 1",
            ],
        ),
    ];
    let daemon = fixture.daemon().await;
    for (language, words) in says {
        let reader = Reader::of(&daemon, language).await;
        assert_says(language, &reader.page("/history?since=3h&until=2h").await, &words);
        let mut command = fixture.binary(&["history", "--since", "3h", "--until", "2h"]);
        let output = command
            .env("LC_ALL", format!("{language}.UTF-8"))
            .output()
            .await
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_says(language, &text, &words);
    }
}

#[tokio::test]
async fn of_one_job_only_what_concerns_it_is_told() {
    let fixture = night().await;
    let found = happened(&fixture, (3, 2), Some(Job::Stock)).await;
    let expected = [
        "act",
        "answers_again",
        "drift",
        "given_up",
        "held",
        "left_alone",
        "paused",
        "refused",
        "restore_over",
        "restored",
        "resumed",
        "run",
    ];
    assert_eq!(kinds(&found), expected);
}

#[tokio::test]
async fn a_breaker_that_opens_and_closes_and_a_daemon_that_begins_and_ends_leave_a_trace() {
    let fixture = Setup::new().start().await;
    let limits = Limits::new(&fixture.settings.queue, fixture.settings.queue.manners(Upstream::Keaz));
    let note = async |signal, words| {
        let sign = Sign {
            upstream: Upstream::Keaz,
            call_id: 1,
            signal,
            words,
        };
        standing::note(&fixture.pool, &limits, sign).await.unwrap();
    };
    note(Signal::Denied, "HTTP 401").await;
    note(Signal::Denied, "a second one is no news").await;
    standing::close_all(&fixture.pool).await.unwrap();
    standing::close_all(&fixture.pool).await.unwrap();
    let daemon = presence::register(&fixture.pool, Role::Daemon).await.unwrap();
    let command = presence::register(&fixture.pool, Role::Command).await.unwrap();
    presence::leave(&fixture.pool, daemon).await.unwrap();
    presence::leave(&fixture.pool, command).await.unwrap();
    let found = happened(&fixture, (1, 0), None).await;
    let told: Vec<&What> = found.iter().map(|entry| &entry.what).collect();
    assert!(
        matches!(
            told[..],
            [
                What::LeftAlone { words: Some(why), .. },
                What::AnswersAgain { words: Some(by), .. },
                What::DaemonBegan(_),
                What::DaemonEnded(_)
            ] if why == "HTTP 401" && by == "the configuration was read again"
        ),
        "{told:#?}"
    );
}

#[tokio::test]
async fn what_cannot_be_a_time_is_refused_by_the_command_and_by_the_page() {
    let fixture = Setup::new().start().await;
    let output = fixture.command(&["history", "--since", "yesterday"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("«yesterday» is no time")
    );
    let daemon = fixture.daemon().await;
    let reader = Reader::of(&daemon, "en").await;
    let (status, page) = reader.answer("/history?since=yesterday").await;
    assert!(
        status == 422 && page.contains("yesterday is no time"),
        "{status} {page}"
    );
    let (status, _) = reader.answer("/api/v1/history?since=1h&until=2h").await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn old_events_and_pauses_are_forgotten_and_the_newest_of_too_many_stay() {
    let fixture = night().await;
    fixture
        .sql(
            "UPDATE queue.event SET at = now() - interval '40 days' WHERE kind = 'left_alone';
             UPDATE queue.pause SET since = now() - interval '41 days', until = now() - interval '40 days' WHERE upstream = 'carreta';
             INSERT INTO queue.event (kind, facts)
             SELECT 'left_alone', '{\"upstream\": \"keaz\"}' FROM generate_series(1, 100100)",
        )
        .await;
    prune::prune(&fixture.pool, std::time::Duration::from_secs(30 * 86_400))
        .await
        .unwrap();
    assert_eq!(fixture.count("queue.event").await, 100_000);
    assert_eq!(fixture.count("queue.pause").await, 1);
}

/// `SVERKA_CROWD=1000000 cargo test --test it -- --nocapture questions::history` asks for as many calls as that.
#[tokio::test]
async fn an_hour_is_read_quickly_among_many_calls() {
    let calls = std::env::var("SVERKA_CROWD").map_or(100_000, |calls| calls.parse::<i64>().unwrap());
    let fixture = Setup::new().set("database.statement_timeout", "30m").start().await;
    fixture
        .sql(&format!(
            "INSERT INTO queue.call (upstream, operation, args, key, class, priority, state, attempt, created_at, ended_at, reason)
             SELECT 'keaz', 'keaz.remains.update', '{{}}', 'k' || n, 'idempotent', 3,
                    CASE WHEN n % 100 = 0 THEN 'dead' ELSE 'done' END, 1, at, at, 'no'
               FROM (SELECT n, now() - n * interval '30 days' / {calls} AS at FROM generate_series(1, {calls}) n) x;
             INSERT INTO queue.attempt (call_id, attempt, daemon_id, started_at, ended_at, outcome, words)
             SELECT id, 1, 1, ended_at, ended_at, CASE state WHEN 'dead' THEN 'dead' ELSE 'done' END, 'no' FROM queue.call;
             INSERT INTO queue.run (job, lane, trigger, state, requested_at, started_at, ended_at, outcome)
             SELECT 'orders', 'orders', 'schedule', 'ended', at, at, at + interval '1 s', 'done'
               FROM (SELECT now() - n * interval '2 min' AS at FROM generate_series(1, 21600) n) x;
             ANALYZE queue.call, queue.attempt, queue.run"
        ))
        .await;
    let mut took = Vec::new();
    for hours in [(1, 0), (2, 1), (24 * 20, 24 * 20 - 1), (24, 0)] {
        let began = Instant::now();
        let found = happened(&fixture, hours, None).await;
        assert!(found.len() >= 25, "{hours:?}: {}", found.len());
        took.push(began.elapsed());
    }
    println!("{calls} calls: {took:?}");
    assert!(took.iter().all(|took| took.as_secs() < 2), "{took:?}");
}
