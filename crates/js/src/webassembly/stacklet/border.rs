//! What lies between a call from JavaScript and the WebAssembly it runs, besides a stack of its own.

use super::super::realm::{Realm, RealmRef};
use super::super::{convert, errors};
use super::made::Made;
use super::suspender::Suspender;
use crate::raw::{Attempt, Env, Own};
use bident::{Error, Func, Outcome, Val};
use std::rc::Rc;

/// The border of a call that may park.
#[derive(Clone)]
pub(in super::super) enum Border {
    /// Nothing more.
    Plain,
    /// A `Suspender`: one call at a time, and only its own imports suspend up to here.
    Suspender(Rc<Suspender>),
    /// A stack that WebAssembly made: the call runs on it.
    Made(Rc<Made>),
}

impl Border {
    /// Checks that a call may begin.
    pub(super) fn check(&self, realm: &Rc<Realm>, env: Env<'_>) -> Attempt<()> {
        match self {
            Self::Plain => Ok(()),
            Self::Suspender(suspender) => suspender.check(realm, env),
            Self::Made(made) => made.check(realm, env),
        }
    }

    /// Begins a call: runs WebAssembly.
    pub(super) fn start(
        &self,
        realm: &RealmRef,
        env: Env<'_>,
        func: Func,
        params: &[Val],
    ) -> Result<Outcome, Error> {
        self.active(realm);
        match self {
            Self::Made(made) => made.start(realm, env, func, params),
            _ => realm.run(env, |store| func.start(store, params)),
        }
    }

    /// WebAssembly of the call is about to run; the call is noted as under way.
    pub(in super::super) fn active(&self, realm: &Realm) {
        match self {
            Self::Plain => {}
            Self::Suspender(suspender) => suspender.active(realm),
            Self::Made(made) => made.active(),
        }
    }

    /// The call has parked.
    pub(in super::super) fn suspended(&self) {
        match self {
            Self::Plain => {}
            Self::Suspender(suspender) => suspender.suspended(),
            Self::Made(made) => made.suspended(),
        }
    }

    /// The call has parked, but nothing can wait for it: it is dropped.
    pub(in super::super) fn abandoned(&self) {
        match self {
            Self::Plain => {}
            Self::Suspender(suspender) => suspender.inactive(),
            Self::Made(made) => made.abandoned(),
        }
    }

    /// The call has returned.
    pub(super) fn ended(&self) {
        if let Self::Suspender(suspender) = self {
            suspender.inactive();
        }
    }

    /// The call has not parked (again): what it came to.
    pub(in super::super) fn finish<'js>(
        &self,
        realm: &RealmRef,
        env: Env<'js>,
        outcome: Result<Outcome, Error>,
    ) -> Attempt<Own<'js>> {
        match self {
            Self::Plain => {}
            Self::Suspender(suspender) => suspender.inactive(),
            Self::Made(made) => return made.finish(realm, env, outcome),
        }
        match outcome {
            Ok(Outcome::Returned(results)) => convert::results_to_js(realm, env, &results),
            Ok(Outcome::Parked(_) | Outcome::Suspended(_)) => {
                unreachable!("a call that handles no tags and is not parked")
            }
            Err(error) => Err(errors::throw(realm, env, &error)),
        }
    }
}
