//! `/api/v1`: every path answers what its page shows.

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

use super::company::{Company, company};
use super::guest::Guest;
use crate::support::until;

/// The text of a value, as a page writes it.
fn text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Each of these that is known stands on the page too.
fn assert_shown(page: &str, at: &str, values: &[&Value]) {
    let known: Vec<&&Value> = values.iter().filter(|value| !value.is_null()).collect();
    assert!(!known.is_empty(), "{at} answers nothing that a page could show");
    for value in known {
        assert!(page.contains(&text(value)), "{at}: no «{}» in:\n{page}", text(value));
    }
}

/// All values at a path like `parts[].operation` of an answer.
fn all<'a>(answer: &'a Value, path: &str) -> Vec<&'a Value> {
    path.split('.').fold(vec![answer], |found, step| {
        let name = step.trim_end_matches("[]");
        let next = found
            .into_iter()
            .map(|value| if name.is_empty() { value } else { &value[name] });
        if step.ends_with("[]") {
            next.flat_map(|list| list.as_array().into_iter().flatten()).collect()
        } else {
            next.collect()
        }
    })
}

#[tokio::test]
async fn every_path_answers_what_its_page_shows() {
    let Company {
        fixture: _fixture,
        daemon,
        dead,
        quarantined,
        run,
    } = company().await;
    let guest = Guest::logged_in(&daemon).await;
    // What differs is counted beside the pages.
    until("the figures", async || {
        let known = guest.get("/api/v1/diff").await.json();
        (!known["at"].is_null()).then_some(())
    })
    .await;
    let paths = [
        (
            "/".to_owned(),
            "status".to_owned(),
            vec!["upstreams[].reason", "alive[].host", "alive[].version"],
        ),
        ("/diff".into(), "diff".into(), vec!["changes[].row", "changes[].new"]),
        ("/runs".into(), "runs".into(), vec!["open[].id", "ended[].id"]),
        (
            format!("/runs/{run}"),
            format!("runs/{run}"),
            vec!["id", "rows_pulled", "parts[].operation"],
        ),
        (
            "/queue?state=dead".into(),
            "calls?state=dead".into(),
            vec!["calls[].id", "calls[].operation", "calls[].reason"],
        ),
        (
            format!("/queue/{dead}"),
            format!("calls/{dead}"),
            vec!["call.operation", "call.reason", "attempts[].http_status"],
        ),
        (
            format!("/queue/{quarantined}"),
            format!("calls/{quarantined}"),
            vec!["call.operation", "attempts[].words"],
        ),
        ("/holds".into(), "holds".into(), vec!["[].id", "[].rows"]),
        (
            "/holds/1".into(),
            "holds/1".into(),
            vec!["hold.rows", "hold.of", "rows[].article", "rows[].old_value"],
        ),
        (
            "/article/OptiDin-BM63-3C25".into(),
            "article/OptiDin-BM63-3C25".into(),
            vec!["places[].warehouse", "places[].name", "changes[].new", "prices[].price"],
        ),
        (
            "/order/NZ-1042".into(),
            "order/NZ-1042".into(),
            vec!["[].id", "[].article", "[].name", "[].number"],
        ),
        (
            "/purchases".into(),
            "purchases".into(),
            vec!["purchases[].id", "purchases[].article", "purchases[].supplier"],
        ),
    ];
    for (page, path, shown) in paths {
        let api = format!("/api/v1/{path}");
        let (page, answer) = (guest.get(&page).await, guest.get(&api).await);
        assert_eq!((page.status, answer.status), (200, 200), "{api}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/json", "{api}");
        let answer = answer.json();
        for values in shown {
            assert_shown(&page.body, &format!("{api}: {values}"), &all(&answer, values));
        }
    }
}

#[tokio::test]
async fn what_there_is_not_is_not_found_and_what_cannot_be_a_number_is_refused() {
    let company = company().await;
    let guest = Guest::logged_in(&company.daemon).await;
    for path in [
        "runs/999999",
        "calls/999999",
        "holds/999999",
        "article/nobody",
        "order/nobody",
        "nothing",
    ] {
        for prefix in ["", "/api/v1"] {
            // Pages of runs and holds are called as their paths, calls stand in the queue.
            let page = if prefix.is_empty() {
                path.replace("calls/", "queue/")
            } else {
                path.to_owned()
            };
            let answer = guest.get(&format!("{prefix}/{page}")).await;
            assert_eq!(answer.status, 404, "{prefix}/{page}");
        }
    }
    for path in ["/runs/x", "/queue/x", "/api/v1/calls/x", "/holds/99999999999999999999"] {
        assert_eq!(guest.get(path).await.status, 400, "{path}");
    }
    let nowhere = guest.get("/api/v1/article/OptiDin-BM63-3C26").await.json();
    assert!(
        all(&nowhere, "near[]").contains(&&json!("OptiDin-BM63-3C25")),
        "{nowhere}"
    );
}

#[tokio::test]
async fn whoever_listens_is_told_that_something_has_changed() {
    let company = company().await;
    let guest = Guest::logged_in(&company.daemon).await;
    let answer = guest.request(Method::GET, "/api/v1/events").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut events = answer.bytes_stream();
    // Its first look is what the next ones are compared with.
    let told = async {
        let mut said = String::new();
        while let Some(piece) = events.next().await {
            said += &String::from_utf8_lossy(&piece.unwrap());
            if said.contains("event: changed\ndata: ") {
                return;
            }
        }
        panic!("the stream ended: {said}");
    };
    let changes = async {
        loop {
            company.fixture.enqueue("saplab.groups.list", json!({})).await;
            company.fixture.until("no call of it is open", "(SELECT NOT EXISTS (SELECT FROM queue.call WHERE operation = 'saplab.groups.list' AND state IN ('pending', 'running')))").await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, async {
        tokio::select! { () = told => {}, () = changes => {} }
    })
    .await
    .expect("no event came");
}
