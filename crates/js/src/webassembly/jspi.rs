//! JavaScript Promise Integration.
//!
//! ```text
//!  promising(f)(args) ── Func::start ─► wasm ─► suspending import ─► JavaScript function
//!         │                                          │ value
//!         │                                          ▼ awaited_of: PromiseResolve(value)
//!         ◄─────────── Outcome::Parked ── Answer::Pending(Awaited)
//!         │ park: a PendingCall object holds the parked call and the capability of the promise
//!         ▼
//!      promise         settled already ──► one job ──────────────► known ─────┐
//!                      pending, the first ► its reactions ───────► reacted ───┤
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

use super::api::{self, Interface};
use super::realm::{self, HostData, RealmRef};
use super::stacklet::{self, Border};
use super::{Payload, convert, errors};
use super::{function, import};
use crate::raw::{
    self, Args, Attempt, Call, Capability, Env, HostObject, Marker, Own, PromiseState, Ref, Stored,
    Thrown,
};
use bident::{Error, Func, FuncType, Load, Local, Outcome, ParkedCall, Val};
use rquickjs::{Ctx, Exception, Object, Value};
use std::cell::Cell;

/// Source of the function that awaits the promises of a call which are not fulfilled yet. It
/// calls its host object with the outcome and gets the next promise to await, or `undefined`.
pub(super) const AWAITER: &str = "(async (call, promise) => {
  while (promise !== undefined) {
    let value, fulfilled = true;
    try { value = await promise; } catch (reason) { value = reason; fulfilled = false; }
    promise = call(value, fulfilled);
  }
})";

/// What an import that answers "pending" waits for. On its way through the engine the collector does
/// not see the value, which is then as alive as one that a Rust frame owns; no JavaScript runs.
pub(super) struct Awaited {
    /// The value to go on with in the next turn, the reason to throw then, or a pending promise.
    value: Stored,
    /// Which of these.
    state: PromiseState,
    /// Number of the import.
    import: u32,
}

const _: () = assert!(
    size_of::<bident::Local<Awaited>>() <= 5 * size_of::<usize>(),
    "a payload that needs no allocation"
);

/// `PromiseResolve` of what a suspending import returned, and `PerformPromiseThen` as far as that is done
/// with a settled promise: a rejected one counts as handled.
#[inline]
pub(super) fn awaited_of<'js>(env: Env<'js>, value: Own<'js>, import: u32) -> Attempt<Awaited> {
    let (value, state) = match value.get().is_object() {
        // A promise resolved with it would be fulfilled with it.
        false => (value, PromiseState::Fulfilled),
        true => {
            let promise = raw::promise_resolve(env, value.get())?;
            let state = raw::promise_state(env, promise.get());
            match state.unwrap_or(PromiseState::Pending) {
                PromiseState::Pending => (promise, PromiseState::Pending),
                settled => {
                    if settled == PromiseState::Rejected {
                        raw::mark_handled(env, promise.get());
                    }
                    (env.promise_result(promise.get()), settled)
                }
            }
        }
    };
    Ok(Awaited {
        value: value.store(),
        state,
        import,
    })
}

/// The payload of a promising function.
pub(crate) struct Promising {
    realm: RealmRef,
    func: Func,
    ty: FuncType,
}

impl Promising {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
    }

    /// A call from JavaScript: always a promise.
    pub(super) fn call<'js>(&self, env: Env<'js>, args: Args<'_>) -> Attempt<Own<'js>> {
        let outcome = function::with_params(&self.realm, env, &self.ty, args, |params| {
            let _frame = self.realm.frames.enter_promising(self.func);
            Ok((self.realm).run(env, |store| self.func.start(store, params)))
        });
        let outcome = outcome.inspect(|_| self.realm.buffers.refresh(env, &self.realm.store));
        match outcome {
            Ok(Ok(Outcome::Parked(parked))) => {
                park(&self.realm, env, self.func, Border::Plain, None, parked)
            }
            Ok(Ok(Outcome::Returned(results))) => {
                raw::settled(env, convert::results_to_js(&self.realm, env, &results))
            }
            Ok(Ok(Outcome::Suspended(_))) => unreachable!("a call handles no tags"),
            Ok(Err(error)) => raw::settled(env, Err(errors::throw(&self.realm, env, &error))),
            Err(thrown) => raw::settled(env, Err(thrown)),
        }
    }
}

/// A call of `func` has parked for the first time: makes its promise. If it ends well, the promise is
/// fulfilled with `instead`, or with its results.
pub(super) fn park<'js>(
    realm: &RealmRef,
    env: Env<'js>,
    func: Func,
    border: Border,
    instead: Option<Stored>,
    parked: ParkedCall,
) -> Attempt<Own<'js>> {
    border.suspended();
    let made = Capability::new(env).and_then(|(promise, capability)| {
        let call = Payload::PendingCall(Box::new(PendingCall {
            realm: realm.clone(),
            func,
            border: border.clone(),
            instead,
            capability,
            parked: Cell::new(None),
        }));
        let object = realm.classes.create(env, env.null().get(), call)?;
        Ok((promise, object))
    });
    let (promise, object) = made.inspect_err(|_| border.abandoned())?;
    if let Some(object) = HostObject::of(realm.classes, object.get())
        && let Payload::PendingCall(call) = object.payload()
        && let Some(pending) = call.park(env, object, parked)?
    {
        call.react(env, object, pending)?;
    }
    Ok(promise)
}

