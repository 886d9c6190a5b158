//! Collection: which stacklets can still be reached. The embedder follows its own references; this
//! follows the words of stacks.

use crate::arch;
use crate::arena::Walk;
use crate::chain::Parked;
use crate::chains::Chains;
use crate::stacklet::{Hint, Hold, Reference, Stacklet, State};
use std::ptr;

/// What a collection still has to look at: as much as a guest likes, and memory may be short.
pub struct Pending<T> {
    first: [T; FIRST_PENDING],
    /// How many of them there are.
    count: usize,
    more: Vec<T>,
    incomplete: bool,
}

/// How many need no memory: enough that a list, or a tree, is walked in one go.
const FIRST_PENDING: usize = 64;

impl<T: Copy> Pending<T> {
    /// Nothing; `filler` stands where there is none.
    pub fn new(filler: T) -> Self {
        Self {
            first: [filler; FIRST_PENDING],
            count: 0,
            more: Vec::new(),
            incomplete: false,
        }
    }

    /// Adds something, or leaves it out for want of memory.
    #[inline]
    pub fn push(&mut self, item: T) {
        if let Some(place) = self.first.get_mut(self.count) {
            *place = item;
            self.count += 1;
        } else if self.more.try_reserve(1).is_ok() {
            self.more.push(item);
        } else {
            self.incomplete = true;
        }
    }

    /// Takes what was added last.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.more.pop().or_else(|| {
            self.count = self.count.checked_sub(1)?;
            Some(self.first[self.count])
        })
    }

    /// What will be taken after so many others.
    fn after(&self, others: usize) -> Option<T> {
        let last = self.more.len().checked_sub(others + 1)?;
        self.more.get(last).copied()
    }

    /// Whether something was left out since this was last asked.
    pub fn was_incomplete(&mut self) -> bool {
        std::mem::take(&mut self.incomplete)
    }
}

/// A collection that is under way: reached so far are all chains that run or are held, and what
/// [`Marking::reach`] was told. Held ones are looked at last.
///
/// A *trace* is a collection that frees nothing, and may rest in between: [`Marking::pause`],
/// [`Chains::mark_on`], [`Chains::unmark`]. It looks at what it reaches, so chains may run and go between two
/// steps; but then the next one finds other things.
pub struct Marking<'c> {
    owner: &'c mut Chains,
    /// Stacklets that are reached, but whose words were not looked at.
    pending: Pending<*mut Stacklet>,
    /// Whether the marks are off already.
    swept: bool,
}

impl Chains {
    /// Begins a collection at its roots: chains that run or that a [`crate::Parked`] holds. Those that
    /// were dropped are freed before.
    pub fn mark(&mut self) -> Marking<'_> {
        self.free_dropped();
        // The embedder may give a tag back that it is about, and others come to lie there.
        self.anchor.hint = Hint::NONE;
        let mut marking = Marking {
            owner: self,
            pending: Pending::new(ptr::null_mut()),
            swept: false,
        };
        // SAFETY: chains that run or are held are live, and linked up to a last without parent.
        unsafe {
            for first in marking.owner.firsts() {
                marking.chain(first, ptr::null_mut());
            }
            let mut records = marking.records();
            while let Some(record) = marking.next(&mut records) {
                let mut next = held(record);
                while let Some(stacklet) = next.as_mut() {
                    stacklet.marked = true;
                    next = stacklet.parent;
                }
            }
        }
        marking
    }
}

