//! What people read: every `--help`, the plan, the status, the queue, the configuration. Kept as snapshots under
//! `tests/it/snapshots`; INSTA_UPDATE=always writes them anew.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use sverka::job::Job;
use sverka::simulate::{Action, PriceList, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// Every command, with the name of its snapshot.
const COMMANDS: [(&str, &[&str]); 30] = [
    ("help_apply", &["apply"]),
    ("help_call", &["call"]),
    ("help_explain", &["explain"]),
    ("help", &[]),
    ("help_run", &["run"]),
    ("help_sync", &["sync"]),
    ("help_plan", &["plan"]),
    ("help_status", &["status"]),
    ("help_top", &["top"]),
    ("help_queue", &["queue"]),
    ("help_queue_list", &["queue", "list"]),
    ("help_queue_show", &["queue", "show"]),
    ("help_queue_retry", &["queue", "retry"]),
    ("help_queue_cancel", &["queue", "cancel"]),
    ("help_hold", &["hold"]),
    ("help_hold_list", &["hold", "list"]),
    ("help_hold_show", &["hold", "show"]),
    ("help_hold_release", &["hold", "release"]),
    ("help_hold_refuse", &["hold", "refuse"]),
    ("help_history", &["history"]),
    ("help_pause", &["pause"]),
    ("help_resume", &["resume"]),
    ("help_check", &["check"]),
    ("help_config", &["config"]),
    ("help_config_show", &["config", "show"]),
    ("help_config_check", &["config", "check"]),
    ("help_migrate", &["migrate"]),
    ("help_simulate", &["simulate"]),
    ("help_demo", &["demo"]),
    ("help_completions", &["completions"]),
];

const OTHERS: [&str; 20] = [
    "plan",
    "plan_json",
    "plan_in_sync",
    "plan_of_one_job",
    "status",
    "status_in_trouble",
    "status_in_trouble_russian",
    "queue_list",
    "queue_list_json",
    "queue_show",
    "queue_show_russian",
    "explain_article",
    "explain_article_russian",
    "explain_order",
    "explain_order_russian",
    "hold_show",
    "hold_show_russian",
    "hold_list_russian",
    "config_show",
    "config_check",
];

/// Standard output and standard error of a command, with what differs from run to run replaced.
async fn said(fixture: &Fixture, args: &[&str]) -> String {
    said_in(fixture, "C", args).await
}

/// The same in that locale.
async fn said_in(fixture: &Fixture, locale: &str, args: &[&str]) -> String {
    let mut command = fixture.binary(args);
    // Its own log is not what it says.
    command
        .env("RUST_LOG", "off")
        .env("NO_COLOR", "1")
        .env("LC_ALL", locale);
    let output = command.output().await.unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    if !errors.is_empty() {
        text.push_str(&format!("--- standard error\n{errors}"));
    }
    if !output.status.success() {
        text.push_str(&format!("--- exit code {}\n", output.status.code().unwrap()));
    }
    for (changing, name) in [
        (fixture.folder.path().to_str().unwrap().to_owned(), "FOLDER"),
        (fixture.sim.keaz_url(), "http://keaz"),
        (fixture.sim.saplab_url(), "http://saplab"),
        (fixture.sim.carreta_url(), "http://carreta"),
    ] {
        text = text.replace(&changing, name);
    }
    without_times(&text)
}

/// Every digit of a date or a time of day becomes `0`: `2026-11-23 19:02:43.123`.
fn without_times(text: &str) -> String {
    let bytes = text.as_bytes();
    let digits = |from: usize, length: usize| {
        bytes
            .get(from..from + length)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let mut out = bytes.to_vec();
    for at in 0..bytes.len() {
        let date = digits(at, 4) && is(at + 4, b'-') && digits(at + 5, 2) && is(at + 7, b'-') && digits(at + 8, 2);
        let time = digits(at, 2) && is(at + 2, b':') && digits(at + 3, 2) && is(at + 5, b':') && digits(at + 6, 2);
        let mut end = at
            + if date {
                10
            } else if time {
                8
            } else {
                0
            };
        if time && is(end, b'.') {
            end += 1;
            while digits(end, 1) {
                end += 1;
            }
        }
        out[at..end]
            .iter_mut()
            .filter(|byte| byte.is_ascii_digit())
            .for_each(|byte| *byte = b'0');
    }
    String::from_utf8(out).unwrap()
}

/// How long ago it was is another matter every time: `0 s`, whatever it is.
fn without_spans(text: &str) -> String {
    const UNITS: [&str; 8] = ["s", "min", "h", "d", "с", "мин", "ч", "д"];
    let word = |c: char| c.is_alphanumeric();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[at..].len() - rest[at..].trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (before, number, after) = (&rest[..at], &rest[at..at + digits], &rest[at + digits..]);
        let unit = after
            .strip_prefix(' ')
            .map(|unit| &unit[..unit.find(|c| !word(c)).unwrap_or(unit.len())]);
        let stands_alone = !before.ends_with(|c| word(c) || c == ':' || c == '.');
        let is_span = stands_alone && unit.is_some_and(|unit| UNITS.contains(&unit));
        out.push_str(before);
        out.push_str(if is_span { "0" } else { number });
        rest = after;
    }
    out + rest
}

/// A fraction of a second has as many digits as it has.
fn without_fractions(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split("00:00:00.").enumerate() {
        if number > 0 {
            out.push_str("00:00:00.000");
        }
        out.push_str(if number > 0 { part.trim_start_matches('0') } else { part });
    }
    out
}

/// Everything has something to differ.
async fn company() -> Fixture {
    let fixture = Setup::new().price_list("main").start().await;
    fixture
        .warehouse("01", "г. Уфа, ул. Складская, 1", "+7 900 000-00-01")
        .await;
    fixture
        .warehouse("W&2", "г. Пермь, ул. \"Новая\", 2", "+7 900 000-00-02")
        .await;
    fixture.stock("01", "KEAZ", "OptiStart-K-09", Some("12.9")).await;
    fixture.stock("01", "KEAZ", "ВА47-29", Some("0")).await;
    fixture.stock("01", "KEAZ", "unknown", None).await;
    fixture.stock("W&2", "KEAZ", "OptiStart-K-09", Some("7")).await;
    fixture.positions(2);
    let list = "Производитель;Артикул;Наименование;Цена;Количество\r\nKNECHT/MAHLE;OC47;Фильтр масляный;175,11;<10\r\nUFI;30.896.00;Воздушный фильтр;1 234.50;Есть\r\n";
    fixture
        .sim
        .world()
        .carreta
        .price_lists
        .insert("main".into(), PriceList::text(list));
    fixture
}

/// After a first sync, some things differ again, one of them for a reason.
async fn changed() -> Fixture {
    let fixture = company().await;
    for job in Job::ALL {
        fixture.sync_done(&[job]).await;
    }
    fixture
        .sql(
            "UPDATE erp.warehouses SET address = 'г. Уфа, ул. Новая, 9' WHERE code = '01';
             UPDATE erp.stock SET quantity = 99 WHERE article = 'OptiStart-K-09';
             DELETE FROM erp.stock WHERE warehouse_code = 'W&2';
             INSERT INTO erp.stock (warehouse_code, brand, article, quantity) VALUES ('01', 'KEAZ', 'new', 3);
             UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 1;
             UPDATE erp.orders SET status = 'lost in the post' WHERE saplab_id = 2;
             UPDATE erp.supplier_prices SET price = 1 WHERE article = 'OC47';
             DELETE FROM erp.supplier_prices WHERE brand = 'UFI'",
        )
        .await;
    fixture
}

#[tokio::test]
async fn the_help_of_every_command_is_as_agreed() {
    let fixture = Setup::new().start().await;
    for (name, command) in COMMANDS {
        let mut args = command.to_vec();
        args.push("--help");
        insta::assert_snapshot!(name, said(&fixture, &args).await);
    }
}

#[tokio::test]
async fn every_command_has_its_snapshot_and_no_snapshot_is_left_over() {
    let fixture = Setup::new().start().await;
    let mut listed = BTreeSet::new();
    for parent in ["", "queue", "hold", "config"] {
        let mut args = vec!["--help"];
        if !parent.is_empty() {
            args.insert(0, parent);
        }
        let help = said(&fixture, &args).await;
        let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        let names = commands
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        listed.extend(
            names
                .filter_map(|line| line.split_whitespace().next())
                .map(|name| format!("{parent} {name}")),
        );
    }
    let known: BTreeSet<_> = COMMANDS
        .iter()
        .filter(|(_, command)| !command.is_empty())
        .map(|(_, command)| match command {
            [parent, name] => format!("{parent} {name}"),
            command => format!(" {}", command[0]),
        })
        .collect();
    assert_eq!(listed, known);

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|file| file.starts_with("it__cli__"))
        .collect();
    let names = COMMANDS.iter().map(|(name, _)| *name).chain(OTHERS);
    let wanted: BTreeSet<String> = names.map(|name| format!("it__cli__{name}.snap")).collect();
    assert_eq!(there, wanted);
}

