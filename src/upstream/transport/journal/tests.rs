//! What is kept of an exchange with a server of raw bytes.

use std::time::Duration;

use tokio::fs::File;
use url::Url;

use super::*;
use crate::upstream::Upstream;
use crate::upstream::transport::Transport;
use crate::upstream::transport::testing::{Answer, RawServer, response};

const LONG: Duration = Duration::from_secs(30);

/// What is kept of one request, with so many bytes of each body.
async fn kept(clip: usize, request: Request) -> Exchange {
    let transport = Transport::new(Upstream::Keaz, 1_000_000).unwrap();
    let (_, mut kept) = recorded(clip, transport.send(request)).await;
    assert_eq!(kept.len(), 1);
    kept.remove(0)
}

#[tokio::test]
async fn an_exchange_is_kept_with_names_for_what_is_secret_in_it() {
    let head = "Content-Type: text/plain\r\nX-Other: 1\r\nX-Request-Id: for made-up-key\r\n";
    let body = r#"you sent made-up-key, made%2Dup-key? {"_":"of an offer"} bG9naW46cGFzc3dvcmQ="#;
    let server = RawServer::start(Answer::Raw(response("200 OK", head, body))).await;
    let url = server.url.join("/a/?q=1&api_key=made-up-key").unwrap();
    let sent = r#"{"hash":"made-up-key","_":"sig\u006eature","x":"ы"}"#;
    let request = Request::post(url, LONG, "application/json", sent.into())
        .basic("SAPLAB_PANEL", "login", Secret::new("password"))
        .header("accept", "application/json")
        .secret("KEAZ_API_KEY", &Secret::new("made-up-key"));
    let kept = kept(1000, request).await;
    assert_eq!(kept.method, "POST");
    assert_eq!(kept.url, format!("{}a/?q=1&api_key=${{KEAZ_API_KEY}}", server.url));
    assert_eq!(
        kept.headers,
        [
            "authorization: Basic ${SAPLAB_PANEL_LOGIN}:${SAPLAB_PANEL_PASSWORD}",
            "content-type: application/json",
            "accept: application/json",
        ]
    );
    assert_eq!(
        kept.body.as_deref(),
        Some(r#"{"hash":"${KEAZ_API_KEY}","_":"${CARRETA_SIGNATURE}","x":"ы"}"#)
    );
    assert_eq!((kept.body_bytes, kept.body_cut), (sent.len() as i64, false));
    assert_eq!(kept.status, Some(200));
    assert_eq!(
        kept.answer_headers,
        [
            "content-type: text/plain".to_owned(),
            format!("content-length: {}", body.len()),
            "x-request-id: for ***".into()
        ]
    );
    assert_eq!(
        kept.answer.as_deref(),
        Some(r#"you sent ***, made%2Dup-key? {"_":"***"} ***"#)
    );
    assert_eq!((kept.answer_bytes, kept.answer_cut), (Some(body.len() as i64), false));
    assert_eq!(kept.fault, None);
}

#[tokio::test]
async fn where_nobody_records_nothing_is_kept_and_several_requests_are_kept_in_order() {
    let server = RawServer::ok("text/plain", "fine").await;
    let transport = Transport::new(Upstream::Keaz, 1_000_000).unwrap();
    transport.send(Request::get(server.url.clone(), LONG)).await.unwrap();
    let ((), kept) = recorded(10, async {
        for path in 0..40 {
            let url = server.url.join(&path.to_string()).unwrap();
            transport.send(Request::get(url, LONG)).await.unwrap();
        }
    })
    .await;
    let paths: Vec<_> = kept.iter().map(|one| one.url.rsplit('/').next().unwrap()).collect();
    let expected: Vec<_> = (8..40).map(|path| path.to_string()).collect();
    assert_eq!(paths, expected, "of very many the last ones");
}

#[tokio::test]
async fn a_body_is_cut_and_never_within_a_secret() {
    let secret = Secret::new("key with пробел/&");
    let answer = format!("{0}{0}{0}", secret.reveal());
    let server = RawServer::ok("text/plain", &answer).await;
    for clip in 0..answer.len() + 5 {
        let request = Request::post(server.url.clone(), LONG, "text/plain", answer.clone().into());
        let kept = kept(clip, request.secret("KEAZ_API_KEY", &secret)).await;
        let (body, answered) = (kept.body.unwrap_or_default(), kept.answer.unwrap_or_default());
        assert!(body.len() <= clip && answered.len() <= clip, "{clip}");
        assert!(
            "${KEAZ_API_KEY}${KEAZ_API_KEY}${KEAZ_API_KEY}".starts_with(&body),
            "{clip}: {body}"
        );
        assert!("*********".starts_with(&answered), "{clip}: {answered}");
        assert_eq!(kept.answer_cut, answered.len() < 9, "{clip}");
    }
}

#[tokio::test]
async fn what_postgresql_cannot_keep_is_replaced() {
    let server = RawServer::ok("text/plain", "a\0b").await;
    let kept = kept(
        100,
        Request::post(server.url.clone(), LONG, "text/plain", b"\0".to_vec()),
    )
    .await;
    assert_eq!(
        (kept.body.as_deref(), kept.answer.as_deref()),
        (Some("\u{fffd}"), Some("a\u{fffd}b"))
    );
}

#[tokio::test]
async fn a_fault_is_kept_in_the_place_of_an_answer() {
    let redirect = response("302 Found", "Location: http://elsewhere/?k=made-up-key\r\n", "");
    for (answer, status, words) in [
        (Answer::Reset, None, "no answer came"),
        (Answer::Silence, None, "within 50ms"),
        (Answer::Drip, Some(200), "within 50ms"),
        (Answer::Raw(redirect), Some(302), "a redirect"),
    ] {
        let server = RawServer::start(answer).await;
        let request = Request::get(server.url.clone(), Duration::from_millis(50));
        let kept = kept(100, request.secret("KEAZ_API_KEY", &Secret::new("made-up-key"))).await;
        assert_eq!((kept.status, &kept.answer, kept.answer_bytes), (status, &None, None));
        assert!(kept.fault.as_ref().unwrap().contains(words), "{kept:?}");
        assert!(!format!("{kept:?}").contains("made-up"), "{kept:?}");
        let shown = kept
            .answer_headers
            .iter()
            .any(|header| header == "location: http://elsewhere/");
        assert_eq!(shown, status == Some(302), "{kept:?}");
    }
}

#[tokio::test]
async fn a_download_keeps_its_head_only_and_a_secret_address_not_at_all() {
    let server = RawServer::ok("text/csv", "a;b\n").await;
    let address = format!("{}lists/a b.csv?key=canary", server.url);
    let url: Url = address.parse().unwrap();
    let request = Request::get(url, LONG).secret_url("CARRETA_PRICE_LIST_URL", &Secret::new(address));
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let transport = Transport::new(Upstream::Carreta, 1000).unwrap();
    let (_, kept) = recorded(1000, transport.download(request, &mut file, 1000)).await;
    assert_eq!(kept[0].url, "${CARRETA_PRICE_LIST_URL}");
    assert_eq!(
        (&kept[0].answer, kept[0].answer_bytes, kept[0].status),
        (&None, Some(4), Some(200))
    );
}
