//! Continuations: what the stubs and the owner of the chains leave to the engine.

use crate::alloc;
use crate::error::Error;
use crate::slots::FuncNumber;
use crate::vm::enter::CALLED;
use crate::vm::instance::instance_slot;
use crate::vm::panics::guarded;
use crate::vm::store::{StoreOpaque, Unwinding};
use bident_abi::{TrapCode, VmFuncRef, VmHeader, VmStore, VmTrap};
use bident_module::TypeId;
use bident_stack::{
    self as stack, Chain, Chains, Embedder, Entry, Lesson, Reaction, Reference, Refusal,
};
use std::ptr::NonNull;

/// The engine, as the owner of the chains knows it.
pub(crate) enum Host {}

/// The store that an owner is part of.
///
/// # Safety
/// Something runs in it on this thread, and has called the host.
unsafe fn store_of<'a>(owner: *mut Chains) -> &'a mut StoreOpaque {
    // SAFETY: the owner is the first field of its VmStore; `VmStore::owner` is the exclusive borrow that
    // whoever entered holds and does not use meanwhile.
    unsafe { &mut *(*owner.cast::<VmStore>()).owner.cast() }
}

impl Embedder for Host {
    unsafe fn create(owner: *mut Chains, entry: Entry) -> Reaction {
        // SAFETY: compiled code passes as origin the record of a function of its store.
        unsafe {
            let store = store_of(owner);
            let func = NonNull::new_unchecked(entry.origin as *mut VmFuncRef);
            guarded(store, |store| {
                let made = store.create_cont(func, Error::stack_trap);
                let word = made.map_err(Unwinding::Error)?.word();
                Ok(Reaction::ready(word))
            })
        }
    }

    unsafe fn refuse(owner: *mut Chains, word: u64, why: Refusal) -> Reaction {
        let trap = match why {
            Refusal::Reference => refused(word),
            Refusal::Unhandled => TrapCode::UnhandledTag,
            Refusal::Records => TrapCode::StackMemoryExhausted,
        };
        // SAFETY: passed on.
        unsafe { store_of(owner) }.unwind(Unwinding::Error(trap.into()))
    }

    unsafe fn throw(owner: *mut Chains, exn: u64) -> Reaction {
        // SAFETY: passed on.
        unsafe { store_of(owner) }.throw(exn)
    }

    unsafe fn grow(owner: *mut Chains, registers: &[u64]) -> Reaction {
        // SAFETY: passed on.
        guarded(unsafe { store_of(owner) }, |store| {
            if !store.make_room(registers) || store.vm.chains.grow().is_err() {
                if let Some(error) = store.refusal.take() {
                    return Err(Unwinding::Error(error));
                }
                // As the signal handler noted it.
                return Ok(Reaction::trap());
            }
            store.learn();
            store.vm.trap = VmTrap::default();
            Ok(Reaction::ready(0))
        })
    }

    unsafe fn code(owner: *mut Chains, context: usize, number: u64) -> Reaction {
        // SAFETY: code of a module passes the context of an instance of the store.
        let (store, slot) = unsafe {
            let slot = instance_slot(context as *const VmHeader);
            (store_of(owner), slot)
        };
        guarded(store, |store| {
            let code = store.code_of(slot, number as usize);
            Ok(Reaction::ready(code.map_err(Unwinding::Error)? as u64))
        })
    }
}

/// Why a word is not the reference of a continuation that can be resumed.
fn refused(word: u64) -> TrapCode {
    match word {
        0 => TrapCode::NullContinuationReference,
        _ => TrapCode::ContinuationConsumed,
    }
}

/// The trap for what the owner could not do with the continuation that a word names.
pub(crate) fn trap_of(error: &stack::Error, word: u64) -> TrapCode {
    match error {
        stack::Error::Used => refused(word),
        stack::Error::StackletLimit => TrapCode::StackOverflow,
        stack::Error::TotalLimit | stack::Error::Os(_) => TrapCode::StackMemoryExhausted,
    }
}

/// The function that a continuation began with whose stacklet has this origin; `None` for one that a call
/// from the host began.
fn begun_with(origin: usize) -> Option<NonNull<VmFuncRef>> {
    NonNull::new(origin as *mut VmFuncRef).filter(|_| origin & CALLED == 0)
}

