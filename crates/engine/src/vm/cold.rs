//! Code of a module whose functions are compiled when they are first called. See `docs/lazy.md`.
//!
//! ```text
//!  pages:  read-write                  read-execute   read-execute, more with each piece      none
//!         ┌───────────────────────────┬──────────────┬──────────────────────────────────────┬─────────┐
//!         │ slots  quick ones  counts │ stubs        │ piece   piece   piece                │ room    │
//!         └───────────────────────────┴──────────────┴──────────────────────────────────────┴─────────┘
//! ```
//!
//! Pages of code are written before they are executable, and never after. What changes is a slot, when code of
//! its function is whole. Where calls go: `stubs.rs`.
//!
//! A function is *cold*, then, unless it has a loop, *quick*, and when it was called often, *final*:
//!
//! ```text
//!  cold ──first call──► quick code, calls are counted ──often──► final, in the background
//!    └──first call of one that loops───────────────────────────► final
//! ```

use crate::alloc;
use crate::error::Error;
use crate::image::{Image, Kind, Snapshot};
use crate::vm::code::{LINE, Pages, shorten};
use crate::vm::mapped;
use crate::vm::stubs::{self, Stubs};
use bident_compile::{
    Artifact, Compiler, Effort, Late, Reach, Tables, callees, companions, loops_alone,
};
use bident_module::Module;
use bident_stack::os::{self, Access};
use bident_stack::{leave_host, stack_pointer, transfers};
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

const WHAT: &str = "machine code";

/// Address space for each byte of a body: many times what code takes on average, for it costs nothing.
/// Bodies that do nothing but make objects, or convert numbers, have 20 to 26, quick code of them twice that.
const ROOM_PER_BYTE: usize = 48;

/// The part of the room that quick code may lie in, from the start: what comes later needs none.
const QUICK_PART: usize = 3;

/// The same on top of that: where functions are translated in place of calls, a small module may have much code.
const ROOM: usize = 1 << 20;

/// The same at most, less than a displacement reaches.
const MOST_ROOM: usize = 1 << 30;

/// The compiler needs this much stack.
const COMPILER_STACK: usize = 1 << 20;

/// Calls of quick code after which its function is compiled again.
const OFTEN: i32 = 400;

/// The same of large functions, which stay longer in each call.
const OFTEN_IF_LARGE: i32 = 20;

/// Calls by a way that leads to quick code, after which somebody looks whether there is better code by now.
const LOOK_AGAIN: i32 = 10_000;

/// Bytes of a body with a loop that calls nothing up to which it is not compiled quickly: who is in there may stay for
/// long. To spare such functions of SQLite, as far as they are called in a short program, takes an eighth of the time that
/// it would take to compile all with all effort; with twice as many bytes it took more than a quarter.
const LOOPS: usize = 4096;

/// The functions of a module, and what of their code is there.
pub(super) struct Cold {
    module: Arc<Module>,
    late: Late,
    /// Whether stores are in stress mode.
    stress: bool,
    /// Whether functions are compiled quickly first.
    tiers: bool,
    stubs: Stubs,
    /// Where the pages end, and those that quick code may lie in.
    end: usize,
    quick_end: usize,
    state: Mutex<State>,
    /// Something is no longer being compiled.
    changed: Condvar,
    ahead: Mutex<Ahead>,
    /// Sorted by address. Held for moments only: the signal handler reads it, on a thread that runs compiled
    /// code, and so does not hold it.
    pieces: RwLock<Vec<Piece>>,
}

struct State {
    /// Functions that a thread compiles now.
    busy: Vec<u32>,
    /// Functions whose code is there, in the order in which it came.
    log: Vec<u32>,
    /// Address of the first page without access.
    next: usize,
}

/// What may be called next.
#[derive(Default)]
struct Ahead {
    functions: VecDeque<u32>,
    /// What is to be compiled again.
    hot: VecDeque<u32>,
    /// Whether it is the turn of the latter.
    turn: bool,
    /// What could not be compiled: nobody tries it again ahead of a call. Of so many nobody tries any more.
    refused: BTreeSet<u32>,
    /// Whether a thread is at it.
    runs: bool,
}

/// Functions that wait to be compiled ahead, at most.
const MOST_AHEAD: usize = 4096;

/// What is compiled ahead.
enum Next {
    Cold(u32),
    Hot(u32),
}

