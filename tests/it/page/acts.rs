//! What the buttons do, and what it takes: a POST, the session's own form token, and a page of this house. Every act is
//! written down.

use serde_json::json;
use sverka::job::Job;
use sverka::simulate::{Action, Rule, Upstream};

use super::TOKEN;
use super::guest::{Answer, Guest};
use crate::support::{Daemon, Fixture, Setup};

/// Two dead calls, one that waits, one that may have happened, and a hold.
struct Trouble {
    fixture: Fixture,
    daemon: Daemon,
    dead: [i64; 2],
    quarantined: i64,
}

async fn trouble() -> Trouble {
    let fixture = Setup::new()
        .set("http.token", TOKEN)
        .set("saplab.panel.timeout", "2s")
        .start()
        .await;
    fixture.fill(1, 100).await;
    fixture.positions(1);
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    fixture.sql("DELETE FROM erp.stock WHERE article <= 'ART-00050'").await;
    fixture.sync(&[Job::Stock]).await;
    let mut dead = Vec::new();
    // The second may be repeated by "retry all"; what is guarded is decided about one by one.
    let group = json!({"name": "Опт 1", "discount": 7});
    for (operation, arguments, request) in [
        ("saplab.groups.add", group, "saplab.panel.group.add"),
        ("saplab.managers.list", json!({}), "saplab.panel.manager.list"),
    ] {
        let refused = Action::Status {
            code: 422,
            headers: Vec::new(),
            body: "так не назовёшь".into(),
        };
        fixture.sim.inject(Rule::once(Upstream::Saplab, request, refused));
        dead.push(fixture.ask(operation, arguments).await.id);
    }
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.status.add", Action::Drop));
    let arguments = json!({"name": "Новый", "color": "ABABAB", "sms": true, "email": false});
    let lost = fixture.ask("saplab.statuses.add", arguments).await;
    assert_eq!(lost.state, "quarantined", "{lost:#?}");
    let daemon = fixture.daemon().await;
    Trouble {
        quarantined: lost.id,
        dead: [dead[0], dead[1]],
        fixture,
        daemon,
    }
}

/// An act: where it goes, what its form says besides the token, and what is written down of it.
type Act = (String, Vec<(&'static str, String)>, &'static str);

impl Trouble {
    /// Every act of the page, in an order in which each is possible.
    async fn acts(&self, guest: &Guest) -> Vec<Act> {
        let [first, _] = self.dead;
        let attempt = hidden(&guest.get(&format!("/queue/{first}")).await, "attempt");
        let dead = vec![("state", "dead".to_owned()), ("attempt", attempt)];
        let lost = self.quarantined;
        let hold = guest.get("/holds/1").await;
        let mark = hidden(&hold, "mark");
        let attempt = hidden(&guest.get(&format!("/queue/{lost}/cancel")).await, "attempt");
        let sure = vec![
            ("state", "quarantined".to_owned()),
            ("attempt", attempt),
            ("sure", "yes".to_owned()),
        ];
        vec![
            ("/act/sync".into(), vec![("job", "warehouses".into())], "sync"),
            (format!("/queue/{first}/retry"), dead, "queue retry"),
            (
                "/queue/retry-all".into(),
                vec![("up_to", "9999".into())],
                "queue retry all",
            ),
            (format!("/queue/{lost}/look"), vec![], "queue look"),
            (format!("/queue/{lost}/cancel"), sure, "queue cancel"),
            (
                "/act/pause".into(),
                vec![("upstream", "carreta".into()), ("only", "pushes".into())],
                "pause",
            ),
            ("/act/resume".into(), vec![("upstream", "carreta".into())], "resume"),
            ("/holds/1/refuse".into(), vec![], "hold refuse"),
            ("/holds/1/release".into(), vec![("mark", mark)], "hold release"),
        ]
    }

    /// All that an act could have changed, in one value.
    async fn state(&self) -> String {
        let sql = "SELECT concat_ws('/', (SELECT count(*) FROM queue.audit), (SELECT count(*) FROM queue.run),
                          (SELECT string_agg(id || operation || state || attempt, ' ' ORDER BY id) FROM queue.call),
                          (SELECT string_agg(id || state, ' ' ORDER BY id) FROM queue.hold))";
        self.fixture.value(sql).await.unwrap()
    }
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let after = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = after.and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("no {name} in {}", page.body)).to_owned()
}

async fn act(guest: &Guest, (path, fields, _): &Act, form_token: Option<&str>) -> Answer {
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend(form_token.map(|token| ("form_token", token)));
    guest.post(path, &all).await
}

