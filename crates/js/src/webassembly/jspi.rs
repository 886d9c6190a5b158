//! JavaScript Promise Integration.
//!
//! ```text
//!  promising(f)(args) ── Func::start ─► wasm ─► suspending import ─► JavaScript function
//!         │                                          │ value
//!         │                                          ▼ awaited_of: PromiseResolve(value)
//!         ◄─────────── Outcome::Parked ── Reply::Pending, Awaited
//!         │ park: a PendingCall object holds the parked call and the capability of the promise
//!         ▼
//!      promise         settled already ──► one job ──────────────► known ─────┐
//!                      pending, the first ► its reactions ───────► awaited ───┤
//!                      pending, others ──► `awaiter`: await it ──► awaited ───┤
//!                                                                             ▼
//!                      settled ◄─ returned or failed ◄─ go_on: ParkedCall::{resume, throw}
//!                                                     └─ parked again: park
//! ```
//!
//! Every way takes exactly one turn of the microtask queue, as `Await` in the specification does. The
//! first makes no object each time it parks. The second makes a promise that nobody needs, so that a call
//! which waits once needs no async function; for one that waits often that is cheaper.
//!
//! Where V8 and the specification differ, this follows the specification: arguments that cannot be
//! converted reject the promise, `promising` takes exported functions only, a `Suspending` start
//! function is an error, `new Suspending` takes anything callable.

use super::Payload;
use super::api::{self, Interface};
use super::function::{self, Callee};
use super::pending;
use super::realm;
use super::stacklet::{Begun, Border};
use crate::raw::{self, Args, Attempt, Call, Env, Marker, Own, Ref};
use rquickjs::{Ctx, Exception, Object, Value};

/// The payload of a promising function.
pub(crate) struct Promising(Callee);

impl Promising {
    /// What it calls.
    pub(super) fn callee(&self) -> &Callee {
        &self.0
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.0.mark(marker);
    }

    /// A call from JavaScript: always a promise.
    pub(super) fn call<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        match Border::Plain.call(&self.0, env, args) {
            Ok(Begun::Parked(parked)) => {
                let Callee { realm, func, .. } = &self.0;
                pending::park(realm, env, *func, Border::Plain, None, parked)
            }
            Ok(Begun::Ended(value)) => raw::settled(env, Ok(value)),
            Err(thrown) => raw::settled(env, Err(thrown)),
        }
    }
}

/// `WebAssembly.Suspending`.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Interface<'js>> {
    Interface::new(ctx, "Suspending", 1, |call| {
        let realm = realm::of(&call.ctx)?;
        let (env, function) = (Env::new(&call.ctx), call.arg(0));
        if !Ref::new(&function).is_function(env) {
            return Err(Exception::throw_type(
                &call.ctx,
                "WebAssembly.Suspending needs a function",
            ));
        }
        let payload = Payload::Suspending(env.own(&function).store());
        api::construct(call, &realm, |i| &i.suspending, payload)
    })
}

/// `WebAssembly.promising(function)`.
pub(super) fn promising<'js>(call: &Call<'js>) -> rquickjs::Result<Value<'js>> {
    let realm = realm::of(&call.ctx)?;
    let (env, function) = (Env::new(&call.ctx), call.arg(0));
    let exported = match raw::payload(realm.classes, Ref::new(&function)) {
        Some(Payload::Function(exported)) => exported,
        payload => {
            let message = match payload {
                Some(Payload::AsyncFunction(_)) => {
                    "WebAssembly.promising needs a plain exported function, but this one may return a \
                     promise by itself; bindAsync makes one that always does"
                }
                Some(Payload::Promising(_)) => "this function is a promising one already",
                _ => "WebAssembly.promising needs a function that WebAssembly exported",
            };
            return Err(Exception::throw_type(&call.ctx, message));
        }
    };
    let Callee {
        realm: own,
        func,
        ty,
        ..
    } = exported.callee();
    let promising = Promising(Callee::new(own.clone(), *func, ty.clone()));
    let function = realm
        .create(env, |i| &i.function, Payload::Promising(promising))?
        .into_value();
    let object = Object::from_value(function)?;
    function::describe(&object, "", 1)?;
    Ok(object.into_value())
}
