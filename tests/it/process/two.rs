//! Two daemons on one database, which somebody may not have meant: that they share the work is tested in `daemon`.

use crate::support::Setup;

#[tokio::test]
async fn two_daemons_tell_of_each_other_and_where_their_settings_differ() {
    let fixture = Setup::new().start().await;
    let mut first = fixture.daemon().await;
    let mut second = fixture.daemon_with(&[("SVERKA__KEAZ__BATCH_ROWS", "7")]).await;
    for daemon in [&first, &second] {
        daemon.says("other daemons work on this database too", 1).await;
        assert!(
            daemon.log().contains("settings_differ=\"keaz.batch_rows\""),
            "{}",
            daemon.log()
        );
    }
    let output = fixture.command(&["status"]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Daemons alive: 2 ("), "{said}");
    assert!(
        said.contains(&format!("pid {} since", first.pid())) && said.contains(&format!("pid {} since", second.pid())),
        "{said}"
    );
    assert!(
        said.contains("Daemons on this database have different settings: keaz.batch_rows"),
        "{said}"
    );
    second.stop().await;
    let output = fixture.command(&["status"]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("Daemons alive: 1 (") && !said.contains("different settings"),
        "{said}"
    );
    first.stop().await;
    assert_eq!(first.log().matches("other daemons work").count(), 1, "told once");
}
