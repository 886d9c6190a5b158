//! All stacklets of a store: when memory is taken, reused, moved and given back, within two limits.

use crate::arch::{RED_ZONE, write_root};
use crate::arena::Arena;
use crate::memory::{self, Blocks, SLAB_CLASSES, class_for, class_size};
use crate::relocate::relocate;
use crate::stacklet::{Anchor, Entry, Handle, Stacklet, State};
use std::fmt;
use std::io;
use std::num::NonZeroU32;
use std::ptr;

/// How much memory stacklets may take, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Largest block of one stacklet; rounded up to a size class.
    pub stacklet: usize,
    /// All blocks of a store together.
    pub total: usize,
}

/// Why a stacklet could not be made or could not grow.
#[derive(Debug)]
pub enum Error {
    /// One stacklet reached [`Limits::stacklet`].
    StackletLimit,
    /// All together reached [`Limits::total`].
    TotalLimit,
    /// The system has no memory.
    Os(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StackletLimit => f.write_str("a stack reached its largest size"),
            Self::TotalLimit => f.write_str("the stacks of the store reached their limit"),
            Self::Os(error) => write!(f, "no memory for a stack: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Os(error)
    }
}

/// Figures about the stacklets of a store.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Stats {
    /// Stacklets that have a block.
    pub live: usize,
    /// Bytes of their blocks.
    pub bytes: usize,
    /// Bytes mapped from the system for blocks.
    pub mapped: usize,
    /// Moves so far, growth included.
    pub moves: u64,
}

/// The stacklets of a store.
pub struct Stacks {
    arena: Arena,
    blocks: Blocks,
    limits: Limits,
    largest_class: u32,
    live: usize,
    bytes: usize,
    moves: u64,
}

// SAFETY: the pointers inside lead only to memory that this value owns.
unsafe impl Send for Stacks {}

impl Stacks {
    /// No stacklets yet.
    ///
    /// # Errors
    /// If the system has no address space left for the control records.
    pub fn new(limits: Limits) -> io::Result<Self> {
        Ok(Self {
            arena: Arena::new()?,
            blocks: Blocks::new(),
            limits,
            largest_class: class_for(limits.stacklet),
            live: 0,
            bytes: 0,
            moves: 0,
        })
    }

    /// A fresh stacklet on a block of `class`, which will call `entry` when it is entered. In the second
    /// half of the total limit the block is of the smallest class: what grows there grows when it must.
    ///
    /// # Errors
    /// A limit, or no memory.
    #[inline]
    pub fn create(
        &mut self,
        class: u32,
        anchor: *const Anchor,
        entry: Entry,
    ) -> Result<*mut Stacklet, Error> {
        let mut class = class.min(self.largest_class);
        if class > 0 && self.bytes + class_size(class) > self.limits.total / 2 {
            class = 0;
        }
        let size = class_size(class);
        if self.bytes + size > self.limits.total {
            return Err(Error::TotalLimit);
        }
        let block = self.blocks.allocate(class)?;
        let record = match self.arena.take() {
            Ok(record) => record,
            Err(error) => {
                // SAFETY: allocated above, unused.
                unsafe { self.blocks.free(block, class) };
                return Err(error.into());
            }
        };
        let base = block.addr();
        // SAFETY: the arena gave the record to us alone, and the block is larger than a root frame.
        unsafe {
            let stacklet = &mut *record;
            stacklet.context = write_root(base + size, anchor.expose_provenance(), entry);
            stacklet.limit = base + RED_ZONE;
            stacklet.base = base;
            stacklet.top = base + size;
            stacklet.parent = ptr::null_mut();
            stacklet.state = State::Fresh;
            stacklet.class = class;
        }
        self.live += 1;
        self.bytes += size;
        Ok(record)
    }

    /// Frees a stacklet, whatever its state, and makes its handles worthless.
    ///
    /// # Safety
    /// `create` of this value gave it, it was not released since, and it does not run.
    #[inline]
    pub unsafe fn release(&mut self, record: *mut Stacklet) {
        // SAFETY: the caller says that it is live and ours.
        unsafe {
            let (base, class) = ((*record).base, (*record).class);
            self.blocks.free(base as *mut u8, class);
            self.live -= 1;
            self.bytes -= class_size(class);
            self.arena.give(record);
        }
    }