#[tokio::test]
async fn nothing_is_done_for_another_site_or_without_the_forms_own_token() {
    let trouble = trouble().await;
    let guest = Guest::logged_in(&trouble.daemon).await;
    let other = Guest::logged_in(&trouble.daemon).await;
    let token = guest.get("/").await.form_token();
    let others = other.get("/").await.form_token();
    assert!(!token.is_empty() && token != others);
    let before = trouble.state().await;
    let mut acts = trouble.acts(&guest).await;
    acts.push(("/logout".into(), Vec::new(), ""));
    for one in &acts {
        let path = &one.0;
        assert_eq!(act(&guest, one, None).await.status, 422, "{path}: no token");
        for wrong in ["", "x", others.as_str()] {
            let answer = act(&guest, one, Some(wrong)).await;
            assert_eq!(answer.status, 403, "{path}: {wrong:?}");
            answer.assert_says(&["The page was out of date", "Nothing was done"]);
        }
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:1"),
        ] {
            let answer = act(&guest.with(name, value), one, Some(&token)).await;
            assert_eq!(answer.status, 403, "{path}: {name}: {value}");
            assert_eq!(answer.cookie(), "", "{path}");
        }
    }
    assert_eq!(trouble.state().await, before);
}

#[tokio::test]
async fn behind_a_proxy_the_pages_own_name_is_the_one_that_the_proxy_was_called_by() {
    let trouble = trouble().await;
    let guest = Guest::logged_in(&trouble.daemon).await;
    let token = guest.get("/").await.form_token();
    let refuse: Act = ("/holds/1/refuse".into(), Vec::new(), "");
    let outside = guest.with("origin", "https://sverka.example");
    assert_eq!(act(&outside, &refuse, Some(&token)).await.status, 403);
    let named = outside.with("x-forwarded-host", "sverka.example");
    assert_eq!(
        act(&named, &refuse, Some(&token)).await.location(),
        "/holds/1?said=refused"
    );
}

#[tokio::test]
async fn looking_at_pages_changes_nothing() {
    let trouble = trouble().await;
    let guest = Guest::logged_in(&trouble.daemon).await;
    let acts = trouble.acts(&guest).await;
    let before = trouble.state().await;
    for (path, fields, _) in &acts {
        let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = guest.get(&format!("{path}?{}", query.join("&"))).await;
        // A decision about a call that may have happened has a page of its own, which asks.
        let asks = path.ends_with("/retry") || path.ends_with("/cancel");
        assert_eq!(answer.status, if asks { 200 } else { 405 }, "{path}");
    }
    for path in [
        "/",
        "/diff",
        "/runs",
        "/queue",
        "/holds",
        "/holds/1",
        "/goods",
        "/purchases",
        "/logout",
    ] {
        guest.get(path).await;
    }
    assert_eq!(trouble.state().await, before);
}

#[tokio::test]
async fn every_act_is_done_once_and_written_down() {
    let trouble = trouble().await;
    let guest = Guest::logged_in(&trouble.daemon).await;
    let token = guest.get("/").await.form_token();
    for one in trouble.acts(&guest).await {
        let (path, _, command) = &one;
        let answer = act(&guest, &one, Some(&token)).await;
        assert_eq!(answer.status, 303, "{path}: {answer:?}");
        assert!(
            !answer.location().contains("said=moved"),
            "{path}: {}",
            answer.location()
        );
        let last = "SELECT command || ' by ' || who FROM queue.audit ORDER BY id DESC LIMIT 1";
        let written = trouble.fixture.value(last).await;
        assert_eq!(
            written,
            Some(format!("{command} by the page, from 127.0.0.1")),
            "{path}: {}, {}",
            answer.location(),
            trouble.state().await
        );
    }
    assert_eq!(trouble.fixture.count("queue.audit").await, 9);
    let hold = trouble.fixture.value("SELECT state FROM queue.hold").await;
    assert_eq!(hold.as_deref(), Some("released"));
    let lost = trouble.fixture.call(trouble.quarantined).await;
    assert_eq!(lost.state, "cancelled");
    let [first, second] = trouble.dead;
    for id in [first, second] {
        assert_eq!(trouble.fixture.over(id).await.state, "done");
    }
    guest.get(&format!("/queue/{first}")).await.assert_says(&[
        "What people did",
        "the page, from 127.0.0.1",
        "queue retry",
    ]);
}

#[tokio::test]
async fn a_decision_about_what_has_changed_since_is_told_instead_of_done() {
    let trouble = trouble().await;
    let guest = Guest::logged_in(&trouble.daemon).await;
    let token = guest.get("/").await.form_token();
    let (first, lost) = (trouble.dead[0], trouble.quarantined);
    let before = trouble.state().await;
    let fields = |attempt: &str| vec![("state", "dead".to_owned()), ("attempt", attempt.to_owned())];
    let acts: Vec<Act> = vec![
        (format!("/queue/{first}/retry"), fields("77"), ""),
        (format!("/queue/{first}/cancel"), fields("x"), ""),
        ("/holds/1/release".into(), vec![("mark", "of other rows".into())], ""),
    ];
    for one in &acts {
        let answer = act(&guest, one, Some(&token)).await;
        assert!(answer.location().ends_with("?said=moved"), "{}: {answer:?}", one.0);
        guest.get(answer.location()).await.assert_says(&["Nothing was done"]);
    }
    // And one that may have happened is asked about on a page of its own.
    let unsure: Act = (
        format!("/queue/{lost}/retry"),
        vec![("state", "quarantined".into()), ("attempt", "1".into())],
        "",
    );
    assert_eq!(
        act(&guest, &unsure, Some(&token)).await.location(),
        format!("/queue/{lost}/retry")
    );
    assert_eq!(trouble.state().await, before);
}
