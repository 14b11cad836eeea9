use super::*;

fn page(text: &str) -> OrderPage {
    OrderPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap()).unwrap()
}

#[test]
fn the_documents_answer_is_read_whole() {
    let page = page(include_str!("../../../../tests/fixtures/saplab/orders.json"));
    assert_eq!((page.positions.len(), page.pages, page.page), (2, 1, None));
    assert!(page.rejected.is_empty());
    let first = &page.positions[0];
    assert_eq!(
        (first.id, first.invoice.as_str(), first.client_id),
        (20, "NZ-005", Some(2))
    );
    assert_eq!(
        (first.is_wholesaler, first.wholesaler_info.as_str()),
        (Some(true), "ООО \"Рога и Копыта\"")
    );
    assert_eq!(first.initial_price.unwrap().to_string(), "3958.07");
    assert_eq!(
        (first.status_id, first.status_name.as_deref()),
        (Some(3), Some("Оприходовано офисом"))
    );
    assert_eq!((first.shipping_id, first.shipping_name.as_str()), (None, ""));
    assert_eq!(
        (first.delivery_min, first.delivery_max, first.doc_id),
        (Some(0), Some(0), None)
    );
    assert_eq!(
        (first.is_payed, first.is_denied, first.is_archived),
        (Some(false), Some(false), Some(false))
    );
    assert_eq!(first.history.len(), 3);
    let ordered = first.date_added.unwrap();
    assert_eq!(
        (ordered - first.history[0].date.unwrap()).num_seconds(),
        0,
        "Moscow and UTC are told apart"
    );
    assert!(first.unreadable.is_empty());
    assert_eq!(page.positions[1].shipping_id, Some(1));
}

#[test]
fn numbers_nulls_absent_fields_and_php_lists_are_read_too() {
    let page = page(
        r#"{"orders":{"0":{"id":7,"price":3958.07,"quantity":2,"total":"7916.14","is_payed":true,"comment":[],
            "history":{},"status_name":0,"status_id":null,"delivarytime_min":"3","deny_request":"on"},
            "1":{"id":"8","comment":{"client_comment":"a","manager_comment":"b"}}},"pages":"3","filters":{"page":"2"}}"#,
    );
    let [first, second] = page.positions.as_slice() else {
        panic!("{page:?}")
    };
    assert_eq!((page.pages, page.page), (3, Some(2)));
    assert_eq!(first.price.unwrap().to_string(), "3958.07");
    assert_eq!((first.is_payed, first.deny_request), (Some(true), Some(true)));
    assert_eq!(
        (first.status_name.as_deref(), first.status_id, first.delivery_min),
        (None, None, Some(3))
    );
    assert_eq!(
        (second.client_comment.as_str(), second.manager_comment.as_str()),
        ("a", "b")
    );
    assert_eq!(
        (second.price, second.quantity, second.is_payed, second.date_added),
        (None, None, None, None)
    );
}

#[test]
fn one_unreadable_position_does_not_lose_the_others() {
    let page = page(r#"{"orders":[{"id":"1"},{"brand":"KILEN"},17,{"id":"x"},{"id":0},{"id":"2"}],"pages":0}"#);
    assert_eq!(
        page.positions.iter().map(|position| position.id).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(page.rejected.len(), 4);
    assert_eq!(page.rejected[0], "row 2 of 6: it has no usable id");
    assert_eq!(page.pages, 1);
}

#[test]
fn a_field_that_cannot_be_read_is_named_and_not_zero() {
    let page = page(r#"{"orders":[{"id":1,"price":"дог.","quantity":"<2","date_added":"вчера","total":{}}]}"#);
    let position = &page.positions[0];
    assert_eq!(
        (position.price, position.quantity, position.total, position.date_added),
        (None, None, None, None)
    );
    assert_eq!(position.unreadable, ["price", "quantity", "total", "date_added"]);
}

#[test]
fn a_hostile_value_costs_its_field_only() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let page = page(&format!(
        r#"{{"orders":[{{"id":1,"comment":{deep},"name":"a\u0000b","history":[1,null]}}]}}"#
    ));
    let position = &page.positions[0];
    assert_eq!((position.name.as_str(), position.history.len()), ("ab", 0));
    assert_eq!(position.unreadable, ["comment"]);
}

#[test]
fn an_answer_without_the_list_is_no_page() {
    for text in [r#"{"pages":1}"#, r#"{"orders":null}"#, r#"{"orders":1}"#, "[]", "1"] {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        assert_eq!(OrderPage::read(&raw), None, "{text}");
    }
    assert_eq!(
        page(r#"{"orders":[]}"#),
        OrderPage {
            pages: 1,
            ..OrderPage::default()
        }
    );
}