impl Ahead {
    /// What comes next: of either kind in turn.
    fn next(&mut self) -> Option<Next> {
        self.turn = !self.turn;
        let hot = |ahead: &mut Self| ahead.hot.pop_front().map(Next::Hot);
        let cold = |ahead: &mut Self| ahead.functions.pop_front().map(Next::Cold);
        match self.turn {
            true => hot(self).or_else(|| cold(self)),
            false => cold(self).or_else(|| hot(self)),
        }
    }

    /// Whether a thread is to begin.
    fn begin(&mut self) -> bool {
        let has_work = !self.functions.is_empty() || !self.hot.is_empty();
        let begins = has_work && !self.runs;
        self.runs |= begins;
        begins
    }
}

/// Functions that were compiled together.
struct Piece {
    start: usize,
    /// Bytes of code.
    length: usize,
    tables: Tables,
}

impl Cold {
    /// Room for the functions of a module, stubs, and what other runs have compiled.
    pub(super) fn new(
        module: Arc<Module>,
        late: Late,
        image: Option<&Image>,
        (stress, tiers): (bool, bool),
    ) -> Result<(Pages, Self), Error> {
        let page = os::page_size();
        let count = module.bodies.len();
        let bytes = module.bodies.iter().map(|body| body.range.len());
        let (data, stubs) = stubs::sizes(count);
        let room = bytes.sum::<usize>() * ROOM_PER_BYTE + 2 * count * page + ROOM;
        let size = data + stubs + room.min(MOST_ROOM).next_multiple_of(page);
        let start = os::reserve_near(size, leave_host as *const () as usize)
            .map_err(Error::no_memory(WHAT))?;
        let pages = Pages {
            start,
            size,
            offset: data,
        };
        let code = image.map_or(0, |image| image.text.bytes.len());
        if image.is_some() && (code < stubs || !code.is_multiple_of(page) || code > size - data) {
            return Err(Error::usage("compiled code of another module"));
        }
        // SAFETY: freshly mapped, and nobody else's. The parts get what `stubs.rs` writes, or what it wrote when the
        // image was made, and are as large as it says.
        let stub_table = unsafe {
            os::protect(start, data, Access::ReadWrite).map_err(Error::no_memory(WHAT))?;
            let stub = start.add(data);
            match image {
                Some(image) => {
                    mapped::place(&image.text, &image.tables, stub, &transfers(stress))?;
                }
                None => {
                    os::protect(stub, stubs, Access::ReadWrite).map_err(Error::no_memory(WHAT))?;
                    stubs::write(start, count);
                    os::protect(stub, stubs, Access::ReadExecute)
                        .map_err(Error::no_memory(WHAT))?;
                }
            }
            Stubs::new(start, count)
        };
        let cold = Self {
            module,
            late,
            stress,
            tiers,
            stubs: stub_table,
            end: start.addr() + size,
            quick_end: start.addr() + data + stubs + (size - data - stubs) / QUICK_PART,
            state: Mutex::new(State {
                busy: Vec::new(),
                log: Vec::new(),
                next: start.addr() + data + stubs.max(code),
            }),
            changed: Condvar::new(),
            ahead: Mutex::default(),
            pieces: RwLock::default(),
        };
        if let Some(image) = image {
            cold.take_over(&image.tables, code)?;
        }
        Ok((pages, cold))
    }

    /// Leads calls to the functions that an image has, whose code lies from the stubs on.
    fn take_over(&self, tables: &Tables, length: usize) -> Result<(), Error> {
        for position in 0..tables.len() {
            let (range, defined) = (tables.function(position), tables.defined(position));
            if defined >= self.module.bodies.len()
                || range.start.saturating_add(range.len) as usize > length
            {
                return Err(Error::usage("compiled code of another module"));
            }
            let code = self.start() + range.start as usize;
            match tables.is_quick(position) {
                true => self.lead_to_quick(defined, code),
                false => self.stubs.lead_to(defined, code),
            }
        }
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        pieces.push(Piece {
            start: self.start(),
            length,
            tables: tables.clone(),
        });
        Ok(())
    }

    /// Bytes of code and stubs that are there.
    pub(super) fn size(&self) -> usize {
        lock(&self.state).next - self.start()
    }

