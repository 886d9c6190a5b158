//! A stack that WebAssembly made, as the stacklet of an instance. `docs/stacklets.md` has the rules.
//!
//! ```text
//!   Stacklet.from(make, idle)          make() ─► continuation k of body(run)
//!
//!   export called ─► k resumed with run ─► body ─► run ─► the exported function ─► its imports
//!                                           │       │
//!        answer ◄── suspended with idle ◄───┘       └── a wait parks the whole chain
//! ```

use super::super::realm::{Realm, RealmRef};
use super::super::sharing::Asked;
use super::super::{Payload, convert, errors};
use super::adapter::{Adapter, Progress};
use super::border::Border;
use super::{expected, function};
use crate::raw::{self, Attempt, Call, Env, Marker, Own, Ref};
use bident::{
    Continuation, Error, ErrorKind, Func, FuncType, HeapType, Kept, Kind, Lasting, Outcome, Owned,
    RefType, Tag, Val, ValType,
};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// See the module.
pub(in super::super) struct Made {
    /// The tag with which the stack says that it is ready for the next call.
    idle: Tag,
    idle_kept: Kept,
    state: Cell<State>,
    /// What goes on with the next call.
    stack: RefCell<Option<Continuation>>,
    /// What calls functions of a type, one at a time.
    adapters: RefCell<HashMap<FuncType, Rc<Adapter>>>,
    /// That of the call under way.
    current: RefCell<Option<Rc<Adapter>>>,
    asked: Asked,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Active,
    Suspended,
    Ended,
}

/// The arguments of `Stacklet.from`: an exported function that gives a continuation, and a tag.
pub(super) fn of_arguments(realm: &Rc<Realm>, call: &Call<'_>) -> rquickjs::Result<Made> {
    let (make, idle) = (call.arg(0), call.arg(1));
    let wrong = |what: &str| expected(&call.ctx, "Stacklet.from", what);
    let Some((func, Border::Plain)) = function::exported(realm, Ref::new(&make)) else {
        return Err(wrong("an exported function that gives a continuation"));
    };
    let idle = match raw::payload(realm.classes, Ref::new(&idle)) {
        Some(Payload::Tag(owner, tag)) if Rc::ptr_eq(owner, realm) => *tag,
        _ => {
            return Err(wrong(
                "the WebAssembly.Tag with which the stack waits for a call",
            ));
        }
    };
    let env = Env::new(&call.ctx);
    let (ty, tag) = (realm.store).with(|store| (func.ty(&*store), idle.ty(&*store)));
    let kept = realm.store.with(|store| idle.keep(store));
    let idle_kept = kept.map_err(|error| function::engine_error(realm, call, &error))?;
    if !ty.params().is_empty() || ty.results().len() != 1 {
        return Err(wrong(
            "an exported function without parameters that gives a continuation",
        ));
    }
    if !tag.params().is_empty() || !is_one_function(tag.results()) {
        return Err(wrong(
            "a tag without parameters whose result is a function reference",
        ));
    }
    let mut made = [Val::I32(0)];
    let called = realm.run(env, |store| func.call(store, &[], &mut made));
    realm.buffers.refresh(env, &realm.store);
    called.map_err(|error| function::engine_error(realm, call, &error))?;
    let [Val::ContRef(Some(stack))] = made else {
        return Err(wrong("a continuation, which the function did not give"));
    };
    if stack.ty().is_none_or(|ty| !is_one_function(ty.params())) {
        return Err(wrong("a continuation that takes one function reference"));
    }
    if realm.store.with(|store| stack.is_used(&*store)) {
        return Err(wrong(
            "a continuation that was not used, nor given to another Stacklet",
        ));
    }
    // From now on nobody else goes on with it.
    let stack = realm.store.with(|store| stack.take(store));
    let stack = stack.map_err(|error| function::engine_error(realm, call, &error))?;
    Ok(Made {
        idle,
        idle_kept,
        state: Cell::new(State::Idle),
        stack: RefCell::new(Some(stack)),
        adapters: RefCell::default(),
        current: RefCell::default(),
        asked: Asked::default(),
    })
}

/// Whether these are the types of one reference to a function.
fn is_one_function(types: &[ValType]) -> bool {
    use HeapType::{Canon, Func};
    let heap = |ty: &RefType| matches!(ty.heap, Func | Canon(_, Kind::Func));
    matches!(types, [ValType::Ref(ty)] if heap(ty))
}

impl Made {
    /// Tells the collector, for one of its owners, what it leads to.
    pub(super) fn mark(self: &Rc<Self>, realm: &Realm, marker: &Marker) {
        if !realm.owners(marker, &self.asked, Rc::strong_count(self)) {
            return;
        }
        realm.owner(marker, Owned::Item(&self.idle_kept));
        if let Some(stack) = &*self.stack.borrow() {
            realm.owner(marker, Owned::Continuation(stack));
        }
        // That of the call under way is among them.
        for adapter in self.adapters.borrow().values() {
            realm.owner(marker, Owned::Item(&adapter.kept));
        }
    }

