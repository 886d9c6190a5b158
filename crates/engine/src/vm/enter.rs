//! Host to WebAssembly: calls, and resuming what was parked.

use crate::error::Error;
use crate::trap;
use crate::value::{Side, Val};
use crate::vm::activation::Activation;
use crate::vm::frames;
use crate::vm::leave::HostFunc;
use crate::vm::signals;
use crate::vm::store::{Abandoned, StoreInner, StoreOpaque, Unwinding};
use bident_abi::VmHeader;
use bident_module::FuncType;
use bident_stack::{Entry, Exit, Handle, Lesson, Stacklet, State, saved_context};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// A store that is borrowed exclusively, as a pointer to the whole `StoreInner`: what host functions
/// called meanwhile borrow again.
#[derive(Clone, Copy)]
struct Root(NonNull<StoreOpaque>);

impl Root {
    fn of<T>(store: &mut StoreInner<T>) -> Self {
        Self(NonNull::from(store).cast())
    }
}

/// How an activation ended.
pub(crate) enum Ended {
    /// Results are in the store's value buffer.
    Returned,
    /// Parked.
    Suspended(Parked),
}

/// A parked stacklet. Dropped while it is parked, it gives the stacklet back.
pub(crate) struct Parked {
    handle: Handle,
    /// Number of the function that was entered.
    pub(crate) func: u32,
    abandoned: Arc<Abandoned>,
}

impl Drop for Parked {
    fn drop(&mut self) {
        self.abandoned.push(self.handle);
    }
}

impl Parked {
    /// Whether it belongs to this store.
    #[inline]
    pub(crate) fn belongs_to(&self, store: &StoreOpaque) -> bool {
        Arc::ptr_eq(&self.abandoned, &store.abandoned)
    }

    /// Drops it without giving the stacklet back: that has happened.
    #[inline]
    pub(crate) fn disarm(self) {
        let parked = ManuallyDrop::new(self);
        // SAFETY: the field is read once, and the value it came from is never dropped.
        drop(unsafe { ptr::read(&parked.abandoned) });
    }

    /// Its stacklet.
    ///
    /// # Panics
    /// If it does not wait: it has one owner, and whoever resumes it disarms it afterwards.
    #[inline]
    fn stacklet(&self, store: &StoreOpaque) -> *mut Stacklet {
        store
            .stacks
            .resolve(self.handle)
            .expect("a parked stacklet has one handle")
    }

    /// Type of the host function whose answer is awaited.
    pub(crate) fn awaited_type<'a>(&self, store: &'a StoreOpaque) -> &'a FuncType {
        // SAFETY: parked stacklets left through a stub, with the record of a host function; host
        // functions live as long as their store.
        unsafe { &(*awaited(self.stacklet(store))).body.ty }
    }
}

/// The host function whose answer a parked stacklet waits for.
///
/// # Safety
/// The stacklet is parked: it left through a stub, with the record of a host function.
#[inline]
unsafe fn awaited(stacklet: *const Stacklet) -> *const HostFunc {
    // SAFETY: the caller says so.
    unsafe { saved_context((*stacklet).context) as *const HostFunc }
}

/// What an entered function needs: first argument, code, and where its record keeps the lesson about
/// stack sizes.
pub(crate) struct Target {
    pub(crate) context: *mut VmHeader,
    pub(crate) code: usize,
    pub(crate) trampoline: usize,
    /// Number of the function; `u32::MAX` for a start function that has none.
    pub(crate) func: u32,
}

impl Target {
    /// A function that the store knows by number.
    #[inline]
    pub(crate) fn of_func(store: &StoreOpaque, func: u32, trampoline: usize) -> Self {
        // SAFETY: function references of a store are valid as long as the store.
        let func_ref = unsafe { store.funcs[func as usize].func_ref.as_ref() };
        Self {
            context: func_ref.context,
            code: func_ref.code,
            trampoline,
            func,
        }
    }
}

/// Calls a function with the arguments in the value buffer, and waits for its end.
#[inline]
pub(crate) fn call<T>(store: &mut StoreInner<T>, target: &Target) -> Result<(), Error> {
    let parked = begin(Root::of(store), target, false)?;
    debug_assert!(
        parked.is_null(),
        "only an activation that can suspend parks"
    );
    Ok(())
}

/// Calls a function with the arguments in the value buffer; it may park.
#[inline]
pub(crate) fn start<T>(store: &mut StoreInner<T>, target: &Target) -> Result<Ended, Error> {
    let stacklet = begin(Root::of(store), target, true)?;
    if stacklet.is_null() {
        return Ok(Ended::Returned);
    }
    Ok(Ended::Suspended(Parked {
        // SAFETY: it parked, so it is live.
        handle: unsafe { store.opaque.stacks.handle(stacklet) },
        func: target.func,
        abandoned: store.opaque.abandoned.clone(),
    }))
}

