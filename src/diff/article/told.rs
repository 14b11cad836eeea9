//! What is known of an article, in sentences: the terminal and the page say the same.
//!
//! Nothing is looked up here. Upstreams' own words are quoted as they are; who shows them keeps control characters away.

use rust_decimal::Decimal;

use super::verdict::Verdict;
use super::{About, Article, Change, Offer, Place, Price, Rule, StockRow};
use crate::queue::look::Standing;
use crate::say;
use crate::upstream::transport::clip;
use crate::words::Lang;
use crate::words::clock::{Clock, ordinal};

/// So much of an upstream's words stands in a sentence.
const WORDS: usize = 200;

/// Whom it is told, and by which clock.
#[derive(Clone, Copy, Debug)]
pub struct Teller {
    /// The language.
    pub lang: Lang,
    /// The zone.
    pub clock: Clock,
}

impl Teller {
    /// «KEAZ shows 3, ERP has 5 (7 on hand, 2 reserved): ... call 8123 waiting, 2nd try at 14:05:10, last answer: HTTP 502»
    pub fn headline(&self, article: &Article, place: &Place) -> String {
        let (shows, erp) = (self.shows(place), self.erp(place));
        let how = self.how(article, place);
        say!(self.lang, "explain-line", shows = shows, erp = erp, how = how)
    }

    fn shows(&self, place: &Place) -> String {
        match place.shown {
            _ if !place.is_shown => say!(self.lang, "explain-shows-nothing"),
            None => say!(self.lang, "explain-shows-unknown"),
            Some(shown) => say!(self.lang, "explain-shows", units = units(shown)),
        }
    }

    fn erp(&self, place: &Place) -> String {
        let lang = self.lang;
        match place.wanted {
            _ if place.stock.is_empty() => say!(lang, "explain-erp-nothing"),
            _ if !place.is_published => say!(lang, "explain-erp-unpublished"),
            None => say!(lang, "explain-erp-unknown"),
            Some(wanted) => match self.parts(place) {
                parts if parts.is_empty() => say!(lang, "explain-erp", units = units(wanted)),
                parts => say!(
                    lang,
                    "explain-erp-parts",
                    units = units(wanted),
                    parts = parts.join(", ")
                ),
            },
        }
    }

    /// What the quantity is made of, where it is not simply what is on hand.
    fn parts(&self, place: &Place) -> Vec<String> {
        let lang = self.lang;
        let (reserved, held_back) = (place.reserved.unwrap_or_default(), place.held_back.unwrap_or_default());
        let mut parts = Vec::new();
        if reserved.is_zero() && held_back.is_zero() {
            return parts;
        }
        parts.extend(
            place
                .on_hand
                .map(|on_hand| say!(lang, "explain-on-hand", units = units(on_hand))),
        );
        if !reserved.is_zero() {
            parts.push(say!(lang, "explain-reserved", units = units(reserved)));
        }
        if !held_back.is_zero() {
            parts.push(say!(lang, "explain-held-back", units = units(held_back)));
        }
        parts
    }

    fn how(&self, article: &Article, place: &Place) -> String {
        let lang = self.lang;
        match place.verdict {
            Verdict::Equal => self.agreed(place),
            Verdict::UnknownInErp => say!(lang, "explain-unknown-in-erp"),
            Verdict::NotPublished if place.is_shown => say!(lang, "explain-not-published-left"),
            Verdict::NotPublished => say!(lang, "explain-not-published"),
            Verdict::LeftThere if place.shown.is_some_and(|shown| shown.is_zero()) => say!(lang, "explain-zeroed"),
            Verdict::LeftThere => say!(lang, "explain-left-there"),
            Verdict::Gone => say!(lang, "explain-gone"),
            Verdict::EmptyErp => say!(lang, "explain-empty-erp"),
            Verdict::WarehouseMissing => say!(lang, "explain-warehouse-missing"),
            Verdict::HeldByGuard => self.guarded(place),
            Verdict::Held => place.held.clone().unwrap_or_default(),
            Verdict::ToBeJudged => say!(lang, "explain-to-be-judged"),
            Verdict::Next => say!(lang, "explain-next"),
            Verdict::WillRest => self.rests(article),
            Verdict::Refused => place.call.as_ref().map_or_else(
                || place.held.clone().unwrap_or_default(),
                |call| say!(lang, "explain-refused", words = words(call), call = call.id),
            ),
            _ => match &place.call {
                Some(call) => self.called(article, place.verdict, call),
                None => say!(lang, "explain-next"),
            },
        }
    }

