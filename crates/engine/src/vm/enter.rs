//! Host to WebAssembly: calls, and resuming what was parked or suspended.
//!
//! ```text
//!  call, start    fresh chain                           ─┐
//!  resume         parked chain, with the host's answer   ├─► run ─► Returned, Parked, Suspended, or
//!  resume_cont    suspended chain, with values           │          an error: the chain is freed
//!  throw_into..   parked or suspended chain, at a pad   ─┘
//! ```

use crate::call_hook::CallHook;
use crate::convert;
use crate::error::Error;
use crate::func::Func;
use crate::host::{WasmValues, Words};
use crate::outcome::Outcome;
use crate::second_stack::Region;
use crate::slots::FuncNumber;
use crate::tag::Tag;
use crate::trap;
use crate::value::{Side, Val};
use crate::vm::calls::Call;
use crate::vm::cont::trap_of;
use crate::vm::frames;
use crate::vm::hook;
use crate::vm::host_func::HostFunc;
use crate::vm::payload::Payload;
use crate::vm::signals;
use crate::vm::store::{Handled, StoreInner, StoreOpaque, Unwinding};
use bident_abi::VmHeader;
use bident_module::{FuncType, ValType};
use bident_stack::{self as stack, Chain, Chains, Entry, Go, Lesson, Parked, Stopped, View, Wreck};
use std::ptr::{self, NonNull};

/// A store that is borrowed exclusively, as a pointer to the whole `StoreInner`: what host functions
/// called meanwhile borrow again.
#[derive(Clone, Copy)]
struct Lent(NonNull<StoreOpaque>);

impl Lent {
    fn of<T>(store: &mut StoreInner<T>) -> Self {
        Self(NonNull::from(store).cast())
    }

    /// The store, until something runs.
    ///
    /// # Safety
    /// Whoever lent it still has it borrowed, and no other borrow that came from it is in use.
    unsafe fn store<'a>(self) -> &'a mut StoreOpaque {
        // SAFETY: the caller says so.
        unsafe { &mut *self.0.as_ptr() }
    }
}

/// How a call that may be parked ended, for now.
pub(crate) enum Ended {
    /// Results are in the transfer buffer.
    Returned,
    /// It waits for the host, in the hands of its [`Parking`].
    Parked,
    /// Suspended to one of the host's handlers; the payload is in the transfer buffer.
    Suspended(Captured),
}

/// A chain that was suspended to the host.
pub(crate) struct Captured {
    /// The word of its reference.
    pub(crate) word: u64,
    pub(crate) tag: Tag,
    /// Number of the function that it began with.
    pub(crate) func: FuncNumber,
}

/// Tags whose suspensions the host handles, as the stubs read them.
pub(crate) struct Handlers {
    tags: Box<[(Tag, Handled)]>,
    /// Addresses of their records, then 0.
    words: Box<[usize]>,
}

impl Handlers {
    pub(crate) fn new(store: &StoreOpaque, tags: &[Tag]) -> Result<Box<Self>, Error> {
        let mut words = Vec::with_capacity(tags.len() + 1);
        let mut handled = Vec::with_capacity(tags.len());
        for tag in tags {
            let number = tag.number_in(store)?;
            handled.push((*tag, store.tags[number].handled.clone()));
            words.push(store.tags[number].record.address().as_ptr() as usize);
        }
        words.push(0);
        Ok(Box::new(Self {
            tags: handled.into(),
            words: words.into(),
        }))
    }
}

/// A parked call.
pub(crate) struct Parking {
    chain: Parked,
    /// Number of the function that it began with.
    pub(crate) func: FuncNumber,
    /// What the host handles, where it resumed a continuation. The chain's last record points there.
    pub(crate) handlers: Option<Box<Handlers>>,
    /// What the host call waits for.
    pub(crate) payload: Payload,
    /// What the embedder sees as payload where that is the engine's own.
    pub(crate) shown: Option<Box<Payload>>,
    /// Its part of the second stack, if its instance has one.
    pub(crate) region: Option<Box<Region>>,
}

