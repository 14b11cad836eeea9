//! The shop's control panel over HTTP: HTTP Basic in UTF-8, JSON answers (panel document).
//!
//! The methods are beside: `read` asks, `write` and `clients` change. Nothing is repeated here. Called by the queue's
//! operations.

mod clients;
mod read;
mod write;

use std::fmt;
use std::time::Duration;

use url::Url;

use super::form::{self, Form};
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

    async fn get(&self, path: &str) -> Result<Reply, Fault> {
        self.send(Request::get(address::join(&self.base, path)?, self.timeout))
            .await
    }

    async fn post(&self, path: &str, form: Form) -> Result<Reply, Fault> {
        let url = address::join(&self.base, path)?;
        let body = form.into_bytes();
        self.send(Request::post(url, self.timeout, form::CONTENT_TYPE, body))
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
