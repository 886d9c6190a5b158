//! Machine code: the one place that makes bytes executable, and what a program counter means.
//!
//! ```text
//!  Artifact (inert) ──copy──► pages, read-write ──protect──► pages, read-execute ──drop──► unmapped
//!  Image (file) ───────────────────map──────────────────────────────▲
//! ```
//!
//! Of a module whose functions are compiled when they are called there are more pages with each: `cold.rs`.

use crate::Engine;
use crate::Error;
use crate::alloc;
use crate::image::{Entry as Keep, Image, Kind, Snapshot};
use crate::vm::cold::Cold;
use crate::vm::mapped;
use bident_abi::{TrapCode, VmStore};
use bident_compile::{Artifact, Compiler, Late, Tables, Trampoline, in_background};
use bident_module::{FuncIndex, Module};
use bident_stack::Transfers;
use bident_stack::os::{self, Access};
use std::mem::offset_of;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Pages of code that can be executed. They lie near the stubs that they call and are called by: with
/// four gigabytes and more in between, suspending and resuming took 1.3 ns longer.
pub(super) struct Pages {
    pub(super) start: *mut u8,
    pub(super) size: usize,
    /// Offset of the code in the pages.
    pub(super) offset: usize,
}

// SAFETY: nobody writes the pages after they are published, but `cold.rs`, which says how; they live as long as
// the value.
unsafe impl Send for Pages {}
// SAFETY: as above.
unsafe impl Sync for Pages {}

impl Pages {
    /// Publishes code, after `adjust`, which gets it and its address, had its way with it. The pages are
    /// never writable and executable at the same time.
    fn publish(text: &[u8], adjust: impl FnOnce(&mut [u8], usize)) -> Result<Self, Error> {
        let offset = next_offset();
        let size = (offset + text.len().max(1)).next_multiple_of(os::page_size());
        let stubs = bident_stack::leave_host as *const () as usize;
        let start = os::allocate_near(size, stubs).map_err(Error::no_memory("machine code"))?;
        let pages = Self {
            start,
            size,
            offset,
        };
        // SAFETY: freshly mapped, writable, long enough, and nobody else's; then made executable for
        // good before anyone learns the address.
        unsafe {
            let code = start.add(offset);
            code.copy_from_nonoverlapping(text.as_ptr(), text.len());
            let code = std::slice::from_raw_parts_mut(code, text.len());
            adjust(code, pages.code());
            os::protect(start, size, Access::ReadExecute)
                .map_err(Error::no_memory("machine code"))?;
        }
        Ok(pages)
    }

    /// Publishes the code of an image, which is mapped where it can be.
    fn publish_image(image: &Image, stubs: &Transfers) -> Result<Self, Error> {
        let size = image.text.bytes.len().max(1);
        let size = size.next_multiple_of(os::page_size());
        let near = bident_stack::leave_host as *const () as usize;
        let start = os::reserve_near(size, near).map_err(Error::no_memory("machine code"))?;
        let pages = Self {
            start,
            size,
            offset: 0,
        };
        // SAFETY: freshly mapped, long enough, and nobody else's. Whoever made the image vouches for what it is.
        unsafe { mapped::place(&image.text, &image.tables, start, stubs)? };
        Ok(pages)
    }

    /// Address of the code.
    fn code(&self) -> usize {
        self.start.addr() + self.offset
    }
}

/// Code begins at multiples of this: a line of the cache.
pub(super) const LINE: usize = 64;

/// Where in its first page the next code starts. With every trampoline and every module at the start of
/// a page, entering a function took 36 or 55 ns, depending on where the system put the pages; branch
/// predictors look at the low bits of an address first.
fn next_offset() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const PLACES: usize = 16;
    (NEXT.fetch_add(5, Ordering::Relaxed) % PLACES) * LINE
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: stores keep the code they run alive (`CodeMap`), so nothing executes here.
        unsafe { os::unmap(self.start, self.size) };
    }
}

/// Leads jumps to transfer stubs there at once, where that is near enough: they go by way of a piece of
/// code that looks the address up.
pub(super) fn shorten(code: &mut [u8], address: usize, jumps: &[(u32, u32)], stubs: &Transfers) {
    for &(at, stub) in jumps {
        let at = at as usize;
        let Some(stub) = stub_at(stubs, stub as usize) else {
            continue;
        };
        let distance = stub.wrapping_sub(address + at + 4).cast_signed();
        let displacement = code.get_mut(at..at + 4);
        if let (Ok(distance), Some(displacement)) = (i32::try_from(distance), displacement) {
            displacement.copy_from_slice(&distance.to_le_bytes());
        }
    }
}

