//! Every address of the page and of /api/v1 that shows something, with every filter that a person can choose.
//!
//! The routes are read from the sources themselves: one that is not looked at here, and answers to a look, fails the test.

use std::collections::BTreeSet;
use std::path::Path;

/// An address, and the status of its answer. What stands in braces is put in by [`addresses`].
type Look = (&'static str, u16);

#[rustfmt::skip]
const LOOKS: &[Look] = &[
    ("/", 200), ("/login", 200), ("/assets/sverka.css", 200), ("/healthz", 200), ("/readyz", 200),
    ("/diff", 200), ("/diff?job=stock", 200), ("/diff?job=orders", 200), ("/diff?job=prices", 200), ("/diff?job=purchases", 200),
    ("/diff?job=warehouses", 200), ("/diff?warehouse=W007", 200), ("/diff?brand=OptiDin", 200), ("/diff?article=ART-000500", 200),
    ("/diff?job=stock&warehouse=W007&brand=keaz&article=ART-000500", 200), ("/diff?article=NOSUCH", 200),
    ("/runs", 200), ("/runs?job=stock", 200), ("/runs?job=reference", 200), ("/runs?job=prices&before=20", 200),
    ("/runs?before={run}", 200), ("/runs?before=1", 200), ("/runs/{run}", 200), ("/runs/1", 200), ("/runs/999999999", 404),
    ("/queue", 200), ("/queue?state=quarantined", 200), ("/queue?state=dead", 200), ("/queue?state=pending", 200),
    ("/queue?state=running", 200), ("/queue?state=unknown", 200), ("/queue?state=done", 200), ("/queue?state=cancelled", 200),
    ("/queue?before=1000", 200), ("/queue?state=done&before=1000", 200), ("/queue?state=dead&before=1000", 200),
    ("/queue?state=pending&before=1000", 200), ("/queue?state=cancelled&before=1000", 200),
    ("/queue?upstream=carreta", 200), ("/queue?state=done&upstream=carreta", 200), ("/queue?state=dead&upstream=saplab.client", 200),
    ("/queue?state=done&operation=keaz.remains", 200), ("/queue?state=done&operation=nosuch", 200),
    ("/queue?about=ART-000500", 200), ("/queue?about=NOSUCH", 200), ("/queue?about=77", 200),
    ("/queue?state=done&about=ART-000500", 200), ("/queue?state=done&about=NOSUCH", 200), ("/queue?state=done&about=77", 200),
    ("/queue?state=done&about=NOSUCH&before={middle}", 200), ("/queue?state=dead&about=NOSUCH", 200),
    ("/queue?state=pending&about=NOSUCH", 200), ("/queue?state=dead&upstream=keaz&operation=keaz.remains&about=W007", 200),
    ("/queue?id=5", 303), ("/queue/1", 200), ("/queue/5", 200), ("/queue/100", 200), ("/queue/{last}", 200), ("/queue/999999999", 404),
    ("/queue/5/retry", 200), ("/queue/5/cancel", 200),
    ("/holds", 200), ("/holds/1", 200), ("/holds/301", 200), ("/holds/301?place=W900&brand=&article={far}", 200),
    ("/goods", 200), ("/goods?q=EVERYWHERE", 303), ("/goods?q=NZ-50", 303), ("/goods?q=NOSUCH", 200), ("/goods?q=50", 303),
    ("/article?is=ART-000500", 200), ("/article/ART-000500", 200), ("/article/EVERYWHERE", 200), ("/article/GONE-001", 200),
    ("/article/NOSUCH", 404), ("/article/{far}", 200),
    ("/order?is=NZ-50", 200), ("/order/NZ-50", 200), ("/order/50", 200), ("/order/40", 200), ("/order/A50-1", 200),
    ("/order/NOSUCH", 404), ("/order/SV-50", 404),
    ("/metrics", 200), ("/history", 200), ("/history?at=03:00", 200), ("/history?by_hand=yes", 200), ("/api/v1/history", 200),
    ("/purchases", 200), ("/purchases?only=trouble", 200), ("/purchases?before=500", 200), ("/purchases?only=trouble&before=500", 200),
    ("/api/v1/status", 200), ("/api/v1/diff", 200), ("/api/v1/diff?job=stock&warehouse=W008", 200), ("/api/v1/runs", 200),
    ("/api/v1/runs?job=reference&before={run}", 200), ("/api/v1/runs/{run}", 200), ("/api/v1/calls", 200),
    ("/api/v1/calls?state=dead", 200), ("/api/v1/calls?state=done&about=NOSUCH", 200), ("/api/v1/calls/5", 200),
    ("/api/v1/holds", 200), ("/api/v1/holds/301", 200), ("/api/v1/article/EVERYWHERE", 200), ("/api/v1/article/NOSUCH", 404),
    ("/api/v1/order/NZ-50", 200), ("/api/v1/purchases", 200), ("/api/v1/purchases?only=trouble", 200),
];

/// Never ends: the test listens to it all the time.
pub(super) const EVENTS: &str = "/api/v1/events";

/// The addresses in a world of so many rows.
pub(super) fn addresses(rows: u32) -> Vec<(String, u16)> {
    let put_in = |look: &Look| {
        let address = look.0.replace("{run}", &(rows / 400).to_string());
        let address = address.replace("{middle}", &(rows / 2).to_string());
        let address = address.replace("{last}", &(rows + rows / 10 + rows / 50).to_string());
        (address.replace("{far}", &format!("ART-{:06}", rows / 20 - 10)), look.1)
    };
    LOOKS.iter().map(put_in).collect()
}

/// Routes that no address above leads to: only POST may be sent there.
pub(super) fn not_looked_at() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let routes: BTreeSet<String> = ["page", "daemon"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
        .flat_map(|source| {
            let routes = source.split(".route(").skip(1);
            let paths = routes.filter_map(|rest| {
                rest.trim_start()
                    .strip_prefix('"')?
                    .split('"')
                    .next()
                    .map(str::to_owned)
            });
            paths.collect::<Vec<_>>()
        })
        .collect();
    assert!(routes.len() > 30, "where are the routes? {routes:?}");
    let looked_at = |route: &String| route == EVENTS || LOOKS.iter().any(|look| leads_to(look.0, route));
    routes.into_iter().filter(|route| !looked_at(route)).collect()
}

fn leads_to(address: &str, route: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    let (mut steps, mut parts) = (path.split('/'), route.split('/'));
    loop {
        match (steps.next(), parts.next()) {
            (None, None) | (Some(_), Some("{*article}" | "{*number}")) => return true,
            (Some(step), Some(part)) if step == part || part.starts_with('{') => {}
            _ => return false,
        }
    }
}
