//! Host functions: before they belong to a store, and as a store has them.

use crate::Answer;
use crate::engine::Engine;
use crate::error::Error;
use crate::host::{Caller, HostReturn, Reply, WasmValues};
use crate::slots::{FuncNumber, InstanceNumber, NO_SLOT, Number};
use crate::value::Val;
use crate::vm::code::Code;
use crate::vm::instance::instance_slot;
use crate::vm::leave::{ArrayEntry, dynamic_entry, owned_entry};
use crate::vm::store::{FuncData, StoreOpaque};
use crate::vm::words::{self, OnWords};
use bident_abi::{Fits, VmFuncRef, VmHeader, VmHostFunc, VmLateFunc, fits_registers};
use bident_module::{FuncIndex, FuncType, TypeId, ValType};
use std::any::Any;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Module and name that a function was linked under.
pub(crate) type LinkName = (Arc<str>, Arc<str>);

/// A host function before it belongs to a store.
#[derive(Clone)]
pub(crate) struct HostBody {
    pub(crate) ty: FuncType,
    entry: usize,
    fits: Fits,
    closure: Arc<dyn Any + Send + Sync>,
}

/// What all stores that have a host function share. On lines of the cache of its own: how many they are changes with each.
#[repr(align(64))]
pub(crate) struct Made {
    pub(crate) body: HostBody,
    /// Module and name it was linked under, for messages.
    pub(crate) name: Option<LinkName>,
}

/// A host function of which the engine knows what it needs: what is left is to add it to stores.
pub(crate) struct ReadyHost {
    pub(crate) made: Arc<Made>,
    pub(crate) type_id: TypeId,
    /// What brings a call to the transfer buffer, unless its values fit registers.
    trampoline: Option<Arc<Code>>,
}

impl ReadyHost {
    /// Asks the engine for identity of the type, and code.
    pub(crate) fn new(
        engine: &Engine,
        body: HostBody,
        name: Option<LinkName>,
    ) -> Result<Self, Error> {
        let type_id = engine.type_id(&body.ty)?;
        let trampoline = match body.fits {
            Fits::Registers => None,
            Fits::Array => Some(engine.leave_trampoline(type_id)?),
        };
        Ok(Self {
            made: Arc::new(Made { body, name }),
            type_id,
            trampoline,
        })
    }
}

/// A host function of a store. Boxed; compiled code holds pointers to `record`, which comes first.
#[repr(C)]
pub(crate) struct HostFunc {
    record: VmHostFunc,
    func_ref: VmFuncRef,
    number: FuncNumber,
    made: Arc<Made>,
}

impl Deref for HostFunc {
    type Target = Made;

    fn deref(&self) -> &Made {
        &self.made
    }
}

impl HostFunc {
    /// Its number in the store.
    pub(crate) fn number(&self) -> FuncNumber {
        self.number
    }
}

impl HostFunc {
    /// What it leads to, if it stands for a function that is loaded late: words of that and of what loads it, and
    /// the slot of the instance that it is loaded for.
    pub(crate) fn stands_for(&self) -> ([u64; 2], Option<u32>) {
        let Some(late) = self.body.closure.downcast_ref::<VmLateFunc>() else {
            return ([0; 2], None);
        };
        let words = [late.target.load(Ordering::Relaxed), late.loader].map(|at| at as u64);
        let primary = late.primary.load(Ordering::Relaxed);
        (words, (primary != NO_SLOT).then_some(primary))
    }
}

impl HostBody {
    /// A closure whose parameter and result types are Rust's. `registers` is its entry for the case
    /// that they fit.
    pub(crate) fn typed<F, P, R>(closure: F, registers: usize, array: ArrayEntry) -> Self
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

    /// A closure that takes its parameters along, and writes results of its type to the transfer buffer.
    pub(crate) fn owned<T, F>(ty: FuncType, closure: F) -> Self
    where
        T: 'static,
        F: Fn(Caller<'_, T>, Vec<Val>) -> Result<Reply<u64>, Error> + Send + Sync + 'static,
    {
        let entry: ArrayEntry = owned_entry::<T, F>;
        Self {
            ty,
            entry: entry as usize,
            fits: Fits::Array,
            closure: Arc::new(closure),
        }
    }

    /// A closure that takes the bits of numbers and gives those of one at most, as its type says.
    pub(crate) fn of_words<T, F>(ty: FuncType, closure: F) -> Self
    where
        T: 'static,
        F: OnWords<T> + Send + Sync,
    {
        Self {
            entry: words::entry::<T, F>(&ty),
            fits: fits_registers(&ty),
            ty,
            closure: Arc::new(closure),
        }
    }
}

impl StoreOpaque {
    /// Adds a host function; gives its number.
    pub(crate) fn add_host_func(
        &mut self,
        body: HostBody,
        name: Option<LinkName>,
    ) -> Result<FuncNumber, Error> {
        let ready = ReadyHost::new(&self.engine, body, name)?;
        self.add_ready_host(&ready)
    }

    /// Adds a host function that the engine has made ready; gives its number.
    pub(crate) fn add_ready_host(&mut self, ready: &ReadyHost) -> Result<FuncNumber, Error> {
        let code = match &ready.trampoline {
            None => bident_stack::leave_host as *const () as usize,
            Some(code) => {
                self.add_code(code)?;
                code.start()
            }
        };
        self.push_host_func(code, ready.type_id, ready.made.clone())
    }

