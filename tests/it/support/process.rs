//! The real binary: `sverka run` as a process, and commands to their end.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::canary::Canaries;
use super::fixture::Fixture;
use super::postgres;
use super::wait::{PATIENCE, until};

/// A process of `sverka run`. Killed on drop.
pub(crate) struct Daemon {
    child: Child,
    pid: u32,
    log: Arc<Mutex<Vec<String>>>,
    /// In force when it was started.
    canaries: Canaries,
    /// Of its HTTP server.
    pub(crate) address: SocketAddr,
}

impl Fixture {
    /// The binary with these arguments after `--config`, in an environment of nothing but `PATH` and an English locale,
    /// whatever that of the machine is. Another build of it, such as a release, where `SVERKA_BINARY` names one.
    pub(crate) fn binary(&self, args: &[&str]) -> Command {
        let ours = || env!("CARGO_BIN_EXE_sverka").into();
        let binary = std::env::var_os("SVERKA_BINARY").unwrap_or_else(ours);
        // It is started in another folder than the one that a relative path is meant from.
        let mut command = Command::new(std::path::absolute(binary).unwrap());
        command.arg("--config").arg(&self.config).args(args);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C");
        command
            .current_dir(self.folder.path())
            .kill_on_drop(true)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn command(&self, args: &[&str]) -> Output {
        let output = self.binary(args).output();
        let output = timeout(PATIENCE, output)
            .await
            .expect("the command did not end")
            .unwrap();
        let canaries = Canaries::of(&self.settings);
        for bytes in [&output.stdout, &output.stderr] {
            canaries.assert_silent(&format!("the output of {args:?}"), &String::from_utf8_lossy(bytes));
        }
        output
    }

    /// Starts `sverka run` and returns when it is ready.
    pub(crate) async fn daemon(&self) -> Daemon {
        self.daemon_with(&[]).await
    }

    /// The same with additional environment.
    pub(crate) async fn daemon_with(&self, environment: &[(&str, &str)]) -> Daemon {
        let (child, pid, log) = self.spawn(environment).await;
        let address = until("the daemon to be ready", async || {
            let said = log.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
            assert!(
                !said.contains("\nsverka: ") && !said.starts_with("sverka: "),
                "the daemon did not start: {said}"
            );
            address(&said)
        })
        .await;
        Daemon {
            child,
            pid,
            log,
            canaries: Canaries::of(&self.settings),
            address,
        }
    }

    /// Starts `sverka run` with additional environment, which kills itself. Its log.
    pub(crate) async fn daemon_dies(&self, what: &str, environment: &[(&str, &str)]) -> String {
        let (mut child, pid, log) = self.spawn(environment).await;
        let ended = timeout(PATIENCE, child.wait()).await;
        let said = log.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        let status = ended
            .unwrap_or_else(|_| panic!("{what}: the daemon did not die:\n{said}"))
            .unwrap();
        postgres::has_ended(pid);
        assert_eq!(status.signal(), Some(9), "{what}: {status}:\n{said}");
        said
    }

    /// Starts `sverka run` and waits for nothing: the process, its number, its log.
    pub(crate) async fn spawn(&self, environment: &[(&str, &str)]) -> (Child, u32, Arc<Mutex<Vec<String>>>) {
        let mut command = self.binary(&["run"]);
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id().unwrap();
        postgres::kill_with_us(pid).await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let heard = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        (child, pid, log)
    }
}

/// In the line that says `ready`.
fn address(log: &str) -> Option<SocketAddr> {
    let line = log
        .lines()
        .find(|line| line.contains("ready") && line.contains("127.0.0.1:"))?;
    let start = line.find("127.0.0.1:")?;
    let text: String = line[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
        .collect();
    text.parse().ok()
}

impl Daemon {
    /// Everything it has written so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until it has written this, `times` times.
    pub(crate) async fn says(&self, words: &str, times: usize) {
        let said = async || (self.log().matches(words).count() >= times).then_some(());
        until(&format!("the daemon to say «{words}» {times} times"), said).await;
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.pid).unwrap()), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn ends_within(&mut self, patience: Duration) -> ExitStatus {
        let ended = timeout(patience, self.child.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("the daemon did not end:\n{}", self.log()))
            .unwrap()
    }

    /// SIGKILL, and its end.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it has killed itself.
    pub(crate) async fn dies(&mut self, what: &str) {
        let status = self.ends_within(PATIENCE).await;
        assert_eq!(status.signal(), Some(9), "{what}: {status}:\n{}", self.log());
    }

    /// SIGTERM, and a good end.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ends_within(PATIENCE).await;
        assert!(status.success(), "{status}:\n{}", self.log());
    }

    /// `GET path`: status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let (status, body) = get(self.address, path).await;
        self.canaries.assert_silent(path, &body);
        (status, body)
    }
}

/// `GET path` there: status and body.
pub(crate) async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    get_with(address, path, "").await
}

/// The same with these lines in its head.
pub(crate) async fn get_with(address: SocketAddr, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer))
        .await
        .expect("an answer")
        .unwrap();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (status, body.unwrap_or_default())
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        postgres::has_ended(self.pid);
        if !std::thread::panicking() {
            self.canaries.assert_silent("the daemon's log", &self.log());
        }
    }
}
