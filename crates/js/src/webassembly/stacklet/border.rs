//! What lies between a call from JavaScript and the WebAssembly it runs, besides a stack of its own.

use super::super::function::{Callee, INLINE, with_params};
use super::super::realm::{Realm, RealmRef};
use super::super::{convert, errors};
use super::made::Made;
use super::suspender::Suspender;
use crate::raw::{Args, Attempt, Env, Marker, Own};
use bident::{Error, Func, Outcome, ParkedCall, Val, WordFunc, WordOutcome};
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

/// How a call began.
pub(in super::super) enum Begun<'js> {
    /// It parked.
    Parked(ParkedCall),
    /// It has ended: its results.
    Ended(Own<'js>),
}

impl Border {
    /// Tells the collector what it leads to, for one owner.
    pub(in super::super) fn mark(&self, realm: &Realm, marker: &Marker) {
        if let Self::Made(made) = self {
            made.mark(realm, marker);
        }
    }

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

    /// A call from JavaScript: converts the arguments and runs WebAssembly.
    #[inline(always)]
    pub(in super::super) fn call<'js>(
        &self,
        callee: &Callee,
        env: Env<'js>,
        args: Args<'_>,
    ) -> Attempt<Begun<'js>> {
        let Callee {
            realm,
            func,
            ty,
            words,
        } = callee;
        if let Some(words) = words
            && !matches!(self, Self::Made(_))
        {
            return self.call_on_words(callee, *words, env, args);
        }
        let outcome = with_params(realm, env, ty, args, |params| {
            // Here, because conversions may have run JavaScript.
            self.check(realm, env)?;
            let _frame = realm.frames.enter_promising(*func);
            Ok(self.start(realm, env, *func, params))
        })?;
        realm.buffers.refresh(env, &realm.store);
        match outcome {
            Ok(Outcome::Parked(parked)) => Ok(Begun::Parked(parked)),
            ended => self.finish(realm, env, ended).map(Begun::Ended),
        }
    }

    /// The same for a function of numbers on a stack of the engine's.
    #[inline(always)]
    fn call_on_words<'js>(
        &self,
        callee: &Callee,
        words: WordFunc,
        env: Env<'js>,
        args: Args<'_>,
    ) -> Attempt<Begun<'js>> {
        let realm = &callee.realm;
        let mut room = [0; INLINE];
        let params = callee.words_of(env, args, &mut room)?;
        self.check(realm, env)?;
        let frame = realm.frames.enter_promising(callee.func);
        self.active(realm);
        let outcome = realm.run(env, |store| words.start(store, params));
        drop(frame);
        realm.buffers.refresh(env, &realm.store);
        match outcome {
            Ok(WordOutcome::Parked(parked)) => Ok(Begun::Parked(parked)),
            Ok(WordOutcome::Returned(word)) => {
                if let Self::Suspender(suspender) = self {
                    suspender.inactive();
                }
                callee.result(env, word).map(Begun::Ended)
            }
            Err(error) => self.finish(realm, env, Err(error)).map(Begun::Ended),
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
