//! The list of every key there is, with the form its value must have.
//!
//! It exists beside the structs because a refusal must name the key, its source and what was expected, for all wrong
//! keys at once, which a derived reader cannot do. Tests hold the three (structs, this list, `config/sverka.toml`)
//! together. Read by everything that loads or shows a configuration.

/// What form a value must have.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A text that is never printed.
    Secret,
    /// The path of a file that holds a secret: `X_file` of a secret `X`.
    SecretFile,
    /// An absolute URL; what else it must fulfil is a matter of validation.
    Url,
    /// Yes or no.
    Bool,
    /// A whole number from..=to.
    Integer(i64, i64),
    /// A number from 0 to 1.
    Share,
    /// A length of time.
    Duration,
    /// A list of texts.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A name of the IANA time zone list.
    Zone,
    /// A table of names and texts or whole numbers.
    StatusMap,
    /// `[[carreta.price_lists]]`
    PriceLists,
}

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// `section.key`
    pub path: &'static str,
    /// The form of its value.
    pub kind: Kind,
    /// Whether it may be absent: an empty text counts as absent then.
    pub optional: bool,
}

const fn key(path: &'static str, kind: Kind) -> Key {
    Key {
        path,
        kind,
        optional: false,
    }
}

const fn optional(path: &'static str, kind: Kind) -> Key {
    Key {
        path,
        kind,
        optional: true,
    }
}

const ANY: i64 = u32::MAX as i64;

