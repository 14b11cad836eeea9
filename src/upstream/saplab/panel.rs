//! The shop's control panel over HTTP: HTTP Basic in UTF-8, JSON answers (panel document).
//!
//! Of the panel's methods only three are here, and the only write sets a value. The GETs of the document that change
//! something (`pay`, `deny`, `archive`, `documents`) are not. Called by the queue's operations.

use std::fmt;

use super::answer;
use super::filter::OrderFilter;
use super::login::Login;
use super::position::OrderPage;
use super::status::Status;
use crate::config::SaplabLogin;
use crate::upstream::transport::{Reply, TransportError};
use crate::upstream::{Fault, Upstream};

/// A client of one shop's panel.
#[derive(Clone)]
pub struct Panel {
    login: Login,
}

impl Panel {
    /// A client with these settings; `None` without `base_url`: the panel is not used then.
    ///
    /// # Errors
    /// Login or password is missing, or the HTTP client cannot be built.
    pub fn new(settings: &SaplabLogin) -> Result<Option<Self>, TransportError> {
        let login = Login::new(Upstream::Saplab, "saplab.panel", settings)?;
        Ok(login.map(|login| Self { login }))
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
        let path = format!("/panel/order/set_status/{position}");
        let request = self.login.post(&path, &[("status_id", &status.to_string())])?;
        answer::done(&self.login.send(request).await?)
    }

    async fn get(&self, path: &str) -> Result<Reply, Fault> {
        self.login.send(self.login.get(path)?).await
    }
}

impl fmt::Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Panel({:?})", self.login)
    }
}

#[cfg(test)]
mod tests;
