//! The spans, and how they leave: over HTTP, as protobuf, from a thread of the SDK's own, to the collector that the standard
//! `OTEL_*` variables name.
//!
//! A collector that is away costs spans, never work: they wait in a bounded queue and are dropped.

use std::cell::Cell;
use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    FutureExt, Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer, SdkTracerProvider};
use ring::digest::{SHA256, digest};
use sqlx::PgPool;

use crate::queue::Call;
use crate::upstream::Upstream;

/// Where a collector may be named.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// What is left at the end has so long.
const LAST_WORDS: Duration = Duration::from_secs(5);

static TRACES: OnceLock<Traces> = OnceLock::new();

struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    /// Of this installation: another one's run 5 is another run.
    installation: String,
}

#[derive(Debug, thiserror::Error)]
enum TraceError {
    #[error("{0}")]
    Export(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("the HTTP client cannot be built: {0}")]
    Client(#[from] reqwest::Error),
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
    #[error("no thread can be started")]
    Thread,
}

/// Begins to export, where that is asked for.
pub(crate) async fn start(pool: &PgPool) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !ENDPOINTS.into_iter().any(is_set) {
        return;
    }
    match Traces::open(pool).await {
        Ok(traces) => {
            if TRACES.set(traces).is_ok() {
                tracing::info!("traces are exported");
            }
        }
        Err(error) => tracing::warn!(%error, "traces cannot be exported"),
    }
}

/// Exports what is left.
pub(crate) async fn stop() {
    let Some(traces) = TRACES.get() else { return };
    // The SDK waits by standing still.
    let stopped = tokio::task::spawn_blocking(|| traces.provider.shutdown_with_timeout(LAST_WORDS));
    if !matches!(stopped.await, Ok(Ok(()))) {
        tracing::debug!("not every span could be exported");
    }
}

impl Traces {
    async fn open(pool: &PgPool) -> Result<Self, TraceError> {
        let installation = sqlx::query_scalar("SELECT value #>> '{}' FROM queue.setting WHERE name = 'installation'")
            .fetch_one(pool)
            .await?;
        // It must not be made where others must not wait.
        let client = std::thread::spawn(client).join().map_err(|_| TraceError::Thread)??;
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build()?;
        let service = std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "sverka".to_owned());
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_id_generator(Ids::default())
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self {
            tracer: provider.tracer("sverka"),
            provider,
            installation,
        })
    }

    /// The numbers of a run's or a call's own span.
    fn ids(&self, what: &str, id: i64) -> (TraceId, SpanId) {
        let sum = digest(&SHA256, format!("{} {what} {id}", self.installation).as_bytes());
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&sum.as_ref()[..16]);
        span.copy_from_slice(&sum.as_ref()[16..24]);
        (TraceId::from_bytes(trace), SpanId::from_bytes(span))
    }

    /// The trace that a call belongs to: its run's, or its own.
    fn trace_of(&self, call: &Call) -> TraceId {
        match call.run_id {
            Some(run) => self.ids("run", run).0,
            None => self.ids("call", call.id).0,
        }
    }

    /// Something of `trace` whose parent is `span`, wherever that is written.
    fn under(trace: TraceId, span: SpanId) -> Context {
        let parent = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::default());
        Context::new().with_remote_span_context(parent)
    }

    /// A span that is over already.
    fn write(
        &self,
        own: (TraceId, SpanId),
        parent: &Context,
        name: &'static str,
        took: Duration,
        about: Vec<KeyValue>,
    ) {
        let now = SystemTime::now();
        let builder = self.tracer.span_builder(name).with_attributes(about);
        let builder = builder.with_start_time(now.checked_sub(took).unwrap_or(now));
        let mut span = Ids::told(own, || self.tracer.build_with_context(builder, parent));
        span.end_with_timestamp(now);
    }
}

/// By the rules of our other clients: what the variables name is what is called.
fn client() -> reqwest::Result<reqwest::blocking::Client> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
}

