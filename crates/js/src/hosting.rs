//! For who builds a host of JavaScript's on top: what of a value only `WebAssembly` knows, and modules of
//! WebAssembly that JavaScript imports.

use crate::raw::{self, Env, Ref};
use crate::webassembly;
pub use crate::webassembly::{HostData, Prepared};
use bident::{Error, Linker, Module, SharedMemory};
use rquickjs::{Ctx, Object, Result, String, Value};

/// Whether a value is a buffer of a memory, which only the memory itself may detach.
pub fn is_memory_buffer<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> bool {
    webassembly::is_memory_buffer(ctx, value)
}

/// Whether a value is a `WebAssembly.Exception`.
pub fn is_exception<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> bool {
    webassembly::is_exception(ctx, value)
}

/// Makes these the frames of an error, as QuickJS writes them: what its `stack` is, if it has no property of its own.
pub fn set_frames<'js>(ctx: &Ctx<'js>, error: &Value<'js>, frames: &str) -> Result<()> {
    webassembly::set_frames(ctx, error, frames)
}

/// Whether a value stands for a structure or an array of WebAssembly: a proxy that nobody may look behind.
pub fn is_collected(value: &Value<'_>) -> bool {
    webassembly::is_collected(value)
}

/// Compiles a module of WebAssembly to what a module of JavaScript's is made of.
///
/// # Errors
/// A `WebAssembly.CompileError`, if the bytes are no valid module.
pub fn prepare_import<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<Prepared<'js>> {
    webassembly::prepare_import(ctx, bytes)
}

/// Host functions of an embedder's as JavaScript has them: exported functions, which WebAssembly calls without
/// JavaScript where it imports them. `define` puts them into a linker, under `module` and these names.
///
/// # Errors
/// What `define` fails with, and an `Error` for a name that it does not define.
pub fn host_functions<'js>(
    ctx: &Ctx<'js>,
    module: &str,
    names: &[&str],
    define: impl FnOnce(&mut Linker<HostData>) -> std::result::Result<(), Error>,
) -> Result<Object<'js>> {
    webassembly::host_functions(ctx, module, names, define)
}

/// A copy of the bytes of an `ArrayBuffer`, a `SharedArrayBuffer`, or of a view of one: its own range. No
/// JavaScript of a program runs. Detached ones have no bytes.
///
/// # Errors
/// A `TypeError` for any other value, a `RangeError` if there is no memory for the copy.
pub fn copy_bytes<'js>(ctx: &Ctx<'js>, source: &Value<'js>) -> Result<Vec<u8>> {
    webassembly::copy_bytes(ctx, source)
}

/// Runs `f` with the UTF-8 of a string; of half a surrogate pair it gets three bytes that are none.
///
/// # Errors
/// If there is no memory for it.
pub fn with_utf8<'js, R>(
    ctx: &Ctx<'js>,
    text: &String<'js>,
    f: impl FnOnce(&[u8]) -> R,
) -> Result<R> {
    Ok(raw::with_utf8(Env::new(ctx), Ref::new(text.as_value()), f)?)
}

/// From now on `Atomics.wait` may block the thread of the context's runtime.
pub fn may_block(ctx: &Ctx<'_>) {
    raw::may_block(ctx);
}

/// From now on, `hook` is called before a call that was suspended on a promise which is settled adds the job that
/// resumes it. It may add a job of its own, which then runs directly before that one.
pub fn before_jobs(ctx: &Ctx<'_>, hook: fn(&Ctx<'_>)) {
    webassembly::before_jobs(ctx, hook);
}

/// The module of a `WebAssembly.Module`, for another runtime; `None` for any other value, and for one that was compiled
/// with options.
pub fn module_of(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<Module> {
    webassembly::abroad::module_of(ctx, value)
}

/// A `WebAssembly.Module` of a module from another runtime. Where that has another engine, it is compiled again.
///
/// # Errors
/// If there is no memory for it.
pub fn module_object<'js>(ctx: &Ctx<'js>, module: &Module) -> Result<Value<'js>> {
    webassembly::abroad::module_object(ctx, module)
}

/// The memory of a `WebAssembly.Memory` that is shared, for another runtime.
pub fn shared_memory_of(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<SharedMemory> {
    webassembly::abroad::memory_of(ctx, value)
}

/// A `WebAssembly.Memory` of a memory from another runtime.
///
/// # Errors
/// If there is no memory for the object.
pub fn shared_memory_object<'js>(ctx: &Ctx<'js>, memory: &SharedMemory) -> Result<Value<'js>> {
    webassembly::abroad::memory_object(ctx, memory)
}

/// The memory whose bytes a `SharedArrayBuffer` shows: that of a `WebAssembly.Memory`, or one of [`new_shared_bytes`].
pub fn shared_bytes_of(ctx: &Ctx<'_>, buffer: &Value<'_>) -> Option<SharedMemory> {
    webassembly::abroad::bytes_of(ctx, buffer)
}

/// A `SharedArrayBuffer` of the first `length` bytes of a memory. `Atomics.wait` and `Atomics.notify` on it reach those
/// who wait in any runtime, and in WebAssembly.
///
/// # Errors
/// If there is no memory for the object.
pub fn shared_bytes_object<'js>(
    ctx: &Ctx<'js>,
    memory: &SharedMemory,
    length: usize,
) -> Result<Value<'js>> {
    webassembly::abroad::bytes_object(ctx, memory, length)
}

/// A memory of at least so many bytes, for [`shared_bytes_object`].
///
/// # Errors
/// If the engine allows no such memory, or the system has none.
pub fn new_shared_bytes(ctx: &Ctx<'_>, length: usize) -> Result<SharedMemory> {
    webassembly::abroad::new_bytes(ctx, length)
}
