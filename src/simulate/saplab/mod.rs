//! Saplab: the shop's panel (`/panel/...`) and its client API, on one host, after the two Saplab documents.
//!
//! One table in `route` says what each path is; the handlers are in the files beside.

mod balance;
mod cart;
mod clients;
mod filter;
mod form;
mod groups;
mod money;
mod orders;
mod parts;
mod position;
mod reference;
mod set;
mod shop_orders;
mod verdict;

use axum::http::header;

use super::answer::Answer;
use super::exchange::Cx;
use super::request::Request;
use filter::Filter;
use form::Form;

/// What a handler is given of a request.
struct Call {
    /// The `$ID`, `$article`, `$brand` segments of the path, decoded.
    args: Vec<String>,
    /// The `filter/key/value` segments of the path, decoded.
    filter: Filter,
    /// The POST fields.
    form: Form,
    /// The `page` of the query string, where the document shows no other place for it.
    page: Option<u64>,
}

impl Call {
    /// The first argument as a number: the `$ID` of most methods.
    fn id(&self) -> Option<u64> {
        self.args.first()?.parse().ok()
    }
}

type Handler = fn(&Call, &mut Cx<'_>) -> Answer;

/// Whose credentials a method wants.
enum Door {
    Employee,
    Client,
    Open,
}

struct Route<'a> {
    operation: &'static str,
    door: Door,
    handler: Handler,
    args: Vec<&'a str>,
    filter: &'a [&'a str],
}