/// The payload of a parked promising call. JavaScript sees such an object nowhere but in `AWAITER`.
pub(crate) struct PendingCall {
    realm: RealmRef,
    func: Func,
    border: Border,
    instead: Option<Stored>,
    capability: Capability,
    parked: Cell<Option<Parked>>,
}

struct Parked {
    parked: ParkedCall,
    awaits: Awaits,
    answer: Answer,
}

/// What a parked call goes on with.
#[derive(Default)]
enum Answer {
    /// What it is told then.
    #[default]
    Unknown,
    /// This value.
    Value(Stored),
    /// This reason is thrown.
    Reason(Stored),
    /// What this promise is settled with.
    Of(Stored),
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Whose answer a parked call awaits.
enum Awaits {
    /// That of the import with this number.
    Import(u32),
    /// That of this load.
    Load(Load<HostData>),
}

impl PendingCall {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
        self.capability.mark(marker);
        if let Some(value) = &self.instead {
            value.mark(marker);
        }
        let parked = self.parked.take();
        if let Some(parked) = &parked {
            if let Answer::Value(value) | Answer::Reason(value) | Answer::Of(value) = &parked.answer
            {
                value.mark(marker);
            }
            self.realm.held.mark_claimed(parked.parked.id(), marker);
        }
        self.parked.set(parked);
    }

    /// Waits for what the import answered. Gives the promise that the awaiter must await.
    fn park<'js>(
        &self,
        env: Env<'js>,
        object: HostObject<'_>,
        mut parked: ParkedCall,
    ) -> Attempt<Option<Own<'js>>> {
        let awaited = parked.payload().take::<Local<Awaited>>();
        let Some(Ok(awaited)) = awaited.map(Local::into_inner) else {
            return self.park_for_load(env, parked).map(Some);
        };
        let awaits = Awaits::Import(awaited.import);
        let answer = match awaited.state {
            PromiseState::Pending => {
                let promise = awaited.value.into_owned(env);
                self.keep(parked, awaits, Answer::Unknown);
                return Ok(Some(promise));
            }
            PromiseState::Fulfilled => Answer::Value(awaited.value),
            PromiseState::Rejected => Answer::Reason(awaited.value),
        };
        self.keep(parked, awaits, answer);
        raw::enqueue(env, object).or_else(|thrown| self.abandon(env, thrown))?;
        Ok(None)
    }

    fn keep(&self, parked: ParkedCall, awaits: Awaits, answer: Answer) {
        self.realm.held.give_back(parked.id());
        self.parked.set(Some(Parked {
            parked,
            awaits,
            answer,
        }));
        self.realm.find_owners_if_due();
    }

    /// The same for a load: gives the promise of its end.
    fn park_for_load<'js>(&self, env: Env<'js>, mut parked: ParkedCall) -> Attempt<Own<'js>> {
        let Some(load) = parked.payload().take::<Load<HostData>>() else {
            unreachable!("imports of this realm and loads are all that answers \"pending\"");
        };
        let promise = stacklet::awaited_load(&self.realm, env, &load);
        let awaits = Awaits::Load(load);
        self.keep(parked, awaits, Answer::Unknown);
        // One whose module is there and being instantiated ends in this turn.
        promise.map_or_else(|| raw::promise_resolve(env, Ref::UNDEFINED), Ok)
    }

    /// Lets the call be told of the end of the first pending promise that it waits for: it is both
    /// reactions, and asks the promise which one it is.
    fn react(&self, env: Env<'_>, object: HostObject<'_>, promise: Own<'_>) -> Attempt<()> {
        if let Some(mut parked) = self.parked.take() {
            parked.answer = Answer::Of(promise.get().to_owned(env).store());
            self.parked.set(Some(parked));
        }
        let call = object.get();
        raw::promise_then(env, promise.get(), call, call)
            .or_else(|thrown| self.abandon(env, thrown))
    }

    /// Lets the awaiter await a pending promise, and those that follow.
    fn hand_to_awaiter<'js>(
        &self,
        env: Env<'js>,
        object: HostObject<'_>,
        promise: Own<'js>,
    ) -> Attempt<()> {
        let awaiter = self.realm.intrinsic(env, |i| &i.awaiter);
        let args = [object.get().to_owned(env), promise];
        match env.call(awaiter.get(), Ref::UNDEFINED, &args) {
            Ok(_) => Ok(()),
            Err(thrown) => self.abandon(env, thrown),
        }
    }

    /// Drops the parked call, if there is one.
    fn let_go(&self) {
        if let Some(parked) = self.parked.take() {
            self.realm.held.drop_claimed(parked.parked.id());
        }
    }

    /// Nothing can wait for the parked call: drops it, and rejects its promise.
    #[cold]
    fn abandon(&self, env: Env<'_>, thrown: Thrown) -> Attempt<()> {
        self.let_go();
        self.border.abandoned();
        self.capability.fail(env, thrown)
    }

    /// What was awaited is there: resumes WebAssembly. Gives the promise to await next, if it is for
    /// the awaiter.
    fn go_on<'js>(
        &self,
        env: Env<'js>,
        object: HostObject<'_>,
        parked: Parked,
        answer: Result<Own<'js>, Own<'js>>,
    ) -> Attempt<Option<Own<'js>>> {
        let realm = &self.realm;
        let outcome = self.resume(env, parked, answer);
        realm.buffers.refresh(env, &realm.store);
        let results = match outcome {
            Ok(Outcome::Parked(parked)) => {
                self.border.suspended();
                return self.park(env, object, parked);
            }
            ended => self.border.finish(realm, env, ended),
        };
        match results {
            Ok(value) => {
                let instead = self.instead.as_ref();
                let value = instead.map_or(value, |instead| instead.to_owned(env));
                self.capability.settle(env, Ok(value));
            }
            Err(thrown) => self.capability.fail(env, thrown)?,
        }
        Ok(None)
    }

    fn resume<'js>(
        &self,
        env: Env<'js>,
        parked: Parked,
        answer: Result<Own<'js>, Own<'js>>,
    ) -> Result<Outcome, Error> {
        let realm = &self.realm;
        let Parked { parked, awaits, .. } = parked;
        let import = match awaits {
            Awaits::Import(import) => import,
            Awaits::Load(load) => {
                let _frame = realm.frames.enter_promising(self.func);
                self.border.active(realm);
                realm.held.give_back(parked.id());
                return realm.run(env, |store| load.resume(store, parked));
            }
        };
        let import = realm.imports.get(import).ok_or_else(import::gone)?;
        let types = import.ty.results();
        let mut one = [Val::I32(0)];
        let mut many = Vec::new();
        let values = function::room(&mut one, &mut many, types.len());
        let converted = match answer {
            Ok(value) => convert::results_to_wasm(realm, env, value.get(), types, values),
            Err(reason) => Err(env.throw(reason)),
        };
        let _frame = realm.frames.enter_promising(self.func);
        self.border.active(realm);
        realm.held.give_back(parked.id());
        match converted {
            Ok(()) => realm.run(env, |store| {
                let outcome = parked.resume(store, values);
                if let Ok(Outcome::Parked(_)) = outcome {
                    ParkedCall::balance_returns();
                }
                outcome
            }),
            Err(thrown) => {
                let error =
                    errors::carry_through(realm, env, thrown, |store| parked.backtrace(store));
                realm.run(env, |store| parked.throw(store, error))
            }
        }
    }
}