    /// Moves a stacklet to a block of twice the size.
    ///
    /// # Safety
    /// As for [`Stacks::move_block`].
    ///
    /// # Errors
    /// A limit, or no memory; the stacklet is then as before.
    pub unsafe fn grow(&mut self, record: *mut Stacklet) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe {
            let class = (*record).class;
            if class >= self.largest_class {
                return Err(Error::StackletLimit);
            }
            let more = class_size(class + 1) - class_size(class);
            if self.bytes + more > self.limits.total {
                return Err(Error::TotalLimit);
            }
            self.move_to(record, class + 1)
        }
    }

    /// Moves a stacklet to another block of the same size.
    ///
    /// # Safety
    /// `create` of this value gave it and it was not released since. Nothing executes on it: its
    /// `context` is where it goes on, and its frames keep the rules of the crate.
    ///
    /// # Errors
    /// No memory; the stacklet is then as before.
    pub unsafe fn move_block(&mut self, record: *mut Stacklet) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe { self.move_to(record, (*record).class) }
    }

    unsafe fn move_to(&mut self, record: *mut Stacklet, class: u32) -> Result<(), Error> {
        let block = self.blocks.allocate(class)?;
        // SAFETY: the caller keeps the rules of `relocate`; the new block is ours and not smaller.
        unsafe {
            let (old, old_class) = ((*record).base, (*record).class);
            relocate(&mut *record, block, class);
            self.blocks.free(old as *mut u8, old_class);
            self.bytes = self.bytes + class_size(class) - class_size(old_class);
        }
        self.moves += 1;
        Ok(())
    }

    /// A handle that is good until the stacklet's revision advances.
    ///
    /// # Safety
    /// `create` of this value gave the stacklet and it was not released since.
    #[inline]
    pub unsafe fn handle(&self, record: *const Stacklet) -> Handle {
        // SAFETY: the caller says that it is live.
        let (index, revision) = unsafe { ((*record).index, (*record).revision) };
        let revision = NonZeroU32::new(revision).expect("revisions start at one and never wrap");
        Handle { index, revision }
    }

    /// The suspended stacklet that a handle names; `None` if the handle was used up.
    #[inline]
    pub fn resolve(&self, handle: Handle) -> Option<*mut Stacklet> {
        let record = self.arena.get(handle.index)?;
        // SAFETY: the arena gives only initialised records.
        let live = unsafe {
            (*record).revision == handle.revision.get() && (*record).state == State::Suspended
        };
        live.then_some(record)
    }

    /// Live parts of all stacklets that have a block, as `(sp, top)`. For those that run, `sp` is
    /// where they last left: only good while host code runs.
    pub fn live_parts(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.arena.iter().filter_map(|record| {
            // SAFETY: the arena gives only initialised records.
            let stacklet = unsafe { &*record };
            (stacklet.state != State::Free).then_some((stacklet.context.sp, stacklet.top))
        })
    }

    /// Figures.
    pub fn stats(&self) -> Stats {
        Stats {
            live: self.live,
            bytes: self.bytes,
            mapped: self.blocks.mapped(),
            moves: self.moves,
        }
    }

    /// Gives idle memory back to the system.
    pub fn trim(&mut self) {
        self.blocks.trim();
    }

    /// In debug builds, panics if something wrote below the limit of the stacklet's block.
    ///
    /// # Safety
    /// `create` of this value gave the stacklet and it was not released since.
    #[inline]
    pub unsafe fn check(&self, record: *const Stacklet) {
        if cfg!(debug_assertions) {
            // SAFETY: a live stacklet has a mapped block.
            unsafe { memory::check_guard((*record).base as *const u8) };
        }
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        for record in self.arena.iter() {
            // SAFETY: the arena gives only initialised records; nothing runs on a block any more.
            unsafe {
                let stacklet = &*record;
                if stacklet.state != State::Free && stacklet.class >= SLAB_CLASSES {
                    self.blocks.free(stacklet.base as *mut u8, stacklet.class);
                }
            }
        }
    }
}

/// What is remembered of the size that stacks of one entry function need.
///
/// Starts at the smallest class, follows growth at once as far as blocks come from slabs, and after
/// 64 stacks tries one class less: a function that went deep once does not pay for ever.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Lesson(u32);

impl Lesson {
    const TRIAL: u32 = 64;

    /// From the word in which [`Lesson::word`] keeps it.
    pub fn from_word(word: u32) -> Self {
        Self(word)
    }

    /// The lesson in one word.
    pub fn word(self) -> u32 {
        self.0
    }

    /// Class for the next stack.
    #[inline]
    pub fn class(&mut self) -> u32 {
        let (class, uses) = (self.0 & 0xff, self.0 >> 8);
        if class == 0 {
            return 0;
        }
        if uses >= Self::TRIAL {
            self.0 = class - 1;
            return class - 1;
        }
        self.0 = class | (uses + 1) << 8;
        class
    }

    /// A stack ended in this class.
    #[inline]
    pub fn learn(&mut self, class: u32) {
        let class = class.min(SLAB_CLASSES - 1);
        if class > self.0 & 0xff {
            self.0 = class;
        }
    }
}
