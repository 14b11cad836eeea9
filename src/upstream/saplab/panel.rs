//! The shop's control panel over HTTP: HTTP Basic in UTF-8, JSON answers (panel document).
//!
//! Of the panel's methods only three are here, and the only write sets a value. The GETs of the document that change
//! something (`pay`, `deny`, `archive`, `documents`) are not. Called by the queue's operations.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::answer;
use super::filter::OrderFilter;
use super::position::OrderPage;
use super::status::Status;
use crate::config::{SaplabLogin, Secret};
use crate::upstream::transport::{Reply, Request, Transport, TransportError};
use crate::upstream::{Fault, Upstream, address};

/// No answer may be larger, in bytes: 150 positions with a long history each are far below.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// A client of one shop's panel.
#[derive(Clone)]
pub struct Panel {
    transport: Transport,
    base: Url,
    login: String,
    password: Secret,
    timeout: Duration,
}

impl Panel {
    /// A client with these settings; `None` without `base_url`: the panel is not used then.
    ///
    /// # Errors
    /// Login or password is missing, or the HTTP client cannot be built.
    pub fn new(settings: &SaplabLogin) -> Result<Option<Self>, TransportError> {
        let Some(base) = settings.base_url.clone() else {
            return Ok(None);
        };
        let (Some(login), Some(password)) = (settings.login.clone(), settings.password.clone()) else {
            let why = "`saplab.panel.login` or `saplab.panel.password` is missing".into();
            return Err(TransportError {
                upstream: Upstream::Saplab,
                why,
            });
        };
        let transport = Transport::new(Upstream::Saplab, MAX_ANSWER)?;
        Ok(Some(Self {
            transport,
            base,
            login,
            password,
            timeout: settings.timeout,
        }))
    }

    /// One page of positions (GET /panel/order). Archived ones only when the filter says so.
    ///
    /// # Errors
    /// As the transport; [`Fault::Refused`] for an error in the body, or for a filter that cannot be sent exactly
    /// (status 0); [`Fault::Garbled`] when there is no list.
    pub async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, Fault> {
        let reply = self.get(&filter.path()?).await?;
        OrderPage::read(&answer::body(&reply)?)
            .ok_or_else(|| Fault::Garbled(format!("no list of orders: {}", reply.words())))
    }

    /// The shop's order statuses (GET /panel/order/status).
    ///
    /// # Errors
    /// As [`Panel::orders`].
    pub async fn statuses(&self) -> Result<Vec<Status>, Fault> {
        let reply = self.get("/panel/order/status").await?;
        Status::read_all(&answer::body(&reply)?)
            .ok_or_else(|| Fault::Garbled(format!("no list of statuses: {}", reply.words())))
    }

    /// Sets a position's status (POST /panel/order/set_status/$ID). Saplab may send the client an SMS or an e-mail
    /// each time, also when the status was the same before: the caller looks first.
    ///
    /// # Errors
    /// [`Fault::Refused`] with Saplab's words for an error in the body; [`Fault::Garbled`] for anything that is
    /// neither its success nor its error; else as the transport.
    pub async fn set_status(&self, position: i64, status: i64) -> Result<(), Fault> {
        let url = address::join(&self.base, &format!("/panel/order/set_status/{position}"))?;
        let body = format!("status_id={status}").into_bytes();
        let request = Request::post(url, self.timeout, "application/x-www-form-urlencoded", body);
        answer::done(&self.send(request).await?)
    }

    async fn get(&self, path: &str) -> Result<Reply, Fault> {
        self.send(Request::get(address::join(&self.base, path)?, self.timeout))
            .await
    }

    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let request = request.basic(self.login.clone(), self.password.clone());
        self.transport.send(request.header("accept", "application/json")).await
    }
}

impl fmt::Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Panel({})", self.base.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
