//! File over default, environment over file, and the refusal of keys and values that make no sense.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{KeazFormat, LogFormat, OnMissing, Source, load};
use super::{loaded, refusal};

#[test]
fn the_environment_overrides_a_key_of_every_kind() {
    let env = [
        ("SVERKA__DATA_DIR", "/srv/sverka"),
        ("SVERKA__SHUTDOWN_GRACE", "7"),
        ("SVERKA__KEAZ__BASE_URL", "https://keaz.example.com"),
        ("SVERKA__KEAZ__API_KEY", "007"),
        ("SVERKA__KEAZ__FORMAT", "xml"),
        ("SVERKA__KEAZ__BRANDS", "KEAZ, OptiDin ,"),
        ("SVERKA__KEAZ__BATCH_ROWS", "42"),
        ("SVERKA__KEAZ__ON_MISSING", "keep"),
        ("SVERKA__KEAZ__REMAINS__FIELDS__ARTICLE", "code"),
        ("sverka__saplab__panel__login", "0079990000000"),
        ("SVERKA__SAPLAB__STATUS_MAP__Новый", "1"),
        ("SVERKA__CARRETA__TEST_ORDERS", "true"),
        ("SVERKA__CARRETA__ACCOUNT", "00012"),
        ("SVERKA__SCHEDULE__TIMEZONE", "Asia/Vladivostok"),
        ("SVERKA__SCHEDULE__STOCK", ""),
        ("SVERKA__QUEUE__LEASE", "1m 30s"),
        ("SVERKA__GUARD__MIN_SNAPSHOT_SHARE", "0.25"),
        ("SVERKA__HTTP__LISTEN", ""),
        ("SVERKA__LOG__FORMAT", "json"),
        ("SVERKA_UNRELATED", "x"),
        ("PATH", "/bin"),
    ];
    let s = loaded("[keaz]\nformat = \"form\"\nbatch_rows = 7\n", &env)
        .unwrap()
        .settings;
    assert_eq!(s.data_dir, PathBuf::from("/srv/sverka"));
    assert_eq!(s.shutdown_grace, Duration::from_secs(7));
    assert_eq!(s.keaz.base_url.unwrap().as_str(), "https://keaz.example.com/");
    assert_eq!(
        s.keaz.api_key.unwrap().reveal(),
        "007",
        "a password of digits keeps its zeros"
    );
    assert_eq!(s.keaz.format, KeazFormat::Xml);
    assert_eq!(s.keaz.brands, ["KEAZ", "OptiDin"]);
    assert_eq!(s.keaz.batch_rows, 42);
    assert_eq!(s.keaz.on_missing, OnMissing::Keep);
    assert_eq!(s.keaz.remains.fields.article, "code");
    assert_eq!(s.saplab.panel.login.as_deref(), Some("0079990000000"));
    assert_eq!(s.saplab.status_map, [("Новый".to_owned(), "1".to_owned())]);
    assert!(s.carreta.test_orders);
    assert_eq!(s.carreta.account.as_deref(), Some("00012"));
    assert_eq!(s.schedule.timezone, chrono_tz::Asia::Vladivostok);
    assert_eq!(s.schedule.stock, "");
    assert_eq!(s.queue.lease, Duration::from_secs(90));
    assert!(s.guard.min_snapshot_share < 0.26);
    assert_eq!(s.http.listen, "");
    assert_eq!(s.log.format, LogFormat::Json);
}

#[test]
fn an_empty_variable_switches_an_optional_key_of_the_file_off() {
    let file = "[keaz]\nbase_url = \"https://keaz.example.com\"\napi_key = \"k\"\n[carreta]\naccount = \"1\"\n";
    let s = loaded(
        file,
        &[("SVERKA__KEAZ__BASE_URL", ""), ("SVERKA__CARRETA__ACCOUNT", "")],
    )
    .unwrap()
    .settings;
    assert!(s.keaz.base_url.is_none() && s.carreta.account.is_none());
}

#[test]
fn the_status_map_keeps_the_order_and_the_spelling_of_the_file() {
    let file = "[saplab.status_map]\n\"яЯ\" = 9\nNew = \"В обработке\"\n\"Отгружен. Ждёт = да\" = \"5\"\n\"а\" = 1\n";
    let s = loaded(
        file,
        &[
            ("SVERKA__SAPLAB__STATUS_MAP__NEW", "7"),
            ("SVERKA__SAPLAB__STATUS_MAP__new_one", "8"),
        ],
    );
    let pairs = s.unwrap().settings.saplab.status_map;
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(erp, saplab)| (erp.as_str(), saplab.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("яЯ", "9"),
            ("New", "7"),
            ("Отгружен. Ждёт = да", "5"),
            ("а", "1"),
            ("new_one", "8")
        ]
    );
}

