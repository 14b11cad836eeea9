//! Every rule of validation: each refusal names the right key and nothing else.

use super::{loaded, refusal};

#[test]
fn a_configuration_that_breaks_a_rule_is_refused_by_its_key() {
    let url = "base_url = \"https://shop.example.com\"";
    for (section, lines, expected) in [
        ("keaz", url, "keaz cannot be used without it (FILE:2)"),
        (
            "carreta",
            url,
            "carreta.api_key: missing, and carreta.base_url is given",
        ),
        (
            "saplab.panel",
            &format!("{url}\npassword = \"p\""),
            "saplab.panel.login: missing",
        ),
        (
            "saplab.panel",
            &format!("{url}\nlogin = \"l\""),
            "saplab.panel.password: missing",
        ),
        (
            "saplab.client",
            &format!("{url}\nlogin = \"l\""),
            "saplab.client.password: missing",
        ),
        (
            "saplab.client",
            &format!("{url}\npassword = \"p\""),
            "saplab.client.login: missing",
        ),
        (
            "saplab.client",
            "login = \"a:b\"",
            "saplab.client.login: must not hold a colon",
        ),
        (
            "keaz",
            "base_url = \"http://k.example.com\"\napi_key = \"k\"",
            "keaz.base_url: plain http:// would show",
        ),
        (
            "keaz",
            "base_url = \"ftp://k.example.com\"\napi_key = \"k\"",
            "keaz.base_url: must start with https://",
        ),
        (
            "keaz",
            "base_url = \"https://a:b@k.example.com\"\napi_key = \"k\"",
            "keaz.base_url: must not hold a login",
        ),
        (
            "carreta",
            "base_url = \"http://c.example.com\"\napi_key = \"k\"",
            "carreta.base_url: plain http://",
        ),
        ("keaz", "timeout = \"0s\"", "keaz.timeout: expected 10ms to 1h, got 0s"),
        (
            "notify.webhook",
            "url = \"http://chat.example.com/hook\"",
            "notify.webhook.url: plain http:// would show it",
        ),
        (
            "notify.webhook",
            "url = \"https://169.254.169.254/hook\"",
            "notify.webhook.url: is not the address of a server",
        ),
        (
            "notify.mail",
            "smtp = \"m.example.com\"\nto = [\"c@d.example\"]",
            "notify.mail.from: missing, and notify.mail.smtp is given: no mail can be sent without it (FILE:2)",
        ),
        (
            "notify.mail",
            "smtp = \"m.example.com\"\nfrom = \"a@b.example\"",
            "notify.mail.to: missing, and notify.mail.smtp is given",
        ),
        (
            "notify.mail",
            "to = [\"nobody\"]",
            "notify.mail.to: \"nobody\" is not a mail address",
        ),
        (
            "notify.mail",
            "smtp = \"m.example.com\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\nlogin = \"a\"",
            "notify.mail.password: missing, and notify.mail.login is given",
        ),
        (
            "notify.mail",
            "smtp = \"m.example.com\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\npassword = \"p\"",
            "notify.mail.login: missing, and notify.mail.password is given",
        ),
        (
            "notify.mail",
            "smtp = \"m.example.com:25\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]",
            "notify.mail.smtp: expected the name of a host",
        ),
        ("notify", "retry = \"0s\"", "notify.retry: expected 1ms to 1h, got 0s"),
        (
            "http",
            "public_url = \"https://a:b@s.example.com\"",
            "http.public_url: must not hold a login",
        ),
        (
            "keaz.remains",
            "resource = \"../x\"",
            "keaz.remains.resource: must be a letter",
        ),
        (
            "keaz.remains.fields",
            "article = \"\"",
            "keaz.remains.fields.article: must be a letter",
        ),
        (
            "keaz.remains.fields",
            "article = \"warehouse\"",
            "keaz.remains.fields: the three fields must have different",
        ),
        (
            "saplab",
            "per_page = 151",
            "saplab.per_page: expected a whole number from 1 to 150, got 151",
        ),
        (
            "saplab.status_map",
            "\"a b\" = \"\"",
            "saplab.status_map.\"a b\": the Saplab status must not be empty (FILE:2)",
        ),
        ("saplab.status_map", "\"\" = 1", "the ERP status must not be empty"),
        (
            "database",
            "url = \"mysql://db.example.com\"",
            "database.url: must start with postgres:// or postgresql:// (FILE:2)",
        ),
        (
            "database",
            "max_connections = 1",
            "database.max_connections: expected a whole number from 3",
        ),
        (
            "schedule",
            "stock = \"*/5 * * * *\"",
            "schedule.stock: not a cron expression: expected six fields",
        ),
        (
            "schedule",
            "stock = \"0 61 * * * *\"",
            "schedule.stock: not a cron expression",
        ),
        (
            "schedule",
            "reference = \"@daily\"",
            "schedule.reference: not a cron expression: expected six fields",
        ),
        (
            "queue",
            "max_attempts = 0",
            "queue.max_attempts: expected a whole number from 1",
        ),
        (
            "queue",
            "lease = \"4s\"\npoll = \"1s\"",
            "queue.lease: expected 5s to 1h, got 4s (FILE:2)",
        ),
        ("queue", "poll = \"31s\"", "queue.poll: must not exceed queue.lease"),
        ("queue", "poll = 0", "queue.poll: expected 10ms to 1h, got 0s"),
        (
            "queue",
            "backoff_base = \"6m\"",
            "queue.backoff_base: must not exceed queue.backoff_max",
        ),
        ("queue", "keep = \"1m\"", "queue.keep: expected 1h"),
        (
            "queue",
            "keaz.concurrency = 0",
            "queue.keaz.concurrency: expected a whole number from 1 to 64, got 0",
        ),
        (
            "guard",
            "min_snapshot_rows = -1",
            "guard.min_snapshot_rows: expected a whole number from 0",
        ),
        (
            "http",
            "listen = \"0.0.0.0:80\"",
            "http.token: missing, and http.listen = \"0.0.0.0:80\" can be reached",
        ),
        (
            "http",
            "listen = \"everywhere\"",
            "http.listen: expected an address and port",
        ),
        ("log", "level = \"inof\"", "log.level: \"inof\" is not a level"),
        ("log", "level = \"info,sverka=loud\"", "log.level: not a filter"),
        ("log", "level = \"\"", "log.level: \"\" is not a level"),
    ] {
        let text = refusal(&format!("[{section}]\n{lines}\n"), &[]);
        assert!(text.contains(expected), "{expected} is not in\n{text}");
        assert_eq!(text.lines().count(), 2, "one problem only:\n{text}");
    }
    assert!(refusal("data_dir = \"\"\n", &[]).contains("data_dir: must name a folder"));
}

