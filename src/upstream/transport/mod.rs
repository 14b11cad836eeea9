//! The one way to the wire: every request to an upstream leaves through [`Transport`], every error comes back as a
//! [`Fault`].
//!
//! It follows no redirect, sends no referer, reads no proxy from the environment, repeats nothing, and bounds time and
//! size of every answer. It knows nothing of any API's words; the clients in `keaz`, `saplab` and `carreta` call it.

#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod canned;
mod hidden;
pub mod journal;
mod reply;
mod request;
mod resolve;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod words;

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::tls::Version;
use reqwest::{Client, ClientBuilder, Response, redirect, retry};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use self::journal::Entry;
pub use self::reply::{Download, Reply};
pub use self::request::Request;
pub use self::words::{clip, redact};
use super::{Fault, Upstream};
use crate::config::Secret;
use crate::kill;
use crate::metrics::{self, Word};
use crate::trace;

/// Connecting, TLS included, may take so long; running over it proves that nothing was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// No answer may have more header lines; hyper bounds their bytes (about 400 KiB) on its own.
const MAX_HEADERS: usize = 64;

/// An answer of more bytes than this waits for its turn.
const LARGE: usize = 1024 * 1024;

/// No answer may consist of more values: each takes some hundred bytes of memory, however short it is. At KEAZ they are
/// some 125,000 remains; at Carreta a search has up to 10,000 rows, at Saplab a page has up to 150.
fn max_values(upstream: Option<Upstream>) -> usize {
    match upstream {
        Some(Upstream::Keaz) => 500_000,
        Some(Upstream::Carreta) => 250_000,
        Some(Upstream::Saplab | Upstream::SaplabClient) | None => 100_000,
    }
}

/// An HTTP client for one upstream: one connection pool for reads, none for writes.
#[derive(Clone, Debug)]
pub struct Transport {
    /// Whose requests the metrics count; nobody's beside the upstreams.
    upstream: Option<Upstream>,
    pooled: Client,
    single: Client,
    max_body: usize,
    max_values: usize,
    /// Of large answers one at a time is read and taken apart: together they would fill the memory.
    large: Arc<Semaphore>,
    /// Why every https address will be refused, where the machine has no trusted certificates.
    no_roots: Option<&'static str>,
}

/// An HTTP client could not be built.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the HTTP client of {whom} could not be built: {why}")]
pub struct TransportError {
    /// Whose client.
    pub whom: &'static str,
    /// What the TLS or HTTP library said.
    pub why: String,
}

