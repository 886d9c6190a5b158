//! What the tests of this crate share: a stand-in for the runtime, and code to run on stacklets.
//!
//! [`World`] is the context record that the code gets as its first argument. [`Rig`] does what an
//! engine does: runs chains, and grows a stacklet when a prologue traps.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod code;
pub mod play;
pub mod script;

use bident_stack::inspect::{Id, Record};
use bident_stack::{
    Chain, Chains, Embedder, Entry, Error, Fault, Go, Limits, Reaction, Refusal, Stats, Stopped,
    Supply, Transfers, os,
};
use std::cell::Cell;
use std::sync::{Arc, Once};

/// Limits that no test reaches by accident.
pub const ROOMY: Limits = Limits {
    stacklet: 1 << 20,
    total: 1 << 30,
};

/// What a host function does: it sees the rig and the argument.
pub type Host = fn(&mut Rig, u64) -> Reaction;

/// The context record of the code under test. The code reads what lies before `host`.
#[repr(C)]
struct World {
    chains: *mut Chains,
    leave: usize,
    result: u64,
    transfers: Transfers,
    host: Host,
    log: Vec<u64>,
    moves_at_leave: bool,
    grows_on_host: bool,
    refusal: Option<Error>,
    refused: Option<(u64, Refusal)>,
    lands: bool,
    handled: usize,
    stopped: Option<(Task, Task)>,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// [`Stopped::Returned`]; the chain is freed.
    Returned,
    /// [`Stopped::Parked`].
    Parked,
    /// [`Stopped::Suspended`]: see [`Rig::handled`].
    Suspended,
    /// A wreck, by a fault.
    Trapped,
    /// A wreck, by a host function.
    Unwound,
}

/// A store's worth of stacklets with a host function, owned through a raw pointer because the code
/// under test reaches it by address.
pub struct Rig {
    world: *mut World,
    owner: bool,
}

/// A stacklet of a rig.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task(pub Id);

thread_local! {
    /// Whose code runs on this thread: the signal handler has no other way to know.
    static RUNNING: Cell<*mut World> = const { Cell::new(std::ptr::null_mut()) };
}

/// Records and slabs for rigs.
pub fn supply() -> Arc<Supply> {
    Arc::new(Supply::new().expect("address space"))
}

impl Rig {
    /// A rig whose host function does `host`.
    pub fn new(limits: Limits, host: Host) -> Self {
        Self::with(limits, host, false, &supply())
    }

    /// A rig that shares records and slabs with others.
    pub fn of(supply: &Arc<Supply>, host: Host) -> Self {
        Self::with(ROOMY, host, false, supply)
    }

    fn with(limits: Limits, host: Host, stressed: bool, supply: &Arc<Supply>) -> Self {
        install_handler();
        os::ensure_signal_stack(|| ()).expect("an alternate signal stack");
        let mut chains = Chains::new::<Hosted>(limits, stressed, supply);
        chains.reserve(32).expect("memory");
        let world = World {
            leave: call_host as *const () as usize,
            result: 0,
            transfers: chains.transfers(),
            chains: Box::into_raw(Box::new(chains)),
            host,
            log: Vec::new(),
            moves_at_leave: stressed,
            grows_on_host: false,
            refusal: None,
            refused: None,
            lands: false,
            handled: 0,
            stopped: None,
        };
        Self {
            world: Box::into_raw(Box::new(world)),
            owner: true,
        }
    }

    /// A rig that moves the stacklet at every leave.
    pub fn moving(host: Host) -> Self {
        let mut rig = Self::new(ROOMY, host);
        rig.world().moves_at_leave = true;
        rig
    }

    /// A rig whose stacklets never grow in the signal handler, but on the host stack; notes the second
    /// argument of each function that waited for it.
    pub fn growing_on_host(limits: Limits, host: Host) -> Self {
        let mut rig = Self::new(limits, host);
        rig.world().grows_on_host = true;
        rig
    }

    /// A rig in stress mode: stacklets also move whenever a transfer arrives.
    pub fn stressed(host: Host) -> Self {
        Self::with(ROOMY, host, true, &supply())
    }

    fn world(&mut self) -> &mut World {
        // SAFETY: the world lives as long as its owner, and `&mut self` is the only safe way to it
        // while no code of the rig runs.
        unsafe { &mut *self.world }
    }

