//! What of a stock row is published: whole units of what is free, after the rules, and never a guess.

use sverka::job::Job;

use crate::support::{Fixture, Setup};

async fn one_warehouse(setup: Setup) -> Fixture {
    let fixture = setup.start().await;
    fixture.warehouse("W1", "address", "contacts").await;
    fixture
}

#[tokio::test]
async fn an_unknown_quantity_is_neither_published_nor_zeroed() {
    let fixture = one_warehouse(Setup::new()).await;
    fixture.stock("W1", "KEAZ", "never known", None).await;
    fixture.stock("W1", "KEAZ", "known", Some("5")).await;
    fixture.stock("W1", "KEAZ", "nothing", Some("0")).await;
    fixture.sync_done(&[Job::Stock]).await;
    let published = |fixture: &Fixture| fixture.remains().into_iter().collect::<Vec<_>>();
    let wanted = [("W1/known".to_owned(), 5), ("W1/nothing".to_owned(), 0)];
    assert_eq!(published(&fixture), wanted);

    fixture.sql("UPDATE erp.stock SET quantity = NULL").await;
    let mark = fixture.mark();
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
    assert_eq!(published(&fixture), wanted);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn whole_units_of_what_is_free_are_published_and_never_less_than_0() {
    let fixture = one_warehouse(Setup::new()).await;
    let table = [
        ("10.9", "0", 10),
        ("10", "3", 7),
        ("10", "2.5", 7),
        ("0.99", "0", 0),
        ("-4", "0", 0),
        ("3", "5", 0),
        ("-4", "-10", 6),
        ("123456789", "0", 123_456_789),
    ];
    for (row, (quantity, reserved, _)) in table.iter().enumerate() {
        fixture.stock("W1", "KEAZ", &format!("A{row}"), Some(quantity)).await;
        fixture
            .sql(&format!(
                "UPDATE erp.stock SET reserved = {reserved} WHERE article = 'A{row}'"
            ))
            .await;
    }
    fixture.sync_done(&[Job::Stock]).await;
    for (row, (quantity, reserved, wanted)) in table.iter().enumerate() {
        let published = fixture.remains()[&format!("W1/A{row}")];
        assert_eq!(published, *wanted, "{quantity} on hand, {reserved} reserved");
    }
    fixture.assert_keaz_equals_erp().await;
    let mark = fixture.mark();
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.told_since(mark), [""; 0], "a fraction is no difference");
}

#[tokio::test]
async fn the_most_specific_publishing_rule_decides_how_much_is_shown() {
    let fixture = one_warehouse(Setup::new()).await;
    fixture.warehouse("W2", "address", "contacts").await;
    fixture
        .sql(
            "INSERT INTO erp.publishing_rules (id, warehouse_code, brand, article, hold_back, percent, cap, minimum) VALUES
                (1, NULL, NULL,    NULL,      1,    NULL, NULL, NULL),
                (2, 'W2', NULL,    NULL,      NULL, 50,   NULL, NULL),
                (3, NULL, 'CAPPED', NULL,     NULL, NULL, 10,   NULL),
                (4, NULL, 'CAPPED', 'SCARCE', NULL, NULL, NULL, 5),
                (5, NULL, NULL,    'ALL',     2,    50,   20,   3),
                (6, NULL, 'KEAZ',  'HIDDEN',  NULL, 0,    NULL, NULL);",
        )
        .await;
    let table = [
        ("W1", "KEAZ", "ANY", "8", 7),       // rule 1
        ("W1", "KEAZ", "LAST", "1", 0),      // rule 1 leaves nothing, not less
        ("W2", "KEAZ", "ANY", "9", 4),       // rule 2: half of 9, whole
        ("W2", "CAPPED", "MANY", "400", 10), // rule 3: the brand before the warehouse
        ("W1", "CAPPED", "SCARCE", "4", 0),  // rule 4: fewer than 5
        ("W1", "CAPPED", "SCARCE2", "4", 4), // rule 3
        ("W2", "CAPPED", "SCARCE", "5", 5),  // rule 4
        ("W1", "KEAZ", "ALL", "100", 20),    // rule 5: (100 - 2) / 2, at most 20
        ("W2", "KEAZ", "ALL", "8", 3),       // rule 5: exactly the minimum
        ("W2", "OTHER", "ALL2", "7", 3),     // rule 2
        ("W1", "KEAZ", "HIDDEN", "70", 0),   // rule 6
    ];
    for (warehouse, brand, article, quantity, _) in table {
        fixture.stock(warehouse, brand, article, Some(quantity)).await;
    }
    fixture.sync_done(&[Job::Stock]).await;
    for (warehouse, brand, article, quantity, wanted) in table {
        let published = fixture.remains()[&format!("{warehouse}/{article}")];
        assert_eq!(published, wanted, "{quantity} of {brand} {article} in {warehouse}");
    }
    fixture.assert_in_sync().await;

    fixture.sql("DELETE FROM erp.publishing_rules").await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn only_the_brands_that_are_named_go_to_keaz() {
    let mut fixture = one_warehouse(Setup::new().set("keaz.brands", vec!["KEAZ", "OptiDin"])).await;
    fixture.stock("W1", "KEAZ", "A1", Some("1")).await;
    fixture.stock("W1", "OptiDin", "A2", Some("2")).await;
    fixture.stock("W1", "IEK", "A3", Some("3")).await;
    fixture.stock("W1", "keaz", "A4", Some("4")).await;
    fixture.stock("W1", "IEK", "A1", Some("100")).await;
    fixture.sync_done(&[Job::Stock]).await;
    let published: Vec<_> = fixture.remains().into_iter().collect();
    assert_eq!(published, [("W1/A1".to_owned(), 1), ("W1/A2".to_owned(), 2)]);

    fixture.change("keaz.brands", Vec::<String>::new()).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(
        fixture.remains()["W1/A1"],
        101,
        "two brands of one article make one remain"
    );

    fixture.change("keaz.brands", vec!["IEK"]).await;
    fixture.sync_done(&[Job::Stock]).await;
    let published: Vec<_> = fixture.remains().into_values().collect();
    assert_eq!(published, [100, 0, 3, 0], "what is not published any more has gone");
}

#[tokio::test]
async fn the_plan_says_what_is_reserved_and_what_the_rules_hold_back() {
    let fixture = one_warehouse(Setup::new()).await;
    fixture.stock("W1", "KEAZ", "ruled", Some("12")).await;
    fixture.stock("W1", "KEAZ", "plain", Some("12")).await;
    fixture
        .sql(
            "UPDATE erp.stock SET reserved = 2 WHERE article = 'ruled';
             INSERT INTO erp.publishing_rules (id, article, hold_back) VALUES (1, 'ruled', 3)",
        )
        .await;
    let plan = sverka::diff::plan::changes(&fixture.pool, &[Job::Stock], 10)
        .await
        .unwrap();
    let new: Vec<_> = plan
        .iter()
        .map(|change| change.new.clone().unwrap_or_default())
        .collect();
    assert_eq!(new, ["12", "7 (ERP 12, reserved 2, held back 3)"]);
}
