//! Canaries in every credential, everything at its most talkative, upstreams that echo what they were sent: and the
//! canaries appear in no log, no output, no page, no row.

use serde_json::json;
use sverka::simulate::world::{Offer, Part};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

const KEAZ: &str = "cnr1 Ключ/+\"&<1>";
const PANEL: &str = "cnr2 Пароль/+\"&<2>";
const CARRETA: &str = "cnr3-Ключ/+\"&<3>";
const LIST: &str = "cnr4/Список+\"4";
const TOKEN: &str = "cnr5 Token/+\"&5";
const DATABASE: &str = "cnr6/Base+6";
const CLIENT: &str = "cnr7 Клиент/+\"&<7>";
const LOGIN: &str = "9990000001";

/// Every form in which a secret might come to light.
struct Canary {
    name: &'static str,
    /// As an upstream might send it back.
    forms: Vec<String>,
    base64: String,
}

async fn canaries(fixture: &Fixture) -> Vec<Canary> {
    let mut canaries = Vec::new();
    for (name, secret) in [
        ("KEAZ's key", KEAZ),
        ("the panel's password", PANEL),
        ("Carreta's key", CARRETA),
        ("the price list's key", LIST),
        ("the HTTP token", TOKEN),
        ("the database's password", DATABASE),
        ("the client API's password", CLIENT),
    ] {
        canaries.push(Canary {
            name,
            forms: forms(secret),
            base64: base64(fixture, secret).await,
        });
    }
    canaries[1].forms.push(basic(fixture).await);
    canaries
}

fn forms(secret: &str) -> Vec<String> {
    let encoded = |bare: &str| -> String {
        let escape = |byte: u8| match byte {
            b if b.is_ascii_alphanumeric() || bare.as_bytes().contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        };
        secret.bytes().map(escape).collect()
    };
    let json = json!(secret).to_string();
    let ascii: String = json
        .chars()
        .map(|c| {
            if c.is_ascii() {
                c.to_string()
            } else {
                format!("\\u{:04x}", u32::from(c))
            }
        })
        .collect();
    let xml = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let strict = encoded("-_.~");
    vec![
        secret.to_owned(),
        strict.replace("%20", "+"),
        strict.to_lowercase(),
        strict,
        encoded("-_.~/+&"),
        json.trim_matches('"').to_owned(),
        ascii.trim_matches('"').to_owned(),
        ascii.trim_matches('"').replace('/', "\\/"),
        xml,
    ]
}

async fn base64(fixture: &Fixture, text: &str) -> String {
    sqlx::query_scalar("SELECT replace(encode(convert_to($1, 'UTF8'), 'base64'), E'\\n', '')")
        .bind(text)
        .fetch_one(&fixture.pool)
        .await
        .unwrap()
}

/// What follows `Authorization: Basic`.
async fn basic(fixture: &Fixture) -> String {
    base64(fixture, &format!("{LOGIN}:{PANEL}")).await
}

fn assert_silent(canaries: &[Canary], place: &str, text: &str) {
    for canary in canaries {
        for form in canary.forms.iter().chain([&canary.base64]) {
            // The part that tells one secret from another must not be there either, however the rest was written.
            let head: String = form.chars().take(4).collect();
            let found = text
                .find(form.as_str())
                .or_else(|| head.starts_with("cnr").then(|| text.find(&head)).flatten());
            if let Some(at) = found {
                let around: String = text[..at]
                    .chars()
                    .rev()
                    .take(200)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                panic!("{} in {place}, after: …{around}", canary.name);
            }
        }
    }
}

/// Everything the database holds, as text.
async fn database(fixture: &Fixture) -> Vec<(String, String)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
          WHERE schemaname IN ('erp', 'mirror', 'diff', 'queue', 'public') ORDER BY 1",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    assert!(tables.len() >= 15, "{tables:?}");
    let mut texts = Vec::new();
    for table in tables {
        // Both as it is written and as JSON escapes it.
        let query = format!("SELECT coalesce(string_agg(t::text || to_jsonb(t)::text, ' '), '') FROM {table} t");
        let text: String = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&fixture.pool)
            .await
            .unwrap();
        texts.push((table, text));
    }
    texts
}

