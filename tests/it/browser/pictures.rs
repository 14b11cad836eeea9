//! Pictures of every page, for whoever wants to look at them, and the one in the README: `make pictures`.

use std::path::PathBuf;

use super::{Size, browser};
use crate::page::company::company;

/// No picture is higher, however long its page.
const MOST: u32 = 2600;

/// Into the folder that `SVERKA_PICTURES` names, each page beside its HTML.
#[tokio::test]
#[ignore = "makes pictures and proves nothing: make pictures"]
async fn every_page_is_drawn() {
    let folder = PathBuf::from(std::env::var_os("SVERKA_PICTURES").expect("SVERKA_PICTURES=FOLDER"));
    std::fs::create_dir_all(&folder).unwrap();
    let company = company().await;
    let (browser, _turn) = browser(&company.daemon, "ru").await.expect("Chromium");
    browser.go("/login").await;
    std::fs::write(folder.join("login.png"), browser.picture(Size::Desktop, MOST).await).unwrap();
    browser.log_in().await;
    for lang in ["ru", "en"] {
        browser.speak(lang).await;
        for (name, path) in company.pages() {
            browser.go(&path).await;
            browser.find("main h1").await;
            let html = browser.session.get("/source").await.unwrap();
            std::fs::write(folder.join(format!("{name}-{lang}.html")), html.as_str().unwrap()).unwrap();
            for (size, scheme) in [
                (Size::Desktop, "light"),
                (Size::Desktop, "dark"),
                (Size::Phone, "light"),
                (Size::Phone, "dark"),
            ] {
                browser.resize(size).await;
                browser.scheme(scheme).await;
                let png = browser.picture(size, MOST).await;
                let size = format!("{size:?}").to_lowercase();
                std::fs::write(folder.join(format!("{name}-{lang}-{size}-{scheme}.png")), png).unwrap();
            }
        }
    }
    browser.close().await;
}
