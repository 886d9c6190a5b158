//! Exported functions that may return a promise, and imported functions with a mark.

use super::super::function::{self, Callee};
use super::super::import::Waits;
use super::super::pending;
use super::super::realm::{self, Realm};
use super::super::{Payload, api};
use super::border::{Begun, Border};
use super::expected;
use super::suspender::Suspender;
use crate::raw::{self, Args, Attempt, Call, Env, Marker, Own, Ref, Stored};
use bident::Func;
use rquickjs::{Object, Result, Value};
use std::rc::Rc;

/// The payload of a function that waits for WebAssembly.
pub(crate) struct AsyncFunction {
    callee: Callee,
    border: Border,
    answers: Answers,
    /// Where the object of its stacklet has it as the one for its function, that object.
    stacklet: Option<Stored>,
}

/// What such a function gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answers {
    /// A promise where the call waits, otherwise what WebAssembly returns or throws.
    ValueOrPromise,
    /// A promise.
    Promise,
}

impl AsyncFunction {
    /// A JavaScript function for one of the store's.
    pub(super) fn create<'js>(
        realm: &Rc<Realm>,
        env: Env<'js>,
        func: Func,
        border: Border,
        answers: Answers,
        stacklet: Option<Stored>,
    ) -> Attempt<Own<'js>> {
        let (ty, index) =
            (realm.store).with(|store| (func.ty(&*store), func.index_in_module(&*store)));
        let index = index.unwrap_or_else(|| realm.imports.number_of(func));
        let length = ty.params().len();
        let payload = Payload::AsyncFunction(Self {
            callee: Callee::new(realm.reference_to(env, func), func, ty),
            border,
            answers,
            stacklet,
        });
        let object = realm.create(env, |i| &i.function, payload)?;
        let made = Object::from_value(object.get().to_owned(env).into_value());
        made.and_then(|made| function::describe(&made, &index.to_string(), length))
            .map_err(|error| env.raise(error))?;
        Ok(object)
    }

    /// Tells the collector about every value in it.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.callee.mark(marker);
        self.border.mark(self.realm(), marker);
        if let Some(stacklet) = &self.stacklet {
            stacklet.mark(marker);
        }
    }

    pub(in super::super) fn realm(&self) -> &Realm {
        &self.callee.realm
    }

    /// Whether it wraps a function, rather than being an export of an instance.
    pub(super) fn is_wrapper(&self) -> bool {
        self.answers == Answers::Promise || matches!(self.border, Border::Suspender(_))
    }

    /// A call from JavaScript.
    pub(in super::super) fn call<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        let ended = match self.border.call(&self.callee, env, args) {
            Ok(Begun::Parked(parked)) => {
                let (Callee { realm, func, .. }, border) = (&self.callee, self.border.clone());
                match pending::park(realm, env, *func, border, None, parked) {
                    Ok(promise) => return Ok(promise),
                    Err(thrown) => Err(thrown),
                }
            }
            Ok(Begun::Ended(value)) => Ok(value),
            Err(thrown) => Err(thrown),
        };
        match self.answers {
            Answers::ValueOrPromise => ended,
            Answers::Promise => raw::settled(env, ended),
        }
    }
}

/// The payload of a JavaScript function that an import may be, with what is known of it.
pub(crate) struct Marked {
    function: Stored,
    waits: Waits,
    suspender: Option<Rc<Suspender>>,
}

impl Marked {
    /// Tells the collector about every value in it.
    pub(in super::super) fn mark(&self, marker: &Marker) {
        self.function.mark(marker);
    }

    /// Its parts.
    pub(in super::super) fn parts<'js>(
        &self,
        env: Env<'js>,
    ) -> (Own<'js>, Waits, Option<Rc<Suspender>>) {
        let function = self.function.to_owned(env);
        (function, self.waits, self.suspender.clone())
    }
}

/// A function that was given, marked.
pub(super) fn marked<'js>(
    call: &Call<'js>,
    operation: &str,
    waits: Waits,
    suspender: Option<Rc<Suspender>>,
) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let payload = Payload::Marked(Marked {
        function: given(call, operation)?,
        waits,
        suspender,
    });
    let env = Env::new(&call.ctx);
    let prototype = Object::new(call.ctx.clone())?.get_prototype();
    let prototype = prototype.map_or_else(|| env.null(), |object| env.own(object.as_value()));
    let object = realm.classes.create(env, prototype.get(), payload)?;
    Ok(object.into_value())
}

fn given(call: &Call<'_>, operation: &str) -> Result<Stored> {
    let (env, function) = (Env::new(&call.ctx), call.arg(0));
    if !Ref::new(&function).is_function(env) {
        return Err(expected(&call.ctx, operation, "a function"));
    }
    Ok(env.own(&function).store())
}

/// `mayWait(f)`: an import that waits where `f` returns a promise.
pub(super) fn may_wait<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    marked(call, "mayWait", Waits::ForPromises, None)
}

/// `neverWaits(f)`: an import that takes a promise for a value like any other.
pub(super) fn never_waits<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    marked(call, "neverWaits", Waits::No, None)
}

/// `alwaysWaits(f)`: a `WebAssembly.Suspending`.
pub(super) fn always_waits<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let payload = Payload::Suspending(given(call, "alwaysWaits")?);
    let object = realm.create(Env::new(&call.ctx), |i| &i.suspending, payload)?;
    Ok(object.into_value())
}

/// `bindAsync(f)`: the exported function, bound as asynchronous.
pub(super) fn bind_async<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    bound(call, "bindAsync", Border::Plain, Answers::Promise)
}

/// An [`AsyncFunction`] for an exported function that was given. What it has for a border stays.
pub(super) fn bound<'js>(
    call: &Call<'js>,
    operation: &str,
    border: Border,
    answers: Answers,
) -> Result<Value<'js>> {
    let (realm, function) = (realm::of(&call.ctx)?, call.arg(0));
    let Some((func, own)) = exported(&realm, Ref::new(&function)) else {
        let what = "a function that WebAssembly exported";
        return Err(expected(&call.ctx, operation, what));
    };
    let border = match (own, border) {
        (Border::Plain, border) => border,
        (own, Border::Plain) => own,
        (_, _) => {
            let what = "a function without a suspender, on no stack that WebAssembly made";
            return Err(expected(&call.ctx, operation, what));
        }
    };
    let function = AsyncFunction::create(&realm, Env::new(&call.ctx), func, border, answers, None)?;
    Ok(function.into_value())
}

/// The function of the store that a plain exported function stands for, or one that may return a promise;
/// and its border.
pub(super) fn exported(realm: &Rc<Realm>, value: Ref<'_>) -> Option<(Func, Border)> {
    match raw::payload(realm.classes, value)? {
        Payload::Function(function) => Some((function.func_in(realm)?, Border::Plain)),
        Payload::AsyncFunction(function) if Rc::ptr_eq(&function.callee.realm, realm) => {
            Some((function.callee.func, function.border.clone()))
        }
        _ => None,
    }
}

/// Complaint of an operation of the engine.
pub(super) fn engine_error(
    realm: &Rc<Realm>,
    call: &Call<'_>,
    error: &bident::Error,
) -> rquickjs::Error {
    api::engine_error(realm, &call.ctx, error)
}