    /// Makes the code call another function than the rig's own, with its own arguments.
    pub fn replace_leave(&mut self, function: usize) {
        self.world().leave = function;
    }

    /// The owner of the chains.
    pub fn chains(&mut self) -> &mut Chains {
        // SAFETY: it lives as long as the world, and nothing runs while the host does.
        unsafe { &mut *self.world().chains }
    }

    /// What the host functions noted.
    pub fn log(&mut self) -> &mut Vec<u64> {
        &mut self.world().log
    }

    /// What the code under test stored last.
    pub fn result(&mut self) -> u64 {
        self.world().result
    }

    /// Why the last growth was refused.
    pub fn refusal(&mut self) -> Option<Error> {
        self.world().refusal.take()
    }

    /// The transfer that a stub last refused: reference or tag, and why.
    pub fn refused(&mut self) -> Option<(u64, Refusal)> {
        self.world().refused.take()
    }

    /// Figures.
    pub fn stats(&mut self) -> Stats {
        self.chains().stats()
    }

    /// Whether a stacklet never ran.
    pub fn is_fresh(&mut self, task: Task) -> bool {
        // SAFETY: tasks that the tests ask about are live and do not run.
        unsafe { self.chains().point_of(task.0) }.is_none()
    }

    /// The stacklet that runs, or waits for the host function that asks.
    pub fn current(&mut self) -> Task {
        Task(self.chains().current_id().expect("something runs"))
    }

    /// The address that the innermost `enter` goes on at.
    pub fn entered_at(&mut self) -> usize {
        // SAFETY: asked by host functions.
        unsafe { self.chains().entered_at() }
    }

    /// A stacklet of the smallest class that will call `code(world, argument)`.
    pub fn create(&mut self, code: unsafe extern "sysv64" fn(), argument: u64) -> Task {
        self.try_create(0, code, argument).expect("a stacklet")
    }

    /// A stacklet of a class, or why there is none.
    pub fn try_create(
        &mut self,
        class: u32,
        code: unsafe extern "sysv64" fn(),
        argument: u64,
    ) -> Result<Task, Error> {
        let entry = Entry {
            context: self.world as usize,
            code: argument as usize,
            trampoline: code as *const () as usize,
            origin: argument as usize,
        };
        let word = self.chains().create_named(class, entry)?.word();
        Ok(self.named(word).expect("just made"))
    }

    /// Runs a stacklet until it comes back.
    pub fn enter(&mut self, task: Task, value: u64) -> End {
        let go = match self.is_fresh(task) {
            true => Go::On(value),
            false => Go::Answer(value),
        };
        // SAFETY: tasks come from `create` of a rig and are not used after `release`.
        self.run(go, |chains| unsafe { chains.chain_of(task.0) })
    }

    /// Runs a fresh or suspended chain, which the reference names, under handlers of the host.
    pub fn resume(&mut self, reference: u64, handlers: &'static [u64], value: u64) -> End {
        assert_eq!(handlers.last(), Some(&0));
        self.run(Go::On(value), |chains| {
            // SAFETY: the list is there for ever; tests use words that were given out.
            unsafe { chains.take(reference, handlers.as_ptr().cast()) }.expect("not used")
        })
    }

    /// Goes on with the chain that `stopped` last, parked, as if its host function had answered.
    pub fn answer(&mut self, value: u64) -> End {
        let (first, _) = self.stopped_chain();
        // SAFETY: parked.
        self.run(Go::Answer(value), |chains| unsafe {
            chains.chain_of(first.0)
        })
    }

    /// Goes on with the chain that `stopped` last at the landing pad of its step, with an exception.
    pub fn land(&mut self, exception: u64) -> End {
        let (first, _) = self.stopped_chain();
        // SAFETY: parked.
        self.run(Go::Throw(exception), |chains| unsafe {
            chains.chain_of(first.0)
        })
    }

    /// Lands where `current` waits in a step, instead of going on there; gives what to answer.
    pub fn land_here(&mut self, payloads: [u64; 2]) -> Reaction {
        let frame = self.chains().current().expect("it waits").frames().next();
        let point = frame.expect("a step");
        let pad = script::pad as *const () as usize;
        // SAFETY: the step waits, and its frame has this pad.
        unsafe { self.chains().land(point, pad, script::PAD_FRAME, payloads) }
    }

    /// Whether exceptions land where the stacklet was suspended.
    pub fn catch(&mut self) {
        self.world().lands = true;
    }