    fn agreed(&self, place: &Place) -> String {
        let acknowledged = place.acknowledged.as_ref().filter(|change| change.new == place.shown);
        match (acknowledged, place.shown_since) {
            (Some(change), _) => {
                let (at, call) = (self.clock.brief(change.at), change.call.unwrap_or_default());
                say!(self.lang, "explain-agreed", at = at, call = call)
            }
            (None, Some(at)) => say!(self.lang, "explain-agrees", at = self.clock.brief(at)),
            (None, None) => say!(self.lang, "explain-equal"),
        }
    }

    fn guarded(&self, place: &Place) -> String {
        let hold = place.hold.unwrap_or_default();
        if place.hold_refused == Some(true) {
            return say!(self.lang, "explain-guard-refused", hold = hold);
        }
        say!(self.lang, "explain-guard", hold = hold)
    }

    fn rests(&self, article: &Article) -> String {
        if let Some(pause) = &article.pause {
            return pause.told(self.lang, &self.clock);
        }
        let keaz: Option<&Standing> = article.keaz.as_ref();
        let until = keaz.and_then(|keaz| keaz.paused_until).map(|at| self.clock.brief(at));
        let reason = keaz.and_then(|keaz| keaz.reason.as_deref()).unwrap_or("-");
        let (until, reason) = (until.unwrap_or_else(|| "-".into()), clip(reason, WORDS));
        say!(self.lang, "explain-rests", until = until, reason = reason)
    }

    /// «call 8123 waiting, 2nd try at 14:05:10, last answer: HTTP 502»
    fn called(&self, article: &Article, verdict: Verdict, call: &About) -> String {
        let (lang, id) = (self.lang, call.id);
        let next = ordinal(lang, call.attempt.saturating_add(1));
        let at = call.due_at.map(|at| self.clock.brief(at)).unwrap_or_default();
        let last = self.last(call);
        let what = match verdict {
            Verdict::Running => say!(lang, "explain-running", call = id, number = ordinal(lang, call.attempt)),
            Verdict::LookedUp => say!(lang, "explain-looked-up", call = id),
            Verdict::Resting => {
                let rests = self.rests(article);
                say!(lang, "explain-resting", call = id, rests = rests)
            }
            Verdict::Waiting => say!(lang, "explain-waiting", call = id, number = next, at = at, last = last),
            Verdict::Dead => say!(lang, "explain-dead", call = id, tries = call.attempt, last = last),
            _ => say!(lang, "explain-queued", call = id),
        };
        let since = self.clock.brief(call.created_at);
        say!(lang, "explain-since", since = since, what = what)
    }

    fn last(&self, call: &About) -> String {
        match call.http_status {
            Some(status) if !(200..300).contains(&status) => format!("HTTP {status}"),
            _ => words(call),
        }
    }

    /// What stands behind the headline: the ERP's rows with their rules, and what was acknowledged when.
    pub fn details(&self, article: &Article, place: &Place) -> Vec<String> {
        let lang = self.lang;
        let mut lines = Vec::new();
        if !place.in_erp {
            lines.push(say!(lang, "explain-no-warehouse", code = place.warehouse.clone()));
        }
        let is_plain = |row: &StockRow| row.rule.is_none() && row.is_published;
        if place.stock.len() > 1 || !place.stock.iter().all(is_plain) {
            lines.extend(place.stock.iter().map(|row| self.stock(row)));
        }
        if let Some(change) = place.acknowledged.as_ref().filter(|_| place.verdict != Verdict::Equal) {
            let (value, at) = (self.value(change.new), self.clock.brief(change.at));
            let call = change.call.unwrap_or_default();
            lines.push(say!(lang, "explain-acknowledged", value = value, at = at, call = call));
        }
        if let Some(at) = article.keaz_read_at.filter(|_| place.is_shown) {
            lines.push(say!(lang, "explain-read", at = self.clock.brief(at)));
        }
        lines
    }

