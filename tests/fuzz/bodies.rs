//! What is fuzzed, and what must hold whatever comes in. Used by the fuzz targets beside this file, and by the ordinary
//! suite, which runs every body over the corpus and its mutations.
//!
//! An answer goes through the whole client, with the wire taken out. No body may panic; beyond that each says what it
//! asserts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use sverka::config::{self, KeazFormat, Secret};
use sverka::upstream::carreta::price_list::{Reader, copy_line};
use sverka::upstream::carreta::{Carreta, Part};
use sverka::upstream::keaz::{Keaz, Remain, Verdict, Warehouse};
use sverka::upstream::saplab::{ClientFilter, OrderFilter, Panel, Shop, ShopOrderFilter};
use sverka::upstream::transport::canned::{Asked, with_answer};
use sverka::upstream::transport::{journal, redact};
use sverka::value::{Quantity, money, time};

/// A body takes any bytes.
pub(crate) type Body = fn(&[u8]);

/// All of them, under the names of their targets and of their folders in the corpus.
pub(crate) const ALL: [(&str, Body); 11] = [
    ("keaz_json", keaz_json),
    ("keaz_xml", keaz_xml),
    ("encoding", encoding),
    ("carreta_json", carreta_json),
    ("quantity", quantity),
    ("csv", csv),
    ("saplab_panel", saplab_panel),
    ("saplab_client", saplab_client),
    ("dates", dates),
    ("configuration", configuration),
    ("redaction", redaction),
];

/// In every credential: no word of a refusal may repeat it.
const KEY: &str = "canary-key/+7&";

struct Clients {
    json: Keaz,
    xml: Keaz,
    form: Keaz,
    panel: Panel,
    shop: Shop,
    carreta: Carreta,
}

static CLIENTS: LazyLock<Clients> = LazyLock::new(|| {
    let settings = settings();
    let keaz = |format| {
        let settings = config::Keaz {
            format,
            ..settings.keaz.clone()
        };
        Keaz::new(&settings).unwrap().unwrap()
    };
    Clients {
        json: keaz(KeazFormat::Json),
        xml: keaz(KeazFormat::Xml),
        form: keaz(KeazFormat::Form),
        panel: Panel::new(&settings.saplab.panel).unwrap().unwrap(),
        shop: Shop::new(&settings.saplab.client).unwrap().unwrap(),
        carreta: Carreta::new(&settings.carreta).unwrap().unwrap(),
    }
});