    /// Whether there is no record for a stacklet whose revision has wrapped.
    pub fn exhaust(&mut self, exhausted: bool) {
        self.chains().exhaust_records(exhausted);
    }

    /// Frame pointer and address to go on at that a task which does not run has saved.
    pub fn saved_frame(&mut self, task: Task) -> [usize; 2] {
        // SAFETY: every record of a live stacklet leads to them.
        unsafe { *(self.record(task).sp as *const [usize; 2]) }
    }

    /// The stacklet that ran last when the run stopped.
    pub fn stopped(&mut self) -> Task {
        self.stopped_chain().0
    }

    /// The chain of `stopped`: its first and its last stacklet.
    pub fn stopped_chain(&mut self) -> (Task, Task) {
        self.world().stopped.expect("something has run")
    }

    fn run(&mut self, go: Go, chain: impl FnOnce(&mut Chains) -> Chain<'_>) -> End {
        let chains = self.world().chains;
        let world_before = RUNNING.replace(self.world);
        // SAFETY: tasks come from `create` of a rig and are not used after `release`; the handler
        // and the signal stack are there since `new`.
        let (end, first, last) = unsafe {
            let chain = chain(&mut *chains);
            let last = chain.last_id();
            match Chains::run(chains, chain, go, true) {
                Ok(Stopped::Returned { .. }) => (End::Returned, last, last),
                Ok(Stopped::Parked(waiting)) => (End::Parked, waiting.id(), last),
                Ok(Stopped::Suspended { reference, handler }) => {
                    self.world().handled = handler + 1;
                    let first = self.named(reference.word()).expect("suspended");
                    let last = (*chains).chain_of(first.0).last_id();
                    (End::Suspended, first.0, last)
                }
                Err(wreck) if wreck.trapped() => (End::Trapped, wreck.id(), last),
                Err(wreck) => (End::Unwound, wreck.id(), last),
            }
        };
        RUNNING.set(world_before);
        self.world().stopped = Some((Task(first), Task(last)));
        end
    }

    /// Does a script on a stacklet of its own.
    pub fn play(&mut self, script: &script::Script) -> End {
        let task = self.create(script::run, script.address());
        self.enter(task, 0)
    }

    /// Which of the host's handlers the last chain was suspended to.
    pub fn handled(&mut self) -> usize {
        self.world().handled
    }

    /// The value at a position of the transfer buffer.
    pub fn payload(&mut self, position: usize) -> u64 {
        self.chains().value(position)
    }

    /// How many more records may become idle.
    pub fn room(&mut self) -> u32 {
        self.chains().room()
    }

    /// Gives the blocks of idle records back.
    pub fn release_idle(&mut self) {
        self.chains().release_idle();
    }

    /// Binds values to what a word names, from a position on; the new word.
    pub fn bind(&mut self, reference: u64, position: usize, values: &[u64]) -> Result<u64, Error> {
        for (i, value) in values.iter().enumerate() {
            self.chains().set_both(position + i, [*value, !value]);
        }
        // SAFETY: tests use words that were given out.
        let bound = unsafe { self.chains().bind(reference, position, values.len()) };
        bound.map(|reference| reference.word())
    }

    /// Frees every stacklet that there is, but for those that run.
    pub fn release_suspended(&mut self) {
        self.chains().mark().sweep();
    }

    /// The stacklet that a word names.
    pub fn named(&mut self, reference: u64) -> Option<Task> {
        self.chains().id_of(reference).map(Task)
    }

    /// Moves a stacklet that does not run.
    pub fn relocate(&mut self, task: Task) {
        // SAFETY: it does not run, or waits for the host function that asks.
        unsafe { self.chains().move_id(task.0, false) }.expect("a block to move to");
    }

    /// Grows a stacklet that does not run.
    pub fn grow(&mut self, task: Task) -> Result<(), Error> {
        // SAFETY: as for `relocate`.
        unsafe { self.chains().move_id(task.0, true) }
    }

    /// Frees a stacklet, unless it has returned, and so is freed.
    pub fn release(&mut self, task: Task) {
        if self.record(task).live {
            self.release_chain(task, task);
        }
    }

    /// Frees the stacklets from one to another of its chain.
    pub fn release_chain(&mut self, first: Task, last: Task) {
        // SAFETY: as for `enter`; nothing runs on them.
        unsafe { self.chains().free_chain(first.0, last.0) };
    }

