//! For the tests and benchmarks of this crate: looks into records, and does to single stacklets what the
//! owner does only as part of something else. Nothing here is for others.

use crate::arch::{LEAVE_FRAME, saved_point};
use crate::chain::{Chain, Waiting, Wreck};
use crate::chains::Chains;
use crate::pool::Error;
use crate::stacklet::{Reference, Stacklet, State};

/// Which stacklet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(*mut Stacklet);

impl Id {
    /// The one with its record at this address.
    pub fn at(record: usize) -> Self {
        Self(record as *mut Stacklet)
    }
}

/// What a record says.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// Saved stack pointer.
    pub sp: usize,
    /// Lowest address of the block.
    pub base: usize,
    /// One past its highest address.
    pub top: usize,
    /// Its size class.
    pub class: u32,
    /// Address of the record of the parent, or 0.
    pub parent: usize,
    /// Whether it is a stack.
    pub live: bool,
    /// What names it next.
    pub reference: Reference,
}

impl Record {
    /// Whether the address lies in the block.
    pub fn contains(&self, address: usize) -> bool {
        (self.base..self.top).contains(&address)
    }
}

/// Bytes from the saved stack pointer of a stacklet that left to the return address.
pub const LEFT: usize = LEAVE_FRAME;

impl Chain<'_> {
    /// Its last stacklet.
    #[inline]
    pub fn last_id(&self) -> Id {
        Id(self.last)
    }
}

impl Wreck<'_> {
    /// Its first stacklet.
    #[inline]
    pub fn id(&self) -> Id {
        Id(self.first)
    }
}

impl Waiting<'_> {
    /// Its first stacklet.
    #[inline]
    pub fn id(&self) -> Id {
        Id(self.first)
    }
}

impl Chains {
    /// The stacklet that a word names.
    #[inline]
    pub fn id_of(&self, word: u64) -> Option<Id> {
        self.pool.resolve(Reference::from_word(word)?).map(Id)
    }

    /// The current stacklet, if something runs.
    #[inline]
    pub fn current_id(&self) -> Option<Id> {
        (!self.anchor.current.is_null()).then_some(Id(self.anchor.current))
    }

    /// What a record says.
    ///
    /// # Safety
    /// It is one of this owner's, live or not.
    #[inline]
    pub unsafe fn record(&self, Id(stacklet): Id) -> Record {
        // SAFETY: records stay mapped as long as their owner.
        let record = unsafe { &*stacklet };
        Record {
            sp: record.sp,
            base: record.base(),
            top: record.top,
            class: record.class(),
            parent: record.parent.addr(),
            live: record.state == State::Live,
            reference: record.reference(),
        }
    }

    /// Those that have a block.
    pub fn live_ids(&self) -> Vec<Id> {
        let mut walk = self.pool.walk();
        std::iter::from_fn(|| self.pool.next(&mut walk))
            // SAFETY: a record of the pool.
            .filter(|stacklet| unsafe { (**stacklet).state == State::Live })
            .map(Id)
            .collect()
    }

    /// Where it goes on, and with which frame pointer; `None` if it never ran.
    ///
    /// # Safety
    /// It is one of this owner's, live, and does not run.
    #[inline]
    pub unsafe fn point_of(&self, Id(stacklet): Id) -> Option<(usize, usize)> {
        // SAFETY: passed on.
        unsafe { saved_point((*stacklet).sp) }
    }

    /// A handle made of nothing.
    ///
    /// # Safety
    /// It is the first of a chain of this owner's that is fresh, suspended or parked, and nobody else
    /// runs or frees it.
    #[inline]
    pub unsafe fn chain_of(&mut self, Id(first): Id) -> Chain<'_> {
        // SAFETY: passed on.
        unsafe { Chain::new(first, self.pool.last(first)) }
    }

    /// Moves a stacklet to another block, of twice the size if it is to grow.
    ///
    /// # Safety
    /// As for [`Chains::point_of`].
    ///
    /// # Errors
    /// A limit, or no memory.
    pub unsafe fn move_id(&mut self, Id(stacklet): Id, grows: bool) -> Result<(), Error> {
        // SAFETY: passed on.
        unsafe {
            match grows {
                true => self.pool.grow(stacklet)?,
                false => self.pool.move_block(stacklet)?,
            }
            if stacklet == self.anchor.current {
                self.anchor.limit = (*stacklet).limit;
            }
        }
        Ok(())
    }

    /// Frees the stacklets from one to another of its chain.
    ///
    /// # Safety
    /// As for [`Chains::point_of`], for each; nobody has another use for them.
    pub unsafe fn free_chain(&mut self, Id(first): Id, Id(last): Id) {
        // SAFETY: passed on.
        unsafe { self.pool.release_chain(first, last) };
    }

    /// Panics if something wrote below the limit of the block (debug builds).
    ///
    /// # Safety
    /// It is one of this owner's, and live.
    pub unsafe fn check(&self, Id(stacklet): Id) {
        // SAFETY: passed on.
        unsafe { self.pool.check(stacklet) };
    }

    /// Writes both halves of a value into the transfer buffer.
    ///
    /// # Panics
    /// If there was no room made for it.
    pub fn set_both(&mut self, position: usize, halves: [u64; 2]) {
        assert!(position < self.room_for_values());
        // SAFETY: within the buffer.
        unsafe { self.anchor.payload.add(position).write(halves) };
    }

    /// Sets the revision.
    ///
    /// # Safety
    /// It is one of this owner's, and no reference to it is in use.
    pub unsafe fn set_revision(&mut self, Id(stacklet): Id, revision: u32) {
        // SAFETY: passed on.
        unsafe { (*stacklet).revision = revision };
    }

    /// How many more records may become idle.
    pub fn room(&self) -> u32 {
        self.anchor.room
    }

    /// The address that the innermost run goes on at.
    ///
    /// # Safety
    /// A host function runs that code of this owner's has called.
    pub unsafe fn entered_at(&self) -> usize {
        // SAFETY: `host_sp` leads to the anchor, and above it the stub left the address.
        unsafe { (*(self.anchor.host_sp as *const [usize; 2]))[1] }
    }

    /// Whether there are no more records than those in use.
    pub fn exhaust_records(&mut self, exhausted: bool) {
        self.pool.exhaust(exhausted);
    }
}
