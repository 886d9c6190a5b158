//! All stacklets of a store: when memory is taken, reused, moved and given back, within two limits.

use crate::arch::{BOUND_FRAME, RED_ZONE, bound_resume, set_link, write_root};
use crate::arena::Arena;
use crate::memory::{self, Blocks, SLAB_CLASSES, class_for, class_size};
use crate::relocate::relocate;
use crate::stacklet::{Anchor, Entry, MOST_IDLE, NO_HANDLERS, Reference, Stacklet, State};
use std::fmt;
use std::io;
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
            let link = (&raw mut stacklet.parent).expose_provenance();
            stacklet.sp = write_root(base + size, link, anchor.expose_provenance(), entry);
            stacklet.limit = base + RED_ZONE;
            stacklet.top = base + size;
            stacklet.parent = ptr::null_mut();
            stacklet.handlers = &raw const NO_HANDLERS;
            stacklet.origin = entry.origin;
            stacklet.last = stacklet.position;
            stacklet.state = State::Live;
            stacklet.class = class as u8;
            stacklet.marked = false;
            stacklet.parked = false;
        }
        self.live += 1;
        self.bytes += size;
        Ok(record)
    }

    /// Frees a stacklet, whether it ran or not, and makes its references worthless.
    ///
    /// # Safety
    /// `create` of this value gave it, it was not released since, and it does not run.
    #[inline]
    pub unsafe fn release(&mut self, record: *mut Stacklet) {
        // SAFETY: the caller says that it is live and ours.
        unsafe {
            let (base, class) = ((*record).base(), (*record).class());
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
            let class = (*record).class();
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
    /// `sp` leads to where it goes on, and its frames keep the rules of the crate.
    ///
    /// # Errors
    /// No memory; the stacklet is then as before.
    pub unsafe fn move_block(&mut self, record: *mut Stacklet) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe { self.move_to(record, (*record).class()) }
    }

    unsafe fn move_to(&mut self, record: *mut Stacklet, class: u32) -> Result<(), Error> {
        let block = self.blocks.allocate(class)?;
        // SAFETY: the caller keeps the rules of `relocate`; the new block is ours and not smaller.
        unsafe {
            let (old, old_class) = ((*record).base(), (*record).class());
            relocate(&mut *record, block, class);
            self.blocks.free(old as *mut u8, old_class);
            self.bytes = self.bytes + class_size(class) - class_size(old_class);
        }
        self.moves += 1;
        Ok(())
    }

    /// The first stacklet of the suspended chain that a word names; `None` if it names none, whatever
    /// the word. Of a stacklet that runs, too, if the word is the reference it will have next.
    #[inline]
    pub fn first_of_chain(&self, word: u64) -> Option<*mut Stacklet> {
        let first = self.resolve(Reference::from_word(word)?)?;
        // SAFETY: resolved, so it is live.
        let waits = unsafe { (*first).last == 0 };
        (!waits).then_some(first)
    }

    /// The suspended stacklet that a reference names; `None` if the reference was used.
    #[inline]
    pub fn resolve(&self, reference: Reference) -> Option<*mut Stacklet> {
        let record = self.arena.get(reference.index()?)?;
        // SAFETY: the arena gives only initialised records.
        let named = unsafe { (*record).reference() == reference && (*record).state == State::Live };
        named.then_some(record)
    }

    /// The record of the last stacklet in a suspended chain.
    ///
    /// # Safety
    /// `first` is suspended or fresh, and of this value.
    pub unsafe fn last(&self, first: *const Stacklet) -> *mut Stacklet {
        // SAFETY: the caller says so; `last` was set when it was suspended.
        let position = unsafe { (*first).last };
        self.arena.base().wrapping_byte_add(position as usize)
    }

    /// The first record, for [`Anchor::records`].
    pub fn records(&self) -> *mut Stacklet {
        self.arena.base()
    }

    /// The stacklets there are.
    pub fn live(&self) -> impl Iterator<Item = *mut Stacklet> + '_ {
        let is_live = |record: &*mut Stacklet| {
            // SAFETY: the arena gives only initialised records.
            unsafe { (**record).state == State::Live }
        };
        self.arena.iter().filter(is_live)
    }

    /// Revision that records made from here on start with: to test what happens when one wraps.
    pub fn set_first_revision(&mut self, revision: u32) {
        self.arena.first_revision = revision.max(1);
    }

    /// Takes back what entering the root of a chain from the host did to its link: a walk along frame
    /// pointers is to go on in whoever resumes it next.
    ///
    /// # Safety
    /// The stacklet is suspended, and of this value.
    pub unsafe fn unlink_host(&self, root: *mut Stacklet) {
        // SAFETY: a live stacklet has a block with a root frame.
        unsafe { set_link((*root).top, (&raw mut (*root).parent).expose_provenance()) };
    }

    /// Moves a suspended stacklet whose revision has wrapped to another record: the old one is never
    /// used again, so that references that were used stay so.
    ///
    /// # Safety
    /// The stacklet is the first of its chain, suspended or fresh, of this value, and its revision is 0.
    ///
    /// # Errors
    /// If there is no record left.
    pub unsafe fn rehome(&mut self, old: *mut Stacklet) -> Result<*mut Stacklet, Error> {
        let record = self.arena.take()?;
        // SAFETY: the arena gave the new record to us alone; nobody refers to the old one but by
        // reference, since it is the first of its chain.
        unsafe {
            let (position, revision) = ((*record).position, (*record).revision);
            record.write(old.read());
            (*record).position = position;
            (*record).revision = revision;
            if (*old).last == (*old).position {
                (*record).last = position;
            }
            self.unlink_host(record);
            self.arena.give(old);
        }
        Ok(record)
    }

    /// Pushes values onto a suspended stacklet: its next resume puts them into the transfer buffer from
    /// `position` on. Gives its new reference; the old one is used.
    ///
    /// # Safety
    /// The stacklet is suspended or fresh, and of this value.
    ///
    /// # Errors
    /// A limit, or no memory; the stacklet is then as before.
    pub unsafe fn bind(
        &mut self,
        record: *mut Stacklet,
        position: usize,
        values: &[[u64; 2]],
    ) -> Result<Reference, Error> {
        let mut record = record;
        if !values.is_empty() {
            let needed = BOUND_FRAME + size_of_val(values);
            // SAFETY: passed on; what is written lies between limit and stack pointer.
            unsafe {
                loop {
                    if (*record).sp >= (*record).limit + needed {
                        break;
                    }
                    self.grow(record)?;
                }
                let sp = (*record).sp - needed;
                let resume = bound_resume as *const () as usize;
                let frame = [(*record).sp, resume, values.len(), position];
                (sp as *mut [usize; 4]).write(frame);
                let first = (sp + BOUND_FRAME) as *mut [u64; 2];
                first.copy_from_nonoverlapping(values.as_ptr(), values.len());
                (*record).sp = sp;
            }
        }
        // SAFETY: live, as the caller says.
        unsafe {
            (*record).revision = (*record).revision.wrapping_add(1);
            if (*record).revision == 0 {
                record = self.rehome(record)?;
            }
            Ok((*record).reference())
        }
    }

    /// Makes a stacklet go on at a landing pad: `pad`, with this stack and frame pointer.
    ///
    /// # Safety
    /// The stacklet is live, of this value, and does not run; the pad belongs to the frame, and what
    /// lies below `sp` is not needed any more.
    pub unsafe fn land(&mut self, record: *mut Stacklet, pad: usize, sp: usize, fp: usize) {
        // SAFETY: below the frame's end there were at least the return address of a call and the frame
        // pointer that the callee or a stub saved.
        unsafe {
            let sp = sp - size_of::<[usize; 2]>();
            debug_assert!((*record).contains(sp) && (*record).contains(fp));
            (sp as *mut [usize; 2]).write([fp, pad]);
            (*record).sp = sp;
        }
    }

    /// Frees every stacklet that is not marked, and takes the marks off.
    ///
    /// # Safety
    /// Those that are not marked do not run, and nobody has a use for them.
    pub unsafe fn sweep(&mut self) {
        for index in 0..self.arena.count() {
            let Some(record) = self.arena.get(index) else {
                break;
            };
            // SAFETY: the arena gives only initialised records; the caller answers for the rest.
            unsafe {
                let marked = std::mem::take(&mut (*record).marked);
                if (*record).state == State::Live && !marked {
                    self.release(record);
                }
            }
        }
    }

    /// Frees a chain from its first stacklet to `last`, or to its root.
    ///
    /// # Safety
    /// As for [`Stacks::release`], for each of them.
    pub unsafe fn release_chain(&mut self, first: *mut Stacklet, last: *mut Stacklet) {
        let mut next = first;
        while !next.is_null() {
            let stacklet = next;
            // SAFETY: passed on; the parent is read while the record is live.
            unsafe {
                next = (*stacklet).parent;
                self.release(stacklet);
            }
            if stacklet == last {
                break;
            }
        }
    }

    /// Number of records that were ever used: what a collector has to look at.
    pub fn used(&self) -> u32 {
        self.arena.count()
    }

    /// Bytes of blocks that there may be at most.
    pub fn limit(&self) -> usize {
        self.limits.total
    }

    /// Bytes of the blocks of all stacklets and idle records.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives the blocks of idle records back.
    pub fn release_idle(&mut self, anchor: &mut Anchor) {
        while !anchor.idle.is_null() {
            let record = anchor.idle;
            anchor.room += 1;
            // SAFETY: idle records of the anchor are of this value, linked, and nobody's.
            unsafe {
                anchor.idle = (*record).parent;
                self.release(record);
            }
        }
    }

    /// Figures.
    pub fn stats(&self, anchor: &Anchor) -> Stats {
        let idle = (MOST_IDLE - anchor.room) as usize;
        Stats {
            live: self.live - idle,
            bytes: self.bytes - idle * class_size(0),
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
            unsafe { memory::check_guard((*record).base() as *const u8) };
        }
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        for record in self.arena.iter() {
            // SAFETY: the arena gives only initialised records; nothing runs on a block any more.
            unsafe {
                let stacklet = &*record;
                if stacklet.state != State::Free && stacklet.class() >= SLAB_CLASSES {
                    self.blocks
                        .free(stacklet.base() as *mut u8, stacklet.class());
                }
            }
        }
    }
}

impl Stacklet {
    /// The part of the block that is in use, from stack pointer to top. Only good while it does not run.
    pub fn live_part(&self) -> (usize, usize) {
        (self.sp, self.top)
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
