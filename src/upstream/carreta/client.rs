//! Carreta's API over HTTP: the key in the query, paths with a slash at their end, the HTTP status has the word
//! (Carreta document). Called by the queue's operations.
//!
//! Without the last slash the server answers 301, which turns a POST into a GET: every path here has it.

use std::fmt;
use std::time::Duration;

use serde_json::value::RawValue;
use url::Url;

use super::order::OrderPage;
use super::profile::Profile;
use crate::config::{self, Secret};
use crate::upstream::transport::{Reply, Request, Transport, TransportError};
use crate::upstream::{Fault, Upstream, address, json};

/// Orders on one page (Carreta document: "последние 100 заказов").
pub const PAGE_SIZE: usize = 100;
/// No answer may be larger, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// A client with one key.
#[derive(Clone)]
pub struct Carreta {
    transport: Transport,
    base: Url,
    api_key: Secret,
    timeout: Duration,
}

impl Carreta {
    /// A client with these settings; `None` without `base_url`: the API is not used then.
    ///
    /// # Errors
    /// The key is missing, or the HTTP client cannot be built.
    pub fn new(settings: &config::Carreta) -> Result<Option<Self>, TransportError> {
        let Some(base) = settings.base_url.clone() else {
            return Ok(None);
        };
        let Some(api_key) = settings.api_key.clone().filter(|key| !key.is_empty()) else {
            return Err(TransportError {
                upstream: Upstream::Carreta,
                why: "`carreta.api_key` is missing".into(),
            });
        };
        let transport = Transport::new(Upstream::Carreta, MAX_ANSWER)?;
        Ok(Some(Self {
            transport,
            base,
            api_key,
            timeout: settings.timeout,
        }))
    }

    /// The profile of an account (GET /v1/profile/); without one, of the account that is Carreta's default.
    ///
    /// # Errors
    /// As the transport; [`Fault::Garbled`] for an answer that is no profile.
    pub async fn profile(&self, account: Option<&str>) -> Result<Profile, Fault> {
        let query: Vec<_> = account
            .map(|account| ("account", account.to_owned()))
            .into_iter()
            .collect();
        let (reply, raw) = self.get("profile/", &query).await?;
        Profile::read(&raw).ok_or_else(|| Fault::Garbled(format!("no profile: {}", reply.words())))
    }

    /// One page of orders (GET /v1/order/), at most [`PAGE_SIZE`]; without `page`, the latest ones. With comments,
    /// only orders whose comment is one of them.
    ///
    /// # Errors
    /// As the transport; [`Fault::Garbled`] for an answer without the list.
    pub async fn orders(&self, page: Option<u32>, client_comments: &[String]) -> Result<OrderPage, Fault> {
        let page = page.map(|page| ("page", page.to_string()));
        let comments = client_comments
            .iter()
            .map(|comment| ("client_comment", comment.clone()));
        let query: Vec<_> = page.into_iter().chain(comments).collect();
        let (reply, raw) = self.get("order/", &query).await?;
        OrderPage::read(&raw).ok_or_else(|| Fault::Garbled(format!("no list of orders: {}", reply.words())))
    }

    /// The body of a 200; the document gives a GET no other success.
    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<(Reply, Box<RawValue>), Fault> {
        let request = Request::get(self.url(path, query)?, self.timeout).secret(&self.api_key);
        let reply = self
            .transport
            .send(request.header("accept", "application/json"))
            .await?;
        if let Some(fault) = reply.fault() {
            return Err(fault);
        }
        if reply.status != 200 {
            return Err(Fault::Garbled(format!(
                "HTTP {} where only 200 is an answer",
                reply.status
            )));
        }
        let raw = json::parse(&reply)?;
        Ok((reply, raw))
    }

    /// The whole address; the key comes last, and only here.
    fn url(&self, path: &str, query: &[(&str, String)]) -> Result<Url, Fault> {
        let version = if self.base.path().trim_end_matches('/').ends_with("/v1") {
            ""
        } else {
            "/v1"
        };
        let mut text = format!("{version}/{path}?");
        for (name, value) in query {
            text.push_str(&format!("{name}={}&", address::component(value)));
        }
        text.push_str(&format!("api_key={}", address::component(self.api_key.reveal())));
        address::join(&self.base, &text)
    }
}