#[tokio::test]
async fn the_plan_shows_every_row_that_would_be_written_and_why_others_are_held() {
    let fixture = changed().await;
    let mark = fixture.mark();
    insta::assert_snapshot!("plan", said(&fixture, &["plan"]).await);
    let json = said(&fixture, &["plan", "--format", "json"]).await;
    let who = sverka::queue::audit::who();
    insta::assert_snapshot!("plan_json", without_fractions(&json.replace(&who, "user@host")));
    insta::assert_snapshot!(
        "plan_of_one_job",
        said(&fixture, &["plan", "warehouses", "--limit", "1"]).await
    );
    assert_eq!(fixture.effects_since(mark), [], "and writes nothing");
}

#[tokio::test]
async fn a_plan_with_nothing_to_do_says_so() {
    let fixture = Setup::new().start().await;
    insta::assert_snapshot!("plan_in_sync", said(&fixture, &["plan"]).await);
}

/// All that has ended did so a moment ago, however slow the machine is.
async fn just_now(fixture: &Fixture) {
    fixture
        .sql(
            "UPDATE queue.call SET created_at = now() - interval '3 seconds';
             UPDATE queue.call SET ended_at = now() WHERE ended_at IS NOT NULL",
        )
        .await;
}

#[tokio::test]
async fn the_status_is_one_screen() {
    let fixture = company().await;
    for job in Job::ALL {
        fixture.sync_done(&[job]).await;
    }
    just_now(&fixture).await;
    insta::assert_snapshot!("status", without_spans(&said(&fixture, &["status"]).await));
}

