//! One private PostgreSQL for the whole test process, and a database of its own for each test.
//!
//! A small `sh` beside us holds a pipe from us. However this process ends, the pipe closes, and `sh` then kills what we
//! have started, stops the server by its pid and removes the directory.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex as StdMutex, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use sverka::config::{self, Source};
use sverka::db::cluster::Cluster;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore};

use super::wait::until;

const TEMPLATE: &str = "template_sverka";

/// However many tests run at once, the server's connections suffice for so many.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(8)));

/// What outlives single tests runs here: the server's start, and the dropping of databases.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
});

static SERVER: OnceCell<Server> = OnceCell::const_new();

/// Databases are made one after the other: a template must have no other user.
static MAKING: Mutex<()> = Mutex::const_new(());

struct Server {
    /// Everything of this test process that is on disk.
    folder: PathBuf,
    cluster: Cluster,
    keeper: Keeper,
}

/// A migrated, empty database. Dropped with the value, also by a panicking test.
pub(crate) struct TestDatabase {
    name: String,
    /// How to connect.
    pub(crate) options: PgConnectOptions,
    _place: OwnedSemaphorePermit,
}

impl TestDatabase {
    pub(crate) async fn fresh() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let place = PLACES.clone().acquire_owned().await.unwrap();
        let server = server().await;
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let sql = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
        let making = MAKING.lock().await;
        execute(&server.cluster.connect_options(), &sql).await;
        drop(making);
        Self {
            options: server.cluster.connect_options().database(&name),
            name,
            _place: place,
        }
    }

    /// A folder for the test's own files; gone with the value, or with the process.
    pub(crate) async fn folder() -> TempDir {
        tempfile::tempdir_in(&server().await.folder).unwrap()
    }

    /// For `database.url`.
    pub(crate) fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let options = self.options.clone().database("sverka");
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // Not waited for: a drop flushes the whole server to the disk. What is left at the end goes with the server.
        RUNTIME.spawn(async move { execute(&options, &sql).await });
    }
}

/// Has a process killed when ours ends in whatever way.
pub(crate) async fn kill_with_us(pid: u32) {
    server().await.keeper.tell(&format!("+ {pid}"));
}

/// The process has ended and was waited for: its number may be somebody else's from now on.
pub(crate) fn has_ended(pid: u32) {
    if let Some(server) = SERVER.get() {
        server.keeper.tell(&format!("- {pid}"));
    }
}

async fn server() -> &'static Server {
    SERVER
        .get_or_init(|| async { RUNTIME.spawn(start()).await.unwrap() })
        .await
}

async fn start() -> Server {
    let folder = tempfile::Builder::new().prefix("sv-it-").tempdir().unwrap().keep();
    // The server may run as another user, who must get in.
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let keeper = Keeper::start(&folder);
    let cluster = Cluster::start(&folder.join("pg")).await.unwrap();
    let admin = cluster.connect_options();
    // Eight tests at once, with up to three daemons each.
    execute(&admin, "ALTER SYSTEM SET max_connections = 250").await;
    restart(&folder, &cluster).await;
    // Nothing here has to outlive the machine.
    execute(&admin, "ALTER ROLE ALL SET synchronous_commit = off").await;
    execute(&admin, &format!("CREATE DATABASE {TEMPLATE}")).await;
    let config = folder.join("default.toml");
    std::fs::write(&config, "").unwrap();
    let source = Source { path: Some(config) };
    let settings = config::load(&source, []).unwrap().settings;
    sverka::db::migrate(&admin.clone().database(TEMPLATE), &settings)
        .await
        .unwrap();
    Server {
        folder,
        cluster,
        keeper,
    }
}

async fn restart(folder: &Path, cluster: &Cluster) {
    let text = std::fs::read_to_string(folder.join("pg/pgdata/postmaster.pid")).unwrap();
    let postmaster = Pid::from_raw(text.lines().next().unwrap().parse().unwrap());
    kill(postmaster, Signal::SIGINT).unwrap();
    until("the server's end", async || {
        kill(postmaster, None).is_err().then_some(())
    })
    .await;
    cluster.revive().await.unwrap();
}

async fn execute(options: &PgConnectOptions, sql: &str) {
    let mut connection: PgConnection = options.connect().await.unwrap();
    connection
        .execute(sqlx::AssertSqlSafe(sql.to_owned()))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.unwrap();
}

/// The `sh` that cleans up after us.
struct Keeper(StdMutex<Child>);

impl Keeper {
    const SCRIPT: &str = r#"
pids=" "
while read -r sign pid; do
    case $sign in
        +) pids="$pids$pid " ;;
        -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
    esac
done
for pid in $pids; do kill -KILL "$pid"; done
postmaster=$(head -n 1 "$1/pg/pgdata/postmaster.pid")
[ -n "$postmaster" ] && kill -QUIT "$postmaster"
tries=0
while [ -n "$postmaster" ] && kill -0 "$postmaster" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
rm -rf "$1"
"#;

    fn start(folder: &Path) -> Self {
        let mut sh = Command::new("sh");
        sh.args(["-c", Self::SCRIPT, "keeper"]).arg(folder);
        sh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A group of its own: the Ctrl-C that ends us must not end it.
        Self(StdMutex::new(sh.process_group(0).current_dir("/").spawn().unwrap()))
    }

    fn tell(&self, line: &str) {
        let mut sh = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = sh.stdin.as_mut().map(|pipe| writeln!(pipe, "{line}"));
        // Without the keeper something may be left behind, but no test is wrong for that.
        let _ = told;
    }
}
