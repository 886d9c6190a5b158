//! Host to WebAssembly: calls, and resuming what was parked or suspended.
//!
//! ```text
//!  call, start    fresh stacklet, root of a new chain   ─┐
//!  resume         parked chain, with the host's answer   ├─► run ─► Returned, parked, Handled, or
//!  resume_cont    suspended chain, with values           │          an error: the chain is freed
//!  throw_into..   parked or suspended chain, at a pad   ─┘
//! ```

use crate::error::Error;
use crate::suspension::Outcome;
use crate::tag::Tag;
use crate::trap;
use crate::value::{Side, Val};
use crate::vm::activation::Activation;
use crate::vm::frames;
use crate::vm::leave::HostFunc;
use crate::vm::signals;
use crate::vm::store::{Abandoned, StoreInner, StoreOpaque, Unwinding};
use bident_abi::{VmFuncRef, VmHeader};
use bident_module::{FuncType, ValType};
use bident_stack::{
    Answer as Reaction, Entry, Exit, Hint, Lesson, Reference, Stacklet, saved_context,
};
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
    /// Results are in the transfer buffer.
    Returned,
    /// Parked.
    Suspended(Parked),
    /// Suspended to one of the host's handlers; the payload is in the transfer buffer.
    Handled(Captured),
}

/// A chain that was suspended to the host.
pub(crate) struct Captured {
    /// The word of its reference.
    pub(crate) word: u64,
    pub(crate) tag: Tag,
    /// Number of the function at its root.
    pub(crate) func: u32,
}

/// Tags whose suspensions the host handles, as the stubs read them.
pub(crate) struct Handlers {
    tags: Box<[Tag]>,
    /// Addresses of their records, then 0.
    words: Box<[usize]>,
}

impl Handlers {
    pub(crate) fn new(store: &StoreOpaque, tags: &[Tag]) -> Result<Box<Self>, Error> {
        let mut words = Vec::with_capacity(tags.len() + 1);
        for tag in tags {
            let index = tag.index_in(store)?;
            words.push(store.tags[index as usize].record.as_ptr() as usize);
        }
        words.push(0);
        Ok(Box::new(Self {
            tags: tags.into(),
            words: words.into(),
        }))
    }
}

/// A parked chain. Dropped while it is parked, it gives its stacklets back.
pub(crate) struct Parked {
    /// Its first stacklet: the one that called the host function.
    reference: Reference,
    /// Number of the function at its root.
    pub(crate) func: u32,
    /// What the host handles, where it resumed a continuation. The root's record points there.
    pub(crate) handlers: Option<Box<Handlers>>,
    /// Whether the chain is there to be resumed or freed. Once it runs, its first stacklet may be
    /// suspended again, under the same reference: that is not ours then.
    waits: bool,
    abandoned: Arc<Abandoned>,
}

impl Drop for Parked {
    fn drop(&mut self) {
        if self.waits {
            self.abandoned.push(self.reference);
        }
    }
}

impl Parked {
    /// Whether it belongs to this store.
    #[inline]
    pub(crate) fn belongs_to(&self, store: &StoreOpaque) -> bool {
        Arc::ptr_eq(&self.abandoned, &store.abandoned)
    }

    /// Its first stacklet.
    ///
    /// # Panics
    /// If it does not wait.
    #[inline]
    fn stacklet(&self, store: &StoreOpaque) -> *mut Stacklet {
        store
            .stacks
            .resolve(self.reference)
            .expect("a parked stacklet has one reference")
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
    unsafe { saved_context((*stacklet).sp) as *const HostFunc }
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

/// Calls a function with the arguments in the transfer buffer, and waits for its end.
#[inline]
pub(crate) fn call<T>(store: &mut StoreInner<T>, target: &Target) -> Result<(), Error> {
    let exit = begin(Root::of(store), target, false)?;
    debug_assert!(
        exit == Exit::Returned,
        "only an activation that can suspend parks"
    );
    Ok(())
}

/// Calls a function with the arguments in the transfer buffer; gives what it is where it parks.
#[inline]
pub(crate) fn start<T>(
    store: &mut StoreInner<T>,
    target: &Target,
) -> Result<Option<Parked>, Error> {
    let exit = begin(Root::of(store), target, true)?;
    Ok((exit == Exit::Suspended).then(|| store.opaque.parked(target.func, None)))
}

/// Enters a fresh stacklet.
#[inline]
fn begin(root: Root, target: &Target, can_suspend: bool) -> Result<Exit, Error> {
    // SAFETY: the caller has borrowed the store exclusively.
    let store = unsafe { &mut *root.0.as_ptr() };
    store.free_abandoned();
    signals::prepare()?;
    let class = store.class_for(target.func);
    let entry = Entry {
        context: target.context as usize,
        code: target.code,
        trampoline: target.trampoline,
        origin: 0,
    };
    let stacklet = store.create_stacklet(class, entry).map_err(Error::stack)?;
    // SAFETY: fresh, of this store; code and context are of the store too.
    unsafe {
        run(
            root,
            stacklet,
            stacklet,
            Go::On(0),
            can_suspend,
            target.func,
        )
    }
}

/// Resumes a parked chain; its host call answers with these values. Says how it ended: it parked
/// again, or it is gone.
#[inline(always)]
pub(crate) fn resume<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parked,
    values: &[Val],
) -> Result<Exit, Error> {
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
    resume_with(root, parked, stacklet, Go::Answer(value))
}

/// The same, with an exception instead of an answer.
pub(crate) fn throw_into<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parked,
    exn: u64,
) -> Result<Exit, Error> {
    signals::prepare()?;
    let stacklet = parked.stacklet(&store.opaque);
    resume_with(Root::of(store), parked, stacklet, Go::Throw(exn))
}

