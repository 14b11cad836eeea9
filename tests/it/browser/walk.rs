//! The admin's day, from the login to the last repaired call: by pointer, by keyboard alone, and on a phone.

use serde_json::json;
use sverka::job::Job;
use sverka::simulate::{Action, Rule, Upstream};

use super::hand::{ENTER, TAB, focus, keys};
use super::{Browser, Hand, Size, TOKEN, browser};
use crate::support::{Daemon, Fixture, Setup, until};

const WORKS: &str = "Технические работы до 15:00";

/// KEAZ is down, half of a warehouse has gone from the ERP, and one call at Saplab was refused for good.
struct Trouble {
    fixture: Fixture,
    daemon: Daemon,
    dead: i64,
}

async fn trouble() -> Trouble {
    let fixture = Setup::new()
        .set("http.token", TOKEN)
        .set("keaz.batch_rows", 5)
        .set("queue.keaz.breaker_wait", "1h")
        .set("queue.keaz.breaker_wait_max", "1h")
        .start()
        .await;
    fixture.fill(2, 100).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    fixture
        .sql(
            "DELETE FROM erp.stock WHERE warehouse_code = 'W1' AND article <= 'ART-00050';
             UPDATE erp.stock SET quantity = quantity + 100 WHERE warehouse_code = 'W2' AND article <= 'ART-00040'",
        )
        .await;
    let refused = Action::Status {
        code: 400,
        headers: Vec::new(),
        body: "список закрыт на учёт".into(),
    };
    fixture.sim.inject(Rule::once(Upstream::Saplab, "", refused));
    let down = Action::Status {
        code: 502,
        headers: Vec::new(),
        body: WORKS.into(),
    };
    fixture.sim.inject(Rule::always(Upstream::Keaz, "", down));
    let dead = fixture.enqueue("saplab.statuses.list", json!({})).await;
    fixture.request(&[Job::Stock]).await;
    let daemon = fixture.daemon().await;
    assert_eq!(fixture.over(dead).await.state, "dead");
    let open = "EXISTS (SELECT FROM queue.upstream WHERE name = 'keaz' AND openings > 0 AND paused_until > now())";
    fixture
        .until("KEAZ to be left alone", &format!("(SELECT {open})"))
        .await;
    Trouble { fixture, daemon, dead }
}

/// What the pages say, in the language of the walk.
struct Words {
    left_alone: &'static str,
    done: &'static str,
    why: &'static str,
    released: &'static str,
    call_done: &'static str,
}

fn words(lang: &str) -> Words {
    match lang {
        "ru" => Words {
            left_alone: "не вызывается",
            done: "выполнено",
            why: "КЭАЗ показывает 124, в ERP 124: совпадает; КЭАЗ подтвердил это",
            released: "отпущено",
            call_done: "выполнен",
        },
        _ => Words {
            left_alone: "left alone",
            done: "done",
            why: "KEAZ shows 124, ERP has 124: they agree; KEAZ acknowledged it",
            released: "released",
            call_done: "done",
        },
    }
}

/// One person's way through the pages.
struct Walk<'a> {
    browser: &'a Browser,
    hand: Hand,
    trouble: &'a Trouble,
    words: Words,
}