/// The stub whose address lies at this offset of a store.
fn stub_at(stubs: &Transfers, offset: usize) -> Option<usize> {
    let of = |field: usize| offset == offset_of!(VmStore, transfers) + field;
    let stubs = [
        (offset_of!(Transfers, resume), stubs.resume),
        (offset_of!(Transfers, resume_throw), stubs.resume_throw),
        (offset_of!(Transfers, suspend), stubs.suspend),
        (offset_of!(Transfers, switch), stubs.switch),
    ];
    stubs
        .into_iter()
        .find(|(field, _)| of(*field))
        .map(|(_, stub)| stub)
}

/// Whether a thread can compile while another runs.
fn has_idle_cores() -> bool {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZero::get)) > 1
}

/// What the pages hold.
enum Content {
    /// All functions, and what explains them.
    Module {
        module: Arc<Module>,
        tables: Tables,
    },
    /// Functions that come when they are called.
    Cold(Box<Cold>),
    Trampoline {
        traps: Vec<(u32, TrapCode)>,
    },
}

/// Executable code of a module, or a trampoline. On lines of the cache of its own: how many share it changes with each
/// store.
#[repr(align(64))]
pub(crate) struct Code {
    pages: Pages,
    /// Bytes of code.
    length: usize,
    content: Content,
    /// Where it is kept, if it is.
    entry: Option<Keep>,
}

/// Where in a module a program counter lies.
pub(crate) struct Position {
    /// Position among the module's functions.
    pub(crate) func: FuncIndex,
    /// Offset of the instruction in the binary, where known.
    pub(crate) offset: Option<u32>,
}

impl Code {
    /// Makes the code of a module executable.
    /// `stress`: for stores in stress mode.
    pub(crate) fn of_module(
        module: Arc<Module>,
        mut artifact: Artifact,
        stress: bool,
        entry: Option<Keep>,
    ) -> Result<Self, Error> {
        let tables = Tables::of(&artifact);
        let text = std::mem::take(&mut artifact.text);
        let jumps = std::mem::take(&mut artifact.transfers);
        drop(artifact);
        let stubs = bident_stack::transfers(stress);
        let pages = Pages::publish(&text, |code, address| {
            shorten(code, address, &jumps, &stubs);
        })?;
        Ok(Self {
            pages,
            length: text.len(),
            content: Content::Module { module, tables },
            entry,
        })
    }

    /// Makes the code of an image executable, which has all functions of a module.
    /// `stress`: as above.
    ///
    /// # Errors
    /// Kind `Usage`: it does not have them.
    pub(crate) fn of_image(
        module: Arc<Module>,
        image: &Image,
        stress: bool,
    ) -> Result<Self, Error> {
        let (tables, length) = (&image.tables, image.text.bytes.len());
        let ends = (0..tables.len()).map(|i| tables.function(i));
        let fits = |end: Option<u32>| end.is_some_and(|end| end as usize <= length);
        let fit = ends
            .map(|range| range.start.checked_add(range.len))
            .all(fits);
        if tables.len() != module.bodies.len() || !fit || image.kind != Kind::Whole {
            return Err(Error::usage("compiled code of another module"));
        }
        let content = Content::Module {
            module,
            tables: tables.clone(),
        };
        Ok(Self {
            pages: Pages::publish_image(image, &bident_stack::transfers(stress))?,
            length,
            content,
            entry: None,
        })
    }

    /// Room for the code of a module that is compiled later.
    /// `modes`: `stress`, as above; whether functions are compiled quickly first.
    /// `image` has what was compiled in other runs.
    pub(crate) fn of_cold(
        module: Arc<Module>,
        late: Late,
        image: Option<&Image>,
        modes: (bool, bool),
        entry: Option<Keep>,
    ) -> Result<Self, Error> {
        let (pages, cold) = Cold::new(module, late, image, modes)?;
        Ok(Self {
            length: pages.size - pages.offset,
            pages,
            content: Content::Cold(Box::new(cold)),
            entry,
        })
    }

    /// Makes a trampoline executable.
    pub(crate) fn of_trampoline(trampoline: Trampoline) -> Result<Self, Error> {
        Ok(Self {
            pages: Pages::publish(&trampoline.code, |_, _| ())?,
            length: trampoline.code.len(),
            content: Content::Trampoline {
                traps: trampoline.traps,
            },
            entry: None,
        })
    }

    /// Address of the first byte; the entry of a trampoline.
    pub(crate) fn start(&self) -> usize {
        self.pages.code()
    }