/// Enters a fresh stacklet; gives it where it parked, or null where the function has returned. (Null
/// rather than `None`, so that the result travels in registers.)
#[inline]
fn begin(root: Root, target: &Target, can_suspend: bool) -> Result<*mut Stacklet, Error> {
    // SAFETY: the caller has borrowed the store exclusively.
    let store = unsafe { &mut *root.0.as_ptr() };
    store.free_abandoned();
    signals::prepare()?;
    let class = store.class_for(target.func);
    let entry = Entry {
        context: target.context as usize,
        code: target.code,
        trampoline: target.trampoline,
    };
    let stacklet = store
        .stacks
        .create(class, &raw const store.vm.anchor, entry)
        .map_err(Error::stack)?;
    // SAFETY: fresh, of this store; code and context are of the store too.
    let parked = unsafe { run(root, stacklet, None, can_suspend, target.func)? };
    Ok(if parked { stacklet } else { ptr::null_mut() })
}

/// Resumes a parked stacklet; its host call answers with these values. Says whether it parked again;
/// otherwise it is gone.
#[inline(always)]
pub(crate) fn resume<T>(
    store: &mut StoreInner<T>,
    parked: &Parked,
    values: &[Val],
) -> Result<bool, Error> {
    let root = Root::of(store);
    let store = &mut store.opaque;
    signals::prepare()?;
    let stacklet = parked.stacklet(store);
    // SAFETY: parked, and of this store.
    let host = unsafe { awaited(stacklet) };
    // SAFETY: host functions live as long as their store, and nobody changes one.
    let results = unsafe { (*host).body.ty.results() };
    let value = match (results, values) {
        ([ty], [value]) => {
            let word = value.to_word(store, *ty)?;
            store.set_value(0, word);
            word
        }
        _ => {
            // SAFETY: as above.
            let func = unsafe { (*host).number() };
            Val::write_all(store, func, Side::Results, values)?;
            store.value(0)
        }
    };
    // SAFETY: suspended, and of this store; its owner is `parked`, which is borrowed.
    unsafe { run(root, stacklet, Some(value), true, parked.func) }
}

/// Ends a parked stacklet: its frames go without running again.
pub(crate) fn cancel(store: &mut StoreOpaque, parked: Parked) {
    let stacklet = parked.stacklet(store);
    // SAFETY: suspended, and its only owner ends here.
    unsafe { store.stacks.release(stacklet) };
    parked.disarm();
}

/// The same, for an error that the pending host call ends with: it gets the backtrace.
pub(crate) fn cancel_with(store: &mut StoreOpaque, parked: Parked, error: Error) -> Error {
    // SAFETY: suspended stacklets keep their context.
    let frames = unsafe { frames::of_parked(store, parked.stacklet(store)) };
    cancel(store, parked);
    error.with_backtrace(frames)
}

/// Runs a stacklet until it ends or parks; says whether it parked.
///
/// # Safety
/// The stacklet is of the store, and nobody else resumes it. It is fresh, or, where there is an
/// `answer` for the host call it waits in, parked.
#[inline(always)]
unsafe fn run(
    root: Root,
    stacklet: *mut Stacklet,
    answer: Option<u64>,
    can_suspend: bool,
    func: u32,
) -> Result<bool, Error> {
    // SAFETY: the caller of `call` or `resume` has borrowed the store exclusively.
    let store = unsafe { &mut *root.0.as_ptr() };
    let mut activation = Activation::new(
        store.activation,
        store.vm.anchor.current,
        store.vm.anchor.host_sp,
    );
    activation.can_suspend = can_suspend;
    store.activation = &raw mut activation;
    store.vm.owner = root.0.as_ptr().cast();
    store.vm.caller = ptr::null_mut();
    store.vm.anchor.current = stacklet;
    // SAFETY: the record of a live stacklet.
    unsafe {
        store.vm.anchor.limit = (*stacklet).limit;
        (*stacklet).state = State::Running;
    }
    let entered = signals::set_entered(&raw mut store.vm);
    let anchor = &raw mut store.vm.anchor;
    // SAFETY: the anchor describes the stacklet; `prepare` has set up the thread's signal stack, the
    // engine the handlers, and they know about this store.
    let exit = unsafe {
        match answer {
            None => bident_stack::enter(anchor, stacklet),
            Some(value) => bident_stack::reenter(anchor, stacklet, value),
        }
    };
    signals::set_entered(entered);
    // SAFETY: as above; the borrow that host functions took meanwhile is over.
    let store = unsafe { &mut *root.0.as_ptr() };
    if matches!(exit, Exit::Trapped | Exit::Unwound) {
        // SAFETY: nothing has run since it came back.
        return Err(unsafe { failed(store, stacklet, exit, func) });
    }
    store.leave_activation();
    // SAFETY: it is live, and no longer runs.
    unsafe {
        store.stacks.check(stacklet);
        if exit == Exit::Returned {
            store.retire(stacklet, func);
            return Ok(false);
        }
        (*stacklet).state = State::Suspended;
        store.stress(stacklet);
    }
    Ok(true)
}

