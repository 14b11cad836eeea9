//! `sverka explain ARTICLE`: why KEAZ shows what it shows, a sentence for each warehouse, and what stands behind it.

use sqlx::PgPool;

use super::reader::Reader;
use super::{CliError, Format, output};
use crate::diff::article::told::Teller;
use crate::diff::article::{self, Article, Nowhere, Place};
use crate::say;

/// So many changes of a warehouse are printed.
const CHANGES: usize = 10;

pub(super) async fn show(pool: &PgPool, article: &str, reader: &Reader, format: Format) -> Result<(), CliError> {
    let teller = Teller {
        lang: reader.lang,
        clock: reader.clock,
    };
    let mut found = article::read(pool, article).await?;
    if found.is_none() && article.trim() != article {
        found = article::read(pool, article.trim()).await?;
    }
    let Some(found) = found else {
        let nowhere = article::nowhere(pool, article.trim()).await?;
        return Err(CliError::Failed(unknown(teller, &nowhere)));
    };
    match format {
        Format::Json => output::json(&found),
        Format::Table => output::line(&told(teller, &found)),
    }
}

/// A block for each warehouse, then the prices, and the zone of all times.
fn told(teller: Teller, article: &Article) -> String {
    let mut blocks: Vec<String> = article
        .places
        .iter()
        .map(|place| warehouse(teller, article, place))
        .collect();
    let prices = article.prices.iter().map(|price| teller.price(price)).collect();
    blocks.extend(block(say!(teller.lang, "explain-prices"), prices));
    let offers = article.offers.iter().map(|offer| teller.offer(offer)).collect();
    blocks.extend(block(say!(teller.lang, "explain-offers"), offers));
    blocks.push(say!(teller.lang, "time-zone", zone = teller.clock.zone()));
    blocks.join("\n\n")
}

fn warehouse(teller: Teller, article: &Article, place: &Place) -> String {
    let name = place.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut lines = vec![
        format!("{}{name}", place.warehouse),
        format!("  {}", teller.headline(article, place)),
    ];
    lines.extend(
        teller
            .details(article, place)
            .into_iter()
            .map(|line| format!("  {line}")),
    );
    let changes = article
        .changes
        .iter()
        .filter(|change| change.warehouse == place.warehouse);
    lines.extend(
        changes
            .take(CHANGES)
            .map(|change| format!("    {}", teller.change(change))),
    );
    let lines: Vec<String> = lines.iter().map(|line| output::plain(line)).collect();
    lines.join("\n")
}

fn block(heading: String, lines: Vec<String>) -> Option<String> {
    let plain = lines.iter().map(|line| format!("\n  {}", output::plain(line)));
    (!lines.is_empty()).then(|| heading + &plain.collect::<String>())
}

fn unknown(teller: Teller, nowhere: &Nowhere) -> String {
    let near = if nowhere.near.is_empty() {
        say!(teller.lang, "explain-nothing-near")
    } else {
        let near = nowhere.near.join(", ");
        format!("{} {near}", say!(teller.lang, "explain-near"))
    };
    output::plain(&format!("{}. {near}", teller.nowhere(nowhere)))
}
