//! HTTP for `fetch`: what `fetch.js` is built on. It knows nothing of redirections.
//!
//! A request has a thread of its own until the last byte of its answer has been taken or nobody wants it any
//! more. Bytes wait in a short queue, so that a slow reader slows down the other side.

use bident_js::hosting::copy_bytes;
use rquickjs::class::Trace;
use rquickjs::prelude::{Async, Func};
use rquickjs::promise::Promised;
use rquickjs::{
    Array, Class, Ctx, Exception, IntoJs, JsLifetime, Object, Result, TypedArray, Value,
};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::Read;
use std::net::ToSocketAddrs;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use tokio::sync::{Semaphore, mpsc, oneshot};
use ureq::http::{Request, Response, Uri};
use ureq::{Agent, Body};

/// Most requests under way; others wait for their turn.
const MOST_REQUESTS: usize = 256;

/// Most connections that are kept open for the next request to the same server.
const IDLE_CONNECTIONS: usize = 128;

/// Bytes of one piece of a body, and how many of those wait for a reader.
const PIECE: usize = 64 << 10;
const PIECES: usize = 4;

/// Errors of who tries to connect.
const NO_CONNECTION: [i32; 7] = [
    libc::ECONNREFUSED,
    libc::ETIMEDOUT,
    libc::EHOSTUNREACH,
    libc::ENETUNREACH,
    libc::EADDRNOTAVAIL,
    libc::EACCES,
    libc::EINVAL,
];

/// Bytes of the stack of a request's thread.
const STACK_SIZE: usize = 1 << 20;

type Piece = std::result::Result<Vec<u8>, String>;
type Head = std::result::Result<Response<()>, Failure>;

/// Why there is no answer.
enum Failure {
    /// In words.
    Told(String),
    /// The system finds no address of this name.
    Unknown(String),
    /// The system's number of an error of a connection; where it was to lead, if there is none.
    System(i32, Vec<(String, u16)>),
}

/// Connections, and turns to use them.
#[derive(Clone)]
struct Client {
    agent: Agent,
    turns: Arc<Semaphore>,
}

/// Who waits for the head of an answer, as long as somebody does.
type Waiting = Arc<Mutex<Option<oneshot::Sender<Head>>>>;

/// `{ ticket(), request(ticket, method, url, headers, body) }`; headers lie in a flat list of names and values.
pub(super) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(IDLE_CONNECTIONS)
        .max_idle_connections_per_host(IDLE_CONNECTIONS)
        .allow_non_standard_methods(true)
        .user_agent(concat!("bident/", env!("CARGO_PKG_VERSION")))
        .build();
    let client = Client {
        agent: config.into(),
        turns: Arc::new(Semaphore::new(MOST_REQUESTS)),
    };
    let natives = Object::new(ctx.clone())?;
    let request = move |ctx: Ctx<'js>, ticket, method, url, headers, body| {
        request(client.clone(), ctx, ticket, method, url, headers, body)
    };
    natives.set("ticket", Func::from(ticket))?;
    natives.set("request", Func::from(Async(request)))?;
    Ok(natives)
}

/// What takes a request back as long as its answer has not begun.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(super) struct Ticket {
    #[qjs(skip_trace)]
    waiting: Waiting,
}

fn ticket(ctx: Ctx<'_>) -> Result<Class<'_, Ticket>> {
    let waiting = Waiting::default();
    Class::instance(ctx, Ticket { waiting })
}

#[rquickjs::methods]
impl Ticket {
    /// Nobody waits any more: the promise of the request is rejected.
    fn cancel(&self) {
        drop(take(&self.waiting));
    }
}

fn take(waiting: &Waiting) -> Option<oneshot::Sender<Head>> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.take()
}

/// What comes behind the head of an answer.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(super) struct Incoming {
    #[qjs(skip_trace)]
    pieces: Rc<Pieces>,
}

struct Pieces {
    receiver: RefCell<mpsc::Receiver<Piece>>,
    is_closed: Cell<bool>,
    reader: Cell<Option<Waker>>,
}

#[rquickjs::methods]
impl Incoming {
    /// The next bytes; nothing at the end.
    fn next<'js>(&self, ctx: Ctx<'js>) -> Result<Value<'js>> {
        let pieces = self.pieces.clone();
        let context = ctx.clone();
        let next = async move {
            let piece = poll_fn(|cx| {
                if pieces.is_closed.get() {
                    return Poll::Ready(None);
                }
                pieces.reader.set(Some(cx.waker().clone()));
                pieces.receiver.borrow_mut().poll_recv(cx)
            });
            match piece.await {
                None => Ok(None),
                Some(Ok(bytes)) => TypedArray::new(context, bytes).map(Some),
                Some(Err(message)) => Err(Exception::throw_message(&context, &message)),
            }
        };
        Promised(next).into_js(&ctx)
    }

    /// Nobody wants the rest.
    fn close(&self) {
        self.pieces.is_closed.set(true);
        self.pieces.receiver.borrow_mut().close();
        if let Some(reader) = self.pieces.reader.take() {
            reader.wake();
        }
    }
}

