//! `Suspender`, as of 2021-06-28: which imports suspend up to which exports.
//!
//! ```text
//!                    export called           import called
//!     ┌► Inactive ────────────────► Active ────────────────► Suspended
//!     │                             │  ▲                      │
//!     └──── returned or thrown ─────┘  └── a value, or what was awaited is there
//! ```
//!
//! Anything else is an error, which no handler of WebAssembly's catches: a trap.

use super::super::import::{Import, Waits};
use super::super::realm::{self, Place, Realm};
use super::super::{Payload, api::Interface, errors};
use super::border::Border;
use super::function::{self, Answers};
use super::{construct, illegal};
use crate::raw::{self, Attempt, Call, Env, Ref};
use rquickjs::{Ctx, Result};
use std::cell::Cell;
use std::rc::Rc;

/// The payload of a `Suspender`; functions that it has wrapped share it.
#[derive(Default)]
pub(crate) struct Suspender(Cell<State>);

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    #[default]
    Inactive,
    /// Where control was when WebAssembly began or went on, its own call included.
    Active(Place),
    Suspended,
}

impl Suspender {
    /// A wrapped export is called.
    pub(super) fn check(&self, realm: &Rc<Realm>, env: Env<'_>) -> Attempt<()> {
        let state = match self.0.get() {
            State::Inactive => return Ok(()),
            State::Active(_) => "active",
            State::Suspended => "suspended",
        };
        let message = format!("the suspender is {state}: no other call can begin under it");
        Err(errors::throw_trap(realm, env, &message))
    }

    pub(super) fn active(&self, realm: &Realm) {
        self.0.set(State::Active(realm.place()));
    }

    pub(super) fn suspended(&self) {
        self.0.set(State::Suspended);
    }

    pub(super) fn inactive(&self) {
        self.0.set(State::Inactive);
    }

    /// A wrapped import is called: suspended from now on, until the guard is dropped.
    pub(in super::super) fn leave(
        &self,
        realm: &Rc<Realm>,
        env: Env<'_>,
        import: &Import,
    ) -> Attempt<Leaving<'_>> {
        let active = self.0.get();
        let why = match active {
            State::Active(place) if place == realm.place() => {
                self.0.set(State::Suspended);
                let suspender = self;
                return Ok(Leaving { suspender, active });
            }
            State::Active(_) => {
                "JavaScript stands between it and the call that its suspender is of"
            }
            State::Inactive => "its suspender is inactive: no call under it is under way",
            State::Suspended => "its suspender is suspended",
        };
        let message = format!("{} cannot suspend its caller: {why}", import.describe(env));
        Err(errors::throw_trap(realm, env, &message))
    }
}

/// A call of a wrapped import.
pub(in super::super) struct Leaving<'a> {
    suspender: &'a Suspender,
    active: State,
}

impl Leaving<'_> {
    /// It waits for a promise.
    pub(in super::super) fn for_long(&mut self) {
        self.active = State::Suspended;
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.suspender.0.set(self.active);
    }
}

/// The class.
pub(super) fn interface<'js>(ctx: &Ctx<'js>) -> Result<Interface<'js>> {
    Interface::new(ctx, "Suspender", 0, |call| {
        construct(call, |i| &i.suspender, Payload::Suspender(Rc::default()))
    })?
    .method("returnPromiseOnSuspend", 1, |call| {
        let border = Border::Suspender(this(call)?);
        let name = "returnPromiseOnSuspend";
        function::bound(call, name, border, Answers::ValueOrPromise)
    })?
    .method("suspendOnReturnedPromise", 1, |call| {
        let suspender = Some(this(call)?);
        let name = "suspendOnReturnedPromise";
        function::marked(call, name, Waits::ForPromises, suspender)
    })?
    .getter("state", |call| {
        let name = match this(call)?.0.get() {
            State::Inactive => "inactive",
            State::Active(_) => "active",
            State::Suspended => "suspended",
        };
        Ok(rquickjs::String::from_str(call.ctx.clone(), name)?.into_value())
    })
}

fn this(call: &Call<'_>) -> Result<Rc<Suspender>> {
    let realm = realm::of(&call.ctx)?;
    match raw::payload(realm.classes, Ref::new(&call.this)) {
        Some(Payload::Suspender(suspender)) => Ok(suspender.clone()),
        _ => Err(illegal(&call.ctx, "Suspender")),
    }
}