/// Cleans up after a trap, or a host function that ended the activation; gives the error.
///
/// # Safety
/// `stacklet` is the root of the innermost activation, which just came back that way.
#[cold]
unsafe fn failed(store: &mut StoreOpaque, stacklet: *mut Stacklet, exit: Exit, func: u32) -> Error {
    // SAFETY: the frames are still on the stacklets, and nothing has changed them.
    let frames = unsafe {
        match exit {
            Exit::Trapped => frames::of_trap(store),
            _ => frames::of_waiting(store),
        }
    };
    store.leave_activation();
    // SAFETY: live, and no longer runs.
    unsafe {
        store.stacks.check(stacklet);
        store.retire(stacklet, func);
    }
    let reason = match exit {
        Exit::Trapped => Unwinding::Error(trap::error(store.vm.trap)),
        _ => store
            .unwinding
            .take()
            .expect("an unwound activation leaves its reason"),
    };
    match reason {
        Unwinding::Error(error) => error.with_backtrace(frames),
        Unwinding::Panic(panic) => std::panic::resume_unwind(panic),
    }
}

impl StoreOpaque {
    /// Makes the activation below the innermost one the innermost.
    #[inline]
    fn leave_activation(&mut self) {
        // SAFETY: `run` set it to a record on its own frame, which is still there.
        let activation = unsafe { &*self.activation };
        self.activation = activation.previous;
        self.vm.anchor.current = activation.current;
        self.vm.anchor.host_sp = activation.host_sp;
        // SAFETY: what was current below is live: it waits for the host function that entered.
        self.vm.anchor.limit = unsafe { activation.current.as_ref() }.map_or(0, |s| s.limit);
    }

    /// Frees the stacklet of a call that ended, and remembers how large it grew.
    ///
    /// # Safety
    /// The stacklet is live, of this store, and does not run; its handle was consumed.
    #[inline]
    unsafe fn retire(&mut self, stacklet: *mut Stacklet, func: u32) {
        // SAFETY: passed on.
        unsafe {
            let class = (*stacklet).class;
            self.stacks.release(stacklet);
            if class > 0 {
                let mut lesson = self.lesson(func);
                lesson.learn(class);
                self.set_lesson(func, lesson);
            }
        }
    }

    /// Class of the stacklet to enter a function on.
    #[inline]
    fn class_for(&mut self, func: u32) -> u32 {
        let mut lesson = self.lesson(func);
        if lesson == Lesson::default() {
            return 0;
        }
        let class = lesson.class();
        self.set_lesson(func, lesson);
        class
    }

    /// What is known of the stack size that a function needs.
    #[inline]
    fn lesson(&self, func: u32) -> Lesson {
        match self.funcs.get(func as usize) {
            // SAFETY: function references of a store are valid as long as the store.
            Some(data) => Lesson::from_word(unsafe { data.func_ref.as_ref().stack_class }),
            None => Lesson::default(),
        }
    }

    /// In stress mode, moves a stacklet that waits or is suspended. Without memory for it, it stays.
    ///
    /// # Safety
    /// The stacklet is live, of this store, and left through a stub.
    #[inline(always)]
    pub(crate) unsafe fn stress(&mut self, stacklet: *mut Stacklet) {
        if self.stressed {
            // SAFETY: passed on.
            unsafe { self.stress_now(stacklet) };
        }
    }

    /// # Safety
    /// As for `stress`.
    #[cold]
    unsafe fn stress_now(&mut self, stacklet: *mut Stacklet) {
        // SAFETY: passed on.
        let _ = unsafe { self.stacks.move_block(stacklet) };
        if stacklet == self.vm.anchor.current {
            // It goes on without being entered again.
            // SAFETY: as above.
            self.vm.anchor.limit = unsafe { (*stacklet).limit };
        }
    }

    #[inline]
    fn set_lesson(&mut self, func: u32, lesson: Lesson) {
        if let Some(data) = self.funcs.get(func as usize) {
            // SAFETY: as above, and the store is borrowed exclusively.
            unsafe { (*data.func_ref.as_ptr()).stack_class = lesson.word() };
        }
    }
}
