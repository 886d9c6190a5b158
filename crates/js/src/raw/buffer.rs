//! `ArrayBuffer`s over linear memory, and the bytes behind those of a program.
//!
//! ```text
//!   ArrayBuffer ─data─► first byte of the memory (never moves)
//!        └──opaque────► Keeper: keeps the memory in its store, and the store, alive
//! ```
//!
//! One that can be resized follows the memory: `webassembly/buffers.rs` gives it the new length.
//!
//! A buffer that the memory has outgrown is detached; until then its length is at most the memory's,
//! for memories never shrink. JavaScript could move the data pointer into a buffer of another owner
//! only with `transfer` and its siblings, which `webassembly/memory.rs` keeps away from these buffers.

use super::env::Env;
use super::value::{Attempt, Own, Ref, Thrown};
use crate::webassembly::{HostData, Showing};
use bident::{Kept, Lasting, Memory, SharedStore};
use rquickjs::{Exception, qjs};
use std::ffi::c_void;
use std::ptr;

/// Most bytes that an `ArrayBuffer` of QuickJS shows.
pub(super) const MOST: usize = i32::MAX as usize;

/// Whether an `ArrayBuffer` of QuickJS shows so many bytes.
pub(crate) fn fits_buffer(length: usize) -> bool {
    length <= MOST
}

/// Whether a buffer keeps its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Length {
    /// It keeps its length.
    Fixed,
    /// It grows with its memory, up to so many bytes.
    Resizable(u64),
}

impl Length {
    /// What QuickJS knows as `maxByteLength`, where 0 says that there is none.
    pub(super) fn most(self) -> qjs::size_t {
        match self {
            Self::Fixed => 0,
            // One that can have no bytes is made otherwise.
            Self::Resizable(most) => most.clamp(1, MOST as u64) as qjs::size_t,
        }
    }
}

/// What lives as long as a buffer: its memory, and the store of that.
struct Keeper {
    _showing: Showing,
    store: SharedStore<HostData>,
    memory: Memory,
    _kept: Option<Kept>,
}

/// A buffer over the whole of a memory; what is given along goes when it does, or is detached.
pub(crate) fn memory_buffer<'js>(
    env: Env<'js>,
    store: &SharedStore<HostData>,
    memory: Memory,
    kind: Length,
    showing: Showing,
) -> Attempt<Own<'js>> {
    let (base, length) = store.with(|store| (memory.data_ptr(&*store), memory.data_size(&*store)));
    if !fits_buffer(length) {
        return Err(too_large(env));
    }
    let opaque = Box::into_raw(Box::new(Keeper {
        _showing: showing,
        store: store.clone(),
        memory,
        _kept: store.with(|store| memory.keep(store).ok()),
    }));
    // SAFETY: `length` bytes from `base` are mapped, readable and writable as long as the memory is there,
    // which the keeper sees to; the engine makes references to them only inside its own functions,
    // while no JavaScript runs. `release` gets the box back when the buffer goes or is detached.
    let buffer = unsafe {
        env.take(qjs::JS_NewArrayBuffer(
            env.raw(),
            base,
            length as qjs::size_t,
            kind.most(),
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

/// The complaint about a memory that no buffer can show.
pub(super) fn too_large(env: Env<'_>) -> Thrown {
    let message = "a memory of 2 GiB or more has no buffer here: ArrayBuffers of QuickJS end below";
    env.raise(Exception::throw_range(&env.ctx(), message))
}

/// What QuickJS asks of bytes that are not its own: give them back (`size` 0), or make them so many. They
/// are where they are, and are so many where the memory has grown.
unsafe extern "C" fn release(
    _: *mut qjs::JSRuntime,
    opaque: *mut c_void,
    bytes: *mut c_void,
    size: qjs::size_t,
) -> *mut c_void {
    if opaque.is_null() {
        return ptr::null_mut();
    }
    if size == 0 {
        // SAFETY: from `memory_buffer`; QuickJS gives the bytes back once.
        drop(unsafe { Box::from_raw(opaque.cast::<Keeper>()) });
        return ptr::null_mut();
    }
    // SAFETY: from `memory_buffer`, and not given back yet.
    let Keeper { store, memory, .. } = unsafe { &*opaque.cast::<Keeper>() };
    let there = store.try_with(|store| memory.data_size(&*store));
    // QuickJS asks for one byte where it means none.
    match there.is_some_and(|there| size as usize <= there.max(1)) {
        true => bytes,
        false => ptr::null_mut(),
    }
}

/// Detaches a buffer: its length becomes 0.
pub(crate) fn detach(env: Env<'_>, buffer: Ref<'_>) {
    // SAFETY: the buffer is alive; QuickJS ignores anything that is no buffer.
    unsafe { qjs::JS_DetachArrayBuffer(env.raw(), buffer.raw) }
}

/// Getters of views, as they were before any program ran: a view can have properties of these names that
/// lie.
pub(crate) struct ViewGetters<'js> {
    pub(crate) buffer: Own<'js>,
    pub(crate) offset: Own<'js>,
    pub(crate) length: Own<'js>,
    /// The length of a typed array in bytes. QuickJS's own function for it gives the first length of one
    /// that follows the length of its buffer.
    pub(crate) array_length: Own<'js>,
}

/// A copy of the bytes of a `BufferSource`; `None` for any other value. A detached buffer has none. No
/// JavaScript of a program runs.
pub(crate) fn copy_bytes(
    env: Env<'_>,
    value: Ref<'_>,
    getters: &ViewGetters<'_>,
) -> Attempt<Option<Vec<u8>>> {
    let Some(source) = source_of(env, value, getters)? else {
        return Ok(None);
    };
    let Bytes { base, length } = source.bytes(env);
    let mut copy = Vec::new();
    if copy.try_reserve_exact(length).is_err() {
        let message = format!("no memory for a copy of {length} bytes");
        return Err(env.raise(Exception::throw_range(&env.ctx(), &message)));
    }
    if length > 0 && source.is_shared() {
        for i in 0..length {
            // SAFETY: as below. Others may be writing: no reference, and no copy but byte by byte.
            copy.push(unsafe { base.add(i).read_volatile() });
        }
    } else if length > 0 {
        // SAFETY: `source` keeps the buffer alive, and no JavaScript, which could detach it, ran since
        // `bytes` found them inside it.
        copy.extend_from_slice(unsafe { std::slice::from_raw_parts(base, length) });
    }
    Ok(Some(copy))
}

/// A part of a buffer, or all of it.
struct Source<'js> {
    buffer: Own<'js>,
    part: Option<(usize, usize)>,
}

impl Source<'_> {
    /// Whether it is of a `SharedArrayBuffer`, whose bytes others may write meanwhile.
    fn is_shared(&self) -> bool {
        // SAFETY: the value is alive; QuickJS looks what it is.
        !unsafe { qjs::JS_IsArrayBuffer(self.buffer.get().raw) }
    }

    fn bytes(&self, env: Env<'_>) -> Bytes {
        let whole = whole(env, self.buffer.get());
        match self.part {
            Some((offset, length)) => part(&whole, offset, length),
            None => whole,
        }
    }
}

