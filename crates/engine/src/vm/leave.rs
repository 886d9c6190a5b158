//! WebAssembly to host: what runs on the host stack when compiled code calls a host function.
//!
//! ```text
//!  compiled code ──► leave_host stub ───────────────────► typed entry (arguments in registers)
//!               └──► leave trampoline ─► leave_host ────► array entry (arguments in the transfer buffer)
//!                                                            │
//!                        Reaction ◄── dispatch ◄─ closure ◄──┘
//! ```

use crate::Answer;
use crate::error::Error;
use crate::func::Func;
use crate::host::{Caller, HostReturn, Reply, WasmTy, WasmValues, Words};
use crate::value::Val;
use crate::vm::instance::instance_number;
use crate::vm::store::{StoreInner, StoreOpaque, Unwinding};
use bident_abi::{Fits, VmFuncRef, VmHeader, VmHostFunc, VmStore, fits_registers};
use bident_module::FuncType;
use bident_stack::Reaction;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

/// A host function before it belongs to a store.
#[derive(Clone)]
pub(crate) struct HostBody {
    pub(crate) ty: FuncType,
    entry: usize,
    fits: Fits,
    closure: Arc<dyn Any + Send + Sync>,
}

/// A host function of a store. Boxed; compiled code holds pointers to `record`, which comes first.
#[repr(C)]
pub(crate) struct HostFunc {
    record: VmHostFunc,
    func_ref: VmFuncRef,
    pub(crate) body: HostBody,
    /// Module and name it was linked under, for messages.
    pub(crate) name: Option<(Arc<str>, Arc<str>)>,
}

impl HostFunc {
    /// Its number in the store.
    pub(crate) fn number(&self) -> u32 {
        self.func_ref.handle
    }
}

/// Type of the entries with the array convention; the others have more parameters.
type ArrayEntry = unsafe extern "C" fn(*mut VmHostFunc) -> Reaction;

impl HostBody {
    /// A closure whose parameter and result types are Rust's. `registers` is its entry for the case
    /// that they fit.
    fn typed<F, P, R>(closure: F, registers: usize, array: ArrayEntry) -> Self
    where
        F: Send + Sync + 'static,
        P: WasmValues,
        R: HostReturn,
    {
        let ty = FuncType::new(P::types(), R::Values::types());
        let fits = fits_registers(&ty);
        let entry = match fits {
            Fits::Registers => registers,
            Fits::Array => array as usize,
        };
        Self {
            ty,
            entry,
            fits,
            closure: Arc::new(closure),
        }
    }

    /// A closure that takes and gives [`Val`]s.
    pub(crate) fn dynamic<T, F>(ty: FuncType, closure: F) -> Self
    where
        T: 'static,
        F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<Answer, Error> + Send + Sync + 'static,
    {
        let entry: ArrayEntry = dynamic_entry::<T, F>;
        Self {
            ty,
            entry: entry as usize,
            fits: Fits::Array,
            closure: Arc::new(closure),
        }
    }
}

impl StoreOpaque {
    /// Adds a host function; gives its number.
    pub(crate) fn add_host_func(
        &mut self,
        body: HostBody,
        name: Option<(Arc<str>, Arc<str>)>,
    ) -> Result<u32, Error> {
        let type_id = self.engine.type_id(&body.ty);
        let code = match body.fits {
            Fits::Registers => bident_stack::leave_host as *const () as usize,
            Fits::Array => {
                let code = self.engine.leave_trampoline(type_id)?;
                self.add_code(&code);
                code.start()
            }
        };
        let store = &raw mut self.vm;
        let mut func = Box::new(HostFunc {
            record: VmHostFunc {
                header: VmHeader { store },
                code: body.entry,
                data: Arc::as_ptr(&body.closure).cast::<()>().cast_mut(),
            },
            func_ref: VmFuncRef {
                code,
                context: std::ptr::null_mut(),
                type_id,
                handle: u32::MAX,
                index: u32::MAX,
                stack_class: 0,
                cont_entry: 0,
                store,
            },
            body,
            name,
        });
        func.func_ref.context = (&raw mut func.record).cast();
        let func_ref = NonNull::from(&mut func.func_ref);
        self.host_funcs.push(func);
        Ok(self.func_index(func_ref))
    }

    /// The host function with this number; `None` if the function is WebAssembly's.
    pub(crate) fn host_func(&self, func: u32) -> Option<&HostFunc> {
        // SAFETY: function references of a store are valid as long as the store; those of host
        // functions, and only those, have no index in a module.
        unsafe {
            let func_ref = self.funcs[func as usize].func_ref.as_ref();
            (func_ref.index == u32::MAX).then(|| &*func_ref.context.cast::<HostFunc>())
        }
    }

