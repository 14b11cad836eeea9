use super::*;

fn person() -> ClientForm {
    serde_json::from_str(
        r#"{"name":"Пупкин Василий","phone":"1111111111","address":" г. Уфа, 1+1 & 2","point_id":1,"group_id":1}"#,
    )
    .unwrap()
}

fn company() -> ClientForm {
    let legal = BTreeMap::from([
        (LegalField::Inn, "12345678901234".to_owned()),
        (LegalField::OrgName, "Рога".to_owned()),
    ]);
    ClientForm {
        wholesalers: Some(legal.into()),
        ..person()
    }
}

fn body(form: &ClientForm, password: Option<&Secret>) -> String {
    String::from_utf8(form.form(password).into_bytes()).unwrap()
}

fn change(text: &str) -> ClientChange {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_form_always_has_every_field_of_the_document() {
    assert_eq!(
        body(&person(), None),
        "name=%D0%9F%D1%83%D0%BF%D0%BA%D0%B8%D0%BD%20%D0%92%D0%B0%D1%81%D0%B8%D0%BB%D0%B8%D0%B9&email=\
         &phone=1111111111&password=&address=%20%D0%B3.%20%D0%A3%D1%84%D0%B0%2C%201%2B1%20%26%202&point_id=1\
         &manager_id=0&group_id=1&shipping_id=0&limit=0&comment=&status=on"
    );
    let company = body(&company(), Some(&Secret::new("a&b")));
    assert!(company.contains("&password=a%26b&"));
    assert!(company.ends_with(
        "&status=on&is_wholesaler=on&wholesalers%5Btype%5D=&wholesalers%5Borg_name%5D=%D0%A0%D0%BE%D0%B3%D0%B0\
         &wholesalers%5Binn%5D=12345678901234&wholesalers%5Bkpp%5D=&wholesalers%5Borgn%5D=\
         &wholesalers%5Baddress%5D=&wholesalers%5Bbank%5D=&wholesalers%5Bbik%5D=&wholesalers%5Baccount%5D=\
         &wholesalers%5Bbank_account%5D="
    ));
}

#[test]
fn an_inactive_client_has_no_status_field() {
    let form = ClientForm {
        status: false,
        ..company()
    };
    let body = body(&form, None);
    assert!(!body.contains("&status="));
    assert!(body.contains("&is_wholesaler=on"));
}

#[test]
fn a_change_leaves_everything_else_as_it_was() {
    let changed = change(r#"{"comment":"новый","wholesalers":{"kpp":"007"}}"#)
        .apply(company())
        .unwrap();
    assert_eq!(changed.differences(&company()), ["comment", "wholesalers"]);
    let legal = changed.wholesalers.unwrap();
    assert_eq!(
        (legal.get(LegalField::Kpp), legal.get(LegalField::OrgName)),
        ("007", "Рога")
    );
    assert_eq!(change("{}").apply(company()).unwrap(), company());
}

#[test]
fn legal_data_goes_only_when_that_is_asked_for() {
    let person_now = change(r#"{"is_wholesaler":false}"#).apply(company()).unwrap();
    assert_eq!(person_now, person());
    let company_now = change(r#"{"is_wholesaler":true,"wholesalers":{"inn":"1"}}"#)
        .apply(person())
        .unwrap();
    assert_eq!(company_now.wholesalers.unwrap().get(LegalField::Inn), "1");
    assert!(change(r#"{"wholesalers":{"inn":"1"}}"#).apply(person()).is_err());
    assert!(
        change(r#"{"is_wholesaler":false,"wholesalers":{"inn":"1"}}"#)
            .apply(company())
            .is_err()
    );
}

#[test]
fn ten_digits_get_the_countrys_seven_and_nothing_else_is_touched() {
    for (read, sent) in [
        ("2222222222", "72222222222"),
        ("72222222222", "72222222222"),
        ("82222222222", "82222222222"),
        ("+7(222)222-22-22", "+7(222)222-22-22"),
        ("222222222", "222222222"),
        ("٢٢٢٢٢", "٢٢٢٢٢"),
        ("", ""),
    ] {
        assert_eq!(phone_for_change(read), sent);
    }
    let given = change(r#"{"phone":"3333333333"}"#).apply(person()).unwrap();
    assert_eq!(given.phone, "3333333333");
    let eleven = ClientForm {
        phone: "71111111111".into(),
        ..person()
    };
    assert!(eleven.differences(&person()).is_empty());
}

#[test]
fn one_number_may_be_written_in_several_ways() {
    for other in ["9990001122", "79990001122", "+7(999)000-11-22"] {
        assert!(same_phone(other, "9990001122"), "{other}");
    }
    for other in ["9990001123", "", "89990001122"] {
        assert!(!same_phone(other, "9990001122"), "{other}");
    }
    assert!(!same_phone("", ""));
}

#[test]
fn an_unknown_field_is_refused() {
    assert!(serde_json::from_str::<ClientChange>(r#"{"password":"x"}"#).is_err());
    assert!(
        serde_json::from_str::<ClientForm>(r#"{"name":"x","phone":"1","point_id":1,"group_id":1,"id":2}"#).is_err()
    );
}
