//! Code of a module whose functions are compiled when they are first called. See `docs/lazy.md`.
//!
//! ```text
//!  pages:  read-write     read-execute                  read-execute, more with each piece      none
//!         ┌──────────────┬────────────────────────────┬──────────────────────────────────────┬─────────┐
//!         │ slots        │ stubs                      │ piece   piece   piece                │ room    │
//!         └──────────────┴────────────────────────────┴──────────────────────────────────────┴─────────┘
//!  slot 7:  address ──►  stub 7:   jmp [slot 7]
//!           before  ───────► enter: push 7               bytes
//!                                  jmp way_out              6
//!           after ──────────────────────────────────► code  5
//!  slot n:  first_call   way_out:  jmp [slot n]             5
//! ```
//!
//! Pages of code are written before they are executable, and never after. What changes is a slot, once, when
//! its function is whole.

use crate::alloc;
use crate::error::Error;
use crate::image::{Image, Kind, Snapshot};
use crate::vm::code::{LINE, Pages, shorten};
use crate::vm::mapped;
use bident_compile::{Artifact, Compiler, Late, Reach, Tables, callees, companions};
use bident_module::Module;
use bident_stack::os::{self, Access};
use bident_stack::{first_call, leave_host, stack_pointer, transfers};
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

const WHAT: &str = "machine code";

/// Address space for each byte of a body: many times what code takes on average, for it costs nothing.
/// Bodies that do nothing but make objects, or convert numbers, have 20 to 26.
const ROOM_PER_BYTE: usize = 32;

/// The same on top of that: where functions are translated in place of calls, a small module may have much code.
const ROOM: usize = 1 << 20;

/// The same at most, less than a displacement reaches.
const MOST_ROOM: usize = 1 << 30;

/// The compiler needs this much stack.
const COMPILER_STACK: usize = 1 << 20;

/// Bytes of a stub, and of its first instruction.
const STUB: usize = 16;
const ENTER: usize = 6;

/// Bytes of a slot.
const SLOT: usize = size_of::<usize>();

/// The functions of a module, and what of their code is there.
pub(super) struct Cold {
    module: Arc<Module>,
    late: Late,
    /// Whether stores are in stress mode.
    stress: bool,
    /// How many functions.
    count: usize,
    /// First slot; there is one more than functions.
    slots: *const AtomicUsize,
    /// Address of the first stub.
    stubs: usize,
    /// Where the pages end.
    end: usize,
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
    /// What could not be compiled: nobody tries it again ahead of a call. Of so many nobody tries any more.
    refused: BTreeSet<u32>,
    /// Whether a thread is at it.
    runs: bool,
}

/// Functions that wait to be compiled ahead, at most.
const MOST_AHEAD: usize = 4096;

/// Functions that were compiled together.
struct Piece {
    start: usize,
    /// Bytes of code.
    length: usize,
    tables: Tables,
}

// SAFETY: the slots are atomics in pages that live as long as the value: both are in a `Code`.
unsafe impl Send for Cold {}
// SAFETY: as above.
unsafe impl Sync for Cold {}