impl fmt::Debug for Carreta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carreta({})", self.base.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::transport::testing::{Answer, RawServer, response};

    const KEY: &str = "made-up/key+canary";

    fn client(base: &Url) -> Carreta {
        let settings = config::Carreta {
            base_url: Some(base.clone()),
            api_key: Some(Secret::new(KEY)),
            account: None,
            test_orders: false,
            allow_http: true,
            timeout: Duration::from_secs(5),
            download_timeout: Duration::from_secs(5),
            max_list_bytes: 1024,
            price_lists: Vec::new(),
        };
        Carreta::new(&settings).unwrap().unwrap()
    }

    async fn orders(status: &str, headers: &str, body: &str) -> Result<OrderPage, Fault> {
        let server = RawServer::start(Answer::Raw(response(status, headers, body))).await;
        client(&server.url).orders(None, &[]).await
    }

    #[tokio::test]
    async fn paths_end_with_a_slash_and_the_key_stands_in_the_query() {
        let server = RawServer::ok(
            "application/json",
            include_str!("../../../tests/fixtures/carreta/profile.json"),
        )
        .await;
        client(&server.url).profile(None).await.unwrap();
        client(&server.url.join("v1/").unwrap())
            .profile(Some("12 3"))
            .await
            .unwrap();
        let heard = server.heard();
        assert!(
            heard[0].starts_with("GET /v1/profile/?api_key=made-up%2Fkey%2Bcanary HTTP/1.1\r\n"),
            "{}",
            heard[0]
        );
        assert!(heard[1].starts_with("GET /v1/profile/?account=12%203&api_key=made-up%2Fkey%2Bcanary HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn orders_are_asked_for_by_page_and_by_several_comments() {
        let server = RawServer::ok(
            "application/json",
            include_str!("../../../tests/fixtures/carreta/orders.json"),
        )
        .await;
        let page = client(&server.url)
            .orders(Some(2), &["247&874".into(), "заказ".into()])
            .await
            .unwrap();
        assert_eq!(page.orders[0].id, 189_330);
        let expected =
            "GET /v1/order/?page=2&client_comment=247%26874&client_comment=%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7&api_key=";
        assert!(server.heard()[0].starts_with(expected));
    }

    #[tokio::test]
    async fn only_200_is_an_answer() {
        let body = r#"{"objects":[]}"#;
        assert_eq!(orders("200 OK", "", body).await, Ok(OrderPage::default()));
        for status in ["201 Created", "202 Accepted"] {
            assert!(
                matches!(orders(status, "", body).await, Err(Fault::Garbled(_))),
                "{status}"
            );
        }
        let moved = orders(
            "301 Moved Permanently",
            "Location: /v1/order/?api_key=made-up\r\n",
            body,
        )
        .await;
        assert!(matches!(moved, Err(Fault::NotApi(_))));
        let denied = orders("401 Unauthorized", "", r#"{"error":"Unauthorized."}"#).await;
        assert!(matches!(denied, Err(Fault::Denied { status: 401, .. })));
        assert!(matches!(orders("200 OK", "", "<html>").await, Err(Fault::NotApi(_))));
        assert!(matches!(
            orders("200 OK", "", r#"{"error":"x"}"#).await,
            Err(Fault::Garbled(_))
        ));
    }

    #[tokio::test]
    async fn the_key_is_in_no_fault_and_in_no_debug() {
        let echo = format!("{KEY} made-up%2Fkey%2Bcanary");
        for status in [
            "200 OK",
            "400 Bad Request",
            "401 Unauthorized",
            "500 Internal Server Error",
        ] {
            let fault = orders(status, "", &echo).await.unwrap_err();
            assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault:?}");
        }
        let closed = client(&"http://127.0.0.1:1".parse().unwrap());
        let fault = closed.profile(None).await.unwrap_err();
        assert!(matches!(fault, Fault::NotSent(_)), "{fault:?}");
        assert!(!format!("{fault} {fault:?} {closed:?}").contains("canary"));
    }
}