#[test]
fn a_key_that_does_not_exist_is_refused_with_its_place_and_a_guess() {
    for (file, expected) in [
        (
            "[keaz]\n\nbatch_row = 1\n",
            "keaz.batch_row: unknown key; did you mean keaz.batch_rows? (FILE:3)",
        ),
        (
            "[kaez]\nformat = \"json\"\n",
            "kaez: unknown key; did you mean keaz? (FILE:1)",
        ),
        ("# c\n\nport = 1\n", "port: unknown key (FILE:3)"),
        (
            "keaz.remains = { resourse = \"a\" }\n",
            "did you mean keaz.remains.resource? (FILE:1)",
        ),
        ("\"keaz.format\" = \"xml\"\n", "keaz.format: unknown key"),
        ("keaz = 5\n", "keaz: expected a section [keaz] (FILE:1)"),
        (
            "[keaz.format]\na = 1\n",
            "keaz.format: expected one of json, xml, form, got a section (FILE:1)",
        ),
        ("[log]\nlevel_file = \"x\"\n", "log.level_file: unknown key"),
        (
            "[saplab]\nstatus_map = 1\n",
            "saplab.status_map: expected a section [saplab.status_map] (FILE:2)",
        ),
    ] {
        let text = refusal(file, &[]);
        assert!(text.contains(expected), "{expected} is not in\n{text}");
        assert_eq!(text.lines().count(), 2, "one problem only:\n{text}");
    }
}

#[test]
fn a_variable_that_means_nothing_is_refused_by_its_name() {
    for (name, expected) in [
        (
            "SVERKA__KEAZ__API_KYE",
            "unknown key; did you mean SVERKA__KEAZ__API_KEY? (environment SVERKA__KEAZ__API_KYE)",
        ),
        ("SVERKA__NOTHING", "nothing: unknown key (environment SVERKA__NOTHING)"),
        ("SVERKA__", "unknown key (environment SVERKA__)"),
        ("SVERKA__KEAZ", "keaz: is a section, not a key"),
        ("SVERKA__CARRETA__PRICE_LISTS", "can be set in the file only"),
    ] {
        let text = refusal("", &[(name, super::CANARY)]);
        assert!(text.contains(expected), "{expected} is not in\n{text}");
        assert!(!text.contains(super::CANARY), "{text}");
    }
    let twice = refusal("", &[("SVERKA__LOG__LEVEL", "info"), ("sverka__log__level", "warn")]);
    assert!(
        twice.contains("log.level: given twice in the environment (environment sverka__log__level)"),
        "{twice}"
    );
    let garbled = refusal("", &[("SVERKA__LOG__LEVEL", "in\u{fffd}fo")]);
    assert!(garbled.contains("log.level: the value is not UTF-8"), "{garbled}");
}

#[test]
fn a_value_of_the_wrong_form_is_refused_with_what_was_expected() {
    for (section, line, expected) in [
        (
            "keaz",
            "format = \"yaml\"",
            "keaz.format: expected one of json, xml, form, got \"yaml\" (FILE:2)",
        ),
        (
            "keaz",
            "allow_http = \"perhaps\"",
            "expected true or false, got \"perhaps\" (FILE:2)",
        ),
        (
            "keaz",
            "batch_rows = \"many\"",
            "expected a whole number from 1 to 10000, got \"many\"",
        ),
        (
            "keaz",
            "batch_rows = 0",
            "expected a whole number from 1 to 10000, got 0",
        ),
        (
            "keaz",
            "batch_rows = 1.5",
            "expected a whole number from 1 to 10000, got 1.5",
        ),
        ("keaz", "brands = [1]", "expected a list of texts"),
        (
            "keaz",
            "base_url = \"shop\"",
            "keaz.base_url: expected an address such as https://host",
        ),
        (
            "keaz",
            "base_url = 5",
            "keaz.base_url: expected an address such as https://host",
        ),
        (
            "keaz",
            "api_key = 12345",
            "keaz.api_key: expected a text in quotes (FILE:2)",
        ),
        (
            "keaz",
            "timeout = \"soon\"",
            "expected a duration such as 30s, 5m or 1h 30m, got \"soon\"",
        ),
        ("keaz", "timeout = -1", "expected a duration"),
        ("keaz", "timeout = 9223372036854775807", "at most ten years"),
        (
            "saplab.panel",
            "login = 79990000000",
            "saplab.panel.login: expected a text in quotes, got 79990000000",
        ),
        (
            "saplab.status_map",
            "\"a b\" = true",
            "saplab.status_map.\"a b\": expected a Saplab status",
        ),
        (
            "schedule",
            "timezone = \"Moscow\"",
            "schedule.timezone: expected a time zone such as Europe/Moscow, got \"Moscow\"",
        ),
        (
            "guard",
            "min_snapshot_share = 2",
            "guard.min_snapshot_share: expected a number from 0 to 1, got 2",
        ),
        ("guard", "min_snapshot_share = nan", "expected a number from 0 to 1"),
        (
            "carreta",
            "max_list_bytes = 0",
            "expected a whole number, 1 or more, got 0",
        ),
        (
            "carreta",
            "price_lists = 5",
            "carreta.price_lists: expected sections [[carreta.price_lists]] (FILE:2)",
        ),
        (
            "carreta",
            "price_lists = [5]",
            "carreta.price_lists[0]: expected a section",
        ),
        ("log", "format = 1", "log.format: expected one of text, json, got 1"),
    ] {
        let text = refusal(&format!("[{section}]\n{line}\n"), &[]);
        assert!(text.contains(expected), "{expected} is not in\n{text}");
        assert_eq!(text.lines().count(), 2, "one problem only:\n{text}");
    }
    let text = refusal("", &[("SVERKA__KEAZ__BATCH_ROWS", "1e3")]);
    assert!(
        text.contains("got \"1e3\" (environment SVERKA__KEAZ__BATCH_ROWS)"),
        "{text}"
    );
}

