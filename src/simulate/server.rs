//! Connections: accepts, reads whole requests, hands them to `exchange`, and puts what comes back on the wire.
//!
//! An outcome without an answer becomes a service error, upon which hyper closes the connection.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Response, StatusCode, Version, header};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::Upstream;
use super::answer::{Answer, Payload};
use super::control;
use super::exchange::{Delivery, Outcome, exchange, operation};
use super::moment::Moment;
use super::request::Request;
use super::shared::{Shared, lock};
use super::wire::Wire;

/// Larger bodies are refused with 413.
const MAX_BODY: usize = 64 << 20;

/// Accepts connections of one upstream until the simulator stops.
pub(super) async fn serve(listener: TcpListener, upstream: Upstream, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            () = shared.token.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, upstream, Arc::clone(&shared));
                let token = shared.token.clone();
                shared
                    .tasks
                    .spawn(async move { token.run_until_cancelled(connection).await });
            }
            Err(error) => {
                // Out of file descriptors: accepting again at once would spin.
                tracing::warn!(?upstream, %error, "the simulator could not accept a connection");
                tokio::select! {
                    () = shared.token.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, upstream: Upstream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    if shared.moments.stop_at(upstream, "", Moment::Connected).await {
        return;
    }
    let reset = Arc::new(AtomicBool::new(false));
    let wire = TokioIo::new(Wire {
        stream,
        reset: Arc::clone(&reset),
    });
    let service = service_fn(move |request| {
        let (shared, reset) = (Arc::clone(&shared), Arc::clone(&reset));
        async move {
            match visit(request, upstream, &shared).await {
                Outcome::Answer(answer, delivery) => Ok(response(*answer, delivery, upstream, &shared)),
                Outcome::Close => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
                Outcome::Reset => {
                    reset.store(true, Ordering::Relaxed);
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                }
            }
        }
    });
    // Its error is a fault we injected, or a client that went away: nothing to report.
    let _ = http1::Builder::new().serve_connection(wire, service).await;
}

async fn visit(request: hyper::Request<Incoming>, upstream: Upstream, shared: &Arc<Shared>) -> Outcome {
    let (head, body) = request.into_parts();
    let mut request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: Bytes::new(),
    };
    let name = operation(upstream, &request, &lock(&shared.options));
    let body = Body::new(body);
    if shared.moments.stop_at(upstream, &name, Moment::Head).await {
        return Outcome::Close;
    }
    if shared.moments.is_wanted(upstream, &name, Moment::HalfBody) {
        read_half(body, &request).await;
        shared.moments.stop_at(upstream, &name, Moment::HalfBody).await;
        return Outcome::Close;
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Outcome::of(Answer::page(413, "413 Request Entity Too Large"), Delivery::Whole);
    };
    request.body = body;
    if request.path.starts_with("/_sim/") {
        return Outcome::of(control::answer(shared, &request), Delivery::Whole);
    }
    exchange(shared, upstream, request).await
}

/// Reads until half of the declared length is there.
async fn read_half(body: Body, request: &Request) {
    let length = request
        .header(header::CONTENT_LENGTH)
        .and_then(|text| text.parse().ok());
    let (mut got, half) = (0, length.unwrap_or(0_usize) / 2);
    let mut chunks = body.into_data_stream();
    while got < half {
        match chunks.next().await {
            Some(Ok(chunk)) => got += chunk.len(),
            _ => return,
        }
    }
}

fn response(answer: Answer, delivery: Delivery, upstream: Upstream, shared: &Arc<Shared>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(answer.headers);
    *response.body_mut() = match (answer.body, delivery) {
        (Payload::Whole(body), Delivery::Whole) => Body::from(body),
        (Payload::Download(download), Delivery::Whole) => {
            Body::from_stream(stream::iter(download).map(Ok::<_, Infallible>))
        }
        (payload, delivery) => {
            let body = payload.collect();
            if delivery == Delivery::CutUnseen {
                *response.version_mut() = Version::HTTP_10;
            } else {
                response
                    .headers_mut()
                    .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            }
            if delivery == Delivery::Stopped {
                Body::from_stream(stopped(body, upstream, Arc::clone(shared)))
            } else {
                Body::from_stream(damaged(body, delivery))
            }
        }
    };
    response
}

/// The body in the way a fault delivers it.
fn damaged(body: Bytes, delivery: Delivery) -> stream::BoxStream<'static, io::Result<Bytes>> {
    let half = body.slice(..body.len() / 2);
    match delivery {
        Delivery::Whole => stream::iter([Ok(body)]).boxed(),
        Delivery::CutUnseen => stream::iter([Ok(half)]).boxed(),
        Delivery::Cut | Delivery::Stopped => stream::iter([Ok(half)]).chain(broken()).boxed(),
        Delivery::Drip => stream::unfold(body, |mut rest| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (!rest.is_empty()).then(|| (Ok(rest.split_to(1)), rest))
        })
        .boxed(),
    }
}

/// Half of the body, and then it stands still.
fn stopped(body: Bytes, upstream: Upstream, shared: Arc<Shared>) -> impl Stream<Item = io::Result<Bytes>> {
    let half = body.slice(..body.len() / 2);
    let stands = stream::once(async move {
        shared.moments.stop_at(upstream, "", Moment::HalfReply).await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    stream::iter([Ok(half)]).chain(stands)
}

/// An error, after one turn of the scheduler in which hyper writes out what it has.
fn broken() -> impl Stream<Item = io::Result<Bytes>> {
    stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    })
}