impl Parking {
    /// Whether it belongs to this store.
    #[inline]
    pub(crate) fn belongs_to(&self, store: &StoreOpaque) -> bool {
        self.chain.belongs_to(&store.vm.chains)
    }

    /// See [`Parked::prefetch_record`].
    #[inline]
    pub(crate) fn prefetch_record(&self) {
        self.chain.prefetch_record();
    }

    /// See [`Parked::prefetch_stack`].
    #[inline]
    pub(crate) fn prefetch_stack(&self, store: &StoreOpaque) {
        self.chain.prefetch_stack(&store.vm.chains);
    }

    /// See [`Parked::address`].
    #[inline]
    pub(crate) fn address(&self) -> usize {
        self.chain.address()
    }

    /// Its chain.
    #[inline]
    pub(crate) fn chain(&self) -> &Parked {
        &self.chain
    }

    /// Its stacklets, first to last.
    pub(crate) fn stacklets<'a>(&self, store: &'a StoreOpaque) -> impl Iterator<Item = View<'a>> {
        self.chain.stacklets(&store.vm.chains)
    }

    /// Whether it is parked: not after it went on, and ended.
    pub(crate) fn waits(&self) -> bool {
        self.chain.waits()
    }

    /// The host function whose answer it waits for.
    #[inline]
    fn awaited<'a>(&self, store: &StoreOpaque) -> &'a HostFunc {
        let host = self.chain.context(&store.vm.chains) as *const HostFunc;
        // SAFETY: what parks has called a host function with its record. Nobody changes one, and a
        // parked chain is used only with its store, which has them for as long as it lives.
        unsafe { &*host }
    }

    /// Number of the host function whose answer is awaited.
    pub(crate) fn awaited_number(&self, store: &StoreOpaque) -> FuncNumber {
        self.awaited(store).number()
    }

    /// Type of the host function whose answer is awaited.
    pub(crate) fn awaited_type<'a>(&self, store: &'a StoreOpaque) -> &'a FuncType {
        &self.awaited(store).body.ty
    }
}

/// What an entered function needs: first argument, code, and where its record keeps the lesson about
/// stack sizes.
pub(crate) struct Target {
    pub(crate) context: *mut VmHeader,
    pub(crate) code: usize,
    pub(crate) trampoline: usize,
    /// Number of the function.
    pub(crate) func: FuncNumber,
    /// See [`CALLED`].
    origin: usize,
}

/// Added to the address of a function's record: the origin of a stacklet that a call from the host began. It
/// keeps the function, but is no lesson for continuations.
pub(super) const CALLED: usize = 1;

impl Target {
    /// A function that the store knows by number.
    #[inline]
    pub(crate) fn of_func(store: &StoreOpaque, func: FuncNumber, trampoline: usize) -> Self {
        // SAFETY: the record of a function that is there is valid.
        let func_ref = unsafe { store.funcs[func].func_ref.as_ref() };
        Self {
            context: func_ref.context,
            code: func_ref.code,
            trampoline,
            func,
            origin: store.funcs[func].func_ref.addr().get() | CALLED,
        }
    }
}

/// Calls a function with the arguments in the transfer buffer, and waits for its end.
#[inline]
pub(crate) fn call<T>(store: &mut StoreInner<T>, target: &Target) -> Result<(), Error> {
    let stopped = begin(store, target, false)?;
    debug_assert!(
        matches!(stopped, Stopped::Returned { .. }),
        "only a run that may park does"
    );
    Ok(())
}

/// Calls a function with the arguments in the transfer buffer; gives what it is where it parks.
#[inline(always)]
pub(crate) fn start<T>(
    store: &mut StoreInner<T>,
    target: &Target,
) -> Result<Option<Parking>, Error> {
    Ok(match begin(store, target, true)? {
        Stopped::Parked(waiting) => Some(Parking {
            chain: waiting.hold(),
            func: target.func,
            handlers: None,
            payload: store.opaque.payload.moved(),
            shown: None,
            region: None,
        }),
        _ => None,
    })
}

