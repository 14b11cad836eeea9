//! Chromium without a window, through chromedriver: started for one test, ended with it, by their own process numbers.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::wire::Session;
use crate::support::{Daemon, has_ended, kill_with_us, until};

/// A person's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Desktop,
    Phone,
}

impl Size {
    /// Width and height.
    pub(super) fn pixels(self) -> (u32, u32) {
        match self {
            Self::Desktop => (1280, 860),
            Self::Phone => (360, 740),
        }
    }
}

/// An open browser at the daemon's page.
pub(super) struct Browser {
    pub(super) session: Session,
    base: String,
    chromedriver: Child,
    chromium: Option<i32>,
    _profile: TempDir,
}

/// Two of them would starve each other on a small machine, and then every wait is too short.
static ONE: Mutex<()> = Mutex::const_new(());

/// Held by a test as long as its browser is open.
pub(super) type Turn = tokio::sync::MutexGuard<'static, ()>;

/// Both programs; where one is missing, the test says so and does nothing.
pub(super) async fn programs() -> Option<(PathBuf, PathBuf, Turn)> {
    let find = |name: &str| {
        let folders = ["/usr/bin", "/usr/local/bin", "/snap/bin"];
        folders
            .iter()
            .map(|folder| Path::new(folder).join(name))
            .find(|path| path.exists())
    };
    let (Some(chromium), Some(chromedriver)) = (find("chromium"), find("chromedriver")) else {
        println!("skipped: no Chromium is installed here (apt-get install chromium chromium-driver)");
        return None;
    };
    Some((chromium, chromedriver, ONE.lock().await))
}

impl Browser {
    /// A new browser with an empty profile, which likes this language best.
    pub(super) async fn open((chromium, chromedriver): (&Path, &Path), daemon: &Daemon, lang: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(chromedriver)
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        kill_with_us(process.id().unwrap()).await;
        let port = port(&mut process).await;
        let session = Session::open(port, wishes(chromium, profile.path(), lang))
            .await
            .unwrap();
        let chromium = session.capabilities["goog:processID"].as_i64();
        let chromium = chromium.map(|pid| i32::try_from(pid).unwrap());
        if let Some(pid) = chromium {
            kill_with_us(u32::try_from(pid).unwrap()).await;
        }
        let browser = Self {
            session,
            base: format!("http://{}", daemon.address),
            chromedriver: process,
            chromium,
            _profile: profile,
        };
        browser.resize(Size::Desktop).await;
        browser
    }

