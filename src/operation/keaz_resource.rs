//! KEAZ `get`, `list`, `add`, `update`, `delete` on any resource (KEAZ document, «Общий вид запросов»): what a person
//! asks for by name. The jobs use the typed operations for `warehouses` and `remains`; these write no mirror.
//!
//! Whether adding the same row twice makes two is not documented, so `add` is guarded: the resource's list is read
//! before, and again when no answer came. Setting and deleting rows may be repeated.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool};

use super::keaz_warehouses::keaz;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up};
use crate::context::Context;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::keaz::{Action, Filter, KeazAnswer};
use crate::upstream::{Fault, Upstream};

const RESOURCE: Arg = Arg::required("resource", Kind::Text, "The resource's name, e.g. warehouses");
const FILTER: Arg = Arg::new(
    "filter",
    Kind::Pairs,
    "A field and a value that it must have, e.g. id=2916",
);
const ROWS: Arg = Arg::new("rows", Kind::Json, "A list of rows: [{\"code\": \"7\"}]");

/// What is asked of a resource.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Asked {
    resource: String,
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    filter: Filter,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    rows: Vec<Map<String, Value>>,
    /// A resource that has no list, or none for us, counts as one whose rows are unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    if_it_can: bool,
}

impl Asked {
    async fn of(&self, context: &Context, action: Action) -> Result<KeazAnswer, Fault> {
        let filter = self.filter.clone().with_numeric_ids();
        let answer = keaz(context)?
            .resource(&self.resource, action, &filter, &self.rows)
            .await
            .and_then(whole);
        match answer {
            Err(fault @ (Fault::Unsupported { .. } | Fault::Refused { .. })) if self.if_it_can => Ok(KeazAnswer {
                messages: vec![fault.to_string()],
                ..KeazAnswer::default()
            }),
            other => other,
        }
    }

    /// Whether KEAZ lists the rows that were to be added.
    fn sight(&self, look: &Look<'_>) -> Sight {
        let listed = look.read::<KeazAnswer>().unwrap_or_default().rows;
        let is_there = |row: &&Map<String, Value>| listed.iter().any(|listed| shows(listed, row));
        match self.rows.iter().filter(is_there).count() {
            found if found == self.rows.len() => Sight::Done(format!("KEAZ lists all {found} rows")),
            found if found > 0 && look.sent => {
                Sight::Doubt(format!("KEAZ lists {found} of the {} rows", self.rows.len()))
            }
            _ => Sight::Absent,
        }
    }

    /// What the answer means for the rows, as far as it says so.
    fn applied(&self, action: Action, answer: &KeazAnswer) -> Applied {
        let refused = answer.refused_rows();
        let count = |rows: usize| i64::try_from(rows).unwrap_or_default();
        let (pulled, pushed) = if action.reads() {
            (answer.rows.len(), 0)
        } else {
            (0, self.rows.len().saturating_sub(refused))
        };
        Applied {
            pulled: count(pulled),
            pushed: count(pushed),
            refused: count(refused),
            note: Some(answer.messages.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        }
    }
}

/// One row may be given without the brackets of a list.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Map<String, Value>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Rows {
        One(Map<String, Value>),
        Many(Vec<Map<String, Value>>),
    }
    Ok(match Rows::deserialize(deserializer)? {
        Rows::One(row) => vec![row],
        Rows::Many(rows) => rows,
    })
}

/// An error that names no row and brings none: nothing was done.
fn whole(answer: KeazAnswer) -> Result<KeazAnswer, Fault> {
    if answer.is_refusal() {
        let words = answer.messages.join("; ");
        return Err(Fault::Refused { status: 200, words });
    }
    Ok(answer)
}

/// Whether a listed row is the one that was sent: what both have is equal, and they have something in common.
fn shows(listed: &Value, sent: &Map<String, Value>) -> bool {
    let mut common = sent
        .iter()
        .filter_map(|(name, sent)| Some((sent, listed.get(name)?.as_str()?)))
        .peekable();
    common.peek().is_some()
        && common.all(|(sent, listed)| match sent {
            Value::String(text) => text == listed,
            number => {
                let exact = |text: &str| text.trim().parse::<Decimal>().ok();
                exact(listed).is_some_and(|listed| Some(listed) == exact(&number.to_string()))
            }
        })
}

