//! Single operations, asked for as a person does, and worked on in-process until they are over.

use serde_json::{Map, Value};
use sverka::operation;
use sverka::queue::enqueue::{NewCall, enqueue_once};
use sverka::queue::look::{self, CallRow};

use super::fixture::Fixture;
use super::wait::until;

impl Fixture {
    /// Enqueues an operation with these arguments, keeping its answer. Nobody works on it yet.
    pub(crate) async fn enqueue(&self, name: &str, args: Value) -> i64 {
        let args: Map<String, Value> = serde_json::from_value(args).unwrap();
        let call = operation::entry(name).unwrap().call(args).unwrap();
        let call = NewCall {
            keeps_answer: true,
            ..call
        };
        enqueue_once(&self.pool, &call).await.unwrap().unwrap()
    }

    /// The call as it stands.
    pub(crate) async fn call(&self, id: i64) -> CallRow {
        look::call(&self.pool, id).await.unwrap().unwrap().0
    }

    /// Waits until the call is done, dead, cancelled or quarantined.
    pub(crate) async fn over(&self, id: i64) -> CallRow {
        until("the end of a call", async || {
            let call = self.call(id).await;
            (!["pending", "running", "unknown"].contains(&call.state.as_str())).then_some(call)
        })
        .await
    }

    /// Asks for an operation and works until it is over.
    pub(crate) async fn ask(&self, name: &str, args: Value) -> CallRow {
        let id = self.enqueue(name, args).await;
        let work = self.work().await;
        let call = self.over(id).await;
        work.stop().await;
        call
    }

    /// The same; it must be done. Returns the answer.
    pub(crate) async fn answer(&self, name: &str, args: Value) -> Value {
        let call = self.ask(name, args).await;
        assert_eq!(call.state, "done", "{call:#?}");
        call.answer.unwrap()
    }
}
