//! What changes positions and the shop's reference lists. Some of these are GETs in the document: they go out on a
//! connection of their own and are never repeated here.

use rust_decimal::Decimal;

use super::Panel;
use crate::upstream::Fault;
use crate::upstream::saplab::answer::{self, Success};
use crate::upstream::saplab::filter_path::id_list;
use crate::upstream::saplab::form::Form;

/// Every method here: [`Fault::Refused`] with Saplab's words for an error in the body; [`Fault::Garbled`] for anything
/// that is neither its success nor its error, when nobody knows whether it was done; else as the transport.
impl Panel {
    /// Sets a position's status (POST /panel/order/set_status/$ID). Saplab may send the client an SMS or an e-mail
    /// each time, also when the status was the same before: the caller looks first.
    ///
    /// # Errors
    /// As above.
    pub async fn set_status(&self, position: i64, status: i64) -> Result<(), Fault> {
        let form = Form::default().field("status_id", status);
        let path = format!("/panel/order/set_status/{position}");
        self.write(&path, form).await.map(drop)
    }

    /// Takes a position off its order (GET /panel/order/deny/$ID).
    ///
    /// # Errors
    /// As above; the document shows no refusal.
    pub async fn deny(&self, position: i64) -> Result<Success, Fault> {
        self.act(&format!("/panel/order/deny/{position}")).await
    }

    /// Pays a position from the client's balance, or takes its payment back (GET /panel/order/pay/$ID): a toggle whose
    /// two answers differ by their words alone. The caller looks before and after.
    ///
    /// # Errors
    /// As above: too little money, no such position.
    pub async fn pay(&self, position: i64) -> Result<Success, Fault> {
        self.act(&format!("/panel/order/pay/{position}")).await
    }

    /// Puts a position into the archive (GET /panel/order/archive/$ID).
    ///
    /// # Errors
    /// As above.
    pub async fn archive(&self, position: i64) -> Result<Success, Fault> {
        self.act(&format!("/panel/order/archive/{position}")).await
    }

    /// Takes a position out of the archive (GET /panel/order/unarchive/$ID). The document's example of it is a copy of
    /// the one for deny, which would take the position off its order: the method's own path is sent.
    ///
    /// # Errors
    /// As above.
    pub async fn unarchive(&self, position: i64) -> Result<Success, Fault> {
        self.act(&format!("/panel/order/unarchive/{position}")).await
    }

    /// Makes the documents of these positions (GET /panel/order/documents/19,20,21, as in the document's example; its
    /// heading says documentds). Asked again, it may make them again.
    ///
    /// # Errors
    /// As above; [`Fault::Refused`] (status 0: nothing was sent) without positions.
    pub async fn documents(&self, positions: &[i64]) -> Result<Success, Fault> {
        if positions.is_empty() {
            return Err(Fault::Refused {
                status: 0,
                words: "documents of no position cannot be asked for".into(),
            });
        }
        self.act(&format!("/panel/order/documents/{}", id_list(positions)))
            .await
    }

    /// Adds an operation to a client's balance (POST /panel/client/add_transaction/$ID: the document calls it a GET
    /// and sends a form). Negative = charge. The document shows no answer; the panel's success is the only one
    /// believed. Sent twice, it counts twice.
    ///
    /// # Errors
    /// As above.
    pub async fn add_transaction(&self, client: i64, amount: Decimal, description: &str) -> Result<Success, Fault> {
        let form = Form::default()
            .field("amount", amount)
            .field("description", description);
        self.write(&format!("/panel/client/add_transaction/{client}"), form)
            .await
    }

    /// Adds a way of delivery (POST /panel/order/shipping_type); the answer does not tell its id.
    ///
    /// # Errors
    /// As above.
    pub async fn add_shipping_type(&self, name: &str, min_price: i64) -> Result<Success, Fault> {
        self.write("/panel/order/shipping_type", shipping_type(name, min_price))
            .await
    }

