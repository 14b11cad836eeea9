//! Seeded worlds: the same seed gives the same goods, orders and prices (dates are relative to now).

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::price_list::PriceList;
use super::random::{mix, pick};
use super::world::{HistoryLine, Offer, Order, Part, Position, PositionEvent, Saplab, World};

const GOODS: [(&str, &str, &str); 8] = [
    ("KILEN", "12133", "Пружина передняя"),
    ("UFI", "30.896.00", "Воздушный фильтр"),
    ("KNECHT/MAHLE", "OC47", "Фильтр масляный"),
    ("MEAT&DORIA;", "9054", "Преобразователь давления CitroenPeug 20HDI 01"),
    (
        "ZEKKERT",
        ".sg-4540.",
        "Амортизатор подвески газ. перед. лев. Mitsubishi Carisma 95-",
    ),
    (
        "BOSCH",
        "1987302217",
        "Лампа накаливания, фонарь освещения номерного знака",
    ),
    (
        "KAYABA",
        "333222",
        "Амортизатор MITSUBISHI CARISMA 05/95-02/99 (V=1.6/1.9TD) пер.лев.газ.",
    ),
    ("KITTO", "AC108", "Фильтр салонный(угольный)"),
];

impl World {
    /// The demo's world: a shop with `positions` positions over about a quarter as many orders, in all seven statuses
    /// of the panel document; a KEAZ without warehouses; a few orders and offers at Carreta, and its price list
    /// `main` of `price_rows` rows.
    pub fn demo(seed: u64, positions: usize, price_rows: usize) -> Self {
        let mut world = Self::default();
        let now = Utc::now();
        for index in 0..u64::try_from(positions).unwrap_or(u64::MAX) {
            let position = position(seed, index, now, &world.saplab);
            world.saplab.add_position(position);
        }
        world.saplab.last_invoice = 1_000;
        world.saplab.parts = parts(seed);
        world.carreta.offers = offers(seed);
        world.carreta.orders = (0..7).map(|index| order(seed, index, now)).collect();
        let rows = u64::try_from(price_rows).unwrap_or(u64::MAX);
        world
            .carreta
            .price_lists
            .insert("main".into(), PriceList::generated(seed, rows));
        world
    }
}

fn goods(number: u64) -> (&'static str, &'static str, &'static str) {
    pick(&GOODS, number).unwrap_or_default()
}

/// Kopecks from about 10 to about 9,000 roubles.
fn price(number: u64) -> Decimal {
    Decimal::new(i64::try_from(1_000 + number % 900_000).unwrap_or(1_000), 2)
}

/// Orders have about four positions, and follow one another over the last month.
fn position(seed: u64, index: u64, now: DateTime<Utc>, shop: &Saplab) -> Position {
    let number = mix(seed, index);
    let invoice = index.saturating_mul(6) / 25;
    let (brand, article, name) = goods(number);
    let status_id = pick(
        &shop.statuses.iter().map(|status| status.id).collect::<Vec<_>>(),
        number >> 8,
    )
    .unwrap_or(6);
    let minutes = i64::try_from(invoice % 43_000).unwrap_or(0);
    let added = now - TimeDelta::days(30) + TimeDelta::minutes(minutes * 5) + TimeDelta::microseconds(114_625);
    let modified = added + TimeDelta::minutes(21);
    let initial_price = price(number >> 12);
    let event = |status_id: u64, at, manager: &str| {
        let status = shop.status(status_id);
        PositionEvent {
            at,
            color: status.map(|status| status.color.clone()).unwrap_or_default(),
            status: status.map(|status| status.name.clone()).unwrap_or_default(),
            manager: manager.into(),
        }
    };
    let mut history = vec![event(1, added, "Автоматически"), event(6, added, "Автоматически")];
    if status_id != 6 {
        history.push(event(status_id, modified, "Владелец Магазина"));
    }
    Position {
        invoice: format!("NZ-{:03}", invoice + 1),
        client_id: 1 + mix(seed, invoice) % 2,
        brand: brand.into(),
        article: format!("{article}-{}", index % 100),
        name: name.into(),
        delivery_min: 1,
        delivery_max: 7,
        initial_price,
        // A tenth on top, in whole kopecks.
        price: (initial_price * Decimal::new(11, 1)).round_dp(2),
        quantity: 1 + u32::try_from(number >> 40 & 3).unwrap_or(0),
        status_id,
        added,
        modified,
        history,
        ..Position::default()
    }
}

fn offers(seed: u64) -> Vec<Offer> {
    let quantities = ["500", "<10", ">50", "Есть"];
    let offer = |index: u64| {
        let number = mix(seed ^ 0xCA, index);
        let (maker, code, name) = goods(index);
        let days = 1 + u32::try_from(number >> 4 & 7).unwrap_or(0);
        Offer {
            code: code.into(),
            maker: maker.into(),
            name: name.into(),
            price: price(number >> 12),
            period_min: days,
            period_max: days + 2,
            min_qty: 1 + u32::from(number & 15 == 0),
            qty: pick(&quantities, index / 8 + index).unwrap_or_default().into(),
            stat: (number & 3 != 0).then_some(97),
            source: (50 + index % 9).to_string(),
            ..Offer::default()
        }
    };
    (0..24).map(offer).collect()
}

fn order(seed: u64, index: u64, now: DateTime<Utc>) -> Order {
    let number = mix(seed ^ 0x0D, index);
    let (maker, code, name) = goods(number);
    let created = now - TimeDelta::days(20) + TimeDelta::hours(i64::try_from(index).unwrap_or(0) * 31);
    let id = 189_330 + index;
    Order {
        id,
        number: format!("A{}-1", 111_342 + index),
        status: pick(&[1, 2, 3, 11, 4, 14, 7], index).unwrap_or(2),
        comment: String::new(),
        client_comment: String::new(),
        created,
        code: code.into(),
        maker: maker.into(),
        name: name.into(),
        price: price(number >> 12),
        period_min: 7,
        period_max: 9,
        order_qty: 1 + u32::try_from(number & 3).unwrap_or(0),
        test: false,
        history: vec![HistoryLine {
            comment: "Создан со статусом \"Холд\"".into(),
            created,
        }],
    }
}

fn parts(seed: u64) -> Vec<Part> {
    let part = |index: u64| {
        let number = mix(seed ^ 0x5A, index);
        let (brand, article, name) = goods(index);
        Part {
            article: article.into(),
            brand: brand.into(),
            name: name.into(),
            stock: pick(&[-1, 0, 1, 12, 40], number).unwrap_or(-1),
            multiplicity: 1,
            days: 1 + u32::try_from(number >> 8 & 3).unwrap_or(0),
            price: price(number >> 12),
            replaces: None,
        }
    };
    (0..8).map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_demo_has_its_positions_over_about_120_orders_in_all_statuses() {
        let world = World::demo(7, 500, 10);
        let positions = || world.saplab.positions.values();
        assert_eq!(positions().count(), 500);
        assert_eq!(positions().map(|one| &one.invoice).collect::<BTreeSet<_>>().len(), 120);
        assert_eq!(
            positions().map(|one| one.status_id).collect::<BTreeSet<_>>(),
            (1..=7).collect()
        );
        assert!(positions().all(|one| one.added < Utc::now()));
        assert!(world.keaz.warehouses.is_empty());
        let again = World::demo(7, 500, 10);
        assert!(
            positions()
                .zip(again.saplab.positions.values())
                .all(|(one, other)| one.price == other.price)
        );
    }
}
