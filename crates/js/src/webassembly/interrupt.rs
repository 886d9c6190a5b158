//! The interrupt handler of the runtime stops WebAssembly, too, where the engine's code looks for its deadline
//! ([`bident::Config::epoch_interruption`]): each tick asks it.
//!
//! QuickJS has no call for that. It asks the handler at every ten thousandth jump back or call, so a loop of
//! as many rounds does: a tenth of a millisecond.

use super::HostData;
use super::errors;
use super::import::gone;
use super::realm::Realm;
use crate::raw::{Attempt, Env};
use bident::{Caller, Error, Store, UpdateDeadline};
use std::rc::Rc;

/// More rounds than QuickJS makes between two times. Compiled beforehand: so it needs little stack, and no memory.
pub(super) const ROUNDS: &str = "() => { for (let i = 0; i < 10001; i++); }";

/// From now on what runs in the store asks at each tick.
pub(super) fn watch(store: &mut Store<HostData>) {
    store.epoch_deadline_callback(|mut caller| {
        let realm = caller.data().realm().ok_or_else(gone)?;
        ask(&realm, &mut caller)
    });
    store.set_epoch_deadline(1);
}

/// Asks the handler while JavaScript blocks the thread: an exception that nobody may catch where it says that it is over.
pub(super) fn look(realm: &Realm, env: Env<'_>) -> Attempt<()> {
    let rounds = realm.intrinsic(env, |i| &i.rounds);
    env.call(rounds.get(), env.undefined().get(), &[]).map(drop)
}

/// An error where the handler says that it is over: the exception that nobody may catch. Where it cannot be asked, as
/// the program has used up memory or stack, WebAssembly is interrupted, for a guest could see to that.
fn ask(realm: &Rc<Realm>, caller: &mut Caller<'_, HostData>) -> Result<UpdateDeadline, Error> {
    let asked = realm.store.lend(caller, || {
        realm.running.with(|env: Env<'_>| {
            let rounds = realm.intrinsic(env, |i| &i.rounds);
            let Err(thrown) = env.call(rounds.get(), env.undefined().get(), &[]) else {
                return Ok(UpdateDeadline::Continue(1));
            };
            match env.catch(thrown) {
                Ok(_) => Ok(UpdateDeadline::Interrupt),
                Err(thrown) => Err(errors::carry(realm, env, thrown)),
            }
        })
    });
    asked.unwrap_or(Ok(UpdateDeadline::Continue(1)))
}
