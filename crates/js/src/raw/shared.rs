//! `SharedArrayBuffer`s over shared memories.
//!
//! One keeps its memory alive, not the store. It has the length that the memory had, for ever, or is made to
//! follow the memory (`webassembly/shared_buffers.rs`): the bytes are still there when the memory has grown,
//! and nothing detaches it. QuickJS accesses them as it does those of any `SharedArrayBuffer`; Rust code only
//! copies them.
//!
//! `SharedArrayBuffer.prototype.grow` as QuickJS made it would show bytes that the memory does not have yet,
//! where an access ends the process: `webassembly/memory.rs` keeps it away from these buffers.

use super::buffer::{Length, MOST, too_large};
use super::env::Env;
use super::object::Backlink;
use super::value::{Attempt, Own, Thrown};
use crate::webassembly::Showing;
use bident::SharedMemory;
use rquickjs::qjs;
use std::ffi::c_void;
use std::ptr;

/// What lives as long as a buffer.
struct Keeper {
    /// Goes first.
    _showing: Showing,
    _memory: SharedMemory,
}

/// A buffer over the whole of a memory, frozen. From now on the link leads to it, until it goes. One that
/// grows is no longer than the memory: `grow` is called only once the memory has the bytes.
pub(crate) fn shared_buffer<'js>(
    env: Env<'js>,
    memory: &SharedMemory,
    kind: Length,
    (showing, link): (Showing, &Backlink),
) -> Attempt<Own<'js>> {
    let (base, length) = (memory.data_ptr(), memory.data_size());
    if length > MOST {
        return Err(too_large(env));
    }
    let keeper = Box::into_raw(Box::new(Keeper {
        _showing: showing,
        _memory: memory.clone(),
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
    // SAFETY: an object of this context.
    match unsafe { qjs::JS_FreezeObject(env.raw(), buffer.get().raw) } {
        ..0 => Err(Thrown),
        _ => {
            link.lead_to(buffer.get());
            Ok(buffer)
        }
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
