//! What the shop keeps: positions of orders, clients and their money, and the shop's reference lists.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// The shop.
#[derive(Clone, Debug)]
pub struct Saplab {
    /// Positions of orders by id.
    pub positions: BTreeMap<u64, Position>,
    /// Statuses in the shop's own order.
    pub statuses: Vec<Status>,
    /// Statuses that the shop's settings use: they cannot be removed.
    pub protected_statuses: Vec<u64>,
    /// Ways of delivery.
    pub shipping_types: Vec<ShippingType>,
    /// Employees.
    pub managers: Vec<Manager>,
    /// Discount groups of clients.
    pub groups: Vec<Group>,
    /// Groups that the shop's settings use: they cannot be removed.
    pub protected_groups: Vec<u64>,
    /// Clients by id.
    pub clients: BTreeMap<u64, Client>,
    /// Operations with balances, oldest first.
    pub transactions: Vec<Transaction>,
    /// Goods that the client API finds.
    pub parts: Vec<Part>,
    /// The one cart of the client login.
    pub cart: Vec<CartLine>,
    /// The last number given to a document.
    pub last_document: u64,
    /// The last number given to an order (the digits of its invoice).
    pub last_invoice: u64,
}

/// One position of an order.
#[derive(Clone, Debug)]
pub struct Position {
    /// Id.
    pub id: u64,
    /// Number of the order it belongs to.
    pub invoice: String,
    /// Whose order.
    pub client_id: u64,
    /// Supplier's id.
    pub distributor_id: u64,
    /// Supplier's name.
    pub distributor_name: String,
    /// Brand.
    pub brand: String,
    /// Article.
    pub article: String,
    /// Name.
    pub name: String,
    /// Least delivery time, days.
    pub delivery_min: u32,
    /// Greatest delivery time, days.
    pub delivery_max: u32,
    /// Purchase price.
    pub initial_price: Decimal,
    /// Price.
    pub price: Decimal,
    /// Quantity.
    pub quantity: u32,
    /// An id of [`Saplab::statuses`].
    pub status_id: u64,
    /// An id of [`Saplab::shipping_types`], 0 = not chosen.
    pub shipping_id: u64,
    /// Address of delivery.
    pub shipping_address: String,
    /// Generated document.
    pub doc_id: Option<u64>,
    /// The client's comment.
    pub client_comment: String,
    /// The manager's comment.
    pub manager_comment: Option<String>,
    /// The client asked to cancel.
    pub deny_request: bool,
    /// In the archive.
    pub is_archived: bool,
    /// Cancelled.
    pub is_denied: bool,
    /// Paid.
    pub is_payed: bool,
    /// When it was ordered.
    pub added: DateTime<Utc>,
    /// When it last changed.
    pub modified: DateTime<Utc>,
    /// Its statuses over time.
    pub history: Vec<PositionEvent>,
}

impl Default for Position {
    fn default() -> Self {
        let now = Utc::now();
        Self {
            id: 0,
            invoice: "NZ-001".into(),
            client_id: 2,
            distributor_id: 3,
            distributor_name: "Склад поставщика".into(),
            brand: "KILEN".into(),
            article: "12133".into(),
            name: "Пружина передняя".into(),
            delivery_min: 0,
            delivery_max: 0,
            initial_price: Decimal::new(395_807, 2),
            price: Decimal::new(3959, 0),
            quantity: 1,
            status_id: 6,
            shipping_id: 0,
            shipping_address: String::new(),
            doc_id: None,
            client_comment: String::new(),
            manager_comment: None,
            deny_request: false,
            is_archived: false,
            is_denied: false,
            is_payed: false,
            added: now,
            modified: now,
            history: Vec::new(),
        }
    }
}

/// One line of a position's history.
#[derive(Clone, Debug)]
pub struct PositionEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// Colour of the status then.
    pub color: String,
    /// Name of the status then.
    pub status: String,
    /// Who changed it.
    pub manager: String,
}

/// A status of the shop.
#[derive(Clone, Debug)]
pub struct Status {
    /// Id, unique in this shop only.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Colour, six hex digits.
    pub color: String,
    /// Sends an SMS when set.
    pub sms: bool,
    /// Sends an e-mail when set.
    pub email: bool,
}