/// The job of a promise that had been settled when an import returned it.
pub(super) fn known(call: &PendingCall, env: Env<'_>, object: HostObject<'_>) -> Attempt<()> {
    let Some(mut parked) = call.parked.take() else {
        return Ok(());
    };
    let answer = match std::mem::take(&mut parked.answer) {
        Answer::Value(value) => Ok(value.into_owned(env)),
        Answer::Reason(reason) => Err(reason.into_owned(env)),
        Answer::Unknown | Answer::Of(_) => Ok(env.undefined()),
    };
    match call.go_on(env, object, parked, answer)? {
        Some(promise) => call.hand_to_awaiter(env, object, promise),
        None => Ok(()),
    }
}

/// A promise that a parked call waits for is settled: the reaction says so with the value alone, the
/// awaiter with value and outcome. The awaiter gets what to await next.
pub(super) fn awaited<'js>(
    call: &PendingCall,
    env: Env<'js>,
    object: HostObject<'_>,
    args: Args<'_>,
) -> Attempt<Own<'js>> {
    let Some(mut parked) = call.parked.take() else {
        return Ok(env.undefined());
    };
    let value = args.get(0).to_owned(env);
    let promise = std::mem::take(&mut parked.answer);
    let is_reaction = args.len() < 2;
    let fulfilled = match &promise {
        Answer::Of(promise) if is_reaction => {
            raw::promise_state(env, promise.get()) == Some(PromiseState::Fulfilled)
        }
        _ => args.get(1).is_true(),
    };
    drop(promise);
    let answer = if fulfilled { Ok(value) } else { Err(value) };
    match call.go_on(env, object, parked, answer)? {
        Some(promise) if is_reaction => call.hand_to_awaiter(env, object, promise)?,
        Some(promise) => return Ok(promise),
        None => {}
    }
    Ok(env.undefined())
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
    let Some(Payload::Function(exported)) = raw::payload(realm.classes, Ref::new(&function)) else {
        let message = "WebAssembly.promising needs a function that WebAssembly exported";
        return Err(Exception::throw_type(&call.ctx, message));
    };
    let promising = Promising {
        realm: exported.realm().clone(),
        func: exported.func(),
        ty: exported.ty().clone(),
    };
    let function = realm
        .create(env, |i| &i.function, Payload::Promising(promising))?
        .into_value();
    let object = Object::from_value(function)?;
    function::describe(&object, "", 1)?;
    Ok(object.into_value())
}
