//! `sverka explain --order NUMBER`: all that is known of an order, by any of its numbers. (`explain ARTICLE` is in
//! `explain_article.rs`.)

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{CliError, Format, explain_article, output};
use crate::config::Settings;
use crate::db::Database;
use crate::diff::explain::{self, Event, Kind, Order, StatusChange};
use crate::queue::look::{self, Sent};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An article, spelled as the ERP spells it
    #[arg(required_unless_present = "order")]
    article: Option<String>,
    /// A Saplab position's id or invoice, a Carreta order's id or number, or the id of a purchase of the ERP
    #[arg(long, value_name = "NUMBER", conflicts_with = "article")]
    order: Option<String>,
}

pub(super) async fn explain(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let order = args.order.as_deref().map(str::trim);
    let article = args.article.as_deref().unwrap_or_default();
    if order == Some("") || order.is_none() && article.trim().is_empty() {
        return Err(CliError::Usage(
            "which one? An article, or --order with its number".into(),
        ));
    }
    let zone = settings.schedule.timezone;
    let database = Database::open_migrated(&settings).await?;
    let shown = match order {
        Some(number) => show(&database.pool, number, format).await,
        None => explain_article::show(&database.pool, article, zone, format).await,
    };
    database.close().await;
    shown
}

async fn show(pool: &PgPool, number: &str, format: Format) -> Result<(), CliError> {
    let orders = explain::orders(pool, number).await?;
    if orders.is_empty() {
        return Err(nothing(pool, number).await?);
    }
    if format == Format::Json {
        return output::json(&orders);
    }
    let blocks: Vec<String> = orders.iter().map(told).collect();
    output::line(&blocks.join("\n\n"))
}

/// Where it was looked for, and how old that is.
async fn nothing(pool: &PgPool, number: &str) -> Result<CliError, CliError> {
    let places: Vec<String> = explain::places(pool)
        .await?
        .iter()
        .map(|place| match place.newest {
            Some(newest) => format!("{} {} (the newest of {})", place.rows, place.place, time(newest)),
            None => format!("{} {}", place.rows, place.place),
        })
        .collect();
    let read: Vec<String> = look::last_runs(pool)
        .await?
        .iter()
        .filter(|run| run.job == "orders" || run.job == "purchases")
        .filter_map(|run| Some(format!("{} {}", run.job, time(run.ended_at?))))
        .collect();
    let read = if read.is_empty() {
        "never".to_owned()
    } else {
        read.join(", ")
    };
    Ok(CliError::Failed(format!(
        "there is no order «{number}» among {}. Last read: {read}. To read them now: sverka sync orders purchases",
        places.join(", ")
    )))
}

/// One order as a block of lines: a heading, a line for each thing that is known, the history, the calls.
fn told(order: &Order) -> String {
    let mut lines = vec![heading(order)];
    for (label, text) in facts(order) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            lines.push(format!("  {label:<9} {text}"));
        }
    }
    if !order.history.is_empty() {
        lines.push("  history".into());
        lines.extend(order.history.iter().map(event));
    }
    if !order.changes.is_empty() {
        lines.push("  status changes, newest first".into());
        lines.extend(order.changes.iter().map(change));
    }
    lines.push(match order.sent.as_slice() {
        [] => "  sent      nothing that is remembered (queue.keep)".into(),
        _ => "  sent, newest first".into(),
    });
    lines.extend(order.sent.iter().map(call));
    let plain: Vec<String> = lines.iter().map(|line| output::plain(line)).collect();
    plain.join("\n")
}

fn heading(order: &Order) -> String {
    let what = match order.kind {
        Kind::SaplabOrder => "Position of a customer's order at Saplab",
        Kind::CarretaOrder => "Our order at Carreta",
        Kind::SaplabPurchase => "Our order through Saplab's client API",
        Kind::Purchase => "Purchase of the ERP",
    };
    format!("{what}, id {}", order.id)
}

