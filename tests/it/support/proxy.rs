//! A proxy on loopback that spoils a connection on demand: between the daemon and PostgreSQL, or a site.
//!
//! A toxic holds for every connection that lives or is opened while it is in force. What has been swallowed stays lost:
//! a connection that fell into a black hole remains in it, as one does whose other end is gone without a word.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What is wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toxic {
    /// Every piece arrives so much later.
    Latency(Duration),
    /// Nobody answers at that address; who was connected is not any more.
    Down,
    /// So many bytes a second.
    Bandwidth(u32),
    /// The end of a connection arrives so much later.
    SlowClose(Duration),
    /// A black hole: what is sent does not arrive, and nothing says so.
    Timeout,
    /// A reset as soon as anything is sent.
    ResetPeer,
    /// Pieces of so many bytes.
    Slicer(usize),
    /// Closed after so many bytes.
    LimitData(usize),
}

/// Where the bytes go.
#[derive(Clone)]
enum Target {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// What happens when a client has sent what a trap waits for.
#[derive(Clone)]
pub(crate) enum Then {
    /// Everything here goes wrong like this, before the bytes are passed on.
    Spoil(Toxic),
    /// Everything there goes wrong.
    SpoilOthers(Toxic, Vec<Spoiler>),
    /// This connection alone falls into a black hole with them.
    Swallow,
    /// They are passed on; the answer is not, and this connection is reset.
    CutAnswer,
}

/// What has become of one connection: nothing passes in either direction, not even its end.
const SWALLOWED: u8 = 1;
/// The next answer is withheld.
const CUT: u8 = 2;

/// The handle of a proxy that another one may spoil.
#[derive(Clone)]
pub(crate) struct Spoiler(Arc<Shared>);

/// Sent by a client one after the other on one connection.
struct Trap {
    words: Vec<&'static str>,
    then: Then,
}

/// A running proxy; ends with the value.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _serving: JoinSet<()>,
}

struct Shared {
    toxic: watch::Sender<Option<Toxic>>,
    trap: Mutex<Option<Trap>>,
    accepted: AtomicUsize,
}

impl Proxy {
    /// Before a site.
    pub(crate) async fn before(address: SocketAddr) -> Self {
        Self::start(Target::Tcp(address)).await
    }

    /// Before a PostgreSQL that listens on a unix socket.
    pub(crate) async fn before_database(options: &PgConnectOptions) -> Self {
        let folder = options.get_socket().expect("a unix socket");
        Self::start(Target::Socket(folder.join(format!(".s.PGSQL.{}", options.get_port())))).await
    }