/// The embedded defaults, with an address and a credential for everything.
fn settings() -> config::Settings {
    let mut environment: Vec<(String, String)> = Vec::new();
    for (section, names) in [
        ("KEAZ", &["API_KEY"][..]),
        ("SAPLAB__PANEL", &["LOGIN", "PASSWORD"]),
        ("SAPLAB__CLIENT", &["LOGIN", "PASSWORD"]),
        ("CARRETA", &["API_KEY"]),
    ] {
        environment.push((format!("SVERKA__{section}__BASE_URL"), "https://site.example".into()));
        environment.extend(
            names
                .iter()
                .map(|name| (format!("SVERKA__{section}__{name}"), KEY.into())),
        );
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let source = config::Source {
        path: Some(file.path().to_owned()),
    };
    config::load(&source, environment).unwrap().settings
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
}

/// What the work makes of this answer. Whatever it says, and whatever the journal keeps, holds no credential.
fn made_of<T>(kind: &'static str, body: &[u8], work: impl Future<Output = T>) -> T
where
    T: std::fmt::Debug,
{
    let (made, _) = asked_with(kind, body, work);
    made
}

fn asked_with<T>(kind: &'static str, body: &[u8], work: impl Future<Output = T>) -> (T, Vec<Asked>)
where
    T: std::fmt::Debug,
{
    RUNTIME.with(|runtime| {
        let (made, kept) = runtime.block_on(journal::recorded(4096, with_answer(200, kind, body, work)));
        let mut kept = format!("{kept:?}");
        // What came in may hold it by chance, and in a form that nobody would send; a fuzzer finds it at once.
        if contains(body, KEY) {
            kept.clear();
        }
        assert!(!kept.contains(KEY), "{kept}");
        made
    })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// Unknown is never zero: a zero comes of the digit alone.
fn zero_was_said(zero: bool, body: &[u8]) {
    assert!(!zero || body.contains(&b'0'), "a zero that nobody said");
}

fn judged_remains(remains: &[Remain], body: &[u8]) {
    for remain in remains {
        assert!(!remain.warehouse.trim().is_empty() && !remain.article.trim().is_empty());
        zero_was_said(remain.quantity == Some(Decimal::ZERO), body);
    }
}

fn two_rows() -> [Remain; 2] {
    let row = |article: &str| Remain {
        warehouse: "W1".into(),
        article: article.into(),
        quantity: Some(Decimal::ONE),
    };
    [row("A1"), row("A2")]
}

fn keaz_answer(client: &Keaz, kind: &'static str, body: &[u8]) {
    if let Ok(remains) = made_of(kind, body, client.list_remains()) {
        judged_remains(&remains, body);
    }
    let _ = made_of(kind, body, client.list_warehouses());
    // Without a word about the request nothing was done; `error` may be about the other row.
    if let Ok(verdicts) = made_of(kind, body, client.update_remains(&two_rows())) {
        assert_eq!(verdicts.rows.len(), 2);
        let said = ["ok", "error", "\\u00", "&#"]
            .into_iter()
            .any(|word| contains(body, word));
        assert!(said || !verdicts.rows.contains(&Verdict::Done), "done without a word");
    }
}

pub(crate) fn keaz_json(data: &[u8]) {
    keaz_answer(&CLIENTS.json, "application/json", data);
}

pub(crate) fn keaz_xml(data: &[u8]) {
    keaz_answer(&CLIENTS.xml, "application/xml", data);
}

/// Two texts of the bytes, without what no database holds.
fn texts(data: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(data).replace('\0', "");
    match text.split_once('\n') {
        Some((one, other)) => (one.to_owned(), other.to_owned()),
        None => (text, "b".to_owned()),
    }
}

/// What is written is what was meant, in every format of a request and in an address.
pub(crate) fn encoding(data: &[u8]) {
    let (one, other) = texts(data);
    let warehouse = Warehouse {
        code: one.clone(),
        name: None,
        address: Some(other.clone()),
        contacts: None,
    };
    let ok = br#"{"status":{"code":"ok"}}"#;
    let sent = |client: &Keaz| asked(ok, client.add_warehouses(std::slice::from_ref(&warehouse)));
    if let Some(asked) = sent(&CLIENTS.json) {
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["warehouses"][0]["code"], one.as_str());
        assert_eq!(body["warehouses"][0]["address"], other.as_str());
    }
    if let Some(asked) = sent(&CLIENTS.form) {
        let pairs: BTreeMap<String, String> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
        assert_eq!(pairs["warehouses[0][code]"], one);
        assert_eq!(pairs["warehouses[0][address]"], other);
        assert_eq!(pairs["hash"], KEY);
    }
    // Our own reader of answers reads what our own writer of requests wrote.
    if let Some(asked) = sent(&CLIENTS.xml) {
        let text = String::from_utf8(asked.body).unwrap();
        let answer = text
            .replace("<request>", "<response>")
            .replace("</request>", "</response>");
        // A text that holds the very tags was changed by the line above.
        if let Ok(read) = made_of("application/xml", answer.as_bytes(), CLIENTS.xml.list_warehouses())
            && answer.matches("response>").count() == 2
            && !one.trim().is_empty()
        {
            assert_eq!(read[0].code, one, "{answer}");
            assert_eq!(read[0].address.as_deref(), Some(other.as_str()), "{answer}");
        }
    }
    let nothing = br#"{"status":"ok","data":[]}"#;
    if let Some(asked) = asked(nothing, CLIENTS.shop.parts(&one, &other)) {
        let segments: Vec<_> = asked.url.path_segments().unwrap().collect();
        let decoded = |segment: &str| {
            percent_encoding::percent_decode_str(segment)
                .decode_utf8()
                .unwrap()
                .into_owned()
        };
        assert_eq!(segments.len(), 4, "{}", asked.url);
        assert_eq!(
            (decoded(segments[2]), decoded(segments[3])),
            (one.clone(), other.clone())
        );
    }
    if let Some(asked) = asked(nothing, CLIENTS.carreta.search(Some(&one), Some(&other))) {
        let pairs: Vec<_> = asked.url.query_pairs().into_owned().collect();
        assert_eq!(pairs[0], ("q".into(), one.clone()));
        assert_eq!(pairs[1], ("account".into(), other.clone()));
        assert_eq!(pairs[2], ("api_key".into(), KEY.into()));
    }
    if let Some(asked) = asked(nothing, CLIENTS.panel.add_group(&one, 1, &other)) {
        let pairs: Vec<String> = url::form_urlencoded::parse(&asked.body)
            .map(|(_, value)| value.into_owned())
            .collect();
        assert!(pairs.contains(&one) && pairs.contains(&other), "{pairs:?}");
    }
}

/// The only request that the work made, if it made one.
fn asked<T>(body: &[u8], work: impl Future<Output = T>) -> Option<Asked> {
    RUNTIME.with(|runtime| {
        runtime
            .block_on(with_answer(200, "application/json", body, work))
            .1
            .pop()
    })
}

fn judged_part(part: &Part, body: &[u8]) {
    zero_was_said(part.quantity() == Quantity::Exact(Decimal::ZERO), body);
}

pub(crate) fn carreta_json(data: &[u8]) {
    let client = &CLIENTS.carreta;
    let kind = "application/json";
    if let Ok(page) = made_of(kind, data, client.search(Some("OC47"), None)) {
        page.offers.iter().for_each(|part| judged_part(part, data));
    }
    let _ = made_of(kind, data, client.orders(None, &[]));
    let _ = made_of(kind, data, client.profile(None));
    let _ = made_of(kind, data, client.history(7));
    if let Ok(order) = made_of(kind, data, client.order(7)) {
        assert_eq!(order.id, 7, "another order");
    }
}

pub(crate) fn saplab_panel(data: &[u8]) {
    let client = &CLIENTS.panel;
    let kind = "application/json";
    let _ = made_of(kind, data, client.orders(&OrderFilter::default()));
    let _ = made_of(kind, data, client.statuses());
    let _ = made_of(kind, data, client.managers());
    let _ = made_of(kind, data, client.shipping_types());
    let _ = made_of(kind, data, client.groups());
    let _ = made_of(kind, data, client.clients(&ClientFilter::default()));
    let _ = made_of(kind, data, client.balance(1, 1));
    if let Ok(card) = made_of(kind, data, client.client(2)) {
        assert_eq!(card.id, 2, "another client");
        let _ = card.form();
    }
    if made_of(kind, data, client.set_status(20, 5)).is_ok() {
        assert!(
            contains(data, "success") || contains(data, "\\u00"),
            "done without success"
        );
    }
}

pub(crate) fn saplab_client(data: &[u8]) {
    let client = &CLIENTS.shop;
    let kind = "application/json";
    let _ = made_of(kind, data, client.brands("9054"));
    let _ = made_of(kind, data, client.parts("9054", "MEAT&DORIA;"));
    let _ = made_of(kind, data, client.cart());
    let _ = made_of(kind, data, client.orders(&ShopOrderFilter::default()));
    let _ = made_of(kind, data, client.statuses());
    let added = made_of(kind, data, client.add_to_cart(&Secret::new("t"), 1, ""));
    let ordered = made_of(kind, data, client.create_order(&["t".to_owned()]));
    if added.is_ok() || ordered.is_ok() {
        assert!(contains(data, "ok") || contains(data, "\\u00"), "done without ok");
    }
}

/// Zero comes of zeros alone, and what is shown is read as the same.
pub(crate) fn quantity(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = Quantity::parse(&text);
    if read == Quantity::Exact(Decimal::ZERO) {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        assert!(
            !digits.is_empty() && digits.iter().all(|digit| *digit == '0'),
            "{text:?} is not zero"
        );
        assert!(!text.contains(['-', '<', '>']), "{text:?} is not zero");
    }
    if read != Quantity::Unknown {
        assert_eq!(Quantity::parse(&read.to_string()), read, "{text:?}");
    }
    if let Some(exact) = read.exact() {
        assert!(exact >= 0, "{text:?}");
    }
    if let Ok(sum) = money::parse(&text) {
        assert_eq!(money::parse(&sum.to_string()), Ok(sum), "{text:?}");
        assert!(sum != Decimal::ZERO || text.contains('0'), "{text:?} is not zero");
    }
}

/// Rows have what a row must have; a zero was said; what goes to the database is one line for each row.
pub(crate) fn csv(data: &[u8]) {
    let Ok(mut reader) = Reader::new(data, &BTreeMap::new()) else {
        return;
    };
    let mut lines = Vec::new();
    let mut rows: u64 = 0;
    for row in reader.by_ref().flatten() {
        rows += 1;
        assert!(!row.brand.is_empty() && !row.article.is_empty());
        zero_was_said(row.quantity == Quantity::Exact(Decimal::ZERO), data);
        zero_was_said(row.price == Decimal::ZERO, data);
        copy_line(&row, &mut lines);
    }
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count() as u64, rows);
    assert!(!lines.contains(&0));
    assert!(reader.totals().accepted() <= reader.totals().read);
}

/// What was read is read again from how it is written.
pub(crate) fn dates(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(instant) = time::utc(&text) {
        assert_eq!(time::utc(&instant.to_rfc3339()), Some(instant), "{text:?}");
    }
    if let Some(instant) = time::moscow(&text) {
        assert_eq!(time::moscow(&instant.to_rfc3339()), Some(instant), "{text:?}");
        let _ = time::moscow_date(instant);
    }
    let _ = config::parse_cron(&text);
}

/// A configuration is read or refused, and neither shows a key.
pub(crate) fn configuration(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("keaz.api_key = \"{KEY}\"\n{text}")).unwrap();
    let source = config::Source {
        path: Some(file.path().to_owned()),
    };
    let environment = [(
        "SVERKA__QUEUE__KEEP".to_owned(),
        text.lines().next().unwrap_or_default().to_owned(),
    )];
    for environment in [&environment[..0], &environment] {
        let said = match config::load(&source, environment.iter().cloned()) {
            Ok(loaded) => config::show(&loaded) + &format!("{:?}", loaded.settings),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!said.contains(KEY) || text.contains("canary"), "{said}");
    }
}

/// Of a text that holds a secret in whatever form nothing is left of it.
pub(crate) fn redaction(data: &[u8]) {
    let (secret, around) = texts(data);
    // One that is a part of its own replacement is left.
    if secret.is_empty() || secret.contains('*') {
        return;
    }
    let key = Secret::new(secret.clone());
    let json = serde_json::Value::from(secret.as_str()).to_string();
    let json = &json[1..json.len() - 1];
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let text = format!("{around}{secret}{around} {json} {form} {percent}{around}");
    let clean = redact(&text, &[&key]);
    for (name, found) in [
        ("itself", secret.as_str()),
        ("json", json),
        ("a form", &form),
        ("percent", &percent),
    ] {
        assert!(!clean.contains(found), "{name} of {secret:?} in {clean:?}");
    }
}