    pub(crate) fn end(&self) -> usize {
        self.start() + self.length
    }

    /// Address of a defined function of a module. Calls may go there from now on, whether its code is there or
    /// not.
    pub(crate) fn function(&self, defined: usize) -> usize {
        match &self.content {
            Content::Module { tables, .. } => {
                self.start() + tables.function(defined).start as usize
            }
            Content::Cold(cold) => cold.function(defined),
            Content::Trampoline { .. } => self.start(),
        }
    }

    /// What is as good as an address of a function, and stays so when the function has better code: see
    /// [`Cold::lasting`].
    pub(crate) fn lasting(&self, address: usize) -> usize {
        match &self.content {
            Content::Cold(cold) => cold.lasting(address),
            _ => address,
        }
    }

    /// Address of the code of a defined function of a module, which is compiled now if it was not yet.
    ///
    /// # Errors
    /// Kind `Limit`: there is no room for the code, or the function is too much work.
    pub(crate) fn make_ready(&self, compiler: &Compiler, defined: usize) -> Result<usize, Error> {
        match &self.content {
            Content::Cold(cold) => cold.make_ready(compiler, defined),
            _ => Ok(self.function(defined)),
        }
    }

    /// A function was compiled because it was called: idle cores compile what it calls.
    pub(crate) fn look_ahead(self: &Arc<Self>, engine: &Engine, defined: usize) {
        let Content::Cold(cold) = &self.content else {
            return;
        };
        if !has_idle_cores() {
            cold.look_back(engine.compiler(), defined);
        } else if cold.look_ahead(defined) {
            let (code, engine) = (Arc::downgrade(self), engine.clone());
            let turn = move || match code.upgrade().as_deref() {
                Some(
                    code @ Self {
                        content: Content::Cold(cold),
                        ..
                    },
                ) => {
                    let more = cold.compile_ahead(engine.compiler());
                    if !more {
                        code.keep(false);
                    }
                    more
                }
                _ => false,
            };
            if in_background(turn).is_err() {
                cold.stop_looking_ahead();
            }
        }
    }

    /// Writes the code to the cache that it is to be kept in, if any, and if there is new code.
    /// `at_once`: the process may be about to end.
    pub(crate) fn keep(&self, at_once: bool) {
        let Some(entry) = &self.entry else {
            return;
        };
        match &self.content {
            Content::Module { tables, .. } => entry.save(self.length, at_once, || {
                // SAFETY: published, as long as this.
                let code =
                    unsafe { std::slice::from_raw_parts(self.start() as *const u8, self.length) };
                let mut text = alloc::list(code.len(), "machine code").ok()?;
                text.extend_from_slice(code);
                mapped::restore(&mut text, tables);
                Some(Snapshot {
                    kind: Kind::Whole,
                    tables: tables.clone(),
                    text,
                })
            }),
            Content::Cold(cold) => entry.save(cold.size(), at_once, || cold.snapshot()),
            Content::Trampoline { .. } => {}
        }
    }

    /// Whether it is kept somewhere.
    pub(crate) fn is_kept(&self) -> bool {
        self.entry.is_some()
    }

    /// Tells of functions whose code has come: see [`Cold::news`].
    pub(crate) fn news(&self, known: usize, tell: impl FnMut(usize, usize)) -> usize {
        match &self.content {
            Content::Cold(cold) => cold.news(known, tell),
            _ => 0,
        }
    }

    /// The module whose code it is; `None` for a trampoline.
    pub(crate) fn module(&self) -> Option<&Arc<Module>> {
        match &self.content {
            Content::Module { module, .. } => Some(module),
            Content::Cold(cold) => Some(cold.module()),
            Content::Trampoline { .. } => None,
        }
    }

    /// The tables for the code at an address, where that code begins, and the offset there.
    fn in_tables<R>(
        &self,
        pc: usize,
        look: impl FnOnce(&Tables, usize, u32) -> Option<R>,
    ) -> Option<R> {
        match &self.content {
            Content::Module { tables, .. } => look(tables, self.start(), self.offset(pc)?),
            Content::Cold(cold) => cold.in_tables(pc, look),
            Content::Trampoline { .. } => None,
        }
    }

    /// First byte of the function that an address lies in.
    pub(crate) fn function_start(&self, pc: usize) -> Option<usize> {
        if let Content::Trampoline { .. } = &self.content {
            return self.offset(pc).map(|_| self.start());
        }
        self.in_tables(pc, |tables, start, offset| {
            let index = tables.function_at(offset)?;
            Some(start + tables.function(index).start as usize)
        })
    }

