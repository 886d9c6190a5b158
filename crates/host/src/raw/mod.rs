//! What the host needs of the C API of QuickJS that rquickjs does not give: the only unsafe code of this crate.
//!
//! A value that a function of QuickJS returns is owned at once, by [`owned`]; all else lasts no longer than
//! the `Ctx` it was made with.
#![allow(unsafe_code, reason = "calls the C API of QuickJS")]

mod context;
mod frames;
mod jobs;
mod script;
mod sockets;
mod stack;

pub(crate) use context::new_context;
pub(crate) use frames::{address_of, announce_next, announce_reaction, watch_promises};
pub(crate) use jobs::{Job, Jobs};
pub(crate) use script::{Script, declare_module, lift_memory_limit, throw_for_good};
pub(crate) use sockets::inherited_socket;
pub(crate) use stack::remaining_stack;

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
