//! Everything that touches QuickJS below rquickjs: the only unsafe code of this crate.
//!
//! Calls between JavaScript and WebAssembly, promises and jobs are made here with nothing allocated
//! that QuickJS itself does not ask for; the rest of the crate decides what they mean.
//!
//! ```text
//!   who owns a value        type            freed by
//!   ─────────────────────   ─────────────   ───────────────────────────────────────────
//!   whoever called us       Ref<'a>         nobody: a loan
//!   a Rust stack frame      Own<'js>        its drop, with the context of its Env<'js>
//!   a host object           Stored          its drop; the collector sees it through `mark`
//! ```
//!
//! What everything here relies on:
//!
//! 1. *One thread.* QuickJS values never leave the thread of their runtime: none of the types is `Send`.
//! 2. *A context outlives the code it runs.* An [`Env`] is made where QuickJS or rquickjs passes a context
//!    in, and lives no longer than that call; [`Running`] hands one on, to what that call calls.
//! 3. *Every [`Stored`] has one owner that QuickJS knows*: it lies in the payload of a host object
//!    (`webassembly/mod.rs`), whose `mark` reports it, or in a slot that one of several reports, in each
//!    pass (`webassembly/sharing.rs`). So the collector counts each reference exactly once, and no cycle
//!    through Rust keeps a runtime alive.
//! 4. *Host objects are touched only here.* Their class number is looked up by runtime, and an object
//!    of the class always has a payload until its finalizer runs.
#![allow(unsafe_code, reason = "the one place that calls the C API of QuickJS")]

mod buffer;
mod env;
mod error;
mod native;
mod object;
mod promise;
mod shared;
mod text;
mod value;

pub(crate) use buffer::{Length, ViewGetters, copy_bytes, detach, fits_buffer, memory_buffer};
pub(crate) use env::{ContextId, Env, Running};
pub(crate) use error::Stacks;
pub(crate) use native::{Call, Kind, accessor, function, hidden_accessor, prevent_extensions};
pub(crate) use object::{Backlink, Classes, HostObject, Marker, Pass};
pub(crate) use object::{create_proxied, payload, proxied};
pub(crate) use promise::{Capability, PromiseState, enqueue, mark_handled, promise_resolve};
pub(crate) use promise::{promise_state, promise_then, settled};
pub(crate) use shared::may_block;
pub(crate) use shared::{Waitable, shared_base, shared_buffer, waitable};
pub(crate) use text::{length_of_string, string_of_utf16, with_utf8, with_utf16};
pub(crate) use value::{Args, Attempt, Identity, Own, Ref, Stored, Thrown};

use rquickjs::{Ctx, Error, Result, Value, qjs};

/// Takes ownership of what a function of QuickJS returned.
///
/// # Safety
/// A function of QuickJS has just returned it, in this context, with a reference for the caller.
unsafe fn owned<'js>(ctx: &Ctx<'js>, value: qjs::JSValue) -> Result<Value<'js>> {
    // SAFETY: the caller says so.
    unsafe {
        if qjs::JS_IsException(value) {
            return Err(Error::Exception);
        }
        Ok(Value::from_raw(ctx.clone(), value))
    }
}
