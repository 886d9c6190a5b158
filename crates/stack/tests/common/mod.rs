//! What the tests of this crate share: a stand-in for the runtime, and code to run on stacklets.
//!
//! [`World`] is the context record that the code gets as its first argument. [`Rig`] does what an
//! engine does around `enter`: sets the anchor, saves what a nested enter overwrites, and grows a
//! stacklet when a prologue traps.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod code;
pub mod play;
pub mod script;

use bident_stack::{
    Anchor, Answer, Entry, Error, Exit, GROW_REGISTERS, Hooks, Limits, Reference, Refusal,
    Stacklet, Stacks, Stats, Transfers, enter, enter_landing, exit_to_host, grow_on_host, os,
    reenter, saved_point, transfers,
};
use std::cell::Cell;
use std::sync::Once;

/// Limits that no test reaches by accident.
pub const ROOMY: Limits = Limits {
    stacklet: 1 << 20,
    total: 1 << 30,
};

/// What a host function does: it sees the rig and the argument.
pub type Host = fn(&mut Rig, u64) -> Answer;

/// The context record of the code under test. The code reads what lies before `payload`.
#[repr(C)]
struct World {
    anchor: *mut Anchor,
    leave: usize,
    result: u64,
    transfers: Transfers,
    payload: [[u64; 2]; 16],
    stacks: Stacks,
    host: Host,
    log: Vec<u64>,
    moves_at_leave: bool,
    grows_on_host: bool,
    refusal: Option<Error>,
    refused: Option<(u64, Refusal)>,
    lands: bool,
    exhausted: bool,
    stopped: Task,
}

/// How to go on with a chain.
#[derive(Clone, Copy)]
enum Go {
    /// It is fresh or suspended.
    On,
    /// It is parked.
    Answer,
    /// Its first stacklet was sent to a landing pad.
    Land,
}

/// A store's worth of stacklets with a host function, owned through a raw pointer because the code
/// under test reaches it by address.
pub struct Rig {
    world: *mut World,
    owner: bool,
}

/// A stacklet of a rig.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task(pub *mut Stacklet);

thread_local! {
    /// Whose code runs on this thread: the signal handler has no other way to know.
    static RUNNING: Cell<*mut World> = const { Cell::new(std::ptr::null_mut()) };
}

