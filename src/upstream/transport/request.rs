//! What to send: built by the clients, turned into a `reqwest` request by [`super::Transport`] alone.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::{Client, Method};
use url::Url;

use crate::config::Secret;
use crate::upstream::transport::redact;

/// One HTTP request. `Debug` shows the method and `scheme://host/path` only.
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// The address, possibly with a key in the query.
    pub url: Url,
    /// HTTP Basic: whose, as the name of a variable begins (`SAPLAB_PANEL`); login and password, sent as UTF-8.
    pub basic: Option<(&'static str, String, Secret)>,
    /// Content type and body.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// `If-None-Match` and the like.
    pub headers: Vec<(&'static str, String)>,
    /// From connecting to the last byte.
    pub timeout: Duration,
    /// Whether an idle connection may be used again. Only for calls that may be made twice: such a connection can be
    /// closing already, and then nobody knows whether the request arrived.
    pub pooled: bool,
    /// Every secret that stands in the URL, the headers or the body: what the upstream sends back is searched for
    /// them. Each has the name of a variable, under which the journal speaks of it. The password of `basic` and of the URL
    /// need not be given.
    pub secrets: Vec<(&'static str, Secret)>,
    /// The name of a variable for the whole address, where that is a secret.
    pub secret_url: Option<&'static str>,
}

impl Request {
    /// A GET on a pooled connection.
    pub fn get(url: Url, timeout: Duration) -> Self {
        Self {
            method: Method::GET,
            url,
            basic: None,
            body: None,
            headers: Vec::new(),
            timeout,
            pooled: true,
            secrets: Vec::new(),
            secret_url: None,
        }
    }

    /// A POST on a connection of its own.
    pub fn post(url: Url, timeout: Duration, content_type: &'static str, body: Vec<u8>) -> Self {
        let body = Some((content_type, body));
        Self {
            method: Method::POST,
            body,
            pooled: false,
            ..Self::get(url, timeout)
        }
    }

    /// With HTTP Basic credentials.
    #[must_use]
    pub fn basic(mut self, whose: &'static str, login: impl Into<String>, password: Secret) -> Self {
        self.basic = Some((whose, login.into(), password));
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Declares a secret that stands somewhere in this request.
    #[must_use]
    pub fn secret(mut self, name: &'static str, secret: &Secret) -> Self {
        self.secrets.push((name, secret.clone()));
        self
    }

    /// Declares that the address, as a whole, is this secret.
    #[must_use]
    pub fn secret_url(mut self, name: &'static str, url: &Secret) -> Self {
        self.secret_url = Some(name);
        self.secret(name, url)
    }

    /// Whether an idle connection may be used again.
    #[must_use]
    pub fn pooled(mut self, pooled: bool) -> Self {
        self.pooled = pooled;
        self
    }

    pub(super) fn all_secrets(&self) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = self.secrets.iter().map(|(_, secret)| secret.clone()).collect();
        secrets.extend(self.basic.as_ref().map(|(_, _, password)| password.clone()));
        if let Some(password) = self.url.password() {
            secrets.push(Secret::new(percent_decode_str(password).decode_utf8_lossy()));
        }
        secrets
    }

    pub(super) fn build(self, client: &Client) -> reqwest::Result<reqwest::Request> {
        let mut builder = client.request(self.method, self.url);
        if let Some((_, login, password)) = &self.basic {
            builder = builder.basic_auth(login, Some(password.reveal()));
        }
        if let Some((content_type, body)) = self.body {
            builder = builder.header("content-type", content_type).body(body);
        }
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        builder.build()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        // Both fail only for addresses without a host, which have no credentials either.
        let _ = shown.set_password(None);
        let _ = shown.set_username("");
        let secrets = self.all_secrets();
        let secrets: Vec<_> = secrets.iter().collect();
        write!(f, "{} {}", self.method, redact(shown.as_str(), &secrets))
    }
}

/// The Basic token is the password in another coat: an upstream that echoes headers would give it away.
pub(super) fn add_basic_token(request: &reqwest::Request, secrets: &mut Vec<Secret>) {
    let header = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if let Some(token) = header.and_then(|value| value.strip_prefix("Basic ")) {
        secrets.push(Secret::new(token));
    }
}
