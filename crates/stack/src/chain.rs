//! Handles: whoever has one has a chain to himself, and uses it up.
//!
//! ```text
//!  create, take ──► Chain ──run──► Stopped::Returned      (freed)
//!                     ▲        ├─► Stopped::Parked ──hold──► Parked ──┬─ take ─► Chain
//!                     │        ├─► Stopped::Suspended (named by a reference again)
//!                     │        └─► Wreck ──free──► (freed)            └─ free, drop ─► (freed)
//!                     └───────────────────────────────────────────────────┘
//! ```

use crate::arch;
use crate::chains::Chains;
use crate::frames::{View, chain_from};
use crate::stacklet::{Hold, Reference, Stacklet};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A chain that is about to run: what [`Chains::run`] uses up. While it is there, nobody else can use
/// the owner. One that is not used is freed by the next collection, as nobody can name it.
#[must_use = "a chain is there to be run"]
pub struct Chain<'c> {
    pub(crate) first: *mut Stacklet,
    pub(crate) last: *mut Stacklet,
    owner: PhantomData<&'c mut Chains>,
}

impl Chain<'_> {
    #[inline]
    pub(crate) fn new(first: *mut Stacklet, last: *mut Stacklet) -> Self {
        Self {
            first,
            last,
            owner: PhantomData,
        }
    }
}

/// How a run stopped, unless the chain is a [`Wreck`].
pub enum Stopped<'c> {
    /// The function that it began with returned: its results are in the transfer buffer.
    Returned {
        /// Size class of the block that it ran on last.
        class: u32,
    },
    /// A host function answered that it is pending: the chain waits for the host.
    Parked(Waiting<'c>),
    /// It was suspended to a handler of the host, and waits for a resume. The payload is in the
    /// transfer buffer.
    Suspended {
        /// What names it now.
        reference: Reference,
        /// Which of the handlers that it ran under.
        handler: usize,
    },
}

/// A chain that was just parked: to be held.
#[must_use = "a chain that nobody holds is freed by the next collection"]
pub struct Waiting<'c> {
    owner: &'c mut Chains,
    pub(crate) first: *mut Stacklet,
}

impl<'c> Waiting<'c> {
    /// # Safety
    /// The first of a chain of the owner's that was just parked. Nobody uses the owner while this lives.
    #[inline(always)]
    pub(crate) unsafe fn new(owner: *mut Chains, first: *mut Stacklet) -> Self {
        // SAFETY: the caller says so.
        let owner = unsafe { &mut *owner };
        Self { owner, first }
    }

    /// Holds it until it is to go on.
    #[inline]
    pub fn hold(self) -> Parked {
        let mut parked = Parked {
            first: ptr::null_mut(),
            dropped: self.owner.dropped().clone(),
        };
        parked.hold(self);
        parked
    }
}

/// What is left of a chain that trapped or was unwound: its frames stand as they did.
#[must_use = "its memory is to be freed"]
pub struct Wreck<'c> {
    owner: &'c mut Chains,
    pub(crate) first: *mut Stacklet,
    last: *mut Stacklet,
    trapped: bool,
}

impl<'c> Wreck<'c> {
    /// # Safety
    /// As for [`Waiting::new`], with a chain that trapped or was unwound.
    #[inline(always)]
    pub(crate) unsafe fn new(
        owner: *mut Chains,
        first: *mut Stacklet,
        last: *mut Stacklet,
        trapped: bool,
    ) -> Self {
        // SAFETY: the caller says so.
        let owner = unsafe { &mut *owner };
        Self {
            owner,
            first,
            last,
            trapped,
        }
    }

    /// Whether it trapped; else a host function or an exception unwound it.
    pub fn trapped(&self) -> bool {
        self.trapped
    }

    /// Its stacklets, first to last.
    pub fn stacklets(&self) -> impl Iterator<Item = View<'_>> {
        // SAFETY: they are live until `free`.
        unsafe { chain_from(self.first, self.last) }
    }

    /// The stacklets of the runs that go on: those of the wreck are not among them.
    pub fn running(&self) -> impl Iterator<Item = View<'_>> {
        self.owner.running()
    }

    /// Frees it. Gives the size class of the block that its last stacklet ran on.
    pub fn free(self) -> u32 {
        // SAFETY: nothing of it runs, and nobody else has it.
        unsafe {
            let class = (*self.last).class();
            self.owner.pool.release_chain(self.first, self.last);
            class
        }
    }
}

/// What a processor has near as a whole, in bytes.
pub(crate) const LINE: usize = 64;

/// A parked chain, in the hands of the embedder: it waits for the host. Dropped, it is freed when the
/// owner next looks ([`Chains::free_dropped`]).
#[must_use = "a parked chain that is dropped is freed"]
pub struct Parked {
    /// Its first stacklet: the one that called the host function. Null while it runs.
    first: *mut Stacklet,
    dropped: Arc<Dropped>,
}