impl Transport {
    /// A client for `upstream` that refuses answers of more than `max_body` bytes after decompression.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(upstream: Upstream, max_body: usize) -> Result<Self, TransportError> {
        Self::with_connect_timeout(upstream, max_body, CONNECT_TIMEOUT)
    }

    /// A client by the same rules for somebody who is no upstream.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub(crate) fn beside(whom: &'static str, max_body: usize) -> Result<Self, TransportError> {
        Self::build(whom, None, max_body, CONNECT_TIMEOUT)
    }

    fn with_connect_timeout(upstream: Upstream, max_body: usize, connect: Duration) -> Result<Self, TransportError> {
        Self::build(upstream.as_str(), Some(upstream), max_body, connect)
    }

    fn build(
        whom: &'static str,
        upstream: Option<Upstream>,
        max_body: usize,
        connect: Duration,
    ) -> Result<Self, TransportError> {
        // Somebody else in the process may have installed a provider before: that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: reqwest::Error| TransportError {
            whom,
            why: chain(&error.without_url()),
        };
        let (pooled, no_roots) = match builder(connect).build() {
            Ok(client) => (client, None),
            // Without one trusted certificate plain http must still work; https then trusts nobody.
            Err(_) => (
                builder(connect).tls_certs_only([]).build().map_err(failed)?,
                Some("the trusted certificates of this machine cannot be read; install ca-certificates"),
            ),
        };
        let single = if no_roots.is_some() {
            builder(connect).tls_certs_only([])
        } else {
            builder(connect)
        };
        let single = single.pool_max_idle_per_host(0).build().map_err(failed)?;
        Ok(Self {
            upstream,
            pooled,
            single,
            max_body,
            max_values: max_values(upstream),
            large: Arc::new(Semaphore::new(1)),
            no_roots,
        })
    }

    /// Sends one request, once, and reads the whole answer. Any HTTP status is a [`Reply`], except a redirect.
    ///
    /// # Errors
    /// [`Fault::NotSent`] when no connection came about; [`Fault::Lost`] when anything else went wrong on the way;
    /// [`Fault::NotApi`] for a redirect; [`Fault::Garbled`] for an answer over the size limit.
    pub async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let deadline = request.timeout;
        let mut entry = Entry::open(&request);
        let work = async {
            let (response, secrets) = self.start(request, &mut entry).await?;
            self.whole(response, secrets).await
        };
        let result = self.timed(within(deadline, work)).await;
        match &result {
            Ok(reply) => entry.answered(&reply.body),
            Err(fault) => entry.failed(fault),
        }
        result
    }

    /// Sends one request and streams the body of a 200, decompressed, into a file of at most `max_bytes`.
    ///
    /// # Errors
    /// As [`Transport::send`]; [`Fault::Lost`] also when the file cannot be written; [`Fault::NotApi`] when the body
    /// is a web page. The file's content is of no use after an error.
    pub async fn download(&self, request: Request, into: &mut File, max_bytes: u64) -> Result<Download, Fault> {
        let deadline = request.timeout;
        let mut entry = Entry::open(&request);
        let work = async {
            let (response, secrets) = self.start(request, &mut entry).await?;
            if response.status() != 200 {
                return Ok(Download::Other(self.whole(response, secrets).await?));
            }
            let etag = reply::header(&response, "etag");
            let last_modified = reply::header(&response, "last-modified");
            let bytes = save(response, &secrets, into, max_bytes).await?;
            Ok(Download::Body {
                etag,
                last_modified,
                bytes,
            })
        };
        let result = self.timed(within(deadline, work)).await;
        match &result {
            Ok(Download::Body { bytes, .. }) => entry.downloaded(*bytes),
            Ok(Download::Other(reply)) => entry.answered(&reply.body),
            Err(fault) => entry.failed(fault),
        }
        result
    }

    /// Tells metrics and traces how long a request took and what came of it.
    async fn timed<T>(&self, request: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault>
    where
        Result<T, Fault>: Word,
    {
        let began = Instant::now();
        let result = trace::request(self.upstream, request, Word::word).await;
        if let Some(upstream) = self.upstream {
            metrics::own().requested(upstream, result.word(), began.elapsed());
        }
        result
    }

    /// Everything up to the head of the answer.
    async fn start(&self, request: Request, entry: &mut Entry) -> Result<(Response, Vec<Secret>), Fault> {
        let client = if request.pooled { &self.pooled } else { &self.single };
        let mut secrets = request.all_secrets();
        let request = request.build(client).map_err(|error| {
            Fault::NotSent(format!(
                "the request is not valid: {}",
                redact(&chain(&error.without_url()), &refs(&secrets))
            ))
        })?;
        request::add_basic_token(&request, &mut secrets);
        kill::point("wire.before");
        let response = execute(client, request)
            .await
            .map_err(|error| self.fault_of(error, &secrets))?;
        kill::point("wire.head");
        entry.head(&response, &secrets);
        let status = response.status();
        if status.is_redirection() && status != 304 {
            return Err(Fault::NotApi(format!(
                "HTTP {}: a redirect, which is not followed",
                status.as_u16()
            )));
        }
        Ok((response, secrets))
    }

    async fn whole(&self, mut response: Response, secrets: Vec<Secret>) -> Result<Reply, Fault> {
        let mut body = Vec::new();
        let mut turn = None;
        while let Some(chunk) = next_chunk(&mut response, &secrets).await? {
            if body.len() + chunk.len() > self.max_body {
                return Err(Fault::Garbled(format!("an answer larger than {} bytes", self.max_body)));
            }
            if turn.is_none() && body.len() + chunk.len() > LARGE {
                // Nobody closes it.
                turn = self.large.clone().acquire_owned().await.ok();
            }
            body.extend_from_slice(&chunk);
            kill::point("wire.half");
        }
        if reply::values(&body) > self.max_values {
            return Err(Fault::Garbled(format!(
                "an answer of more than {} values",
                self.max_values
            )));
        }
        kill::point("wire.whole");
        Ok(Reply::from_parts(&response, Bytes::from(body), secrets, turn))
    }

    fn fault_of(&self, error: reqwest::Error, secrets: &[Secret]) -> Fault {
        let not_sent = error.is_connect() || error.is_builder();
        let words = redact(&chain(&error.without_url()), &refs(secrets));
        match (not_sent, self.no_roots) {
            (true, Some(note)) => Fault::NotSent(format!("{words} ({note})")),
            (true, None) => Fault::NotSent(words),
            (false, _) => Fault::Lost(words),
        }
    }
}

async fn execute(client: &Client, request: reqwest::Request) -> reqwest::Result<Response> {
    #[cfg(debug_assertions)]
    if let Some(response) = canned::answer(&request) {
        return Ok(response);
    }
    client.execute(request).await
}

/// What both clients have in common.
fn builder(connect: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("sverka/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(Arc::new(resolve::Guarded))
        .retry(retry::never())
        .http1_only()
        .http1_max_headers(MAX_HEADERS)
        .tls_version_min(Version::TLS_1_2)
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(20))
}

/// One deadline from connecting to the last byte: a slow drip cannot hold a slot.
async fn within<T>(deadline: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match tokio::time::timeout(deadline, work).await {
        Ok(result) => result,
        Err(_) => Err(Fault::Lost(format!(
            "no whole answer within {}",
            humantime::format_duration(deadline)
        ))),
    }
}

async fn next_chunk(response: &mut Response, secrets: &[Secret]) -> Result<Option<Bytes>, Fault> {
    let chunk = response.chunk().await;
    chunk.map_err(|error| Fault::Lost(redact(&chain(&error.without_url()), &refs(secrets))))
}

async fn save(mut response: Response, secrets: &[Secret], file: &mut File, max: u64) -> Result<u64, Fault> {
    let local = |error: std::io::Error| Fault::Lost(format!("the local file cannot be written: {error}"));
    let mut bytes: u64 = 0;
    while let Some(chunk) = next_chunk(&mut response, secrets).await? {
        if bytes == 0 && reply::looks_like_markup(&chunk) {
            return Err(Fault::NotApi("a web page instead of a file".into()));
        }
        bytes += chunk.len() as u64;
        if bytes > max {
            return Err(Fault::Garbled(format!("a file larger than {max} bytes")));
        }
        file.write_all(&chunk).await.map_err(local)?;
        kill::point("download.half");
    }
    file.flush().await.map_err(local)?;
    Ok(bytes)
}

/// An error and its causes in one line. The caller has taken the URL out.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    clip(&text, 500)
}

fn refs(secrets: &[Secret]) -> Vec<&Secret> {
    secrets.iter().collect()
}
