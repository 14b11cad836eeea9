//! Every operation, by name: performed from here, listed and asked for from here. A new one is one line below.

use serde_json::{Map, Value};
use sqlx::Result;

use super::carreta_order_create::CreateOrder;
use super::carreta_orders::{GetHistory, GetOrder, ListOrders};
use super::carreta_parts::SearchParts;
use super::carreta_prices::FetchPrices;
use super::carreta_profile::GetProfile;
use super::keaz_remains::{DeleteRemains, ListRemains, UpdateRemains};
use super::keaz_resource::{AddRows, DeleteRows, GetRows, ListRows, UpdateRows};
use super::keaz_warehouses::{AddWarehouses, ListWarehouses, UpdateWarehouses};
use super::keaz_warehouses_delete::DeleteWarehouses;
use super::perform::{Performer, typed};
use super::saplab_balance::{AddTransaction, ListTransactions};
use super::saplab_cart::ListCart;
use super::saplab_cart_add::AddToCart;
use super::saplab_client_create::CreateClient;
use super::saplab_client_edit::EditClient;
use super::saplab_clients::{GetClient, ListClients};
use super::saplab_groups::GroupRow;
use super::saplab_list_rows::{Add, Edit, Remove};
use super::saplab_orders::ListPositions;
use super::saplab_parts::{FindBrands, FindParts};
use super::saplab_pay::Pay;
use super::saplab_position_acts::{Archive, Deny, MakeDocuments, Unarchive};
use super::saplab_purchase_create::CreatePurchase;
use super::saplab_purchases::{ListPurchaseStatuses, ListPurchases};
use super::saplab_reference::{ListGroups, ListManagers, ListShippingTypes};
use super::saplab_set_status::SetStatus;
use super::saplab_shipping_types::ShippingRow;
use super::saplab_status_row::StatusRow;
use super::saplab_statuses::ListStatuses;
use super::{Arg, Operation, new_call};
use crate::queue::enqueue::NewCall;
use crate::queue::{Call, Class};
use crate::upstream::Upstream;

/// An operation as people see it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// `upstream.resource.action`
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Whom it asks.
    pub upstream: Upstream,
    /// What a second execution would do.
    pub class: Class,
    /// What it takes.
    pub args: &'static [Arg],
    /// Why a person must say yes.
    pub consequence: Option<&'static str>,
    new: fn(Map<String, Value>) -> serde_json::Result<NewCall>,
    read_back: fn(&Value) -> Option<NewCall>,
}

impl Entry {
    const fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            about: O::ABOUT,
            upstream: O::UPSTREAM,
            class: O::CLASS,
            args: O::ARGS,
            consequence: O::CONSEQUENCE,
            new: |args| {
                let mut operation = O::deserialize(Value::Object(args))?;
                operation.complete();
                Ok(new_call(&operation, false))
            },
            read_back: |args| O::deserialize(args).ok()?.read_back(),
        }
    }

    /// The read that shows whether a call with these arguments has happened.
    pub fn read_back(&self, args: &Value) -> Option<NewCall> {
        (self.read_back)(args)
    }

    /// The call with these arguments.
    ///
    /// # Errors
    /// When they are not the operation's.
    pub fn call(&self, args: Map<String, Value>) -> serde_json::Result<NewCall> {
        (self.new)(args)
    }
}

/// The entry of that name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    catalogue().iter().find(|entry| entry.name == name)
}

macro_rules! operations {
    ($($operation:ty),+ $(,)?) => {
        /// All operations, by upstream and resource.
        pub fn catalogue() -> &'static [Entry] {
            const ALL: &[Entry] = &[$(Entry::of::<$operation>()),+];
            ALL
        }

        /// Performs the call if its operation is known. `None`: it is not.
        pub(super) async fn dispatch(performer: &Performer<'_>, call: &Call) -> Option<Result<()>> {
            match call.operation.as_str() {
                $(<$operation>::NAME => Some(Box::pin(typed::<$operation>(performer, call)).await),)+
                _ => None,
            }
        }
    };
}

operations! {
    ListWarehouses,
    AddWarehouses,
    UpdateWarehouses,
    DeleteWarehouses,
    ListRemains,
    UpdateRemains,
    DeleteRemains,
    GetRows,
    ListRows,
    AddRows,
    UpdateRows,
    DeleteRows,
    ListPositions,
    SetStatus,
    Deny,
    Pay,
    Archive,
    Unarchive,
    MakeDocuments,
    ListStatuses,
    Add<StatusRow>,
    Edit<StatusRow>,
    Remove<StatusRow>,
    ListManagers,
    ListShippingTypes,
    Add<ShippingRow>,
    Edit<ShippingRow>,
    Remove<ShippingRow>,
    ListGroups,
    Add<GroupRow>,
    Edit<GroupRow>,
    Remove<GroupRow>,
    ListClients,
    GetClient,
    CreateClient,
    EditClient,
    ListTransactions,
    AddTransaction,
    FindBrands,
    FindParts,
    ListCart,
    AddToCart,
    CreatePurchase,
    ListPurchases,
    ListPurchaseStatuses,
    GetProfile,
    SearchParts,
    ListOrders,
    CreateOrder,
    GetOrder,
    GetHistory,
    FetchPrices,
}
