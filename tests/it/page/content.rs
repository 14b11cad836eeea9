//! What leaves the house with each answer: headers, names that nobody can make a page act by, no secret.

use serde_json::json;
use sverka::job::Job;
use sverka::simulate::world::Position;
use sverka::simulate::{Action, Rule, Upstream};

use super::TOKEN;
use super::company::company;
use super::guest::{Answer, Guest};
use crate::support::{Canaries, Setup, until};

const API: [&str; 9] = [
    "/api/v1/status",
    "/api/v1/diff",
    "/api/v1/runs",
    "/api/v1/calls",
    "/api/v1/holds",
    "/api/v1/holds/1",
    "/api/v1/article/OptiDin-BM63-3C25",
    "/api/v1/order/NZ-1042",
    "/api/v1/purchases",
];

fn assert_headers(path: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|one| one == part), "{path}: {policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"),
        "{policy}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{path}: {name}");
    }
    let kept = answer.header("cache-control");
    assert_eq!(
        kept,
        if path.starts_with("/assets/sverka") {
            "no-cache"
        } else {
            "no-store"
        },
        "{path}"
    );
}

#[tokio::test]
async fn every_answer_has_a_strict_policy_and_no_page_shows_a_secret() {
    let company = company().await;
    let guest = Guest::logged_in(&company.daemon).await;
    let canaries = Canaries::of(&company.fixture.settings);
    let more = [
        format!("/api/v1/calls/{}", company.dead),
        format!("/api/v1/calls/{}", company.quarantined),
    ];
    let assets = [
        "/assets/sverka.css",
        "/assets/sverka.js",
        "/assets/sverka.svg",
        "/assets/nothing",
        "/login",
    ]
    .map(str::to_owned);
    let pages = company.pages().into_iter().map(|(_, path)| path);
    for path in pages.chain(API.map(str::to_owned)).chain(more).chain(assets) {
        let answer = guest.get(&path).await;
        assert_headers(&path, &answer);
        canaries.assert_silent(&path, &answer.body);
        let is_page = answer.header("content-type").starts_with("text/html");
        // The policy forbids them: what the page would lose is not written in the first place.
        assert!(!is_page || !answer.body.contains(" style="), "{path}");
        assert!(
            !is_page || answer.body.matches("<script").count() == 1,
            "{path}: one script, ours"
        );
    }
    let stranger = Guest::of(&company.daemon);
    for path in ["/", "/api/v1/status", "/login", "/nothing"] {
        assert_headers(path, &stranger.get(path).await);
    }
    for answer in [
        stranger.post("/login", &[("token", "wrong")]).await,
        guest.post("/act/sync", &[("job", "stock")]).await,
        guest.get("/runs/x").await,
    ] {
        assert_headers("a refusal", &answer);
    }
}

#[tokio::test]
async fn styles_and_scripts_are_sent_once() {
    let company = company().await;
    let guest = Guest::of(&company.daemon);
    for name in ["sverka.css", "sverka.js", "sverka.svg"] {
        let path = format!("/assets/{name}");
        let first = guest.get(&path).await;
        assert_eq!(first.status, 200);
        let again = guest.with("if-none-match", first.header("etag")).get(&path).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{name}");
    }
    assert_eq!(
        guest.get("/assets/../Cargo.toml").await.status,
        303,
        "there is nothing else"
    );
}

/// In names, in what upstreams say, and in what is asked for.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn a_name_that_would_be_a_script_is_a_name_on_every_page() {
    let fixture = Setup::new().set("http.token", TOKEN).start().await;
    fixture.warehouse("W1", EVIL, EVIL).await;
    fixture
        .sql(&format!("UPDATE erp.warehouses SET name = $evil${EVIL}$evil$"))
        .await;
    fixture.stock("W1", "KEAZ", EVIL, Some("5")).await;
    fixture.sync_done(&[Job::Warehouses]).await;
    fixture.position(Position {
        invoice: EVIL.into(),
        brand: EVIL.into(),
        article: EVIL.into(),
        name: EVIL.into(),
        shipping_address: EVIL.into(),
        client_comment: EVIL.into(),
        ..Position::default()
    });
    fixture.sync(&[Job::Orders]).await;
    fixture
        .sql(&format!(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, comment)
             VALUES (1, $evil${EVIL}$evil$, $evil${EVIL}$evil$, $evil${EVIL}$evil$, 1, $evil${EVIL}$evil$);
             UPDATE erp.orders SET status = $evil${EVIL}$evil$"
        ))
        .await;
    fixture.sync(&[Job::Purchases, Job::Orders]).await;
    let refused = Action::Status {
        code: 422,
        headers: Vec::new(),
        body: format!("нет: {EVIL}"),
    };
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.group.add", refused.clone()));
    let dead = fixture
        .ask("saplab.groups.add", json!({"name": EVIL, "discount": 7}))
        .await
        .id;
    let down = Action::Status {
        code: 503,
        headers: Vec::new(),
        body: format!("нет: {EVIL}"),
    };
    fixture.sim.inject(Rule::always(Upstream::Keaz, "", down));
    let run = fixture.request(&[Job::Stock]).await[0];
    let daemon = fixture.daemon().await;
    fixture
        .until(
            "KEAZ's words",
            "(SELECT EXISTS (SELECT FROM queue.upstream WHERE name = 'keaz' AND failures > 0))",
        )
        .await;
    let guest = Guest::logged_in(&daemon).await;
    until("the figures", async || {
        let known = guest.get("/api/v1/diff").await.json();
        (!known["at"].is_null()).then_some(())
    })
    .await;
    let evil = percent_encoding::utf8_percent_encode(EVIL, percent_encoding::NON_ALPHANUMERIC).to_string();
    for (path, names_it) in [
        ("/".to_owned(), false),
        ("/diff".into(), true),
        (
            format!("/diff?job=stock&warehouse={evil}&brand={evil}&article={evil}"),
            true,
        ),
        ("/runs".into(), false),
        (format!("/runs/{run}"), false),
        (format!("/runs?job={evil}"), false),
        ("/queue".into(), false),
        ("/queue?state=dead".into(), true),
        (
            format!("/queue?state={evil}&upstream={evil}&operation={evil}&about={evil}"),
            true,
        ),
        (format!("/queue/{dead}"), true),
        (format!("/queue/{dead}?said={evil}"), true),
        (format!("/goods?q={evil}"), true),
        (format!("/goods?q={evil}x"), true),
        (format!("/article/{evil}"), true),
        (format!("/article/{evil}x"), true),
        (format!("/order/{evil}"), true),
        (format!("/order/{evil}x"), true),
        ("/order/1".into(), true),
        ("/purchases".into(), true),
        (format!("/login?to=/{evil}"), true),
        (format!("/{evil}"), true),
    ] {
        let answer = guest.get(&path).await;
        let body = &answer.body;
        for live in ["<script>alert", "<img src=x", "'><img", "\"'>"] {
            assert!(!body.contains(live), "{path}: {live} in:\n{body}");
        }
        let named = body.contains("&lt;script&gt;alert(1)") || body.contains("%3Cscript%3E");
        assert!(named || !names_it, "{path} does not show the name at all:\n{body}");
    }
    // A program gets it as it is: in JSON, which no browser takes for a page.
    let answer = guest.get(&format!("/api/v1/calls/{dead}")).await;
    assert!(answer.json()["call"]["reason"].as_str().unwrap().contains(EVIL));
    assert_eq!(answer.header("content-type"), "application/json");
}
