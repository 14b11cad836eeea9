//! One shop's address with one login: HTTP Basic in UTF-8, JSON wanted. What the panel and the client API have in
//! common on the wire; what an answer means is theirs. Called by `panel` and `shop`.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::form::{self, Form};
use crate::config::{SaplabLogin, Secret};
use crate::upstream::transport::{Reply, Request, Transport, TransportError};
use crate::upstream::{Fault, Upstream, address};

/// No answer may be larger, in bytes: 150 positions with a long history each are far below.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Whom to ask, and as whom.
#[derive(Clone)]
pub(super) struct Login {
    transport: Transport,
    /// Whose login it is, for the journal.
    name: &'static str,
    base: Url,
    login: String,
    password: Secret,
    timeout: Duration,
}

impl Login {
    /// The login of these settings, which stand in the configuration's `section`; `None` without `base_url`: the API
    /// is not used then.
    ///
    /// # Errors
    /// Login or password is missing, or the HTTP client cannot be built.
    pub(super) fn new(
        upstream: Upstream,
        section: &str,
        settings: &SaplabLogin,
    ) -> Result<Option<Self>, TransportError> {
        let Some(base) = settings.base_url.clone() else {
            return Ok(None);
        };
        let (Some(login), Some(password)) = (settings.login.clone(), settings.password.clone()) else {
            let why = format!("`{section}.login` or `{section}.password` is missing");
            return Err(TransportError {
                whom: upstream.as_str(),
                why,
            });
        };
        let transport = Transport::new(upstream, MAX_ANSWER)?;
        Ok(Some(Self {
            transport,
            name: if upstream == Upstream::SaplabClient {
                "SAPLAB_CLIENT"
            } else {
                "SAPLAB_PANEL"
            },
            base,
            login,
            password,
            timeout: settings.timeout,
        }))
    }

    /// A GET of this path, which is percent-encoded already.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a path that would not go out exactly so.
    pub(super) fn get(&self, path: &str) -> Result<Request, Fault> {
        Ok(Request::get(address::join(&self.base, path)?, self.timeout))
    }

    /// A POST of this form.
    ///
    /// # Errors
    /// As [`Login::get`].
    pub(super) fn post(&self, path: &str, form: Form) -> Result<Request, Fault> {
        let url = address::join(&self.base, path)?;
        Ok(Request::post(url, self.timeout, form::CONTENT_TYPE, form.into_bytes()))
    }

    /// Sends a request under this login.
    ///
    /// # Errors
    /// As the transport.
    pub(super) async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let request = request.basic(self.name, self.login.clone(), self.password.clone());
        self.transport.send(request.header("accept", "application/json")).await
    }
}

/// The host alone.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.host_str().unwrap_or_default())
    }
}
