//! What Carreta keeps: the customer's profile, offers that a search finds, orders, price lists.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::simulate::price_list::PriceList;

/// The table "Описание статусов заказа" of the Carreta document, in its order.
pub const STATUSES: [(u8, &str); 13] = [
    (1, "Ожидает оплаты"),
    (2, "Получен в заказ"),
    (3, "В работе"),
    (11, "Принят поставщиком"),
    (4, "В пути от поставщика"),
    (13, "На складе филиала"),
    (12, "В пути из филиала"),
    (14, "На складе"),
    (15, "В пути в пункт выдачи"),
    (5, "В пункте выдачи"),
    (7, "Выдан (Отправлен)"),
    (10, "Нет в наличии"),
    (8, "Отменен"),
];

/// The supplier.
#[derive(Clone, Debug)]
pub struct Carreta {
    /// The profile of the default account.
    pub profile: Profile,
    /// Profiles of further accounts by their id.
    pub accounts: BTreeMap<String, Profile>,
    /// What a search can find.
    pub offers: Vec<Offer>,
    /// Signatures that searches gave out, with what they signed.
    pub signatures: HashMap<String, Offer>,
    /// Orders, oldest first.
    pub orders: Vec<Order>,
    /// By the name in `/price/<name>.csv`.
    pub price_lists: BTreeMap<String, PriceList>,
}

impl Default for Carreta {
    fn default() -> Self {
        Self {
            profile: Profile {
                balance: Decimal::new(15_000_714, 2),
                city: "Уфа".into(),
                email: "buyer@example.com".into(),
                name: "ООО \"Пример\"".into(),
                phone: "+7-900-0000000".into(),
            },
            accounts: BTreeMap::new(),
            offers: Vec::new(),
            signatures: HashMap::new(),
            orders: Vec::new(),
            price_lists: BTreeMap::new(),
        }
    }
}

/// The answer of `/v1/profile/`.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Balance, roubles.
    pub balance: Decimal,
    /// City.
    pub city: String,
    /// E-mail.
    pub email: String,
    /// Full name.
    pub name: String,
    /// Phone.
    pub phone: String,
}

/// One offer of the search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// Article.
    pub code: String,
    /// Brand.
    pub maker: String,
    /// Name.
    pub name: String,
    /// Description.
    pub desc: String,
    /// The article it replaces: found under that too, with `is_cross` true.
    pub cross_of: Option<String>,
    /// Price, roubles.
    pub price: Decimal,
    /// Least delivery time, days.
    pub period_min: u32,
    /// Greatest delivery time, days.
    pub period_max: u32,
    /// Least quantity; orders are multiples of it.
    pub min_qty: u32,
    /// Availability as the supplier writes it: `500`, `<10`, `>50`, `Есть`.
    pub qty: String,
    /// Probability of delivery, percent.
    pub stat: Option<u8>,
    /// Code of the source.
    pub source: String,
}

/// One purchase order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Id.
    pub id: u64,
    /// Number, e.g. `A111342-1`; not the id.
    pub number: String,
    /// A key of [`STATUSES`].
    pub status: u8,
    /// The supplier's comment.
    pub comment: String,
    /// The customer's comment.
    pub client_comment: String,
    /// When it was placed.
    pub created: DateTime<Utc>,
    /// Article.
    pub code: String,
    /// Brand.
    pub maker: String,
    /// Name.
    pub name: String,
    /// Price, roubles.
    pub price: Decimal,
    /// Least delivery time, days.
    pub period_min: u32,
    /// Greatest delivery time, days.
    pub period_max: u32,
    /// Quantity.
    pub order_qty: u32,
    /// Placed with `test=on`.
    pub test: bool,
    /// What happened to it.
    pub history: Vec<HistoryLine>,
}

/// One line of an order's history.
#[derive(Clone, Debug)]
pub struct HistoryLine {
    /// What happened.
    pub comment: String,
    /// When.
    pub created: DateTime<Utc>,
}