/// Random numbers, except for spans that have theirs.
#[derive(Debug, Default)]
struct Ids(RandomIdGenerator);

thread_local! {
    static TOLD: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

impl Ids {
    /// What begins in there gets these.
    fn told<T>(ids: (TraceId, SpanId), begin: impl FnOnce() -> T) -> T {
        TOLD.set(Some(ids));
        let begun = begin();
        TOLD.set(None);
        begun
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        TOLD.get().map_or_else(|| self.0.new_trace_id(), |(trace, _)| trace)
    }

    fn new_span_id(&self) -> SpanId {
        TOLD.get().map_or_else(|| self.0.new_span_id(), |(_, span)| span)
    }
}

fn about(call: &Call, upstream: Upstream) -> Vec<KeyValue> {
    let mut about = vec![
        KeyValue::new("sverka.upstream", upstream.as_str()),
        KeyValue::new("sverka.operation", call.operation.clone()),
        KeyValue::new("sverka.call", call.id),
        KeyValue::new("sverka.attempt", i64::from(call.attempt)),
    ];
    about.extend(call.run_id.map(|run| KeyValue::new("sverka.run", run)));
    about
}

/// An attempt at a call, and everything that is done for it.
pub(crate) fn attempt<F: Future>(call: &Call, upstream: Upstream, work: F) -> impl Future<Output = F::Output> {
    let context = TRACES.get().map_or_else(Context::new, |traces| {
        let (_, own) = traces.ids("call", call.id);
        let parent = Traces::under(traces.trace_of(call), own);
        let builder = traces
            .tracer
            .span_builder("attempt")
            .with_attributes(about(call, upstream));
        parent.with_span(traces.tracer.build_with_context(builder, &parent))
    });
    work.with_context(context)
}

/// How the attempt has ended; `since_asked`: where the call is over with it.
pub(crate) fn attempted(call: &Call, upstream: Upstream, outcome: &'static str, since_asked: Option<Duration>) {
    let Some(traces) = TRACES.get() else { return };
    let current = Context::current();
    let outcome = KeyValue::new("sverka.outcome", outcome);
    current.span().set_attribute(outcome.clone());
    if let Some(took) = since_asked {
        let trace = traces.trace_of(call);
        let (_, own) = traces.ids("call", call.id);
        let parent = call.run_id.map(|run| traces.ids("run", run));
        let parent = parent.map_or_else(Context::new, |(trace, span)| Traces::under(trace, span));
        let mut about = about(call, upstream);
        about.push(outcome);
        traces.write((trace, own), &parent, "call", took, about);
    }
}

/// A request on the wire; `outcome` says what came of it, in a word.
pub(crate) async fn request<F: Future>(
    upstream: Option<Upstream>,
    work: F,
    outcome: fn(&F::Output) -> &'static str,
) -> F::Output {
    let (Some(traces), Some(upstream)) = (TRACES.get(), upstream) else {
        return work.await;
    };
    let about = [KeyValue::new("sverka.upstream", upstream.as_str())];
    let builder = traces.tracer.span_builder("request").with_kind(SpanKind::Client);
    let mut span = builder.with_attributes(about).start(&traces.tracer);
    let done = work.await;
    let word = outcome(&done);
    span.set_attribute(KeyValue::new("sverka.outcome", word));
    if word != "2xx" {
        span.set_status(Status::error(word));
    }
    span.end();
    done
}

/// A run has ended.
pub(crate) fn run_ended(run: i64, job: &'static str, outcome: &'static str, took: Option<Duration>) {
    let (Some(traces), Some(took)) = (TRACES.get(), took) else {
        return;
    };
    let about = vec![
        KeyValue::new("sverka.job", job),
        KeyValue::new("sverka.run", run),
        KeyValue::new("sverka.outcome", outcome),
    ];
    traces.write(traces.ids("run", run), &Context::new(), "run", took, about);
}
