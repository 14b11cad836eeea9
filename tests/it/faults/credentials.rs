//! An upstream that does not let us in, or is not itself: it rests, its calls wait, and no attempt is lost.

use sverka::job::Job;
use sverka::queue::look;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// Works until the upstream rests; returns why.
async fn rests(fixture: &Fixture, upstream: &str) -> String {
    let resting = format!("EXISTS (SELECT FROM queue.upstream WHERE name = '{upstream}' AND paused_until > now() + interval '50 min')
                           AND NOT EXISTS (SELECT FROM queue.call WHERE upstream = '{upstream}' AND state IN ('running', 'unknown'))");
    fixture.work_until("the upstream to rest", &resting).await;
    let paused = look::paused(&fixture.pool).await.unwrap();
    let found = paused.into_iter().find(|paused| paused.name == upstream).unwrap();
    found.reason.unwrap_or_default()
}

/// Its calls are all there, and none has lost an attempt.
async fn nothing_is_lost(fixture: &Fixture, upstream: &str) {
    let waiting = format!("queue.call WHERE upstream = '{upstream}' AND state = 'pending'");
    assert!(fixture.count(&waiting).await > 0);
    let attempts = fixture
        .value(&format!(
            "SELECT jsonb_agg(to_jsonb(a)) FROM queue.attempt a
              WHERE call_id IN (SELECT id FROM {waiting} AND failures > 0)"
        ))
        .await;
    assert_eq!(attempts, None, "an attempt was counted");
    let ended = "SELECT jsonb_agg(to_jsonb(c)) FROM queue.call c WHERE state IN ('dead', 'cancelled')";
    assert_eq!(fixture.value(ended).await, None, "a call was ended");
}

/// The cause is mended, a person says so, and the work is finished.
async fn finishes(fixture: &Fixture, runs: &[i64]) {
    look::resume(&fixture.pool, None).await.unwrap();
    let work = fixture.work().await;
    let rows = fixture.ended(runs).await;
    work.stop().await;
    assert!(
        rows.iter().all(|row| row.outcome.as_deref() == Some("done")),
        "{rows:?}"
    );
    fixture.assert_in_sync().await;
}

async fn a_wrong_key_of_keaz(unauthorized: bool) {
    let fixture = Setup::new()
        .simulator(|options| options.keaz_bad_key_401 = unauthorized)
        .start()
        .await;
    fixture.fill(2, 20).await;
    let key = std::mem::replace(
        &mut fixture.sim.options().keaz_key,
        "another-key-of-somebody".to_owned(),
    );
    // One run: a second one of the lane would take the place of a first that only waits.
    let runs = fixture.request(&[Job::Stock]).await;
    let reason = rests(&fixture, "keaz").await;
    assert!(
        reason.contains("Неверный API ключ") && !reason.contains(&key),
        "{reason}"
    );
    nothing_is_lost(&fixture, "keaz").await;
    let asked = fixture.sim.requests().len();
    assert!(
        asked <= 4,
        "one request for each call under way, and then silence: {asked}"
    );

    fixture.sim.options().keaz_key = key;
    finishes(&fixture, &runs).await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(fixture.mark(), 2 + 40);
}

#[tokio::test]
async fn keaz_rests_when_it_refuses_the_key_with_401() {
    a_wrong_key_of_keaz(true).await;
}

#[tokio::test]
async fn keaz_rests_when_it_refuses_the_key_in_its_own_way() {
    a_wrong_key_of_keaz(false).await;
}

#[tokio::test]
async fn a_key_that_is_changed_between_read_and_push_loses_no_push() {
    let fixture = Setup::new()
        .simulator(|options| options.keaz_bad_key_401 = true)
        .start()
        .await;
    fixture.fill(2, 20).await;
    let denied = Action::Status {
        code: 403,
        headers: Vec::new(),
        body: "no".to_owned(),
    };
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", denied));
    let runs = fixture.request(&[Job::Stock]).await;
    let reason = rests(&fixture, "keaz").await;
    assert!(reason.contains("403"), "{reason}");
    nothing_is_lost(&fixture, "keaz").await;
    fixture.sim.clear_faults();
    finishes(&fixture, &runs).await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(fixture.mark(), 2 + 40);
}

#[tokio::test]
async fn saplab_and_carreta_rest_when_they_refuse_the_credentials_and_keaz_works_on() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture.positions(3);
    let password = std::mem::replace(&mut fixture.sim.options().panel_password, "another".to_owned());
    let key = std::mem::replace(&mut fixture.sim.options().carreta_key, "another".to_owned());
    let runs = fixture.request(&[Job::Stock, Job::Orders, Job::Reference]).await;
    let reason = rests(&fixture, "saplab").await;
    assert!(reason.contains("401") && !reason.contains(&password), "{reason}");
    let reason = rests(&fixture, "carreta").await;
    assert!(reason.contains("401") && !reason.contains(&key), "{reason}");
    nothing_is_lost(&fixture, "saplab").await;
    nothing_is_lost(&fixture, "carreta").await;
    fixture
        .work_until(
            "KEAZ's run to end",
            "EXISTS (SELECT FROM queue.run WHERE job = 'stock' AND outcome = 'done')",
        )
        .await;
    fixture.assert_keaz_equals_erp().await;

    fixture.sim.options().panel_password = password;
    fixture.sim.options().carreta_key = key;
    finishes(&fixture, &runs).await;
    fixture.assert_statuses_equal_erp().await;
}

