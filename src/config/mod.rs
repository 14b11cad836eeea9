//! What the admin may set: plain structs, one for each section of the file.
//!
//! `config/sverka.toml` is the documentation: it is embedded in the binary and holds every default, so nothing here
//! has a default of its own. It is overridden by the admin's file, then by the environment
//! (`SVERKA__SECTION__KEY`), completed with secrets from files and systemd credentials, then validated.

mod address;
mod check;
mod cron;
mod de;
mod finding;
mod kind;
mod layer;
mod load;
mod problem;
mod schema;
mod secret;
mod secrets;
mod show;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use url::Url;

use crate::upstream::Upstream;

pub(crate) use address::is_nobodys;
pub use cron::parse_cron;
pub use load::{DEFAULT_FILE, Loaded, Source, environment, load};
pub use problem::{ConfigError, Problem};
pub use secret::Secret;
pub use show::{Entry, show};

/// Everything the daemon knows about how it should behave.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Where the private PostgreSQL cluster and lists being downloaded live.
    pub data_dir: PathBuf,
    /// How long calls in flight may take to finish after SIGTERM before they are released.
    #[serde(deserialize_with = "de::duration")]
    pub shutdown_grace: Duration,
    /// `[database]`
    pub database: Database,
    /// `[keaz]`
    pub keaz: Keaz,
    /// `[saplab]`
    pub saplab: Saplab,
    /// `[carreta]`
    pub carreta: Carreta,
    /// `[schedule]`
    pub schedule: Schedule,
    /// `[queue]`
    pub queue: Queue,
    /// `[guard]`
    pub guard: Guard,
    /// `[freshness]`
    pub freshness: Freshness,
    /// `[http]`
    pub http: Http,
    /// `[notify]`
    pub notify: Notify,
    /// `[log]`
    pub log: Log,
}

/// Where the four schemas live.
#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    /// `postgres://...`; without it the daemon runs a private cluster under `data_dir`.
    pub url: Option<Secret>,
    /// Connections in the pool, at most.
    pub max_connections: u32,
    /// No query may take longer.
    #[serde(deserialize_with = "de::duration")]
    pub statement_timeout: Duration,
}

/// The manufacturer's site: it follows the ERP.
#[derive(Clone, Debug, Deserialize)]
pub struct Keaz {
    /// `https://keaz.ru`; without it KEAZ is not used.
    pub base_url: Option<Url>,
    /// `hash` of the documents: the API key of the distributor's administrator.
    pub api_key: Option<Secret>,
    /// In which of the three request formats to speak.
    pub format: KeazFormat,
    /// Brands whose stock goes to KEAZ; empty = all.
    #[serde(deserialize_with = "de::list")]
    pub brands: Vec<String>,
    /// Rows in one push call, at most.
    pub batch_rows: usize,
    /// What becomes of a remain at KEAZ whose row the ERP no longer has.
    pub on_missing: OnMissing,
    /// The name and fields of the stock resource, which the KEAZ document does not give.
    pub remains: KeazRemains,
    /// Let the key travel over plain http to a host that is not loopback.
    pub allow_http: bool,
    /// One request, from connecting to the last byte, may take so long.
    #[serde(deserialize_with = "de::duration")]
    pub timeout: Duration,
}

/// The three request formats of KEAZ; answers are XML for `Xml` and JSON otherwise.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum KeazFormat {
    /// A JSON object.
    Json,
    /// A `<request>` document.
    Xml,
    /// A percent-encoded form.
    Form,
}

/// What to do with a remain that KEAZ shows and the ERP no longer lists.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnMissing {
    /// Publish 0.
    Zero,
    /// Delete the remain.
    Delete,
    /// Leave it.
    Keep,
}

impl OnMissing {
    /// The word that stands in the configuration and in `queue.setting`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Delete => "delete",
            Self::Keep => "keep",
        }
    }
}

/// What to do with a status that was changed in Saplab while the ERP's stayed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnDrift {
    /// The ERP's status is set again.
    Push,
    /// Neither is changed; it is shown.
    Hold,
    /// The ERP gets Saplab's status.
    Accept,
}

impl OnDrift {
    /// The word that stands in the configuration and in `queue.setting`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Hold => "hold",
            Self::Accept => "accept",
        }
    }
}

/// Names of the stock resource on the wire.
#[derive(Clone, Debug, Deserialize)]
pub struct KeazRemains {
    /// The resource, in the URL and as the name of the list.
    pub resource: String,
    /// The names of its three fields.
    pub fields: KeazRemainFields,
}

/// Names of the three fields of a remain on the wire.
#[derive(Clone, Debug, Deserialize)]
pub struct KeazRemainFields {
    /// The warehouse's code.
    pub warehouse: String,
    /// The article.
    pub article: String,
    /// Whole units.
    pub quantity: String,
}