impl Cold {
    /// Room for the functions of a module, stubs, and what other runs have compiled.
    pub(super) fn new(
        module: Arc<Module>,
        late: Late,
        image: Option<&Image>,
        stress: bool,
    ) -> Result<(Pages, Self), Error> {
        let page = os::page_size();
        let count = module.bodies.len();
        let bytes = module.bodies.iter().map(|body| body.range.len());
        let slots = ((count + 1) * SLOT).next_multiple_of(page);
        let stubs = (count * STUB + ENTER).next_multiple_of(page);
        let room = bytes.sum::<usize>() * ROOM_PER_BYTE + count * page + ROOM;
        let size = slots + stubs + room.min(MOST_ROOM).next_multiple_of(page);
        let start = os::reserve_near(size, leave_host as *const () as usize)
            .map_err(Error::no_memory(WHAT))?;
        let pages = Pages {
            start,
            size,
            offset: slots,
        };
        let code = image.map_or(0, |image| image.text.bytes.len());
        if image.is_some() && (code < stubs || !code.is_multiple_of(page) || code > size - slots) {
            return Err(Error::usage("compiled code of another module"));
        }
        // SAFETY: freshly mapped, and nobody else's. The first part gets `count + 1` words, the second what
        // `write_stubs` writes, or what it wrote when the image was made, and both are large enough.
        unsafe {
            os::protect(start, slots, Access::ReadWrite).map_err(Error::no_memory(WHAT))?;
            write_slots(start.cast(), start.add(slots), count);
            let stub = start.add(slots);
            match image {
                Some(image) => {
                    mapped::place(&image.text, &image.tables, stub, &transfers(stress))?;
                }
                None => {
                    os::protect(stub, stubs, Access::ReadWrite).map_err(Error::no_memory(WHAT))?;
                    write_stubs(start.cast(), stub, count);
                    os::protect(stub, stubs, Access::ReadExecute)
                        .map_err(Error::no_memory(WHAT))?;
                }
            }
        }
        let cold = Self {
            module,
            late,
            stress,
            count,
            slots: start.cast(),
            stubs: start.addr() + slots,
            end: start.addr() + size,
            state: Mutex::new(State {
                busy: Vec::new(),
                log: Vec::new(),
                next: start.addr() + slots + stubs.max(code),
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
            if defined >= self.count || range.start.saturating_add(range.len) as usize > length {
                return Err(Error::usage("compiled code of another module"));
            }
            let code = self.stubs + range.start as usize;
            // Nobody else has it yet.
            self.slot(defined).store(code, Ordering::Relaxed);
        }
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        pieces.push(Piece {
            start: self.stubs,
            length,
            tables: tables.clone(),
        });
        Ok(())
    }

    /// Bytes of code and stubs that are there.
    pub(super) fn size(&self) -> usize {
        lock(&self.state).next - self.stubs
    }

    /// All code that is there, as it was compiled.
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let (pieces, size) = {
            let state = lock(&self.state);
            let there = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
            let mut pieces = alloc::list(there.len(), WHAT).ok()?;
            let place = |piece: &Piece| ((piece.start - self.stubs) as u32, piece.tables.clone());
            pieces.extend(there.iter().map(place));
            (pieces, state.next - self.stubs)
        };
        let tables = Tables::join(pieces.iter().map(|(at, tables)| (*at, tables)));
        let mut text = alloc::list(size, WHAT).ok()?;
        // SAFETY: the pages up to there can be read, and nobody writes them any more.
        text.extend_from_slice(unsafe {
            std::slice::from_raw_parts(self.stubs as *const u8, size)
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

    fn slot(&self, defined: usize) -> &AtomicUsize {
        assert!(defined < self.count);
        // SAFETY: there are that many, and the pages are there as long as this.
        unsafe { &*self.slots.add(defined) }
    }

    fn stub(&self, defined: usize) -> usize {
        self.stubs + defined * STUB
    }

    /// The code of a function, if it is there.
    fn ready(&self, defined: usize) -> Option<usize> {
        let code = self.slot(defined).load(Ordering::Acquire);
        (code != self.stub(defined) + ENTER).then_some(code)
    }

    /// What may be called in the place of a function.
    pub(super) fn function(&self, defined: usize) -> usize {
        self.ready(defined).unwrap_or_else(|| self.stub(defined))
    }

    /// The code of a function: compiles it, or waits for who does.
    pub(super) fn make_ready(&self, compiler: &Compiler, defined: usize) -> Result<usize, Error> {
        let mut state = lock(&self.state);
        loop {
            if let Some(code) = self.ready(defined) {
                return Ok(code);
            }
            if !state.busy.contains(&(defined as u32)) {
                break;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        alloc::room(&mut state.busy, WHAT)?;
        state.busy.push(defined as u32);
        drop(state);
        let mut busy = Busy {
            cold: self,
            members: vec![defined as u32],
        };
        let is_free = |other| self.ready(other).is_none();
        busy.take_along(companions(&self.module, defined, is_free));
        let artifact = match self.compile(compiler, &busy.members) {
            // A companion may be what cannot be compiled.
            Err(_) if busy.members.len() > 1 => self.compile(compiler, &busy.members[..1])?,
            artifact => artifact?,
        };
        self.publish(artifact)?;
        Ok(self.ready(defined).expect("it was just published"))
    }

    /// Notes what a function calls, to be compiled ahead. Whether somebody is to begin with it.
    pub(super) fn look_ahead(&self, defined: usize) -> bool {
        let callees = callees(&self.module, defined).into_iter().rev();
        let cold = callees.filter(|&callee| self.ready(callee as usize).is_none());
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        // What was noted last is called first.
        for callee in cold {
            if ahead.refused.len() < MOST_AHEAD && !ahead.refused.contains(&callee) {
                ahead.functions.push_front(callee);
            }
        }
        ahead.functions.truncate(MOST_AHEAD);
        let begins = !ahead.runs && !ahead.functions.is_empty();
        ahead.runs |= begins;
        begins
    }

    /// Compiles one of the functions that were noted. Whether there was one.
    pub(super) fn compile_ahead(&self, compiler: &Compiler) -> bool {
        let next = {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            let next = ahead.functions.pop_front();
            ahead.runs = next.is_some();
            next
        };
        let Some(next) = next else {
            return false;
        };
        // What is busy needs nobody else.
        if !lock(&self.state).busy.contains(&next) {
            // What cannot be compiled is an error of the call, and so is a panic.
            let made = || self.make_ready(compiler, next as usize).is_ok();
            if !catch_unwind(AssertUnwindSafe(made)).unwrap_or(false) {
                let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
                ahead.refused.insert(next);
            }
        }
        true
    }

    /// Nobody compiles ahead what was noted.
    pub(super) fn stop_looking_ahead(&self) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = Ahead::default();
    }

    /// Compiles functions, where there is stack for it.
    fn compile(&self, compiler: &Compiler, members: &[u32]) -> Result<Artifact, Error> {
        let is_near = |defined: usize| self.ready(defined).is_some();
        let compile = || {
            let members = members.to_vec();
            compiler.compile_late(&self.module, &self.late, members, &is_near)
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
        let tables = Tables::of(&artifact);
        let text = std::mem::take(&mut artifact.text);
        let mut state = lock(&self.state);
        let page = os::page_size();
        let size = text.len().next_multiple_of(page);
        if size > self.end - state.next {
            return Err(Error::limit(format_args!(
                "no room for more machine code of a module: {} bytes were reserved",
                self.end - self.stubs
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
            self.slot(member as usize).store(code, Ordering::Release);
            state.log.push(member);
        }
        Ok(())
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
                Reach::Code => self.function(defined),
                Reach::Slot => (&raw const *self.slot(defined)).addr(),
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
    fn take_along(&mut self, companions: Vec<u32>) {
        let mut state = lock(&self.cold.state);
        for companion in companions {
            let is_free = self.cold.ready(companion as usize).is_none();
            if is_free && !state.busy.contains(&companion) {
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

/// Writes slots, which lead back into the stubs.
///
/// # Safety
/// There is room for `count + 1` slots.
unsafe fn write_slots(slots: *mut AtomicUsize, stubs: *mut u8, count: usize) {
    let first_call = first_call as *const () as usize;
    let back = (0..count).map(|defined| stubs.addr() + defined * STUB + ENTER);
    for (slot, code) in back.chain([first_call]).enumerate() {
        // SAFETY: the caller provides the room.
        unsafe { slots.add(slot).write(AtomicUsize::new(code)) };
    }
}

/// Writes stubs. They are the same wherever they lie, at the same distance from the slots.
///
/// # Safety
/// There is room for `count` stubs and the way out; they are within reach of the slots.
unsafe fn write_stubs(slots: *const AtomicUsize, stubs: *mut u8, count: usize) {
    let way_out = stubs.addr() + count * STUB;
    let jump = |from: usize, slot: usize| {
        let slot = slots.addr() + slot * SLOT;
        let [a, b, c, d] = distance(from + ENTER, slot);
        [0xff, 0x25, a, b, c, d]
    };
    for defined in 0..count {
        let stub = stubs.addr() + defined * STUB;
        let [n0, n1, n2, n3] = (defined as u32).to_le_bytes();
        let [a, b, c, d] = distance(stub + STUB, way_out);
        let rest = [0x68, n0, n1, n2, n3, 0xe9, a, b, c, d];
        // SAFETY: the caller provides the room.
        unsafe {
            let to = stubs.add(defined * STUB);
            to.cast::<[u8; ENTER]>().write(jump(stub, defined));
            to.add(ENTER).cast::<[u8; STUB - ENTER]>().write(rest);
        }
    }
    // SAFETY: as above.
    unsafe {
        let to = stubs.add(count * STUB);
        to.cast::<[u8; ENTER]>().write(jump(way_out, count));
    }
}

/// A displacement from the end of an instruction to a target.
fn distance(end: usize, target: usize) -> [u8; 4] {
    let distance = target.wrapping_sub(end).cast_signed();
    i32::try_from(distance)
        .expect("slots and stubs lie side by side")
        .to_le_bytes()
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // A panic while it was locked left it whole.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
