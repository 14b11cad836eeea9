//! Who comes in: with the token, with a session, and nobody else.

use nix::sys::signal::Signal;
use reqwest::header::{AUTHORIZATION, COOKIE, HOST};

use super::TOKEN;
use super::guest::Guest;
use crate::support::{Daemon, Fixture, Setup, until};

async fn guarded() -> (Fixture, Daemon) {
    let fixture = Setup::new().set("http.token", TOKEN).start().await;
    let daemon = fixture.daemon().await;
    (fixture, daemon)
}

fn bearer(guest: &Guest, token: &str) -> Guest {
    guest.with(AUTHORIZATION, &format!("Bearer {token}"))
}

#[tokio::test]
async fn a_stranger_is_led_to_the_login_and_a_program_is_told_what_is_asked_for() {
    let (_fixture, daemon) = guarded().await;
    let stranger = Guest::of(&daemon);
    for path in [
        "/",
        "/diff",
        "/runs",
        "/runs/1",
        "/queue?state=dead",
        "/queue/1/retry",
        "/holds/1",
        "/goods?q=1",
        "/nothing",
    ] {
        let answer = stranger.get(path).await;
        let login = format!(
            "/login?to={}",
            percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC)
        );
        assert_eq!(
            (answer.status, answer.location(), answer.body.as_str()),
            (303, login.as_str(), ""),
            "{path}"
        );
    }
    for path in ["/api/v1/status", "/api/v1/calls/1", "/api/v1/events", "/api/v1/nothing"] {
        let answer = stranger.get(path).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, "Bearer"),
            "{path}"
        );
    }
    for path in ["/act/sync", "/queue/1/retry", "/holds/1/release", "/logout"] {
        let answer = stranger.post(path, &[("job", "stock")]).await;
        assert!(answer.location().starts_with("/login"), "{path}: {answer:?}");
    }
    for path in ["/healthz", "/login", "/assets/sverka.css"] {
        assert_eq!(stranger.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_token_gives_a_session_that_neither_scripts_nor_other_sites_get() {
    let (_fixture, daemon) = guarded().await;
    let stranger = Guest::of(&daemon);
    let given = [("token", TOKEN), ("to", "/queue?state=dead")];
    let answer = stranger.post("/login", &given).await;
    assert_eq!((answer.status, answer.location()), (303, "/queue?state=dead"));
    let (session, marks) = answer.cookie().split_once(';').unwrap();
    assert_eq!(marks, " Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
    let over_tls = stranger.with("x-forwarded-proto", "https").post("/login", &given).await;
    assert!(over_tls.cookie().ends_with("; Secure"), "{}", over_tls.cookie());

    assert_eq!(stranger.with(COOKIE, session).get("/").await.status, 200);
    let (name, value) = session.split_once('=').unwrap();
    let (ends, rest) = value.split_once('.').unwrap();
    let later = ends.parse::<i64>().unwrap() + 1;
    let changed = value.strip_suffix(|_: char| true).unwrap();
    for forged in [
        format!("{later}.{rest}"),
        changed.to_owned(),
        "1.2.3".into(),
        String::new(),
    ] {
        let answer = stranger.with(COOKIE, &format!("{name}={forged}")).get("/").await;
        assert_eq!(answer.status, 303, "{forged}");
    }

    let guest = stranger.with(COOKIE, session);
    let token = guest.get("/").await.form_token();
    let out = guest.post("/logout", &[("form_token", &token)]).await;
    assert_eq!((out.status, out.location()), (303, "/login"));
    assert!(out.cookie().starts_with(&format!("{name}=;")) && out.cookie().contains("Max-Age=0"));
}

#[tokio::test]
async fn a_new_token_ends_the_sessions_of_the_old_one() {
    let (mut fixture, daemon) = guarded().await;
    let guest = Guest::logged_in(&daemon).await;
    assert_eq!(guest.get("/").await.status, 200);
    fixture.change("http.token", "another-token-2718281828").await;
    daemon.signal(Signal::SIGHUP);
    until("the old session to end", async || {
        (guest.get("/").await.status == 303).then_some(())
    })
    .await;
    assert_eq!(Guest::of(&daemon).post("/login", &[("token", TOKEN)]).await.status, 401);
}

#[tokio::test]
async fn a_program_with_the_token_reads_and_decides_nothing() {
    let (fixture, daemon) = guarded().await;
    let stranger = Guest::of(&daemon);
    let program = bearer(&stranger, TOKEN);
    for path in ["/", "/api/v1/status", "/api/v1/calls"] {
        assert_eq!(program.get(path).await.status, 200, "{path}");
    }
    assert_eq!(bearer(&stranger, "wrong").get("/api/v1/status").await.status, 401);
    let asked = program.post("/act/sync", &[("job", "stock"), ("form_token", "")]).await;
    assert_eq!(asked.status, 403);
    assert_eq!(fixture.count("queue.run").await + fixture.count("queue.audit").await, 0);
}

#[tokio::test]
async fn ten_wrong_tokens_close_the_login_for_a_while_even_to_the_right_one() {
    let (_fixture, daemon) = guarded().await;
    let stranger = Guest::of(&daemon);
    let inside = Guest::logged_in(&daemon).await;
    for guess in 0..10 {
        let answer = stranger.post("/login", &[("token", &format!("guess {guess}"))]).await;
        assert_eq!(answer.status, 401);
        answer.assert_says(&["role=\"alert\"", "This is not the token"]);
        assert_eq!(answer.cookie(), "");
    }
    let answer = stranger.post("/login", &[("token", TOKEN)]).await;
    assert_eq!((answer.status, answer.cookie()), (429, ""));
    answer.assert_says(&["Too many wrong tokens"]);
    assert_eq!(inside.get("/").await.status, 200, "who is inside stays inside");
    daemon.says("somebody gave a wrong token", 10).await;
}

#[tokio::test]
async fn the_login_leads_to_pages_of_this_house_only() {
    let (_fixture, daemon) = guarded().await;
    let stranger = Guest::of(&daemon);
    for to in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nx: y",
    ] {
        let answer = stranger.post("/login", &[("token", TOKEN), ("to", to)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/"), "{to:?}");
        let answer = stranger.post("/language", &[("lang", "ru"), ("to", to)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/"), "{to:?}");
    }
}

#[tokio::test]
async fn without_a_token_only_who_calls_this_machine_by_its_own_name_is_let_in() {
    let fixture = Setup::new().start().await;
    let daemon = fixture.daemon().await;
    let port = daemon.address.port();
    let guest = Guest::of(&daemon);
    for host in ["localhost", "sverka.localhost", "127.0.0.1", "[::1]"] {
        let answer = guest.with(HOST, &format!("{host}:{port}")).get("/").await;
        assert_eq!(answer.status, 200, "{host}");
        assert!(
            answer.cookie().contains("HttpOnly; SameSite=Strict"),
            "its forms need a session too"
        );
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.1.1",
    ] {
        let answer = guest.with(HOST, &format!("{host}:{port}")).get("/api/v1/status").await;
        assert_eq!(answer.status, 421, "{host}");
        assert!(!answer.body.contains("freshness"));
    }
}

#[tokio::test]
async fn off_loopback_it_does_not_start_without_a_token() {
    let fixture = Setup::new().start().await;
    for listen in ["0.0.0.0:0", "[::]:0", "192.168.1.1:8080"] {
        let output = fixture
            .binary(&["run"])
            .env("SVERKA__HTTP__LISTEN", listen)
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{listen}: {said}");
        assert!(said.contains("http.token") && said.contains("http.listen"), "{said}");
    }
}

#[tokio::test]
async fn a_page_is_in_the_language_that_was_chosen_or_else_that_the_browser_likes() {
    let (_fixture, daemon) = guarded().await;
    let guest = Guest::logged_in(&daemon).await;
    let russian = guest.with("accept-language", "ru-RU,ru;q=0.9,en;q=0.5");
    russian
        .get("/")
        .await
        .assert_says(&["<html lang=\"ru\">", "Внешние системы"]);
    guest.get("/").await.assert_says(&["<html lang=\"en\">", "Upstreams"]);
    let chosen = russian.post("/language", &[("lang", "en"), ("to", "/runs")]).await;
    assert_eq!((chosen.status, chosen.location()), (303, "/runs"));
    let chosen = chosen.cookie().split(';').next().unwrap();
    russian
        .with(COOKIE, chosen)
        .get("/login")
        .await
        .assert_says(&["<html lang=\"en\">"]);
}
