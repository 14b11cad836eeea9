//! What a terminal shows, in a pseudo terminal: `sverka top`, and the colours of `sverka status`.

use nix::sys::signal::Signal;
use serde_json::json;
use sverka::job::Job;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup, Toxic};

/// The smallest window that it is made for: what a console has.
const SMALL: (u16, u16) = (24, 80);
const RUSSIAN: [(&str, &str); 1] = [("LC_ALL", "ru_RU.UTF-8")];

async fn synced() -> Fixture {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture
}

#[tokio::test]
async fn top_fits_into_24_rows_of_80_columns_and_gives_the_terminal_back_on_q() {
    let fixture = synced().await;
    let mut top = fixture.in_terminal(SMALL, &["top"], &[]).await;
    top.shows(&[
        "sverka top",
        "Everything works.",
        "UPSTREAM",
        "keaz",
        "JOB",
        "stock",
        "Ended in the last minute:",
    ])
    .await;
    assert!(top.is_taken());
    assert!(top.is_coloured());
    // It is drawn again, without a key: what happens elsewhere comes by itself.
    fixture.enqueue("keaz.warehouses.list", json!({})).await;
    top.shows(&["NEXT", "keaz.warehouses.list", "at once"]).await;
    top.press("q").await;
    assert!(top.ends().await.success());
    assert!(!top.text().contains("sverka top"), "{}", top.text());
}

#[tokio::test]
async fn control_c_and_signals_end_top_as_gently_as_q_does() {
    let fixture = Setup::new().start().await;
    for signal in [None, Some(Signal::SIGINT), Some(Signal::SIGTERM), Some(Signal::SIGHUP)] {
        let mut top = fixture.in_terminal(SMALL, &["top", "--every", "200ms"], &[]).await;
        top.shows(&["sverka top", "UPSTREAM"]).await;
        match signal {
            Some(signal) => top.signal(signal),
            None => top.press("\u{3}").await,
        }
        assert!(top.ends().await.success(), "{signal:?}");
    }
}

#[tokio::test]
async fn a_panic_gives_the_terminal_back_and_is_told_on_it() {
    let fixture = Setup::new().start().await;
    let mut top = fixture
        .in_terminal(SMALL, &["top"], &[("SVERKA_PROVOKE", "panic@top")])
        .await;
    let status = top.ends().await;
    assert!(!status.success(), "{status}");
    top.shows(&["a fault of the program at src/provoke.rs"]).await;
    assert!(!top.text().contains("canary-7f3a"), "{}", top.text());
}

#[tokio::test]
async fn a_database_that_goes_away_is_told_on_the_screen_and_top_goes_on_when_it_is_back() {
    let mut fixture = synced().await;
    let proxy = fixture.behind_a_proxy().await;
    let mut top = fixture.in_terminal(SMALL, &["top", "--every", "100ms"], &[]).await;
    top.shows(&["Everything works.", "stock"]).await;
    proxy.set(Toxic::Down);
    // What was known stays there.
    top.shows(&["the database is asked again", "stock"]).await;
    proxy.set(None);
    top.hides("the database is asked again").await;
    fixture.enqueue("keaz.warehouses.list", json!({})).await;
    top.shows(&["keaz.warehouses.list"]).await;
    // Silent, it is not waited for.
    proxy.set(Toxic::Timeout);
    top.shows(&["it has not answered since"]).await;
    top.press("q").await;
    assert!(top.ends().await.success());
}

#[tokio::test]
async fn top_waits_for_a_database_that_is_not_there_yet() {
    let mut fixture = synced().await;
    let proxy = fixture.behind_a_proxy().await;
    proxy.set(Toxic::Down);
    let mut top = fixture.in_terminal(SMALL, &["top", "--every", "100ms"], &[]).await;
    top.shows(&["The database does not answer, and is asked again"]).await;
    proxy.set(None);
    top.shows(&["Everything works.", "stock"]).await;
    top.press("q").await;
    assert!(top.ends().await.success());
}

#[tokio::test]
async fn top_shows_calls_under_way_and_upstreams_in_trouble_in_russian_too() {
    let fixture = synced().await;
    fixture.sim.inject(Rule::always(
        Upstream::Keaz,
        "keaz.warehouses.list",
        Action::Gate("hold".into()),
    ));
    let denied = Action::Status {
        code: 401,
        headers: Vec::new(),
        body: "Access denied".into(),
    };
    fixture.sim.inject(Rule::always(Upstream::Saplab, "saplab", denied));
    let mut daemon = fixture.daemon().await;
    fixture.enqueue("keaz.warehouses.list", json!({})).await;
    fixture.enqueue("saplab.managers.list", json!({})).await;
    fixture.sim.wait_until_arrived("keaz.warehouses.list", 1).await;
    let mut top = fixture.in_terminal(SMALL, &["top"], &RUSSIAN).await;
    top.shows(&[
        "Есть неисправность:",
        "saplab не вызывается с",
        "HTTP 401",
        "ВЫПОЛНЯЕТСЯ",
        "keaz.warehouses.list",
        "СЛЕДУЮЩИЕ",
        "2-я попытка",
    ])
    .await;
    fixture.sim.open("hold");
    top.shows(&["Выполняется: нет"]).await;
    top.press("й").await;
    assert!(top.ends().await.success());
    daemon.stop().await;
}

#[tokio::test]
async fn a_window_that_is_too_low_says_how_much_is_left_out_and_a_higher_one_shows_it() {
    let fixture = synced().await;
    let mut top = fixture.in_terminal((10, 80), &["top"], &[]).await;
    top.shows(&["Everything works.", "more lines: a higher window"]).await;
    assert!(!top.text().contains("Daemons alive"), "{}", top.text());
    top.resize(40, 100);
    top.shows(&["Daemons alive"]).await;
    assert!(!top.text().contains("more lines"), "{}", top.text());
    top.press("q").await;
    top.ends().await;
}

#[tokio::test]
async fn without_a_terminal_top_refuses_and_says_what_to_type_instead() {
    let fixture = Setup::new().start().await;
    let output = fixture.command(&["top"]).await;
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("sverka status") && output.stdout.is_empty(), "{words}");
    let mut dumb = fixture.in_terminal(SMALL, &["top"], &[("TERM", "dumb")]).await;
    assert_eq!(dumb.ends().await.code(), Some(2));
    let too_often = fixture.command(&["top", "--every", "1ms"]).await;
    assert_eq!(too_often.status.code(), Some(2), "{too_often:?}");
}

#[tokio::test]
async fn status_is_coloured_on_a_terminal_that_shows_colours_and_nowhere_else() {
    let fixture = synced().await;
    for (environment, is_coloured) in [
        (&[][..], true),
        (&[("NO_COLOR", "1")], false),
        (&[("TERM", "dumb")], false),
    ] {
        let mut status = fixture.in_terminal((40, 80), &["status"], environment).await;
        assert!(status.ends().await.success());
        status.shows(&["Everything works.", "Times are"]).await;
        assert_eq!(status.is_coloured(), is_coloured, "{environment:?}:\n{}", status.text());
    }
    let piped = fixture.command(&["status"]).await;
    assert!(!piped.stdout.contains(&0x1b), "{piped:?}");
}
