//! WebAssembly to host: what runs on the host stack when compiled code calls a host function.
//!
//! ```text
//!  compiled code ──► leave_host stub ───────────────────► typed entry (arguments in registers)
//!               └──► leave trampoline ─► leave_host ────► array entry (arguments in the transfer buffer)
//!                                                            │
//!                        Reaction ◄── dispatch ◄─ closure ◄──┘
//! ```

use crate::Answer;
use crate::alloc;
use crate::error::Error;
use crate::func::Func;
use crate::host::{Caller, Reply};
use crate::slots::{FuncNumber, InstanceSlot};
use crate::value::Val;
use crate::vm::hook;
use crate::vm::host_func::HostFunc;
use crate::vm::instance::instance_slot;
use crate::vm::payload::Payload;
use crate::vm::store::{StoreInner, StoreOpaque, Unwinding};
use bident_abi::{VmHostFunc, VmStore};
use bident_module::FuncType;
use bident_stack::Reaction;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Type of the entries with the array convention; the others have more parameters.
pub(crate) type ArrayEntry = unsafe extern "C" fn(*mut VmHostFunc) -> Reaction;

impl StoreOpaque {
    /// The instance that called the host function that runs now.
    #[inline]
    fn calling_instance(&self) -> Option<InstanceSlot> {
        let caller = self.vm.caller;
        // SAFETY: compiled code stores its own context there before it calls anything that may be a
        // host function, and whose it is stays: it is a root (`lifetime`). `enter` clears it.
        (!caller.is_null()).then(|| unsafe { instance_slot(caller) })
    }

    /// Ends the run, and leaves the reason.
    pub(crate) fn unwind(&mut self, reason: Unwinding) -> Reaction {
        self.unwinding = Some(reason);
        Reaction::unwind()
    }

    /// A host function has failed: throws the error if it is an exception, else ends the run.
    #[cold]
    fn fail(&mut self, error: Error) -> Reaction {
        match error.exception().map(|exception| exception.word_in(self)) {
            Some(Ok(exn)) => {
                let reaction = self.throw(exn);
                if let Some(Unwinding::Error(uncaught)) = &mut self.unwinding {
                    // Nobody has caught it: this one knows where it was thrown first.
                    *uncaught = error;
                }
                reaction
            }
            Some(Err(error)) => self.unwind(Unwinding::Error(error)),
            None => self.unwind(Unwinding::Error(error)),
        }
    }

    /// Keeps what a host call waits for until it has parked. Where it may not, the payload is dropped
    /// here, where a panic of its drop is caught.
    #[inline]
    pub(crate) fn pending(&mut self, payload: Payload) -> Reply<u64> {
        if !payload.is_none() && self.vm.chains.may_park() {
            self.payload = payload;
        }
        Reply::Pending(())
    }

    #[inline]
    fn park(&mut self, host: &HostFunc) -> Reaction {
        if self.vm.chains.may_park() {
            Reaction::park()
        } else {
            self.refuse_to_park(host.number())
        }
    }

    #[cold]
    fn refuse_to_park(&mut self, func: FuncNumber) -> Reaction {
        let error = Error::barrier(Func::describe(self, func));
        self.unwind(Unwinding::Error(error))
    }
}

/// The store that a running host function belongs to, borrowed from whoever entered.
///
/// # Safety
/// `vm` is a live store's record, whose data has type `T`, and WebAssembly of it has just called a
/// host function or builtin on this thread.
#[inline]
pub(crate) unsafe fn borrow_store<'a, T>(vm: *mut VmStore) -> &'a mut StoreInner<T> {
    // SAFETY: `owner` is the exclusive borrow that `enter` holds and does not use meanwhile.
    let store = unsafe { &mut *(*vm).owner.cast::<StoreInner<T>>() };
    store.opaque.vm.chains.stress_current();
    store
}