#[inline(always)]
fn resume_with(
    root: Root,
    parked: &mut Parked,
    stacklet: *mut Stacklet,
    go: Go,
) -> Result<Exit, Error> {
    // SAFETY: the caller has borrowed the store exclusively; the chain is parked, of this store, and
    // its owner is `parked`, which is borrowed.
    unsafe {
        (*stacklet).parked = false;
        parked.waits = false;
        let last = (*root.0.as_ptr()).stacks.last(stacklet);
        let exit = run(root, stacklet, last, go, true, parked.func)?;
        if exit == Exit::Suspended {
            // Another stacklet of the chain may be the first now.
            parked.reference = (*(*root.0.as_ptr()).stopped).reference();
            parked.waits = true;
        }
        Ok(exit)
    }
}

/// Resumes a continuation with the values in the transfer buffer.
pub(crate) fn resume_cont<T>(
    store: &mut StoreInner<T>,
    word: u64,
    handlers: Box<Handlers>,
) -> Result<Outcome, Error> {
    let value = store.opaque.value(0);
    run_cont(store, word, handlers, Go::On(value))
}

/// Resumes a continuation with an exception.
pub(crate) fn throw_into_cont<T>(
    store: &mut StoreInner<T>,
    word: u64,
    handlers: Box<Handlers>,
    exn: u64,
) -> Result<Outcome, Error> {
    run_cont(store, word, handlers, Go::Throw(exn))
}

fn run_cont<T>(
    store: &mut StoreInner<T>,
    word: u64,
    handlers: Box<Handlers>,
    go: Go,
) -> Result<Outcome, Error> {
    let root = Root::of(store);
    signals::prepare()?;
    // SAFETY: the list is kept here while the chain runs, and with it while it is parked. What a
    // continuation has as origin is the record of its function.
    let (exit, func) = unsafe {
        let store = &mut *root.0.as_ptr();
        let (first, last) = store.take_cont(word, handlers.words.as_ptr())?;
        let origin = (*last).origin as *mut VmFuncRef;
        let func = match NonNull::new(origin) {
            Some(func_ref) => store.func_index(func_ref),
            None => u32::MAX,
        };
        (run(root, first, last, go, true, func)?, func)
    };
    let store = &mut store.opaque;
    let ended = match exit {
        Exit::Suspended => Ended::Suspended(store.parked(func, Some(handlers))),
        Exit::Handled => Ended::Handled(store.captured(func, &handlers)),
        _ => Ended::Returned,
    };
    Ok(Outcome::new(store, ended, func))
}

/// Puts values that go into a continuation into the transfer buffer.
pub(crate) fn write_reversed(
    store: &mut StoreOpaque,
    types: &[ValType],
    values: &[Val],
) -> Result<(), Error> {
    if types.len() != values.len() {
        return Err(Error::usage(format!(
            "expected {} values, got {}",
            types.len(),
            values.len()
        )));
    }
    store.reserve(types.len());
    for (position, (ty, value)) in types.iter().zip(values).rev().enumerate() {
        let word = value.to_word(store, *ty)?;
        store.set_value(position, word);
    }
    Ok(())
}

/// Ends a parked chain: its frames go without running again.
pub(crate) fn cancel(store: &mut StoreOpaque, mut parked: Parked) {
    let stacklet = parked.stacklet(store);
    parked.waits = false;
    // SAFETY: parked, and its only owner ends here.
    unsafe { store.stacks.release_chain(stacklet, ptr::null_mut()) };
}

/// The same, for an error that the pending host call ends with: it gets the backtrace.
pub(crate) fn cancel_with(store: &mut StoreOpaque, parked: Parked, error: Error) -> Error {
    // SAFETY: parked chains keep their contexts, up to the root.
    let frames = unsafe { frames::of_chain(store, parked.stacklet(store), ptr::null_mut()) };
    cancel(store, parked);
    error.with_backtrace(frames)
}

/// What a chain goes on with.
#[derive(Clone, Copy)]
enum Go {
    /// It is fresh or suspended; its values are in the transfer buffer, and this is the first of
    /// them.
    On(u64),
    /// It is parked: the host call that it waits in answers.
    Answer(u64),
    /// It goes on with this exception.
    Throw(u64),
}