impl Marking<'_> {
    /// Reaches the continuation that a word names, if it names one: any word.
    pub fn reach(&mut self, word: u64) {
        let named = Reference::from_word(word).and_then(|name| self.owner.pool.resolve(name));
        let Some(first) = named else { return };
        // SAFETY: it is live. With an end, it is fresh, suspended or held; or it runs, and was reached
        // before.
        unsafe {
            if (*first).last != 0 {
                let last = self.owner.pool.last(first);
                self.chain(first, last);
            }
        }
    }

    /// Reaches the stacklets from `first` up to `last`; null: all the way.
    ///
    /// # Safety
    /// They are live, and linked by `parent`.
    unsafe fn chain(&mut self, first: *mut Stacklet, last: *mut Stacklet) {
        let mut next = first;
        // SAFETY: the caller says so.
        while let Some(stacklet) = unsafe { next.as_mut() } {
            if std::mem::replace(&mut stacklet.marked, true) {
                break;
            }
            self.pending.push(next);
            if next == last {
                break;
            }
            next = stacklet.parent;
        }
    }

    /// A walk over all records that were ever used. They stay where they are.
    fn records(&self) -> Walk {
        self.owner.pool.walk()
    }

    /// The next of them.
    #[inline(always)]
    fn next(&self, records: &mut Walk) -> Option<*mut Stacklet> {
        self.owner.pool.next(records)
    }

    /// Looks at every word of the transfer buffer, of chains that are held and of what was reached, also at
    /// their origins and the addresses of their handlers; `follow` gets each, and may reach more.
    pub fn scan(&mut self, mut follow: impl FnMut(&mut Self, u64)) {
        for position in 0..self.owner.room_for_values() {
            let word = self.owner.value(position);
            follow(self, word);
        }
        self.scan_pending(&mut follow);
        let (mut records, used) = (self.records(), self.owner.pool.used());
        let mut ahead = records.clone();
        for _ in 0..AHEAD {
            self.next(&mut ahead);
        }
        while let Some(record) = self.next(&mut records) {
            // SAFETY: records of the pool.
            let first = unsafe {
                if used >= MANY
                    && let Some(later) = self.next(&mut ahead)
                    && !held(later).is_null()
                {
                    prefetch(later);
                }
                held(record)
            };
            // Most records of most stores are of no chain that is held.
            if !first.is_null() {
                self.scan_held(first, &mut follow);
                self.scan_pending(&mut follow);
            }
        }
        self.scan_reached(follow);
    }

    /// The same of what was reached alone.
    pub fn scan_reached(&mut self, mut follow: impl FnMut(&mut Self, u64)) {
        self.scan_pending(&mut follow);
        while self.pending.was_incomplete() {
            self.scan_again(&mut follow);
        }
    }

    /// Looks at the words of a chain that is held, from its first stacklet on.
    fn scan_held(&mut self, first: *mut Stacklet, follow: &mut impl FnMut(&mut Self, u64)) {
        let mut next = first;
        // SAFETY: held chains are live, and linked up to a last without parent.
        while let Some(stacklet) = unsafe { next.as_ref() } {
            self.scan_stacklet(next, follow);
            next = stacklet.parent;
        }
    }

    fn scan_pending(&mut self, follow: &mut impl FnMut(&mut Self, u64)) {
        while let Some(stacklet) = self.pending.pop() {
            if let Some(later) = self.pending.after(AHEAD) {
                // SAFETY: it was reached, so it is live.
                unsafe { prefetch(later) };
            }
            self.scan_stacklet(stacklet, follow);
        }
    }

    /// Looks at the words of a stacklet that was reached, or is of a held chain.
    fn scan_stacklet(&mut self, stacklet: *mut Stacklet, follow: &mut impl FnMut(&mut Self, u64)) {
        // SAFETY: reached stacklets are live, and none runs.
        let (sp, top, others) = unsafe {
            let Stacklet {
                origin, handlers, ..
            } = *stacklet;
            ((*stacklet).sp, (*stacklet).top, [origin, handlers.addr()])
        };
        for word in others {
            follow(self, word as u64);
        }
        for address in (sp..top).step_by(size_of::<u64>()) {
            // SAFETY: the live part of a stacklet is initialised, aligned memory.
            let word = unsafe { (address as *const u64).read() };
            follow(self, word);
        }
    }

    /// Looks at all that was reached, again: some of it was left out.
    #[cold]
    fn scan_again(&mut self, follow: &mut impl FnMut(&mut Self, u64)) {
        let mut records = self.records();
        while let Some(stacklet) = self.next(&mut records) {
            // SAFETY: a record of the pool. Only live ones are marked.
            if unsafe { (*stacklet).marked } {
                self.scan_stacklet(stacklet, follow);
                self.scan_pending(follow);
            }
        }
    }

    /// Reaches a chain that is held.
    ///
    /// # Panics
    /// If it is of another owner, or runs.
    pub fn reach_held(&mut self, parked: &Parked) {
        let first = parked.first(self.owner).as_ptr();
        // SAFETY: it is parked, so it is live, and linked up to a last without parent.
        unsafe { self.chain(first, ptr::null_mut()) };
    }

    /// Reaches all chains that [`Chains::own`] was told of.
    pub fn reach_owned(&mut self) {
        let mut records = self.records();
        while let Some(record) = self.next(&mut records) {
            // SAFETY: records of the pool; a chain that is owned is parked, so it is live, and linked up to a
            // last without parent.
            unsafe {
                if (*record).held == Hold::Owned && (*record).state == State::Live {
                    self.chain(record, ptr::null_mut());
                }
            }
        }
    }

    /// Leaves all marks as they are. Whoever takes another step of the trace has followed all that is reached.
    pub fn pause(mut self) {
        debug_assert!(self.pending.pop().is_none(), "something was not followed");
        self.swept = true;
    }

    /// Ends the collection: frees every stacklet that was not reached.
    pub fn sweep(mut self) {
        let mut records = self.records();
        while let Some(stacklet) = self.next(&mut records) {
            // SAFETY: a record of the pool. What was not reached neither runs nor is held; whoever still
            // has a reference finds that it was used.
            unsafe {
                let marked = std::mem::take(&mut (*stacklet).marked);
                if (*stacklet).state == State::Live && !marked {
                    self.owner.pool.release(stacklet);
                }
            }
        }
        self.swept = true;
    }
}

