//! A site whose certificate is not to be trusted gets nothing from us: no key, no second try over plain http.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::Setup;

/// Who signs, and whom the daemon trusts.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "the test's authority");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A site with this certificate; answers whoever gets through with an empty list.
struct Site {
    address: SocketAddr,
    /// The first byte of every connection, and what was asked after the handshake.
    first: Arc<Mutex<Vec<u8>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start(certificate: CertificateDer<'static>, key: KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Self {
            address: listener.local_addr().unwrap(),
            first: Arc::default(),
            asked: Arc::default(),
        };
        let (first, asked) = (site.first.clone(), site.asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, first, asked) = (acceptor.clone(), first.clone(), asked.clone());
                tokio::spawn(async move {
                    let mut byte = [0];
                    if stream.peek(&mut byte).await.is_ok_and(|count| count == 1) {
                        first.lock().unwrap().push(byte[0]);
                    }
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut request = vec![0; 4096];
                    let count = stream.read(&mut request).await.unwrap_or_default();
                    asked
                        .lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(&request[..count]).into_owned());
                    let body = r#"{"status":{"code":"ok"},"warehouses":[]}"#;
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    let _ = stream.write_all(head.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        site
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted_ends_the_matter() {
    let authority = authority();
    let signed = |name: &str, year: i32| {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &authority).unwrap().der().clone(), key)
    };
    let alone = || {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().der().clone(), key)
    };
    for (name, (certificate, key), words) in [
        ("good", signed("localhost", 4000), None),
        ("expired", signed("localhost", 2021), Some("expired")),
        (
            "of another host",
            signed("other.example", 4000),
            Some("not valid for name"),
        ),
        ("signed by nobody", alone(), Some("UnknownIssuer")),
    ] {
        let site = Site::start(certificate, key).await;
        let fixture = Setup::new()
            .set("keaz.base_url", format!("https://localhost:{}", site.address.port()))
            .start()
            .await;
        let trusted = fixture.folder.path().join("authority.pem");
        std::fs::write(&trusted, authority.pem()).unwrap();
        let mut daemon = fixture
            .daemon_with(&[("SSL_CERT_FILE", trusted.to_str().unwrap())])
            .await;
        let call = fixture.enqueue("keaz.warehouses.list", json!({})).await;
        match words {
            None => assert_eq!(fixture.over(call).await.state, "done", "{}", daemon.log()),
            Some(words) => {
                let tried = format!("(SELECT attempt >= 3 FROM queue.call WHERE id = {call})");
                fixture.until("three attempts", &tried).await;
                let said = format!(
                    "SELECT string_agg(DISTINCT words, '|') FROM queue.attempt WHERE call_id = {call} AND words IS NOT NULL"
                );
                let said = fixture.value(&said).await.unwrap();
                assert!(
                    said.contains("could not be sent") && said.contains(words),
                    "{name}: {said}"
                );
                assert_eq!(*site.asked.lock().unwrap(), [""; 0], "{name}");
            }
        }
        daemon.stop().await;
        let first = site.first.lock().unwrap();
        assert!(
            !first.is_empty() && first.iter().all(|byte| *byte == 0x16),
            "{name}: a handshake and nothing else: {first:?}"
        );
    }
}
