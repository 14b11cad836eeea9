//! KEAZ: `POST /restapi/office/<resource>.<action>.<type>` with the key in the body, after the KEAZ document.
//!
//! `warehouses` is documented; the stock resource is the one that KEAZ's e-mail upload calls `remains`, its names
//! are options. Requests in three formats, answers in two.

mod call;
mod form;
mod json;
mod remains;
mod reply;
mod warehouses;
mod xml;

use axum::http::Method;

use self::call::Call;
use self::reply::{Format, Reply};
use super::answer::Answer;
use super::exchange::Cx;
use super::options::Options;
use super::request::Request;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Resource {
    Warehouses,
    Remains,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Get,
    List,
    Add,
    Update,
    Delete,
}

impl Action {
    fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::List, Self::Add, Self::Update, Self::Delete]
            .into_iter()
            .find(|one| one.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Add => "add",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn reads(self) -> bool {
        matches!(self, Self::Get | Self::List)
    }
}

struct Route {
    resource: Resource,
    action: Action,
    format: Format,
}

/// `/restapi/office/warehouses.list.json`; without a type it is JSON.
fn route(request: &Request, options: &Options) -> Option<Route> {
    let name = request.path.strip_prefix("/restapi/office/")?;
    let mut parts = name.split('.');
    let resource = match parts.next()? {
        "warehouses" => Resource::Warehouses,
        other if other == options.keaz_remains_resource => Resource::Remains,
        _ => return None,
    };
    let action = Action::parse(parts.next()?)?;
    let format = match parts.next() {
        None | Some("json") => Format::Json,
        Some("xml") => Format::Xml,
        Some(_) => return None,
    };
    let hidden = resource == Resource::Remains && action.reads() && !options.keaz_answers_remains_list;
    (parts.next().is_none() && !hidden).then_some(Route {
        resource,
        action,
        format,
    })
}

/// `keaz.warehouses.add`, `keaz.remains.update` and so on; `keaz.remains` whatever the resource is called on the wire.
pub(super) fn operation(request: &Request, options: &Options) -> String {
    let Some(route) = route(request, options) else {
        return "keaz.unknown".to_owned();
    };
    let resource = match route.resource {
        Resource::Warehouses => "warehouses",
        Resource::Remains => "remains",
    };
    format!("keaz.{resource}.{}", route.action.name())
}

/// Answers one request.
pub(super) fn answer(request: &Request, cx: &mut Cx<'_>) -> Answer {
    let options = cx.options;
    let Some(route) = route(request, options) else {
        return Answer::page(404, "404 Not Found");
    };
    if request.method != Method::POST {
        return Answer::page(405, "405 Method Not Allowed");
    }
    let name = match route.resource {
        Resource::Warehouses => "warehouses",
        Resource::Remains => options.keaz_remains_resource.as_str(),
    };
    let call = match Call::read(request, name) {
        Ok(call) => call,
        Err(reason) => return Reply::refusal(&reason).answer(400, route.format, options),
    };
    if call.hash.as_deref() != Some(options.keaz_key.as_str()) {
        let status = if options.keaz_bad_key_401 { 401 } else { 200 };
        return Reply::refusal("Неверный API ключ").answer(status, route.format, options);
    }
    if !route.action.reads()
        && let Some(refusal) = refused_whole(&call, route.format, options)
    {
        return refusal;
    }
    let reply = match route.resource {
        Resource::Warehouses => warehouses::run(route.action, call, cx),
        Resource::Remains => remains::run(route.action, call, cx),
    };
    reply.answer(200, route.format, options)
}

/// A push that is too large, or that one row spoils for all of them.
fn refused_whole(call: &Call, format: Format, options: &Options) -> Option<Answer> {
    let rows = call.rows.as_deref().unwrap_or_default();
    if options.keaz_rows_max > 0 && rows.len() > options.keaz_rows_max {
        return Some(Answer::page(413, "413 Request Entity Too Large"));
    }
    let poison = |value: &serde_json::Value| options.keaz_poison.iter().any(|text| value.as_str() == Some(text));
    let spoilt = rows.iter().any(|row| row.values().any(poison));
    spoilt.then(|| Reply::refusal("Не удалось обработать данные").answer(200, format, options))
}