#[tokio::test]
async fn the_status_says_what_rests_what_waits_what_differs_and_what_is_late() {
    let mut fixture = changed().await;
    let denied = Action::Status {
        code: 401,
        headers: Vec::new(),
        body: "Access denied".into(),
    };
    fixture.sim.inject(Rule::always(Upstream::Keaz, "keaz", denied));
    fixture.request(&[Job::Warehouses]).await;
    fixture
        .work_until(
            "KEAZ to rest",
            "EXISTS (SELECT FROM queue.upstream WHERE paused_until > now())",
        )
        .await;
    fixture.change("schedule.orders", "0 0 0 1 1 *").await;
    fixture.change("freshness.orders", "1h").await;
    fixture
        .sql("UPDATE queue.run SET ended_at = ended_at - interval '3 hours' WHERE job = 'orders'")
        .await;
    just_now(&fixture).await;
    insta::assert_snapshot!("status_in_trouble", without_spans(&said(&fixture, &["status"]).await));
    let russian = said_in(&fixture, "ru_RU.UTF-8", &["status"]).await;
    insta::assert_snapshot!("status_in_trouble_russian", without_spans(&russian));
}

#[tokio::test]
async fn the_queue_shows_its_calls_and_their_attempts() {
    let fixture = Setup::new().set("queue.max_attempts", 2).start().await;
    fixture.warehouse("01", "г. Уфа", "").await;
    fixture.stock("01", "KEAZ", "A-1", Some("5")).await;
    fixture.sync_done(&[Job::Warehouses]).await;
    let refused = Action::Status {
        code: 400,
        headers: Vec::new(),
        body: "Неверный запрос \u{1b}[31m<b>".into(),
    };
    // The first call dies of them; the run's next look at the diff makes another one.
    fixture.sim.inject(Rule {
        times: 2,
        ..Rule::once(Upstream::Keaz, "keaz.remains.update", refused)
    });
    fixture.sync(&[Job::Stock]).await;
    insta::assert_snapshot!("queue_list", said(&fixture, &["queue", "list"]).await);
    let list = said(&fixture, &["queue", "list", "--format", "json"]).await;
    insta::assert_snapshot!("queue_list_json", without_fractions(&list));
    let dead = fixture
        .value("(SELECT min(id) FROM queue.call WHERE state = 'dead')")
        .await
        .unwrap();
    // How long it took, and at which port, is another matter every time.
    fixture
        .sql("UPDATE queue.exchange SET took_ms = 7, url = regexp_replace(url, '^http://[^/]*', 'http://keaz')")
        .await;
    insta::assert_snapshot!(
        "queue_show",
        without_fractions(&said(&fixture, &["queue", "show", &dead]).await)
    );
    insta::assert_snapshot!(
        "queue_show_russian",
        without_fractions(&said_in(&fixture, "ru_RU.UTF-8", &["queue", "show", &dead]).await)
    );

    assert_eq!(
        said(&fixture, &["queue", "retry", &dead]).await,
        format!("call {dead} is due now; the daemon makes it, or the next sync\n")
    );
    assert!(
        said(&fixture, &["queue", "cancel", &dead])
            .await
            .starts_with(&format!("call {dead} is cancelled"))
    );
    let again = said(&fixture, &["queue", "retry", &dead]).await;
    assert!(
        again.contains("is cancelled: only a waiting, quarantined or dead call") && again.ends_with("exit code 1\n"),
        "{again}"
    );
    let unknown = said(&fixture, &["queue", "show", "987654"]).await;
    assert!(unknown.contains("there is no call 987654"), "{unknown}");
}