impl Chains {
    /// Lets a chain that is held be no root until [`Chains::unmark`].
    ///
    /// # Panics
    /// If it is of another owner, or runs.
    pub fn own(&mut self, parked: &Parked) {
        let first = parked.first(self);
        // SAFETY: it is parked, so its record is live.
        unsafe { (*first.as_ptr()).held = Hold::Owned };
    }

    /// Goes on with a trace: reached are those marked before.
    pub fn mark_on(&mut self) -> Marking<'_> {
        Marking {
            owner: self,
            pending: Pending::new(ptr::null_mut()),
            swept: false,
        }
    }

    /// Takes all marks off; with `all`, the trace ends: chains that are held are roots again.
    pub fn unmark(&mut self, all: bool) {
        let mut records = self.pool.walk();
        while let Some(stacklet) = self.pool.next(&mut records) {
            // SAFETY: a record of the pool.
            unsafe {
                (*stacklet).marked = false;
                if all && (*stacklet).held == Hold::Owned {
                    (*stacklet).held = Hold::Held;
                }
            }
        }
    }
}

/// The record, if it is the first of a chain that is held, and a root; else null.
///
/// # Safety
/// It is a record of the pool.
#[inline]
unsafe fn held(stacklet: *mut Stacklet) -> *mut Stacklet {
    // SAFETY: the caller says so.
    match unsafe { (*stacklet).held == Hold::Held && (*stacklet).state == State::Live } {
        true => stacklet,
        false => ptr::null_mut(),
    }
}

/// Records whose stacks lie in no cache any more; of fewer nobody asks for one.
const MANY: u32 = 1024;

/// So many stacks are on their way from memory while one is looked at.
const AHEAD: usize = 8;

/// Bytes that the processor fetches at a time, and how many times that of a stack are asked for: most of a small
/// one that waits.
const LINE: usize = 64;
const LINES: usize = 4;

/// Asks the processor to have a stack near.
///
/// # Safety
/// It is a record of the pool.
unsafe fn prefetch(stacklet: *const Stacklet) {
    // SAFETY: the caller says so.
    let sp = unsafe { (*stacklet).sp };
    for line in 0..LINES {
        arch::prefetch(sp.wrapping_add(line * LINE));
    }
}

impl Drop for Marking<'_> {
    /// Takes the marks off.
    fn drop(&mut self) {
        if self.swept {
            return;
        }
        let mut records = self.records();
        while let Some(record) = self.next(&mut records) {
            // SAFETY: a record of the pool.
            unsafe { (*record).marked = false };
        }
    }
}