    /// Instance and position in its module of a WebAssembly function.
    pub(crate) fn defining(&self, func: u32) -> Option<(u32, u32)> {
        // SAFETY: as above; the context of the others is an instance's.
        unsafe {
            let func_ref = self.funcs[func as usize].func_ref.as_ref();
            (func_ref.index != u32::MAX)
                .then(|| (instance_number(func_ref.context), func_ref.index))
        }
    }

    /// The instance that called the host function that runs now.
    #[inline]
    fn calling_instance(&self) -> Option<u32> {
        let caller = self.vm.caller;
        // SAFETY: compiled code stores its own context there before it calls anything that may be a
        // host function; `enter` clears it.
        (!caller.is_null()).then(|| unsafe { instance_number(caller) })
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

    #[inline]
    fn park(&mut self, host: &HostFunc) -> Reaction {
        if self.vm.chains.may_park() {
            Reaction::park()
        } else {
            self.refuse_to_park(host.number())
        }
    }

    #[cold]
    fn refuse_to_park(&mut self, func: u32) -> Reaction {
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
unsafe fn dispatch<T: 'static, F: 'static>(
    record: *mut VmHostFunc,
    run: impl FnOnce(&mut StoreInner<T>, Option<u32>, &F) -> Result<Reply<u64>, Error>,
) -> Reaction {
    // SAFETY: the caller keeps the contract; the closure lives as long as the store's function.
    let (store, closure) = unsafe {
        (
            borrow_store::<T>((*record).header.store),
            &*(*record).data.cast::<F>(),
        )
    };
    let instance = store.opaque.calling_instance();
    let result = catch_unwind(AssertUnwindSafe(|| run(store, instance, closure)));
    match result {
        Ok(Ok(Reply::Ready(word))) => Reaction::ready(word),
        // SAFETY: the record is part of a HostFunc.
        Ok(Ok(Reply::Pending)) => store.opaque.park(unsafe { &*record.cast::<HostFunc>() }),
        Ok(Err(error)) => store.opaque.fail(error),
        Err(panic) => store.opaque.unwind(Unwinding::Panic(panic)),
    }
}

/// Array entry of a dynamically typed closure.
unsafe extern "C" fn dynamic_entry<T, F>(record: *mut VmHostFunc) -> Reaction
where
    T: 'static,
    F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<Answer, Error> + Send + Sync + 'static,
{
    // SAFETY: passed on; the stub calls with the record that `HostBody::dynamic` was made into.
    unsafe {
        // The type is not borrowed from the store: nobody changes a host function that exists.
        let ty = &(*record.cast::<HostFunc>()).body.ty;
        dispatch::<T, F>(record, |store, instance, closure| {
            let mut values = std::mem::take(&mut store.opaque.scratch);
            for (i, ty) in ty.params().iter().enumerate() {
                let word = store.opaque.value(i);
                Val::push_word(&mut store.opaque, *ty, word, &mut values);
            }
            values.extend(ty.results().iter().map(|ty| Val::default_for(*ty)));
            let (params, results) = values.split_at_mut(ty.params().len());
            let reply = match closure(Caller::new(store, instance), params, results) {
                Ok(Answer::Ready) => write_results(&mut store.opaque, ty, results),
                Ok(Answer::Pending) => Ok(Reply::Pending),
                Err(error) => Err(error),
            };
            values.clear();
            store.opaque.scratch = values;
            reply
        })
    }
}

/// Puts the results of a dynamically typed host function into the transfer buffer.
fn write_results(
    store: &mut StoreOpaque,
    ty: &FuncType,
    results: &[Val],
) -> Result<Reply<u64>, Error> {
    for (i, (ty, result)) in ty.results().iter().zip(results).enumerate() {
        let word = result.to_word(store, *ty)?;
        store.set_value(i, word);
    }
    Ok(Reply::Ready(store.value(0)))
}

/// Writes results to the transfer buffer as well as into the answer.
fn reply<T, R: HostReturn>(store: &mut StoreInner<T>, result: R) -> Result<Reply<u64>, Error> {
    Ok(match result.into_reply()? {
        Reply::Ready(values) => Reply::Ready(values.write(&mut Words(&mut store.opaque))),
        Reply::Pending => Reply::Pending,
    })
}

/// A closure that can be a host function: `Fn(P...) -> R` or `Fn(Caller<'_, T>, P...) -> R`, with up to
/// eight parameters of the types that implement [`WasmTy`]; `R` is a result type, a tuple of them,
/// `()`, a [`Reply`] of these, or a `Result` of either.
pub trait IntoFunc<T, P, R>: Send + Sync + 'static {
    /// The function, not yet of a store.
    #[doc(hidden)]
    fn into_body(self) -> Body;
}

/// A host function before it belongs to a store.
#[doc(hidden)]
pub struct Body(pub(crate) HostBody);

macro_rules! into_func {
    ($(($ty:ident $arg:ident))*) => {
        impl<T, F, $($ty,)* R> IntoFunc<T, ($($ty,)*), R> for F
        where
            T: 'static,
            F: Fn($($ty),*) -> R + Send + Sync + 'static,
            $($ty: WasmTy,)*
            R: HostReturn,
        {
            fn into_body(self) -> Body {
                unsafe extern "C" fn registers<T: 'static, F, $($ty: WasmTy,)* R: HostReturn>(
                    record: *mut VmHostFunc
                    $(, $arg: $ty::Abi)*
                ) -> Reaction
                where
                    F: Fn($($ty),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: the stub calls with the record that this body was made into.
                    unsafe {
                        dispatch::<T, F>(record, |store, _, closure| {
                            $(let $arg = $ty::from_abi($arg, &mut Words(&mut store.opaque));)*
                            let result = closure($($arg),*);
                            reply(store, result)
                        })
                    }
                }
                unsafe extern "C" fn array<T: 'static, F, $($ty: WasmTy,)* R: HostReturn>(
                    record: *mut VmHostFunc,
                ) -> Reaction
                where
                    F: Fn($($ty),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: as above.
                    unsafe {
                        dispatch::<T, F>(record, |store, _, closure| {
                            let ($($arg,)*) = <($($ty,)*)>::read(&mut Words(&mut store.opaque));
                            let result = closure($($arg),*);
                            reply(store, result)
                        })
                    }
                }
                let registers: unsafe extern "C" fn(*mut VmHostFunc $(, $ty::Abi)*) -> Reaction =
                    registers::<T, F, $($ty,)* R>;
                Body(HostBody::typed::<F, ($($ty,)*), R>(
                    self,
                    registers as usize,
                    array::<T, F, $($ty,)* R>,
                ))
            }
        }

        impl<T, F, $($ty,)* R> IntoFunc<T, (Caller<'_, T>, $($ty,)*), R> for F
        where
            T: 'static,
            F: Fn(Caller<'_, T>, $($ty),*) -> R + Send + Sync + 'static,
            $($ty: WasmTy,)*
            R: HostReturn,
        {
            fn into_body(self) -> Body {
                unsafe extern "C" fn registers<T: 'static, F, $($ty: WasmTy,)* R: HostReturn>(
                    record: *mut VmHostFunc
                    $(, $arg: $ty::Abi)*
                ) -> Reaction
                where
                    F: Fn(Caller<'_, T>, $($ty),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: the stub calls with the record that this body was made into.
                    unsafe {
                        dispatch::<T, F>(record, |store, instance, closure| {
                            $(let $arg = $ty::from_abi($arg, &mut Words(&mut store.opaque));)*
                            let result = closure(Caller::new(store, instance), $($arg),*);
                            reply(store, result)
                        })
                    }
                }
                unsafe extern "C" fn array<T: 'static, F, $($ty: WasmTy,)* R: HostReturn>(
                    record: *mut VmHostFunc,
                ) -> Reaction
                where
                    F: Fn(Caller<'_, T>, $($ty),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: as above.
                    unsafe {
                        dispatch::<T, F>(record, |store, instance, closure| {
                            let ($($arg,)*) = <($($ty,)*)>::read(&mut Words(&mut store.opaque));
                            let result = closure(Caller::new(store, instance), $($arg),*);
                            reply(store, result)
                        })
                    }
                }
                let registers: unsafe extern "C" fn(*mut VmHostFunc $(, $ty::Abi)*) -> Reaction =
                    registers::<T, F, $($ty,)* R>;
                Body(HostBody::typed::<F, ($($ty,)*), R>(
                    self,
                    registers as usize,
                    array::<T, F, $($ty,)* R>,
                ))
            }
        }
    };
}

into_func!();
into_func!((A a));
into_func!((A a)(B b));
into_func!((A a)(B b)(C c));
into_func!((A a)(B b)(C c)(D d));
into_func!((A a)(B b)(C c)(D d)(E e));
into_func!((A a)(B b)(C c)(D d)(E e)(G g));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i));
