//! The server process: is it there, start it, wait for it, stop it. Its socket answers for it, not a file's existence.
//!
//! The caller holds the start lock, so two of these never decide at once; PostgreSQL's own lock on its directory
//! stands behind that.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::binaries::Binaries;
use super::directory::{Directory, PORT, socket_in};
use super::error::ClusterError;
use super::initdb::{self, SUPERUSER};
use super::log::Log;
use super::owner::Owner;
use super::pid_file::PidFile;
use crate::metrics;

/// The database of the four schemas.
pub(super) const DATABASE: &str = "sverka";

/// Recovery after a crash included.
const START_DEADLINE: Duration = Duration::from_secs(180);
const FAST_DEADLINE: Duration = Duration::from_secs(30);
const IMMEDIATE_DEADLINE: Duration = Duration::from_secs(10);
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// While the backends of a killed postmaster are still leaving, a new one refuses; so it is asked again.
const SPAWNS: usize = 20;

/// Never left to the file that an admin may edit: no TCP, and nothing acknowledged is lost.
const FIXED: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "logging_collector=off",
    "log_destination=stderr",
];

/// What our socket says.
enum Answer {
    /// The server of this directory, ready.
    Ready,
    /// A server that is starting, recovering or stopping.
    NotNow,
    /// Nobody.
    Nobody,
}

/// The server of one directory.
#[derive(Debug)]
pub(super) struct Server {
    directory: Directory,
    owner: Owner,
    socket_dir: PathBuf,
    log: Log,
    pid_file: PidFile,
}

impl Server {
    pub(super) fn new(directory: &Directory, owner: Owner) -> Result<Self, ClusterError> {
        let socket_dir = directory.socket_dir(&owner)?;
        let log = Log::at(directory.log());
        let pid_file = PidFile::of(&directory.pgdata());
        Ok(Self {
            directory: directory.clone(),
            owner,
            socket_dir,
            log,
            pid_file,
        })
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(super) fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(PORT)
            .username(SUPERUSER)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }

    /// Adopts the running server, or starts it; returns when it takes queries.
    pub(super) async fn ensure_running(&self) -> Result<(), ClusterError> {
        initdb::once(&self.directory, &self.owner).await?;
        let deadline = Instant::now() + START_DEADLINE;
        let mut child: Option<JoinHandle<Option<ExitStatus>>> = None;
        let mut spawned = 0;
        while Instant::now() < deadline {
            match self.ask().await? {
                Answer::Ready => return Ok(()),
                Answer::NotNow => {}
                Answer::Nobody if child.as_ref().is_some_and(|child| !child.is_finished()) => {}
                Answer::Nobody if spawned == SPAWNS || (spawned > 0 && !self.pid_file.exists()) => {
                    return Err(self.log.not_started("it ended"));
                }
                Answer::Nobody => {
                    sleep(PAUSE * u32::from(spawned > 0) * 4).await;
                    self.pid_file.forget_stale();
                    child = Some(self.spawn().await?);
                    metrics::own().cluster_started();
                    spawned += 1;
                }
            }
            sleep(PAUSE).await;
        }
        Err(self
            .log
            .not_started(&format!("it was not ready within {} s", START_DEADLINE.as_secs())))
    }