/// Runs a chain until it ends or parks; says which.
///
/// # Safety
/// The chain from `first` to `last` is of the store, nobody else resumes it, and `last` has no parent.
/// It is in the state that `go` says.
#[inline(always)]
unsafe fn run(
    root: Root,
    first: *mut Stacklet,
    last: *mut Stacklet,
    go: Go,
    can_suspend: bool,
    func: u32,
) -> Result<Exit, Error> {
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
    store.vm.anchor.current = first;
    // SAFETY: the record of a live stacklet.
    store.vm.anchor.limit = unsafe { (*first).limit };
    let entered = signals::set_entered(&raw mut store.vm);
    let anchor = &raw mut store.vm.anchor;
    store.vm.anchor.this = anchor;
    // SAFETY: the anchor describes the stacklet; `prepare` has set up the thread's signal stack, the
    // engine the handlers, and they know about this store.
    let exit = unsafe {
        match go {
            Go::On(value) => bident_stack::enter(anchor, last, first, value),
            Go::Answer(value) => bident_stack::reenter(anchor, last, first, value),
            Go::Throw(exn) => match landed(store.throw(exn)) {
                Ok(value) => {
                    let landed = (*anchor).current;
                    bident_stack::enter_landing(anchor, last, landed, value)
                }
                Err(exit) => exit,
            },
        }
    };
    signals::set_entered(entered);
    // SAFETY: as above; the borrow that host functions took meanwhile is over.
    let store = unsafe { &mut *root.0.as_ptr() };
    if matches!(exit, Exit::Trapped | Exit::Unwound) {
        // SAFETY: nothing has run since it came back.
        return Err(unsafe { failed(store, exit, func) });
    }
    let current = store.vm.anchor.current;
    store.stopped = current;
    store.leave_activation();
    // SAFETY: it is live, and no longer runs.
    unsafe {
        store.stacks.check(current);
        match exit {
            Exit::Returned => store.retire(current, func),
            Exit::Suspended => store.park_chain(current, last),
            _ => {}
        }
    }
    Ok(exit)
}

/// The second payload of an answer that lands, or the exit.
fn landed(answer: Reaction) -> Result<u64, Exit> {
    match answer.status {
        status if status == Exit::Unwound as u64 => Err(Exit::Unwound),
        _ => Ok(answer.value),
    }
}

/// Cleans up after a trap, or a host function that ended the activation; gives the error.
///
/// # Safety
/// The innermost activation just came back that way.
#[cold]
unsafe fn failed(store: &mut StoreOpaque, exit: Exit, func: u32) -> Error {
    // SAFETY: the frames are still on the stacklets, and nothing has changed them.
    let frames = unsafe {
        match exit {
            Exit::Trapped => frames::of_trap(store),
            _ => frames::of_waiting(store),
        }
    };
    let mut stacklet = store.vm.anchor.current;
    store.leave_activation();
    // SAFETY: the stacklets of the chain are live, and no longer run.
    unsafe {
        store.stacks.check(stacklet);
        while !(*stacklet).parent.is_null() {
            let parent = (*stacklet).parent;
            store.stacks.release(stacklet);
            stacklet = parent;
        }
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

    /// Notes that a chain is parked: where it ends, and for collections that it is in use. The end is
    /// the stacklet that the activation began with, as no switch can have put another there: what
    /// the host handles never includes switches.
    ///
    /// # Safety
    /// `first` is the stacklet that called the host function, `last` the root of its chain.
    #[inline]
    unsafe fn park_chain(&mut self, first: *mut Stacklet, last: *mut Stacklet) {
        // SAFETY: passed on.
        unsafe {
            debug_assert!((*last).parent.is_null());
            (*first).last = (*last).position;
            self.vm.anchor.hint = Hint::NONE;
            (*first).parked = true;
            self.stress(first);
        }
    }

    /// The owner of the chain that was just parked.
    #[inline]
    fn parked(&self, func: u32, handlers: Option<Box<Handlers>>) -> Parked {
        Parked {
            // SAFETY: it was just parked, so it is live.
            reference: unsafe { (*self.stopped).reference() },
            func,
            handlers,
            waits: true,
            abandoned: self.abandoned.clone(),
        }
    }

    /// The chain that was just suspended to the host.
    pub(crate) fn captured(&self, func: u32, handlers: &Handlers) -> Captured {
        let position = self.vm.anchor.handled as usize - 1;
        // SAFETY: the chain was just suspended, so it is live up to its last.
        let word = unsafe {
            self.stacks.unlink_host(self.stacks.last(self.stopped));
            (*self.stopped).reference().word()
        };
        Captured {
            word,
            tag: handlers.tags[position],
            func,
        }
    }

    /// Frees the stacklet of a call that ended, and remembers how large it grew.
    ///
    /// # Safety
    /// The stacklet is live, of this store, and does not run; nobody has a use for it any more.
    #[inline]
    unsafe fn retire(&mut self, stacklet: *mut Stacklet, func: u32) {
        // SAFETY: passed on.
        unsafe {
            let class = (*stacklet).class();
            self.stacks.release(stacklet);
            if class > 0 && self.learns {
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
    /// The stacklet is live, of this store, and does not run.
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
