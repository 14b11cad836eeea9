//! The operations of Saplab's panel against the simulator: what goes out, what is made of each documented answer, and
//! that no effect happens twice.

mod clients;
mod command;
mod guarded;
mod pay;
mod reference;
mod refused;
mod wire;

use serde_json::{Value, json};
use sverka::queue::look::{self, CallRow};

use crate::support::{Fixture, Setup, until};

/// A shop with three positions of client 2, who can pay for them. Answers are given up after two seconds.
async fn shop() -> Fixture {
    let fixture = Setup::new().set("saplab.panel.timeout", "2s").start().await;
    fixture.positions(3);
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
    fixture
}

/// Works until nothing is open any more, and tells how the call ended.
async fn ended(fixture: &Fixture, id: i64) -> CallRow {
    let work = fixture.work().await;
    until("the end of all calls", async || {
        let open = "queue.call WHERE state IN ('pending', 'running', 'unknown')";
        (fixture.count(open).await == 0).then_some(())
    })
    .await;
    work.stop().await;
    fixture.call(id).await
}

/// Asks for an operation and works until nothing is open any more.
async fn call(fixture: &Fixture, operation: &str, arguments: Value) -> CallRow {
    let id = fixture.enqueue(operation, arguments).await;
    ended(fixture, id).await
}

/// The same; it must be done.
async fn done(fixture: &Fixture, operation: &str, arguments: Value) -> CallRow {
    let call = call(fixture, operation, arguments).await;
    assert_eq!(call.state, "done", "{call:#?}");
    call
}

/// A person says that a call has not happened and is to be made.
async fn retried(fixture: &Fixture, id: i64) -> CallRow {
    assert!(look::retry(&fixture.pool, id, "a test").await.unwrap());
    ended(fixture, id).await
}

/// What went out, in order.
fn sent(fixture: &Fixture) -> Vec<String> {
    let requests = fixture.sim.requests();
    requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

/// A new client, as its arguments.
fn new_client() -> Value {
    json!({
        "name": "Новый Клиент", "phone": "9003333333", "email": "new@example.com", "point_id": 1, "group_id": 1,
        "limit": "500", "wholesalers": {"type": "ИП", "org_name": "Новый", "inn": "007"},
    })
}
