//! Parked calls whose promise JavaScript has: how they wait, and go on. `jspi.rs` has the drawing.

use super::function;
use super::import::{self, Import};
use super::realm::{HostData, Realm, RealmRef};
use super::stacklet::{self, Border};
use super::{Payload, convert, errors};
use crate::raw::{
    self, Args, Attempt, Capability, Env, HostObject, Marker, Own, PromiseState, Ref, Stored,
    Thrown,
};
use bident::{Error, Func, Load, Outcome, Owned, ParkedCall, StoreContextMut, Val};
use std::cell::Cell;
use std::rc::Rc;

/// Source of the function that awaits the promises of a call which are not fulfilled yet. It
/// calls its host object with the outcome and gets the next promise to await, or `undefined`.
pub(super) const AWAITER: &str = "(async (call, promise) => {
  while (promise !== undefined) {
    let value, fulfilled = true;
    try { value = await promise; } catch (reason) { value = reason; fulfilled = false; }
    promise = call(value, fulfilled);
  }
})";

/// What an import that answers "pending" waits for. Until the call has parked it lies in the realm
/// ([`super::realm::Realm::awaited`]): no JavaScript runs meanwhile. The collector does not see it there,
/// so it is as alive as one that a Rust frame owns.
pub(super) struct Awaited {
    /// What to go on with.
    answer: Answer,
    import: Rc<Import>,
}

/// `PromiseResolve` of what a suspending import returned, and `PerformPromiseThen` as far as that is done
/// with a settled promise: a rejected one counts as handled.
#[inline(always)]
pub(super) fn awaited_of<'js>(
    env: Env<'js>,
    value: Own<'js>,
    import: &Rc<Import>,
) -> Attempt<Awaited> {
    let answer = match value.get().is_object() {
        // A promise resolved with it would be fulfilled with it.
        false => Answer::Value(value.store()),
        true => answer_of(env, value)?,
    };
    let import = import.clone();
    Ok(Awaited { answer, import })
}

#[inline]
fn answer_of<'js>(env: Env<'js>, value: Own<'js>) -> Attempt<Answer> {
    let promise = raw::promise_resolve(env, value.get())?;
    Ok(match raw::promise_state(env, promise.get()) {
        None | Some(PromiseState::Pending) => Answer::Of(promise.store()),
        Some(PromiseState::Fulfilled) => Answer::Value(env.promise_result(promise.get()).store()),
        Some(PromiseState::Rejected) => {
            raw::mark_handled(env, promise.get());
            Answer::Reason(env.promise_result(promise.get()).store())
        }
    })
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
    // At once: nobody else may find it, whatever fails here.
    let awaited = realm.awaited.take();
    let made = Capability::new(env).and_then(|(promise, capability)| {
        let call = Payload::PendingCall(Box::new(PendingCall {
            realm: realm.clone(),
            func,
            border: border.clone(),
            instead,
            capability,
            parked: Cell::new(None),
            import: Cell::new(None),
            load: Cell::new(None),
            answer: Cell::new(Answer::Unknown),
        }));
        let object = realm.classes.create(env, env.null().get(), call)?;
        Ok((promise, object))
    });
    let (promise, object) = made.inspect_err(|_| border.abandoned())?;
    if let Some(object) = HostObject::of(realm.classes, object.get())
        && let Payload::PendingCall(call) = object.payload()
        && let Some(pending) = call.park(env, object, parked, awaited)?
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
    /// The call, while it waits: for this import.
    parked: Cell<Option<ParkedCall>>,
    import: Cell<Option<Rc<Import>>>,
    /// What it waits for instead, where its function is of a module that comes late.
    load: Cell<Option<Box<Load<HostData>>>>,
    answer: Cell<Answer>,
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