    fn stock(&self, row: &StockRow) -> String {
        let lang = self.lang;
        let brand = row.brand.clone();
        let Some(quantity) = row.quantity else {
            return say!(lang, "explain-row-unknown", brand = brand);
        };
        let (quantity, reserved) = (units(quantity), units(row.reserved));
        let published = match (&row.rule, row.published) {
            _ if !row.is_published => say!(lang, "explain-row-unpublished"),
            (None, published) => say!(lang, "explain-row-whole", units = units(published.unwrap_or_default())),
            (Some(rule), published) => {
                let (units, what) = (units(published.unwrap_or_default()), self.rule(rule));
                say!(lang, "explain-row-rule", units = units, rule = rule.id, what = what)
            }
        };
        say!(
            lang,
            "explain-row",
            brand = brand,
            quantity = quantity,
            reserved = reserved,
            published = published
        )
    }

    fn rule(&self, rule: &Rule) -> String {
        let lang = self.lang;
        let parts = [
            rule.hold_back
                .map(|n| say!(lang, "explain-rule-hold-back", units = units(n))),
            rule.percent
                .map(|n| say!(lang, "explain-rule-percent", percent = units(n))),
            rule.cap.map(|n| say!(lang, "explain-rule-cap", units = units(n))),
            rule.minimum
                .map(|n| say!(lang, "explain-rule-minimum", units = units(n))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            return say!(lang, "explain-rule-nothing");
        }
        parts.join(", ")
    }

    /// A quantity of the history.
    pub fn value(&self, value: Option<Decimal>) -> String {
        value.map_or_else(|| say!(self.lang, "explain-none"), units)
    }

    /// How KEAZ came to show it.
    pub fn by(&self, change: &Change) -> String {
        match change.by.as_str() {
            "pushed" => say!(self.lang, "explain-by-pushed"),
            _ => say!(self.lang, "explain-by-seen"),
        }
    }

    /// `14:02:10  3 -> 5  KEAZ acknowledged it (8123)`
    pub fn change(&self, change: &Change) -> String {
        let (old, new) = (self.value(change.old), self.value(change.new));
        let call = change.call.map(|call| format!(" ({call})")).unwrap_or_default();
        let (at, by) = (self.clock.brief(change.at), self.by(change));
        format!("{at}  {old} -> {new}  {by}{call}")
    }

    /// A supplier's price.
    pub fn price(&self, price: &Price) -> String {
        let days = match (price.days_min, price.days_max) {
            (Some(min), Some(max)) if min != max => format!("{min}-{max}"),
            (min, max) => min.or(max).map_or_else(|| "-".into(), |days| days.to_string()),
        };
        say!(
            self.lang,
            "explain-price",
            place = format!("{}/{} {}", price.supplier, price.source, price.brand),
            price = price.price.map_or_else(|| "-".into(), |price| price.to_string()),
            quantity = price.quantity.clone().unwrap_or_else(|| "-".into()),
            days = days,
            at = price.updated_at.map_or_else(|| "-".into(), |at| self.clock.brief(at))
        )
    }

    /// An offer of the last search.
    pub fn offer(&self, offer: &Offer) -> String {
        let instead = if offer.is_cross == Some(true) {
            say!(self.lang, "explain-instead")
        } else {
            String::new()
        };
        say!(
            self.lang,
            "explain-offer",
            place = format!("{}/{} {} {}", offer.supplier, offer.source, offer.brand, offer.article),
            price = offer.price.to_string(),
            quantity = offer.quantity.clone().unwrap_or_else(|| "-".into()),
            at = self.clock.brief(offer.seen_at),
            instead = instead
        )
    }

    /// Where an article that nobody knows was looked for.
    pub fn nowhere(&self, nowhere: &super::Nowhere) -> String {
        let read = nowhere.keaz_read_at.map(|at| self.clock.brief(at));
        let read = read.unwrap_or_else(|| say!(self.lang, "explain-never"));
        say!(
            self.lang,
            "explain-nowhere",
            article = nowhere.article.clone(),
            read = read
        )
    }
}

/// `5`, `2.5`: without zeros that say nothing.
fn units(number: Decimal) -> String {
    number.normalize().to_string()
}

fn words(call: &About) -> String {
    clip(call.words.as_deref().unwrap_or("-"), WORDS)
}