async fn company(format: &str) -> Fixture {
    let setup = Setup::new()
        .set("keaz.format", format)
        .set("http.token", TOKEN)
        .set("queue.pause", "50ms")
        .simulator(|options| {
            options.keaz_key = KEAZ.into();
            options.panel_login = LOGIN.into();
            options.panel_password = PANEL.into();
            options.carreta_key = CARRETA.into();
            options.client_password = CLIENT.into();
        })
        .client_api();
    let mut fixture = setup.start().await;
    let mut list: url::Url = fixture.sim.price_list_url("main").parse().unwrap();
    list.query_pairs_mut().append_pair("key", LIST);
    fixture
        .change("carreta.price_lists", json!([{ "name": "main", "url": list.as_str() }]))
        .await;
    let mut database: url::Url = fixture.database.url().parse().unwrap();
    database.set_username("sverka").unwrap();
    database.set_password(Some(DATABASE)).unwrap();
    fixture.change("database.url", database.as_str()).await;
    let rows = sverka::simulate::PriceList::generated(1, 50);
    fixture.sim.world().carreta.price_lists.insert("main".into(), rows);
    fixture.fill(2, 10).await;
    fixture.positions(3);
    fixture.sim.world().carreta.offers.push(Offer {
        code: "OC47".into(),
        maker: "KNECHT".into(),
        price: 152.into(),
        min_qty: 1,
        qty: "500".into(),
        source: "57".into(),
        ..Offer::default()
    });
    fixture.sim.world().saplab.parts.push(Part {
        article: "OC47".into(),
        brand: "KNECHT".into(),
        name: "Фильтр".into(),
        stock: 7,
        multiplicity: 1,
        days: 3,
        price: 150.into(),
        replaces: None,
    });
    fixture
        .sql("INSERT INTO erp.watched_articles VALUES ('KNECHT', 'OC47')")
        .await;
    fixture
}

/// What the suppliers gave out with their offers: whoever has it can order in our name.
async fn tickets(fixture: &Fixture) -> Vec<String> {
    let kept = "SELECT t.value #>> '{}' FROM mirror.offer o, jsonb_each(o.ticket) t WHERE t.key IN ('_', 'to_cart')";
    let mut tickets: Vec<String> = sqlx::query_scalar(kept).fetch_all(&fixture.pool).await.unwrap();
    tickets.extend(fixture.sim.world().carreta.signatures.keys().cloned());
    tickets
}

/// Answers that repeat the request, with all that is secret in it, in many ways.
async fn echo(fixture: &Fixture, canaries: &[Canary]) {
    let of = |canary: usize| canaries[canary].forms.join(" | ");
    for (upstream, operation, own) in [
        (Upstream::Keaz, "keaz", of(0)),
        (
            Upstream::Saplab,
            "saplab.panel",
            format!("{} Basic {}", of(1), basic(fixture).await),
        ),
        (Upstream::Saplab, "saplab.client.parts", of(6)),
        (Upstream::Carreta, "carreta.order", of(2)),
        (Upstream::Carreta, "carreta.search", of(2)),
        (Upstream::Carreta, "carreta.price_list", of(3)),
    ] {
        let own = format!("you sent {own}");
        for code in [500, 503, 429, 401] {
            let echo = Action::Status {
                code,
                headers: vec![("Retry-After".into(), "1".into())],
                body: own.clone(),
            };
            fixture.sim.inject(Rule::once(upstream, operation, echo));
        }
        for action in [
            Action::Garbage(own.clone()),
            Action::Garbage(
                json!({ "status": { "code": "error", "messages": [own] }, "message": own, "status_": "error" })
                    .to_string(),
            ),
            Action::Redirect {
                code: 302,
                location: format!("http://127.0.0.1:9/?{}", canaries[0].forms[3]),
            },
            Action::Html,
            Action::Drop,
            Action::CutBody,
        ] {
            fixture.sim.inject(Rule::once(upstream, operation, action));
        }
    }
}

