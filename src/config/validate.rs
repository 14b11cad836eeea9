//! What the form of single values cannot say: keys that need each other, expressions that must parse, limits that
//! must not cross. Pure; called by `load` with settings that have the right form.

use std::collections::BTreeSet;
use std::time::Duration;

use lettre::message::Mailbox;
use tracing_subscriber::EnvFilter;

use super::cron::parse_cron;
use super::finding::{Finding, HOUR, Wrong};
use super::{Manners, NotifyMail, Queue, Secret, Settings, address};

/// Everything that is wrong.
pub(super) fn validate(settings: &Settings) -> Vec<Finding> {
    let mut wrong = Wrong::default();
    database(settings, &mut wrong);
    keaz(settings, &mut wrong);
    saplab(settings, &mut wrong);
    carreta(settings, &mut wrong);
    price_lists(settings, &mut wrong);
    schedule(settings, &mut wrong);
    queue(&settings.queue, &mut wrong);
    http(settings, &mut wrong);
    notify(settings, &mut wrong);
    log(settings, &mut wrong);
    wrong.findings
}

fn given(secret: Option<&Secret>) -> bool {
    secret.is_some_and(|secret| !secret.is_empty())
}

fn database(settings: &Settings, wrong: &mut Wrong) {
    wrong.unless(
        !settings.data_dir.as_os_str().is_empty(),
        "data_dir",
        "must name a folder",
    );
    wrong.between("shutdown_grace", settings.shutdown_grace, Duration::ZERO, HOUR);
    wrong.timeout("database.statement_timeout", settings.database.statement_timeout);
    if let Some(url) = &settings.database.url {
        let postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.reveal().starts_with(scheme));
        wrong.unless(postgres, "database.url", "must start with postgres:// or postgresql://");
    }
}

fn keaz(settings: &Settings, wrong: &mut Wrong) {
    let keaz = &settings.keaz;
    wrong.base_url("keaz", keaz.base_url.as_ref(), keaz.allow_http);
    if keaz.base_url.is_some() {
        wrong.needed("keaz", "api_key", given(keaz.api_key.as_ref()));
    }
    wrong.timeout("keaz.timeout", keaz.timeout);
    let fields = &keaz.remains.fields;
    let names = [
        ("keaz.remains.resource", &keaz.remains.resource),
        ("keaz.remains.fields.warehouse", &fields.warehouse),
        ("keaz.remains.fields.article", &fields.article),
        ("keaz.remains.fields.quantity", &fields.quantity),
    ];
    for (key, name) in names {
        wrong.unless(
            is_wire_name(name),
            key,
            "must be a letter followed by letters, digits, _ or -",
        );
    }
    let distinct: BTreeSet<&String> = names.iter().skip(1).map(|(_, name)| *name).collect();
    wrong.unless(
        distinct.len() == 3,
        "keaz.remains.fields",
        "the three fields must have different names",
    );
}

/// A name that is safe in an address, as an XML element and in a form.
fn is_wire_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn saplab(settings: &Settings, wrong: &mut Wrong) {
    for (section, api) in [
        ("saplab.panel", &settings.saplab.panel),
        ("saplab.client", &settings.saplab.client),
    ] {
        wrong.base_url(section, api.base_url.as_ref(), api.allow_http);
        if api.base_url.is_some() {
            wrong.needed(
                section,
                "login",
                api.login.as_ref().is_some_and(|login| !login.is_empty()),
            );
            wrong.needed(section, "password", given(api.password.as_ref()));
        }
        if let Some(login) = &api.login {
            // Basic authentication ends the login at the first colon.
            wrong.unless(
                !login.contains(':'),
                &format!("{section}.login"),
                "must not hold a colon",
            );
        }
        wrong.timeout(&format!("{section}.timeout"), api.timeout);
    }
    for (erp, status) in &settings.saplab.status_map {
        let key = format!("saplab.status_map.{}", super::show::toml_key(erp));
        wrong.unless(!erp.trim().is_empty(), &key, "the ERP status must not be empty");
        wrong.unless(!status.trim().is_empty(), &key, "the Saplab status must not be empty");
    }
}

fn carreta(settings: &Settings, wrong: &mut Wrong) {
    let carreta = &settings.carreta;
    wrong.base_url("carreta", carreta.base_url.as_ref(), carreta.allow_http);
    if carreta.base_url.is_some() {
        wrong.needed("carreta", "api_key", given(carreta.api_key.as_ref()));
    }
    wrong.timeout("carreta.timeout", carreta.timeout);
    wrong.between(
        "carreta.download_timeout",
        carreta.download_timeout,
        Duration::from_millis(10),
        HOUR * 24,
    );
}

fn price_lists(settings: &Settings, wrong: &mut Wrong) {
    let mut names = BTreeSet::new();
    for (index, list) in settings.carreta.price_lists.iter().enumerate() {
        let key = |field: &str| format!("carreta.price_lists[{index}].{field}");
        wrong.unless(!list.name.trim().is_empty(), &key("name"), "must not be empty");
        wrong.unless(
            names.insert(&list.name),
            &key("name"),
            "another price list has the same name",
        );
        if let Err(why) = address::price_list(list.url.reveal(), settings.carreta.allow_http) {
            wrong.add(&key("url"), why);
        }
    }
}

