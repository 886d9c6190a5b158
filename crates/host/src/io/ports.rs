//! Ports whose other ends are on other threads: what `MessagePort` is built on where it has been sent to a worker.
//!
//! ```text
//!   thread A                                            thread B
//!   NativePort ─► Endpoint { mine, theirs } ◄─ ─ ─ ─ ─► Endpoint { mine, theirs } ◄─ NativePort
//!                   │   post ─► theirs.packets ── signal ──► B's event loop ─► take
//! ```
//!
//! A packet is a value as bytes, and what goes along that is no bytes: ports, modules, memories.

use super::events::Source;
use super::{refused, say};
use bident::{Module, SharedMemory};
use bident_js::hosting;
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Array, Class, Ctx, Function, JsLifetime, Object, Result, TypedArray, Value};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What goes from one thread to another and is no bytes.
enum Part {
    Port(Endpoint),
    Module(Module),
    Memory(SharedMemory),
    /// So many bytes of a memory.
    Bytes(SharedMemory, usize),
}

impl Part {
    /// The same once more; a port is only one.
    fn copy(&self) -> Option<Self> {
        match self {
            Self::Port(_) => None,
            Self::Module(module) => Some(Self::Module(module.clone())),
            Self::Memory(memory) => Some(Self::Memory(memory.clone())),
            Self::Bytes(memory, length) => Some(Self::Bytes(memory.clone(), *length)),
        }
    }
}

/// A value on its way.
pub(super) struct Packet {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

impl Packet {
    /// For one more who is to have it, unless there is a port in it.
    pub(super) fn copy(&self) -> Option<Self> {
        let parts = self.parts.iter().map(Part::copy).collect::<Option<_>>()?;
        let bytes = self.bytes.clone();
        Some(Self { bytes, parts })
    }
}

/// What has come for one end.
#[derive(Default)]
struct Waiting {
    packets: VecDeque<Packet>,
    /// Whom to tell.
    owner: Option<Source>,
    /// The other end is gone.
    is_closed: bool,
}

#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<Waiting>>);

impl Inbox {
    /// One whose owner is told.
    pub(super) fn of(owner: Source) -> Self {
        let inbox = Self::default();
        inbox.lock().owner = Some(owner);
        inbox
    }

    /// Whether it is this one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn put(&self, packet: Packet) {
        let mut waiting = self.lock();
        waiting.packets.push_back(packet);
        Self::signal(&waiting);
    }

    pub(super) fn take(&self) -> Option<Packet> {
        self.lock().packets.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(waiting: &Waiting) {
        if let Some(owner) = &waiting.owner {
            owner.post(|ctx| say(ctx, "signal", ()));
        }
    }

    fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        Self::signal(&waiting);
    }
}

/// One end of a channel. When it goes, the other end is told.
pub(crate) struct Endpoint {
    mine: Inbox,
    theirs: Inbox,
}

impl Endpoint {
    /// Both ends of a new channel.
    pub(crate) fn pair() -> (Self, Self) {
        let (one, other) = (Inbox::default(), Inbox::default());
        let first = Self {
            mine: one.clone(),
            theirs: other.clone(),
        };
        let second = Self {
            mine: other,
            theirs: one,
        };
        (first, second)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.theirs.close();
        let mut mine = self.mine.lock();
        mine.owner = None;
        // Ports on their way here tell their other ends, which may be of this channel.
        let packets = std::mem::take(&mut mine.packets);
        drop(mine);
        drop(packets);
    }
}

/// An end that JavaScript has, until it is closed or sent on.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct NativePort {
    #[qjs(skip_trace)]
    end: RefCell<Option<Endpoint>>,
    #[qjs(skip_trace)]
    source: RefCell<Option<Source>>,
}

impl NativePort {
    /// An object for an end.
    pub(crate) fn object<'js>(ctx: &Ctx<'js>, end: Endpoint) -> Result<Class<'js, Self>> {
        let port = Self {
            end: RefCell::new(Some(end)),
            source: RefCell::default(),
        };
        Class::instance(ctx.clone(), port)
    }

    /// Takes the end, which is to go elsewhere.
    pub(crate) fn leave(&self, ctx: &Ctx<'_>) -> Result<Option<Endpoint>> {
        if let Some(source) = self.source.take() {
            source.close(ctx)?;
        }
        let end = self.end.take();
        if let Some(end) = &end {
            end.mine.lock().owner = None;
        }
        Ok(end)
    }
}

