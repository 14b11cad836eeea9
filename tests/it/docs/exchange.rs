//! docs/EXCHANGE.md and its translation, worked through: every statement runs, as the ERP's own role, and every answer that
//! the page shows is the one that PostgreSQL gives.

use rust_decimal::Decimal;
use serde_json::json;
use sqlx::{AssertSqlSafe, Column, Connection, Executor, Row, ValueRef, postgres::PgConnection};
use sverka::job::Job;
use sverka::simulate::world::Position;

use super::{page::Page, root};
use crate::support::{Fixture, Setup};

/// What a client shows of an answer: a line of names, then one for each row.
async fn shown(erp: &mut PgConnection, statements: &str) -> Vec<Vec<String>> {
    let rows = erp.fetch_all(sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))).await;
    let rows = rows.unwrap_or_else(|error| panic!("{statements}\n{error}"));
    let Some(first) = rows.first() else {
        return Vec::new();
    };
    let mut lines = vec![first.columns().iter().map(|column| column.name().to_owned()).collect()];
    for row in &rows {
        let cells = (0..row.len()).map(|at| {
            let value = row.try_get_raw(at).unwrap();
            if value.is_null() {
                String::new()
            } else {
                value.as_str().unwrap().to_owned()
            }
        });
        lines.push(cells.collect());
    }
    lines
}

/// The same as the page shows it, as psql does.
fn written(table: &str) -> Vec<Vec<String>> {
    let lines = table.lines().filter(|line| !line.trim_matches(['-', '+']).is_empty());
    lines
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The page's statements from first to last, and its `sverka sync` between them.
async fn work_through(name: &str) -> Fixture {
    let map = json!({ "новый": "Принято", "в работе": "В работе" });
    let fixture = Setup::new().set("saplab.status_map", map).start().await;
    for (invoice, article, quantity, price) in [
        ("NZ-777", "OptiDin-BM63", 2, Decimal::new(152_025, 2)),
        ("NZ-777", "318220", 10, Decimal::new(9643, 2)),
        ("NZ-778", "103588", 1, Decimal::from(210)),
    ] {
        fixture.position(Position {
            invoice: invoice.into(),
            brand: "KEAZ".into(),
            article: article.into(),
            quantity,
            price,
            ..Position::default()
        });
    }
    fixture.sync_done(&[Job::Orders]).await;
    let page = Page::read(&root().join("docs").join(name));
    let contract = Page::read(&root().join("docs/ERP.md"));
    // The role that the contract tells the administrator to make; roles are the whole server's, so under another name.
    let (_, role) = contract.code(&["sql"])[0];
    let acme = format!("acme_{}", fixture.value("current_database()").await.unwrap());
    let role = role.replace("acme", &acme);
    assert!(role.contains("CREATE ROLE"), "the contract begins with the role");
    fixture.sql(&role).await;
    let options = fixture.database.options.clone().username(&acme).password("choose one");
    let mut erp = PgConnection::connect_with(&options).await.unwrap();
    let mut answer = Vec::new();
    let blocks = page.code(&["sql", "text", "sh"]);
    let answers = blocks.iter().filter(|(language, _)| *language == "text").count();
    assert!(answers >= 10, "{name} has lost its examples");
    for (language, text) in blocks {
        match language {
            "sql" => answer = shown(&mut erp, text).await,
            "text" => assert_eq!(
                answer,
                written(text),
                "{name}: what PostgreSQL answers (left) and the page (right)"
            ),
            _ => {
                let jobs: &[Job] = match text.trim() {
                    "sverka sync stock" => &[Job::Warehouses, Job::Stock],
                    "sverka sync orders" => &[Job::Orders],
                    other => panic!("{name}: `{other}` is not made here"),
                };
                fixture.sync_done(jobs).await;
            }
        }
    }
    erp.close().await.unwrap();
    fixture.sql(&format!("DROP OWNED BY {acme}; DROP ROLE {acme}")).await;
    fixture
}

#[tokio::test]
async fn what_the_worked_exchange_says_is_what_happens() {
    let fixture = work_through("EXCHANGE.md").await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn what_its_translation_says_is_what_happens_too() {
    let fixture = work_through("EXCHANGE.ru.md").await;
    fixture.assert_in_sync().await;
}