fn schedule(settings: &Settings, wrong: &mut Wrong) {
    let schedule = &settings.schedule;
    for (job, expression) in [
        ("warehouses", &schedule.warehouses),
        ("stock", &schedule.stock),
        ("prices", &schedule.prices),
        ("orders", &schedule.orders),
        ("purchases", &schedule.purchases),
        ("reference", &schedule.reference),
    ] {
        if let Err(why) = parse_cron(expression) {
            wrong.add(&format!("schedule.{job}"), format!("not a cron expression: {why}"));
        }
    }
}

fn queue(queue: &Queue, wrong: &mut Wrong) {
    let day = HOUR * 24;
    let instant = Duration::from_millis(1);
    wrong.between("queue.backoff_base", queue.backoff_base, instant, day);
    wrong.between("queue.backoff_max", queue.backoff_max, instant, day);
    wrong.unless(
        queue.backoff_base <= queue.backoff_max,
        "queue.backoff_base",
        "must not exceed queue.backoff_max",
    );
    wrong.between("queue.lease", queue.lease, Duration::from_secs(5), HOUR);
    wrong.between("queue.poll", queue.poll, Duration::from_millis(10), HOUR);
    wrong.unless(queue.poll <= queue.lease, "queue.poll", "must not exceed queue.lease");
    wrong.between("queue.pause", queue.pause, instant, day);
    wrong.between("queue.quiet_window", queue.quiet_window, instant, day);
    wrong.between("queue.keep", queue.keep, HOUR, day * 3650);
    wrong.between("queue.journal", queue.journal, Duration::ZERO, day * 3650);
    for (upstream, manners) in [
        ("keaz", &queue.keaz),
        ("saplab", &queue.saplab),
        ("carreta", &queue.carreta),
    ] {
        breaker(upstream, manners, wrong);
    }
}

fn breaker(upstream: &str, manners: &Manners, wrong: &mut Wrong) {
    let instant = Duration::from_millis(1);
    let wait = format!("queue.{upstream}.breaker_wait");
    wrong.between(&wait, manners.breaker_wait, instant, HOUR);
    let wait_max = format!("{wait}_max");
    wrong.between(&wait_max, manners.breaker_wait_max, instant, HOUR * 24);
    wrong.unless(
        manners.breaker_wait <= manners.breaker_wait_max,
        &wait,
        &format!("must not exceed {wait_max}"),
    );
}

fn http(settings: &Settings, wrong: &mut Wrong) {
    let http = &settings.http;
    if let Some(Err(why)) = http.public_url.as_ref().map(address::page) {
        wrong.add("http.public_url", why);
    }
    if http.listen.is_empty() {
        return;
    }
    match address::listen(&http.listen) {
        Err(why) => wrong.add("http.listen", why),
        Ok(private) if !private && !given(http.token.as_ref()) => {
            let message = format!(
                "missing, and http.listen = {:?} can be reached from outside",
                http.listen
            );
            wrong.missing("http.token", "http.listen", message);
        }
        Ok(_) => {}
    }
}

fn notify(settings: &Settings, wrong: &mut Wrong) {
    let notify = &settings.notify;
    let instant = Duration::from_millis(1);
    wrong.between("notify.spacing", notify.spacing, Duration::ZERO, HOUR * 24);
    wrong.between("notify.retry", notify.retry, instant, HOUR);
    wrong.timeout("notify.webhook.timeout", notify.webhook.timeout);
    if let Some(url) = &notify.webhook.url
        && let Err(why) = address::webhook(url.reveal(), notify.webhook.allow_http)
    {
        wrong.add("notify.webhook.url", why);
    }
    mail(&notify.mail, wrong);
}

fn mail(mail: &NotifyMail, wrong: &mut Wrong) {
    wrong.timeout("notify.mail.timeout", mail.timeout);
    for address in mail.from.iter().chain(&mail.to) {
        let key = if mail.from.as_ref() == Some(address) {
            "from"
        } else {
            "to"
        };
        let message = format!("{address:?} is not a mail address");
        wrong.unless(
            address.parse::<Mailbox>().is_ok(),
            &format!("notify.mail.{key}"),
            &message,
        );
    }
    let Some(server) = &mail.smtp else { return };
    wrong.unless(
        address::is_host(server),
        "notify.mail.smtp",
        "expected the name of a host; its port is notify.mail.port",
    );
    let needed = [
        ("from", mail.from.is_some()),
        ("to", !mail.to.is_empty()),
        ("login", mail.login.is_some() || mail.password.is_none()),
        ("password", given(mail.password.as_ref()) || mail.login.is_none()),
    ];
    for (key, _) in needed.iter().filter(|(_, given)| !given) {
        let message = match *key {
            "login" => "missing, and notify.mail.password is given",
            "password" => "missing, and notify.mail.login is given",
            _ => "missing, and notify.mail.smtp is given: no mail can be sent without it",
        };
        wrong.missing(&format!("notify.mail.{key}"), "notify.mail.smtp", message.to_owned());
    }
}

fn log(settings: &Settings, wrong: &mut Wrong) {
    let level = &settings.log.level;
    let words = level
        .split(',')
        .map(str::trim)
        .filter(|word| !word.contains(['=', '[']));
    // The filter would take a mistyped level for the name of a module and log nothing.
    for word in words {
        if !["error", "warn", "info", "debug", "trace", "off"].contains(&word.to_lowercase().as_str()) {
            wrong.add(
                "log.level",
                format!("{word:?} is not a level: error, warn, info, debug, trace, off"),
            );
        }
    }
    if let Err(error) = EnvFilter::try_new(level) {
        wrong.add("log.level", format!("not a filter: {error}"));
    }
}
