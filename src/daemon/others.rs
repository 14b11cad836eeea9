//! Other daemons on the same database: they share the work, and nothing is doubled. Whoever did not mean that should hear
//! of it, above all where their settings differ. The daemon logs each one once; `sverka status` lists them.

use serde_json::{Value, json};

use crate::config::Settings;
use crate::job::Job;
use crate::queue::presence::Alive;
use crate::upstream::Upstream;

/// The settings by which a call or a view comes out differently from one daemon to the other. No secret is among them.
pub(crate) fn shared(settings: &Settings) -> Value {
    let Settings {
        keaz,
        saplab,
        carreta,
        schedule,
        queue,
        freshness,
        notify,
        ..
    } = settings;
    let rates = Upstream::ALL.map(|site| queue.manners(site).rate);
    let lists: Vec<&str> = carreta.price_lists.iter().map(|list| list.name.as_str()).collect();
    json!({
        "keaz.format": format!("{:?}", keaz.format),
        "keaz.brands": keaz.brands,
        "keaz.batch_rows": keaz.batch_rows,
        "keaz.on_missing": keaz.on_missing.as_str(),
        "saplab.status_map": saplab.status_map,
        "saplab.on_drift": saplab.on_drift.as_str(),
        "saplab.per_page": saplab.per_page,
        "saplab.window_days": saplab.window_days,
        "carreta.test_orders": carreta.test_orders,
        "carreta.price_lists": lists,
        "schedule": [schedule.timezone.name(), &schedule.warehouses, &schedule.stock, &schedule.prices,
                     &schedule.orders, &schedule.purchases, &schedule.reference],
        "freshness": Job::ALL.map(|job| job.freshness(freshness).as_secs()),
        "notify": [notify.webhook.url.is_some(), notify.mail.smtp.is_some()],
        "queue.max_attempts": queue.max_attempts,
        "queue.lease": queue.lease.as_millis().to_string(),
        "queue.*.rate": rates,
        "sites": [keaz.base_url.is_some(), saplab.panel.base_url.is_some(), saplab.client.base_url.is_some(),
                  carreta.base_url.is_some()],
    })
}

/// The keys in which two of them differ.
pub(crate) fn differing(ours: &Value, theirs: &Value) -> Vec<String> {
    let Some(ours) = ours.as_object() else {
        return Vec::new();
    };
    let differs = |(key, value): &(&String, &Value)| theirs.get(key.as_str()) != Some(value);
    ours.iter().filter(differs).map(|(key, _)| key.clone()).collect()
}

/// In which keys these daemons differ among each other.
pub(crate) fn disagreement(daemons: &[Alive]) -> Vec<String> {
    let told: Vec<&Value> = daemons.iter().filter_map(|daemon| daemon.settings.as_ref()).collect();
    let mut keys: Vec<String> = told.windows(2).flat_map(|pair| differing(pair[0], pair[1])).collect();
    keys.sort();
    keys.dedup();
    keys
}