async fn no_canary_gets_out(request_format: &str, log_format: &str) {
    let fixture = company(request_format).await;
    let canaries = canaries(&fixture).await;
    echo(&fixture, &canaries).await;
    let environment = [("RUST_LOG", "trace"), ("SVERKA__LOG__FORMAT", log_format)];
    let mut texts = Vec::new();
    let mut daemon = fixture.daemon_with(&environment).await;
    let refusals = "(SELECT count(DISTINCT upstream) = 4 FROM queue.call c JOIN queue.attempt a ON a.call_id = c.id
                      WHERE a.words LIKE '%you sent%')";
    // Faults pass one by one; whatever they did, in the end everything agrees.
    for round in 0.. {
        let all_jobs = fixture.count("queue.run").await + 6;
        daemon.signal(nix::sys::signal::Signal::SIGUSR1);
        let ended = format!(
            "(SELECT count(*) >= {all_jobs} FROM queue.run) AND NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')"
        );
        fixture.until("the runs", &ended).await;
        if fixture.differing().await.is_empty() && fixture.count("erp.supplier_prices").await > 0 {
            break;
        }
        assert!(round < 20, "{:#?}", fixture.open_and_dead().await);
    }
    assert_eq!(
        fixture.value(refusals).await.as_deref(),
        Some("true"),
        "every upstream has echoed"
    );
    daemon.signal(nix::sys::signal::Signal::SIGUSR2);
    daemon.signal(nix::sys::signal::Signal::SIGHUP);
    daemon.says("configuration reloaded", 1).await;
    // A session would begin so, in either place.
    let session = |query: &str| format!("/readyz{query} HTTP/1.1\r\nAuthorization: Bearer {}\r\nX-End: ", TOKEN);
    for query in ["", "?token=cnr5"] {
        texts.push((format!("/readyz{query}"), daemon.get(&session(query)).await.1));
    }
    texts.push(("the settings".to_owned(), format!("{:?}", fixture.settings)));
    texts.push(("the clients".to_owned(), format!("{:?}", fixture.context(0))));
    daemon.stop().await;
    assert!(
        daemon.log().contains("DEBUG") && daemon.log().contains("you sent"),
        "it was talkative"
    );
    texts.push(("the daemon's log".to_owned(), daemon.log()));

    for args in [
        &["sync"][..],
        &["plan"],
        &["status"],
        &["queue", "list", "--format", "json"],
        &["queue", "list", "--state", "done"],
        &["queue", "show", "1"],
        &["queue", "show", "1", "--format", "json"],
        &["queue", "show", "1", "--curl"],
        &["queue", "show", "2", "--curl", "--format", "json"],
        &["check"],
        &["config", "show"],
        &["config", "show", "--format", "json"],
        &["migrate"],
    ] {
        let output = fixture.binary(args).envs(environment).output().await.unwrap();
        let both = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        texts.push((format!("the output of {args:?}"), both.concat()));
    }
    texts.extend(database(&fixture).await);
    let journal = texts.iter().find(|(table, _)| table == "queue.exchange").unwrap();
    for name in [
        "KEAZ_API_KEY",
        "SAPLAB_PANEL_PASSWORD",
        "SAPLAB_CLIENT_PASSWORD",
        "CARRETA_API_KEY",
        "CARRETA_PRICE_LIST_URL",
    ] {
        assert!(
            journal.1.contains(&format!("${{{name}}}")),
            "the journal speaks of {name}"
        );
    }
    assert!(journal.1.contains("you sent ***"), "and of what came back");
    let tickets = tickets(&fixture).await;
    assert!(tickets.len() >= 3, "both suppliers were searched: {tickets:?}");
    for (place, text) in &texts {
        assert_silent(&canaries, place, text);
        let shown = |ticket: &&String| place != "mirror.offer" && text.contains(ticket.as_str());
        assert_eq!(tickets.iter().find(shown), None, "an offer's signature in {place}");
    }
}

#[tokio::test]
async fn no_secret_gets_out_with_json_requests_and_text_logs() {
    no_canary_gets_out("json", "text").await;
}