/// Enters a fresh stacklet.
#[inline]
fn begin<'a, T>(
    store: &'a mut StoreInner<T>,
    target: &Target,
    may_park: bool,
) -> Result<Stopped<'a>, Error> {
    let lent = Lent::of(store);
    // SAFETY: borrowed, until it runs.
    let store = unsafe { lent.store() };
    store.vm.chains.free_dropped();
    signals::prepare()?;
    let class = store.class_for(target.func);
    let entry = Entry {
        context: target.context as usize,
        code: target.code,
        trampoline: target.trampoline,
        origin: target.origin,
    };
    // SAFETY: borrowed, as above. The chain is fresh; code and context are of the store too.
    unsafe {
        let chain = match lent.store().vm.chains.create(class, entry) {
            Ok(chain) => chain,
            Err(_) => lent.store().create_after_collecting(entry)?,
        };
        run(lent, chain, Go::On(0), may_park, target.func)
    }
}

/// Resumes a parked call; the host function that it waits for answers with these values.
#[inline(always)]
pub(crate) fn resume<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parking,
    values: &[Val],
) -> Result<Ended, Error> {
    signals::prepare()?;
    let opaque = &mut store.opaque;
    let host = parked.awaited(opaque);
    let written = match (host.body.ty.results(), values) {
        ([ty], [value]) => value.write(opaque, *ty, 0),
        _ => Val::write_all(opaque, host.number(), Side::Results, values).map(|()| opaque.value(0)),
    };
    let value = written.map_err(|error| no_answer(opaque, host, error))?;
    // SAFETY: parked.
    unsafe { go_on(store, parked, Go::Answer(value)) }
}

/// Says whose results the values were to be.
#[cold]
fn no_answer(store: &StoreOpaque, host: &HostFunc, error: Error) -> Error {
    error.about(format_args!(
        "the answer of {}",
        Func::describe(store, host.number())
    ))
}

/// The same with values whose types Rust knows; `None` where they are not those of the results, one by one:
/// [`resume`] takes a closer look.
#[inline]
pub(crate) fn write_typed<A: WasmValues>(
    store: &mut StoreOpaque,
    parked: &Parking,
    values: A,
) -> Result<u64, Result<Error, A>> {
    match A::are(parked.awaited(store).body.ty.results()) {
        true => values.write(&mut Words(store)).map_err(Ok),
        false => Err(Err(values)),
    }
}

/// The same with the bits of a number, where the host function has one result at most.
#[inline(always)]
pub(crate) fn resume_word<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parking,
    word: u64,
) -> Result<Ended, Error> {
    signals::prepare()?;
    let opaque = &mut store.opaque;
    match parked.awaited(opaque).body.ty.results() {
        [] => {}
        [ty] if ty.is_number() => opaque.set_value(0, word),
        _ => return Err(not_a_word(parked.awaited_type(opaque))),
    }
    // SAFETY: parked.
    unsafe { go_on(store, parked, Go::Answer(word)) }
}

/// The same with results that the host function's own future has put into the transfer buffer; the word is
/// the first of them.
#[inline(always)]
pub(crate) fn resume_answered<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parking,
    word: u64,
) -> Result<Ended, Error> {
    signals::prepare()?;
    // SAFETY: parked.
    unsafe { go_on(store, parked, Go::Answer(word)) }
}

#[cold]
fn not_a_word(ty: &FuncType) -> Error {
    Error::usage(format!("one number is no answer of a host function {ty}"))
}

/// The same, with an exception instead of an answer.
pub(crate) fn throw_into<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parking,
    exn: u64,
) -> Result<Ended, Error> {
    signals::prepare()?;
    // SAFETY: parked chains can be thrown into.
    unsafe { go_on(store, parked, Go::Throw(exn)) }
}

