//! The shop's client side over HTTP, which sells: search, cart, orders (client document). HTTP Basic with a client's
//! login, JSON answers, `ok` for a write that was done.
//!
//! There is one cart for a login, whoever fills it. Neither adding to it nor ordering has a key of ours, so nothing
//! here may be sent again blindly; what an answer that did not come means is the queue's to find out. Called by the
//! queue's operations.

mod cart;
mod filter;
mod order;
mod part;
mod placed;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::value::RawValue;

pub use self::cart::{Cart, CartLine};
pub use self::filter::ShopOrderFilter;
pub use self::order::{ShopOrderPage, ShopPosition};
pub use self::part::{Brand, BrandPage, Part, PartPage};
pub use self::placed::PlacedOrder;
pub use self::status::ShopStatus;
use super::answer;
use super::form::Form;
use super::login::Login;
use crate::config::{SaplabLogin, Secret};
use crate::upstream::object::Object;
use crate::upstream::transport::{Reply, Request, TransportError};
use crate::upstream::{Fault, Upstream, address};

/// A client of one shop with one customer's login.
#[derive(Clone)]
pub struct Shop {
    login: Login,
}

impl Shop {
    /// A client with these settings; `None` without `base_url`: the client API is not used then.
    ///
    /// # Errors
    /// Login or password is missing, or the HTTP client cannot be built.
    pub fn new(settings: &SaplabLogin) -> Result<Option<Self>, TransportError> {
        let login = Login::new(Upstream::SaplabClient, "saplab.client", settings)?;
        Ok(login.map(|login| Self { login }))
    }

    /// The brands that have this article (GET /parts/search/$article). Articles are compared by the shop, without
    /// regard to case and punctuation.
    ///
    /// # Errors
    /// As the transport; [`Fault::Refused`] for an error in the body, or for an article that cannot be sent exactly
    /// (`""`, `"."`, `".."`; status 0: nothing was sent); [`Fault::Garbled`] when there is no list.
    pub async fn brands(&self, article: &str) -> Result<BrandPage, Fault> {
        let path = format!("/parts/search/{}", address::segment("article", article)?);
        self.read(&path, BrandPage::read, "brands").await
    }

    /// The goods of this article and brand, and what may replace them, also of other brands
    /// (GET /parts/search/$article/$brand).
    ///
    /// # Errors
    /// As [`Shop::brands`].
    pub async fn parts(&self, article: &str, brand: &str) -> Result<PartPage, Fault> {
        let (article, brand) = (address::segment("article", article)?, address::segment("brand", brand)?);
        self.read(&format!("/parts/search/{article}/{brand}"), PartPage::read, "parts")
            .await
    }

    /// What is in the cart of this login, by whomever it was put there (GET /account/cart).
    ///
    /// # Errors
    /// As [`Shop::brands`].
    pub async fn cart(&self) -> Result<Cart, Fault> {
        self.read("/account/cart", Cart::read, "goods in the cart").await
    }

    /// Puts `quantity` units of an offer into the cart (POST /account/cart/add) and returns the line's `to_order`.
    /// `to_cart` is [`Part::to_cart`]. Whether a second call adds the units up is not documented.
    ///
    /// # Errors
    /// [`Fault::Refused`] in the shop's words, or (status 0: nothing was sent) without an offer or units;
    /// [`Fault::Garbled`] when it is neither a refusal nor `ok` with the line's identifier; else as the transport.
    pub async fn add_to_cart(&self, to_cart: &Secret, quantity: u32, comment: &str) -> Result<String, Fault> {
        if to_cart.is_empty() || quantity == 0 {
            return Err(unsent("an offer's token and at least one unit are needed"));
        }
        let form = Form::default()
            .field("product", to_cart.reveal())
            .field("quantity", quantity)
            .field("comment", comment);
        let request = self
            .login
            .post("/account/cart/add", form)?
            .secret("SAPLAB_OFFER", to_cart);
        let (reply, raw) = self.ask(request).await?;
        let data = done(&reply, &raw)?.text("data").filter(|data| !data.trim().is_empty());
        data.ok_or_else(|| Fault::Garbled(format!("ok without the identifier of the line: {}", reply.words())))
    }

    /// Orders these lines of the cart, and nothing else of it (POST /account/order/create). The document's table names
    /// other fields (`product`, `quantity`, `comment`) than its example, which is followed: `products[]`.
    ///
    /// # Errors
    /// [`Fault::Refused`] in the shop's words, or (status 0: nothing was sent) without lines, with an empty one or
    /// with one that stands twice; [`Fault::Garbled`] when it is neither a refusal nor `ok` with the order's label;
    /// else as the transport.
    pub async fn create_order(&self, to_order: &[String]) -> Result<PlacedOrder, Fault> {
        let is_odd = |(place, line): (usize, &String)| line.trim().is_empty() || to_order[..place].contains(line);
        if to_order.is_empty() || to_order.iter().enumerate().any(is_odd) {
            return Err(unsent(
                "the lines of the cart to order must be named, each of them once",
            ));
        }
        let form = to_order
            .iter()
            .fold(Form::default(), |form, line| form.field("products[]", line));
        let (reply, raw) = self.ask(self.login.post("/account/order/create", form)?).await?;
        PlacedOrder::read(&done(&reply, &raw)?)
            .ok_or_else(|| Fault::Garbled(format!("ok without the order's label: {}", reply.words())))
    }

    /// One page of positions of this client's orders (GET /account/order). Archived ones only when the filter says so.
    ///
    /// # Errors
    /// As [`Shop::brands`], for the filter's values.
    pub async fn orders(&self, filter: &ShopOrderFilter) -> Result<ShopOrderPage, Fault> {
        self.read(&filter.path()?, ShopOrderPage::read, "orders").await
    }

    /// The shop's order statuses (GET /misc/order_statuses). The document's example shows no credentials; they are
    /// sent nevertheless, since it speaks of Basic authentication in general.
    ///
    /// # Errors
    /// As the transport; [`Fault::Garbled`] when there is no list, or one status of it cannot be read.
    pub async fn statuses(&self) -> Result<Vec<ShopStatus>, Fault> {
        self.read("/misc/order_statuses", ShopStatus::read_all, "statuses")
            .await
    }

    async fn read<T>(&self, path: &str, read: impl FnOnce(&RawValue) -> Option<T>, what: &str) -> Result<T, Fault> {
        let (reply, raw) = self.ask(self.login.get(path)?).await?;
        read(&raw).ok_or_else(|| Fault::Garbled(format!("no list of {what}: {}", reply.words())))
    }

    /// The answer, when it is no refusal.
    async fn ask(&self, request: Request) -> Result<(Reply, Box<RawValue>), Fault> {
        let reply = self.login.send(request).await?;
        let raw = answer::body_with(&reply, "message")?;
        Ok((reply, raw))
    }
}

/// The body of a write that was done.
fn done<'a>(reply: &Reply, raw: &'a RawValue) -> Result<Object<'a>, Fault> {
    match Object::read(raw).filter(|object| object.text("status").as_deref() == Some("ok")) {
        Some(object) => Ok(object),
        None => Err(Fault::Garbled(format!("neither ok nor error: {}", reply.words()))),
    }
}

fn unsent(words: &str) -> Fault {
    Fault::Refused {
        status: 0,
        words: words.to_owned(),
    }
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shop({:?})", self.login)
    }
}
