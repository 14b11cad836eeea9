//! `sverka plan` and `sverka apply`: exactly what was shown goes out, once, and what has moved since is named.

mod daemon;
mod erp;
mod exact;
mod guard;
mod store;

use serde_json::Value;
use sverka::job::Job;

use crate::support::{Fixture, Setup};

/// What a command says: exit code, standard output, standard error.
async fn said(fixture: &Fixture, args: &[&str]) -> (i32, String, String) {
    said_in(fixture, "C", args).await
}

/// The same in the language of that locale.
async fn said_in(fixture: &Fixture, locale: &str, args: &[&str]) -> (i32, String, String) {
    let mut command = fixture.binary(args);
    command.env("RUST_LOG", "off").env("LC_ALL", locale);
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A plan, as JSON.
async fn plan(fixture: &Fixture, args: &[&str]) -> Value {
    let mut all = vec!["plan", "--format", "json"];
    all.extend(args);
    let (code, out, errors) = said(fixture, &all).await;
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&out).unwrap()
}

/// Its number.
fn number(plan: &Value) -> String {
    plan["plan"]
        .as_i64()
        .unwrap_or_else(|| panic!("no plan: {plan}"))
        .to_string()
}

/// Rows of a plan, or rows that were not written, as `job action row old -> new`.
fn rows(rows: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let tell = |row: &Value| {
        let [job, action, name, old, new] = ["job", "action", "row", "old", "new"].map(|key| text(&row[key]));
        format!("{job} {action} {name} {old} -> {new}")
    };
    rows.as_array().unwrap().iter().map(tell).collect()
}

/// Applies a plan; its exit code and its JSON.
async fn apply(fixture: &Fixture, plan: &str) -> (i32, Value) {
    let (code, out, errors) = said(fixture, &["apply", plan, "--format", "json"]).await;
    let applied = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{errors}"));
    (code, applied)
}

/// Two warehouses with thirty articles each, twenty positions, all in agreement.
async fn in_sync() -> Fixture {
    in_sync_with(Setup::new()).await
}

async fn in_sync_with(setup: Setup) -> Fixture {
    let fixture = setup.start().await;
    fixture.fill(2, 30).await;
    fixture.positions(10);
    fixture.sync_done(&[Job::Warehouses, Job::Stock, Job::Orders]).await;
    fixture
}

/// Sets the quantity of an article in `W1`.
async fn set(fixture: &Fixture, article: &str, quantity: u32) {
    fixture
        .sql(&format!(
            "UPDATE erp.stock SET quantity = {quantity} WHERE warehouse_code = 'W1' AND article = '{article}'"
        ))
        .await;
}