#[rquickjs::methods]
impl NativePort {
    /// Sends bytes, and what goes along: pairs of a word and a value.
    fn post<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>, parts: Vec<Value<'js>>) -> Result<()> {
        let packet = packet_of(&ctx, &bytes, &parts)?;
        if let Some(end) = &*self.end.borrow() {
            // Who has closed it gets nothing. Nobody holds both locks: the other end would take them the other way round.
            let is_closed = end.mine.lock().is_closed;
            if !is_closed {
                end.theirs.put(packet);
            }
        }
        Ok(())
    }

    /// What has come first: bytes, and what goes along. Nothing, if nothing has.
    fn take<'js>(&self, ctx: Ctx<'js>) -> Result<Option<Array<'js>>> {
        let packet = match &*self.end.borrow() {
            Some(end) => end.mine.take(),
            None => None,
        };
        packet.map(|packet| packet_object(&ctx, packet)).transpose()
    }

    /// Whether nothing more will come.
    #[qjs(rename = "isOver")]
    fn is_over(&self) -> bool {
        let end = self.end.borrow();
        end.as_ref().is_none_or(|end| {
            let mine = end.mine.lock();
            mine.is_closed && mine.packets.is_empty()
        })
    }

    /// Calls back when something has come, and when the other end has gone. It does not keep the program alive.
    fn listen<'js>(&self, ctx: Ctx<'js>, callback: Function<'js>) -> Result<()> {
        let source = Source::open(&ctx, callback)?;
        source.hold(&ctx, false)?;
        if let Some(end) = &*self.end.borrow() {
            let mut mine = end.mine.lock();
            mine.owner = Some(source.clone());
            if mine.is_closed || !mine.packets.is_empty() {
                Inbox::signal(&mine);
            }
        }
        self.source.replace(Some(source));
        Ok(())
    }

    /// Nothing more is sent or taken.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        let end = self.leave(&ctx)?;
        drop(end);
        Ok(())
    }
}

/// A packet of bytes, and of what goes along: pairs of a word and a value.
pub(super) fn packet_of<'js>(
    ctx: &Ctx<'js>,
    bytes: &Value<'js>,
    parts: &[Value<'js>],
) -> Result<Packet> {
    let bytes = hosting::copy_bytes(ctx, bytes)?;
    let parts = parts.iter().map(|part| part_of(ctx, part));
    let parts = parts.collect::<Result<_>>()?;
    Ok(Packet { bytes, parts })
}

/// What has come: bytes, and what goes along.
pub(super) fn packet_object<'js>(ctx: &Ctx<'js>, packet: Packet) -> Result<Array<'js>> {
    let parts = Array::new(ctx.clone())?;
    for (at, part) in packet.parts.into_iter().enumerate() {
        parts.set(at, value_of(ctx, part)?)?;
    }
    let taken = Array::new(ctx.clone())?;
    taken.set(0, TypedArray::new(ctx.clone(), packet.bytes)?)?;
    taken.set(1, parts)?;
    Ok(taken)
}

fn part_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Part> {
    if let Ok(port) = Class::<NativePort>::from_value(value) {
        let end = port.borrow().leave(ctx)?;
        return end
            .map(Part::Port)
            .ok_or_else(|| refused(ctx, "the port is closed"));
    }
    if let Some(module) = hosting::module_of(ctx, value) {
        return Ok(Part::Module(module));
    }
    if let Some(memory) = hosting::shared_memory_of(ctx, value) {
        return Ok(Part::Memory(memory));
    }
    let length: usize = match value.as_object() {
        Some(object) => object.get("byteLength")?,
        None => 0,
    };
    hosting::shared_bytes_of(ctx, value)
        .map(|memory| Part::Bytes(memory, length))
        .ok_or_else(|| refused(ctx, "this goes to no other thread"))
}

fn value_of<'js>(ctx: &Ctx<'js>, part: Part) -> Result<Value<'js>> {
    match part {
        Part::Port(end) => Ok(NativePort::object(ctx, end)?.into_value()),
        Part::Module(module) => hosting::module_object(ctx, &module),
        Part::Memory(memory) => hosting::shared_memory_object(ctx, &memory),
        Part::Bytes(memory, length) => hosting::shared_bytes_object(ctx, &memory, length),
    }
}

/// `{ pair() }`: both ends of a new channel. `canGo(value)`: whether a value that is no bytes can be sent.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("pair", Func::from(pair))?;
    natives.set("canGo", Func::from(can_go))?;
    Ok(natives)
}

fn pair(ctx: Ctx<'_>) -> Result<Array<'_>> {
    let (first, second) = Endpoint::pair();
    let both = Array::new(ctx.clone())?;
    both.set(0, NativePort::object(&ctx, first)?)?;
    both.set(1, NativePort::object(&ctx, second)?)?;
    Ok(both)
}

fn can_go<'js>(ctx: Ctx<'js>, value: Value<'js>) -> bool {
    hosting::module_of(&ctx, &value).is_some()
        || hosting::shared_memory_of(&ctx, &value).is_some()
        || hosting::shared_bytes_of(&ctx, &value).is_some()
}

/// `{ make(length) }`: a `SharedArrayBuffer` that can be sent; `Native`, the class that QuickJS has.
pub(crate) fn shared_natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    let host = crate::event_loop::Host::of(ctx)?;
    natives.set("Native", host.shared_buffers.borrow().clone())?;
    natives.set("make", Func::from(make_shared))?;
    Ok(natives)
}

/// Nothing, where the system has no memory for it.
fn make_shared(ctx: Ctx<'_>, length: f64) -> Result<Option<Value<'_>>> {
    // Out of range, a number becomes the end of the range.
    let length = length as usize;
    let Ok(memory) = hosting::new_shared_bytes(&ctx, length) else {
        ctx.catch();
        return Ok(None);
    };
    hosting::shared_bytes_object(&ctx, &memory, length).map(Some)
}