impl Rig {
    /// A rig whose host function does `host`.
    pub fn new(limits: Limits, host: Host) -> Self {
        install_handler();
        os::ensure_signal_stack().expect("an alternate signal stack");
        let stacks = Stacks::new(limits).expect("address space");
        let anchor = Anchor::new(stacks.records(), std::ptr::null_mut(), &HOOKS);
        let world = World {
            anchor: Box::into_raw(Box::new(anchor)),
            leave: call_host as *const () as usize,
            result: 0,
            transfers: transfers(false),
            payload: [[0; 2]; 16],
            stacks,
            host,
            log: Vec::new(),
            moves_at_leave: false,
            grows_on_host: false,
            refusal: None,
            refused: None,
            lands: false,
            exhausted: false,
            stopped: Task(std::ptr::null_mut()),
        };
        let world = Box::into_raw(Box::new(world));
        // SAFETY: both were just leaked from boxes.
        unsafe {
            let anchor = (*world).anchor;
            (*anchor).payload = (&raw mut (*world).payload).cast();
            (*anchor).this = anchor;
        }
        Self { world, owner: true }
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
        let mut rig = Self::moving(host);
        rig.world().transfers = transfers(true);
        rig
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

    /// The stacklets.
    pub fn stacks(&mut self) -> &mut Stacks {
        &mut self.world().stacks
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
        let world = self.world();
        // SAFETY: the anchor lives as long as the world.
        world.stacks.stats(unsafe { &*world.anchor })
    }

    /// Whether a stacklet never ran.
    pub fn is_fresh(&self, task: Task) -> bool {
        // SAFETY: tasks that the tests ask about are live and do not run.
        unsafe { saved_point((*task.0).sp).is_none() }
    }

    /// The stacklet that runs, or waits for the host function that asks.
    pub fn current(&mut self) -> Task {
        // SAFETY: the anchor lives as long as the world.
        Task(unsafe { (*self.world().anchor).current })
    }

    /// The address that the innermost `enter` goes on at.
    pub fn entered_at(&mut self) -> usize {
        // SAFETY: while a host function runs, `host_sp` leads to the anchor, and above it the stub
        // left the address.
        let words = unsafe { *((*self.world().anchor).host_sp as *const [usize; 2]) };
        words[1]
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
        let anchor = self.world().anchor;
        self.world().stacks.create(class, anchor, entry).map(Task)
    }

    /// Runs a stacklet until it comes back.
    pub fn enter(&mut self, task: Task, value: u64) -> Exit {
        let go = match self.is_fresh(task) {
            true => Go::On,
            false => Go::Answer,
        };
        self.run(task, task, go, value)
    }

    /// Runs a fresh or suspended chain, which the reference names, under handlers of the host.
    pub fn resume(&mut self, reference: u64, handlers: &'static [u64], value: u64) -> Exit {
        assert_eq!(handlers.last(), Some(&0));
        let reference = Reference::from_word(reference).expect("not null");
        let first = self.stacks().resolve(reference).expect("not used");
        // SAFETY: it is suspended, so nobody else changes the records of its chain.
        let last = unsafe {
            (*first).revision += 1;
            let last = self.stacks().last(first);
            (*last).parent = std::ptr::null_mut();
            (*last).handlers = handlers.as_ptr().cast();
            last
        };
        self.run(Task(first), Task(last), Go::On, value)
    }

    /// Goes on with the chain that `stopped` last, parked, as if its host function had answered.
    pub fn answer(&mut self, value: u64) -> Exit {
        let (first, last) = self.stopped_chain();
        self.run(first, last, Go::Answer, value)
    }

    /// Goes on with the chain that `stopped` last at the landing pad of its step.
    pub fn land(&mut self, payloads: [u64; 2]) -> Exit {
        let (first, last) = self.stopped_chain();
        self.send_to_pad(first, payloads[0]);
        self.run(first, last, Go::Land, payloads[1])
    }

    /// Lands where `current` waits in a step, instead of going on there; gives what to answer.
    pub fn land_here(&mut self, payloads: [u64; 2]) -> Answer {
        let current = self.current();
        self.send_to_pad(current, payloads[0]);
        Answer::land(payloads[1])
    }

    /// Whether exceptions land where the stacklet was suspended.
    pub fn catch(&mut self) {
        self.world().lands = true;
    }

    /// From here on there is no record for a stacklet whose revision has wrapped.
    pub fn exhaust(&mut self) {
        self.world().exhausted = true;
    }

    /// Frame pointer and address to go on at that a task which does not run has saved.
    pub fn saved_frame(&self, task: Task) -> [usize; 2] {
        // SAFETY: every record of a live stacklet leads to them.
        unsafe { *((*task.0).sp as *const [usize; 2]) }
    }

    fn send_to_pad(&mut self, task: Task, landing: u64) {
        let [fp, _] = self.saved_frame(task);
        let anchor = self.world().anchor;
        // SAFETY: the task does not run and waits in a step, whose frame has this pad.
        unsafe {
            let pad = script::pad as *const () as usize;
            let sp = fp - script::PAD_FRAME;
            self.world().stacks.land(task.0, pad, sp, fp);
            (*anchor).landing = landing;
        }
    }

    /// The stacklet that ran last when `enter` came back.
    pub fn stopped(&mut self) -> Task {
        self.world().stopped
    }

    /// The chain of `stopped`: its first and its last stacklet.
    pub fn stopped_chain(&mut self) -> (Task, Task) {
        let first = self.stopped();
        let mut last = first;
        while !self.record(last).parent.is_null() {
            last = Task(self.record(last).parent);
        }
        (first, last)
    }

    fn run(&mut self, first: Task, last: Task, go: Go, value: u64) -> Exit {
        let anchor = self.world().anchor;
        let world_before = RUNNING.replace(self.world);
        // SAFETY: tasks come from `create` of a rig and are not used after `release`; the handler
        // and the signal stack are there since `new`. What a nested enter overwrites comes back.
        let exit = unsafe {
            let (limit, current, host_sp) = ((*anchor).limit, (*anchor).current, (*anchor).host_sp);
            (*anchor).limit = (*first.0).limit;
            (*anchor).current = first.0;
            let exit = match go {
                Go::On => enter(anchor, last.0, first.0, value),
                Go::Answer => reenter(anchor, last.0, first.0, value),
                Go::Land => enter_landing(anchor, last.0, first.0, value),
            };
            (*self.world).stopped = Task((*anchor).current);
            if exit == Exit::Handled {
                (*self.world).stacks.unlink_host(self.stopped_chain().1.0);
            }
            (*anchor).limit = limit;
            (*anchor).current = current;
            (*anchor).host_sp = host_sp;
            exit
        };
        RUNNING.set(world_before);
        exit
    }

    /// Does a script on a stacklet of its own, which is freed when it returns.
    pub fn play(&mut self, script: &script::Script) -> Exit {
        let task = self.create(script::run, script.address());
        let exit = self.enter(task, 0);
        if exit == Exit::Returned {
            self.release(task);
        }
        exit
    }

    /// Which of the host's handlers the last chain was suspended to.
    pub fn handled(&mut self) -> u32 {
        // SAFETY: the anchor lives as long as the world.
        unsafe { (*self.world().anchor).handled }
    }

    /// The value at a position of the transfer buffer.
    pub fn payload(&mut self, position: usize) -> u64 {
        self.world().payload[position][0]
    }

    /// How many more records may become idle.
    pub fn room(&mut self) -> u32 {
        // SAFETY: the anchor lives as long as the world.
        unsafe { (*self.world().anchor).room }
    }

    /// Gives the blocks of idle records back.
    pub fn release_idle(&mut self) {
        let anchor = self.world().anchor;
        // SAFETY: the anchor is the one of these stacks.
        unsafe { self.world().stacks.release_idle(&mut *anchor) };
    }

    /// Binds values to what a word names, from a position on; the new word.
    pub fn bind(&mut self, reference: u64, position: usize, values: &[u64]) -> Result<u64, Error> {
        let reference = Reference::from_word(reference).expect("not null");
        let record = self.stacks().resolve(reference).expect("not used");
        let values: Vec<[u64; 2]> = values.iter().map(|&value| [value, !value]).collect();
        // SAFETY: what a reference names is suspended or fresh.
        let bound = unsafe { self.stacks().bind(record, position, &values) };
        bound.map(Reference::word)
    }

    /// Frees every stacklet that there is.
    pub fn release_suspended(&mut self) {
        // SAFETY: nothing runs, and no stacklet is marked.
        unsafe { self.stacks().sweep() };
    }

    /// The stacklet that a word names.
    pub fn named(&mut self, reference: u64) -> Option<Task> {
        let reference = Reference::from_word(reference)?;
        self.stacks().resolve(reference).map(Task)
    }

    /// Moves a stacklet that does not run.
    pub fn relocate(&mut self, task: Task) {
        // SAFETY: as for `enter`; it does not run, or waits for the host function that asks.
        unsafe {
            self.world()
                .stacks
                .move_block(task.0)
                .expect("a block to move to")
        };
        self.refresh_limit();
    }

    /// Grows a stacklet that does not run.
    pub fn grow(&mut self, task: Task) -> Result<(), Error> {
        // SAFETY: as for `relocate`.
        unsafe { self.world().stacks.grow(task.0) }
    }

    /// Frees a stacklet.
    pub fn release(&mut self, task: Task) {
        // SAFETY: as for `enter`; nothing runs on it.
        unsafe { self.world().stacks.release(task.0) };
    }

    /// A copy of the record of a stacklet.
    pub fn record(&self, task: Task) -> Stacklet {
        // SAFETY: records stay mapped as long as the rig lives, whatever happened to the stacklet.
        unsafe { task.0.read() }
    }

    /// The prologue reads the limit of the running stacklet from the anchor.
    fn refresh_limit(&mut self) {
        let anchor = self.world().anchor;
        // SAFETY: anchor and current stacklet live while the rig does.
        unsafe {
            if let Some(current) = (*anchor).current.as_ref() {
                (*anchor).limit = current.limit;
            }
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if self.owner {
            // SAFETY: both were made by `Box::into_raw` in `new`; nothing runs any more.
            unsafe {
                let world = Box::from_raw(self.world);
                drop(Box::from_raw(world.anchor));
            }
        }
    }
}

/// The function that `leave_host` finds in the record.
extern "sysv64" fn call_host(world: *mut World, argument: u64) -> Answer {
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

/// What the stubs call.
static HOOKS: Hooks = Hooks {
    create: create_for_stub,
    refuse,
    rehome,
    retire,
    throw,
    grow,
    stress,
};

/// The rig whose code runs.
fn running() -> Rig {
    let world = RUNNING.get();
    assert!(!world.is_null(), "no code under test runs");
    Rig {
        world,
        owner: false,
    }
}

/// The same, for a hook that was given this anchor.
fn running_with(anchor: *mut Anchor) -> Rig {
    let mut rig = running();
    assert_eq!(rig.world().anchor, anchor);
    rig
}

unsafe extern "sysv64" fn create_for_stub(
    _: *mut (),
    context: usize,
    code: usize,
    trampoline: usize,
    origin: usize,
) -> Answer {
    let mut rig = running();
    let entry = Entry {
        context,
        code,
        trampoline,
        origin,
    };
    let anchor = rig.world().anchor;
    let made = rig.world().stacks.create(0, anchor, entry);
    // SAFETY: just made.
    Answer::ready(unsafe { (*made.expect("a stacklet")).reference().word() })
}

unsafe extern "sysv64" fn refuse(_: *mut (), word: u64, why: Refusal) -> Answer {
    running().world().refused = Some((word, why));
    Answer::exit(Exit::Unwound)
}

unsafe extern "sysv64" fn rehome(anchor: *mut Anchor, stacklet: *mut Stacklet) -> *mut Stacklet {
    let mut rig = running_with(anchor);
    if rig.world().exhausted {
        return std::ptr::null_mut();
    }
    // SAFETY: the stub passes a suspended stacklet whose revision is 0.
    unsafe {
        rig.stacks()
            .rehome(stacklet)
            .unwrap_or(std::ptr::null_mut())
    }
}

unsafe extern "sysv64" fn retire(anchor: *mut Anchor, stacklet: *mut Stacklet) {
    running_with(anchor).release(Task(stacklet));
}

/// Second payload of a pad where an exception lands.
pub const THROWN: u64 = 77;

unsafe extern "sysv64" fn throw(anchor: *mut Anchor, word: u64) -> Answer {
    let mut rig = running_with(anchor);
    rig.log().push(word);
    match rig.world().lands {
        true => rig.land_here([word, THROWN]),
        false => Answer::exit(Exit::Unwound),
    }
}

unsafe extern "sysv64" fn grow(
    anchor: *mut Anchor,
    registers: *const [u64; GROW_REGISTERS],
) -> Answer {
    let mut rig = running_with(anchor);
    // SAFETY: the stub passes what it pushed: r15 first, then those that hold arguments.
    let [.., rsi, rdi, _] = unsafe { *registers };
    assert_eq!(rdi, rig.world.addr() as u64);
    rig.log().push(rsi);
    let current = rig.current();
    match rig.grow(current) {
        Ok(()) => {
            rig.refresh_limit();
            Answer::ready(0)
        }
        Err(error) => {
            rig.world().refusal = Some(error);
            Answer::exit(Exit::Trapped)
        }
    }
}

unsafe extern "sysv64" fn stress(anchor: *mut Anchor) {
    let mut rig = running_with(anchor);
    let current = rig.current();
    rig.relocate(current);
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
    let current = rig.current();
    // SAFETY: the kernel passes a ucontext; the trap is one of a prologue of `code`, so rsp points to
    // the saved frame pointer, and the stacklet stands still until the handler returns.
    unsafe {
        let registers = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
        let sp = registers[libc::REG_RSP as usize] as usize;
        if rig.world().grows_on_host {
            registers[libc::REG_R10 as usize] = rig.world().anchor as i64;
            registers[libc::REG_R11 as usize] = registers[libc::REG_RAX as usize];
            registers[libc::REG_RIP as usize] = grow_on_host as *const () as i64;
            return;
        }
        (*current.0).sp = sp;
        if let Err(error) = rig.grow(current) {
            rig.world().refusal = Some(error);
            registers[libc::REG_R10 as usize] = rig.world().anchor as i64;
            registers[libc::REG_RAX as usize] = Exit::Trapped as i64;
            registers[libc::REG_RIP as usize] = exit_to_host as *const () as i64;
            return;
        }
        rig.refresh_limit();
        let [fp, _] = rig.saved_frame(current);
        registers[libc::REG_RSP as usize] = ((*current.0).sp + 8) as i64;
        registers[libc::REG_RBP as usize] = fp as i64;
        registers[libc::REG_RIP as usize] = registers[libc::REG_RAX as usize];
    }
}