/// The shop platform: orders come from it, their statuses go to it.
#[derive(Clone, Debug, Deserialize)]
pub struct Saplab {
    /// `[saplab.panel]`: the shop's control panel.
    pub panel: SaplabLogin,
    /// `[saplab.client]`: the client side, which sells.
    pub client: SaplabLogin,
    /// ERP status = Saplab status (id, or exact name), in the order of the file.
    #[serde(deserialize_with = "de::status_map")]
    pub status_map: Vec<(String, String)>,
    /// What becomes of a status that somebody has changed in Saplab.
    pub on_drift: OnDrift,
    /// Positions asked for on one page (the document allows 150).
    pub per_page: u32,
    /// Pull only positions younger than so many days; 0 = all that are not archived.
    pub window_days: u32,
}

/// One of the two Saplab APIs.
#[derive(Clone, Debug, Deserialize)]
pub struct SaplabLogin {
    /// The shop's address; without it this API is not used.
    pub base_url: Option<Url>,
    /// The login, usually a telephone number.
    pub login: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Let the password travel over plain http to a host that is not loopback.
    pub allow_http: bool,
    /// One request may take so long.
    #[serde(deserialize_with = "de::duration")]
    pub timeout: Duration,
}

/// The parts supplier: prices and purchase orders.
#[derive(Clone, Debug, Deserialize)]
pub struct Carreta {
    /// `https://api.carreta.ru`; without it Carreta's API is not used.
    pub base_url: Option<Url>,
    /// `api_key` of the documents.
    pub api_key: Option<Secret>,
    /// The account to ask for, where the key has several.
    pub account: Option<String>,
    /// Place purchase orders with `test=on`.
    pub test_orders: bool,
    /// Let the key travel over plain http to a host that is not loopback.
    pub allow_http: bool,
    /// One request may take so long; a price list has `download_timeout`.
    #[serde(deserialize_with = "de::duration")]
    pub timeout: Duration,
    /// Downloading one price list may take so long.
    #[serde(deserialize_with = "de::duration")]
    pub download_timeout: Duration,
    /// No price list may be longer, in bytes after decompression.
    pub max_list_bytes: u64,
    /// `[[carreta.price_lists]]`
    #[serde(default)]
    pub price_lists: Vec<PriceList>,
}

