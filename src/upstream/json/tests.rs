//! Every spelling of a value that has been seen, and a few that should not be.

use super::*;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
struct Row {
    #[serde(deserialize_with = "opt_integer")]
    id: Option<i64>,
    #[serde(deserialize_with = "opt_decimal")]
    price: Option<Decimal>,
    #[serde(deserialize_with = "known_decimal")]
    left: Option<Decimal>,
    #[serde(deserialize_with = "text")]
    code: String,
    #[serde(deserialize_with = "opt_flag")]
    paid: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(deserialize_with = "object")]
    inner: Option<BTreeMap<String, String>>,
    #[serde(deserialize_with = "list")]
    ids: Vec<i64>,
}

fn read(text: &str) -> Row {
    row(&RawValue::from_string(text.to_owned()).unwrap()).unwrap()
}

fn refuse(text: &str) -> String {
    row::<Row>(&RawValue::from_string(text.to_owned()).unwrap())
        .unwrap_err()
        .to_string()
}

#[test]
fn whole_numbers_come_bare_quoted_null_or_not_at_all() {
    for (text, id) in [
        ("20", Some(20)),
        (r#""20""#, Some(20)),
        ("20.0", Some(20)),
        ("null", None),
        (r#""""#, None),
    ] {
        assert_eq!(read(&format!(r#"{{"id": {text}}}"#)).id, id, "{text}");
    }
    assert_eq!(read("{}"), Row::default());
    for text in ["1.5", "true", "[]", r#""abc""#, "99999999999999999999"] {
        assert!(!refuse(&format!(r#"{{"id": {text}}}"#)).is_empty(), "{text}");
    }
}

#[test]
fn money_is_exact_beyond_binary_floating_point() {
    for text in ["3958.07", "0.1", "123456789012345678.99", "-1049.4", "12.50"] {
        assert_eq!(
            read(&format!(r#"{{"price": {text}}}"#)).price.unwrap().to_string(),
            text
        );
        assert_eq!(
            read(&format!(r#"{{"price": "{text}"}}"#)).price.unwrap().to_string(),
            text
        );
    }
    assert_eq!(read(r#"{"price": 1.5e3}"#).price, Some(Decimal::from(1500)));
}

#[test]
fn a_quantity_that_is_no_number_is_unknown_and_not_zero() {
    for text in [r#""<10""#, "null", "[]", "{}", "true", r#""""#, r#""Есть""#] {
        assert_eq!(read(&format!(r#"{{"left": {text}}}"#)).left, None, "{text}");
    }
    assert_eq!(read(r#"{"left": "0"}"#).left, Some(Decimal::ZERO));
}

#[test]
fn codes_keep_their_leading_zeros() {
    assert_eq!(read(r#"{"code": "007"}"#).code, "007");
    assert_eq!(read(r#"{"code": 7}"#).code, "7");
    assert_eq!(read(r#"{"code": null}"#).code, "");
}

#[test]
fn flags_are_read_in_every_spelling() {
    for (text, paid) in [
        ("1", Some(true)),
        (r#""1""#, Some(true)),
        ("true", Some(true)),
        (r#""on""#, Some(true)),
        ("0", Some(false)),
        (r#""0""#, Some(false)),
        ("false", Some(false)),
        (r#""off""#, Some(false)),
        ("null", None),
        (r#""""#, None),
    ] {
        assert_eq!(read(&format!(r#"{{"paid": {text}}}"#)).paid, paid, "{text}");
    }
}

#[test]
fn an_empty_php_array_stands_for_an_object_and_an_object_for_a_list() {
    assert_eq!(read(r#"{"inner": [ ]}"#).inner, None);
    assert_eq!(read(r#"{"inner": {"a": "b"}}"#).inner.unwrap()["a"], "b");
    for text in ["[3, 1]", r#"{"0": 3, "7": 1}"#] {
        assert_eq!(read(&format!(r#"{{"ids": {text}}}"#)).ids, [3, 1]);
    }
    for text in ["[]", "{}", "null", r#""""#] {
        assert!(read(&format!(r#"{{"ids": {text}}}"#)).ids.is_empty());
    }
}

#[test]
fn of_a_key_that_stands_twice_the_last_one_counts() {
    assert_eq!(read(r#"{"id": 1, "id": 2}"#).id, Some(2));
}

#[test]
fn a_deeply_nested_answer_is_refused() {
    let text = "[".repeat(100_000);
    assert!(serde_json::from_str::<Row>(&format!(r#"{{"ids": {text}"#)).is_err());
}
