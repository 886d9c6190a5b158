//! Continuations: what the transfer stubs leave to the engine.
//!
//! ```text
//!  compiled code ──► create ──► an idle record                      (stub alone)
//!                       └─ none, or the function needs more ──► create_hook
//!  root of a stacklet ──► finished ──► the record becomes idle      (stub alone)
//!                            └─ large, or enough are idle ────► retire_hook
//!  resume, switch ──► reference used or null ─────────────────► refuse_hook: trap
//!                 └─► its revision has wrapped ───────────────► rehome_hook
//! ```

use crate::error::Error;
use crate::vm::leave::borrow_store;
use crate::vm::store::{StoreOpaque, Unwinding};
use crate::vm::throw::throw_hook;
use bident_abi::{TrapCode, VmFuncRef, VmHeader, VmStore, VmTrap};
use bident_stack::{
    self as stack, Anchor, Answer, Entry, Exit, GROW_REGISTERS, Hint, Hooks, Lesson, Reference,
    Refusal, Stacklet,
};
use std::ptr::{self, NonNull};

/// What the stubs call.
pub(crate) static HOOKS: Hooks = Hooks {
    create: create_hook,
    refuse: refuse_hook,
    rehome: rehome_hook,
    retire: retire_hook,
    throw: throw_hook,
    grow: grow_hook,
    stress: stress_hook,
};

/// The store whose anchor a stub passed.
///
/// # Safety
/// The anchor is that of a store in which something runs on this thread.
pub(crate) unsafe fn store_of<'a>(anchor: *mut Anchor) -> &'a mut StoreOpaque {
    // SAFETY: the anchor is the first field of its VmStore; `owner` is the exclusive borrow that
    // `enter` holds and does not use meanwhile.
    unsafe { &mut *(*anchor.cast::<VmStore>()).owner.cast() }
}

unsafe extern "sysv64" fn create_hook(
    context: *mut (),
    _: usize,
    _: usize,
    _: usize,
    func: usize,
) -> Answer {
    // SAFETY: compiled code passes its own context, and as origin the record of a function of its
    // store.
    unsafe {
        let store = borrow_store::<()>((*context.cast::<VmHeader>()).store);
        let store = &mut store.opaque;
        let func = NonNull::new_unchecked(func as *mut VmFuncRef);
        match store.create_cont(func) {
            Ok(reference) => Answer::ready(reference.word()),
            Err(error) => store.unwind(Unwinding::Error(error)),
        }
    }
}

unsafe extern "sysv64" fn refuse_hook(context: *mut (), word: u64, why: Refusal) -> Answer {
    let trap = match why {
        Refusal::Reference => refused(word),
        Refusal::Unhandled => TrapCode::UnhandledTag,
        Refusal::Records => TrapCode::StackMemoryExhausted,
    };
    // SAFETY: compiled code passes its own context.
    let store = unsafe { borrow_store::<()>((*context.cast::<VmHeader>()).store) };
    store.opaque.unwind(Unwinding::Error(trap.into()))
}

/// Why a word is not the reference of a continuation that can be resumed.
pub(crate) fn refused(word: u64) -> TrapCode {
    match word {
        0 => TrapCode::NullContinuationReference,
        _ => TrapCode::ContinuationConsumed,
    }
}

unsafe extern "sysv64" fn rehome_hook(
    anchor: *mut Anchor,
    stacklet: *mut Stacklet,
) -> *mut Stacklet {
    // SAFETY: the stub passes its store's anchor, and the first stacklet of a suspended chain, whose
    // revision is 0.
    unsafe {
        let store = store_of(anchor);
        store.rehome(stacklet).unwrap_or(ptr::null_mut())
    }
}

unsafe extern "sysv64" fn retire_hook(anchor: *mut Anchor, stacklet: *mut Stacklet) {
    // SAFETY: the stub passes its store's anchor, and a stacklet that has finished.
    unsafe {
        let store = store_of(anchor);
        store.stacks.release(stacklet);
        let parent = store.vm.anchor.current;
        store.stress(parent);
    }
}

unsafe extern "sysv64" fn grow_hook(
    anchor: *mut Anchor,
    registers: *const [u64; GROW_REGISTERS],
) -> Answer {
    // SAFETY: the stub passes its store's anchor and what it pushed; the current stacklet stands still.
    unsafe {
        let store = store_of(anchor);
        if store.make_room(&*registers) && store.grow().is_ok() {
            store.vm.trap = VmTrap::default();
            Answer::ready(0)
        } else {
            // As the signal handler noted it.
            Answer::exit(Exit::Trapped)
        }
    }
}

unsafe extern "sysv64" fn stress_hook(anchor: *mut Anchor) {
    // SAFETY: the stub passes its store's anchor; the current stacklet does not run yet.
    unsafe {
        let store = store_of(anchor);
        let current = store.vm.anchor.current;
        store.stress(current);
    }
}

