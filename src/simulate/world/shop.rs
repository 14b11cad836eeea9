//! The shop that a simulator starts with: the reference lists of the panel document and two clients, no orders.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use rust_decimal::Decimal;

use super::saplab::{Client, Group, Manager, Saplab, ShippingType, Status};

impl Default for Saplab {
    fn default() -> Self {
        Self {
            positions: BTreeMap::new(),
            statuses: statuses(),
            protected_statuses: vec![6],
            shipping_types: vec![
                ShippingType {
                    id: 1,
                    name: "Доставка по городу".into(),
                    min_price: 1,
                },
                ShippingType {
                    id: 2,
                    name: "Доставка до ТК ".into(),
                    min_price: 2,
                },
            ],
            managers: vec![Manager {
                id: 1,
                phone: "9990000001".into(),
                name: "Иванова Анна".into(),
            }],
            groups: vec![
                Group {
                    id: 1,
                    name: "Розница - 0%".into(),
                    discount: 0,
                    comment: String::new(),
                },
                Group {
                    id: 7,
                    name: "Мелкий опт - 5% - 5%".into(),
                    discount: 5,
                    comment: String::new(),
                },
            ],
            protected_groups: vec![1],
            clients: clients().into_iter().map(|client| (client.id, client)).collect(),
            transactions: Vec::new(),
            parts: Vec::new(),
            cart: Vec::new(),
            last_document: 0,
            last_invoice: 0,
        }
    }
}

/// The seven statuses of the panel document, in its order.
fn statuses() -> Vec<Status> {
    let status = |id, name: &str, color: &str, email| Status {
        id,
        name: name.into(),
        color: color.into(),
        sms: false,
        email,
    };
    vec![
        status(2, "В работе", "CBFFC9", false),
        status(4, "Выдано (Отправлено)", "70FF83", true),
        status(7, "Заказано", "FFFFFF", false),
        status(3, "Оприходовано офисом", "EDFF78", true),
        status(6, "Принято", "FAFFB3", true),
        status(1, "Приостановлено", "BAF8FF", false),
        status(5, "Снято", "FFBADA", true),
    ]
}

fn clients() -> [Client; 2] {
    let registered = Utc::now() - TimeDelta::days(400);
    let retail = Client {
        id: 1,
        phone: "9001111111".into(),
        name: "Пупкин Василий Петрович".into(),
        address: " г. Уфа, Бакалинская ул., 23".into(),
        email: "regular@example.com".into(),
        added: registered,
        modified: registered,
        group_id: 1,
        point_id: 1,
        status: true,
        shipping_id: 1,
        balance: Decimal::new(14, 0),
        debt: Decimal::new(9211, 0),
        ..Client::default()
    };
    let legal = [
        ("bik", "00000000000"),
        ("inn", "12345678901234"),
        ("kpp", "987654321"),
        ("bank", "Банк"),
        ("orgn", "456789052"),
        ("type", "ООО"),
        ("account", "00000000000"),
        ("address", "ул. Ленина, 48"),
        ("org_name", "Рога и Копыта"),
        ("bank_account", "00000000000"),
    ];
    let wholesale = Client {
        id: 2,
        phone: "9002222222".into(),
        name: "Клиент 2".into(),
        address: "ул. Ленина, 48".into(),
        email: "wholesaler@example.com".into(),
        is_wholesaler: true,
        wholesaler: legal.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        group_id: 7,
        shipping_id: 0,
        balance: Decimal::ZERO,
        debt: Decimal::ZERO,
        limit: Decimal::new(10_000, 0),
        ..retail.clone()
    };
    [retail, wholesale]
}
