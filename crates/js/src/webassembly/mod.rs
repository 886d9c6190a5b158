//! The namespace `WebAssembly`: JavaScript Interface and JavaScript Promise Integration.
//!
//! ```text
//!  global ─► realm object ─► Realm ─► SharedStore<HostData> ─► engine's store
//!                 ▲            │ ▲                                  │
//!                 └─ objects ◄─┘ └──────── Import ◄── Weak ─────────┘ host functions
//!            caches, held values
//! ```
//!
//! One [`Realm`] per context. A JavaScript object, the realm object, owns the JavaScript values in it;
//! all host objects refer to that one, so the whole structure is visible to the collector of QuickJS.

pub(crate) mod abroad;
mod address;
mod api;
mod atomics;
mod buffers;
mod collected;
mod convert;
mod errors;
mod esm;
mod exception;
mod frames;
mod function;
mod global;
mod held;
mod import;
mod instance;
mod interrupt;
mod intrinsics;
mod jspi;
mod known_buffers;
mod memory;
mod module;
mod objects;
mod options;
mod pending;
mod pressure;
mod provided;
mod realm;
mod reflect;
mod shared_buffers;
mod sharing;
mod shown;
mod stacklet;
mod streaming;
mod strings;
mod table;
mod tag;
mod trace;

pub use esm::Prepared;
pub(crate) use esm::prepare as prepare_import;
pub(crate) use known_buffers::SeenMemory;
pub(crate) use module::copy_bytes;
pub(crate) use provided::host_functions;
pub use realm::HostData;
pub(crate) use shown::Showing;
pub use stacklet::declare_stacklet;

use crate::raw::{Args, Attempt, Env, HostObject, Marker, Own, Stored};
use bident::{Config, Engine};
use collected::Collected;
use exception::ExceptionObject;
use function::ExportedFunction;
use instance::ReadImports;
use jspi::Promising;
use memory::MemoryObject;
use module::Compiled;
use pending::PendingCall;
use realm::{RealmOwner, RealmRef};
use rquickjs::Ctx;
use stacklet::{AsyncFunction, LazyNamespace, LoadReaction, Marked, StackletObject, Suspender};
use std::rc::Rc;

/// Defines `WebAssembly` in a context, with an engine of its own in the default settings.
///
/// The context needs the intrinsics that `Context::full` has. Programs should not run in it before:
/// the call also makes `ArrayBuffer.prototype.transfer` and its siblings refuse the buffers of memories, and
/// `resize` and `SharedArrayBuffer.prototype.grow` grow the memories, and `Atomics.wait` and `Atomics.notify`
/// wait with those who wait in WebAssembly, and wake them, and `Error.stackTraceLimit` takes
/// numbers, `Error.prepareStackTrace` functions only.
///
/// # Errors
/// If the machine cannot run WebAssembly, QuickJS is out of memory, or the context has our `WebAssembly` already.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let engine = Engine::new(&Config::default().moving_memories(false))
        .map_err(|error| rquickjs::Exception::throw_message(ctx, &error.to_string()))?;
    install_with(ctx, &engine)
}

/// Defines `WebAssembly` in a context, on an engine of the embedder's.
///
/// Where that has [`Config::epoch_interruption`], each tick of [`Engine::increment_epoch`] asks the runtime's interrupt
/// handler, as JavaScript does: if it says so, WebAssembly ends with the exception that nobody may catch. Somebody has to
/// advance the epoch; asking takes a tenth of a millisecond.
///
/// # Errors
/// As for [`install`]; also if memories of the engine move ([`Config::moving_memories`]): buffers keep their addresses.
pub fn install_with(ctx: &Ctx<'_>, engine: &Engine) -> rquickjs::Result<()> {
    if engine.config().has_moving_memories() {
        let message =
            "memories of this engine move when they grow, which those of JavaScript may not";
        return Err(rquickjs::Exception::throw_type(ctx, message));
    }
    api::install(ctx, engine)
}

/// Whether a value is a buffer of a memory, which only the memory itself may detach.
pub(crate) fn is_memory_buffer<'js>(ctx: &Ctx<'js>, value: &rquickjs::Value<'js>) -> bool {
    realm::of(ctx).is_ok_and(|realm| realm.knows_buffer(crate::raw::Ref::new(value)))
}

/// Whether a value is a `WebAssembly.Exception`.
pub(crate) fn is_exception<'js>(ctx: &Ctx<'js>, value: &rquickjs::Value<'js>) -> bool {
    let payload = |realm: std::rc::Rc<realm::Realm>| {
        crate::raw::payload(realm.classes, crate::raw::Ref::new(value))
    };
    let payload = realm::of(ctx).ok().and_then(payload);
    matches!(payload, Some(Payload::Exception(_)))
}

/// Makes these the frames of an error.
pub(crate) fn set_frames<'js>(
    ctx: &Ctx<'js>,
    error: &rquickjs::Value<'js>,
    frames: &str,
) -> rquickjs::Result<()> {
    let env = Env::new(ctx);
    let stacks = realm::of(ctx)?.stacks(env);
    if error.is_error() {
        env.set_stack_of(crate::raw::Ref::new(error), &stacks, frames);
    }
    Ok(())
}

/// Has `hook` called before a job is added that resumes a call.
pub(crate) fn before_jobs(ctx: &rquickjs::Ctx<'_>, hook: fn(&rquickjs::Ctx<'_>)) {
    if let Ok(realm) = realm::of(ctx) {
        realm.before_job.set(Some(hook));
    }
}