fn route<'a>(method: &str, path: &'a [&'a str]) -> Option<Route<'a>> {
    let (path, filter) = match path.iter().position(|segment| *segment == "filter") {
        // An article of the search may be called anything, "filter" too.
        Some(at) if path.first() != Some(&"parts") => (&path[..at], &path[at + 1..]),
        _ => (path, &path[..0]),
    };
    let (operation, handler, args): (_, Handler, Vec<&str>) = match (method, path) {
        ("GET", ["panel", "manager"]) => ("saplab.panel.manager.list", reference::managers, vec![]),
        ("GET", ["panel", "order"]) => ("saplab.panel.order.list", orders::list, vec![]),
        (_, ["panel", "order", "set_status", id]) => ("saplab.panel.order.set_status", set::status, vec![*id]),
        ("GET", ["panel", "order", "deny", id]) => ("saplab.panel.order.deny", set::deny, vec![*id]),
        ("GET", ["panel", "order", "pay", id]) => ("saplab.panel.order.pay", money::pay, vec![*id]),
        ("GET", ["panel", "order", "archive", id]) => ("saplab.panel.order.archive", set::archive, vec![*id]),
        ("GET", ["panel", "order", "unarchive", id]) => ("saplab.panel.order.unarchive", set::unarchive, vec![*id]),
        ("GET", ["panel", "order", "documents" | "documentds", ids]) => {
            ("saplab.panel.order.documents", set::documents, vec![*ids])
        }
        ("GET", ["panel", "order", "status"]) => ("saplab.panel.status.list", reference::statuses, vec![]),
        ("POST", ["panel", "order", "status"]) => ("saplab.panel.status.add", reference::add_status, vec![]),
        ("POST", ["panel", "order", "status", id]) => ("saplab.panel.status.edit", reference::edit_status, vec![*id]),
        ("POST", ["panel", "order", "remove_status"]) => {
            ("saplab.panel.status.remove", reference::remove_status, vec![])
        }
        ("GET", ["panel", "order", "shipping_type"]) => {
            ("saplab.panel.shipping_type.list", reference::shipping_types, vec![])
        }
        ("POST", ["panel", "order", "shipping_type"]) => {
            ("saplab.panel.shipping_type.add", reference::add_shipping_type, vec![])
        }
        ("POST", ["panel", "order", "shipping_type", id]) => (
            "saplab.panel.shipping_type.edit",
            reference::edit_shipping_type,
            vec![*id],
        ),
        ("POST", ["panel", "order", "remove_shipping_type"]) => (
            "saplab.panel.shipping_type.remove",
            reference::remove_shipping_type,
            vec![],
        ),
        ("GET", ["panel", "client", "group"]) => ("saplab.panel.group.list", groups::list, vec![]),
        ("POST", ["panel", "client", "group_form"]) => ("saplab.panel.group.add", groups::add, vec![]),
        // The contents of the document say client, its example says order.
        ("POST", ["panel", "client" | "order", "group_form", id]) => {
            ("saplab.panel.group.edit", groups::edit, vec![*id])
        }
        ("POST", ["panel", "client", "remove_group"]) => ("saplab.panel.group.remove", groups::remove, vec![]),
        ("GET", ["panel", "client"]) => ("saplab.panel.client.list", clients::list, vec![]),
        ("GET", ["panel", "client", "form", id]) => ("saplab.panel.client.read", clients::read, vec![*id]),
        ("POST", ["panel", "client", "form"]) => ("saplab.panel.client.create", clients::create, vec![]),
        ("POST", ["panel", "client", "form", id]) => ("saplab.panel.client.edit", clients::edit, vec![*id]),
        ("GET", ["panel", "client", "balance", id]) => ("saplab.panel.balance.list", balance::list, vec![*id]),
        // "тип GET" in the document, whose example sends the data by POST.
        (_, ["panel", "client", "add_transaction", id]) => ("saplab.panel.balance.add", balance::add, vec![*id]),
        ("GET", ["parts", "search", article]) => ("saplab.client.parts.brands", parts::brands, vec![*article]),
        ("GET", ["parts", "search", article, brand]) => {
            ("saplab.client.parts.search", parts::search, vec![*article, *brand])
        }
        ("GET", ["account", "cart"]) => ("saplab.client.cart.list", cart::list, vec![]),
        ("POST", ["account", "cart", "add"]) => ("saplab.client.cart.add", cart::add, vec![]),
        ("POST", ["account", "order", "create"]) => ("saplab.client.order.create", shop_orders::create, vec![]),
        ("GET", ["account", "order"]) => ("saplab.client.order.list", shop_orders::list, vec![]),
        ("GET", ["misc", "order_statuses"]) => ("saplab.client.statuses", reference::shop_statuses, vec![]),
        _ => return None,
    };
    let filtered = ["order.list", "client.list", "balance.list"]
        .iter()
        .any(|end| operation.ends_with(end));
    let door = match path.first() {
        Some(&"panel") => Door::Employee,
        Some(&"misc") => Door::Open,
        _ => Door::Client,
    };
    (filtered || filter.is_empty()).then_some(Route {
        operation,
        door,
        handler,
        args,
        filter,
    })
}

/// The operation of a request, `saplab.unknown` when there is none on that path.
pub(super) fn operation(request: &Request) -> String {
    let segments = request.segments().unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    route(request.method.as_str(), &segments)
        .map_or("saplab.unknown", |route| route.operation)
        .to_owned()
}

/// Answers one request.
pub(super) fn answer(request: &Request, cx: &mut Cx<'_>) -> Answer {
    let Some(segments) = request.segments() else {
        return Answer::page(400, "400 Bad Request");
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some(route) = route(request.method.as_str(), &segments) else {
        return Answer::page(404, "404 Not Found");
    };
    let options = cx.options;
    let welcome = match route.door {
        Door::Employee => request.is_from(&options.panel_login, &options.panel_password),
        Door::Client => request.is_from(&options.client_login, &options.client_password),
        Door::Open => true,
    };
    if !welcome {
        let realm = "Basic realm=\"saplab\"";
        return Answer::page(401, "401 Unauthorized").with(header::WWW_AUTHENTICATE, realm);
    }
    let Some(filter) = Filter::read(route.filter) else {
        return Answer::page(400, "400 Bad Request");
    };
    let call = Call {
        args: route.args.into_iter().map(str::to_owned).collect(),
        filter,
        form: Form::new(request.form()),
        page: request.query_first("page").and_then(|page| page.parse().ok()),
    };
    (route.handler)(&call, cx)
}