/// Every key, in the order of `config/sverka.toml`: the keys of a section stand before those of its subsections.
pub(super) const KEYS: &[Key] = &[
    key("data_dir", Kind::Text),
    key("shutdown_grace", Kind::Duration),
    optional("database.url", Kind::Secret),
    key("database.max_connections", Kind::Integer(3, 1000)),
    key("database.statement_timeout", Kind::Duration),
    optional("keaz.base_url", Kind::Url),
    optional("keaz.api_key", Kind::Secret),
    key("keaz.format", Kind::Choice(&["json", "xml", "form"])),
    key("keaz.brands", Kind::List),
    key("keaz.batch_rows", Kind::Integer(1, 10_000)),
    key("keaz.on_missing", Kind::Choice(&["zero", "delete", "keep"])),
    key("keaz.allow_http", Kind::Bool),
    key("keaz.timeout", Kind::Duration),
    key("keaz.remains.resource", Kind::Text),
    key("keaz.remains.fields.warehouse", Kind::Text),
    key("keaz.remains.fields.article", Kind::Text),
    key("keaz.remains.fields.quantity", Kind::Text),
    key("saplab.on_drift", Kind::Choice(&["push", "hold", "accept"])),
    key("saplab.per_page", Kind::Integer(1, 150)),
    key("saplab.window_days", Kind::Integer(0, 36_500)),
    optional("saplab.panel.base_url", Kind::Url),
    optional("saplab.panel.login", Kind::Text),
    optional("saplab.panel.password", Kind::Secret),
    key("saplab.panel.allow_http", Kind::Bool),
    key("saplab.panel.timeout", Kind::Duration),
    optional("saplab.client.base_url", Kind::Url),
    optional("saplab.client.login", Kind::Text),
    optional("saplab.client.password", Kind::Secret),
    key("saplab.client.allow_http", Kind::Bool),
    key("saplab.client.timeout", Kind::Duration),
    key("saplab.status_map", Kind::StatusMap),
    optional("carreta.base_url", Kind::Url),
    optional("carreta.api_key", Kind::Secret),
    optional("carreta.account", Kind::Text),
    key("carreta.test_orders", Kind::Bool),
    key("carreta.allow_http", Kind::Bool),
    key("carreta.timeout", Kind::Duration),
    key("carreta.download_timeout", Kind::Duration),
    key("carreta.max_list_bytes", Kind::Integer(1, i64::MAX)),
    optional("carreta.price_lists", Kind::PriceLists),
    key("schedule.timezone", Kind::Zone),
    key("schedule.warehouses", Kind::Text),
    key("schedule.stock", Kind::Text),
    key("schedule.prices", Kind::Text),
    key("schedule.orders", Kind::Text),
    key("schedule.purchases", Kind::Text),
    key("schedule.reference", Kind::Text),
    key("queue.max_attempts", Kind::Integer(1, 1000)),
    key("queue.backoff_base", Kind::Duration),
    key("queue.backoff_max", Kind::Duration),
    key("queue.lease", Kind::Duration),
    key("queue.poll", Kind::Duration),
    key("queue.pause", Kind::Duration),
    key("queue.quiet_window", Kind::Duration),
    key("queue.keep", Kind::Duration),
    key("queue.journal", Kind::Duration),
    key("queue.journal_body", Kind::Integer(0, 1024 * 1024)),
    key("queue.keaz.concurrency", Kind::Integer(1, 64)),
    key("queue.keaz.rate", Kind::Integer(0, 10_000)),
    key("queue.keaz.breaker_failures", Kind::Integer(0, 1000)),
    key("queue.keaz.breaker_wait", Kind::Duration),
    key("queue.keaz.breaker_wait_max", Kind::Duration),
    key("queue.saplab.concurrency", Kind::Integer(1, 64)),
    key("queue.saplab.rate", Kind::Integer(0, 10_000)),
    key("queue.saplab.breaker_failures", Kind::Integer(0, 1000)),
    key("queue.saplab.breaker_wait", Kind::Duration),
    key("queue.saplab.breaker_wait_max", Kind::Duration),
    key("queue.carreta.concurrency", Kind::Integer(1, 64)),
    key("queue.carreta.rate", Kind::Integer(0, 10_000)),
    key("queue.carreta.breaker_failures", Kind::Integer(0, 1000)),
    key("queue.carreta.breaker_wait", Kind::Duration),
    key("queue.carreta.breaker_wait_max", Kind::Duration),
    key("guard.min_snapshot_share", Kind::Share),
    key("guard.min_snapshot_rows", Kind::Integer(0, ANY)),
    key("guard.max_zero_share", Kind::Share),
    key("guard.max_delete_share", Kind::Share),
    key("guard.max_reprice_share", Kind::Share),
    key("guard.reprice_percent", Kind::Integer(0, 1_000_000)),
    key("guard.max_rows", Kind::Integer(0, ANY)),
    key("guard.small", Kind::Integer(0, ANY)),
    key("freshness.warehouses", Kind::Duration),
    key("freshness.stock", Kind::Duration),
    key("freshness.prices", Kind::Duration),
    key("freshness.orders", Kind::Duration),
    key("freshness.purchases", Kind::Duration),
    key("freshness.reference", Kind::Duration),
    key("http.listen", Kind::Text),
    optional("http.token", Kind::Secret),
    optional("http.public_url", Kind::Url),
    key("notify.language", Kind::Choice(&["ru", "en"])),
    key("notify.spacing", Kind::Duration),
    key("notify.retry", Kind::Duration),
    optional("notify.webhook.url", Kind::Secret),
    key("notify.webhook.allow_http", Kind::Bool),
    key("notify.webhook.timeout", Kind::Duration),
    optional("notify.mail.smtp", Kind::Text),
    key("notify.mail.port", Kind::Integer(1, 65_535)),
    key("notify.mail.tls", Kind::Choice(&["starttls", "tls", "none"])),
    optional("notify.mail.login", Kind::Text),
    optional("notify.mail.password", Kind::Secret),
    optional("notify.mail.from", Kind::Text),
    key("notify.mail.to", Kind::List),
    key("notify.mail.timeout", Kind::Duration),
    key("log.format", Kind::Choice(&["text", "json"])),
    key("log.level", Kind::Text),
];

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A key with a value.
    Key(Key),
    /// A section, which holds keys.
    Section,
    /// Nothing: the key is unknown.
    Nothing,
}

/// Finds what stands at `section.key`.
pub(super) fn place(path: &str) -> Place {
    if let Some(key) = find(path) {
        return Place::Key(key);
    }
    if let Some(Key { kind: Kind::Secret, .. }) = path.strip_suffix("_file").and_then(find) {
        return Place::Key(Key {
            path: "",
            kind: Kind::SecretFile,
            optional: true,
        });
    }
    let inside = |key: &Key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    if KEYS.iter().any(inside) {
        Place::Section
    } else {
        Place::Nothing
    }
}

fn find(path: &str) -> Option<Key> {
    KEYS.iter().find(|key| key.path == path).copied()
}

/// The known key or section that looks most like this one, when it is near enough to be a slip of the pen.
pub(super) fn similar(path: &str) -> Option<&'static str> {
    let sections = KEYS
        .iter()
        .filter_map(|key| key.path.rsplit_once('.').map(|(section, _)| section));
    KEYS.iter()
        .map(|key| key.path)
        .chain(sections)
        .map(|known| (strsim::damerau_levenshtein(path, known), known))
        .filter(|(distance, known)| *distance <= 3 && *distance < known.len() / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
