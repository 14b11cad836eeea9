//! Downloading a list: a conditional GET, streamed to a temporary file, with a cap on time and size.
//!
//! The configured address is used exactly as it is and is a secret as a whole. Called by the prices job.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use serde::Serialize;
use tempfile::{NamedTempFile, TempPath};
use url::Url;

use super::digest::digest;
use crate::config::{self, PriceList, Secret};
use crate::upstream::transport::{Download, Request, Transport, TransportError};
use crate::upstream::{Fault, Upstream};

/// No answer that is not a list may be larger, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// Values in an address's query shorter than this are words, not keys.
const MIN_KEY: usize = 6;

/// What a list said about its version, to be shown at the next fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What came of a fetch.
#[derive(Debug, Serialize)]
pub enum Fetched {
    /// The list is the one whose validators were shown.
    NotModified,
    /// A list. Whether it is whole and sound is for [`super::check`] to say.
    List {
        /// Where it is; the file goes when this is dropped.
        #[serde(skip)]
        path: TempPath,
        /// Bytes in the file.
        bytes: u64,
        /// For the next fetch, once the list has been accepted.
        #[serde(skip)]
        validators: Validators,
        /// Equal for equal bytes that are read in the same way.
        #[serde(skip)]
        digest: String,
    },
}

/// Downloads lists.
#[derive(Clone, Debug)]
pub struct PriceLists {
    transport: Transport,
    timeout: Duration,
    max_bytes: u64,
}

impl PriceLists {
    /// Works without an API key: a list's address holds whatever it needs.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &config::Carreta) -> Result<Self, TransportError> {
        let transport = Transport::new(Upstream::Carreta, MAX_ANSWER)?;
        Ok(Self {
            transport,
            timeout: settings.download_timeout,
            max_bytes: settings.max_list_bytes,
        })
    }

    /// Downloads one list into a new file in `dir`, unless it is still the one that `validators` belong to.
    ///
    /// # Errors
    /// As the transport; [`Fault::NotSent`] also when the file cannot be made or the address is none;
    /// [`Fault::Garbled`] for a list over the size limit; [`Fault::NotApi`] for a page.
    pub async fn fetch(&self, list: &PriceList, validators: &Validators, dir: &Path) -> Result<Fetched, Fault> {
        let request = request(list, validators, self.timeout)?;
        let local = |error: io::Error| Fault::NotSent(format!("a file for the list cannot be made: {error}"));
        let temporary = NamedTempFile::new_in(dir).map_err(local)?;
        let mut file = tokio::fs::File::from_std(temporary.as_file().try_clone().map_err(local)?);
        match self.transport.download(request, &mut file, self.max_bytes).await? {
            Download::Body {
                etag,
                last_modified,
                bytes,
            } => {
                let path = temporary.into_temp_path();
                let (file, columns) = (path.to_path_buf(), list.columns.clone());
                let digest = tokio::task::spawn_blocking(move || digest(&file, &columns));
                let unreadable = |error: io::Error| Fault::Lost(format!("the local file cannot be read: {error}"));
                Ok(Fetched::List {
                    digest: digest.await.map_err(io::Error::other).flatten().map_err(unreadable)?,
                    path,
                    bytes,
                    validators: Validators { etag, last_modified },
                })
            }
            Download::Other(reply) if reply.status == 304 && *validators != Validators::default() => {
                Ok(Fetched::NotModified)
            }
            Download::Other(reply) => Err(reply
                .fault()
                .unwrap_or_else(|| Fault::Garbled(format!("HTTP {} where only 200 is a list", reply.status)))),
        }
    }
}

fn request(list: &PriceList, validators: &Validators, timeout: Duration) -> Result<Request, Fault> {
    let url = Url::parse(list.url.reveal())
        .map_err(|_| Fault::NotSent(format!("the address of price list `{}` is not a URL", list.name)))?;
    let keys: Vec<Secret> = url
        .query_pairs()
        .filter(|(_, value)| value.len() >= MIN_KEY)
        .map(|(_, value)| Secret::new(value))
        .collect();
    let mut request = Request::get(url, timeout)
        .pooled(false)
        .secret_url("CARRETA_PRICE_LIST_URL", &list.url);
    for key in &keys {
        request = request.secret("CARRETA_PRICE_LIST_KEY", key);
    }
    if let Some(etag) = &validators.etag {
        request = request.header("if-none-match", etag);
    }
    if let Some(last_modified) = &validators.last_modified {
        request = request.header("if-modified-since", last_modified);
    }
    Ok(request)
}

/// Opens a downloaded list; one that is itself a gzip file (`.csv.gz`) is unpacked while reading, up to `max_bytes`.
///
/// # Errors
/// The file cannot be read.
pub fn open(path: &Path, max_bytes: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(path)?;
    let mut magic = Vec::new();
    file.by_ref().take(2).read_to_end(&mut magic)?;
    file.rewind()?;
    if magic == [0x1f, 0x8b] {
        let unpacked = MultiGzDecoder::new(BufReader::new(file));
        return Ok(Box::new(Capped {
            input: unpacked,
            left: max_bytes,
        }));
    }
    Ok(Box::new(file))
}

/// Fails, instead of ending, behind so many bytes.
struct Capped<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("the list is larger than allowed once unpacked")),
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
