//! The exact bytes of a body in each of the three formats.

use proptest::prelude::*;

use super::*;

fn bytes(format: KeazFormat, rows: &[Row]) -> (&'static str, String) {
    let rows: Vec<&Row> = rows.iter().collect();
    written(format, "remains", &Filter::default(), &rows)
}

fn written(format: KeazFormat, resource: &str, filter: &Filter, rows: &[&Row]) -> (&'static str, String) {
    let content = Content { resource, filter, rows };
    let (content_type, body) = body(format, &Secret::new("made-up-key"), content);
    (content_type, String::from_utf8(body).unwrap())
}

fn filter(json: &str) -> Filter {
    serde_json::from_str(json).unwrap()
}

fn row(warehouse: &str, article: &str, quantity: u64) -> Row {
    let text = |name: &str, value: &str| (name.to_owned(), Field::Text(value.to_owned()));
    vec![
        text("warehouse", warehouse),
        text("article", article),
        ("quantity".to_owned(), Field::Number(quantity.into())),
    ]
}

#[test]
fn json_rows_travel_as_a_list_under_the_name_of_the_resource() {
    let (content_type, body) = bytes(
        KeazFormat::Json,
        &[row("D4R7WE", "ВА47-29 \"C\"", 12), row("007", "A/1", 0)],
    );
    assert_eq!(content_type, "application/json");
    insta::assert_snapshot!(body, @r#"{"hash":"made-up-key","remains":[{"warehouse":"D4R7WE","article":"ВА47-29 \"C\"","quantity":12},{"warehouse":"007","article":"A/1","quantity":0}]}"#);
}

#[test]
fn xml_rows_travel_as_items_and_are_escaped() {
    let (content_type, body) = bytes(KeazFormat::Xml, &[row("D4R7WE", "<A&B>\"'\r]]>", 12)]);
    assert_eq!(content_type, "application/xml");
    insta::assert_snapshot!(body, @"<request><hash>made-up-key</hash><remains><item><warehouse>D4R7WE</warehouse><article>&lt;A&amp;B&gt;&quot;&apos;&#13;]]&gt;</article><quantity>12</quantity></item></remains></request>");
}

#[test]
fn form_rows_travel_with_their_index_and_everything_is_percent_encoded() {
    let (content_type, body) = bytes(KeazFormat::Form, &[row("D4R7WE", "A&1=+%я ", 12), row("0", "b", 1)]);
    assert_eq!(content_type, "application/x-www-form-urlencoded");
    insta::assert_snapshot!(body, @"hash=made-up-key&remains%5B0%5D%5Bwarehouse%5D=D4R7WE&remains%5B0%5D%5Barticle%5D=A%261%3D%2B%25%D1%8F%20&remains%5B0%5D%5Bquantity%5D=12&remains%5B1%5D%5Bwarehouse%5D=0&remains%5B1%5D%5Barticle%5D=b&remains%5B1%5D%5Bquantity%5D=1");
}

#[test]
fn a_list_is_asked_for_with_the_key_alone() {
    assert_eq!(bytes(KeazFormat::Json, &[]).1, r#"{"hash":"made-up-key"}"#);
    assert_eq!(bytes(KeazFormat::Form, &[]).1, "hash=made-up-key");
    assert_eq!(
        bytes(KeazFormat::Xml, &[]).1,
        "<request><hash>made-up-key</hash></request>"
    );
}

#[test]
fn control_characters_do_not_fit_into_xml_alone() {
    let row = row("D4R7WE", "a\u{1}", 1);
    let check = |format| check(format, row.iter().map(|(name, field)| (name, field)));
    assert!(check(KeazFormat::Xml).unwrap_err().contains("`article`"));
    assert!(check(KeazFormat::Json).is_ok() && check(KeazFormat::Form).is_ok());
}

#[test]
fn the_documents_filter_is_written_as_each_of_its_examples_has_it() {
    let filter = filter(r#"{"id": 2916}"#);
    let body = |format| written(format, "warehouses", &filter, &[]).1;
    assert_eq!(body(KeazFormat::Form), "hash=made-up-key&filter%5Bid%5D%5B0%5D=2916");
    assert_eq!(
        body(KeazFormat::Json),
        r#"{"hash":"made-up-key","filter":[{"id":2916}]}"#
    );
    assert_eq!(
        body(KeazFormat::Xml),
        "<request><hash>made-up-key</hash><filter><id>2916</id></filter></request>"
    );
}

#[test]
fn several_fields_and_values_of_a_filter_stand_one_beside_another_before_the_rows() {
    let filter = filter(r#"{"code": ["007", "я&"], "id": [1, 2]}"#);
    let row = vec![("code".to_owned(), Field::Text("7".into()))];
    let body = |format| written(format, "warehouses", &filter, &[&row]).1;
    insta::assert_snapshot!(body(KeazFormat::Form), @"hash=made-up-key&filter%5Bcode%5D%5B0%5D=007&filter%5Bcode%5D%5B1%5D=%D1%8F%26&filter%5Bid%5D%5B0%5D=1&filter%5Bid%5D%5B1%5D=2&warehouses%5B0%5D%5Bcode%5D=7");
    insta::assert_snapshot!(body(KeazFormat::Json), @r#"{"hash":"made-up-key","filter":[{"code":"007"},{"code":"я&"},{"id":1},{"id":2}],"warehouses":[{"code":"7"}]}"#);
    insta::assert_snapshot!(body(KeazFormat::Xml), @"<request><hash>made-up-key</hash><filter><code>007</code><code>я&amp;</code><id>1</id><id>2</id></filter><warehouses><item><code>7</code></item></warehouses></request>");
    let content = Content {
        resource: "warehouses",
        filter: &filter,
        rows: &[&row],
    };
    assert_eq!(form_variables(content), 6);
}

proptest! {
    #[test]
    fn whatever_a_value_holds_comes_out_of_a_form_again(name in "[a-z_]{1,8}", value in any::<String>()) {
        let row = vec![(name.clone(), Field::Text(value.clone()))];
        let filter = Filter::of([(name.clone(), vec![Field::Text(value.clone())])]);
        let (_, body) = written(KeazFormat::Form, "remains", &filter, &[&row]);
        prop_assert!(body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.%&=".contains(&byte)), "{}", body);
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let expected = [
            ("hash".to_owned(), "made-up-key".to_owned()),
            (format!("filter[{name}][0]"), value.clone()),
            (format!("remains[0][{name}]"), value),
        ];
        prop_assert_eq!(pairs, expected);
    }

    #[test]
    fn whatever_a_value_holds_comes_out_of_json_again(value in any::<String>(), number: u64) {
        let row = vec![
            ("a".to_owned(), Field::Text(value.clone())),
            ("b".to_owned(), Field::Number(number.into())),
        ];
        let (_, body) = written(KeazFormat::Json, "remains", &Filter::default(), &[&row]);
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&read["remains"][0]["a"], &serde_json::Value::from(value));
        prop_assert_eq!(&read["remains"][0]["b"], &serde_json::Value::from(number));
    }

    #[test]
    fn whatever_xml_can_hold_comes_out_of_it_again(value in any::<String>()) {
        let row = vec![("a".to_owned(), Field::Text(value.clone()))];
        prop_assume!(check(KeazFormat::Xml, row.iter().map(|(name, field)| (name, field))).is_ok());
        let (_, body) = written(KeazFormat::Xml, "remains", &Filter::default(), &[&row]);
        let answer = body.replacen("<request>", "<response>", 1).replacen("</request>", "</response>", 1);
        prop_assert_eq!(read_back(&answer), value);
    }
}

/// The text of the only row's only field.
fn read_back(answer: &str) -> String {
    let mut reader = quick_xml::Reader::from_str(answer);
    let (mut text, mut inside) = (String::new(), false);
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Start(tag) => inside = tag.name().as_ref() == "a",
            Event::End(_) => inside = false,
            Event::Text(part) if inside => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if inside => match entity.resolve_char_ref().unwrap() {
                Some(c) => text.push(c),
                None => text.push_str(quick_xml::escape::resolve_predefined_entity(&entity).unwrap()),
            },
            Event::Eof => return text,
            _ => {}
        }
    }
}