#[test]
fn price_lists_need_different_names_and_addresses_of_the_web() {
    let list = |name: &str, url: &str| format!("[[carreta.price_lists]]\nname = \"{name}\"\nurl = \"{url}\"\n");
    let good = "https://l.example.com/a";
    let text = refusal(&format!("{}{}", list("a", good), list("a", good)), &[]);
    assert!(
        text.contains("carreta.price_lists[1].name: another price list has the same name (FILE:5)"),
        "{text}"
    );
    let text = refusal(&list(" ", good), &[]);
    assert!(
        text.contains("carreta.price_lists[0].name: must not be empty"),
        "{text}"
    );
    let text = refusal(&list("a", "file:///etc/passwd"), &[]);
    assert!(
        text.contains("carreta.price_lists[0].url: must start with https://"),
        "{text}"
    );
}

#[test]
fn what_no_rule_forbids_is_accepted() {
    for (section, lines) in [
        (
            "keaz",
            "base_url = \"http://k.example.com\"\napi_key = \"k\"\nallow_http = true",
        ),
        ("keaz", "base_url = \"http://127.0.0.1:9\"\napi_key = \"k\""),
        ("http", "listen = \"0.0.0.0:80\"\ntoken = \"t\""),
        ("http", "listen = \"\""),
        ("schedule", "stock = \"\"\norders = \"0 0 8 * * MON-FRI\""),
        ("log", "level = \"info,sverka::queue=debug\""),
        ("log", "level = \"off\""),
        ("database", "url = \"postgresql:///erp?host=/run/postgresql\""),
        ("freshness", "stock = 0"),
        ("saplab", "status_map = { a = 1 }"),
        (
            "keaz",
            "remains.fields = { warehouse = \"w\", article = \"a\", quantity = \"q\" }",
        ),
    ] {
        let text = format!("[{section}]\n{lines}\n");
        assert!(loaded(&text, &[]).is_ok(), "{text}{}", refusal(&text, &[]));
    }
}