/// Where the bytes of a buffer, or of a part of one, lie. Good as long as the buffer, until JavaScript runs.
struct Bytes {
    base: *const u8,
    length: usize,
}

fn source_of<'js>(
    env: Env<'js>,
    value: Ref<'_>,
    getters: &ViewGetters<'_>,
) -> Attempt<Option<Source<'js>>> {
    // SAFETY: the value is alive; QuickJS checks what it is, and writes the offset where it succeeds.
    unsafe {
        if qjs::JS_IsArrayBuffer(value.raw) {
            let buffer = value.to_owned(env);
            return Ok(Some(Source { buffer, part: None }));
        }
        if qjs::JS_IsDataView(value.raw) {
            return view(env, value, getters).map(Some);
        }
        if qjs::JS_GetTypedArrayType(value.raw) < 0 {
            return Ok(None);
        }
        let mut offset = 0;
        let buffer = env.take(qjs::JS_GetTypedArrayBuffer(
            env.raw(),
            value.raw,
            &mut offset,
            ptr::null_mut(),
            ptr::null_mut(),
        ));
        let Ok(buffer) = buffer else {
            // Detached, or past the end of a buffer that shrank: no bytes.
            drop(env.exception());
            let (buffer, part) = (env.undefined(), Some((0, 0)));
            return Ok(Some(Source { buffer, part }));
        };
        let length = env.call(getters.array_length.get(), value, &[])?;
        let part = Some((offset as usize, env.to_f64(length.get())? as usize));
        Ok(Some(Source { buffer, part }))
    }
}

/// A `DataView`, which QuickJS has no function for.
fn view<'js>(env: Env<'js>, view: Ref<'_>, getters: &ViewGetters<'_>) -> Attempt<Source<'js>> {
    let buffer = env.call(getters.buffer.get(), view, &[])?;
    let number = |getter: &Own<'_>| match env.call(getter.get(), view, &[]) {
        Ok(number) => env.to_f64(number.get()).map(|number| number as usize),
        // Detached, or past the end of a buffer that shrank: no bytes.
        Err(Thrown) => {
            drop(env.exception());
            Ok(0)
        }
    };
    let part = Some((number(&getters.offset)?, number(&getters.length)?));
    Ok(Source { buffer, part })
}

fn whole(env: Env<'_>, buffer: Ref<'_>) -> Bytes {
    let mut length = 0;
    // SAFETY: as in `source_of`.
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
            base: ptr::null(),
            length: 0,
        };
    }
    // SAFETY: inside the buffer.
    let base = unsafe { whole.base.add(offset) };
    Bytes { base, length }
}