    /// What the record of a stacklet says.
    pub fn record(&mut self, task: Task) -> Record {
        // SAFETY: records stay mapped as long as the rig lives.
        unsafe { self.chains().record(task.0) }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if self.owner {
            // SAFETY: both were made by `Box::into_raw` in `new`; nothing runs any more.
            unsafe {
                let world = Box::from_raw(self.world);
                drop(Box::from_raw(world.chains));
            }
        }
    }
}

/// The function that `leave_host` finds in the record.
extern "C" fn call_host(world: *mut World, argument: u64) -> Reaction {
    let mut rig = Rig {
        world,
        owner: false,
    };
    if rig.world().moves_at_leave {
        let current = rig.current();
        rig.relocate(current);
    }
    let host = rig.world().host;
    host(&mut rig, argument)
}

/// The rig whose code runs.
fn running() -> Rig {
    let world = RUNNING.get();
    assert!(!world.is_null(), "no code under test runs");
    Rig {
        world,
        owner: false,
    }
}

/// The same, for an owner that asks.
fn running_with(chains: *mut Chains) -> Rig {
    let mut rig = running();
    assert_eq!(rig.world().chains, chains);
    rig
}

/// Second payload of a pad where an exception lands.
pub const THROWN: u64 = 77;

/// The rig, as its owner of chains knows it.
enum Hosted {}

impl Embedder for Hosted {
    unsafe fn create(owner: *mut Chains, entry: Entry) -> Reaction {
        let made = running_with(owner).chains().create_named(0, entry);
        Reaction::ready(made.expect("a stacklet").word())
    }

    unsafe fn refuse(owner: *mut Chains, word: u64, why: Refusal) -> Reaction {
        running_with(owner).world().refused = Some((word, why));
        Reaction::unwind()
    }

    unsafe fn throw(owner: *mut Chains, exception: u64) -> Reaction {
        let mut rig = running_with(owner);
        rig.log().push(exception);
        match rig.world().lands {
            true => rig.land_here([exception, THROWN]),
            false => Reaction::unwind(),
        }
    }

    unsafe fn code(_: *mut Chains, _: usize, _: u64) -> Reaction {
        unreachable!("nothing is called that is not there")
    }

    unsafe fn grow(owner: *mut Chains, registers: &[u64]) -> Reaction {
        let mut rig = running_with(owner);
        // What the stub pushed: r15 first, then those that hold arguments.
        let &[.., rsi, rdi, _] = registers else {
            panic!("all registers");
        };
        assert_eq!(rdi, rig.world.addr() as u64);
        rig.log().push(rsi);
        let grown = rig.chains().grow();
        let has_grown = grown.is_ok();
        rig.world().refusal = grown.err();
        match has_grown {
            true => Reaction::ready(0),
            false => Reaction::trap(),
        }
    }
}

fn install_handler() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a zeroed sigaction with handler and flags set is complete; the handler runs on the
        // signal stack that every rig's thread has.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_limit_trap as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            assert_eq!(
                libc::sigaction(libc::SIGILL, &action, std::ptr::null_mut()),
                0
            );
        }
    });
}

/// Prologues trap after `push rbp; mov rbp, rsp` with rax -> start of the function: undoes the push,
/// grows the stacklet and runs the function again; or ends the activation where it may not grow.
unsafe extern "C" fn on_limit_trap(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let mut rig = Rig {
        world: RUNNING.get(),
        owner: false,
    };
    assert!(
        !rig.world.is_null(),
        "illegal instruction outside the code under test"
    );
    // SAFETY: the kernel passes a ucontext; the trap is one of a prologue of `code`, so rsp points to
    // the saved frame pointer, and the stacklet stands still until the handler returns.
    unsafe {
        let context = &mut *context.cast::<libc::ucontext_t>();
        let start = context.uc_mcontext.gregs[libc::REG_RAX as usize] as usize;
        let mut fault = Fault::new(context);
        assert!(Chains::has_faulted(rig.world().chains, &fault));
        if rig.world().grows_on_host {
            rig.chains().start_over_on_host(&mut fault, start);
        } else if let Err(error) = rig.chains().start_over(&mut fault, start) {
            rig.world().refusal = Some(error);
            rig.chains().trap(&mut fault);
        }
    }
}
