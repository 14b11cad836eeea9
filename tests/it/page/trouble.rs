//! The database is away: pages say so, in the language of who looks, and come back by themselves.

use futures_util::future::join_all;

use super::TOKEN;
use super::guest::Guest;
use crate::support::{Setup, Toxic, until};

#[tokio::test]
async fn while_the_database_is_away_every_page_says_so_and_then_works_again() {
    let mut fixture = Setup::new().set("http.token", TOKEN).start().await;
    let proxy = fixture.behind_a_proxy().await;
    let daemon = fixture.daemon().await;
    let guest = Guest::logged_in(&daemon).await.with("accept-language", "ru");
    assert_eq!(guest.get("/").await.status, 200);
    for toxic in [Toxic::Down, Toxic::Timeout] {
        proxy.set(toxic);
        // All at once: each of them waits as long as a person does.
        let paths = [
            "/",
            "/runs",
            "/runs/1",
            "/queue",
            "/holds",
            "/goods?q=1",
            "/article/1",
            "/order/1",
            "/purchases",
        ];
        let pages = join_all(paths.map(|path| guest.get(path))).await;
        for (path, page) in paths.iter().zip(&pages) {
            assert_eq!(page.status, 503, "{path}");
            page.assert_says(&["<html lang=\"ru\">", "База данных не отвечает", "К обзору"]);
        }
        for answer in join_all(["/api/v1/status", "/api/v1/calls"].map(|path| guest.get(path))).await {
            assert_eq!(answer.status, 503);
            assert!(
                answer.body.starts_with("the database does not answer"),
                "{}",
                answer.body
            );
        }
        let form_token = pages[0].form_token();
        let asked = guest
            .post("/act/sync", &[("job", "stock"), ("form_token", &form_token)])
            .await;
        assert_eq!(asked.status, 503, "{asked:?}");
        // Who is known is known without the database.
        assert_eq!(Guest::of(&daemon).get("/login").await.status, 200);
        proxy.set(None);
        until("the pages", async || (guest.get("/").await.status == 200).then_some(())).await;
    }
    assert_eq!(fixture.count("queue.run").await, 0, "what was refused was not done");
}