    /// A word for the state.
    pub(super) fn state(&self) -> &'static str {
        match self.state.get() {
            State::Idle => "idle",
            State::Active => "active",
            State::Suspended => "suspended",
            State::Ended => "ended",
        }
    }

    /// Checks that a call may begin.
    pub(super) fn check(&self, realm: &Rc<Realm>, env: Env<'_>) -> Attempt<()> {
        let why = match self.state.get() {
            State::Idle => return Ok(()),
            State::Active | State::Suspended => "it has a call already",
            State::Ended => "it has come to its end",
        };
        let message = format!(
            "the stack of WebAssembly's that is the stacklet is {}: {why}",
            self.state()
        );
        Err(errors::throw_trap(realm, env, &message))
    }

    pub(super) fn active(&self) {
        self.state.set(State::Active);
    }

    pub(super) fn suspended(&self) {
        self.state.set(State::Suspended);
    }

    pub(super) fn abandoned(&self) {
        self.ended();
        drop(self.current.take());
    }

    /// No call begins any more: nothing of those before is kept.
    fn ended(&self) {
        self.state.set(State::Ended);
        drop(self.stack.take());
        drop(self.adapters.take());
    }

    /// Begins a call on the stack.
    pub(super) fn start(
        &self,
        realm: &RealmRef,
        env: Env<'_>,
        func: Func,
        params: &[Val],
    ) -> Result<Outcome, Error> {
        let adapter = self.adapter(realm, func)?;
        let stack = self.stack.borrow().clone();
        let stack = stack.ok_or_else(|| Error::msg("the stack is in use"))?;
        realm
            .store
            .with(|store| adapter.begin(store, func, params))?;
        let run = [Val::FuncRef(Some(adapter.run))];
        self.current.replace(Some(adapter));
        let outcome = realm.run(env, |store| stack.resume(store, &run, &[self.idle]));
        match realm.store.with(|store| stack.is_used(&*store)) {
            true => drop(self.stack.take()),
            false => drop(self.current.take()),
        }
        outcome
    }

    fn adapter(&self, realm: &Rc<Realm>, func: Func) -> Result<Rc<Adapter>, Error> {
        let ty = realm.store.with(|store| func.ty(&*store));
        if let Some(adapter) = self.adapters.borrow().get(&ty) {
            return Ok(adapter.clone());
        }
        let modules = &realm.stacklets.adapters;
        let adapter = (realm.store).with(|store| Adapter::new(store, modules, ty.clone()))?;
        let adapter = Rc::new(adapter);
        self.adapters.borrow_mut().insert(ty, adapter.clone());
        Ok(adapter)
    }

    /// The stack has come to rest: with `idle`, by its end, or by an error.
    pub(super) fn finish<'js>(
        &self,
        realm: &RealmRef,
        env: Env<'js>,
        outcome: Result<Outcome, Error>,
    ) -> Attempt<Own<'js>> {
        let Some(adapter) = self.current.take() else {
            // The stack was not used.
            self.state.set(State::Idle);
            let error = outcome.err();
            let error = error.unwrap_or_else(|| Error::msg("the call did not begin"));
            return Err(match error.kind() {
                ErrorKind::Host | ErrorKind::Usage => {
                    errors::throw_trap(realm, env, &error.to_string())
                }
                _ => errors::throw(realm, env, &error),
            });
        };
        let (progress, results) = realm.store.with(|store| adapter.end(store));
        let next = match outcome {
            Ok(Outcome::Suspended(suspended)) => Some(suspended.continuation),
            Ok(_) => None,
            Err(error) => {
                self.ended();
                return Err(errors::throw(realm, env, &error));
            }
        };
        // With a part of the call in it, it is of no more use.
        let next = next.filter(|_| progress != Progress::Running);
        match next {
            Some(next) => {
                self.state.set(State::Idle);
                self.stack.replace(Some(next));
            }
            None => self.ended(),
        }
        match (progress, results) {
            (Progress::Returned, Ok(results)) => convert::results_to_js(realm, env, &results),
            (_, Err(error)) => Err(errors::throw(realm, env, &error)),
            (Progress::Waiting, _) => {
                let message =
                    "the stack of WebAssembly's that is the stacklet did not run the call";
                Err(errors::throw_trap(realm, env, message))
            }
            _ => {
                let message =
                    "the stack of WebAssembly's that is the stacklet left the call unfinished";
                Err(errors::throw_trap(realm, env, message))
            }
        }
    }
}