    /// What a fault at an address means.
    pub(crate) fn trap_at(&self, pc: usize) -> Option<TrapCode> {
        if let Content::Trampoline { traps } = &self.content {
            let offset = self.offset(pc)?;
            let found = traps.iter().find(|(at, _)| *at == offset);
            return found.map(|(_, code)| *code);
        }
        self.in_tables(pc, |tables, _, offset| tables.trap_at(offset))
    }

    /// Where an exception lands that comes out of the call which returns to `pc`: landing pad, and the
    /// distance from frame to stack pointer there.
    pub(crate) fn landing_at(&self, pc: usize) -> Option<(usize, usize)> {
        self.in_tables(pc, |tables, start, offset| {
            let landing = tables.landing_at(offset)?;
            Some((start + landing.pad as usize, landing.frame as usize))
        })
    }

    /// Functions and instructions that an address belongs to: more than one where a function was compiled
    /// in place of a call, innermost first. Empty in a trampoline.
    pub(crate) fn positions(&self, pc: usize) -> Vec<Position> {
        let positions = self.in_tables(pc, |tables, _, offset| {
            let module = self.module()?;
            let defined = tables.defined(tables.function_at(offset)?);
            let mut offsets: Vec<_> = tables.addresses_at(offset).collect();
            // The last is in the function itself.
            let own = offsets.pop();
            let inlined = offsets.into_iter().filter_map(|offset| {
                let func = module.func_at(offset)?;
                let offset = Some(offset);
                Some(Position { func, offset })
            });
            let func = module.func_of(defined);
            let own = Position { func, offset: own };
            Some(inlined.chain([own]).collect())
        });
        positions.unwrap_or_default()
    }

    fn offset(&self, pc: usize) -> Option<u32> {
        (self.start()..self.end())
            .contains(&pc)
            .then(|| (pc - self.start()) as u32)
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        self.keep(true);
    }
}

/// The code that runs in one store, sorted by address. The signal handler reads it: it only runs while
/// compiled code does, and then nothing changes the map.
#[derive(Default)]
pub(crate) struct CodeMap(Vec<Entry>);

enum Entry {
    /// A module, as frames may hold the address of what its instances share.
    Module(crate::Module),
    Trampoline(Arc<Code>),
}

impl Entry {
    fn code(&self) -> &Arc<Code> {
        match self {
            Self::Module(module) => module.code(),
            Self::Trampoline(code) => code,
        }
    }
}

impl CodeMap {
    /// Adds a trampoline, unless it is there.
    pub(crate) fn add(&mut self, code: &Arc<Code>) -> Result<(), Error> {
        self.insert(code, || Entry::Trampoline(code.clone()))
    }

    /// Adds the code of a module, unless it is there.
    pub(crate) fn add_module(&mut self, module: &crate::Module) -> Result<(), Error> {
        self.insert(module.code(), || Entry::Module(module.clone()))
    }

    fn insert(&mut self, code: &Code, entry: impl FnOnce() -> Entry) -> Result<(), Error> {
        if let Err(at) = self.search(code) {
            alloc::room_from_one(&mut self.0, "machine code")?;
            self.0.insert(at, entry());
        }
        Ok(())
    }

    fn search(&self, code: &Code) -> Result<usize, usize> {
        let start = code.start();
        self.0
            .binary_search_by_key(&start, |entry| entry.code().start())
    }

    /// How much there is.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Where code is, if it is there.
    pub(crate) fn position(&self, code: &Code) -> Option<u32> {
        self.search(code).ok().map(|position| position as u32)
    }

    /// The code of modules, with where it is.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (u32, &Code)> {
        let numbered = (0..).zip(&self.0);
        numbered.filter_map(|(position, entry)| match entry {
            Entry::Module(module) => Some((position, &**module.code())),
            Entry::Trampoline(_) => None,
        })
    }

    /// Drops the code of modules that is not wanted.
    pub(crate) fn retain(&mut self, wanted: impl Fn(u32) -> bool) {
        let mut position = 0;
        self.0.retain(|entry| {
            position += 1;
            matches!(entry, Entry::Trampoline(_)) || wanted(position - 1)
        });
    }

    /// The code that an address lies in.
    pub(crate) fn find(&self, pc: usize) -> Option<&Arc<Code>> {
        let after = self.0.partition_point(|entry| entry.code().start() <= pc);
        let code = self.0[after.checked_sub(1)?].code();
        (pc < code.end()).then_some(code)
    }
}