#[tokio::test]
async fn an_order_is_told_on_one_screen() {
    let fixture = changed().await;
    fixture.sync_done(&[Job::Orders]).await;
    fixture.sync_done(&[Job::Orders]).await;
    let told = said(&fixture, &["explain", "--order", "NZ-001"]).await;
    insta::assert_snapshot!("explain_order", numbered(&told));
    let told = said_in(&fixture, "ru_RU.UTF-8", &["explain", "--order", "NZ-001"]).await;
    insta::assert_snapshot!("explain_order_russian", numbered(&told));
}

/// With `N` in place of the numbers of calls.
fn numbered(text: &str) -> String {
    let mut text = text.to_owned();
    for word in ["call ", "вызов "] {
        let parts: Vec<&str> = text.split(word).collect();
        let unnumbered = |part: &&str| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() < part.len() {
                format!("N{rest}")
            } else {
                (*part).to_owned()
            }
        };
        let (first, others) = parts.split_first().unwrap();
        let others: Vec<String> = others.iter().map(unnumbered).collect();
        text = [&[(*first).to_owned()], &others[..]].concat().join(word);
    }
    text
}

/// The sentence that the page and the terminal exist for.
#[tokio::test]
async fn an_article_is_told_in_a_sentence_for_each_warehouse() {
    let fixture = Setup::new()
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m")
        .start()
        .await;
    fixture.warehouse("01", "г. Уфа", "").await;
    fixture.warehouse("02", "г. Пермь", "").await;
    fixture.stock("01", "KEAZ", "A-1", Some("3")).await;
    fixture.stock("02", "KEAZ", "A-1", Some("4")).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture
        .sql("UPDATE erp.stock SET quantity = 7, reserved = 2 WHERE warehouse_code = '01'")
        .await;
    let broken = Action::Status {
        code: 502,
        headers: Vec::new(),
        body: "Bad Gateway".into(),
    };
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", broken));
    fixture.request(&[Job::Stock]).await;
    fixture
        .work_until(
            "the push to wait for its second try",
            "EXISTS (SELECT FROM queue.attempt WHERE http_status = 502 AND outcome = 'retry')",
        )
        .await;
    let told = async |locale: &str| numbered(&said_in(&fixture, locale, &["explain", "A-1"]).await);
    let english = told("C").await;
    let sentence = "KEAZ shows 3, ERP has 5 (7 on hand, 2 reserved): known to differ since 00:00:00, call N waiting, 2nd try at \
                    00:00:00, last answer: HTTP 502";
    assert!(english.replace("0000-00-00 ", "").contains(sentence), "{english}");
    insta::assert_snapshot!("explain_article", english.replace("0000-00-00 ", ""));
    insta::assert_snapshot!(
        "explain_article_russian",
        told("ru_RU.UTF-8").await.replace("0000-00-00 ", "")
    );
}

