//! pgbouncer in transaction mode before PostgreSQL: recognised, and served by polling.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use sverka::db::is_pooled;
use sverka::job::Job;

use crate::support::{Fixture, Setup, kill_with_us, until};

struct Bouncer {
    child: Child,
    url: String,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let found = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let program = found
        .iter()
        .map(|folder| Path::new(folder).join("pgbouncer"))
        .find(|path| path.exists());
    if program.is_none() {
        println!("skipped: pgbouncer is not installed here (apt-get install pgbouncer)");
    }
    program
}

/// Few server connections for many clients, so that statements of one client meet different servers.
async fn bouncer(fixture: &Fixture, program: &Path, ignored: &str) -> Bouncer {
    let options = &fixture.database.options;
    let (socket, port) = (options.get_socket().unwrap(), options.get_port());
    let owner = std::fs::metadata(socket.join(format!(".s.PGSQL.{port}"))).unwrap();
    // pgbouncer refuses root, as PostgreSQL does.
    let folder = fixture.folder.path().join(format!("pooler{}", ignored.len()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(fixture.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::os::unix::fs::chown(&folder, Some(owner.uid()), Some(owner.gid())).unwrap();
    let config = folder.join("pgbouncer.ini");
    let text = format!(
        "[databases]\n* = host={} port={port} user=sverka\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n\
         unix_socket_dir = {}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n\
         max_client_conn = 100\nserver_round_robin = 1\nquery_wait_timeout = 20\n{ignored}\n",
        socket.display(),
        folder.display(),
    );
    std::fs::write(&config, text).unwrap();
    let user = nix::unistd::User::from_uid(owner.uid().into()).unwrap().unwrap();
    let mut command = Command::new(program);
    if nix::unistd::geteuid().is_root() {
        command.args(["-u", &user.name]);
    }
    let child = command
        .arg("-q")
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    kill_with_us(child.id()).await;
    until("pgbouncer", async || {
        folder.join(".s.PGSQL.6432").exists().then_some(())
    })
    .await;
    let place = folder.to_str().unwrap().replace('/', "%2F");
    Bouncer {
        child,
        url: format!("postgres://sverka@{place}:6432/{}", options.get_database().unwrap()),
    }
}

#[tokio::test]
async fn behind_pgbouncer_in_transaction_mode_two_daemons_do_all_the_work_by_polling() {
    let Some(program) = program() else { return };
    for ignored in ["", "ignore_startup_parameters = extra_float_digits, options"] {
        let mut fixture = Setup::new().set("keaz.batch_rows", 5).start().await;
        let bouncer = bouncer(&fixture, &program, ignored).await;
        fixture.change("database.url", bouncer.url.clone()).await;
        assert!(is_pooled(&fixture.own_pool().await));
        fixture.fill(2, 30).await;
        fixture.positions(6);
        let (one, other) = (fixture.daemon().await, fixture.daemon().await);
        one.says("a pooler in transaction mode", 1).await;
        let balance = json!({"client": 1, "amount": "-100", "description": "списание"});
        let guarded = fixture.enqueue("saplab.balance.add", balance).await;
        let runs = fixture.request(&[Job::Stock, Job::Orders]).await;
        assert_eq!(fixture.over(guarded).await.state, "done");
        for run in fixture.ended(&runs).await {
            assert_eq!(run.outcome.as_deref(), Some("done"), "{run:#?}");
        }
        let sessions = "pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        assert_eq!(fixture.count(sessions).await, 0, "nobody listens through a pooler");
        let status = fixture.command(&["sync", "stock"]).await;
        assert!(status.status.success(), "{status:?}");
        for mut daemon in [one, other] {
            daemon.stop().await;
            for word in ["ERROR", "prepared statement", "already a transaction"] {
                assert!(!daemon.log().contains(word), "{word}: {}", daemon.log());
            }
        }
        fixture.assert_in_sync().await;
        fixture.assert_keaz_equals_erp().await;
        fixture.assert_statuses_equal_erp().await;
        let charged = fixture.sim.ledger();
        let charged = charged.iter().filter(|effect| effect.operation.contains("balance"));
        assert_eq!(charged.count(), 1);
    }
}

#[tokio::test]
async fn a_direct_connection_is_not_taken_for_a_pooler() {
    let fixture = Setup::new().start().await;
    assert!(!is_pooled(&fixture.pool));
}

#[tokio::test]
async fn an_empty_database_is_migrated_through_a_pooler_once() {
    let Some(program) = program() else { return };
    let mut fixture = Setup::new().start().await;
    let bouncer = bouncer(&fixture, &program, "").await;
    fixture.change("database.url", bouncer.url.clone()).await;
    let known = fixture.count("queue.migration").await;
    fixture.sql("DROP SCHEMA erp, mirror, diff, queue CASCADE").await;
    let (one, other) = tokio::join!(fixture.command(&["migrate"]), fixture.command(&["migrate"]));
    assert!(one.status.success() && other.status.success(), "{one:?} {other:?}");
    assert_eq!(fixture.count("queue.migration").await, known);
}