impl StoreOpaque {
    /// A continuation that will run a function. Whoever wants it says what it means that there is no
    /// stack.
    ///
    /// # Safety
    /// The function is of this store.
    unsafe fn create_cont(
        &mut self,
        func: NonNull<VmFuncRef>,
        no_stack: fn(stack::Error) -> Error,
    ) -> Result<Reference, Error> {
        // Nobody else may have the function: its reference is not on the stack any more.
        let word = func.as_ptr() as u64;
        self.collect_under_pressure_with(&[word]);
        // SAFETY: whoever makes a continuation of it has it, and the collection was told.
        let record = unsafe { &mut *func.as_ptr() };
        let trampoline = match record.cont_entry {
            0 => self.cont_entry(TypeId(record.type_id))?,
            known => known,
        };
        let class = match record.stack_class {
            0 => {
                // From now on the stub does it alone.
                record.cont_entry = trampoline;
                0
            }
            word => {
                let mut lesson = Lesson::from_word(word);
                let class = lesson.class();
                record.stack_class = lesson.word();
                class
            }
        };
        let entry = Entry {
            context: record.context as usize,
            code: record.code,
            trampoline,
            origin: func.as_ptr() as usize,
        };
        let made = match self.vm.chains.create_named(class, entry) {
            Err(_) if self.make_room(&[word]) => self.vm.chains.create_named(0, entry),
            made => made,
        };
        made.map_err(|error| self.no_stack(error, no_stack))
    }

    /// A chain to enter, where there was no memory for one: frees first what nobody can reach.
    #[cold]
    pub(crate) fn create_after_collecting(&mut self, entry: Entry) -> Result<Chain<'_>, Error> {
        if !self.make_room(&[entry.origin as u64]) {
            return Err(self.no_stack(stack::Error::TotalLimit, Error::stack));
        }
        self.vm.chains.create(0, entry).map_err(Error::stack)
    }

    /// A continuation that the host makes of the function with this number.
    pub(crate) fn create_cont_of(&mut self, func: FuncNumber) -> Result<u64, Error> {
        let func = self.funcs[func].func_ref;
        // SAFETY: the number is of this store.
        Ok(unsafe { self.create_cont(func, Error::stack)? }.word())
    }

    /// The current stacklet has just grown: if it is a continuation's, those that its function starts
    /// from now on begin with more.
    pub(crate) fn learn(&mut self) {
        let Some(current) = self.vm.chains.current().filter(|_| self.learns) else {
            return;
        };
        let Some(func) = begun_with(current.origin()) else {
            return;
        };
        // SAFETY: the record of a function that is there: stacklets keep what they began with.
        unsafe {
            let func = &mut *func.as_ptr();
            let mut lesson = Lesson::from_word(func.stack_class);
            lesson.learn(current.class());
            func.stack_class = lesson.word();
            func.cont_entry = 0;
        }
    }

    /// Address of the code that starts continuations of functions of a type.
    fn cont_entry(&mut self, type_id: TypeId) -> Result<usize, Error> {
        let known = self.cont_entries.as_ref();
        if let Some(known) = known.and_then(|known| known.get(&type_id)) {
            return Ok(*known);
        }
        let code = self.engine.cont_trampoline(type_id)?;
        self.add_code(&code)?;
        alloc::insert(
            self.cont_entries.get_or_insert_default(),
            type_id,
            code.start(),
            "a function type",
        )?;
        Ok(code.start())
    }

    /// Number of the function that the continuation which a word names began with.
    pub(crate) fn func_of_cont(&mut self, word: u64) -> Result<FuncNumber, TrapCode> {
        let origin = self.vm.chains.origin(word).ok_or(refused(word))?;
        // What was called from the host has none.
        Ok(match begun_with(origin) {
            Some(func) => self.func_number(func),
            None => FuncNumber::NONE,
        })
    }

    /// Whether a word names a continuation that was not used.
    pub(crate) fn is_cont(&self, word: u64) -> bool {
        self.vm.chains.names(word)
    }

    /// `cont.bind`: values at `position..position + count` of the transfer buffer become the first
    /// arguments of a continuation.
    pub(crate) fn bind_cont(
        &mut self,
        word: u64,
        position: usize,
        count: usize,
    ) -> Result<u64, TrapCode> {
        // SAFETY: WebAssembly has words only of references that were made, and null. A collection that
        // is told of this one leaves the continuation as it is.
        let bound = unsafe {
            match self.vm.chains.bind(word, position, count) {
                Err(stack::Error::TotalLimit | stack::Error::Os(_)) if self.make_room(&[word]) => {
                    self.vm.chains.bind(word, position, count)
                }
                bound => bound,
            }
        };
        let reference = bound.map_err(|error| trap_of(&error, word))?;
        Ok(reference.word())
    }
}
