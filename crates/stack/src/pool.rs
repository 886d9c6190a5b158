//! Records and blocks: when memory is taken, reused, moved and given back, within two limits.
//!
//! Knows single stacklets, not what chains they form, and not the anchor. Where records and blocks come from, all
//! stores of an engine share: `supply.rs`.

use crate::arch::{BOUND_FRAME, RED_ZONE, bound_resume, set_link, write_root};
use crate::arena::{Arena, Walk};
use crate::memory::{self, Blocks, class_for, class_size};
use crate::relocate::relocate;
use crate::stacklet::{Anchor, Entry, Hold, NO_HANDLERS, Reference, Stacklet, State};
use crate::supply::Supply;
use std::fmt;
use std::io;
use std::ptr;
use std::sync::Arc;

/// A value in the transfer buffer.
#[repr(C, align(16))]
#[derive(Clone, Copy, Default)]
pub(crate) struct Value(pub(crate) [u64; 2]);

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
    /// The reference is null, or was used.
    Used,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StackletLimit => f.write_str("a stack reached its largest size"),
            Self::TotalLimit => f.write_str("the stacks of the store reached their limit"),
            Self::Os(error) => write!(f, "no memory for a stack: {error}"),
            Self::Used => f.write_str("the reference to a stack was used"),
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
    /// Bytes of the blocks that the store has, in use or not.
    pub mapped: usize,
    /// Moves so far, growth included.
    pub moves: u64,
}

/// Records and blocks of stacklets.
pub(crate) struct Pool {
    arena: Arena,
    blocks: Blocks,
    limits: Limits,
    /// Bytes of blocks that there may be for now: at most the limit of all.
    granted: usize,
    /// Bytes that were wanted where there were no more.
    wanted: usize,
    largest_class: u32,
    live: usize,
    bytes: usize,
    moves: u64,
}

// SAFETY: the pointers inside lead only to memory that this value owns.
unsafe impl Send for Pool {}

impl Pool {
    /// No stacklets yet.
    pub(crate) fn new(limits: Limits, supply: &Arc<Supply>) -> Self {
        Self {
            arena: Arena::new(supply),
            blocks: Blocks::new(supply),
            limits,
            granted: limits.total,
            wanted: 0,
            largest_class: class_for(limits.stacklet),
            live: 0,
            bytes: 0,
            moves: 0,
        }
    }

    /// A fresh stacklet on a block of `class`, which will call `entry` when it is entered. In the second
    /// half of the total limit the block is of the smallest class: what grows there grows when it must.
    ///
    /// # Errors
    /// A limit, or no memory.
    #[inline]
    pub(crate) fn create(
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
        self.check_room(size, self.granted)?;
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
            stacklet.held = Hold::Not;
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
    pub(crate) unsafe fn release(&mut self, record: *mut Stacklet) {
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
    /// As for [`Pool::move_block`].
    ///
    /// # Errors
    /// A limit, or no memory; the stacklet is then as before.
    pub(crate) unsafe fn grow(&mut self, record: *mut Stacklet) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe { self.grow_within(record, self.granted) }
    }

    /// The same beyond what is granted, where nobody can be asked for more: whoever does that later finds more bytes
    /// than were granted.
    ///
    /// # Safety
    /// As for [`Pool::move_block`].
    ///
    /// # Errors
    /// As for [`Pool::grow`].
    pub(crate) unsafe fn overdraw(&mut self, record: *mut Stacklet) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe { self.grow_within(record, self.limits.total) }
    }