/// # Safety
/// `go` fits a parked chain. The thread is prepared.
#[inline(always)]
unsafe fn go_on<T>(
    store: &mut StoreInner<T>,
    parked: &mut Parking,
    go: Go,
) -> Result<Ended, Error> {
    if !parked.payload.is_none() {
        parked.payload = Payload::NONE;
        parked.shown = None;
    }
    store.opaque.vm.chains.free_dropped();
    let lent = Lent::of(store);
    // SAFETY: the store is borrowed, and the chain is one of it.
    unsafe {
        let chain = parked.chain.take(&mut lent.store().vm.chains);
        Ok(match run(lent, chain, go, true, parked.func)? {
            Stopped::Parked(waiting) => {
                parked.chain.hold(waiting);
                let payload = &mut lent.store().payload;
                if !payload.is_none() {
                    parked.payload = payload.moved();
                }
                Ended::Parked
            }
            Stopped::Suspended { reference, handler } => {
                let handlers = parked.handlers.as_ref().expect("the chain's own list");
                Ended::Suspended(Captured {
                    word: reference.word(),
                    tag: handlers.tags[handler].0,
                    func: parked.func,
                })
            }
            Stopped::Returned { .. } => Ended::Returned,
        })
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
    signals::prepare()?;
    store.opaque.vm.chains.free_dropped();
    let func = store.opaque.func_of_cont(word)?;
    let lent = Lent::of(store);
    // SAFETY: the store is borrowed. The list is kept here while the chain runs, and with it while it is
    // parked.
    let stopped = unsafe {
        let chains = &mut lent.store().vm.chains;
        let chain = chains
            .take(word, handlers.words.as_ptr())
            .map_err(|error| not_taken(error, word))?;
        run(lent, chain, go, true, func)?
    };
    Ok(match stopped {
        Stopped::Parked(waiting) => Outcome::parked(Parking {
            chain: waiting.hold(),
            func,
            handlers: Some(handlers),
            payload: store.opaque.payload.moved(),
            shown: None,
            region: None,
        }),
        Stopped::Suspended { reference, handler } => {
            let captured = Captured {
                word: reference.word(),
                tag: handlers.tags[handler].0,
                func,
            };
            Outcome::suspended(&mut store.opaque, captured)
        }
        Stopped::Returned { .. } => Outcome::returned(&mut store.opaque, func),
    })
}

/// Why the host cannot run the continuation that a word names.
#[cold]
fn not_taken(error: stack::Error, word: u64) -> Error {
    match error {
        stack::Error::Used => trap_of(&error, word).into(),
        error => Error::stack(error),
    }
}

/// Puts values that go into a continuation into the transfer buffer.
pub(crate) fn write_reversed(
    store: &mut StoreOpaque,
    types: &[ValType],
    values: &[Val],
) -> Result<(), Error> {
    if types.len() != values.len() {
        return Err(convert::wrong_number(types.len(), values.len()));
    }
    store.reserve(types.len())?;
    for (position, (ty, value)) in types.iter().zip(values).rev().enumerate() {
        value.write(store, *ty, position)?;
    }
    Ok(())
}

/// Ends a parked call: its frames go without running again.
pub(crate) fn cancel(store: &mut StoreOpaque, parked: Parking) {
    parked.chain.free(&mut store.vm.chains);
}

/// The same, for an error that the pending host call ends with: it gets the backtrace.
pub(crate) fn cancel_with(store: &mut StoreOpaque, parked: Parking, error: Error) -> Error {
    let stacklets = parked.chain.stacklets(&store.vm.chains);
    let frames = frames::of(&store.code, stacklets, None);
    cancel(store, parked);
    error.with_backtrace(frames)
}

/// Runs a chain until it stops, and learns from how large it grew. An error where it trapped or was
/// unwound: it is freed then.
///
/// # Safety
/// The store is lent; the chain is one of it and in the state that `go` says. The thread is prepared.
#[inline(always)]
unsafe fn run<'a>(
    lent: Lent,
    chain: Chain<'_>,
    go: Go,
    may_park: bool,
    func: FuncNumber,
) -> Result<Stopped<'a>, Error> {
    let store = lent.0.as_ptr();
    // SAFETY: `prepare` has set up the thread's signal stack, the engine the handlers, and they know
    // about this store. Host functions that run meanwhile borrow it through `owner`; it is not used
    // here until they have come back.
    unsafe {
        if (*store).hook.is_some() {
            hook::tell(store, CallHook::CallingWasm)?;
        }
        (*store).vm.owner = store.cast();
        let call = Call {
            caller: std::mem::replace(&mut (*store).vm.caller, ptr::null_mut()),
            below: (*store).calls,
        };
        (*store).calls = &raw const call;
        let entered = signals::set_entered(&raw mut (*store).vm);
        let stopped = Chains::run(&raw mut (*store).vm.chains, chain, go, may_park);
        signals::set_entered(entered);
        (*store).calls = call.below;
        (*store).vm.caller = call.caller;
        let stopped = match stopped {
            Ok(stopped) => {
                if let Stopped::Returned { class } = stopped {
                    (*store).learn_of(func, class);
                }
                Ok(stopped)
            }
            Err(wreck) => Err(failed(store, wreck, func)),
        };
        if (*store).hook.is_some() {
            return left(store, stopped);
        }
        stopped
    }
}

