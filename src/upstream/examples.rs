//! Every example answer of Carreta's and both of Saplab's documents, decoded by the client that asks for it. The snapshots
//! are what `sverka call` prints.

use std::time::Duration;

use serde::Serialize;
use url::Url;

use super::Fault;
use super::carreta::Carreta;
use super::saplab::{ClientFilter, OrderFilter, Panel, Shop, ShopOrderFilter};
use super::transport::testing::RawServer;
use crate::config::{self, SaplabLogin, Secret};

fn login(base: &Url) -> SaplabLogin {
    SaplabLogin {
        base_url: Some(base.clone()),
        login: Some("70001112233".into()),
        password: Some(Secret::new("made-up")),
        allow_http: true,
        timeout: Duration::from_secs(5),
    }
}

fn panel(base: &Url) -> Panel {
    Panel::new(&login(base)).unwrap().unwrap()
}

fn shop(base: &Url) -> Shop {
    Shop::new(&login(base)).unwrap().unwrap()
}

fn carreta(base: &Url) -> Carreta {
    let settings = config::Carreta {
        base_url: Some(base.clone()),
        api_key: Some(Secret::new("made-up")),
        account: None,
        test_orders: false,
        allow_http: true,
        timeout: Duration::from_secs(5),
        download_timeout: Duration::from_secs(5),
        max_list_bytes: 1024,
        price_lists: Vec::new(),
    };
    Carreta::new(&settings).unwrap().unwrap()
}

/// What the client makes of the example; a refusal in its words.
async fn decoded<T: Serialize>(body: &str, ask: impl AsyncFnOnce(&Url) -> Result<T, Fault>) -> serde_json::Value {
    let server = RawServer::ok("application/json", body).await;
    match ask(&server.url).await {
        Ok(answer) => serde_json::to_value(answer).unwrap(),
        Err(fault) => fault.to_string().into(),
    }
}

macro_rules! examples {
    ($($name:ident: $body:expr, $client:ident, |$api:ident| $ask:expr;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let answer = decoded($body, async |url| {
                    let $api = $client(url);
                    $ask.await
                })
                .await;
                insta::assert_json_snapshot!(stringify!($name), answer);
            }
        )+
    };
}

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../tests/fixtures/", $path))
    };
}

examples! {
    panel_shipping_types: fixture!("saplab/shipping_types.json"), panel, |api| api.shipping_types();
    panel_statuses: fixture!("saplab/statuses.json"), panel, |api| api.statuses();
    panel_groups: fixture!("saplab/groups.json"), panel, |api| api.groups();
    panel_clients: fixture!("saplab/clients.json"), panel, |api| api.clients(&ClientFilter::default());
    panel_client_form: fixture!("saplab/client_form.json"), panel, |api| api.client(2);
    panel_balance: fixture!("saplab/balance.json"), panel, |api| api.balance(1, 1);
    panel_orders: fixture!("saplab/orders.json"), panel, |api| api.orders(&OrderFilter::default());
    panel_removed: r#"{"status": "success"}"#, panel, |api| api.remove_shipping_type(3);
    panel_not_there: r#"{"status": "error"}"#, panel, |api| api.remove_shipping_type(3);
    panel_status_in_use: r#"{"status": "error", "text": "Статус используется в настройках магазина."}"#,
        panel, |api| api.remove_status(3);
    panel_group_added: r#"{"status": "success", "text": "Группа клиентов успешно добавлена."}"#,
        panel, |api| api.add_group("Web", 1, "Интернет-клиенты");
    panel_parameters_missing: r#"{"status": "error", "text": "Недостаточно параметров."}"#, panel, |api| api.set_status(20, 5);
    panel_denied: r#"{"status": "success", "text": "Позиция снята"}"#, panel, |api| api.deny(20);
    panel_paid: r#"{"status": "success", "text": "Выбранные позиции клиента ООО \"Рога и Копыта\" оплачены."}"#,
        panel, |api| api.pay(20);
    panel_unpaid: r#"{"status": "success", "text": "На счёт клиента ООО \"Рога и Копыта\" отправлено 3959₽ "}"#,
        panel, |api| api.pay(20);
    panel_no_such_order: r#"{"status": "error", "text": "Нет подходящих заказов."}"#, panel, |api| api.pay(20);
    panel_archived: r#"{"status": "success", "text": "1 заказов отправлено в архив."}"#, panel, |api| api.archive(20);
    panel_not_archived: r#"{"status": "error", "text": "Не удалось отправить заказы в архив."}"#,
        panel, |api| api.archive(20);
    panel_documents: r#"{"status": "success", "text": "Документы сгенерированы."}"#,
        panel, |api| api.documents(&[19, 20, 21]);
    shop_brands: fixture!("saplab/shop/brands.json"), shop, |api| api.brands("9054");
    shop_parts: fixture!("saplab/shop/parts.json"), shop, |api| api.parts("9054", "MEAT&DORIA;");
    shop_cart: fixture!("saplab/shop/cart.json"), shop, |api| api.cart();
    shop_cart_add: fixture!("saplab/shop/cart_add.json"), shop, |api| api.add_to_cart(&Secret::new("t"), 1, "");
    shop_cart_add_error: fixture!("saplab/shop/cart_add_error.json"), shop,
        |api| api.add_to_cart(&Secret::new("t"), 1, "");
    shop_order_create: fixture!("saplab/shop/order_create.json"), shop, |api| api.create_order(&["t".to_owned()]);
    shop_orders: fixture!("saplab/shop/orders.json"), shop, |api| api.orders(&ShopOrderFilter::default());
    carreta_profile: fixture!("carreta/profile.json"), carreta, |api| api.profile(None);
    carreta_search: fixture!("carreta/search.json"), carreta, |api| api.search(Some("oc47"), None);
    carreta_search_unclosed: fixture!("carreta/search_unclosed.txt"), carreta, |api| api.search(Some("oc47"), None);
    carreta_orders: fixture!("carreta/orders.json"), carreta, |api| api.orders(None, &[]);
    carreta_order: fixture!("carreta/order.json"), carreta, |api| api.order(189_330);
    carreta_history: fixture!("carreta/history.json"), carreta, |api| api.history(189_330);
}
