//! Saplab's discount groups of clients (panel document, /panel/client/group_form and /panel/client/remove_group), as rows
//! that can be added, replaced and removed.

use serde::{Deserialize, Serialize};

use super::saplab_list_rows::{ID, ListRow, Title};
use super::saplab_reference::ListGroups;
use super::saplab_seen::{added, same_name};
use super::{Arg, Kind, Sight};
use crate::mirror::saplab_reference::Removed;
use crate::upstream::Fault;
use crate::upstream::saplab::{Group, Listed, Panel, Success};

const NAME: Arg = Arg::required("name", Kind::Text, "its name");
const DISCOUNT: Arg = Arg::required("discount", Kind::Integer, "the discount, whole per cent");
const COMMENT: Arg = Arg::required("comment", Kind::Text, "the comment; may be empty");

/// A group.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GroupRow {
    name: String,
    discount: i64,
    #[serde(default)]
    comment: String,
}

impl ListRow for GroupRow {
    const WHAT: &'static str = "discount group";
    const KIND: Removed = Removed::Group;
    const ADD: Title = Title {
        name: "saplab.groups.add",
        about: "Add a discount group of clients (POST /panel/client/group_form)",
    };
    const EDIT: Title = Title {
        name: "saplab.groups.edit",
        about: "Replace a discount group of clients (POST /panel/client/group_form/$ID)",
    };
    const REMOVE: Title = Title {
        name: "saplab.groups.remove",
        about: "Remove a discount group of clients (POST /panel/client/remove_group)",
    };
    const ADD_ARGS: &'static [Arg] = &[NAME, DISCOUNT, Arg::new("comment", Kind::Text, "the comment")];
    const EDIT_ARGS: &'static [Arg] = &[ID, NAME, DISCOUNT, COMMENT];
    type List = ListGroups;

    fn list() -> ListGroups {
        ListGroups {}
    }

    async fn add(&self, panel: &Panel) -> Result<Success, Fault> {
        panel.add_group(&self.name, self.discount, &self.comment).await
    }

    async fn edit(&self, panel: &Panel, id: i64) -> Result<Success, Fault> {
        panel.edit_group(id, &self.name, self.discount, &self.comment).await
    }

    async fn remove(panel: &Panel, id: i64) -> Result<Success, Fault> {
        panel.remove_group(id).await
    }

    fn is_added(&self, list: &Listed<Group>) -> Sight {
        let same = |one: &Group| one.discount == Some(self.discount.into());
        // The list shows the discount behind the name: "Розница - 0%".
        let shown = |one: &Group| {
            one.discount
                .map(|discount| format!("{} - {discount}%", self.name.trim()))
        };
        let named = |one: &Group| {
            same_name(&one.name, &self.name) || shown(one).is_some_and(|shown| same_name(&one.name, &shown))
        };
        added(Self::WHAT, &list.rows, &list.rejected, named, same, |one| one.id)
    }

    fn ids(list: &Listed<Group>) -> (Vec<i64>, &[String]) {
        (list.rows.iter().map(|one| one.id).collect(), &list.rejected)
    }
}