    /// Replaces a way of delivery (POST /panel/order/shipping_type/$ID).
    ///
    /// # Errors
    /// As above.
    pub async fn edit_shipping_type(&self, id: i64, name: &str, min_price: i64) -> Result<Success, Fault> {
        let path = format!("/panel/order/shipping_type/{id}");
        self.write(&path, shipping_type(name, min_price)).await
    }

    /// Removes a way of delivery (POST /panel/order/remove_shipping_type).
    ///
    /// # Errors
    /// As above; a refusal without words when it does not exist.
    pub async fn remove_shipping_type(&self, id: i64) -> Result<Success, Fault> {
        self.remove("/panel/order/remove_shipping_type", id).await
    }

    /// Adds an order status (POST /panel/order/status): its colour is RRGGBB, and setting it may send an SMS or an
    /// e-mail. The answer does not tell its id.
    ///
    /// # Errors
    /// As above.
    pub async fn add_status(&self, name: &str, color: &str, sms: bool, email: bool) -> Result<Success, Fault> {
        self.write("/panel/order/status", status(name, color, sms, email)).await
    }

    /// Replaces an order status (POST /panel/order/status/$ID).
    ///
    /// # Errors
    /// As above.
    pub async fn edit_status(
        &self,
        id: i64,
        name: &str,
        color: &str,
        sms: bool,
        email: bool,
    ) -> Result<Success, Fault> {
        let path = format!("/panel/order/status/{id}");
        self.write(&path, status(name, color, sms, email)).await
    }

    /// Removes an order status (POST /panel/order/remove_status).
    ///
    /// # Errors
    /// As above; a refusal without words when it does not exist, with words when the shop's settings use it.
    pub async fn remove_status(&self, id: i64) -> Result<Success, Fault> {
        self.remove("/panel/order/remove_status", id).await
    }

    /// Adds a discount group (POST /panel/client/group_form); the discount is in percent. The answer does not tell its
    /// id.
    ///
    /// # Errors
    /// As above.
    pub async fn add_group(&self, name: &str, discount: i64, comment: &str) -> Result<Success, Fault> {
        self.write("/panel/client/group_form", group(name, discount, comment))
            .await
    }

    /// Replaces a discount group (POST /panel/client/group_form/$ID, as in the document's contents; its example says
    /// /panel/order).
    ///
    /// # Errors
    /// As above.
    pub async fn edit_group(&self, id: i64, name: &str, discount: i64, comment: &str) -> Result<Success, Fault> {
        let path = format!("/panel/client/group_form/{id}");
        self.write(&path, group(name, discount, comment)).await
    }

    /// Removes a discount group (POST /panel/client/remove_group).
    ///
    /// # Errors
    /// As above; a refusal with words when the shop's settings use it.
    pub async fn remove_group(&self, id: i64) -> Result<Success, Fault> {
        self.remove("/panel/client/remove_group", id).await
    }

    async fn remove(&self, path: &str, id: i64) -> Result<Success, Fault> {
        self.write(path, Form::default().field("id", id)).await
    }

    async fn write(&self, path: &str, form: Form) -> Result<Success, Fault> {
        answer::done(&self.post(path, form).await?)
    }

    /// A GET that changes something.
    async fn act(&self, path: &str) -> Result<Success, Fault> {
        let request = self.login.get(path)?.pooled(false);
        answer::done(&self.login.send(request).await?)
    }
}

fn shipping_type(name: &str, min_price: i64) -> Form {
    Form::default().field("name", name).field("min_price", min_price)
}

fn status(name: &str, color: &str, sms: bool, email: bool) -> Form {
    Form::default()
        .field("name", name)
        .field("color", color)
        .flag("sms", sms)
        .flag("email", email)
}

fn group(name: &str, discount: i64, comment: &str) -> Form {
    Form::default()
        .field("name", name)
        .field("discount", discount)
        .field("comment", comment)
}

#[cfg(test)]
mod tests;