    /// Creates the database unless it is there.
    pub(super) async fn ensure_database(&self) -> Result<(), ClusterError> {
        let mut connection = self.connect_options("postgres").connect().await?;
        let known = sqlx::query("SELECT FROM pg_database WHERE datname = $1").bind(DATABASE);
        if known.fetch_optional(&mut connection).await?.is_none() {
            sqlx::query("CREATE DATABASE sverka").execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// Fast shutdown; when that takes too long, an immediate one, from which the next start recovers.
    pub(super) async fn stop(&self) -> Result<(), ClusterError> {
        let mut pid = 0;
        for (signal, patience) in [(Signal::SIGINT, FAST_DEADLINE), (Signal::SIGQUIT, IMMEDIATE_DEADLINE)] {
            let Some(postmaster) = self.running() else {
                return Ok(());
            };
            pid = postmaster.as_raw();
            let _ = kill(postmaster, signal);
            if self.gone_within(patience).await {
                return Ok(());
            }
        }
        let seconds = (FAST_DEADLINE + IMMEDIATE_DEADLINE).as_secs();
        Err(ClusterError::StillRunning {
            pid,
            seconds,
            log: self.directory.log(),
        })
    }

    /// Sends the signal of a fast shutdown and does not wait.
    pub(super) fn ask_to_stop(&self) {
        if let Some(postmaster) = self.running() {
            let _ = kill(postmaster, Signal::SIGINT);
        }
    }

    async fn gone_within(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_listening() || self.pid_file.exists() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(PAUSE).await;
        }
        true
    }

    /// Runs the server in a process group of its own, where no Ctrl-C of a terminal reaches it, and reaps it.
    async fn spawn(&self) -> Result<JoinHandle<Option<ExitStatus>>, ClusterError> {
        self.directory.admit(&self.owner)?;
        let binaries = Binaries::matching(&self.directory.pgdata()).await?;
        let program = binaries.program("postgres");
        let (out, err) = self.log.open(&self.owner)?;
        let mut command = self.owner.command(&program, self.directory.path());
        command
            .arg("-D")
            .arg(self.directory.pgdata())
            .args(["-p", &PORT.to_string()]);
        for setting in FIXED {
            command.args(["-c", setting]);
        }
        let quoted = self.socket_dir.display().to_string().replace('"', "\"\"");
        command.args(["-c", &format!("unix_socket_directories=\"{quoted}\"")]);
        let spawned = command.stdout(out).stderr(err).process_group(0).spawn();
        let mut child = spawned.map_err(|error| ClusterError::Program {
            program: program.display().to_string(),
            said: format!("{error} (run as the user {})", self.owner.name),
        })?;
        tracing::info!(version = binaries.major, user = %self.owner.name, socket = %self.socket_dir.display(), "starting the private PostgreSQL");
        // A dead child that nobody waits for would look alive to the next server.
        Ok(tokio::spawn(async move { child.wait().await.ok() }))
    }

    async fn ask(&self) -> Result<Answer, ClusterError> {
        if !self.is_listening() {
            return Ok(Answer::Nobody);
        }
        match timeout(CONNECT_DEADLINE, self.connect_options("postgres").connect()).await {
            Ok(Ok(connection)) => self.recognise(connection).await,
            Ok(Err(sqlx::Error::Database(error))) if is_passing(error.code().as_deref()) => Ok(Answer::NotNow),
            Ok(Err(error @ sqlx::Error::Database(_))) => Err(error.into()),
            Ok(Err(_)) | Err(_) => Ok(Answer::NotNow),
        }
    }

    async fn recognise(&self, mut connection: PgConnection) -> Result<Answer, ClusterError> {
        let theirs: Result<String, _> = sqlx::query_scalar("SHOW data_directory")
            .fetch_one(&mut connection)
            .await;
        let Ok(theirs) = theirs else { return Ok(Answer::NotNow) };
        let _ = connection.close().await;
        if PathBuf::from(&theirs)
            .canonicalize()
            .is_ok_and(|theirs| theirs == self.directory.pgdata())
        {
            return Ok(Answer::Ready);
        }
        Err(ClusterError::Foreign {
            socket: self.socket_dir.clone(),
            theirs,
        })
    }

    fn is_listening(&self) -> bool {
        UnixStream::connect(socket_in(&self.socket_dir)).is_ok()
    }

    /// The postmaster, if one listens: only then does its file speak of a living process.
    fn running(&self) -> Option<Pid> {
        if self.is_listening() { self.pid_file.pid() } else { None }
    }
}

/// `cannot_connect_now` while starting or stopping, and `too_many_connections`.
fn is_passing(code: Option<&str>) -> bool {
    matches!(code, Some("57P03" | "53300"))
}