/// Runs a host function's closure and turns what becomes of it into a reaction of the stub.
///
/// # Safety
/// Called by a leave stub with the record of a host function made with data type `T` and closure
/// type `F`.
#[inline(always)]
pub(crate) unsafe fn dispatch<T: 'static, F: 'static>(
    record: *mut VmHostFunc,
    run: impl FnOnce(&mut StoreInner<T>, Option<InstanceSlot>, &F) -> Result<Reply<u64>, Error>,
) -> Reaction {
    // SAFETY: the caller keeps the contract; the closure lives as long as the store's function.
    let (store, closure) = unsafe {
        (
            borrow_store::<T>((*record).header.store),
            &*(*record).data.cast::<F>(),
        )
    };
    let instance = store.opaque.calling_instance();
    let result = catch_unwind(AssertUnwindSafe(|| match store.opaque.hook {
        None => run(store, instance, closure),
        Some(_) => {
            let store = ptr::from_mut(store);
            // SAFETY: borrowed exclusively above; hook and host function take turns.
            unsafe { hook::around(store.cast(), || run(&mut *store, instance, closure)) }
        }
    }));
    match result {
        Ok(Ok(Reply::Ready(word))) => Reaction::ready(word),
        // SAFETY: the record is part of a HostFunc.
        Ok(Ok(Reply::Pending(()))) => store.opaque.park(unsafe { &*record.cast::<HostFunc>() }),
        Ok(Err(error)) => store.opaque.fail(error),
        Err(panic) => store.opaque.unwind(Unwinding::Panic(panic)),
    }
}

/// Array entry of a dynamically typed closure.
pub(crate) unsafe extern "C" fn dynamic_entry<T, F>(record: *mut VmHostFunc) -> Reaction
where
    T: 'static,
    F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<Answer, Error> + Send + Sync + 'static,
{
    // SAFETY: passed on; the stub calls with the record that `HostBody::dynamic` was made into.
    unsafe {
        // The type is not borrowed from the store: nobody changes a host function that exists.
        let ty = &(&*record.cast::<HostFunc>()).body.ty;
        dispatch::<T, F>(record, |store, instance, closure| {
            let mut values = std::mem::take(&mut store.opaque.scratch);
            let count = ty.params().len() + ty.results().len();
            values
                .try_reserve(count)
                .map_err(|_| Error::limit("no memory for the values of a call"))?;
            for (i, ty) in ty.params().iter().enumerate() {
                Val::push(&mut store.opaque, *ty, i, &mut values);
            }
            values.extend(ty.results().iter().map(|ty| Val::default_for(*ty)));
            let (params, results) = values.split_at_mut(ty.params().len());
            let reply = match closure(Caller::new(store, instance), params, results) {
                Ok(Answer::Ready) => write_results(&mut store.opaque, ty, results),
                Ok(Answer::Pending(payload)) => Ok(store.opaque.pending(payload)),
                Err(error) => Err(error),
            };
            values.clear();
            store.opaque.scratch = values;
            reply
        })
    }
}

/// Array entry of a closure that takes its parameters along, and writes the results itself.
pub(crate) unsafe extern "C" fn owned_entry<T, F>(record: *mut VmHostFunc) -> Reaction
where
    T: 'static,
    F: Fn(Caller<'_, T>, Vec<Val>) -> Result<Reply<u64>, Error> + Send + Sync + 'static,
{
    // SAFETY: as for `dynamic_entry`, with `HostBody::owned`.
    unsafe {
        let ty = &(&*record.cast::<HostFunc>()).body.ty;
        dispatch::<T, F>(record, |store, instance, closure| {
            let mut params = alloc::list(ty.params().len(), "the values of a call")?;
            for (i, ty) in ty.params().iter().enumerate() {
                Val::push(&mut store.opaque, *ty, i, &mut params);
            }
            closure(Caller::new(store, instance), params)
        })
    }
}

/// Puts the results of a dynamically typed host function into the transfer buffer.
pub(crate) fn write_results(
    store: &mut StoreOpaque,
    ty: &FuncType,
    results: &[Val],
) -> Result<Reply<u64>, Error> {
    for (i, (ty, result)) in ty.results().iter().zip(results).enumerate() {
        result.write(store, *ty, i)?;
    }
    Ok(Reply::Ready(store.value(0)))
}
