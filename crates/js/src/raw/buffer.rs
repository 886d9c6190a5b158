//! `ArrayBuffer`s over linear memory, and the bytes behind those of a program.
//!
//! ```text
//!   ArrayBuffer ─data─► first byte of the memory (never moves)
//!        └──opaque────► Keeper: keeps the store, and with it the memory, alive
//! ```
//!
//! A buffer that the memory has outgrown is detached; until then its length is at most the memory's,
//! for memories never shrink. JavaScript could move the data pointer into a buffer of another owner
//! only with `transfer`, which `webassembly/memory.rs` keeps away from these buffers.

use super::env::Env;
use super::value::{Attempt, Own, Ref, Thrown};
use crate::webassembly::HostData;
use bident::{Memory, SharedStore};
use rquickjs::{Exception, qjs};
use std::ffi::c_void;

/// Most bytes that an `ArrayBuffer` of QuickJS shows.
const MOST: usize = i32::MAX as usize;

/// What lives as long as a buffer: the store of its memory.
struct Keeper {
    _store: SharedStore<HostData>,
}

/// A buffer over the whole of a memory.
pub(crate) fn memory_buffer<'js>(
    env: Env<'js>,
    store: &SharedStore<HostData>,
    memory: Memory,
) -> Attempt<Own<'js>> {
    let (base, length) = store.with(|store| (memory.data_ptr(&*store), memory.data_size(&*store)));
    if length > MOST {
        let message =
            "a memory of 2 GiB or more has no buffer here: ArrayBuffers of QuickJS end below";
        return Err(env.raise(Exception::throw_range(&env.ctx(), message)));
    }
    let opaque = Box::into_raw(Box::new(Keeper {
        _store: store.clone(),
    }));
    // SAFETY: `length` bytes from `base` are mapped, readable and writable as long as the store lives,
    // which the keeper sees to; the engine makes references to them only inside its own functions,
    // while no JavaScript runs. `release` gets the box back when the buffer goes or is detached.
    let buffer = unsafe {
        env.take(qjs::JS_NewArrayBuffer(
            env.raw(),
            base,
            length as qjs::size_t,
            Some(release),
            opaque.cast(),
            false,
        ))
    };
    buffer.inspect_err(|Thrown| {
        // SAFETY: a buffer that could not be made has not taken the box.
        drop(unsafe { Box::from_raw(opaque) });
    })
}

unsafe extern "C" fn release(_: *mut qjs::JSRuntime, opaque: *mut c_void, data: *mut c_void) {
    // QuickJS calls this for a detached buffer and again, without data, when the object goes.
    if !opaque.is_null() && !data.is_null() {
        // SAFETY: from `memory_buffer`; QuickJS gives the data away once.
        drop(unsafe { Box::from_raw(opaque.cast::<Keeper>()) });
    }
}

/// Detaches a buffer: its length becomes 0.
pub(crate) fn detach(env: Env<'_>, buffer: Ref<'_>) {
    // SAFETY: the buffer is alive; QuickJS ignores anything that is no buffer.
    unsafe { qjs::JS_DetachArrayBuffer(env.raw(), buffer.raw) }
}

/// A copy of the bytes of a `BufferSource`; `None` for any other value. A detached buffer has none.
pub(crate) fn copy_bytes(env: Env<'_>, value: Ref<'_>) -> Attempt<Option<Vec<u8>>> {
    let Some(Bytes { base, length }) = bytes_of(env, value) else {
        return Ok(None);
    };
    let mut copy = Vec::new();
    if copy.try_reserve_exact(length).is_err() {
        let message = format!("no memory for a copy of {length} bytes");
        return Err(env.raise(Exception::throw_range(&env.ctx(), &message)));
    }
    if length > 0 {
        // SAFETY: `bytes_of` has just found them, and no JavaScript ran since.
        copy.extend_from_slice(unsafe { std::slice::from_raw_parts(base, length) });
    }
    Ok(Some(copy))
}

/// Where the bytes of a buffer, or of a part of one, lie. Good until JavaScript runs again.
struct Bytes {
    base: *const u8,
    length: usize,
}

fn bytes_of(env: Env<'_>, value: Ref<'_>) -> Option<Bytes> {
    // SAFETY: the value is alive; QuickJS checks what it is, and writes sizes where it succeeds.
    unsafe {
        if qjs::JS_IsArrayBuffer(value.raw) {
            return Some(whole(env, value));
        }
        if qjs::JS_GetTypedArrayType(value.raw) < 0 && !qjs::JS_IsDataView(value.raw) {
            return None;
        }
        let (mut offset, mut length, mut element) = (0, 0, 0);
        let buffer = env.take(qjs::JS_GetTypedArrayBuffer(
            env.raw(),
            value.raw,
            &mut offset,
            &mut length,
            &mut element,
        ));
        let Ok(buffer) = buffer else {
            drop(env.exception());
            return view_by_properties(env, value);
        };
        Some(part(
            &whole(env, buffer.get()),
            offset as usize,
            length as usize,
        ))
    }
}

fn whole(env: Env<'_>, buffer: Ref<'_>) -> Bytes {
    let mut length = 0;
    // SAFETY: as in `bytes_of`.
    let base = unsafe { qjs::JS_GetArrayBuffer(env.raw(), &mut length, buffer.raw) };
    if base.is_null() {
        // Detached: QuickJS has thrown.
        drop(env.exception());
        return Bytes { base, length: 0 };
    }
    Bytes {
        base,
        length: length as usize,
    }
}

fn part(whole: &Bytes, offset: usize, length: usize) -> Bytes {
    let fits = offset
        .checked_add(length)
        .is_some_and(|end| end <= whole.length);
    if !fits {
        return Bytes {
            base: std::ptr::null(),
            length: 0,
        };
    }
    // SAFETY: inside the buffer.
    let base = unsafe { whole.base.add(offset) };
    Bytes { base, length }
}

/// A `DataView`, which QuickJS has no function for.
fn view_by_properties(env: Env<'_>, view: Ref<'_>) -> Option<Bytes> {
    let view = view.to_owned(env).into_value().into_object()?;
    let buffer: rquickjs::Value<'_> = view.get("buffer").ok()?;
    let (offset, length) = (view.get("byteOffset").ok()?, view.get("byteLength").ok()?);
    Some(part(&whole(env, Ref::new(&buffer)), offset, length))
}