#[tokio::test]
async fn a_hold_is_shown_in_both_languages() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 40).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.sql("DELETE FROM erp.stock WHERE article <= 'ART-00020'").await;
    fixture.sync_done(&[Job::Stock]).await;
    let show = ["hold", "show", "1", "--limit", "3"];
    insta::assert_snapshot!("hold_show", said(&fixture, &show).await);
    insta::assert_snapshot!("hold_show_russian", said_in(&fixture, "ru_RU.UTF-8", &show).await);
    insta::assert_snapshot!(
        "hold_list_russian",
        said_in(&fixture, "ru_RU.UTF-8", &["hold", "list"]).await
    );
    let json = [&show[..], &["--format", "json"]].concat();
    assert_eq!(
        said_in(&fixture, "ru_RU.UTF-8", &json).await,
        said(&fixture, &json).await,
        "scripts read the same in every locale"
    );
    let unknown = said_in(&fixture, "ru_RU.UTF-8", &["hold", "release", "99"]).await;
    assert!(unknown.contains("sverka: удержания 99 нет"), "{unknown}");
}

#[tokio::test]
async fn a_database_that_is_away_is_told_in_the_language_of_the_locale() {
    let mut fixture = Setup::new().start().await;
    let nowhere = [("SVERKA__DATABASE__URL", "postgres://127.0.0.1:1/sverka")];
    for (locale, words) in [
        ("C", "sverka: the database does not answer: "),
        ("ru_RU.UTF-8", "sverka: база данных не отвечает: "),
    ] {
        let mut command = fixture.binary(&["status"]);
        let output = command.envs(nowhere).env("LC_ALL", locale).output().await.unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(69), "{errors}");
        assert!(errors.contains(words), "{errors}");
    }
    // And an upstream that is.
    fixture.fill(1, 2).await;
    fixture.change("queue.backoff_max", "10m").await;
    fixture.change("queue.backoff_base", "10m").await;
    fixture.change("keaz.base_url", "http://127.0.0.1:1").await;
    let said = said_in(&fixture, "ru_RU.UTF-8", &["sync", "stock"]).await;
    assert!(
        said.contains("ждут keaz; следующая попытка через") && said.ends_with("--- exit code 69\n"),
        "{said}"
    );
}

#[tokio::test]
async fn the_configuration_is_shown_with_the_source_of_every_value_and_no_secret() {
    let mut fixture = Setup::new().price_list("main").start().await;
    fixture.change("keaz.brands", json!(["KEAZ", "OptiDin"])).await;
    insta::assert_snapshot!("config_show", said(&fixture, &["config", "show"]).await);
}

#[tokio::test]
async fn a_bad_configuration_is_refused_with_all_that_is_wrong_at_once() {
    let fixture = Setup::new().start().await;
    assert_eq!(
        said(&fixture, &["config", "check"]).await,
        "the configuration is good\n"
    );
    std::fs::write(
        &fixture.config,
        r#"
        shutdown_grace = "soon"
        [keaz]
        base_url = "http://keaz.example"
        formta = "json"
        batch_rows = 0
        [saplab.panel]
        base_url = "https://shop.example"
        login = "a:b"
        [schedule]
        timezone = "Europe/Moskow"
        stock = "every now and then"
        [queue]
        lease = "1s"
        [database]
        url = "mysql://localhost"
        [http]
        listen = "0.0.0.0:8080"
        "#,
    )
    .unwrap();
    insta::assert_snapshot!("config_check", said(&fixture, &["config", "check"]).await);
}
