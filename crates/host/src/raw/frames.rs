//! What QuickJS tells of promises, and jobs that say on whose behalf the next one runs.
//!
//! QuickJS has no hook for a job of a promise. So a *herald* goes before each: a job that does nothing but name the
//! frame of the one behind it. Reactions of a promise become jobs in their order with nothing between them; so a
//! herald that has reacted to the promise just before stays just before.

use crate::frames::{self, Event};
use rquickjs::{Ctx, Value, qjs};
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

/// `magic` of a herald that reacts to a rejection.
const REJECTED: i32 = 1;

/// From now on QuickJS tells what happens to the promises of the context's runtime.
pub(crate) fn watch_promises(ctx: &Ctx<'_>) {
    // SAFETY: the context is alive, and so its runtime; the hook needs nothing behind the pointer.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetPromiseHook(runtime, Some(hook), null_mut());
    }
}

/// Calls `f` with a context and a value that QuickJS lends to a callback.
///
/// # Safety
/// QuickJS called with both, and keeps them alive as long as the callback runs.
unsafe fn lent<R>(
    ctx: *mut qjs::JSContext,
    value: qjs::JSValue,
    f: impl for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> R,
) -> R {
    // SAFETY: the caller says so; the reference that the `Value` gives back is one of its own.
    unsafe {
        let ctx = Ctx::from_raw(NonNull::new_unchecked(ctx));
        let value = Value::from_raw(ctx.clone(), qjs::JS_DupValue(ctx.as_raw().as_ptr(), value));
        f(&ctx, value)
    }
}

unsafe extern "C" fn hook(
    ctx: *mut qjs::JSContext,
    kind: qjs::JSPromiseHookType,
    promise: qjs::JSValue,
    parent: qjs::JSValue,
    _: *mut c_void,
) {
    // SAFETY: QuickJS lends all of it.
    unsafe {
        let (event, value) = match kind {
            qjs::JSPromiseHookType_JS_PROMISE_HOOK_INIT if !qjs::JS_IsUndefined(parent) => {
                (Event::Then, parent)
            }
            qjs::JSPromiseHookType_JS_PROMISE_HOOK_INIT => (Event::Made, promise),
            qjs::JSPromiseHookType_JS_PROMISE_HOOK_RESOLVE => (Event::Fulfilled, promise),
            qjs::JSPromiseHookType_JS_PROMISE_HOOK_BEFORE => (Event::Follows, promise),
            _ => (Event::Followed, promise),
        };
        lent(ctx, value, |ctx, value| frames::told(ctx, event, value));
    }
}

/// Where an object lies: which one it is, as long as it is there.
pub(crate) fn address_of(object: &Value<'_>) -> usize {
    // SAFETY: nothing but the address is looked at.
    unsafe { qjs::JS_VALUE_GET_PTR(object.as_raw()).addr() }
}

/// Lets a herald react to a promise that is pending. To QuickJS somebody handles it now.
pub(crate) fn announce_reaction<'js>(ctx: &Ctx<'js>, promise: &Value<'js>, frame: &Value<'js>) {
    let context = ctx.as_raw().as_ptr();
    let mut data = [frame.as_raw()];
    // SAFETY: promise and frame are alive, the functions take references of their own, and what is made here is freed here.
    unsafe {
        let [fulfilled, rejected] = [0, REJECTED].map(|magic| {
            qjs::JS_NewCFunctionData(context, Some(react), 1, magic, 1, data.as_mut_ptr())
        });
        let reaction = if qjs::JS_IsException(fulfilled) || qjs::JS_IsException(rejected) {
            qjs::JS_EXCEPTION
        } else {
            qjs::JS_PromiseThen(context, promise.as_raw(), fulfilled, rejected)
        };
        if qjs::JS_IsException(reaction) {
            // There is no memory for it: the frame is lost.
            qjs::JS_FreeValue(context, qjs::JS_GetException(context));
        }
        for made in [fulfilled, rejected, reaction] {
            qjs::JS_FreeValue(context, made);
        }
    }
}

/// Adds a herald at the end of the queue.
pub(crate) fn announce_next<'js>(ctx: &Ctx<'js>, frame: &Value<'js>) {
    let context = ctx.as_raw().as_ptr();
    let mut args = [frame.as_raw()];
    // SAFETY: the frame is alive; the queue takes a reference of its own.
    unsafe {
        if qjs::JS_EnqueueJob(context, Some(run), 1, args.as_mut_ptr()) < 0 {
            qjs::JS_FreeValue(context, qjs::JS_GetException(context));
        }
    }
}

unsafe extern "C" fn react(
    ctx: *mut qjs::JSContext,
    _: qjs::JSValue,
    _: i32,
    _: *mut qjs::JSValue,
    magic: i32,
    data: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: QuickJS lends both; the data are those of `announce_reaction`.
    unsafe {
        lent(ctx, *data, |ctx, frame| {
            frames::herald(ctx, frame, magic == REJECTED);
        });
    }
    qjs::JS_UNDEFINED
}

unsafe extern "C" fn run(
    ctx: *mut qjs::JSContext,
    _: i32,
    args: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: QuickJS lends both; the argument is that of `announce_next`.
    unsafe { lent(ctx, *args, |ctx, frame| frames::herald(ctx, frame, false)) };
    qjs::JS_UNDEFINED
}
