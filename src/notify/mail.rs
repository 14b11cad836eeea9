//! A mail through the server of `[notify.mail]`: encrypted unless `tls = "none"` says otherwise, never less than asked for.

use std::error::Error as _;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::message::Message;
use crate::config::{MailTls, NotifyMail};
use crate::queue::presence::host;
use crate::upstream::transport::{clip, redact};

/// Characters of what went wrong.
const MAX_WORDS: usize = 500;

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

pub(super) async fn send(mail: &NotifyMail, message: &Message) -> Result<(), String> {
    let (Some(server), Some(from)) = (&mail.smtp, &mail.from) else {
        return Ok(());
    };
    let letter = letter(mail, from, message)?;
    let smtp = smtp(mail, server).map_err(|error| words(mail, &error))?;
    smtp.send(letter).await.map(drop).map_err(|error| words(mail, &error))
}

fn smtp(mail: &NotifyMail, server: &str) -> Result<Smtp, lettre::transport::smtp::Error> {
    let tls = match mail.tls {
        MailTls::None => Tls::None,
        MailTls::Starttls => Tls::Required(TlsParameters::new(server.to_owned())?),
        MailTls::Tls => Tls::Wrapper(TlsParameters::new(server.to_owned())?),
    };
    let mut smtp = Smtp::builder_dangerous(server)
        .port(mail.port)
        .tls(tls)
        .hello_name(ClientId::Domain(host()))
        .timeout(Some(mail.timeout));
    if let (Some(login), Some(password)) = (&mail.login, &mail.password) {
        smtp = smtp.credentials(Credentials::new(login.clone(), password.reveal().to_owned()));
    }
    Ok(smtp.build())
}

fn letter(mail: &NotifyMail, from: &str, message: &Message) -> Result<lettre::Message, String> {
    let odd = |address: &str| format!("{address:?} is not a mail address");
    let from: Mailbox = from.parse().map_err(|_| odd(from))?;
    let mut to = Mailboxes::new();
    for address in &mail.to {
        to.push(address.parse().map_err(|_| odd(address))?);
    }
    // The same for the same message: a mail system that gets it twice may show it once.
    let id = format!("<sverka.{}@{}>", message.id, from.email.domain());
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    lettre::Message::builder()
        .from(from)
        .mailbox(lettre::message::header::To::from(to))
        .subject(&message.subject)
        .message_id(Some(id))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(message.text.clone())
        .map_err(|error| error.to_string())
}

/// The error and its causes in one line; the server's own words may be among them, our password is not.
fn words(mail: &NotifyMail, error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    let secrets: Vec<_> = mail.password.iter().collect();
    clip(&redact(&text, &secrets), MAX_WORDS)
}