    /// A command of the protocol that Chromium's own tools speak.
    pub(super) async fn tool(&self, command: &str, params: Value) -> Value {
        let told = self
            .session
            .post("/goog/cdp/execute", json!({ "cmd": command, "params": params }));
        told.await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    pub(super) async fn resize(&self, size: Size) {
        let (width, height) = size.pixels();
        self.measure(width, height, size).await;
    }

    async fn measure(&self, width: u32, height: u32, size: Size) {
        let is_phone = size == Size::Phone;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        self.tool("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// `light` or `dark`.
    pub(super) async fn scheme(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tool("Emulation.setEmulatedMedia", features).await;
    }

    /// Opens a path of the daemon.
    pub(super) async fn go(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.session.post("/url", json!({ "url": url })).await.unwrap();
    }

    /// The path that is open, with its query.
    pub(super) async fn path(&self) -> String {
        let url = self.session.get("/url").await.unwrap();
        let url = url.as_str().unwrap_or_default();
        url.strip_prefix(&self.base).unwrap_or(url).to_owned()
    }

    /// Waits until the path that is open is that kind of path.
    pub(super) async fn arrives(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        tokio::select! {
            path = until(what, async || Some(self.path().await).filter(|path| is_there(path))) => path,
            text = self.late("main") => panic!("waited in vain for {what}; it is {}: {text}", self.path().await),
        }
    }

    /// The value of a script's `return`.
    pub(super) async fn script(&self, script: &str, args: &[Value]) -> Value {
        let ran = self.session.script(script, json!(args)).await;
        ran.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until the page has this element.
    pub(super) async fn find(&self, css: &str) -> String {
        until(css, async || self.session.find(css).await.ok()).await
    }

    /// What stands in this element, as a person reads it; empty where there is none.
    pub(super) async fn text(&self, css: &str) -> String {
        let script = "const found = document.querySelector(arguments[0]); return found ? found.innerText : ''";
        let text = self.script(script, &[json!(css)]).await;
        text.as_str().unwrap_or_default().replace('\u{a0}', " ")
    }

    /// Waits until this element says that.
    pub(super) async fn says(&self, css: &str, words: &str) {
        let what = format!("{css} to say «{words}»");
        let said = async || self.text(css).await.contains(words).then_some(());
        tokio::select! {
            () = until(&what, said) => {}
            // Said shortly before the patience of `until` ends: a page tells more than a name.
            text = self.late(css) => panic!("waited in vain for {what}; it says: {text}"),
        }
    }

    async fn late(&self, css: &str) -> String {
        tokio::time::sleep(crate::support::PATIENCE - std::time::Duration::from_secs(1)).await;
        self.text(css).await
    }

    /// What the browser had to complain about since it was asked last.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self
            .session
            .post("/se/log", json!({ "type": "browser" }))
            .await
            .unwrap();
        let entries = log.as_array().into_iter().flatten();
        let grave = entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        grave.map(|entry| entry["message"].to_string()).collect()
    }

    /// Fails where the page is wider than the window: a phone would have to be pushed about.
    pub(super) async fn assert_fits(&self) {
        let script = "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]";
        let sizes = self.script(script, &[]).await;
        assert_eq!(sizes[0], sizes[1], "{} is wider than its window", self.path().await);
    }

    /// A picture of the whole page, however long, at most so high.
    pub(super) async fn picture(&self, size: Size, most: u32) -> Vec<u8> {
        let (width, least) = size.pixels();
        let height = self.script("return document.documentElement.scrollHeight", &[]).await;
        let height = u32::try_from(height.as_u64().unwrap_or(0)).unwrap().clamp(least, most);
        self.measure(width, height, size).await;
        let png = self.session.get("/screenshot").await.unwrap();
        self.resize(size).await;
        base64(png.as_str().unwrap())
    }

    /// Closes it.
    pub(super) async fn close(mut self) {
        self.session.close().await.unwrap();
        if let Some(pid) = self.chromium.take() {
            until("Chromium's end", async || {
                kill(Pid::from_raw(pid), None).is_err().then_some(())
            })
            .await;
            has_ended(u32::try_from(pid).unwrap());
        }
        let pid = self.chromedriver.id();
        self.chromedriver.kill().await.unwrap();
        pid.into_iter().for_each(has_ended);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A test that failed: `close` has left nothing to end.
        if let Some(pid) = self.chromium {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// Chromedriver chooses a free port and says which.
async fn port(process: &mut Child) -> u16 {
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let port = line.rsplit_once("on port ").map(|(_, port)| port.trim_end_matches('.'));
        // At first it says what it was asked for: 0, any.
        if let Some(port) = port.and_then(|port| port.parse().ok()).filter(|port| *port > 0) {
            return port;
        }
    }
    panic!("chromedriver ended without a word about its port");
}

fn wishes(chromium: &Path, profile: &Path, lang: &str) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    json!({
        "browserName": "chrome",
        "unhandledPromptBehavior": "ignore",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": chromium,
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--hide-scrollbars", profile,
            ],
            "prefs": { "intl.accept_languages": lang, "credentials_enable_service": false },
        },
    })
}

/// The bytes of a text in base64.
fn base64(text: &str) -> Vec<u8> {
    let letters = text.bytes().filter_map(|letter| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in letters {
        bits = bits << 6 | u32::from(letter);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