async fn request<'js>(
    client: Client,
    ctx: Ctx<'js>,
    ticket: Class<'js, Ticket>,
    method: String,
    url: String,
    headers: Vec<String>,
    body: Value<'js>,
) -> Result<Object<'js>> {
    let body = match body.is_undefined() {
        true => Vec::new(),
        false => copy_bytes(&ctx, &body)?,
    };
    let failed = |message: &str| Exception::throw_message(&ctx, message);
    let mut request = Request::builder().method(method.as_str()).uri(&url);
    for pair in headers.chunks_exact(2) {
        // Characters of headers stand for bytes.
        let value: Vec<u8> = pair[1].chars().map(|c| c as u8).collect();
        request = request.header(&pair[0], value);
    }
    let request = request
        .body(body)
        .map_err(|error| failed(&error.to_string()))?;
    let turn = client.turns.clone().acquire_owned().await;
    let turn = turn.map_err(|error| failed(&error.to_string()))?;
    let (head, coming) = oneshot::channel();
    let waiting = ticket.borrow().waiting.clone();
    *waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    let (pieces, receiver) = mpsc::channel(PIECES);
    let run = move || {
        exchange(&client.agent, request, &waiting, &pieces);
        drop(turn);
    };
    let thread = thread::Builder::new().name("fetch".to_owned());
    let spawned = thread.stack_size(STACK_SIZE).spawn(run);
    spawned.map_err(|error| failed(&format!("cannot start a thread: {error}")))?;
    let head = coming
        .await
        .unwrap_or_else(|_| Err(Failure::Told("the request was taken back".to_owned())));
    let head = head.map_err(|failure| throw(&ctx, failure))?;
    answer(&ctx, &head, receiver)
}

/// Throws what `fetch.js` has Node's words for.
fn throw(ctx: &Ctx<'_>, failure: Failure) -> rquickjs::Error {
    let made = Exception::from_message(ctx.clone(), "fetch failed");
    let described = made.and_then(|exception| {
        let told = Object::new(ctx.clone())?;
        match failure {
            Failure::Told(message) => return Ok(Exception::throw_message(ctx, &message)),
            Failure::Unknown(hostname) => told.set("hostname", hostname)?,
            Failure::System(errno, places) => {
                told.set("errno", errno)?;
                if !places.is_empty() {
                    let place = |(address, port): (String, u16)| {
                        let pair = Array::new(ctx.clone())?;
                        pair.set(0, address)?;
                        pair.set(1, port)?;
                        Ok(pair)
                    };
                    let places = places.into_iter().map(place).collect::<Result<Vec<_>>>()?;
                    told.set("places", places)?;
                }
            }
        }
        exception.set("failure", told)?;
        Ok(exception.throw())
    });
    described.unwrap_or_else(|error| error)
}

fn answer<'js>(
    ctx: &Ctx<'js>,
    head: &Response<()>,
    receiver: mpsc::Receiver<Piece>,
) -> Result<Object<'js>> {
    let headers: Vec<String> = head
        .headers()
        .iter()
        .flat_map(|(name, value)| {
            let value = value.as_bytes().iter().map(|byte| char::from(*byte));
            [name.as_str().to_owned(), value.collect()]
        })
        .collect();
    let answer = Object::new(ctx.clone())?;
    answer.set("status", head.status().as_u16())?;
    let reason = head.status().canonical_reason().unwrap_or_default();
    answer.set("statusText", reason)?;
    answer.set("headers", headers)?;
    let pieces = Rc::new(Pieces {
        receiver: RefCell::new(receiver),
        is_closed: Cell::new(false),
        reader: Cell::new(None),
    });
    answer.set("body", Class::instance(ctx.clone(), Incoming { pieces })?)?;
    Ok(answer)
}

/// On the thread of the request: sends it, then says what comes.
fn exchange(
    agent: &Agent,
    request: Request<Vec<u8>>,
    waiting: &Waiting,
    pieces: &mpsc::Sender<Piece>,
) {
    let uri = request.uri().clone();
    let response = agent.run(request);
    // Where nobody waits any more, nobody needs to know.
    let Some(head) = take(waiting) else { return };
    match response {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            if head.send(Ok(Response::from_parts(parts, ()))).is_ok() {
                pass_on(body, pieces);
            }
        }
        Err(error) => drop(head.send(Err(failure(&uri, error)))),
    }
}

/// What went wrong, and where.
fn failure(uri: &Uri, error: ureq::Error) -> Failure {
    let host = uri.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let default = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = uri.port_u16().unwrap_or(default);
    let number = match &error {
        ureq::Error::HostNotFound => None,
        ureq::Error::Io(io) => io.raw_os_error(),
        _ => return Failure::Told(error.to_string()),
    };
    let Ok(places) = (host, port).to_socket_addrs() else {
        return Failure::Unknown(host.to_owned());
    };
    let Some(number) = number else {
        return Failure::Told(error.to_string());
    };
    let is_connecting = NO_CONNECTION.contains(&number);
    let places = places.filter(|_| is_connecting);
    let places = places.map(|place| (place.ip().to_string(), place.port()));
    let mut places: Vec<_> = places.collect();
    places.dedup();
    Failure::System(number, places)
}

fn pass_on(body: Body, pieces: &mpsc::Sender<Piece>) {
    let mut reader = body.into_reader();
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) => Err(error.to_string()),
        };
        let is_over = piece.is_err();
        if pieces.blocking_send(piece).is_err() || is_over {
            return;
        }
    }
}