#[tokio::test]
async fn a_web_page_in_place_of_the_api_makes_the_upstream_rest() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 20).await;
    fixture.positions(2);
    for upstream in [Upstream::Keaz, Upstream::Saplab, Upstream::Carreta] {
        fixture.sim.inject(Rule {
            upstream,
            operation: None,
            skip: 0,
            times: u32::MAX,
            action: Action::Html,
        });
    }
    let runs = fixture.request(&[Job::Stock, Job::Orders]).await;
    for upstream in ["keaz", "saplab", "carreta"] {
        let reason = rests(&fixture, upstream).await;
        assert!(reason.contains("not the API") && reason.contains("Вход"), "{reason}");
        nothing_is_lost(&fixture, upstream).await;
    }
    assert_eq!(
        fixture.count("mirror.keaz_remain").await + fixture.count("mirror.saplab_order").await,
        0
    );
    fixture.sim.clear_faults();
    finishes(&fixture, &runs).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
}

#[tokio::test]
async fn a_web_page_in_place_of_the_answer_to_a_push_makes_keaz_rest() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 20).await;
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", Action::Html));
    let runs = fixture.request(&[Job::Stock]).await;
    rests(&fixture, "keaz").await;
    nothing_is_lost(&fixture, "keaz").await;
    fixture.sim.clear_faults();
    finishes(&fixture, &runs).await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(fixture.mark(), 2 + 40);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for code in [301, 302, 303, 307, 308] {
        let fixture = Setup::new().start().await;
        fixture.fill(1, 3).await;
        let elsewhere = format!("{}/v1/profile/", fixture.sim.carreta_url());
        fixture.sim.inject(Rule::always(
            Upstream::Keaz,
            "keaz",
            Action::Redirect {
                code,
                location: elsewhere,
            },
        ));
        let here = Action::Redirect {
            code,
            location: "/panel/login".to_owned(),
        };
        fixture.sim.inject(Rule::always(Upstream::Saplab, "saplab", here));
        let runs = fixture.request(&[Job::Stock, Job::Orders]).await;
        for upstream in ["keaz", "saplab"] {
            let reason = rests(&fixture, upstream).await;
            assert!(reason.contains(&format!("HTTP {code}")), "{reason}");
            nothing_is_lost(&fixture, upstream).await;
        }
        let counts = fixture.sim.counts();
        assert!(
            !counts.contains_key("saplab.unknown") && !counts.contains_key("carreta.profile"),
            "{counts:?}"
        );
        fixture.sim.clear_faults();
        finishes(&fixture, &runs).await;
        fixture.assert_keaz_equals_erp().await;
    }
}