impl PendingCall {
    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.realm.mark(marker);
        self.border.mark(&self.realm, marker);
        self.capability.mark(marker);
        if let Some(value) = &self.instead {
            value.mark(marker);
        }
        let answer = self.answer.take();
        if let Answer::Value(value) | Answer::Reason(value) | Answer::Of(value) = &answer {
            value.mark(marker);
        }
        self.answer.set(answer);
        let parked = self.parked.take();
        if let Some(parked) = &parked {
            self.realm.owner(marker, Owned::Call(parked));
        }
        self.parked.set(parked);
        let import = self.import.take();
        if let Some(import) = &import {
            self.realm.owner_of_import(marker, import);
        }
        self.import.set(import);
    }

    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Waits for what the import answered. Gives the promise that the awaiter must await.
    #[inline(always)]
    fn park<'js>(
        &self,
        env: Env<'js>,
        object: HostObject<'_>,
        parked: ParkedCall,
        awaited: Option<Awaited>,
    ) -> Attempt<Option<Own<'js>>> {
        let Some(awaited) = awaited else {
            return self.park_for_load(env, parked).map(Some);
        };
        self.import.set(Some(awaited.import));
        if let Answer::Of(promise) = awaited.answer {
            self.keep(parked);
            return Ok(Some(promise.into_owned(env)));
        }
        self.answer.set(awaited.answer);
        self.keep(parked);
        if let Some(hook) = self.realm.before_job.get() {
            hook(&env.ctx());
        }
        raw::enqueue(env, object).or_else(|thrown| self.abandon(env, thrown))?;
        Ok(None)
    }

    #[inline]
    fn keep(&self, parked: ParkedCall) {
        self.parked.set(Some(parked));
    }

    /// The same for a load: gives the promise of its end.
    #[cold]
    fn park_for_load<'js>(&self, env: Env<'js>, mut parked: ParkedCall) -> Attempt<Own<'js>> {
        let Some(load) = parked.payload().take::<Load<HostData>>() else {
            unreachable!("imports of this realm and loads are all that answers \"pending\"");
        };
        let promise = stacklet::awaited_load(&self.realm, env, &load);
        self.load.set(Some(Box::new(load)));
        self.keep(parked);
        // One whose module is there and being instantiated ends in this turn.
        promise.map_or_else(|| raw::promise_resolve(env, Ref::UNDEFINED), Ok)
    }

    /// Lets the call be told of the end of the first pending promise that it waits for: it is both
    /// reactions, and asks the promise which one it is.
    fn react(&self, env: Env<'_>, object: HostObject<'_>, promise: Own<'_>) -> Attempt<()> {
        self.answer
            .set(Answer::Of(promise.get().to_owned(env).store()));
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
        drop(self.parked.take());
        drop(self.answer.take());
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
    #[inline(always)]
    fn go_on<'js>(
        &self,
        env: Env<'js>,
        object: HostObject<'_>,
        parked: ParkedCall,
        answer: Result<Own<'js>, Own<'js>>,
    ) -> Attempt<Option<Own<'js>>> {
        let realm = &self.realm;
        let outcome = self.resume(env, parked, answer);
        realm.buffers.refresh(env, &realm.store);
        match outcome {
            Ok(Outcome::Parked(parked)) => {
                self.border.suspended();
                self.park(env, object, parked, realm.awaited.take())
            }
            ended => self.end(env, ended).map(|()| None),
        }
    }

    /// The call has ended: settles its promise.
    fn end(&self, env: Env<'_>, outcome: Result<Outcome, Error>) -> Attempt<()> {
        match self.border.finish(&self.realm, env, outcome) {
            Ok(value) => {
                let instead = self.instead.as_ref();
                let value = instead.map_or(value, |instead| instead.to_owned(env));
                self.capability.settle(env, Ok(value));
                Ok(())
            }
            Err(thrown) => self.capability.fail(env, thrown),
        }
    }

    #[inline(always)]
    fn resume<'js>(
        &self,
        env: Env<'js>,
        parked: ParkedCall,
        answer: Result<Own<'js>, Own<'js>>,
    ) -> Result<Outcome, Error> {
        let realm = &self.realm;
        if let Some(load) = self.load.take() {
            let _frame = realm.frames.enter_promising(self.func);
            self.border.active(realm);
            return realm.run(env, |store| load.resume(store, parked));
        }
        let import = self.import.take().ok_or_else(import::gone)?;
        match answer {
            Err(reason) => self.throw(env, parked, env.throw(reason)),
            Ok(value) if import.is_of_words() => match import.word_of(env, value.get()) {
                Ok(word) => {
                    self.resume_with(env, parked, |store, parked| parked.resume_word(store, word))
                }
                Err(thrown) => self.throw(env, parked, thrown),
            },
            Ok(value) => self.resume_on_values(env, parked, &import, value),
        }
    }

    /// The same where WebAssembly expects anything but one number.
    fn resume_on_values<'js>(
        &self,
        env: Env<'js>,
        parked: ParkedCall,
        import: &Import,
        value: Own<'js>,
    ) -> Result<Outcome, Error> {
        let types = import.ty.results();
        let mut one = [Val::I32(0)];
        let mut many = Vec::new();
        let values = function::room(&mut one, &mut many, types.len());
        match convert::results_to_wasm(&self.realm, env, value.get(), types, values) {
            Ok(()) => self.resume_with(env, parked, |store, parked| parked.resume(store, values)),
            Err(thrown) => self.throw(env, parked, thrown),
        }
    }

    #[inline(always)]
    fn resume_with(
        &self,
        env: Env<'_>,
        parked: ParkedCall,
        resume: impl FnOnce(&mut StoreContextMut<'_, HostData>, ParkedCall) -> Result<Outcome, Error>,
    ) -> Result<Outcome, Error> {
        let realm = &self.realm;
        let _frame = realm.frames.enter_promising(self.func);
        self.border.active(realm);
        realm.run(env, |store| {
            let outcome = resume(store, parked);
            if let Ok(Outcome::Parked(_)) = outcome {
                ParkedCall::balance_returns();
            }
            outcome
        })
    }

    /// Goes on with the pending exception.
    #[cold]
    fn throw(&self, env: Env<'_>, parked: ParkedCall, thrown: Thrown) -> Result<Outcome, Error> {
        let realm = &self.realm;
        let _frame = realm.frames.enter_promising(self.func);
        self.border.active(realm);
        let error = errors::carry_through(realm, env, thrown, |store| parked.backtrace(store));
        realm.run(env, |store| parked.throw(store, error))
    }
}

/// The job of a promise that had been settled when an import returned it.
#[inline(always)]
pub(super) fn known(call: &PendingCall, env: Env<'_>, object: HostObject<'_>) -> Attempt<()> {
    let Some(parked) = call.parked.take() else {
        return Ok(());
    };
    let answer = match call.answer.take() {
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
    let Some(parked) = call.parked.take() else {
        return Ok(env.undefined());
    };
    let value = args.get(0).to_owned(env);
    let promise = call.answer.take();
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