    unsafe fn grow_within(&mut self, record: *mut Stacklet, most: usize) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe {
            let class = (*record).class();
            if class >= self.largest_class {
                return Err(Error::StackletLimit);
            }
            self.check_room(class_size(class + 1) - class_size(class), most)?;
            self.move_to(record, class + 1)
        }
    }

    /// Whether so many bytes more are within `most`.
    #[inline]
    fn check_room(&mut self, more: usize, most: usize) -> Result<(), Error> {
        if self.bytes + more > most {
            self.wanted = more;
            return Err(Error::TotalLimit);
        }
        Ok(())
    }

    /// Moves a stacklet to another block of the same size.
    ///
    /// # Safety
    /// `create` of this value gave it and it was not released since. Nothing executes on it: its
    /// `sp` leads to where it goes on, and its frames keep the rules of the crate.
    ///
    /// # Errors
    /// No memory; the stacklet is then as before.
    pub(crate) unsafe fn move_block(&mut self, record: *mut Stacklet) -> Result<(), Error> {
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

    /// The suspended stacklet that a reference names; `None` if the reference was used.
    #[inline]
    pub(crate) fn resolve(&self, reference: Reference) -> Option<*mut Stacklet> {
        let record = self.arena.get(reference.index()?)?;
        // SAFETY: the arena gives only initialised records.
        let named = unsafe { (*record).reference() == reference && (*record).state == State::Live };
        named.then_some(record)
    }

    /// The record of the last stacklet in a suspended chain.
    ///
    /// # Safety
    /// `first` is suspended, parked or fresh, and of this value.
    #[inline]
    pub(crate) unsafe fn last(&self, first: *const Stacklet) -> *mut Stacklet {
        // SAFETY: the caller says so; `last` was set when it was suspended.
        let position = unsafe { (*first).last };
        self.arena.base().wrapping_byte_add(position as usize)
    }

    /// Where positions count from, for [`Anchor::records`].
    pub(crate) fn records(&self) -> *mut Stacklet {
        self.arena.base()
    }

    /// Begins a walk over all records that were ever used.
    pub(crate) fn walk(&self) -> Walk {
        self.arena.walk()
    }

    /// The next record of a walk.
    #[inline(always)]
    pub(crate) fn next(&self, walk: &mut Walk) -> Option<*mut Stacklet> {
        walk.next(&self.arena)
    }

    /// Whether there are no more records, for a test.
    pub(crate) fn exhaust(&mut self, exhausted: bool) {
        self.arena.exhaust(exhausted);
    }

    /// Revision that records made from here on start with: to test what happens when one wraps.
    pub(crate) fn set_first_revision(&mut self, revision: u32) {
        self.arena.first_revision = revision.max(1);
    }

    /// Takes back what entering a chain from the host did to the link of its last stacklet: a walk along
    /// frame pointers is to go on in whoever resumes it next.
    ///
    /// # Safety
    /// The stacklet is suspended, and of this value.
    pub(crate) unsafe fn unlink_host(&self, last: *mut Stacklet) {
        // SAFETY: a live stacklet has a block with a root frame.
        unsafe { set_link((*last).top, (&raw mut (*last).parent).expose_provenance()) };
    }

    /// Moves a suspended stacklet whose revision has wrapped to another record: the old one is never
    /// used again, so that references that were used stay so.
    ///
    /// # Safety
    /// The stacklet is the first of its chain, suspended or fresh, of this value, and its revision is 0.
    ///
    /// # Errors
    /// If there is no record left.
    pub(crate) unsafe fn rehome(&mut self, old: *mut Stacklet) -> Result<*mut Stacklet, Error> {
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
    /// `position` on.
    ///
    /// # Safety
    /// The stacklet is suspended or fresh, and of this value.
    ///
    /// # Errors
    /// A limit, or no memory; the stacklet is then as before, or larger.
    pub(crate) unsafe fn push_bound(
        &mut self,
        record: *mut Stacklet,
        position: usize,
        values: &[Value],
    ) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
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
            (sp as *mut [usize; 4]).write([(*record).sp, resume, values.len(), position]);
            let first = (sp + BOUND_FRAME) as *mut [u64; 2];
            for (i, value) in values.iter().enumerate() {
                first.add(i).write(value.0);
            }
            (*record).sp = sp;
        }
        Ok(())
    }

    /// Makes a stacklet go on at a landing pad: `pad`, with this stack and frame pointer.
    ///
    /// # Safety
    /// The stacklet is live, of this value, and does not run; the pad belongs to the frame, and what
    /// lies below `sp` is not needed any more.
    pub(crate) unsafe fn land(&mut self, record: *mut Stacklet, pad: usize, sp: usize, fp: usize) {
        // SAFETY: below the frame's end there were at least the return address of a call and the frame
        // pointer that the callee or a stub saved.
        unsafe {
            let sp = sp - size_of::<[usize; 2]>();
            debug_assert!((*record).contains(sp) && (*record).contains(fp));
            (sp as *mut [usize; 2]).write([fp, pad]);
            (*record).sp = sp;
        }
    }

    /// Frees a chain from its first stacklet to `last`, or all the way.
    ///
    /// # Safety
    /// As for [`Pool::release`], for each of them.
    #[inline]
    pub(crate) unsafe fn release_chain(&mut self, first: *mut Stacklet, last: *mut Stacklet) {
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

    /// Number of records that were ever used: what a collection has to look at.
    pub(crate) fn used(&self) -> u32 {
        self.arena.count()
    }

    /// Bytes of blocks that there may be at most.
    pub(crate) fn limit(&self) -> usize {
        self.limits.total
    }

    /// Bytes of blocks that there may be for now.
    pub(crate) fn granted(&self) -> usize {
        self.granted
    }

    /// Changes that.
    pub(crate) fn grant(&mut self, bytes: usize) {
        self.granted = bytes.min(self.limits.total);
    }

    /// Bytes that were wanted where there were no more.
    pub(crate) fn wanted(&self) -> usize {
        self.wanted
    }

    /// Nothing is wanted.
    pub(crate) fn forget_wanted(&mut self) {
        self.wanted = 0;
    }

    /// Bytes of the blocks of all stacklets and idle records.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Figures, without the idle records.
    pub(crate) fn stats(&self, idle: usize) -> Stats {
        Stats {
            live: self.live - idle,
            bytes: self.bytes - idle * class_size(0),
            mapped: self.blocks.mapped(),
            moves: self.moves,
        }
    }

    /// Gives idle memory back to the system.
    pub(crate) fn trim(&mut self) {
        self.blocks.trim();
    }

    /// In debug builds, panics if something wrote below the limit of the stacklet's block.
    ///
    /// # Safety
    /// `create` of this value gave the stacklet and it was not released since.
    #[inline]
    pub(crate) unsafe fn check(&self, record: *const Stacklet) {
        if cfg!(debug_assertions) {
            // SAFETY: a live stacklet has a mapped block.
            unsafe { memory::check_guard((*record).base() as *const u8) };
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut walk = self.walk();
        while let Some(record) = self.next(&mut walk) {
            // SAFETY: a record of the arena; nothing runs on its block any more.
            unsafe {
                let stacklet = &*record;
                if stacklet.state != State::Free {
                    let block = stacklet.base() as *mut u8;
                    self.blocks.reclaim(block, stacklet.class());
                }
            }
        }
    }
}
