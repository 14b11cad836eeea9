//! `sverka explain --order NUMBER`: all that is known of an order, by any of its numbers. (`explain ARTICLE` is in
//! `explain_article.rs`.)

use sqlx::PgPool;
use unicode_width::UnicodeWidthStr;

use super::reader::Reader;
use super::{CliError, Format, explain_article, output};
use crate::config::Settings;
use crate::db::Database;
use crate::diff::explain::{self, Event, Kind, Order, StatusChange};
use crate::queue::look::{self, Sent};
use crate::say;
use crate::words::ours;

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
    let reader = Reader::new(&settings, format);
    let order = args.order.as_deref().map(str::trim);
    let article = args.article.as_deref().unwrap_or_default();
    if order == Some("") || order.is_none() && article.trim().is_empty() {
        return Err(CliError::Usage(say!(reader.lang, "explain-which")));
    }
    let database = Database::open_migrated(&settings).await?;
    let shown = match order {
        Some(number) => show(&database.pool, number, &reader, format).await,
        None => explain_article::show(&database.pool, article, &reader, format).await,
    };
    database.close().await;
    shown
}

async fn show(pool: &PgPool, number: &str, reader: &Reader, format: Format) -> Result<(), CliError> {
    let orders = explain::orders(pool, number).await?;
    if orders.is_empty() {
        return Err(nothing(pool, number, reader).await?);
    }
    if format == Format::Json {
        return output::json(&orders);
    }
    let blocks: Vec<String> = orders.iter().map(|order| told(reader, order)).collect();
    output::line(&blocks.join("\n\n"))
}

/// Where it was looked for, and how old that is.
async fn nothing(pool: &PgPool, number: &str, reader: &Reader) -> Result<CliError, CliError> {
    let lang = reader.lang;
    let mut places = Vec::new();
    for place in explain::places(pool).await? {
        let words = match place.place.as_str() {
            "saplab" => say!(lang, "order-place-saplab", rows = place.rows),
            "carreta" => say!(lang, "order-place-carreta", rows = place.rows),
            "shop" => say!(lang, "order-place-shop", rows = place.rows),
            _ => say!(lang, "order-place-erp", rows = place.rows),
        };
        let newest = place
            .newest
            .map(|at| format!(" ({})", say!(lang, "order-newest", at = reader.time(at))));
        places.push(words + &newest.unwrap_or_default());
    }
    let read: Vec<String> = look::last_runs(pool)
        .await?
        .iter()
        .filter(|run| run.job == "orders" || run.job == "purchases")
        .filter_map(|run| Some(format!("{} {}", run.job, reader.time(run.ended_at?))))
        .collect();
    let read = if read.is_empty() {
        say!(lang, "never")
    } else {
        read.join(", ")
    };
    let (number, places) = (output::plain(number), places.join(", "));
    let words = say!(lang, "order-nowhere", number = number, places = places, read = read);
    Ok(CliError::Failed(words))
}

/// One order as a block of lines: a heading, a line for each thing that is known, the history, the calls.
fn told(reader: &Reader, order: &Order) -> String {
    let lang = reader.lang;
    let mut lines = vec![heading(reader, order)];
    let facts: Vec<(String, String)> = facts(reader, order)
        .into_iter()
        .filter_map(|(label, text)| Some((label, text.filter(|text| !text.is_empty())?)))
        .collect();
    let width = facts.iter().map(|(label, _)| label.width()).max().unwrap_or_default();
    for (label, text) in facts {
        let blanks = " ".repeat(width - label.width());
        lines.push(format!("  {label}{blanks}  {text}"));
    }
    if !order.history.is_empty() {
        lines.push(format!("  {}", say!(lang, "order-history")));
        lines.extend(order.history.iter().map(|event| told_event(reader, event)));
    }
    if !order.changes.is_empty() {
        lines.push(format!("  {}", say!(lang, "order-changes")));
        lines.extend(order.changes.iter().map(|change| told_change(reader, change)));
    }
    lines.push(format!("  {}", say!(lang, "order-sent")));
    if order.sent.is_empty() {
        lines.push(format!("    {}", say!(lang, "order-nothing-sent")));
    }
    lines.extend(order.sent.iter().map(|sent| told_call(reader, sent)));
    let plain: Vec<String> = lines.iter().map(|line| output::plain(line)).collect();
    plain.join("\n")
}

fn heading(reader: &Reader, order: &Order) -> String {
    match order.kind {
        Kind::SaplabOrder => say!(reader.lang, "order-of-saplab", id = order.id),
        Kind::CarretaOrder => say!(reader.lang, "order-of-carreta", id = order.id),
        Kind::SaplabPurchase => say!(reader.lang, "order-of-shop", id = order.id),
        Kind::Purchase => say!(reader.lang, "order-of-erp", id = order.id),
    }
}