// SAFETY: the pointer is used only with the owner borrowed, and nobody else uses the record.
unsafe impl Send for Parked {}
// SAFETY: the same.
unsafe impl Sync for Parked {}

impl Parked {
    /// Whether it is a chain of this owner.
    #[inline]
    pub fn belongs_to(&self, owner: &Chains) -> bool {
        Arc::ptr_eq(&self.dropped, owner.dropped())
    }

    /// Tells it from every other parked chain that waits, of any owner.
    #[inline]
    pub fn address(&self) -> usize {
        self.first.addr()
    }

    /// Asks the processor to have its record near; see [`Self::prefetch_stack`].
    #[inline]
    pub fn prefetch_record(&self) {
        arch::prefetch(self.first.addr());
    }

    /// The same for what a resume reads of its stack, once the record is near.
    #[inline]
    pub fn prefetch_stack(&self, owner: &Chains) {
        if self.belongs_to(owner)
            && let Some(first) = NonNull::new(self.first)
        {
            // SAFETY: a parked stacklet is live as long as its owner.
            let sp = unsafe { first.as_ref().sp };
            arch::prefetch(sp);
            arch::prefetch(sp + LINE);
        }
    }

    /// Whether it waits: not while the chain runs, nor after that has ended.
    pub fn waits(&self) -> bool {
        !self.first.is_null()
    }

    /// # Panics
    /// If it is of another owner, or runs.
    #[inline]
    pub(crate) fn first(&self, owner: &Chains) -> NonNull<Stacklet> {
        assert!(self.belongs_to(owner), "a chain of another store");
        NonNull::new(self.first).expect("a parked chain waits")
    }

    /// Address of the context record that it called the host function with.
    ///
    /// # Panics
    /// If it is of another owner.
    #[inline]
    pub fn context(&self, owner: &Chains) -> usize {
        let first = self.first(owner);
        // SAFETY: a parked stacklet is live, and has left through a stub.
        unsafe { arch::saved_context(first.as_ref().sp) }
    }

    /// Its stacklets, first to last.
    ///
    /// # Panics
    /// If it is of another owner.
    pub fn stacklets<'c>(&self, owner: &'c Chains) -> impl Iterator<Item = View<'c>> + use<'c> {
        let first = self.first(owner).as_ptr();
        // SAFETY: they are live; to free them takes the owner.
        unsafe { chain_from(first, ptr::null_mut()) }
    }

    /// Takes the chain, to run it.
    ///
    /// # Panics
    /// If it is of another owner.
    #[inline(always)]
    pub fn take<'c>(&mut self, owner: &'c mut Chains) -> Chain<'c> {
        let first = self.first(owner).as_ptr();
        self.first = ptr::null_mut();
        // SAFETY: live and parked, and ours alone.
        unsafe {
            (*first).held = Hold::Not;
            Chain::new(first, owner.pool.last(first))
        }
    }

    /// Holds the chain again, once it has run and parked again.
    #[inline(always)]
    pub fn hold(&mut self, waiting: Waiting<'_>) {
        debug_assert!(self.first.is_null() && self.belongs_to(waiting.owner));
        // SAFETY: live, and ours alone from here on.
        unsafe { (*waiting.first).held = Hold::Held };
        self.first = waiting.first;
    }

    /// Frees the chain: its frames go without running again.
    ///
    /// # Panics
    /// If it is of another owner.
    pub fn free(mut self, owner: &mut Chains) {
        let first = self.first(owner).as_ptr();
        self.first = ptr::null_mut();
        // SAFETY: nothing of it runs, and nobody else has it.
        unsafe { owner.pool.release_chain(first, ptr::null_mut()) };
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        if !self.first.is_null() {
            self.dropped.push(self.first);
        }
    }
}

/// Parked chains that were dropped: their stacklets wait here until the owner looks.
#[derive(Default)]
pub(crate) struct Dropped {
    any: AtomicBool,
    firsts: Mutex<Vec<First>>,
}

struct First(*mut Stacklet);

// SAFETY: only the owner uses the pointer.
unsafe impl Send for First {}

impl Dropped {
    fn push(&self, first: *mut Stacklet) {
        let mut firsts = self.firsts.lock().unwrap_or_else(PoisonError::into_inner);
        // Without memory for the note, the stack goes with the store.
        if firsts.try_reserve(1).is_ok() {
            firsts.push(First(first));
            self.any.store(true, Ordering::Release);
        }
    }

    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    pub(crate) fn take(&self) -> impl Iterator<Item = *mut Stacklet> + use<> {
        let mut firsts = self.firsts.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(false, Ordering::Relaxed);
        std::mem::take(&mut *firsts)
            .into_iter()
            .map(|First(first)| first)
    }
}