#[test]
fn a_price_list_with_a_wrong_field_is_refused() {
    let list = |lines: &str| format!("[[carreta.price_lists]]\n{lines}\n");
    let url = "url = \"https://l.example.com/a\"";
    for (lines, expected) in [
        (
            format!("name = \"a\"\n{url}\nnote = 1"),
            "carreta.price_lists[0].note: unknown key",
        ),
        (url.to_owned(), "carreta.price_lists[0].name: missing (FILE:1)"),
        (
            "name = \"a\"".to_owned(),
            "carreta.price_lists[0].url: missing (FILE:1)",
        ),
        (
            format!("name = 5\n{url}"),
            "carreta.price_lists[0].name: expected a text in quotes, got 5 (FILE:2)",
        ),
        (
            format!("name = \"a\"\n{url}\ncolumns = {{ cost = \"x\" }}"),
            "unknown field \"cost\"; the fields are brand",
        ),
        (
            format!("name = \"a\"\n{url}\ncolumns = {{ price = \"\" }}"),
            "the heading of price must be a text",
        ),
        (
            format!("name = \"a\"\n{url}\ncolumns = 5"),
            "expected a table of field = heading",
        ),
    ] {
        let text = refusal(&list(&lines), &[]);
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn all_problems_are_shown_together() {
    let file = "[keaz]\nformat = \"yaml\"\nbase_url = \"http://keaz.example.com\"\n[log]\nlevle = \"info\"\n";
    let text = refusal(file, &[("SVERKA__QUEUE__LEASE", "1s"), ("SVERKA__WHAT", "1")]);
    for key in [
        "keaz.format:",
        "keaz.base_url:",
        "keaz.api_key:",
        "log.levle:",
        "queue.lease:",
        "what:",
    ] {
        assert!(text.contains(&format!("\n  - {key}")), "{key} is not in\n{text}");
    }
}

#[test]
fn a_file_that_is_named_must_exist() {
    let missing = PathBuf::from("/nonexistent/sverka.toml");
    let none: [(String, String); 0] = [];
    let text = load(
        &Source {
            path: Some(missing.clone()),
        },
        none,
    )
    .unwrap_err()
    .to_string();
    assert!(
        text.contains("cannot read /nonexistent/sverka.toml") && text.contains("(--config)"),
        "{text}"
    );
    let env = [("SVERKA_CONFIG".to_owned(), missing.display().to_string())];
    let text = load(&Source::default(), env).unwrap_err().to_string();
    assert!(text.contains("(environment SVERKA_CONFIG)"), "{text}");
}

#[test]
fn the_file_named_on_the_command_line_wins_over_the_variable() {
    let loaded = loaded(
        "[log]\nlevel = \"warn\"\n",
        &[("SVERKA_CONFIG", "/nonexistent/sverka.toml")],
    )
    .unwrap();
    assert_eq!(loaded.settings.log.level, "warn");
}

#[test]
fn a_file_that_is_not_toml_is_refused_with_its_line() {
    assert!(refusal("[keaz]\nformat = \n", &[]).contains("not TOML"));
    assert!(refusal("[keaz]\nformat = \"a\"\nformat = \"b\"\n", &[]).contains("(FILE:3)"));
    assert!(
        loaded("\u{feff}[log]\nlevel = \"warn\"\n", &[]).is_ok(),
        "a byte order mark is no mistake"
    );
}
