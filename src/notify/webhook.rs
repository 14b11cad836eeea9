//! A POST of JSON to the address of `[notify.webhook]`, by the rules of every request to an upstream: no redirect, one
//! deadline, a short answer, no address in an error. Its form is described in docs/OPERATIONS.md.

use std::time::Duration;

use url::Url;

use super::message::Message;
use crate::config::{NotifyWebhook, Secret};
use crate::upstream::transport::{Request, Transport};

/// Nobody reads more of the answer.
const MAX_ANSWER: usize = 64 * 1024;
/// A part of the address that is no shorter may be what makes it secret.
const TELLING: usize = 6;

pub(super) async fn post(webhook: &NotifyWebhook, message: &Message) -> Result<(), String> {
    let Some(address) = &webhook.url else { return Ok(()) };
    let body = serde_json::to_vec(message).map_err(|error| error.to_string())?;
    let transport = Transport::beside("the webhook", MAX_ANSWER).map_err(|error| error.to_string())?;
    let request = request(address, webhook.timeout, body).ok_or("notify.webhook.url is not an address")?;
    let reply = transport.send(request).await.map_err(|fault| fault.to_string())?;
    match reply.status {
        200..=299 => Ok(()),
        status => Err(format!("HTTP {status}: {}", reply.words())),
    }
}

/// Nothing of the address may come back in what the other side says: neither all of it nor its telling parts.
fn request(address: &Secret, timeout: Duration, body: Vec<u8>) -> Option<Request> {
    let url = Url::parse(address.reveal()).ok()?;
    let path = url.path_segments().into_iter().flatten();
    let parts = path.chain(url.query()).filter(|part| part.len() >= TELLING);
    let parts: Vec<Secret> = parts.map(Secret::new).collect();
    let request = Request::post(url, timeout, "application/json", body).secret_url("NOTIFY_WEBHOOK_URL", address);
    Some(
        parts
            .iter()
            .fold(request, |request, part| request.secret("NOTIFY_WEBHOOK_URL", part)),
    )
}
