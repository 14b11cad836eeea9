//! Messages by mail: what arrives, and that neither login nor mail leaves in plain text where that was not asked for.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::smtp::Smtp;
use crate::support::{Fixture, Setup, until};

const PASSWORD: &str = "canary-mail-пароль";

async fn mailed_by(server: &Smtp, tls: &str) -> Fixture {
    Setup::new()
        .set("notify.mail.smtp", "localhost")
        .set("notify.mail.port", server.address.port())
        .set("notify.mail.tls", tls)
        .set("notify.mail.login", "sverka@example.com")
        .set("notify.mail.password", PASSWORD)
        .set("notify.mail.from", "Сверка <sverka@example.com>")
        .set("notify.mail.to", vec!["admin@example.com", "boss@example.com"])
        .set("notify.mail.timeout", "5s")
        .set("notify.spacing", "0s")
        .start()
        .await
}

/// The body, from quoted-printable or base64 to what people read.
fn body(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let body = body.trim_end_matches("\r\n.\r\n");
    if head.contains("base64") {
        let bits: Vec<u8> = body
            .bytes()
            .filter_map(|c| {
                let place = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                    .iter()
                    .position(|l| *l == c)?;
                u8::try_from(place).ok()
            })
            .collect();
        let bytes = bits.chunks(4).flat_map(|four| {
            let n = four.iter().fold(0_u32, |n, six| n << 6 | u32::from(*six)) << (6 * (4 - four.len()));
            n.to_be_bytes()[1..four.len()].to_vec()
        });
        return String::from_utf8(bytes.collect()).unwrap();
    }
    let mut bytes = Vec::new();
    let mut rest = body.replace("=\r\n", "").into_bytes().into_iter();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_mail_says_what_the_webhook_says_to_everybody_who_is_named() {
    let server = Smtp::start(None).await;
    let fixture = mailed_by(&server, "none").await;
    fixture
        .sql(
            "INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why)
             VALUES ('stock', 'keaz', 'W1', 'zero', 21, 100, 'слишком много')",
        )
        .await;
    let mut daemon = fixture.daemon().await;
    let mail = until("a mail", async || server.mails().pop()).await;
    daemon.stop().await;
    assert_eq!(server.mails().len(), 1);
    let said = server.said();
    for line in ["RCPT TO:<admin@example.com>", "RCPT TO:<boss@example.com>"] {
        assert!(said.iter().any(|said| said == line), "{said:?}");
    }
    assert!(said.iter().any(|line| line.starts_with("AUTH PLAIN ")), "{said:?}");
    for line in ["Auto-Submitted: auto-generated", "Message-ID: <sverka.1-1@example.com>"] {
        assert!(mail.contains(line), "{line} is not in {mail}");
    }
    let body = body(&mail);
    assert!(
        body.starts_with("Сверка: Остатки: удержана 21 строка (КЭАЗ, W1)"),
        "{body}"
    );
    assert!(body.contains("Почему: слишком много"), "{body}");
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_gets_neither_login_nor_mail() {
    let server = Smtp::start(None).await;
    let fixture = mailed_by(&server, "starttls").await;
    let output = fixture.command(&["check", "--notify"]).await;
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("BAD") && told.contains("notify.mail"), "{told}");
    let said = server.said();
    assert!(
        said.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"),
        "{said:?}"
    );
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_encrypts_is_trusted_by_its_certificate_alone() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "the test's authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let server = Smtp::start(Some(TlsAcceptor::from(Arc::new(config)))).await;
    let fixture = mailed_by(&server, "starttls").await;
    let trusted = fixture.folder.path().join("authority.pem");
    std::fs::write(&trusted, authority.pem()).unwrap();

    // Nobody it knows has signed it.
    let output = fixture.command(&["check", "--notify"]).await;
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(server.mails().is_empty());
    let said = server.said();
    assert!(
        said.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
        "{said:?}"
    );

    let mut check = fixture.binary(&["check", "--notify"]);
    let output = check.env("SSL_CERT_FILE", &trusted).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("a test message was delivered"), "{told} {output:?}");
    assert_eq!(server.mails().len(), 1);
    assert!(server.said().iter().any(|line| line.starts_with("AUTH PLAIN ")));
}