/// Whether a value stands for a structure or an array of WebAssembly.
pub(crate) fn is_collected(value: &rquickjs::Value<'_>) -> bool {
    let realm = realm::of(value.ctx());
    realm.is_ok_and(|realm| {
        let env = Env::new(value.ctx());
        realm.collected(env, crate::raw::Ref::new(value)).is_some()
    })
}

/// What a host object is.
pub(crate) enum Payload {
    /// Owner of a realm's values.
    Realm(RealmOwner),
    /// A `WebAssembly.Module`.
    Module(Compiled),
    /// A module, and what its imports are, until it is instantiated.
    Imports(Compiled, ReadImports),
    /// A `WebAssembly.Instance`: its exports.
    Instance(Stored),
    /// A `WebAssembly.Memory`.
    Memory(MemoryObject),
    /// A `WebAssembly.Table`.
    Table(RealmRef, bident::Table),
    /// A `WebAssembly.Global`.
    Global(RealmRef, bident::Global),
    /// A `WebAssembly.Tag`.
    Tag(RealmRef, bident::Tag),
    /// A `WebAssembly.Exception`.
    Exception(ExceptionObject),
    /// A structure or an array, behind the proxy that JavaScript sees.
    Collected(Collected),
    /// An exported function.
    Function(ExportedFunction),
    /// What `WebAssembly.promising` returns.
    Promising(Promising),
    /// A `WebAssembly.Suspending`: its function.
    Suspending(Stored),
    /// A function of an instance that may wait.
    AsyncFunction(AsyncFunction),
    /// A function for an import, with what is known of it.
    Marked(Marked),
    /// What `lazy` returns.
    LazyNamespace(LazyNamespace),
    /// A reaction to the promise of a module that is loaded late.
    LoadReaction(LoadReaction),
    /// A `Stacklet`.
    Stacklet(StackletObject),
    /// A `Suspender`.
    Suspender(Rc<Suspender>),
    /// A parked promising call.
    PendingCall(Box<PendingCall>),
}

impl Payload {
    /// Whether objects with this payload can be called.
    pub(crate) fn is_function(&self) -> bool {
        matches!(
            self,
            Self::Function(_)
                | Self::Promising(_)
                | Self::AsyncFunction(_)
                | Self::LoadReaction(_)
                | Self::PendingCall(_)
        )
    }

    /// Tells the collector about every value in it.
    pub(crate) fn mark(&self, marker: &Marker) {
        match self {
            Self::Realm(owner) => owner.mark(marker),
            Self::Module(_) | Self::Suspender(_) => {}
            Self::Collected(object) => object.mark(marker),
            Self::Imports(_, imports) => imports.mark(marker),
            Self::Instance(value) | Self::Suspending(value) => value.mark(marker),
            Self::Memory(memory) => memory.mark(marker),
            Self::Table(realm, _) | Self::Global(realm, _) | Self::Tag(realm, _) => {
                realm.mark(marker)
            }
            Self::Exception(exception) => exception.mark(marker),
            Self::Function(function) => function.mark(marker),
            Self::Promising(promising) => promising.mark(marker),
            Self::AsyncFunction(function) => function.mark(marker),
            Self::Marked(marked) => marked.mark(marker),
            Self::LazyNamespace(namespace) => namespace.mark(marker),
            Self::LoadReaction(reaction) => reaction.mark(marker),
            Self::Stacklet(stacklet) => stacklet.mark(marker),
            Self::PendingCall(call) => call.mark(marker),
        }
    }

    /// The object is freed.
    #[inline]
    pub(crate) fn going(&self) {
        match self {
            Self::Table(realm, _) | Self::Global(realm, _) | Self::Tag(realm, _) => {
                realm.drop_dead();
            }
            Self::Memory(memory) => memory.realm().drop_dead(),
            Self::Imports(_, imports) => imports.going(),
            Self::Exception(exception) => exception.realm().drop_dead(),
            Self::Function(function) => function.callee().realm.drop_dead(),
            Self::Promising(promising) => promising.callee().realm.drop_dead(),
            Self::AsyncFunction(function) => function.realm().drop_dead(),
            Self::PendingCall(call) => call.realm().drop_dead(),
            Self::Stacklet(stacklet) => stacklet.realm().drop_dead(),
            Self::Collected(object) => object.going(),
            // No owners.
            Self::Realm(_)
            | Self::Module(_)
            | Self::Instance(_)
            | Self::Suspending(_)
            | Self::Marked(_)
            | Self::LazyNamespace(_)
            | Self::LoadReaction(_)
            | Self::Suspender(_) => {}
        }
    }

    /// A call of a host object.
    pub(crate) fn call<'js>(
        function: HostObject<'_>,
        env: Env<'js>,
        args: Args<'_>,
    ) -> Attempt<Own<'js>> {
        match function.payload() {
            Self::Function(exported) => exported.call(env, args),
            Self::Promising(promising) => promising.call(env, args),
            Self::AsyncFunction(function) => function.call(env, args),
            Self::LoadReaction(reaction) => reaction.call(env, args),
            Self::PendingCall(call) => pending::awaited(call, env, function, args),
            _ => Ok(env.undefined()),
        }
    }
}

/// A job of ours: what the parked call `object` awaits is there.
pub(crate) fn run_job(env: Env<'_>, object: HostObject<'_>) -> Attempt<()> {
    match object.payload() {
        Payload::PendingCall(call) => pending::known(call, env, object),
        _ => Ok(()),
    }
}
