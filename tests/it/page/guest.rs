//! Whoever asks the daemon over HTTP: a browser without a window, in a few lines. It follows no redirect.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::TOKEN;
use crate::support::Daemon;

/// Somebody with an address and perhaps a cookie.
#[derive(Clone)]
pub(crate) struct Guest {
    client: reqwest::Client,
    base: String,
    headers: Vec<(String, String)>,
}

/// What the daemon answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value; empty where it is missing.
    pub(crate) fn header(&self, name: impl AsRef<str>) -> &str {
        let value = self.headers.get(name.as_ref());
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// What it sets as a cookie.
    pub(crate) fn cookie(&self) -> &str {
        self.header(SET_COOKIE)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The form token of its forms.
    pub(crate) fn form_token(&self) -> String {
        let after = self.body.split("name=\"form_token\" value=\"").nth(1);
        after
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn assert_says(&self, words: &[&str]) {
        for word in words {
            assert!(self.body.contains(word), "no «{word}» in:\n{}", self.body);
        }
    }
}

impl Guest {
    /// A stranger.
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
        Self {
            client: client.build().unwrap(),
            base: format!("http://{}", daemon.address),
            headers: Vec::new(),
        }
    }

    /// Somebody who has given the token and got a session.
    pub(crate) async fn logged_in(daemon: &Daemon) -> Self {
        let stranger = Self::of(daemon);
        let answer = stranger.post("/login", &[("token", TOKEN)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        stranger.with(COOKIE, answer.cookie().split(';').next().unwrap())
    }

    /// The same one, who sends this header too.
    pub(crate) fn with(&self, name: impl AsRef<str>, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.as_ref().to_owned(), value.to_owned()));
        other
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let request = self.request(Method::POST, path);
        self.send(
            request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(body),
        )
        .await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        self.headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }
}
