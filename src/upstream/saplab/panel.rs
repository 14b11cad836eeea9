//! The shop's control panel over HTTP: HTTP Basic in UTF-8, JSON answers (panel document).
//!
//! The methods are beside: `read` asks, `write` and `clients` change. Nothing is repeated here. Called by the queue's
//! operations.

mod clients;
mod read;
mod write;

use std::fmt;

use super::form::Form;
use super::login::Login;
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

    async fn get(&self, path: &str) -> Result<Reply, Fault> {
        self.login.send(self.login.get(path)?).await
    }

    async fn post(&self, path: &str, form: Form) -> Result<Reply, Fault> {
        self.login.send(self.login.post(path, form)?).await
    }
}

impl fmt::Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Panel({:?})", self.login)
    }
}

#[cfg(test)]
mod tests;
