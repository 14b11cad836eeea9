//! The client of KEAZ, after the KEAZ document: every call is a POST with the key in its body, and what became of each
//! row stands in the answer's body.
//!
//! It speaks all three request formats and reads both answer formats. It keeps no state, repeats nothing and knows
//! nothing of the ERP; the jobs `warehouses` and `stock` call it through the queue.

mod answer;
mod field;
mod remains;
mod request;
mod resource;
#[cfg(test)]
mod tests;
mod verdict;
mod warehouses;

use std::time::Duration;

use url::Url;

use self::answer::Answer;
pub use self::field::{Field, Filter};
pub use self::remains::Remain;
use self::request::{Content, Row};
pub use self::resource::{KeazAnswer, KeazStatus};
pub use self::verdict::{Verdict, Verdicts};
pub use self::warehouses::Warehouse;
use super::transport::{Request, Transport, TransportError};
use super::{Fault, Upstream};
use crate::config::{self, KeazFormat, KeazRemains, Secret};

/// No answer may be larger, in bytes after decompression: more than some 125,000 remains need.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// PHP reads 1000 variables of a form by default and drops the rest without a word.
const MAX_FORM_VARIABLES: usize = 1000;
const WAREHOUSES: &str = "warehouses";
/// What stands beside the rows in a request or an answer: no resource can be called so.
const RESERVED: [&str; 3] = ["hash", "status", "filter"];

/// A client of KEAZ. Cloning it is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Keaz {
    transport: Transport,
    office: Url,
    key: Secret,
    format: KeazFormat,
    timeout: Duration,
    remains: KeazRemains,
}

/// Why the settings make no client.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeazError {
    /// There is an address and no key.
    #[error("keaz.api_key is missing")]
    NoKey,
    /// The name cannot stand in a URL, an XML document and a form alike, or stands for something else.
    #[error("keaz.remains: {0:?} cannot be the name of a resource or field")]
    Name(String),
    /// The HTTP client.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// What is done with a resource. Which of them a resource has differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reads what the filter names.
    Get,
    /// Reads all, or what the filter lets through.
    List,
    /// Creates the rows.
    Add,
    /// Changes the rows.
    Update,
    /// Deletes the rows.
    Delete,
}

impl Action {
    /// Whether it changes nothing.
    pub fn reads(self) -> bool {
        matches!(self, Self::Get | Self::List)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Add => "add",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Keaz {
    /// The client that the settings describe; `None` without `base_url`: KEAZ is not used.
    ///
    /// # Errors
    /// When the key is missing, a configured name is not usable, or the HTTP client cannot be built.
    pub fn new(settings: &config::Keaz) -> Result<Option<Self>, KeazError> {
        let Some(base) = &settings.base_url else {
            return Ok(None);
        };
        let key = settings
            .api_key
            .clone()
            .filter(|key| !key.is_empty())
            .ok_or(KeazError::NoKey)?;
        check_names(&settings.remains)?;
        Ok(Some(Self {
            transport: Transport::new(Upstream::Keaz, MAX_BODY)?,
            office: office(base),
            key,
            format: settings.format,
            timeout: settings.timeout,
            remains: settings.remains.clone(),
        }))
    }

    /// One request. The status and the messages of the answer are still to be judged.
    async fn call(&self, action: Action, content: Content<'_>) -> Result<Answer, Fault> {
        let resource = content.resource;
        let mut url = self.office.clone();
        let kind = if self.format == KeazFormat::Xml { "xml" } else { "json" };
        url.set_path(&format!("{}/{resource}.{}.{kind}", url.path(), action.as_str()));
        let (content_type, body) = request::body(self.format, &self.key, content);
        let request = Request::post(url, self.timeout, content_type, body)
            .secret("KEAZ_API_KEY", &self.key)
            .pooled(action.reads());
        let reply = self.transport.send(request).await?;
        match (reply.fault(), Answer::read(&reply, resource)) {
            (None, answer) => answer,
            // A refusal in KEAZ's own form says more than its HTTP status.
            (Some(Fault::Refused { .. }), Ok(answer)) if answer.is_error() => Ok(answer),
            (Some(Fault::Denied { status, .. }), Ok(answer)) if answer.is_error() => {
                let words = answer.words();
                Err(Fault::Denied { status, words })
            }
            (Some(fault), _) => Err(fault),
        }
    }

    /// The rows of a list.
    async fn list(&self, resource: &str) -> Result<Answer, Fault> {
        let content = Content {
            resource,
            filter: &Filter::default(),
            rows: &[],
        };
        let answer = self.call(Action::List, content).await?;
        answer.check_list()?;
        Ok(answer)
    }

    /// Sends the rows that can be sent; the others have their reason already.
    async fn write(&self, resource: &str, action: Action, rows: Vec<Result<Row, String>>) -> Result<Verdicts, Fault> {
        let mut verdicts = Verdicts::default();
        let mut sendable = Vec::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            match row.as_ref().map_err(Clone::clone).and_then(|row| {
                request::check(self.format, row.iter().map(|(name, field)| (name, field))).map(|()| row)
            }) {
                Ok(row) => {
                    sendable.push((place, row));
                    verdicts.rows.push(Verdict::Done);
                }
                Err(why) => verdicts.rows.push(Verdict::Refused(why)),
            }
        }
        for batch in sendable.chunks(self.rows_in_a_request(&sendable)) {
            let rows: Vec<&Row> = batch.iter().map(|(_, row)| *row).collect();
            let content = Content {
                resource,
                filter: &Filter::default(),
                rows: &rows,
            };
            let answer = self.call(action, content).await?;
            let judged = verdict::judge(&answer, action, &rows)?;
            for ((place, _), verdict) in batch.iter().zip(judged.rows) {
                verdicts.rows[*place] = verdict;
            }
            verdicts.notes.extend(judged.notes);
        }
        Ok(verdicts)
    }

    fn rows_in_a_request(&self, rows: &[(usize, &Row)]) -> usize {
        let widest = rows.iter().map(|(_, row)| row.len()).max().unwrap_or(1).max(1);
        if self.format == KeazFormat::Form {
            (MAX_FORM_VARIABLES - 1) / widest
        } else {
            rows.len().max(1)
        }
    }
}

/// `.../restapi/office`, without a slash at the end, whether or not the address has it already.
fn office(base: &Url) -> Url {
    let mut url = base.clone();
    let path = base.path().trim_end_matches('/');
    let path = path.strip_suffix("/restapi/office").unwrap_or(path);
    url.set_path(&format!("{path}/restapi/office"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn check_names(remains: &KeazRemains) -> Result<(), KeazError> {
    let fields = &remains.fields;
    let mut seen = Vec::new();
    for name in [&remains.resource, &fields.warehouse, &fields.article, &fields.quantity] {
        let reserved = *name == remains.resource && RESERVED.contains(&name.as_str());
        if !field::is_name(name) || reserved || seen.contains(&name) {
            return Err(KeazError::Name(name.clone()));
        }
        if *name != remains.resource {
            seen.push(name);
        }
    }
    Ok(())
}
