//! What the panel is asked for without changing anything.

use super::Panel;
use crate::upstream::Fault;
use crate::upstream::saplab::answer;
use crate::upstream::saplab::client_card::ClientCard;
use crate::upstream::saplab::client_filter::ClientFilter;
use crate::upstream::saplab::client_row::ClientPage;
use crate::upstream::saplab::filter::OrderFilter;
use crate::upstream::saplab::filter_path::FilterPath;
use crate::upstream::saplab::group::Group;
use crate::upstream::saplab::listed::Listed;
use crate::upstream::saplab::manager::Manager;
use crate::upstream::saplab::position::OrderPage;
use crate::upstream::saplab::shipping::ShippingType;
use crate::upstream::saplab::status::Status;
use crate::upstream::saplab::transaction::TransactionPage;
use crate::upstream::transport::Reply;

impl Panel {
    /// One page of positions (GET /panel/order). Archived ones only when the filter says so.
    ///
    /// # Errors
    /// As the transport; [`Fault::Refused`] for an error in the body, or for a filter that cannot be sent exactly
    /// (status 0); [`Fault::Garbled`] when there is no list.
    pub async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, Fault> {
        let reply = self.get(&filter.path()?).await?;
        OrderPage::read(&answer::body(&reply)?).ok_or_else(|| without("list of orders", &reply))
    }

    /// The shop's order statuses (GET /panel/order/status).
    ///
    /// # Errors
    /// As [`Panel::orders`].
    pub async fn statuses(&self) -> Result<Vec<Status>, Fault> {
        let reply = self.get("/panel/order/status").await?;
        Status::read_all(&answer::body(&reply)?).ok_or_else(|| without("list of statuses", &reply))
    }

    /// The shop's employees (GET /panel/manager).
    ///
    /// # Errors
    /// As [`Panel::orders`].
    pub async fn managers(&self) -> Result<Listed<Manager>, Fault> {
        let reply = self.get("/panel/manager").await?;
        Manager::read_all(&answer::body(&reply)?).ok_or_else(|| without("list of managers", &reply))
    }

    /// The shop's ways of delivery (GET /panel/order/shipping_type).
    ///
    /// # Errors
    /// As [`Panel::orders`].
    pub async fn shipping_types(&self) -> Result<Listed<ShippingType>, Fault> {
        let reply = self.get("/panel/order/shipping_type").await?;
        ShippingType::read_all(&answer::body(&reply)?).ok_or_else(|| without("list of shipping types", &reply))
    }

    /// The discount groups of clients (GET /panel/client/group).
    ///
    /// # Errors
    /// As [`Panel::orders`].
    pub async fn groups(&self) -> Result<Listed<Group>, Fault> {
        let reply = self.get("/panel/client/group").await?;
        Group::read_all(&answer::body(&reply)?).ok_or_else(|| without("list of groups", &reply))
    }

    /// One page of clients (GET /panel/client).
    ///
    /// # Errors
    /// As [`Panel::orders`].
    pub async fn clients(&self, filter: &ClientFilter) -> Result<ClientPage, Fault> {
        let reply = self.get(&filter.path()?).await?;
        ClientPage::read(&answer::body(&reply)?).ok_or_else(|| without("list of clients", &reply))
    }

    /// One client with all that its form shows (GET /panel/client/form/$ID).
    ///
    /// # Errors
    /// As the transport; [`Fault::Refused`] for an error in the body; [`Fault::Garbled`] when there is no client, or
    /// another one.
    pub async fn client(&self, id: i64) -> Result<ClientCard, Fault> {
        let reply = self.get(&format!("/panel/client/form/{id}")).await?;
        let card = ClientCard::read(&answer::body(&reply)?)
            .map_err(|why| Fault::Garbled(format!("{why}: {}", reply.words())))?;
        if card.id != id {
            return Err(Fault::Garbled(format!("asked for client {id}, got {}", card.id)));
        }
        Ok(card)
    }

    /// One page of operations with a client's balance (GET /panel/client/balance/$ID), from 1. The document says how
    /// many pages there are and not how to ask for one: it is asked for as in the other lists, and believed only when
    /// the answer says that it is that page.
    ///
    /// # Errors
    /// As [`Panel::orders`]; [`Fault::Garbled`] for another page than the one asked for.
    pub async fn balance(&self, client: i64, page: u32) -> Result<TransactionPage, Fault> {
        let page = page.max(1);
        let path = FilterPath::new(&format!("/panel/client/balance/{client}"));
        let path = path.number("page", (page > 1).then_some(page)).finish();
        let reply = self.get(&path).await?;
        let answer = TransactionPage::read(&answer::body(&reply)?)
            .ok_or_else(|| without("list of balance operations", &reply))?;
        match answer.page.unwrap_or(1) {
            given if given == page => Ok(answer),
            given => Err(Fault::Garbled(format!(
                "asked for page {page} of a balance, got {given}"
            ))),
        }
    }
}

fn without(what: &str, reply: &Reply) -> Fault {
    Fault::Garbled(format!("no {what}: {}", reply.words()))
}

#[cfg(test)]
mod tests;