impl Walk<'_> {
    async fn press(&self, css: &str) {
        self.hand.press(self.browser, css).await;
    }

    async fn arrives(&self, start: &str) -> String {
        let path = self.browser.arrives(start, |path| path.starts_with(start)).await;
        self.browser.find("main h1").await;
        self.browser.assert_fits().await;
        path
    }

    async fn logs_in(&self) {
        self.browser.go("/").await;
        self.arrives("/login").await;
        self.hand.fill(self.browser, "#token", TOKEN).await;
        self.press("form.login button").await;
        self.browser.arrives("the overview", |path| path == "/").await;
        self.browser.assert_fits().await;
    }

    /// A broken upstream, and why, in its own words.
    async fn sees_what_is_broken(&self) {
        self.browser.says("#upstreams", self.words.left_alone).await;
        self.browser.says("#upstreams", WORKS).await;
    }

    /// Mended, asked for again, and watched to its end: the page is not loaded a second time.
    async fn syncs_and_watches(&self) {
        let sim = &self.trouble.fixture.sim;
        sim.clear_faults();
        sim.inject(Rule::always(
            Upstream::Keaz,
            "keaz.remains.update",
            Action::Gate("walk".into()),
        ));
        self.press("#sync-stock").await;
        self.arrives("/runs/").await;
        self.browser.script("window.neverLoadedAgain = true", &[]).await;
        sim.wait_until_arrived("keaz.remains.update", 1).await;
        self.browser.find("#run progress").await;
        sim.open("walk");
        self.browser.says("#run .state.good", self.words.done).await;
        let same = self
            .browser
            .script("return window.neverLoadedAgain === true", &[])
            .await;
        assert_eq!(same, true, "the page was loaded again");
    }

    async fn reads_why(&self) {
        self.press("nav a[href='/goods']").await;
        self.arrives("/goods").await;
        self.hand.fill(self.browser, "input[name=q]", "ART-00003").await;
        if self.hand == Hand::Keyboard {
            keys(self.browser, ENTER).await;
        } else {
            self.press("form.filter button").await;
        }
        self.arrives("/article/ART-00003").await;
        self.browser.says("#article", self.words.why).await;
    }

    async fn releases(&self) {
        self.press("nav a[href='/diff']").await;
        self.arrives("/diff").await;
        self.press("a[href^='/holds/']").await;
        let path = self.arrives("/holds/").await;
        self.press("#release").await;
        until("the question", async || {
            self.browser.session.post("/alert/accept", json!({})).await.ok()
        })
        .await;
        self.browser
            .arrives("its answer", |now| now.starts_with(&format!("{path}?said=")))
            .await;
        self.browser.says("#hold", self.words.released).await;
    }

    async fn retries(&self) {
        let dead = self.trouble.dead;
        self.press("nav a[href='/queue']").await;
        self.arrives("/queue").await;
        self.press("#counts a[href='/queue?state=dead']").await;
        self.arrives("/queue?state=dead").await;
        self.press(&format!("#calls a[href='/queue/{dead}']")).await;
        self.arrives(&format!("/queue/{dead}")).await;
        self.browser.says("#call", "список закрыт на учёт").await;
        self.press(&format!("form[action='/queue/{dead}/retry'] button")).await;
        self.arrives(&format!("/queue/{dead}?said=retried")).await;
        self.browser.says("#call .state.good", self.words.call_done).await;
    }

    async fn logs_out(&self) {
        self.press("form[action='/logout'] button").await;
        self.arrives("/login").await;
        self.browser.go("/queue").await;
        self.arrives("/login").await;
    }
}

async fn walk(hand: Hand, size: Size, lang: &str) {
    let trouble = trouble().await;
    let Some((browser, _turn)) = browser(&trouble.daemon, lang).await else {
        return;
    };
    browser.resize(size).await;
    let walk = Walk {
        browser: &browser,
        hand,
        trouble: &trouble,
        words: words(lang),
    };
    walk.logs_in().await;
    walk.sees_what_is_broken().await;
    walk.syncs_and_watches().await;
    walk.reads_why().await;
    walk.releases().await;
    walk.retries().await;
    walk.logs_out().await;
    assert_eq!(browser.complaints().await, [""; 0]);
    browser.close().await;
    assert_what_was_done(&trouble.fixture).await;
}

/// All of it happened, and it is written down who did it.
async fn assert_what_was_done(fixture: &Fixture) {
    assert_eq!(
        fixture
            .value("SELECT string_agg(state, ' ') FROM queue.hold")
            .await
            .as_deref(),
        Some("released")
    );
    let acts = "SELECT string_agg(command, ', ' ORDER BY id) FROM queue.audit WHERE who = 'the page, from 127.0.0.1'";
    assert_eq!(
        fixture.value(acts).await.as_deref(),
        Some("sync, hold release, queue retry")
    );
}

#[tokio::test]
#[ignore = "in a browser, some minutes: make browser"]
async fn an_admin_mends_a_bad_morning_with_a_pointer() {
    walk(Hand::Pointer, Size::Desktop, "en").await;
}

#[tokio::test]
#[ignore = "in a browser, some minutes: make browser"]
async fn an_admin_mends_a_bad_morning_with_the_keyboard_alone() {
    walk(Hand::Keyboard, Size::Desktop, "ru").await;
}

#[tokio::test]
#[ignore = "in a browser, some minutes: make browser"]
async fn an_admin_mends_a_bad_morning_on_a_phone() {
    walk(Hand::Pointer, Size::Phone, "ru").await;
}

#[tokio::test]
#[ignore = "in a browser, some minutes: make browser"]
async fn the_first_tab_leads_past_the_head_to_the_content() {
    let trouble = trouble().await;
    let Some((browser, _turn)) = browser(&trouble.daemon, "en").await else {
        return;
    };
    browser.log_in().await;
    keys(&browser, TAB).await;
    let first = focus(&browser, "a.skip").await;
    assert_eq!(first["there"], true, "{first}");
    keys(&browser, ENTER).await;
    keys(&browser, TAB).await;
    let inside = "return document.querySelector('main').contains(document.activeElement)";
    assert_eq!(browser.script(inside, &[]).await, true);
    browser.close().await;
}
