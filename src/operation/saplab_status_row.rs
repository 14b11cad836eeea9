//! Saplab's order statuses (panel document, /panel/order/status and /panel/order/remove_status), as rows that can be
//! added, replaced and removed.

use serde::{Deserialize, Serialize};

use super::saplab_list_rows::{ID, ListRow, Title};
use super::saplab_seen::{added, same_name};
use super::saplab_statuses::ListStatuses;
use super::{Arg, Kind, Sight};
use crate::mirror::saplab_reference::Removed;
use crate::upstream::Fault;
use crate::upstream::saplab::{Panel, Status, Success};

const NAME: Arg = Arg::required("name", Kind::Text, "its name");
const COLOR: Arg = Arg::required("color", Kind::Text, "its colour, RRGGBB");
const SMS: Arg = Arg::required("sms", Kind::Flag, "whether setting it sends the client an SMS");
const EMAIL: Arg = Arg::required("email", Kind::Flag, "whether setting it sends the client an e-mail");

/// A status.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StatusRow {
    name: String,
    color: String,
    sms: bool,
    email: bool,
}

impl ListRow for StatusRow {
    const WHAT: &'static str = "order status";
    const KIND: Removed = Removed::Status;
    const ADD: Title = Title {
        name: "saplab.statuses.add",
        about: "Add an order status (POST /panel/order/status)",
    };
    const EDIT: Title = Title {
        name: "saplab.statuses.edit",
        about: "Replace an order status (POST /panel/order/status/$ID)",
    };
    const REMOVE: Title = Title {
        name: "saplab.statuses.remove",
        about: "Remove an order status (POST /panel/order/remove_status)",
    };
    const ADD_ARGS: &'static [Arg] = &[NAME, COLOR, SMS, EMAIL];
    const EDIT_ARGS: &'static [Arg] = &[ID, NAME, COLOR, SMS, EMAIL];
    type List = ListStatuses;

    fn list() -> ListStatuses {
        ListStatuses {}
    }

    async fn add(&self, panel: &Panel) -> Result<Success, Fault> {
        panel.add_status(&self.name, &self.color, self.sms, self.email).await
    }

    async fn edit(&self, panel: &Panel, id: i64) -> Result<Success, Fault> {
        panel
            .edit_status(id, &self.name, &self.color, self.sms, self.email)
            .await
    }

    async fn remove(panel: &Panel, id: i64) -> Result<Success, Fault> {
        panel.remove_status(id).await
    }

    fn is_added(&self, list: &Vec<Status>) -> Sight {
        let same = |one: &Status| {
            one.color.eq_ignore_ascii_case(&self.color) && one.sms == Some(self.sms) && one.email == Some(self.email)
        };
        let named = |one: &Status| same_name(&one.name, &self.name);
        added(Self::WHAT, list, &[], named, same, |one| one.id)
    }

    fn ids(list: &Vec<Status>) -> (Vec<i64>, &[String]) {
        (list.iter().map(|one| one.id).collect(), &[])
    }
}