    /// Adds a function that stands for one which is loaded late, by `loader`: a closure that takes
    /// nothing and gives nothing. It is called whenever there is no target.
    pub(crate) fn add_late_func(
        &mut self,
        type_id: TypeId,
        loader: HostBody,
        name: LinkName,
    ) -> Result<(FuncNumber, Arc<VmLateFunc>), Error> {
        let loading = self.add_host_func(loader, Some(name.clone()))?;
        let code = self.engine.late_trampoline(type_id)?;
        self.add_code(&code)?;
        // SAFETY: it was just made.
        let loader = unsafe { self.funcs[loading].func_ref.as_ref() };
        let late = Arc::new(VmLateFunc {
            target: AtomicUsize::new(0),
            loader: loader.context as usize,
            primary: AtomicU32::new(NO_SLOT),
        });
        let body = HostBody {
            ty: self.engine.type_of(type_id),
            entry: 0,
            fits: Fits::Array,
            closure: late.clone(),
        };
        let made = Made {
            body,
            name: Some(name),
        };
        let number = self.push_host_func(code.start(), type_id, Arc::new(made))?;
        // It is there as long as what it loads for.
        self.funcs.release(loading);
        Ok((number, late))
    }

    /// Address of the record that stands for waiting at an address of a memory, in calls that park there: of a
    /// host function that takes nothing and gives an `i32`. Nobody can call it.
    pub(crate) fn wait_func(&mut self) -> Result<usize, Error> {
        let (number, record) = self.stand_in(self.wait_func, &[ValType::I32])?;
        self.wait_func = Some(number);
        Ok(record)
    }

    /// The same for yielding: of one that takes and gives nothing.
    pub(crate) fn yield_func(&mut self) -> Result<usize, Error> {
        let (number, record) = self.stand_in(self.yield_func, &[])?;
        self.yield_func = Some(number);
        Ok(record)
    }

    /// The same for waiting for the limiter: of one that takes nothing and gives an `i64`.
    pub(crate) fn growth_func(&mut self) -> Result<usize, Error> {
        let (number, record) = self.stand_in(self.growth_func, &[ValType::I64])?;
        self.growth_func = Some(number);
        Ok(record)
    }

    /// A host function that nobody can call, and the address of its record.
    fn stand_in(
        &mut self,
        known: Option<FuncNumber>,
        results: &[ValType],
    ) -> Result<(FuncNumber, usize), Error> {
        // Where the store has given it back, it makes another.
        let known = known.filter(|func| self.funcs.get(*func).is_some());
        let number = match known {
            Some(number) => number,
            None => {
                let ty = FuncType::new([], results.iter().copied());
                let type_id = self.engine.type_id(&ty)?;
                let body = HostBody {
                    fits: fits_registers(&ty),
                    ty,
                    entry: 0,
                    closure: Arc::new(()),
                };
                let code = bident_stack::leave_host as *const () as usize;
                let made = Made { body, name: None };
                self.push_host_func(code, type_id, Arc::new(made))?
            }
        };
        // SAFETY: the store keeps it.
        let record = unsafe { self.funcs[number].func_ref.as_ref() }.context as usize;
        Ok((number, record))
    }

    /// Lets a function that stands for another, of this type, go on as that from now on; not where
    /// that has another type, which compiled code does not check again.
    pub(crate) fn set_target(
        &self,
        late: &VmLateFunc,
        type_id: TypeId,
        target: FuncNumber,
    ) -> bool {
        let fits = self.engine.is_subtype(self.funcs[target].type_id, type_id);
        if fits {
            let word = self.word_of_func(target) as usize;
            late.target.store(word, Ordering::Relaxed);
        }
        fits
    }

    fn push_host_func(
        &mut self,
        code: usize,
        type_id: TypeId,
        made: Arc<Made>,
    ) -> Result<FuncNumber, Error> {
        let body = &made.body;
        self.reserve_values(&body.ty)?;
        self.funcs.room("a host function")?;
        let number = self.funcs.next();
        let store = &raw mut self.vm;
        let ty = body.ty.clone();
        let mut host = Box::new(HostFunc {
            record: VmHostFunc {
                header: VmHeader { store },
                code: body.entry,
                data: Arc::as_ptr(&body.closure).cast::<()>().cast_mut(),
            },
            func_ref: VmFuncRef {
                code,
                context: std::ptr::null_mut(),
                type_id: type_id.0,
                handle: number.slot(),
                index: u32::MAX,
                stack_class: 0,
                cont_entry: 0,
                store,
            },
            number,
            made,
        });
        host.func_ref.context = (&raw mut host.record).cast();
        self.fresh.note(1, 0);
        Ok(self.funcs.put(FuncData {
            func_ref: NonNull::from(&mut host.func_ref),
            ty,
            type_id,
            trampoline: 0,
            second: None,
            attached: Vec::new(),
            host: Some(host),
        }))
    }

    /// The host function with this number; `None` if the function is WebAssembly's.
    pub(crate) fn host_func(&self, func: FuncNumber) -> Option<&HostFunc> {
        self.funcs[func].host.as_deref()
    }

    /// Instance and position in its module of a WebAssembly function.
    pub(crate) fn defining(&self, func: FuncNumber) -> Option<(InstanceNumber, FuncIndex)> {
        let data = &self.funcs[func];
        if data.host.is_some() {
            return None;
        }
        // SAFETY: the record of a function that is there is valid; the context of those that are not the
        // host's is an instance's.
        unsafe {
            let func_ref = data.func_ref.as_ref();
            let slot = instance_slot(func_ref.context);
            Some((self.instances.number(slot.0), FuncIndex(func_ref.index)))
        }
    }
}
