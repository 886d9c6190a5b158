//! Sockets: who is called, who calls. What `net.js` and `tls.js` are built on.

use super::events::Source;
use super::wire::{Ends, Wire};
use super::{refused, say, say_failed, tls};
use crate::files::throw;
use rquickjs::class::Trace;
use rquickjs::prelude::{Async, Func};
use rquickjs::{Class, Ctx, Function, JsLifetime, Object, Result};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::task::AbortHandle;

/// How long who accepts connections waits where the system has no more files.
const BREATH: Duration = Duration::from_millis(50);

/// `{ connect(callback, settings), listen(callback, settings), lookup(host) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("connect", Func::from(connect))?;
    natives.set("listen", Func::from(listen))?;
    natives.set("lookup", Func::from(Async(lookup)))?;
    Ok(natives)
}

/// The addresses of a host, as the system finds them; none where it does not.
async fn lookup(ctx: Ctx<'_>, host: String) -> Result<Vec<String>> {
    let find = move || (host.as_str(), 0).to_socket_addrs();
    let found = tokio::task::spawn_blocking(find).await;
    let found = found.unwrap_or_else(|error| Err(io::Error::other(error)));
    let addresses = match found {
        Ok(addresses) => addresses,
        // The resolver's own errors have no number of the system's.
        Err(error) if error.raw_os_error().is_none() => return Ok(Vec::new()),
        Err(error) => return Err(throw(&ctx, &error)),
    };
    Ok(addresses.map(|address| address.ip().to_string()).collect())
}

/// What is under way until it is closed: a connection being made, or a server.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Pending {
    #[qjs(skip_trace)]
    task: AbortHandle,
    #[qjs(skip_trace)]
    source: Source,
    /// Of a server: what listens, and where.
    #[qjs(skip_trace)]
    door: Option<Door>,
    #[qjs(skip_trace)]
    address: Option<SocketAddr>,
}

#[rquickjs::methods]
impl Pending {
    /// It comes to nothing.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        // The task ends when it is its turn; from now on nobody gets in.
        if let Some(door) = &self.door {
            door.close();
        }
        self.task.abort();
        self.source.close(&ctx)
    }

    /// Whether the program goes on for its sake.
    fn hold(&self, ctx: Ctx<'_>, is_held: bool) -> Result<()> {
        self.source.hold(&ctx, is_held)
    }

    /// Address and port, where it has them.
    #[qjs(get)]
    fn address(&self) -> Option<Vec<String>> {
        self.address.map(shown)
    }
}

fn shown(address: SocketAddr) -> Vec<String> {
    vec![address.ip().to_string(), address.port().to_string()]
}

/// A stream with its addresses, which those of paths lack.
struct Made {
    ends: Ends,
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    secured: Option<tls::Secured>,
}

impl Made {
    fn of_tcp(stream: TcpStream) -> Self {
        let (local, remote) = (stream.local_addr().ok(), stream.peer_addr().ok());
        // Node leaves this to the program, and the system's default slows down answers in several pieces.
        let (reader, writer) = stream.into_split();
        Self {
            ends: Ends {
                reader: Some(Box::new(reader)),
                writer: Some(Box::new(writer)),
            },
            local,
            remote,
            secured: None,
        }
    }

    fn of_unix(stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self {
            ends: Ends {
                reader: Some(Box::new(reader)),
                writer: Some(Box::new(writer)),
            },
            local: None,
            remote: None,
            secured: None,
        }
    }

    fn of_tls(stream: tls::Stream) -> Self {
        let tcp = stream.tcp();
        let (local, remote) = (tcp.local_addr().ok(), tcp.peer_addr().ok());
        let secured = Some(stream.secured());
        Self {
            ends: stream.into_ends(),
            local,
            remote,
            secured,
        }
    }

    fn post(self, source: &Source, what: &'static str) {
        source.post(move |ctx| {
            let about = Object::new(ctx.clone())?;
            about.set("local", self.local.map(shown))?;
            about.set("remote", self.remote.map(shown))?;
            if let Some(secured) = &self.secured {
                about.set("secured", secured.describe(ctx)?)?;
            }
            say(ctx, what, (Wire::create(ctx, self.ends)?, about))
        });
    }
}

/// What TLS works by, where `tls` asks for it: nothing is opened before this is known. On a path there is none.
fn secure_of<'js, S>(
    ctx: &Ctx<'js>,
    settings: &Object<'js>,
    make: impl FnOnce(&Ctx<'js>, &Object<'js>) -> Result<S>,
) -> Result<Option<S>> {
    let Some(secure) = settings.get::<_, Option<Object>>("tls")? else {
        return Ok(None);
    };
    if settings.get::<_, Option<String>>("path")?.is_some() {
        return Err(refused(ctx, "there is no TLS on a path here"));
    }
    make(ctx, &secure).map(Some)
}

