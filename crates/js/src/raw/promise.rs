//! Promises and jobs without functions made for them.

use super::env::Env;
use super::object::HostObject;
use super::value::{Attempt, Own, Ref, Stored, Thrown};
use crate::webassembly::run_job;
use rquickjs::qjs;

/// State of a native promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PromiseState {
    /// Not settled.
    Pending,
    /// Settled with a value.
    Fulfilled,
    /// Settled with a reason.
    Rejected,
}

/// State of a value, if it is a native promise.
#[inline]
pub(crate) fn promise_state(env: Env<'_>, value: Ref<'_>) -> Option<PromiseState> {
    // SAFETY: the value is alive.
    match unsafe { qjs::JS_PromiseState(env.raw(), value.raw) } {
        qjs::JSPromiseStateEnum_JS_PROMISE_PENDING => Some(PromiseState::Pending),
        qjs::JSPromiseStateEnum_JS_PROMISE_FULFILLED => Some(PromiseState::Fulfilled),
        qjs::JSPromiseStateEnum_JS_PROMISE_REJECTED => Some(PromiseState::Rejected),
        _ => None,
    }
}

impl<'js> Env<'js> {
    /// Value or reason of a settled promise.
    #[inline]
    pub(crate) fn promise_result(self, promise: Ref<'_>) -> Own<'js> {
        // SAFETY: the promise is alive; the result is a new reference.
        let result = unsafe { self.take(qjs::JS_PromiseResult(self.raw(), promise.raw)) };
        result.unwrap_or_else(|Thrown| self.undefined())
    }
}

/// The functions that settle a promise.
pub(crate) struct Capability {
    resolve: Stored,
    reject: Stored,
}

/// `PromiseResolve(%Promise%, value)`. May run JavaScript.
#[inline]
pub(crate) fn promise_resolve<'js>(env: Env<'js>, value: Ref<'_>) -> Attempt<Own<'js>> {
    // SAFETY: the value is alive; the promise is ours.
    unsafe { env.take(qjs::JS_NewSettledPromise(env.raw(), false, value.raw)) }
}

/// Notes that someone looks at the outcome of a promise.
pub(crate) fn mark_handled(env: Env<'_>, promise: Ref<'_>) {
    // SAFETY: the promise is alive.
    unsafe { qjs::JS_PromiseMarkAsHandled(env.raw(), promise.raw) }
}

/// `PerformPromiseThen`: one of the two functions is called a turn after the promise is settled.
pub(crate) fn promise_then(
    env: Env<'_>,
    promise: Ref<'_>,
    fulfilled: Ref<'_>,
    rejected: Ref<'_>,
) -> Attempt<()> {
    // SAFETY: all are alive; the promise of the reaction is ours, and nobody else's.
    let reaction = unsafe {
        env.take(qjs::JS_PromiseThen(
            env.raw(),
            promise.raw,
            fulfilled.raw,
            rejected.raw,
        ))
    };
    reaction.map(drop)
}

/// A promise that is settled at once: with a value, or with the pending exception.
pub(crate) fn settled<'js>(env: Env<'js>, result: Attempt<Own<'js>>) -> Attempt<Own<'js>> {
    let result = match result {
        Ok(value) => Ok(value),
        Err(thrown) => Err(env.catch(thrown)?),
    };
    let (promise, capability) = Capability::new(env)?;
    capability.settle(env, result);
    Ok(promise)
}

impl Capability {
    /// A new promise, and its capability.
    pub(crate) fn new<'js>(env: Env<'js>) -> Attempt<(Own<'js>, Self)> {
        let mut functions = [qjs::JS_UNDEFINED; 2];
        // SAFETY: QuickJS writes both functions where it succeeds; they and the promise are ours.
        unsafe {
            let promise = qjs::JS_NewPromiseCapability(env.raw(), functions.as_mut_ptr());
            let promise = env.take(promise)?;
            let [resolve, reject] = functions.map(|raw| Own::from_raw(env, raw).store());
            Ok((promise, Self { resolve, reject }))
        }
    }

    /// Resolves the promise with a value, or rejects it with a reason.
    pub(crate) fn settle<'js>(&self, env: Env<'js>, result: Result<Own<'js>, Own<'js>>) {
        let (function, value) = match result {
            Ok(value) => (&self.resolve, value),
            Err(reason) => (&self.reject, reason),
        };
        // The functions of a native promise never throw.
        let _ = env.call(function.get(), Ref::UNDEFINED, &[value]);
    }

    /// Rejects the promise with the pending exception.
    pub(crate) fn fail(&self, env: Env<'_>, thrown: Thrown) -> Attempt<()> {
        let reason = env.catch(thrown)?;
        self.settle(env, Err(reason));
        Ok(())
    }

    /// Tells the collector about the functions.
    pub(crate) fn mark(&self, marker: &super::Marker) {
        self.resolve.mark(marker);
        self.reject.mark(marker);
    }
}

/// Adds a job that calls [`run_job`] with a host object.
#[inline]
pub(crate) fn enqueue(env: Env<'_>, object: HostObject<'_>) -> Attempt<()> {
    let mut args = [object.get().raw];
    // SAFETY: the object is alive; the queue takes a reference of its own.
    let failed = unsafe { qjs::JS_EnqueueJob(env.raw(), Some(job), 1, args.as_mut_ptr()) };
    if failed < 0 { Err(Thrown) } else { Ok(()) }
}

unsafe extern "C" fn job(
    ctx: *mut qjs::JSContext,
    _: i32,
    argv: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: QuickJS calls with a living context and the one argument of `enqueue`, a host object,
    // which it keeps alive during the call.
    let (env, object) = unsafe { (Env::from_callback(ctx), HostObject::from_callback(*argv)) };
    match run_job(env, object) {
        Ok(()) => qjs::JS_UNDEFINED,
        Err(Thrown) => qjs::JS_EXCEPTION,
    }
}
