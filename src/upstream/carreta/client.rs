//! Carreta's API over HTTP: the key in the query, paths with a slash at their end, the HTTP status has the word
//! (Carreta document). Called by the queue's operations.
//!
//! Without the last slash the server answers 301, which turns a POST into a GET: every path here has it.

use std::fmt;
use std::time::Duration;

use serde_json::value::RawValue;
use url::Url;

use super::history::History;
use super::order::{Order, OrderPage};
use super::order_body::OrderBody;
use super::part::SearchPage;
use super::profile::Profile;
use crate::config::{self, Secret};
use crate::upstream::transport::{Reply, Request, Transport, TransportError};
use crate::upstream::{Fault, Upstream, address, json};

/// Orders on one page (Carreta document: "последние 100 заказов").
pub const PAGE_SIZE: usize = 100;
/// Characters of an order's `client_comment`; the document says "до 50 символов".
pub const MAX_COMMENT: usize = 50;
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
                whom: Upstream::Carreta.as_str(),
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
        let query: Vec<_> = account.map(|account| ("account", account)).into_iter().collect();
        let (reply, raw) = self.get("profile/", &query).await?;
        Profile::read(&raw).ok_or_else(|| Fault::Garbled(format!("no profile: {}", reply.words())))
    }

    /// Searches for parts (GET /v1/search/) with the prices of an account; without one, of Carreta's default. What is
    /// found without `q` is not documented.
    ///
    /// # Errors
    /// As the transport; [`Fault::Garbled`] for an answer without the list.
    pub async fn search(&self, q: Option<&str>, account: Option<&str>) -> Result<SearchPage, Fault> {
        let q = q.map(|q| ("q", q));
        let account = account.map(|account| ("account", account));
        let query: Vec<_> = q.into_iter().chain(account).collect();
        SearchPage::read(&self.answer("search/", &query).await?)
    }

    /// Orders a part that a search found (POST /v1/order/); with `test`, as a test order. The answer has no id: the
    /// order is found again by its comment. [`super::order_qty`] is to be checked before.
    ///
    /// # Errors
    /// [`Fault::Refused`] with Carreta's words, or with ours (status 0: nothing was sent) for a comment of more than
    /// [`MAX_COMMENT`] characters or an offer without a signature; [`Fault::Garbled`] for any success but 201: nobody
    /// knows what it means; else as the transport.
    pub async fn create_order(
        &self,
        offer: &OrderBody,
        order_qty: i64,
        client_comment: Option<&str>,
        test: bool,
    ) -> Result<(), Fault> {
        if offer.signature().is_empty() {
            return Err(unsendable("the offer has no signature to order it with".into()));
        }
        if let Some(length) = client_comment
            .map(|text| text.chars().count())
            .filter(|n| *n > MAX_COMMENT)
        {
            return Err(unsendable(format!(
                "client_comment has {length} characters, and Carreta takes up to {MAX_COMMENT}"
            )));
        }
        let query: &[_] = if test { &[("test", "on")] } else { &[] };
        let body = offer.json(order_qty, client_comment).into_bytes();
        let request = Request::post(self.url("order/", query)?, self.timeout, "application/json", body);
        let reply = self
            .send(request.secret("CARRETA_SIGNATURE", offer.signature()))
            .await?;
        match reply.status {
            // What stands in its body is not documented.
            201 => Ok(()),
            status => Err(Fault::Garbled(format!(
                "HTTP {status} where only 201 is a created order"
            ))),
        }
    }

    /// One page of orders (GET /v1/order/), at most [`PAGE_SIZE`]; without `page`, the latest ones. With comments,
    /// only orders whose comment is one of them.
    ///
    /// # Errors
    /// As the transport; [`Fault::Garbled`] for an answer without the list.
    pub async fn orders(&self, page: Option<u32>, client_comments: &[String]) -> Result<OrderPage, Fault> {
        let page = page.map(|page| page.to_string());
        let page = page.iter().map(|page| ("page", page.as_str()));
        let comments = client_comments
            .iter()
            .map(|comment| ("client_comment", comment.as_str()));
        let query: Vec<_> = page.chain(comments).collect();
        let (reply, raw) = self.get("order/", &query).await?;
        OrderPage::read(&raw).ok_or_else(|| Fault::Garbled(format!("no list of orders: {}", reply.words())))
    }

    /// One order by its id (GET /v1/order/$ID/).
    ///
    /// # Errors
    /// [`Fault::Refused`] with status 404 when there is no such order; [`Fault::Garbled`] for an answer that is no
    /// order, or another one; else as the transport.
    pub async fn order(&self, id: i64) -> Result<Order, Fault> {
        let (_, raw) = self.get(&format!("order/{id}/"), &[]).await.map_err(no_such_order)?;
        let order = Order::read(&raw).map_err(|why| Fault::Garbled(format!("no order: {why}")))?;
        if order.id == id {
            Ok(order)
        } else {
            Err(Fault::Garbled(format!("order {} in place of {id}", order.id)))
        }
    }

    /// What happened to one order (GET /v1/order/$ID/history/).
    ///
    /// # Errors
    /// As [`Carreta::order`].
    pub async fn history(&self, id: i64) -> Result<History, Fault> {
        let (reply, raw) = self
            .get(&format!("order/{id}/history/"), &[])
            .await
            .map_err(no_such_order)?;
        History::read(&raw).ok_or_else(|| Fault::Garbled(format!("no history: {}", reply.words())))
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<(Reply, Box<RawValue>), Fault> {
        let reply = self.answer(path, query).await?;
        let raw = json::parse(&reply)?;
        Ok((reply, raw))
    }

    /// The 200 to a GET; the document gives it no other success.
    async fn answer(&self, path: &str, query: &[(&str, &str)]) -> Result<Reply, Fault> {
        let reply = self.send(Request::get(self.url(path, query)?, self.timeout)).await?;
        match reply.status {
            200 => Ok(reply),
            status => Err(Fault::Garbled(format!("HTTP {status} where only 200 is an answer"))),
        }
    }

    /// The answer of a success status.
    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let request = request
            .secret("CARRETA_API_KEY", &self.api_key)
            .header("accept", "application/json");
        let reply = self.transport.send(request).await?;
        match reply.fault() {
            None => Ok(reply),
            Some(Fault::Refused { status, words }) => Err(Fault::Refused {
                status,
                words: plain_words(&reply).unwrap_or(words),
            }),
            Some(fault) => Err(fault),
        }
    }

    /// The whole address; the key comes last, and only here.
    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Fault> {
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

/// The body of a refusal for people: JSON without its `\u0444`.
fn plain_words(reply: &Reply) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(reply.text().ok()?).ok()?;
    Some(reply.redact(&value.to_string()))
}

/// The path of an order is a method of the document: when it is not found, it is the order that is not there.
fn no_such_order(fault: Fault) -> Fault {
    match fault {
        Fault::Unsupported { status: 404, words } => Fault::Refused {
            status: 404,
            words: format!("there is no such order: {words}"),
        },
        other => other,
    }
}

fn unsendable(words: String) -> Fault {
    Fault::Refused { status: 0, words }
}

impl fmt::Debug for Carreta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carreta({})", self.base.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