/// Where to: `path`, or `host`, an address, and `port`; with `tls`, settings of its.
fn connect<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    settings: Object<'js>,
) -> Result<Class<'js, Pending>> {
    let path: Option<String> = settings.get("path")?;
    let secure = secure_of(&ctx, &settings, tls::client)?;
    let address = match path {
        Some(_) => None,
        None => Some(address_of(&ctx, &settings)?),
    };
    let local: Option<String> = settings.get("localAddress")?;
    let local = local.and_then(|local| local.parse::<IpAddr>().ok());
    let is_quick: bool = settings.get("noDelay")?;
    let source = Source::open(&ctx, callback)?;
    let told = source.clone();
    let task = tokio::spawn(async move {
        let made = async {
            let Some(address) = address else {
                return UnixStream::connect(path.unwrap_or_default())
                    .await
                    .map(Made::of_unix);
            };
            let stream = tcp(address, local).await?;
            stream.set_nodelay(is_quick)?;
            match secure {
                Some(client) => Ok(Made::of_tls(client.connect(stream).await?)),
                None => Ok(Made::of_tcp(stream)),
            }
        };
        match made.await {
            Ok(made) => made.post(&told, "connected"),
            Err(error) => told.post(move |ctx| say_failed(ctx, &error)),
        }
    });
    let pending = Pending {
        task: task.abort_handle(),
        source,
        door: None,
        address: None,
    };
    Class::instance(ctx, pending)
}

async fn tcp(address: SocketAddr, local: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(local) = local {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    socket.connect(address).await
}

fn address_of(ctx: &Ctx<'_>, settings: &Object<'_>) -> Result<SocketAddr> {
    let (host, port): (String, u16) = (settings.get("host")?, settings.get("port")?);
    let host = host
        .parse::<IpAddr>()
        .map_err(|_| refused(ctx, "a host must be an address here"))?;
    Ok(SocketAddr::new(host, port))
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// On `path`, or on `host` and `port`, with so many connections that wait.
    fn open(ctx: &Ctx<'_>, settings: &Object<'_>) -> Result<Self> {
        let failed = |error: io::Error| throw(ctx, &error);
        if let Some(path) = settings.get::<_, Option<String>>("path")? {
            return UnixListener::bind(path).map(Self::Unix).map_err(failed);
        }
        let address = address_of(ctx, settings)?;
        let backlog: u32 = settings.get("backlog")?;
        let listen = || {
            let socket = match address {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(backlog)
        };
        listen().map(Self::Tcp).map_err(failed)
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        match self {
            Self::Tcp(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, _)| Accepted::Tcp(stream)),
            Self::Unix(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, _)| Accepted::Unix(stream)),
        }
    }
}

/// A listener that the task which accepts does not keep open.
#[derive(Clone)]
struct Door(Arc<Mutex<Option<Listener>>>);

impl Door {
    fn lock(&self) -> MutexGuard<'_, Option<Listener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().take();
    }

    /// The next who comes in; nothing once it is closed.
    async fn accept(&self) -> Option<io::Result<Accepted>> {
        poll_fn(|cx| match &*self.lock() {
            Some(listener) => listener.poll_accept(cx).map(Some),
            None => Poll::Ready(None),
        })
        .await
    }
}

enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream),
}

fn listen<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    settings: Object<'js>,
) -> Result<Class<'js, Pending>> {
    let secure = secure_of(&ctx, &settings, tls::server)?;
    let listener = Listener::open(&ctx, &settings)?;
    let is_quick: bool = settings.get("noDelay")?;
    let address = match &listener {
        Listener::Tcp(listener) => listener.local_addr().ok(),
        Listener::Unix(_) => None,
    };
    let source = Source::open(&ctx, callback)?;
    let told = source.clone();
    let door = Door(Arc::new(Mutex::new(Some(listener))));
    let open = door.clone();
    let task = tokio::spawn(async move {
        while let Some(accepted) = open.accept().await {
            match accepted {
                Ok(Accepted::Unix(stream)) => Made::of_unix(stream).post(&told, "connection"),
                Ok(Accepted::Tcp(stream)) => {
                    // Only of a connection that is gone already.
                    stream.set_nodelay(is_quick).ok();
                    match &secure {
                        None => Made::of_tcp(stream).post(&told, "connection"),
                        Some(server) => server.accept_later(stream, told.clone()),
                    }
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        }
    });
    let pending = Pending {
        task: task.abort_handle(),
        source,
        door: Some(door),
        address,
    };
    Class::instance(ctx, pending)
}

/// Tells of a connection that TLS has accepted.
pub(super) fn post_accepted(stream: tls::Stream, source: &Source) {
    Made::of_tls(stream).post(source, "connection");
}