/// One CSV price list of Carreta (cp1251, `;`).
#[derive(Clone, Debug, Deserialize)]
pub struct PriceList {
    /// The name under which its rows stand in `erp.supplier_prices.source`.
    pub name: String,
    /// Where it is; may hold a key, so it is kept as a secret.
    pub url: Secret,
    /// Field (`brand`, `article`, `name`, `price`, `quantity`, `min_quantity`, `days_min`, `days_max`) = header.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// When each job runs: a cron expression with seconds; empty = never.
#[derive(Clone, Debug, Deserialize)]
pub struct Schedule {
    /// The zone in which the expressions are read.
    pub timezone: Tz,
    /// Warehouses to KEAZ.
    pub warehouses: String,
    /// Remains to KEAZ.
    pub stock: String,
    /// Price lists from Carreta.
    pub prices: String,
    /// Orders from Saplab and Carreta, statuses to Saplab.
    pub orders: String,
    /// Purchase orders to the suppliers.
    pub purchases: String,
    /// Reference lists.
    pub reference: String,
}

/// The durable queue: retries, leases, and the manners towards each upstream.
#[derive(Clone, Debug, Deserialize)]
pub struct Queue {
    /// A call is dead after so many attempts.
    pub max_attempts: u32,
    /// The longest wait before the second attempt; it doubles from there.
    #[serde(deserialize_with = "de::duration")]
    pub backoff_base: Duration,
    /// The longest wait between two attempts.
    #[serde(deserialize_with = "de::duration")]
    pub backoff_max: Duration,
    /// How long a worker owns a call without a heartbeat.
    #[serde(deserialize_with = "de::duration")]
    pub lease: Duration,
    /// How often the queue is looked at when no notification comes.
    #[serde(deserialize_with = "de::duration")]
    pub poll: Duration,
    /// How long an upstream rests after it refused our credentials or answered with something that is not its API.
    #[serde(deserialize_with = "de::duration")]
    pub pause: Duration,
    /// An effect that has not shown for so long after its request was lost will not show any more.
    #[serde(deserialize_with = "de::duration")]
    pub quiet_window: Duration,
    /// Ended calls, attempts and runs are kept so long.
    #[serde(deserialize_with = "de::duration")]
    pub keep: Duration,
    /// What was said on the wire is kept so long; zero = not at all.
    #[serde(deserialize_with = "de::duration")]
    pub journal: Duration,
    /// Bytes of each body that are kept of it.
    pub journal_body: usize,
    /// `[queue.keaz]`
    pub keaz: Manners,
    /// `[queue.saplab]`
    pub saplab: Manners,
    /// `[queue.carreta]`
    pub carreta: Manners,
}

/// How one upstream is treated.
#[derive(Clone, Debug, Deserialize)]
pub struct Manners {
    /// Calls under way at once, for each daemon.
    pub concurrency: usize,
    /// Calls begun in any one second, all daemons of one database together; 0 = as many as there are.
    pub rate: u32,
    /// It is left alone after so many failures of its own in a row; 0 = only when it denies access.
    pub breaker_failures: u32,
    /// The longest first rest; it doubles each time the probe fails.
    #[serde(deserialize_with = "de::duration")]
    pub breaker_wait: Duration,
    /// The longest rest.
    #[serde(deserialize_with = "de::duration")]
    pub breaker_wait_max: Duration,
}

impl Queue {
    /// How that upstream is treated. Both APIs of Saplab go by `[queue.saplab]`, each by itself.
    pub fn manners(&self, upstream: Upstream) -> &Manners {
        match upstream {
            Upstream::Keaz => &self.keaz,
            Upstream::Saplab | Upstream::SaplabClient => &self.saplab,
            Upstream::Carreta => &self.carreta,
        }
    }
}

/// The fuse: what one run may do unasked.
#[derive(Clone, Debug, Deserialize)]
pub struct Guard {
    /// A list with fewer rows than this share of the last good one is refused whole (0 switches the check off).
    pub min_snapshot_share: f64,
    /// Lists whose last good version had fewer rows are not checked for their length.
    pub min_snapshot_rows: i64,
    /// Of what KEAZ shows above 0 (of a warehouse, and of all), and of the rows of a price list in the ERP: this share
    /// may become 0 in one run.
    pub max_zero_share: f64,
    /// Of the rows of a price list in the ERP, this share may be deleted.
    pub max_delete_share: f64,
    /// Of the rows of a price list in the ERP, the price of this share may move by more than `reprice_percent`.
    pub max_reprice_share: f64,
    /// A price that moves by no more is not counted.
    pub reprice_percent: i64,
    /// And never more rows than this, whatever the share; 0 = no such limit.
    pub max_rows: i64,
    /// So few rows are never held.
    pub small: i64,
}

/// How old the last success of each job may be before `status` and `/readyz` say so; 0 = never too old.
#[derive(Clone, Debug, Deserialize)]
pub struct Freshness {
    /// Job `warehouses`.
    #[serde(deserialize_with = "de::duration")]
    pub warehouses: Duration,
    /// Job `stock`.
    #[serde(deserialize_with = "de::duration")]
    pub stock: Duration,
    /// Job `prices`.
    #[serde(deserialize_with = "de::duration")]
    pub prices: Duration,
    /// Job `orders`.
    #[serde(deserialize_with = "de::duration")]
    pub orders: Duration,
    /// Job `purchases`.
    #[serde(deserialize_with = "de::duration")]
    pub purchases: Duration,
    /// Job `reference`.
    #[serde(deserialize_with = "de::duration")]
    pub reference: Duration,
}

/// The daemon's own HTTP server.
#[derive(Clone, Debug, Deserialize)]
pub struct Http {
    /// Address and port; `""` = no server.
    pub listen: String,
    /// Needed to listen anywhere but on loopback.
    pub token: Option<Secret>,
    /// Where people reach the page, for links in messages.
    pub public_url: Option<Url>,
}

/// How people are told that they are needed. Without a webhook and a mail server nobody is told anything.
#[derive(Clone, Debug, Deserialize)]
pub struct Notify {
    /// `ru` or `en`.
    pub language: String,
    /// At most one message in so long, by each way; what comes meanwhile goes into the next one.
    #[serde(deserialize_with = "de::duration")]
    pub spacing: Duration,
    /// A message that could not be delivered is sent again after so long; it doubles up to ten minutes.
    #[serde(deserialize_with = "de::duration")]
    pub retry: Duration,
    /// `[notify.webhook]`
    pub webhook: NotifyWebhook,
    /// `[notify.mail]`
    pub mail: NotifyMail,
}

/// Messages by an HTTP POST.
#[derive(Clone, Debug, Deserialize)]
pub struct NotifyWebhook {
    /// The address; whoever knows it may write there, so it is kept as a secret. Without it there is no webhook.
    pub url: Option<Secret>,
    /// Let it be plain http to a host that is not loopback.
    pub allow_http: bool,
    /// One delivery may take so long.
    #[serde(deserialize_with = "de::duration")]
    pub timeout: Duration,
}

/// Messages by mail.
#[derive(Clone, Debug, Deserialize)]
pub struct NotifyMail {
    /// The mail server's name; without it there is no mail.
    pub smtp: Option<String>,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// The login, where the server asks for one.
    pub login: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Whose name the mails bear.
    pub from: Option<String>,
    /// Who gets them.
    #[serde(deserialize_with = "de::list")]
    pub to: Vec<String>,
    /// One delivery may take so long.
    #[serde(deserialize_with = "de::duration")]
    pub timeout: Duration,
}

/// How the way to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// It begins in plain text and is encrypted before anything is said; a server that cannot is refused.
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}

/// What the daemon writes about itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// Text for people or JSON for machines.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter as in `RUST_LOG`, which wins.
    pub level: String,
}

/// The two log formats.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object an event.
    Json,
}
