//! What a simulator is started with: credentials, ports, and the places where the documents leave a choice.
//!
//! Everything but the ports may be changed while it runs ([`super::Simulator::options`]), e.g. to rotate a key.

use std::fmt;

/// How Carreta compares `client_comment` with the stored one; its document says only "соответствует".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentMatch {
    /// Equal.
    #[default]
    Exact,
    /// The stored comment begins with the given one.
    Prefix,
    /// The stored comment contains the given one.
    Substring,
}

/// How the shop's lists end; its documents do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paging {
    /// `pages` is true; past the last page that one is answered again.
    #[default]
    RepeatsTheLast,
    /// `pages` is true; past the last page the first one is answered.
    BeginsAnew,
    /// `pages` is always one more than was asked for; past the last page that one is answered again.
    SaysThereIsMore,
    /// The same, and past the last page the first one is answered.
    SaysThereIsMoreAndBeginsAnew,
    /// `pages` is true; whatever page is asked for, the first one is answered.
    KnowsOnlyTheFirst,
}

/// Settings of a simulator. `Default` has made-up credentials and lets the system choose the ports.
#[derive(Clone)]
pub struct Options {
    /// The `hash` KEAZ accepts.
    pub keaz_key: String,
    /// Login of the shop's employee (panel).
    pub panel_login: String,
    /// Password of the shop's employee (panel).
    pub panel_password: String,
    /// Login of the customer (client API).
    pub client_login: String,
    /// Password of the customer (client API).
    pub client_password: String,
    /// The customer who owns the client login.
    pub client_id: u64,
    /// The `api_key` Carreta accepts.
    pub carreta_key: String,
    /// Ports of KEAZ, Saplab and Carreta on 127.0.0.1; 0 = any free one.
    pub ports: [u16; 3],
    /// Whether `remains.list` and `remains.get` exist (404 otherwise).
    pub keaz_answers_remains_list: bool,
    /// The name of the stock resource in paths and bodies.
    pub keaz_remains_resource: String,
    /// Field names of a remains row: warehouse, article, quantity.
    pub keaz_remains_fields: [String; 3],
    /// A wrong `hash` is answered with HTTP 401 instead of 200 and `status.code` "error".
    pub keaz_bad_key_401: bool,
    /// JSON messages carry unescaped quotes, as the document's example does (invalid JSON).
    pub keaz_broken_json: bool,
    /// XML answers begin with `<p>` before the declaration, as the document's example does.
    pub keaz_xml_p: bool,
    /// Whether a warehouse's `name` is sent back (the document's examples do not show it).
    pub keaz_returns_name: bool,
    /// An empty or missing address makes a warehouse row bad.
    pub keaz_requires_address: bool,
    /// A push with a row that holds one of these texts is refused whole, and no row is named.
    pub keaz_poison: Vec<String>,
    /// A push of more rows is answered with 413; 0 = of any number.
    pub keaz_rows_max: usize,
    /// The panel sends `[]` for a position without any comment, as PHP does for an empty array.
    pub saplab_empty_comment_as_array: bool,
    /// What the shop says of its pages, and answers past the last one.
    pub saplab_paging: Paging,
    /// How Carreta filters orders by comment.
    pub carreta_comment_match: CommentMatch,
    /// Whatever page of the orders is asked for, the latest hundred are answered.
    pub carreta_knows_no_pages: bool,
    /// Whether orders placed with `test=on` appear in the list of orders.
    pub carreta_lists_test_orders: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keaz_key: "simkeazhash0000000000000000000".into(),
            panel_login: "9990000001".into(),
            panel_password: "panel-пароль".into(),
            client_login: "9990000002".into(),
            client_password: "client-пароль".into(),
            client_id: 2,
            carreta_key: "00000000-1111-4222-8333-444444444444".into(),
            ports: [0; 3],
            keaz_answers_remains_list: true,
            keaz_remains_resource: "remains".into(),
            keaz_remains_fields: ["warehouse".into(), "article".into(), "quantity".into()],
            keaz_bad_key_401: false,
            keaz_broken_json: false,
            keaz_xml_p: false,
            keaz_returns_name: true,
            keaz_requires_address: false,
            keaz_poison: Vec::new(),
            keaz_rows_max: 0,
            saplab_paging: Paging::default(),
            saplab_empty_comment_as_array: false,
            carreta_comment_match: CommentMatch::Exact,
            carreta_knows_no_pages: false,
            carreta_lists_test_orders: true,
        }
    }
}

/// Without the credentials: a test may have started the simulator with the daemon's own.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}