    /// All code that is there, as it was compiled.
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let (pieces, size) = {
            let state = lock(&self.state);
            let there = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
            let mut pieces = alloc::list(there.len(), WHAT).ok()?;
            let place = |piece: &Piece| ((piece.start - self.start()) as u32, piece.tables.clone());
            pieces.extend(there.iter().map(place));
            (pieces, state.next - self.start())
        };
        let tables = Tables::join(pieces.iter().map(|(at, tables)| (*at, tables)));
        let mut text = alloc::list(size, WHAT).ok()?;
        // SAFETY: the pages up to there can be read, and nobody writes them any more.
        text.extend_from_slice(unsafe {
            std::slice::from_raw_parts(self.start() as *const u8, size)
        });
        mapped::restore(&mut text, &tables);
        Some(Snapshot {
            kind: Kind::Growing,
            tables,
            text,
        })
    }

    pub(super) fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// Address of the first byte of stubs and code.
    fn start(&self) -> usize {
        self.stubs.start()
    }

    /// What may be called in the place of a function. Of quick code calls are counted, so that some later one comes to the
    /// host, where it becomes known if there is better.
    pub(super) fn function(&self, defined: usize) -> usize {
        let stub = || self.stubs.stub(defined);
        self.stubs.ready(defined).unwrap_or_else(stub)
    }

    /// What is as good as such an address for good, where nobody comes to know.
    pub(super) fn lasting(&self, address: usize) -> usize {
        self.stubs.lasting(address)
    }

    /// What leads to the code of a function: compiles it, or waits for who does.
    pub(super) fn make_ready(&self, compiler: &Compiler, defined: usize) -> Result<usize, Error> {
        let mut state = lock(&self.state);
        let mut tiers = self.tiers;
        loop {
            if let Some(code) = self.stubs.ready(defined) {
                return Ok(code);
            }
            if state.busy.contains(&(defined as u32)) {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let quick = tiers && state.next < self.quick_end && !self.may_stay(defined);
            let effort = if quick { Effort::Quick } else { Effort::Full };
            let busy = self.claim(state, defined)?;
            // Who comes along has the same code: quick code is not for those that may stay in it.
            let made = self.make(compiler, busy, effort, |other| {
                self.stubs.ready(other).is_none() && !(quick && self.may_stay(other))
            });
            match (made, quick) {
                (Err(error), false) => return Err(error),
                // Optimised it may be less work.
                (Err(_), true) => tiers = false,
                (Ok(()), _) => {}
            }
            state = lock(&self.state);
        }
    }

    /// Whether quick code of a function might be all that a program runs. In stress mode functions with loops are
    /// not spared.
    fn may_stay(&self, defined: usize) -> bool {
        let is_small = self.module.bodies[defined].range.len() <= LOOPS;
        is_small && !self.stress && loops_alone(&self.module, defined)
    }

    /// Whether quick code of a function was called often. Tells it once.
    fn is_hot(&self, defined: usize) -> bool {
        self.stubs.is_counted_out(defined, LOOK_AGAIN)
    }

    /// Compiles a function again that has quick code only, with all effort, unless somebody does.
    pub(super) fn improve(&self, compiler: &Compiler, defined: usize) -> Result<(), Error> {
        let state = lock(&self.state);
        if !self.stubs.is_quick(defined) || state.busy.contains(&(defined as u32)) {
            return Ok(());
        }
        let busy = self.claim(state, defined)?;
        let improved = self.make(compiler, busy, Effort::Again, |other| {
            self.stubs.is_quick(other)
        });
        if improved.is_err() {
            self.stubs.count(defined, i32::MAX);
        }
        improved
    }

    /// Makes a function the business of this thread.
    fn claim(&self, mut state: MutexGuard<'_, State>, defined: usize) -> Result<Busy<'_>, Error> {
        alloc::room(&mut state.busy, WHAT)?;
        state.busy.push(defined as u32);
        drop(state);
        Ok(Busy {
            cold: self,
            members: vec![defined as u32],
        })
    }

    /// Compiles a function, along with small ones that are free, and publishes the code.
    fn make(
        &self,
        compiler: &Compiler,
        mut busy: Busy<'_>,
        effort: Effort,
        is_free: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        let defined = busy.members[0] as usize;
        busy.take_along(companions(&self.module, defined, &is_free), &is_free);
        let artifact = match self.compile(compiler, &busy.members, effort) {
            // A companion may be what cannot be compiled.
            Err(_) if busy.members.len() > 1 => {
                self.compile(compiler, &busy.members[..1], effort)?
            }
            artifact => artifact?,
        };
        self.publish(artifact)
    }

    /// A function was called by way of its stub. Notes what it calls, to be compiled ahead, or that it is to be
    /// compiled again. Whether somebody is to begin with it.
    pub(super) fn look_ahead(&self, defined: usize) -> bool {
        if self.is_hot(defined) {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            if self.stubs.is_quick(defined) && ahead.hot.len() < MOST_AHEAD {
                ahead.hot.push_back(defined as u32);
            }
            return ahead.begin();
        }
        let callees = callees(&self.module, defined).into_iter().rev();
        let cold = callees.filter(|&callee| self.stubs.ready(callee as usize).is_none());
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        // What was noted last is called first.
        for callee in cold {
            if ahead.refused.len() < MOST_AHEAD && !ahead.refused.contains(&callee) {
                ahead.functions.push_front(callee);
            }
        }
        ahead.functions.truncate(MOST_AHEAD);
        ahead.begin()
    }

    /// The same where no thread can compile meanwhile.
    pub(super) fn look_back(&self, compiler: &Compiler, defined: usize) {
        if self.is_hot(defined) {
            // Without room for better code there is what there is.
            let _ = self.improve(compiler, defined);
        }
    }

    /// Compiles one of the functions that were noted. Whether there was one.
    pub(super) fn compile_ahead(&self, compiler: &Compiler) -> bool {
        let next = {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            let next = ahead.next();
            ahead.runs = next.is_some();
            next
        };
        match next {
            None => return false,
            Some(Next::Hot(hot)) => {
                let improved = || self.improve(compiler, hot as usize).is_ok();
                // A panic leaves the quick code.
                let _ = catch_unwind(AssertUnwindSafe(improved));
            }
            Some(Next::Cold(cold)) => self.compile_cold(compiler, cold),
        }
        true
    }

    fn compile_cold(&self, compiler: &Compiler, next: u32) {
        // What is busy needs nobody else.
        if !lock(&self.state).busy.contains(&next) {
            // What cannot be compiled is an error of the call, and so is a panic.
            let made = || self.make_ready(compiler, next as usize).is_ok();
            if !catch_unwind(AssertUnwindSafe(made)).unwrap_or(false) {
                let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
                ahead.refused.insert(next);
            }
        }
    }

    /// Nobody compiles ahead what was noted.
    pub(super) fn stop_looking_ahead(&self) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = Ahead::default();
    }

    /// Compiles functions, where there is stack for it.
    fn compile(
        &self,
        compiler: &Compiler,
        members: &[u32],
        effort: Effort,
    ) -> Result<Artifact, Error> {
        let is_near = |defined: usize| self.stubs.is_final(defined);
        let compile = || {
            let members = members.to_vec();
            compiler.compile_late(&self.module, &self.late, members, effort, &is_near)
        };
        let base = os::host_stack_base().unwrap_or(0);
        let artifact = match stack_pointer().saturating_sub(base) > COMPILER_STACK {
            true => compile(),
            false => elsewhere(compile)?,
        };
        let late = |error| Error::limit(format_args!("a function cannot be compiled: {error}"));
        artifact.map_err(late)
    }

    /// Makes code executable, and leads calls of its functions there.
    fn publish(&self, mut artifact: Artifact) -> Result<(), Error> {
        let (tables, quick) = (Tables::of(&artifact), artifact.quick);
        let text = std::mem::take(&mut artifact.text);
        let mut state = lock(&self.state);
        let page = os::page_size();
        let size = text.len().next_multiple_of(page);
        if size > self.end - state.next {
            return Err(Error::limit(format_args!(
                "no room for more machine code of a module: {} bytes were reserved",
                self.end - self.start()
            )));
        }
        // What is left of the last page may as well lie before the code: branch predictors look at the low bits
        // of an address first, and pieces that call each other should differ there.
        let places = (size - text.len()) / LINE + 1;
        let offset = state.log.len() * 25 % places * LINE;
        let (pages, start) = (state.next as *mut u8, state.next + offset);
        self.reserve(&mut state, artifact.members.len())?;
        // SAFETY: the pages are in the room, where nobody has been yet, and the lock is held. They become
        // executable before anyone learns the address.
        unsafe {
            os::protect(pages, size, Access::ReadWrite).map_err(Error::no_memory(WHAT))?;
            let code = pages.add(offset);
            code.copy_from_nonoverlapping(text.as_ptr(), text.len());
            self.adjust(
                std::slice::from_raw_parts_mut(code, text.len()),
                start,
                &mut artifact,
            );
            os::protect(pages, size, Access::ReadExecute).map_err(Error::no_memory(WHAT))?;
        }
        state.next += size;
        let functions = artifact.members.iter().zip(&artifact.functions);
        let ready: Vec<_> = functions
            .map(|(&member, range)| (member, start + range.start as usize))
            .collect();
        let piece = Piece {
            start,
            length: text.len(),
            tables,
        };
        let pieces = &mut self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        pieces.push(piece);
        for (member, code) in ready {
            match quick {
                true => self.lead_to_quick(member as usize, code),
                false => self.stubs.lead_to(member as usize, code),
            }
            state.log.push(member);
        }
        Ok(())
    }

    /// Leads calls of a function to quick code, unless there is better.
    fn lead_to_quick(&self, defined: usize, code: usize) {
        let is_large = self.module.bodies[defined].range.len() > LOOPS;
        let often = match (self.stress, is_large) {
            (true, _) => 1,
            (false, true) => OFTEN_IF_LARGE,
            (false, false) => OFTEN,
        };
        if self.stubs.ready(defined).is_none() {
            self.stubs.lead_to_quick(defined, code, often);
        }
    }

    /// Room to note a piece with so many functions.
    fn reserve(&self, state: &mut State, functions: usize) -> Result<(), Error> {
        let none = |_| Error::limit("no memory for machine code");
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        pieces.try_reserve(1).map_err(none)?;
        state.log.try_reserve(functions).map_err(none)
    }

    /// Tells of the functions whose code came after the first `known`: position, and address. Gives how many
    /// there are now.
    pub(super) fn news(&self, known: usize, mut tell: impl FnMut(usize, usize)) -> usize {
        let state = lock(&self.state);
        for &member in state.log.get(known..).unwrap_or_default() {
            let defined = member as usize;
            tell(defined, self.function(defined));
        }
        state.log.len()
    }

    /// Fills in what leads out of a piece of code that lies at an address.
    fn adjust(&self, code: &mut [u8], address: usize, artifact: &mut Artifact) {
        let jumps = std::mem::take(&mut artifact.transfers);
        shorten(code, address, &jumps, &transfers(self.stress));
        for outside in std::mem::take(&mut artifact.outside) {
            let defined = outside.function as usize;
            let target = match outside.reach {
                Reach::Code => self.stubs.lasting(self.function(defined)),
                Reach::Slot => self.stubs.slot_address(defined),
            };
            let filled = outside.fill(code, address, target);
            assert!(filled, "all of it lies within reach");
        }
    }

    /// What a look at the piece gives that an address lies in: its tables, where it is, and the offset.
    pub(super) fn in_tables<R>(
        &self,
        pc: usize,
        look: impl FnOnce(&Tables, usize, u32) -> Option<R>,
    ) -> Option<R> {
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let after = pieces.partition_point(|piece| piece.start <= pc);
        let piece = &pieces[after.checked_sub(1)?];
        let offset = pc - piece.start;
        (offset < piece.length).then(|| look(&piece.tables, piece.start, offset as u32))?
    }
}

/// Functions that are being compiled by this thread.
struct Busy<'a> {
    cold: &'a Cold,
    members: Vec<u32>,
}

impl Busy<'_> {
    /// Takes more of them, but for those that others compile, or have compiled.
    fn take_along(&mut self, companions: Vec<u32>, is_free: impl Fn(usize) -> bool) {
        let mut state = lock(&self.cold.state);
        for companion in companions {
            if is_free(companion as usize) && !state.busy.contains(&companion) {
                state.busy.push(companion);
                self.members.push(companion);
            }
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let busy = &mut lock(&self.cold.state).busy;
        busy.retain(|busy| !self.members.contains(busy));
        self.cold.changed.notify_all();
    }
}

/// Runs something on a thread with more stack, and waits for it.
#[cold]
fn elsewhere<R: Send>(run: impl FnOnce() -> R + Send) -> Result<R, Error> {
    let thread = std::thread::Builder::new().stack_size(8 * COMPILER_STACK);
    std::thread::scope(|scope| {
        let thread = thread.spawn_scoped(scope, run);
        let thread = thread.map_err(Error::no_memory("a thread that compiles"))?;
        thread
            .join()
            .or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // A panic while it was locked left it whole.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