fn facts(reader: &Reader, order: &Order) -> Vec<(String, Option<String>)> {
    let lang = reader.lang;
    let number = match order.kind {
        Kind::SaplabOrder | Kind::SaplabPurchase => say!(lang, "order-invoice"),
        Kind::CarretaOrder | Kind::Purchase => say!(lang, "order-number"),
    };
    let goods = [order.brand.clone(), order.article.clone(), order.name.clone()];
    let seen = order
        .seen_at
        .map_or_else(|| say!(lang, "order-never-seen"), |at| reader.time(at));
    let purchase = order.purchase.filter(|_| order.kind != Kind::Purchase);
    let told = |words: &String| ours::told(lang, words);
    vec![
        (number, order.number.clone()),
        (say!(lang, "order-article"), Some(joined(&goods, " "))),
        (
            say!(lang, "order-quantity"),
            order.quantity.map(|units| units.to_string()),
        ),
        (say!(lang, "order-price"), price(reader, order)),
        (say!(lang, "order-supplier"), supplier(reader, order)),
        (say!(lang, "order-status"), status(reader, order)),
        (say!(lang, "order-client"), order.client.clone()),
        (say!(lang, "order-comment"), order.comment.clone()),
        (say!(lang, "order-delivery"), delivery(reader, order)),
        (say!(lang, "order-ordered"), order.ordered_at.map(|at| reader.time(at))),
        (say!(lang, "order-changed"), order.changed_at.map(|at| reader.time(at))),
        (say!(lang, "order-seen"), Some(seen)),
        (say!(lang, "order-purchase"), purchase.map(|id| id.to_string())),
        (say!(lang, "order-erp"), erp(reader, order)),
        (say!(lang, "order-next"), order.next.as_ref().map(told)),
        (say!(lang, "order-not-sent"), order.held.as_ref().map(told)),
        (say!(lang, "order-error"), order.error.as_ref().map(told)),
    ]
}

fn joined(parts: &[Option<String>], between: &str) -> String {
    let there: Vec<&str> = parts
        .iter()
        .flatten()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    there.join(between)
}

fn price(reader: &Reader, order: &Order) -> Option<String> {
    let lang = reader.lang;
    let parts = [
        order.price.map(|price| price.to_string()),
        order
            .total
            .map(|total| say!(lang, "order-total", total = total.to_string())),
        order
            .max_price
            .map(|most| say!(lang, "order-most", price = most.to_string())),
    ];
    Some(joined(&parts, ", "))
}

fn supplier(reader: &Reader, order: &Order) -> Option<String> {
    let supplier = order.supplier.as_ref()?;
    let there = match &order.supplier_order_id {
        Some(id) => say!(reader.lang, "order-there", id = id.clone()),
        None => say!(reader.lang, "order-not-there"),
    };
    Some(format!("{supplier}, {there}"))
}

fn status(reader: &Reader, order: &Order) -> Option<String> {
    let lang = reader.lang;
    let id = order.status_id.map(|id| format!("({id})"));
    let paid = order.is_paid.map(|paid| {
        if paid {
            say!(lang, "order-paid")
        } else {
            say!(lang, "order-not-paid")
        }
    });
    let is = |flag: Option<bool>| flag == Some(true);
    let parts = [
        Some(joined(&[order.status.clone(), id], " ")),
        paid,
        is(order.is_denied).then(|| say!(lang, "order-denied")),
        is(order.is_archived).then(|| say!(lang, "order-archived")),
    ];
    Some(joined(&parts, ", "))
}

fn delivery(reader: &Reader, order: &Order) -> Option<String> {
    let days = match (order.days_min, order.days_max) {
        (Some(min), Some(max)) if min != max => Some(format!("{min}-{max}")),
        (min, max) => min.or(max).map(|days| days.to_string()),
    };
    let days = days.map(|days| say!(reader.lang, "order-days", days = days));
    Some(joined(&[order.shipping.clone(), order.address.clone(), days], ", "))
}

/// The ERP's word, and what the map makes of it.
fn erp(reader: &Reader, order: &Order) -> Option<String> {
    let (lang, status) = (reader.lang, order.erp_status.clone()?);
    Some(match (&order.erp_means, order.kind) {
        (Some(means), _) => say!(lang, "order-erp-means", status = status, means = means.clone()),
        (None, Kind::SaplabOrder) => say!(lang, "order-erp-means-nothing", status = status),
        (None, _) => format!("«{status}»"),
    })
}

fn told_event(reader: &Reader, event: &Event) -> String {
    let at = reader.time_or_dash(event.at);
    let who = event.who.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
    format!("    {at}  {}{who}", event.what.as_deref().unwrap_or("-"))
}

fn told_change(reader: &Reader, change: &StatusChange) -> String {
    let lang = reader.lang;
    let by = match change.by.as_str() {
        "pushed" => say!(lang, "order-by-pushed"),
        _ => say!(lang, "order-by-seen"),
    };
    let (old, new) = (
        change.old.as_deref().unwrap_or("-"),
        change.new.as_deref().unwrap_or("-"),
    );
    let call = change
        .call
        .map(|call| format!(" ({})", say!(lang, "order-call", call = call)));
    format!(
        "    {}  {old} -> {new}  {by}{}",
        reader.time(change.at),
        call.unwrap_or_default()
    )
}

fn told_call(reader: &Reader, sent: &Sent) -> String {
    let lang = reader.lang;
    let when = match (sent.ended_at, sent.due_at) {
        (Some(ended), _) => reader.time(ended),
        (None, Some(due)) => {
            let next = say!(lang, "order-next-try");
            format!("{}, {next} {}", reader.time(sent.created_at), reader.time(due))
        }
        (None, None) => reader.time(sent.created_at),
    };
    let unsent = if sent.state == "done" && sent.http_status.is_none() {
        format!(", {}", say!(lang, "order-unsent"))
    } else {
        String::new()
    };
    let reason = sent.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let call = say!(lang, "order-call", call = sent.call);
    let state = reader.word("state", &sent.state);
    format!(
        "    {when}  {call} {} {} {state}{unsent}{reason}",
        sent.operation, sent.args
    )
}