/// A way of delivery.
#[derive(Clone, Debug)]
pub struct ShippingType {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// From which price it can be chosen.
    pub min_price: u64,
}

/// An employee of the shop.
#[derive(Clone, Debug)]
pub struct Manager {
    /// Id.
    pub id: u64,
    /// Phone, also the login.
    pub phone: String,
    /// Name.
    pub name: String,
}

/// A discount group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Id.
    pub id: u64,
    /// Name, which carries the discount as text too.
    pub name: String,
    /// Discount, percent.
    pub discount: i64,
    /// Comment.
    pub comment: String,
}

/// A client of the shop.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Id.
    pub id: u64,
    /// Ten digits, also the login.
    pub phone: String,
    /// Name.
    pub name: String,
    /// Address of delivery.
    pub address: String,
    /// E-mail.
    pub email: String,
    /// Registered when.
    pub added: DateTime<Utc>,
    /// Changed when.
    pub modified: DateTime<Utc>,
    /// A legal entity.
    pub is_wholesaler: bool,
    /// Data of the legal entity: bik, inn, kpp, bank, orgn, type, account, address, org_name, bank_account.
    pub wholesaler: BTreeMap<String, String>,
    /// An id of [`Saplab::groups`].
    pub group_id: u64,
    /// An id of [`Saplab::managers`], 0 = none.
    pub manager_id: u64,
    /// Office.
    pub point_id: u64,
    /// Active.
    pub status: bool,
    /// Comment of the managers.
    pub comment: String,
    /// Usual way of delivery.
    pub shipping_id: u64,
    /// Balance, roubles.
    pub balance: Decimal,
    /// Debt, roubles.
    pub debt: Decimal,
    /// Credit limit, roubles.
    pub limit: Decimal,
}

impl Client {
    /// `ООО "Рога и Копыта"` of a legal entity; empty otherwise.
    pub fn wholesaler_info(&self) -> String {
        let part = |key: &str| self.wholesaler.get(key).map(String::as_str).unwrap_or_default();
        if self.is_wholesaler {
            format!("{} \"{}\"", part("type"), part("org_name"))
        } else {
            String::new()
        }
    }

    /// How the panel's texts call the client.
    pub fn title(&self) -> String {
        if self.is_wholesaler {
            self.wholesaler_info()
        } else {
            self.name.clone()
        }
    }
}

/// An operation with a client's balance.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Whose.
    pub client_id: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Roubles, negative = charged.
    pub amount: Decimal,
    /// Description.
    pub comment: String,
}

/// Goods that the client API finds.
#[derive(Clone, Debug)]
pub struct Part {
    /// Article.
    pub article: String,
    /// Brand, e.g. `MEAT&DORIA;`.
    pub brand: String,
    /// Name.
    pub name: String,
    /// Availability, -1 = unknown.
    pub stock: i64,
    /// Sold in multiples of.
    pub multiplicity: u32,
    /// Delivery time, days.
    pub days: u32,
    /// Price, roubles.
    pub price: Decimal,
    /// The article it may replace: found under that too, as `unsafe`.
    pub replaces: Option<String>,
}

/// A line of the cart.
#[derive(Clone, Debug)]
pub struct CartLine {
    /// Token for `order/create`.
    pub to_order: String,
    /// What.
    pub part: Part,
    /// How many.
    pub quantity: u32,
    /// Comment of the position.
    pub comment: String,
}

impl Saplab {
    /// Adds a position under the next free id (its own id is ignored) and returns that id.
    pub fn add_position(&mut self, position: Position) -> u64 {
        let id = self.positions.last_key_value().map_or(1, |(id, _)| id + 1);
        self.positions.insert(id, Position { id, ..position });
        id
    }

    /// The status of this id.
    pub fn status(&self, id: u64) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    /// The title of a client, empty when there is none.
    pub fn client_title(&self, id: u64) -> String {
        self.clients.get(&id).map(Client::title).unwrap_or_default()
    }
}
