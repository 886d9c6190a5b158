//! `SharedArrayBuffer`s over shared memories.
//!
//! One keeps its memory alive, not the store. It has the length that the memory had, for ever, or is made to
//! follow the memory (`webassembly/shared_buffers.rs`): the bytes are still there when the memory has grown,
//! and nothing detaches it. QuickJS accesses them as it does those of any `SharedArrayBuffer`; Rust code only
//! copies them.
//!
//! `SharedArrayBuffer.prototype.grow` as QuickJS made it would show bytes that the memory does not have yet,
//! where an access ends the process: `webassembly/memory.rs` keeps it away from these buffers, in every context that
//! has our `WebAssembly`. In others it does just that: QuickJS shows no more bytes than the memory has reserved.

use super::buffer::{Length, fits_buffer, too_large};
use super::env::Env;
use super::value::{Attempt, Own, Ref, Thrown};
use crate::webassembly::{SeenMemory, Showing};
use rquickjs::Ctx;
use rquickjs::qjs;
use std::ffi::c_void;
use std::ptr;

/// What lives as long as a buffer.
struct Keeper {
    _showing: Option<Showing>,
    memory: SeenMemory,
}

/// A buffer over the first `length` bytes of a memory, which it has; what is given along goes when it does, and makes it
/// a frozen one.
/// One that grows is no longer than the memory: `grow` is called only once the memory has the bytes.
pub(crate) fn shared_buffer<'js>(
    env: Env<'js>,
    seen: SeenMemory,
    (length, kind): (usize, Length),
    showing: Option<Showing>,
) -> Attempt<Own<'js>> {
    let is_frozen = showing.is_some();
    let base = seen.memory().data_ptr();
    if !fits_buffer(length) {
        return Err(too_large(env));
    }
    let keeper = Box::into_raw(Box::new(Keeper {
        _showing: showing,
        memory: seen,
    }));
    // SAFETY: `length` bytes from `base` are mapped, readable and writable as long as the memory is there,
    // which the keeper sees to. `release` gets the box back when the buffer goes: the runtime has no functions
    // of its own for the bytes of such buffers, for rquickjs gives it none.
    let buffer = unsafe {
        env.take(qjs::JS_NewArrayBuffer(
            env.raw(),
            base,
            length as qjs::size_t,
            kind.most(),
            Some(release),
            keeper.cast(),
            true,
        ))
    };
    let buffer = buffer.inspect_err(|Thrown| {
        // SAFETY: a buffer that could not be made has not taken the box.
        drop(unsafe { Box::from_raw(keeper) });
    })?;
    if let (Length::Resizable(_), Some(identity)) = (kind, buffer.get().identity()) {
        // SAFETY: the buffer has the box, and is alive.
        unsafe { &*keeper }.memory.grows(identity);
    }
    if !is_frozen {
        return Ok(buffer);
    }
    // SAFETY: an object of this context.
    match unsafe { qjs::JS_FreezeObject(env.raw(), buffer.get().raw) } {
        ..0 => Err(Thrown),
        _ => Ok(buffer),
    }
}

/// QuickJS gives the bytes back (`size` 0).
unsafe extern "C" fn release(
    _: *mut qjs::JSRuntime,
    keeper: *mut c_void,
    _: *mut c_void,
    size: qjs::size_t,
) -> *mut c_void {
    if size == 0 && !keeper.is_null() {
        // SAFETY: from `shared_buffer`; QuickJS gives the bytes back once.
        drop(unsafe { Box::from_raw(keeper.cast::<Keeper>()) });
    }
    ptr::null_mut()
}

/// Address of the first byte of a `SharedArrayBuffer`.
pub(crate) fn shared_base(env: Env<'_>, buffer: Ref<'_>) -> Option<usize> {
    let mut length = 0;
    // SAFETY: the value is alive; QuickJS looks what it is, and writes the length. Nobody reads what is there.
    let base = unsafe { qjs::JS_GetArrayBuffer(env.raw(), &mut length, buffer.raw) };
    if base.is_null() {
        drop(env.exception());
        return None;
    }
    Some(base.addr())
}

/// Where the elements lie of an array that can be waited at.
pub(crate) struct Waitable {
    /// Address of the first byte of its buffer.
    pub(crate) base: usize,
    /// The first element, from there.
    pub(crate) offset: usize,
    /// Whether they have eight bytes, not four.
    pub(crate) wide: bool,
}

/// The elements of an `Int32Array` or a `BigInt64Array`.
pub(crate) fn waitable(env: Env<'_>, array: Ref<'_>) -> Option<Waitable> {
    // SAFETY: the value is alive; QuickJS looks what it is.
    let wide = match unsafe { qjs::JS_GetTypedArrayType(array.raw) } as qjs::JSTypedArrayEnum {
        qjs::JSTypedArrayEnum_JS_TYPED_ARRAY_INT32 => false,
        qjs::JSTypedArrayEnum_JS_TYPED_ARRAY_BIG_INT64 => true,
        _ => return None,
    };
    let (mut offset, mut length) = (0, 0);
    // SAFETY: the value is alive, and a typed array; QuickJS writes the offset where it succeeds.
    let buffer = unsafe {
        env.take(qjs::JS_GetTypedArrayBuffer(
            env.raw(),
            array.raw,
            &mut offset,
            ptr::null_mut(),
            ptr::null_mut(),
        ))
    };
    let Ok(buffer) = buffer else {
        drop(env.exception());
        return None;
    };
    // SAFETY: the value is alive; QuickJS writes the length. Nobody reads what is there.
    let base = unsafe { qjs::JS_GetArrayBuffer(env.raw(), &mut length, buffer.get().raw) };
    if base.is_null() {
        drop(env.exception());
        return None;
    }
    Some(Waitable {
        base: base.addr(),
        offset: offset as usize,
        wide,
    })
}

/// From now on `Atomics.wait` may block the thread of this runtime.
pub(crate) fn may_block(ctx: &Ctx<'_>) {
    // SAFETY: a living context; QuickJS sets a field of its runtime.
    unsafe { qjs::JS_SetCanBlock(qjs::JS_GetRuntime(ctx.as_raw().as_ptr()), true) };
}