macro_rules! operation {
    ($operation:ident, $name:literal, $about:literal, $doc:literal, $args:expr, $class:expr, $action:expr, {$($more:tt)*}) => {
        #[doc = $doc]
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $operation(Asked);

        impl Operation for $operation {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const ARGS: &'static [Arg] = $args;
            const UPSTREAM: Upstream = Upstream::Keaz;
            const CLASS: Class = $class;
            const PRIORITY: Priority = Priority::Normal;
            type Request = ();
            type Answer = KeazAnswer;

            async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
                Ok(Some(()))
            }

            async fn send(&self, context: &Context, (): &()) -> Result<KeazAnswer, Fault> {
                self.0.of(context, $action).await
            }

            async fn apply(
                &self,
                _: &mut PgConnection,
                _: &Context,
                (): &(),
                answer: &KeazAnswer,
            ) -> Result<Applied, ApplyError> {
                Ok(self.0.applied($action, answer))
            }

            $($more)*
        }
    };
}

operation!(
    GetRows,
    "keaz.resource.get",
    "Get rows of any resource (RESOURCE.get)",
    "`RESOURCE.get`: the rows that the filter names.",
    &[RESOURCE, FILTER],
    Class::Read,
    Action::Get,
    {}
);
operation!(
    ListRows,
    "keaz.resource.list",
    "List any resource (RESOURCE.list)",
    "`RESOURCE.list`: all rows, or those that the filter lets through.",
    &[RESOURCE, FILTER],
    Class::Read,
    Action::List,
    {}
);
operation!(
    AddRows,
    "keaz.resource.add",
    "Add rows to any resource (RESOURCE.add)",
    "`RESOURCE.add`: creates the rows.",
    &[RESOURCE, Arg { required: true, ..ROWS }],
    Class::Guarded,
    Action::Add,
    {
        const READ_BACK: ReadBack = ReadBack::Always;

        fn read_back(&self) -> Option<NewCall> {
            look_up(&ListRows(Asked {
                resource: self.0.resource.clone(),
                if_it_can: true,
                ..Asked::default()
            }))
        }

        async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
            Ok(self.0.sight(look))
        }
    }
);
operation!(
    UpdateRows,
    "keaz.resource.update",
    "Change rows of any resource (RESOURCE.update)",
    "`RESOURCE.update`: sets the fields of the rows.",
    &[RESOURCE, FILTER, ROWS],
    Class::Idempotent,
    Action::Update,
    {}
);
operation!(
    DeleteRows,
    "keaz.resource.delete",
    "Delete rows of any resource (RESOURCE.delete)",
    "`RESOURCE.delete`: deletes the rows.",
    &[RESOURCE, FILTER, ROWS],
    Class::Idempotent,
    Action::Delete,
    {}
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(args: Value) -> Asked {
        serde_json::from_value(args).unwrap()
    }

    fn sight(listed: Value, sent: bool) -> Sight {
        let rows = json!([{"code": "007", "quantity": 5, "name": "x"}, {"code": "8", "quantity": 1}]);
        let answer = json!({"rows": listed, "status": "ok", "messages": []});
        asked(json!({"resource": "stock", "rows": rows})).sight(&Look {
            answer: Some(&answer),
            sent,
        })
    }

    #[test]
    fn rows_are_there_when_all_that_is_listed_of_them_is_equal() {
        let (seven, eight) = (
            json!({"code": "007", "quantity": "5.0"}),
            json!({"code": "8", "quantity": "1"}),
        );
        let done = Sight::Done("KEAZ lists all 2 rows".into());
        assert_eq!(sight(json!([eight, seven, {"code": "9"}]), true), done);
        assert_eq!(sight(json!([eight]), false), Sight::Absent);
        assert_eq!(
            sight(json!([eight]), true),
            Sight::Doubt("KEAZ lists 1 of the 2 rows".into())
        );
        for other in [
            json!({"code": "7", "quantity": "5"}),
            json!({"code": "007", "quantity": "6"}),
            json!({"id": "1"}),
            json!("007"),
        ] {
            assert_eq!(sight(json!([other]), true), Sight::Absent, "{other}");
        }
        assert_eq!(sight(json!([]), true), Sight::Absent);
    }

    #[test]
    fn the_arguments_come_back_from_the_queue_as_they_went_in() {
        for args in [
            json!({"resource": "stock"}),
            json!({"resource": "stock", "filter": {"id": ["2916"]}, "rows": [{"code": "7"}]}),
        ] {
            assert_eq!(serde_json::to_value(asked(args.clone())).unwrap(), args);
        }
        assert_eq!(asked(json!({"resource": "a", "rows": {"code": "7"}})).rows.len(), 1);
    }
}
