//! A mail server as far as a sender needs one: EHLO, STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

#[derive(Default)]
struct Inner {
    /// Commands as they came, without what is not to be repeated.
    said: Mutex<Vec<String>>,
    mails: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub(super) struct Smtp {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
}

impl Smtp {
    /// With a certificate it offers STARTTLS.
    pub(super) async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            inner: Arc::default(),
        };
        let inner = server.inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (inner, tls) = (inner.clone(), tls.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let _ = stream.write_all(b"220 test ESMTP\r\n").await;
                    let wants_tls = talk(&mut stream, &inner, tls.is_some()).await;
                    if let (true, Some(tls)) = (wants_tls, tls)
                        && let Ok(stream) = tls.accept(stream.into_inner()).await
                    {
                        talk(&mut BufReader::new(stream), &inner, false).await;
                    }
                });
            }
        });
        server
    }

    /// Every command so far.
    pub(super) fn said(&self) -> Vec<String> {
        self.inner.said.lock().unwrap().clone()
    }

    /// Every mail that was taken, head and body.
    pub(super) fn mails(&self) -> Vec<String> {
        self.inner.mails.lock().unwrap().clone()
    }
}

/// Until the end; true: the client begins to speak TLS now.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, inner: &Inner, offers_tls: bool) -> bool {
    loop {
        let mut line = String::new();
        if !matches!(stream.read_line(&mut line).await, Ok(count) if count > 0) {
            return false;
        }
        let line = line.trim_end().to_owned();
        inner.said.lock().unwrap().push(line.clone());
        let answer = match line.split(' ').next().unwrap_or_default() {
            "EHLO" if offers_tls => "250-test\r\n250 STARTTLS\r\n",
            "EHLO" => "250-test\r\n250 AUTH PLAIN\r\n",
            "STARTTLS" => "220 go ahead\r\n",
            "AUTH" => "235 welcome\r\n",
            "DATA" => "354 go on\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return false;
        }
        match line.as_str() {
            "STARTTLS" => return true,
            "QUIT" => return false,
            "DATA" => {
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if !matches!(stream.read_line(&mut mail).await, Ok(count) if count > 0) {
                        return false;
                    }
                }
                inner.mails.lock().unwrap().push(mail);
                let _ = stream.write_all(b"250 taken\r\n").await;
            }
            _ => {}
        }
    }
}
