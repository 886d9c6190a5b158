//! Calls that have a region: who sets the pointer when.

use crate::error::Error;
use crate::outcome::ParkedCall;
use crate::second_stack::Region;
use crate::slots::{FuncNumber, Number, SecondNumber};
use crate::store::StoreContextMut;
use crate::vm::enter::{self, Ended, Parking, Target};
use crate::vm::lifetime::Node;
use crate::vm::store::{StoreInner, StoreOpaque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A region for a call of a function, if its instance has a second stack. To be asked for before the
/// values of the call are in the transfer buffer: the guest's allocator may be called.
#[inline]
pub(crate) fn region_for<T: 'static>(
    store: &mut StoreInner<T>,
    func: FuncNumber,
) -> Result<Option<Box<Region>>, Error> {
    match store.opaque.funcs[func].second {
        None => Ok(None),
        Some(second) => {
            // The allocator may collect.
            let _kept = store.opaque.keep(Node::Func(func.slot()));
            take(store, second).map(Some)
        }
    }
}

#[inline(never)]
fn take<T: 'static>(store: &mut StoreInner<T>, second: SecondNumber) -> Result<Box<Region>, Error> {
    let pool = store.opaque.seconds[second].clone();
    pool.take(&mut StoreContextMut(store))
}

/// As [`enter::start`], on a region. Apart, so that calls without one are as small as before.
#[inline(never)]
pub(crate) fn start<T>(
    store: &mut StoreInner<T>,
    target: &Target,
    mut region: Box<Region>,
) -> Result<Option<Parking>, Error> {
    let started = on(store, &mut region, |store| enter::start(store, target));
    // Also where the call failed: it may have overwritten what others have.
    let sound = region.check(&store.opaque, target.func);
    match (started?, sound) {
        (None, sound) => sound.map(|()| None),
        (Some(parking), Err(error)) => Err(enter::cancel_with(&mut store.opaque, parking, error)),
        (Some(mut parking), Ok(())) => {
            parking.region = Some(region);
            Ok(Some(parking))
        }
    }
}

/// Goes on with a call whose region was taken out of it, in one of the ways of `enter`; `finish` says what it
/// came to.
#[inline(never)]
pub(crate) fn go_on<T, O>(
    store: &mut StoreInner<T>,
    mut call: ParkedCall,
    mut region: Box<Region>,
    go: impl FnOnce(&mut StoreInner<T>, &mut Parking) -> Result<Ended, Error>,
    finish: impl FnOnce(ParkedCall, &mut StoreOpaque, Ended) -> O,
) -> Result<O, Error> {
    let func = call.0.func;
    if let Err(error) = region.check(&store.opaque, func) {
        return Err(enter::cancel_with(&mut store.opaque, *call.0, error));
    }
    let ended = on(store, &mut region, |store| go(store, &mut call.0));
    let sound = region.check(&store.opaque, func);
    if call.0.waits() {
        call.0.region = Some(region);
    }
    match (ended, sound) {
        (Err(error), _) => Err(call.failed(error)),
        (Ok(Ended::Parked), Err(error)) => {
            Err(enter::cancel_with(&mut store.opaque, *call.0, error))
        }
        (Ok(_), Err(error)) => Err(error),
        (Ok(ended), Ok(())) => Ok(finish(call, &mut store.opaque, ended)),
    }
}

/// Runs something with the pointer of a region, and puts back the one that was interrupted.
fn on<T, R>(
    store: &mut StoreInner<T>,
    region: &mut Region,
    run: impl FnOnce(&mut StoreInner<T>) -> R,
) -> R {
    if region.pool.is_whole() {
        return run(store);
    }
    let pointer = region.pool.pointer;
    let interrupted = store.opaque.global(pointer);
    store.opaque.set_global(pointer, region.pointer.into());
    let result = catch_unwind(AssertUnwindSafe(|| run(&mut *store)));
    region.pointer = store.opaque.global(pointer).low;
    store.opaque.set_global(pointer, interrupted);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
