//! Calls of the host that are under way: which instances wait for them.
//!
//! ```text
//!  host stack:   run ─► Call { caller: null }
//!                         ... host function ─► run ─► Call { caller: context of who called it }
//!                                                       ... host function: `VmStore::caller`
//! ```

use crate::slots::{InstanceNumber, InstanceSlot, Number};
use crate::vm::store::StoreInner;
use bident_abi::VmHeader;
use std::iter;
use std::ptr;

/// What `run` keeps on the host stack while code runs that it has entered.
pub(crate) struct Call {
    /// Who called the host function that has entered: context of an instance; null where the embedder did.
    pub(crate) caller: *mut VmHeader,
    /// The one below.
    pub(crate) below: *const Call,
}

/// Contexts of the instances that wait for host functions, innermost first; some may be null.
///
/// # Safety
/// `innermost` is null, or leads to a call whose `run` has not come back, and so do those below.
pub(crate) unsafe fn callers(
    caller: *mut VmHeader,
    innermost: *const Call,
) -> impl Iterator<Item = *mut VmHeader> {
    let mut next = innermost;
    let others = iter::from_fn(move || {
        // SAFETY: the caller says so.
        let call = unsafe { next.as_ref()? };
        next = call.below;
        Some(call.caller)
    });
    iter::once(caller).chain(others)
}

/// Runs `f` as a host function that an instance has called: it is there until `f` ends, if it is there now.
pub(crate) fn on_behalf<T, R>(
    store: &mut StoreInner<T>,
    instance: Option<InstanceNumber>,
    f: impl FnOnce(&mut StoreInner<T>, Option<InstanceSlot>) -> R,
) -> R {
    let opaque = &mut store.opaque;
    let caller = instance.and_then(|number| {
        let instance = opaque.instances.get(number)?;
        Some((instance.context(), InstanceSlot(number.slot())))
    });
    let context = caller.map_or(ptr::null_mut(), |(context, _)| context);
    let before = std::mem::replace(&mut opaque.vm.caller, context);
    let back = PutBack { store, before };
    f(back.store, caller.map(|(_, slot)| slot))
}

/// Puts the caller back that was there before, also where a panic passes.
struct PutBack<'a, T> {
    store: &'a mut StoreInner<T>,
    before: *mut VmHeader,
}

impl<T> Drop for PutBack<'_, T> {
    fn drop(&mut self) {
        self.store.opaque.vm.caller = self.before;
    }
}

/// No call.
pub(crate) const NO_CALL: *const Call = ptr::null();
