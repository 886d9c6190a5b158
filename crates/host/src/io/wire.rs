//! Bytes that come and go: one class for all that has two ends, sockets and pipes.
//!
//! ```text
//!   read()  ── a turn ──► reading task ── post "data", "end", "error" ──► callback
//!   write() ── bytes ───► writing task ── post "written" ───────────────► callback
//! ```
//!
//! A reader reads once for each turn that it gets, so that who reads slowly slows down the other side.

use super::events::Source;
use super::{error_value, refused, say, say_failed};
use bident_js::hosting::copy_bytes;
use rquickjs::class::Trace;
use rquickjs::{Class, Ctx, Function, JsLifetime, Result, TypedArray, Value};
use std::cell::RefCell;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

/// Most bytes of one piece.
const PIECE: usize = 64 << 10;

pub(super) type Reader = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// The ends that there are.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) reader: Option<Reader>,
    pub(super) writer: Option<Writer>,
}

impl Ends {
    /// Of what is read and written.
    pub(super) fn of(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader: Some(Box::new(reader)),
            writer: Some(Box::new(writer)),
        }
    }
}

/// What is to be written.
enum Order {
    Bytes(Vec<u8>),
    /// No more comes.
    End,
}

enum State {
    /// Nobody listens yet.
    Idle(Ends),
    Running(Running),
    Closed,
}

struct Running {
    source: Source,
    turns: UnboundedSender<()>,
    orders: UnboundedSender<Order>,
    tasks: Vec<AbortHandle>,
}

/// A connection, or one end of a pipe.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Wire {
    #[qjs(skip_trace)]
    state: RefCell<State>,
}

impl Wire {
    pub(super) fn create<'js>(ctx: &Ctx<'js>, ends: Ends) -> Result<Class<'js, Self>> {
        let state = RefCell::new(State::Idle(ends));
        Class::instance(ctx.clone(), Self { state })
    }

    fn with_running<R>(&self, f: impl FnOnce(&Running) -> R) -> Option<R> {
        match &*self.state.borrow() {
            State::Running(running) => Some(f(running)),
            _ => None,
        }
    }
}

#[rquickjs::methods]
impl Wire {
    /// From now on `callback` is told what happens; at most once.
    fn begin<'js>(&self, ctx: Ctx<'js>, callback: Function<'js>) -> Result<()> {
        let mut state = self.state.borrow_mut();
        let ends = match std::mem::replace(&mut *state, State::Closed) {
            State::Idle(ends) => ends,
            other => {
                *state = other;
                return Err(refused(&ctx, "somebody listens already"));
            }
        };
        let source = Source::open(&ctx, callback)?;
        let (turns, turns_taken) = unbounded_channel();
        let (orders, orders_taken) = unbounded_channel();
        let mut tasks = Vec::new();
        if let Some(reader) = ends.reader {
            let task = read(reader, turns_taken, source.clone());
            tasks.push(tokio::spawn(task).abort_handle());
        }
        if let Some(writer) = ends.writer {
            let task = write(writer, orders_taken, source.clone());
            tasks.push(tokio::spawn(task).abort_handle());
        }
        *state = State::Running(Running {
            source,
            turns,
            orders,
            tasks,
        });
        Ok(())
    }

    /// Asks for the next piece.
    fn read(&self) {
        // A reader that is over takes no turns.
        self.with_running(|running| running.turns.send(()).ok());
    }

    /// Has bytes written, after what was given before.
    fn write<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<()> {
        let bytes = copy_bytes(&ctx, &bytes)?;
        self.with_running(|running| running.orders.send(Order::Bytes(bytes)).ok());
        Ok(())
    }

    /// Tells the other side that no more comes.
    fn end(&self) {
        self.with_running(|running| running.orders.send(Order::End).ok());
    }

    /// Nothing comes and goes any more.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        if let State::Running(running) = self.state.replace(State::Closed) {
            running.tasks.iter().for_each(AbortHandle::abort);
            running.source.close(&ctx)?;
        }
        Ok(())
    }

    /// Whether the program goes on for its sake.
    fn hold(&self, ctx: Ctx<'_>, is_held: bool) -> Result<()> {
        let hold = |running: &Running| running.source.hold(&ctx, is_held);
        self.with_running(hold).unwrap_or(Ok(()))
    }

    /// What `hold` said.
    #[qjs(rename = "isHeld")]
    fn is_held(&self, ctx: Ctx<'_>) -> Result<bool> {
        let is_held = |running: &Running| running.source.is_held(&ctx);
        self.with_running(is_held).unwrap_or(Ok(false))
    }
}

async fn read(mut reader: Reader, mut turns: UnboundedReceiver<()>, source: Source) {
    while turns.recv().await.is_some() {
        let mut piece = Vec::new();
        let count = match piece.try_reserve_exact(PIECE) {
            Ok(()) => reader.read_buf(&mut piece).await,
            Err(_) => Err(io::Error::from_raw_os_error(libc::ENOMEM)),
        };
        match count {
            Ok(0) => {
                source.post(|ctx| say(ctx, "end", ()));
                return;
            }
            Ok(_) => source.post(move |ctx| {
                // What was not filled is not kept.
                piece.shrink_to_fit();
                say(ctx, "data", (TypedArray::new(ctx.clone(), piece)?,))
            }),
            Err(error) => {
                source.post(move |ctx| say_failed(ctx, &error));
                return;
            }
        }
    }
}

async fn write(mut writer: Writer, mut orders: UnboundedReceiver<Order>, source: Source) {
    while let Some(order) = orders.recv().await {
        let done = match &order {
            Order::Bytes(bytes) => {
                async {
                    writer.write_all(bytes).await?;
                    writer.flush().await
                }
                .await
            }
            Order::End => writer.shutdown().await,
        };
        let is_over = done.is_err() || matches!(order, Order::End);
        source.post(move |ctx| match &done {
            Ok(()) => say(ctx, "written", ()),
            Err(error) => {
                let error = error_value(ctx, error)?;
                say(ctx, "written", (error,))
            }
        });
        if is_over {
            return;
        }
    }
}