    async fn start(target: Target) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            toxic: watch::channel(None).0,
            trap: Mutex::default(),
            accepted: AtomicUsize::new(0),
        });
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, target, shared.clone()));
        Self {
            address,
            shared,
            _serving: serving,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `database.url` of that database through this proxy.
    pub(crate) fn url(&self, options: &PgConnectOptions) -> String {
        let (user, database) = (options.get_username(), options.get_database().unwrap());
        format!("postgres://{user}@{}/{database}?sslmode=disable", self.address)
    }

    /// From now on everything goes wrong like this, or well again.
    pub(crate) fn set(&self, toxic: impl Into<Option<Toxic>>) {
        self.shared.toxic.send_replace(toxic.into());
    }

    /// As soon as a client has sent these words, one after the other on one connection.
    pub(crate) fn trap(&self, words: &[&'static str], then: Then) {
        *self.shared.trap() = Some(Trap {
            words: words.to_vec(),
            then,
        });
    }

    /// Whether the trap has been sprung.
    pub(crate) fn is_sprung(&self) -> bool {
        self.shared.trap().is_none()
    }

    /// How many connections were opened so far.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// For [`Then::SpoilOthers`].
    pub(crate) fn spoiler(&self) -> Spoiler {
        Spoiler(self.shared.clone())
    }
}

impl Shared {
    fn trap(&self) -> std::sync::MutexGuard<'_, Option<Trap>> {
        self.trap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this piece springs; `stage` is how many of the words this connection has sent.
    fn look(&self, piece: &[u8], stage: &mut usize) -> Option<Then> {
        let mut trap = self.trap();
        let word = trap.as_ref()?.words.get(*stage)?.as_bytes();
        if !piece.windows(word.len()).any(|window| window == word) {
            return None;
        }
        *stage += 1;
        trap.take_if(|trap| *stage == trap.words.len()).map(|trap| trap.then)
    }
}

async fn serve(listener: TcpListener, target: Target, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        shared.accepted.fetch_add(1, Ordering::Relaxed);
        match *shared.toxic.borrow() {
            Some(Toxic::Down) => continue,
            Some(Toxic::ResetPeer) => {
                let _ = client.set_zero_linger();
                continue;
            }
            _ => {}
        }
        let (target, shared) = (target.clone(), shared.clone());
        connections.spawn(async move {
            match target {
                Target::Tcp(address) => {
                    if let Ok(server) = TcpStream::connect(address).await {
                        connect(client, server.into_split(), shared).await;
                    }
                }
                Target::Socket(path) => {
                    if let Ok(server) = UnixStream::connect(path).await {
                        connect(client, server.into_split(), shared).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connect<R, W>(client: TcpStream, (from_server, to_server): (R, W), shared: Arc<Shared>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let _ = client.set_nodelay(true);
    let (mut from_client, mut to_client) = client.into_split();
    let ended = {
        let fate = AtomicU8::new(0);
        let there = pump(&mut from_client, to_server, &shared, &fate, true);
        let back = pump(from_server, &mut to_client, &shared, &fate, false);
        tokio::pin!(there, back);
        tokio::select! {
            ended = &mut there => ended,
            ended = &mut back => ended,
        }
    };
    let slow = match *shared.toxic.borrow() {
        Some(Toxic::SlowClose(time)) => Some(time),
        _ => None,
    };
    if let Some(time) = slow {
        sleep(time).await;
    }
    if ended == Ended::Reset
        && let Ok(client) = from_client.reunite(to_client)
    {
        let _ = client.set_zero_linger();
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    Closed,
    Reset,
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    shared: &Shared,
    fate: &AtomicU8,
    is_client: bool,
) -> Ended {
    let mut toxic = shared.toxic.subscribe();
    let (mut buffer, mut passed, mut stage) = (vec![0; 16 * 1024], 0, 0);
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = toxic.changed() => {
                if *toxic.borrow_and_update() == Some(Toxic::Down) {
                    return Ended::Closed;
                }
                continue;
            }
        };
        match fate.load(Ordering::Relaxed) {
            SWALLOWED => return std::future::pending().await,
            CUT if !is_client => return Ended::Reset,
            _ => {}
        }
        let Ok(length @ 1..) = read else {
            return Ended::Closed;
        };
        let piece = &buffer[..length];
        let sprung = if is_client {
            shared.look(piece, &mut stage)
        } else {
            None
        };
        match sprung {
            Some(Then::Spoil(toxic)) => drop(shared.toxic.send_replace(Some(toxic))),
            Some(Then::SpoilOthers(toxic, others)) => {
                for other in others {
                    other.0.toxic.send_replace(Some(toxic));
                }
            }
            Some(Then::Swallow) => {
                fate.store(SWALLOWED, Ordering::Relaxed);
                return std::future::pending().await;
            }
            Some(Then::CutAnswer) => fate.store(CUT, Ordering::Relaxed),
            None => {}
        }
        let now = *toxic.borrow_and_update();
        let written = match now {
            Some(Toxic::Timeout) => return std::future::pending().await,
            Some(Toxic::ResetPeer) => return Ended::Reset,
            Some(Toxic::Down) => return Ended::Closed,
            Some(Toxic::LimitData(most)) => {
                let rest = &piece[..length.min(most - passed.min(most))];
                let written = to.write_all(rest).await;
                passed += length;
                if passed >= most {
                    return Ended::Closed;
                }
                written
            }
            Some(Toxic::Latency(time)) => {
                sleep(time).await;
                to.write_all(piece).await
            }
            Some(Toxic::Bandwidth(rate)) => {
                let length = u32::try_from(length).unwrap();
                sleep(Duration::from_secs(1) * length / rate).await;
                to.write_all(piece).await
            }
            Some(Toxic::Slicer(size)) => sliced(&mut to, piece, size).await,
            Some(Toxic::SlowClose(_)) | None => to.write_all(piece).await,
        };
        if written.is_err() {
            return Ended::Closed;
        }
    }
}

async fn sliced(to: &mut (impl AsyncWrite + Unpin), piece: &[u8], size: usize) -> std::io::Result<()> {
    for slice in piece.chunks(size) {
        to.write_all(slice).await?;
        to.flush().await?;
        sleep(Duration::from_micros(200)).await;
    }
    Ok(())
}
