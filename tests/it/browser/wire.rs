//! The little of the WebDriver protocol that these tests speak, over our own HTTP client. The crates that speak all of it
//! would change what is tested: one of them has JSON objects keep their order in the whole program, another brings a
//! second set of everything.

use reqwest::Method;
use serde_json::{Value, json};

/// An element's name on the wire, from the standard.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session with chromedriver.
pub(super) struct Session {
    client: reqwest::Client,
    url: String,
    /// What was agreed on at its beginning.
    pub(super) capabilities: Value,
}

/// What went wrong, in chromedriver's words.
pub(super) type Wire<T> = Result<T, String>;

impl Session {
    pub(super) async fn open(port: u16, wishes: Value) -> Wire<Self> {
        // It wants to know who does TLS, though nothing here ever does any.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut session = Self {
            client: reqwest::Client::builder().no_proxy().build().map_err(words)?,
            url: format!("http://127.0.0.1:{port}/session"),
            capabilities: Value::Null,
        };
        let wishes = json!({ "capabilities": { "alwaysMatch": wishes } });
        let agreed = session.ask(Method::POST, "", wishes).await?;
        let id = agreed["sessionId"].as_str().ok_or("no session")?;
        session.url = format!("{}/{id}", session.url);
        session.capabilities = agreed["capabilities"].clone();
        Ok(session)
    }

    /// One command, and the value that it answers.
    pub(super) async fn ask(&self, method: Method, command: &str, body: Value) -> Wire<Value> {
        let mut request = self.client.request(method.clone(), format!("{}{command}", self.url));
        if method == Method::POST {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.map_err(words)?;
        let is_done = answer.status().is_success();
        let text = answer.text().await.map_err(words)?;
        let mut answer: Value = serde_json::from_str(&text).map_err(words)?;
        let value = answer["value"].take();
        if is_done {
            Ok(value)
        } else {
            Err(format!("{}: {}", value["error"], value["message"]))
        }
    }

    pub(super) async fn post(&self, command: &str, body: Value) -> Wire<Value> {
        self.ask(Method::POST, command, body).await
    }

    pub(super) async fn get(&self, command: &str) -> Wire<Value> {
        self.ask(Method::GET, command, Value::Null).await
    }

    /// The first element of that kind, as it is called on the wire.
    pub(super) async fn find(&self, css: &str) -> Wire<String> {
        let found = self
            .post("/element", json!({ "using": "css selector", "value": css }))
            .await?;
        found[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| found.to_string())
    }

    /// A command to an element.
    pub(super) async fn tell(&self, element: &str, command: &str, body: Value) -> Wire<Value> {
        self.post(&format!("/element/{element}/{command}"), body).await
    }

    /// Presses keys where the focus is, one after the other.
    pub(super) async fn keys(&self, keys: &str) -> Wire<()> {
        let strokes = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let strokes: Vec<Value> = strokes.collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("/actions", json!({ "actions": [keyboard] })).await.map(drop)
    }

    /// The value of a script's `return`.
    pub(super) async fn script(&self, script: &str, args: Value) -> Wire<Value> {
        self.post("/execute/sync", json!({ "script": script, "args": args }))
            .await
    }

    pub(super) async fn close(&self) -> Wire<()> {
        self.ask(Method::DELETE, "", Value::Null).await.map(drop)
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
