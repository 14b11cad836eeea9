//! Path segments and query values, whatever is in them.

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;

/// Anything, and more often what means something in an address.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[./%;&?#=+ \\\\a2eЁ]{0,8}"]
}

proptest! {
    #[test]
    fn a_component_holds_nothing_that_means_something_and_decodes_to_itself(value in value()) {
        let encoded = component(&value);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)), "{}", encoded);
        prop_assert_eq!(percent_decode_str(&encoded).decode_utf8().unwrap(), value);
    }

    #[test]
    fn a_segment_keeps_its_place_or_is_refused(value in value()) {
        let base = Url::parse("https://shop.example/sub/").unwrap();
        match segment("article", &value) {
            Err(_) => prop_assert!(["", ".", ".."].contains(&value.as_str())),
            Ok(encoded) => {
                let url = join(&base, &format!("/panel/{encoded}/end")).unwrap();
                let segments: Vec<String> = url
                    .path_segments()
                    .unwrap()
                    .map(|segment| percent_decode_str(segment).decode_utf8().unwrap().into_owned())
                    .collect();
                prop_assert_eq!(segments, ["sub".to_owned(), "panel".to_owned(), value, "end".to_owned()]);
            }
        }
    }

    #[test]
    fn a_query_value_comes_out_as_it_went_in(value in value()) {
        let base = Url::parse("https://shop.example").unwrap();
        let url = join(&base, &format!("/v1/search/?q={}&api_key=k", component(&value))).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, [("q".to_owned(), value), ("api_key".to_owned(), "k".to_owned())]);
    }
}
