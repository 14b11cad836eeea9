//! What a test starts from: the embedded defaults, the simulator's addresses, and what the test says.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sverka::config::{self, Settings, Source};
use sverka::simulate::{self, Options, Simulator};

use super::fixture::Fixture;
use super::postgres::TestDatabase;

/// ERP statuses and the ids of the simulated shop's seven; `new` and `also new` lead to one.
pub(crate) const STATUS_MAP: [(&str, u64); 8] = [
    ("new", 6),
    ("also new", 6),
    ("working", 2),
    ("ordered", 7),
    ("received", 3),
    ("issued", 4),
    ("paused", 1),
    ("cancelled", 5),
];

/// Settings in the making.
pub(crate) struct Setup {
    values: BTreeMap<String, Value>,
    price_lists: Vec<String>,
    client_api: bool,
    /// What the simulator is started with; every upstream's credentials are taken from here.
    pub(crate) options: Options,
}

impl Setup {
    /// All three upstreams, no schedule, short waits.
    pub(crate) fn new() -> Self {
        let mut setup = Self {
            values: BTreeMap::new(),
            price_lists: Vec::new(),
            client_api: false,
            options: Options::default(),
        };
        for job in ["warehouses", "stock", "prices", "orders", "purchases", "reference"] {
            setup.put(&format!("schedule.{job}"), "");
        }
        for (key, value) in [
            ("http.listen", "127.0.0.1:0"),
            ("queue.backoff_base", "10ms"),
            ("queue.backoff_max", "100ms"),
            ("queue.poll", "100ms"),
            ("queue.lease", "10s"),
            // Nothing wakes up by itself during a test: a test that wants it says so.
            ("queue.pause", "1h"),
            ("shutdown_grace", "10s"),
        ] {
            setup.put(key, value);
        }
        for upstream in ["keaz", "saplab", "carreta"] {
            setup.put(&format!("queue.{upstream}.rate"), 0);
            setup.put(&format!("queue.{upstream}.breaker_wait"), "20ms");
            setup.put(&format!("queue.{upstream}.breaker_wait_max"), "100ms");
        }
        setup.put("database.max_connections", 6);
        let map = STATUS_MAP
            .iter()
            .map(|(erp, id)| ((*erp).to_owned(), Value::from(id.to_string())));
        setup.put("saplab.status_map", Value::Object(map.collect()));
        setup
    }

    /// Sets a key, e.g. `keaz.format`.
    pub(crate) fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.put(key, value);
        self
    }

    /// Changes what the simulator is started with.
    pub(crate) fn simulator(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// Configures the simulator's price list of that name.
    pub(crate) fn price_list(mut self, name: &str) -> Self {
        self.price_lists.push(name.into());
        self
    }

    /// Configures the simulated shop's client API too: we are one of its customers then.
    pub(crate) fn client_api(mut self) -> Self {
        self.client_api = true;
        self
    }

    /// Starts the simulator, makes the database, loads the settings.
    pub(crate) async fn start(mut self) -> Fixture {
        let database = TestDatabase::fresh().await;
        let folder = TestDatabase::folder().await;
        let sim = simulate::start(self.options.clone()).await.unwrap();
        self.put("database.url", database.url());
        self.put("data_dir", folder.path().to_str().unwrap());
        self.connect(&sim);
        let config = folder.path().join("sverka.toml");
        let settings = load(&config, &self.values);
        Fixture::open(database, folder, sim, self.values, config, settings).await
    }

    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.values.insert(key.to_owned(), value.into());
    }

    /// A test that sets an address itself (to `""`, say) keeps it.
    fn connect(&mut self, sim: &Simulator) {
        let options = self.options.clone();
        for (key, value) in [
            ("keaz.base_url", sim.keaz_url()),
            ("keaz.api_key", options.keaz_key),
            ("saplab.panel.base_url", sim.saplab_url()),
            ("saplab.panel.login", options.panel_login),
            ("saplab.panel.password", options.panel_password),
            ("carreta.base_url", sim.carreta_url()),
            ("carreta.api_key", options.carreta_key),
        ] {
            self.values.entry(key.to_owned()).or_insert_with(|| value.into());
        }
        if self.client_api {
            for (key, value) in [
                ("saplab.client.base_url", sim.saplab_url()),
                ("saplab.client.login", self.options.client_login.clone()),
                ("saplab.client.password", self.options.client_password.clone()),
            ] {
                self.put(key, value);
            }
        }
        let list = |name: &String| json!({ "name": name, "url": sim.price_list_url(name) });
        let lists: Vec<Value> = self.price_lists.iter().map(list).collect();
        if !lists.is_empty() {
            self.put("carreta.price_lists", lists);
        }
    }
}

/// Writes the values as a configuration file and loads it as the daemon would.
pub(crate) fn load(path: &Path, values: &BTreeMap<String, Value>) -> Settings {
    let lines: Vec<String> = values
        .iter()
        .map(|(key, value)| format!("{key} = {}\n", inline(key, value)))
        .collect();
    std::fs::write(path, lines.concat()).unwrap();
    let source = Source {
        path: Some(path.to_owned()),
    };
    config::load(&source, []).unwrap().settings
}

/// A value on one line; a text of JSON is one of TOML too. The order of the status map matters, and here it has none.
fn inline(key: &str, value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let mut pairs: Vec<_> = table.iter().collect();
            if key == "saplab.status_map" {
                let place = |erp: &str| STATUS_MAP.iter().position(|(known, _)| *known == erp);
                pairs.sort_by_key(|(erp, _)| place(erp).unwrap_or(usize::MAX));
            }
            let pair = |(name, value): &(&String, &Value)| format!("{} = {}", json!(name), inline("", value));
            let pairs: Vec<_> = pairs.iter().map(pair).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| inline("", item)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
