use std::io::Write;

use super::*;
use crate::upstream::transport::testing::{Answer, RawServer, response};

fn lists() -> PriceLists {
    let transport = Transport::new(Upstream::Carreta, MAX_ANSWER).unwrap();
    PriceLists {
        transport,
        timeout: Duration::from_secs(5),
        max_bytes: 1000,
    }
}

fn list(server: &RawServer) -> PriceList {
    let url = Secret::new(format!("{}price/main.csv?key=made-up-canary&x=%2F", server.url));
    PriceList {
        name: "main".into(),
        url,
        columns: Default::default(),
    }
}

async fn fetch(answer: Vec<u8>, validators: &Validators) -> (Result<Fetched, Fault>, String, tempfile::TempDir) {
    let server = RawServer::start(Answer::Raw(answer)).await;
    let dir = tempfile::tempdir().unwrap();
    let fetched = lists().fetch(&list(&server), validators, dir.path()).await;
    (fetched, server.heard().remove(0), dir)
}

fn left_in(dir: &tempfile::TempDir) -> usize {
    std::fs::read_dir(dir.path()).unwrap().count()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn a_list_is_fetched_from_the_exact_address_with_its_validators() {
    let headers = "ETag: \"v2\"\r\nLast-Modified: Mon, 02 Mar 2026 10:00:00 GMT\r\n";
    let shown = Validators {
        etag: Some("\"v1\"".into()),
        last_modified: Some("Sun, 01 Mar 2026 10:00:00 GMT".into()),
    };
    let (fetched, heard, dir) = fetch(response("200 OK", headers, "Brand;Code;Price\n"), &shown).await;
    let Ok(Fetched::List {
        path,
        bytes,
        validators,
        ..
    }) = fetched
    else {
        panic!("{fetched:?}")
    };
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "Brand;Code;Price\n");
    assert_eq!((bytes, validators.etag.as_deref()), (17, Some("\"v2\"")));
    assert_eq!(
        validators.last_modified.as_deref(),
        Some("Mon, 02 Mar 2026 10:00:00 GMT")
    );
    assert!(heard.starts_with("GET /price/main.csv?key=made-up-canary&x=%2F HTTP/1.1\r\n"));
    assert!(heard.contains("if-none-match: \"v1\"\r\n"));
    assert!(heard.contains("if-modified-since: Sun, 01 Mar 2026 10:00:00 GMT\r\n"));
    assert!(heard.contains("accept-encoding: gzip"));
    drop(path);
    assert_eq!(left_in(&dir), 0);
}

#[tokio::test]
async fn an_unchanged_list_is_not_downloaded() {
    let validators = Validators {
        etag: Some("\"v1\"".into()),
        last_modified: None,
    };
    let unchanged = || b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec();
    let (fetched, _, dir) = fetch(unchanged(), &validators).await;
    assert!(matches!(fetched, Ok(Fetched::NotModified)), "{fetched:?}");
    assert_eq!(left_in(&dir), 0);
    let (unasked, _, _) = fetch(unchanged(), &Validators::default()).await;
    assert!(unasked.is_err());
}

#[tokio::test]
async fn a_compressed_list_is_unpacked_and_a_bomb_is_cut() {
    let serve = |text: &str| {
        let body = gzip(text);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    };
    let (fetched, _, _dir) = fetch(serve("a;b\n"), &Validators::default()).await;
    assert!(matches!(fetched, Ok(Fetched::List { bytes: 4, .. })), "{fetched:?}");
    let (bomb, _, dir) = fetch(serve(&"a".repeat(1_000_000)), &Validators::default()).await;
    assert!(matches!(bomb, Err(Fault::Garbled(_))), "{bomb:?}");
    assert_eq!(left_in(&dir), 0);
}

#[tokio::test]
async fn what_is_no_list_is_a_fault_without_the_address_in_it() {
    for (answer, kind) in [
        (response("200 OK", "", "<html>made-up-canary</html>"), "NotApi"),
        (response("204 No Content", "", ""), "Garbled"),
        (
            response("404 Not Found", "", "no /price/main.csv?key=made-up-canary"),
            "Unsupported",
        ),
        (response("403 Forbidden", "", "made-up-canary"), "Denied"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na;b\n".to_vec(), "Lost"),
    ] {
        let (fetched, _, dir) = fetch(answer, &Validators::default()).await;
        let fault = fetched.unwrap_err();
        assert!(format!("{fault:?}").starts_with(kind), "{fault:?}");
        assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault:?}");
        assert_eq!(left_in(&dir), 0);
    }
    let odd = PriceList {
        name: "main".into(),
        url: Secret::new("canary"),
        columns: Default::default(),
    };
    let fault = lists()
        .fetch(&odd, &Validators::default(), Path::new("/"))
        .await
        .unwrap_err();
    assert!(
        matches!(&fault, Fault::NotSent(words) if !words.contains("canary")),
        "{fault:?}"
    );
}

#[test]
fn a_list_that_is_a_gzip_file_is_unpacked_while_reading_up_to_the_cap() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.csv.gz");
    let read = |max| {
        let mut text = String::new();
        open(&path, max).unwrap().read_to_string(&mut text).map(|_| text)
    };
    std::fs::write(&path, gzip("a;b\n")).unwrap();
    assert_eq!(read(4).unwrap(), "a;b\n");
    assert!(read(3).is_err());
    std::fs::write(&path, "a;b\n").unwrap();
    assert_eq!(read(0).unwrap(), "a;b\n");
    std::fs::write(&path, "").unwrap();
    assert_eq!(read(0).unwrap(), "");
}