#[tokio::test]
async fn no_secret_gets_out_with_xml_requests_and_json_logs() {
    no_canary_gets_out("xml", "json").await;
}

#[tokio::test]
async fn no_secret_gets_out_with_form_requests_and_json_logs() {
    no_canary_gets_out("form", "json").await;
}

#[tokio::test]
async fn no_secret_is_in_the_words_of_a_refused_configuration() {
    let fixture = company("json").await;
    let canaries = canaries(&fixture).await;
    let good = std::fs::read_to_string(&fixture.config).unwrap();
    let wrong = [
        ("keaz.base_url", "ftp://keaz.example"),
        ("database.url", &format!("mysql://sverka:{DATABASE}@localhost/erp")),
        ("carreta.base_url", &format!("http://user:{LIST}@carreta.example")),
        ("http.listen", "0.0.0.0:1:1"),
    ];
    for (key, value) in wrong {
        let rest: Vec<&str> = good
            .lines()
            .filter(|line| !line.starts_with(&format!("{key} ")))
            .collect();
        std::fs::write(
            &fixture.config,
            format!("{}\n{key} = {}\n", rest.join("\n"), json!(value)),
        )
        .unwrap();
        let output = fixture.command(&["config", "check"]).await;
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{key}: {words}");
        assert!(words.contains(key), "{words}");
        assert_silent(&canaries, key, &words);
    }
    // A line that TOML cannot read is not quoted: it may be the one with the key.
    std::fs::write(&fixture.config, format!("keaz.api_key = {KEAZ}\n")).unwrap();
    let output = fixture.command(&["config", "check"]).await;
    assert_eq!(output.status.code(), Some(78));
    assert_silent(
        &canaries,
        "a line that cannot be read",
        &String::from_utf8(output.stderr).unwrap(),
    );
}

#[tokio::test]
async fn no_secret_is_in_the_words_about_a_database_that_is_not_there() {
    let mut fixture = company("json").await;
    let canaries = canaries(&fixture).await;
    for address in ["127.0.0.1:1", "nobody.invalid:5432"] {
        let url = format!("postgres://sverka:{}@{address}/erp", forms(DATABASE)[3]);
        let written = std::fs::read_to_string(&fixture.config).unwrap();
        let others: Vec<&str> = written
            .lines()
            .filter(|line| !line.starts_with("database.url "))
            .collect();
        let config = format!("{}\ndatabase.url = {}\n", others.join("\n"), json!(url));
        std::fs::write(&fixture.config, config).unwrap();
        for args in [&["status"][..], &["sync"], &["check"], &["run"]] {
            let output = fixture.binary(args).env("RUST_LOG", "trace").output().await.unwrap();
            let both = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            assert!(!output.status.success(), "{args:?}: {both:?}");
            assert_silent(&canaries, &format!("the words of {args:?}"), &both.concat());
        }
    }
    fixture.change("log.level", "info").await;
}

/// Accepts connections and counts them.
async fn trap() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let caught = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let count = caught.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    (address, caught)
}

#[tokio::test]
async fn nothing_goes_through_a_proxy_that_the_environment_names() {
    let fixture = company("json").await;
    let (proxy, caught) = trap().await;
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let environment: Vec<(&str, &str)> = names
        .into_iter()
        .chain(lower.iter().map(String::as_str))
        .map(|name| (name, proxy.as_str()))
        .collect();
    let mut daemon = fixture.daemon_with(&environment).await;
    for (operation, args) in [
        ("keaz.warehouses.list", json!({})),
        ("saplab.statuses.list", json!({})),
        ("saplab.parts.brands", json!({ "article": "OC47" })),
        ("carreta.profile.get", json!({})),
        ("carreta.prices.fetch", json!({ "list": "main" })),
    ] {
        let call = fixture.enqueue(operation, args).await;
        assert_eq!(fixture.over(call).await.state, "done", "{operation}");
    }
    daemon.stop().await;
    assert_eq!(caught.load(std::sync::atomic::Ordering::SeqCst), 0);
}