fn facts(order: &Order) -> Vec<(&'static str, Option<String>)> {
    let words = |parts: &[Option<String>], between: &str| -> Option<String> {
        let there: Vec<String> = parts.iter().flatten().cloned().collect();
        Some(there.join(between))
    };
    let id = order.status_id.map(|id| format!("({id})"));
    let number = match order.kind {
        Kind::SaplabOrder | Kind::SaplabPurchase => "invoice",
        Kind::CarretaOrder | Kind::Purchase => "number",
    };
    let days = match (order.days_min, order.days_max) {
        (Some(min), Some(max)) if min != max => Some(format!("{min} to {max} days")),
        (min, max) => min.or(max).map(|days| format!("{days} days")),
    };
    let flag = |flag: Option<bool>, yes: &str| flag.filter(|set| *set).map(|_| yes.to_owned());
    let paid = order
        .is_paid
        .map(|paid| if paid { "paid" } else { "not paid" }.to_owned());
    let status = words(&[order.status.clone(), id], " ");
    let of_supplier = order.supplier.as_ref().map(|supplier| match &order.supplier_order_id {
        Some(id) => format!("{supplier}, order {id}"),
        None => format!("{supplier}, no order there yet"),
    });
    let purchase = order.purchase.filter(|_| order.kind != Kind::Purchase);
    vec![
        (number, order.number.clone()),
        (
            "article",
            words(&[order.brand.clone(), order.article.clone(), order.name.clone()], " "),
        ),
        ("quantity", order.quantity.map(|units| units.to_string())),
        ("price", price(order)),
        ("supplier", of_supplier),
        (
            "status",
            words(
                &[
                    status.filter(|status| !status.is_empty()),
                    paid,
                    flag(order.is_denied, "denied"),
                    flag(order.is_archived, "archived"),
                ],
                ", ",
            ),
        ),
        ("client", order.client.clone()),
        ("comment", order.comment.clone()),
        (
            "delivery",
            words(&[order.shipping.clone(), order.address.clone(), days], ", "),
        ),
        ("ordered", order.ordered_at.map(time)),
        ("changed", order.changed_at.map(time)),
        (
            "shown",
            Some(order.seen_at.map_or_else(
                || "not by the site itself so far".into(),
                |at| format!("as it stands here since {}", time(at)),
            )),
        ),
        ("purchase", purchase.map(|id| format!("{id} of the ERP"))),
        ("ERP", erp(order)),
        ("next", order.next.clone()),
        ("held", order.held.clone()),
        ("error", order.error.clone()),
    ]
}

fn price(order: &Order) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(order.price.map(|price| price.to_string()));
    parts.extend(order.total.map(|total| format!("{} in all", total)));
    parts.extend(order.max_price.map(|max| format!("at most {} allowed", max)));
    Some(parts.join(", "))
}

/// The ERP's word, and what the map makes of it.
fn erp(order: &Order) -> Option<String> {
    let status = order.erp_status.as_ref()?;
    Some(match (&order.erp_means, order.kind) {
        (Some(means), _) => format!("«{status}», which means «{means}» at Saplab"),
        (None, Kind::SaplabOrder) => format!("«{status}», which means nothing at Saplab"),
        (None, _) => format!("«{status}»"),
    })
}

fn event(event: &Event) -> String {
    let at = event.at.map_or_else(|| "-".into(), time);
    let who = event.who.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
    format!("    {at}  {}{who}", event.what.as_deref().unwrap_or("-"))
}

fn change(change: &StatusChange) -> String {
    let by = match change.by.as_str() {
        "pushed" => "Saplab acknowledged it",
        _ => "seen in Saplab's list",
    };
    let (old, new) = (
        change.old.as_deref().unwrap_or("-"),
        change.new.as_deref().unwrap_or("-"),
    );
    let call = change.call.map(|call| format!(" (call {call})")).unwrap_or_default();
    format!("    {}  {old} -> {new}  {by}{call}", time(change.at))
}

fn call(sent: &Sent) -> String {
    let when = match (sent.ended_at, sent.due_at) {
        (Some(ended), _) => time(ended),
        (None, Some(due)) => format!("since {}, next try {}", time(sent.created_at), time(due)),
        (None, None) => format!("since {}", time(sent.created_at)),
    };
    let unsent = if sent.state == "done" && sent.http_status.is_none() {
        ", nothing had to be sent"
    } else {
        ""
    };
    let reason = sent.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!(
        "    {when}  call {} {} {} {}{unsent}{reason}",
        sent.call, sent.operation, sent.args, sent.state
    )
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%F %T UTC").to_string()
}
