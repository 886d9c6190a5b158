//! Promises and jobs without functions made for them.

use super::env::Env;
use super::object::HostObject;
use super::value::{Args, Attempt, Own, Ref, Stored, Thrown};
use crate::webassembly::run_job;
use rquickjs::atom::PredefinedAtom;
use rquickjs::qjs;
use std::cell::Cell;

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

    /// The property `constructor`. May run JavaScript.
    #[inline]
    pub(crate) fn constructor_of(self, value: Ref<'_>) -> Attempt<Own<'js>> {
        let name = PredefinedAtom::Constructor as qjs::JSAtom;
        // SAFETY: the value is alive; predefined atoms always are. The result is ours.
        unsafe { self.take(qjs::JS_GetProperty(self.raw(), value.raw, name)) }
    }
}

/// The functions that settle a promise.
pub(crate) struct Capability {
    resolve: Stored,
    reject: Stored,
}

/// Makes promises. QuickJS's own function for it makes an executor for each; this one has one for all:
/// a host object that keeps the functions it is called with.
pub(crate) struct Promises<'a> {
    /// The constructor `Promise`.
    pub(crate) constructor: Ref<'a>,
    /// The host object.
    pub(crate) executor: Ref<'a>,
    /// What the host object was last called with.
    pub(crate) kept: &'a Cell<Option<Capability>>,
}

impl Promises<'_> {
    /// A new promise, and its capability.
    pub(crate) fn create<'js>(&self, env: Env<'js>) -> Attempt<(Own<'js>, Capability)> {
        let mut args = [self.executor.raw];
        // SAFETY: constructor and executor are alive during the call; the promise is ours.
        let promise = unsafe {
            let constructor = self.constructor.raw;
            env.take(qjs::JS_CallConstructor(
                env.raw(),
                constructor,
                1,
                args.as_mut_ptr(),
            ))
        }?;
        self.kept
            .take()
            .map(|capability| (promise, capability))
            .ok_or(Thrown)
    }

    /// A promise that is settled at once: with a value, or with the pending exception.
    pub(crate) fn settled<'js>(
        &self,
        env: Env<'js>,
        result: Attempt<Own<'js>>,
    ) -> Attempt<Own<'js>> {
        let result = match result {
            Ok(value) => Ok(value),
            Err(thrown) => Err(env.catch(thrown)?),
        };
        let (promise, capability) = self.create(env)?;
        capability.settle(env, result);
        Ok(promise)
    }
}

impl Capability {
    /// The arguments of an executor.
    pub(crate) fn of_executor(env: Env<'_>, args: Args<'_>) -> Self {
        Self {
            resolve: args.get(0).to_owned(env).store(),
            reject: args.get(1).to_owned(env).store(),
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