/// Tells the hook that what ran has stopped. Where that is an error, a chain that was to be held is not: a collection
/// frees it.
///
/// # Safety
/// The store is lent, and borrowed exclusively.
#[cold]
unsafe fn left<'a>(
    store: *mut StoreOpaque,
    stopped: Result<Stopped<'a>, Error>,
) -> Result<Stopped<'a>, Error> {
    // SAFETY: passed on.
    let told = unsafe { hook::tell(store, CallHook::ReturningFromWasm) };
    match (stopped, told) {
        (Ok(_), Err(error)) => {
            // SAFETY: as above. What a call that has just parked waits for goes with it.
            unsafe { (*store).payload = Payload::NONE };
            Err(error)
        }
        (stopped, _) => stopped,
    }
}

/// Cleans up after a trap, or a host function that ended the run; gives the error.
///
/// # Safety
/// The wreck is of this store, which is borrowed exclusively.
#[cold]
unsafe fn failed(store: *mut StoreOpaque, wreck: Wreck<'_>, func: FuncNumber) -> Error {
    let trapped = wreck.trapped();
    // SAFETY: the wreck has the chains borrowed until it is freed, but nothing else of the store.
    let (frames, store) = unsafe {
        let trap = (*store).vm.trap;
        let stacklets = wreck.stacklets().chain(wreck.running());
        let fault = trapped.then_some((trap.pc, trap.fp));
        let frames = frames::of(&(*store).code, stacklets, fault);
        let class = wreck.free();
        (*store).learn_of(func, class);
        (frames, &mut *store)
    };
    let reason = if trapped {
        Unwinding::Error(trap::error(store.vm.trap))
    } else {
        store
            .unwinding
            .take()
            .expect("what unwinds leaves its reason")
    };
    match reason {
        Unwinding::Error(error) => error.with_backtrace(frames),
        Unwinding::Panic(panic) => std::panic::resume_unwind(panic),
    }
}

impl StoreOpaque {
    /// A call of a function has ended on a stack of this class: remembers how large it grew.
    #[inline]
    fn learn_of(&mut self, func: FuncNumber, class: u32) {
        if class > 0 && self.learns {
            let mut lesson = self.lesson(func);
            lesson.learn(class);
            self.set_lesson(func, lesson);
        }
    }

    /// Class of the stacklet to enter a function on.
    #[inline]
    fn class_for(&mut self, func: FuncNumber) -> u32 {
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
    fn lesson(&self, func: FuncNumber) -> Lesson {
        match self.funcs.get(func) {
            // SAFETY: the record of a function that is there is valid.
            Some(data) => Lesson::from_word(unsafe { data.func_ref.as_ref().stack_class }),
            None => Lesson::default(),
        }
    }

    #[inline]
    fn set_lesson(&mut self, func: FuncNumber, lesson: Lesson) {
        if let Some(data) = self.funcs.get(func) {
            // SAFETY: as above, and the store is borrowed exclusively.
            unsafe { (*data.func_ref.as_ptr()).stack_class = lesson.word() };
        }
    }
}