impl StoreOpaque {
    /// A continuation that will run a function.
    ///
    /// # Safety
    /// The function is of this store.
    pub(crate) unsafe fn create_cont(
        &mut self,
        func: NonNull<VmFuncRef>,
    ) -> Result<Reference, Error> {
        self.collect_under_pressure();
        // SAFETY: function references of a store are valid as long as the store.
        let record = unsafe { &mut *func.as_ptr() };
        let trampoline = match record.cont_entry {
            0 => self.cont_entry(record.type_id)?,
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
        let stacklet = self
            .create_stacklet(class, entry)
            .map_err(Error::stack_trap)?;
        // SAFETY: just made.
        Ok(unsafe { (*stacklet).reference() })
    }

    /// Makes a stacklet. At a limit, first frees what nobody can reach.
    #[inline]
    pub(crate) fn create_stacklet(
        &mut self,
        class: u32,
        entry: Entry,
    ) -> Result<*mut Stacklet, stack::Error> {
        let anchor = &raw const self.vm.anchor;
        match self.stacks.create(class, anchor, entry) {
            Ok(stacklet) => Ok(stacklet),
            Err(_) => self.create_after_collecting(entry),
        }
    }

    #[cold]
    fn create_after_collecting(&mut self, entry: Entry) -> Result<*mut Stacklet, stack::Error> {
        if !self.make_room(&[]) {
            return Err(stack::Error::TotalLimit);
        }
        self.stacks.create(0, &raw const self.vm.anchor, entry)
    }

    /// A continuation that will run the function with this number.
    pub(crate) fn create_cont_of(&mut self, func: u32) -> Result<u64, Error> {
        let func = self.funcs[func as usize].func_ref;
        // SAFETY: the number is of this store.
        Ok(unsafe { self.create_cont(func)? }.word())
    }

    /// Moves the current stacklet to a larger block.
    ///
    /// # Safety
    /// There is one, it stands still, and it has saved its stack pointer.
    pub(crate) unsafe fn grow(&mut self) -> Result<(), stack::Error> {
        // SAFETY: passed on.
        unsafe {
            let current = self.vm.anchor.current;
            self.stacks.grow(current)?;
            self.vm.anchor.limit = (*current).limit;
            self.learn();
        }
        Ok(())
    }

    /// The current stacklet has just grown: if it is a continuation's, those that its function starts
    /// from now on begin with more.
    ///
    /// # Safety
    /// There is a current stacklet.
    unsafe fn learn(&mut self) {
        // SAFETY: the current stacklet is live; a continuation has as origin the record of a function
        // of the store.
        unsafe {
            let current = self.vm.anchor.current;
            let func = (*current).origin as *mut VmFuncRef;
            if self.learns
                && let Some(func) = func.as_mut()
            {
                let mut lesson = Lesson::from_word(func.stack_class);
                lesson.learn((*current).class());
                func.stack_class = lesson.word();
                func.cont_entry = 0;
            }
        }
    }

    /// Address of the code that starts continuations of functions of a type.
    fn cont_entry(&mut self, type_id: u32) -> Result<usize, Error> {
        if let Some(known) = self.cont_entries.get(&type_id) {
            return Ok(*known);
        }
        let code = self.engine.cont_trampoline(type_id)?;
        self.add_code(&code);
        self.cont_entries.insert(type_id, code.start());
        Ok(code.start())
    }

    /// The first stacklet of the continuation that a word names.
    pub(crate) fn cont_of_word(&self, word: u64) -> Result<*mut Stacklet, TrapCode> {
        let reference = Reference::from_word(word).ok_or(TrapCode::NullContinuationReference)?;
        let stacklet = self.stacks.resolve(reference);
        stacklet.ok_or(TrapCode::ContinuationConsumed)
    }

    /// `cont.bind`: values at `position..position + count` of the transfer buffer become the first
    /// arguments of a continuation.
    pub(crate) fn bind_cont(
        &mut self,
        word: u64,
        position: usize,
        count: usize,
    ) -> Result<u64, TrapCode> {
        let stacklet = self.cont_of_word(word)?;
        let values: Vec<[u64; 2]> = (position..position + count)
            .map(|i| [self.value(i), 0])
            .collect();
        // SAFETY: named by a valid reference, so suspended or fresh; a collection that is told of it
        // leaves it as it is.
        let bound = unsafe {
            match self.stacks.bind(stacklet, position, &values) {
                Err(stack::Error::TotalLimit | stack::Error::Os(_)) if self.make_room(&[word]) => {
                    self.stacks.bind(stacklet, position, &values)
                }
                bound => bound,
            }
        };
        match bound {
            Ok(reference) => Ok(reference.word()),
            Err(stack::Error::StackletLimit) => Err(TrapCode::StackOverflow),
            Err(_) => Err(TrapCode::StackMemoryExhausted),
        }
    }

    /// Moves a suspended stacklet whose revision has wrapped to another record. The hint may be about
    /// a stack that had this record before, and was never resumed.
    ///
    /// # Safety
    /// As for `Stacks::rehome`.
    unsafe fn rehome(&mut self, stacklet: *mut Stacklet) -> Result<*mut Stacklet, stack::Error> {
        self.vm.anchor.hint = Hint::NONE;
        // SAFETY: passed on.
        unsafe { self.stacks.rehome(stacklet) }
    }

    /// Uses the reference to a continuation and puts its chain at the root of an activation that
    /// handles what `handlers` says. Gives the chain's first and last stacklet.
    ///
    /// # Safety
    /// The list ends with 0 and stays as long as the chain runs.
    pub(crate) unsafe fn take_cont(
        &mut self,
        word: u64,
        handlers: *const usize,
    ) -> Result<(*mut Stacklet, *mut Stacklet), Error> {
        let mut first = self.cont_of_word(word)?;
        // SAFETY: named by a valid reference, so suspended or fresh.
        unsafe {
            (*first).revision = (*first).revision.wrapping_add(1);
            if (*first).revision == 0 {
                first = self.rehome(first).map_err(Error::stack_trap)?;
            }
            let last = self.stacks.last(first);
            (*last).parent = ptr::null_mut();
            (*last).handlers = handlers;
            Ok((first, last))
        }
    }
}
