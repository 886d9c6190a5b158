//! The owner of a store's chains: the one place that changes records, limits, revisions and links.
//!
//! States and rules are in `docs/chains.md`. `&mut Chains` says that every stacklet stands still: compiled
//! code gives up the thread only through the stubs, which save where it goes on. So what the host does
//! with it is safe, but for what starts code ([`Chains::run`]) or says where it goes on
//! ([`Chains::land`]), and for words that are taken for references.

use crate::arch;
use crate::chain::{Chain, Dropped, LINE, Stopped, Waiting, Wreck};
use crate::frames::{Point, View, chain_from};
use crate::hooks::{Embedder, hooks};
use crate::pool::{Error, Limits, Pool, Stats, Value};
use crate::stacklet::{
    Anchor, Entry, Hint, LAND, MOST_IDLE, Reaction, Reference, Stacklet, Transfers, exit,
};
use crate::supply::Supply;
use std::io;
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;

/// Values that fit the transfer buffer at least, once there is one.
const LEAST_VALUES: usize = 4;

/// A transfer buffer for this many values.
fn room_for(values: usize) -> Result<Box<[Value]>, Error> {
    let mut room = Vec::new();
    let reserved = room.try_reserve_exact(values);
    reserved.map_err(|_| Error::Os(io::ErrorKind::OutOfMemory.into()))?;
    room.resize(values, Value::default());
    Ok(room.into_boxed_slice())
}

/// All chains of a store, and what its compiled code reads of them.
///
/// The anchor comes first: a pointer to this is what stubs and compiled code know as the anchor.
#[repr(C)]
pub struct Chains {
    pub(crate) anchor: Anchor,
    /// The innermost run; null while nothing runs.
    activation: *mut Activation,
    /// The transfer buffer.
    values: Box<[Value]>,
    /// Parked chains that the embedder has dropped.
    dropped: Arc<Dropped>,
    stressed: bool,
    // Last, as nothing of what comes before needs more to go on with a chain and to park it.
    pub(crate) pool: Pool,
}

const _: () = assert!(offset_of!(Chains, anchor) == 0);

// SAFETY: every pointer inside leads to what this value owns, or, while something runs, to the host stack
// of the thread that runs it: then it is borrowed.
unsafe impl Send for Chains {}
// SAFETY: a shared borrow only reads.
unsafe impl Sync for Chains {}

/// One per run that has not come back; on the host stack of whoever entered.
///
/// ```text
///  host stack                                 stacklets
///  run ── Activation 1 ──enter──►             S1: wasm ... leave ──┐
///  host function (of S1) ◄───────────────────────────────────────┘
///  run ── Activation 2 ──enter──►             S2: wasm ...
///           │ previous                         ▲ parent
///           ▼                                 S3: wasm ... (a continuation of S2's)
///         Activation 1                        Activation 2 remembers that S1 was current
/// ```
struct Activation {
    /// The one below it on the host stack.
    previous: *mut Activation,
    /// The stacklet that was current before: it waits for the host function that entered.
    current: *mut Stacklet,
    /// Where the host stack was left before.
    host_sp: usize,
    may_park: bool,
}

/// What a chain goes on with.
#[derive(Clone, Copy, Debug)]
pub enum Go {
    /// It is fresh or suspended; its values are in the transfer buffer, and this is the one at
    /// position 0.
    On(u64),
    /// It is parked: the host function that it waits for answers this.
    Answer(u64),
    /// Either: it goes on with this exception ([`Embedder::throw`]).
    Throw(u64),
}

impl Chains {
    /// Where compiled code finds the limit that its prologues check: offset from the anchor.
    pub const LIMIT: usize = offset_of!(Self, anchor.limit);
    /// Where it finds the address of the transfer buffer.
    pub const PAYLOAD: usize = offset_of!(Self, anchor.payload);

    /// No chains yet, and no room in the transfer buffer ([`Chains::reserve`]). `stressed`: stacklets move whenever they
    /// can.
    #[inline]
    pub fn new<E: Embedder>(limits: Limits, stressed: bool, supply: &Arc<Supply>) -> Self {
        let pool = Pool::new(limits, supply);
        let mut values: Box<[Value]> = Box::default();
        Self {
            anchor: Anchor::new(pool.records(), values.as_mut_ptr().cast(), hooks::<E>()),
            pool,
            activation: ptr::null_mut(),
            values,
            dropped: Arc::default(),
            stressed,
        }
    }

    /// Asks the processor to have near what a run reads of this: for who is about to go on with a chain.
    #[inline]
    pub fn prefetch(&self) {
        let start = ptr::from_ref(self).addr();
        let lines = (0..offset_of!(Self, pool)).step_by(LINE);
        lines.for_each(|line| arch::prefetch(start + line));
    }

    /// The stubs that compiled code calls.
    pub fn transfers(&self) -> Transfers {
        arch::transfers(self.stressed)
    }

    /// A chain of one fresh stacklet, on a block of `class` or of the smallest, that calls `entry` when
    /// it is run.
    ///
    /// # Errors
    /// A limit, or no memory.
    #[inline]
    pub fn create(&mut self, class: u32, entry: Entry) -> Result<Chain<'_>, Error> {
        let first = self.pool.create(class, &raw const self.anchor, entry)?;
        Ok(Chain::new(first, first))
    }

    /// The same as a continuation: whoever has its reference may resume it.
    ///
    /// # Errors
    /// As for [`Chains::create`].
    #[inline]
    pub fn create_named(&mut self, class: u32, entry: Entry) -> Result<Reference, Error> {
        let first = self.pool.create(class, &raw const self.anchor, entry)?;
        // SAFETY: just made.
        Ok(unsafe { (*first).reference() })
    }

    /// The first stacklet of the continuation that a word names.
    #[inline]
    fn named(&self, word: u64) -> Result<*mut Stacklet, Error> {
        Reference::from_word(word)
            .and_then(|reference| self.pool.resolve(reference))
            .ok_or(Error::Used)
    }

    /// [`Entry::origin`] of the last stacklet of the continuation that a word names, if it names one.
    pub fn origin(&self, word: u64) -> Option<usize> {
        let first = self.named(word).ok()?;
        // SAFETY: named by a valid reference, so suspended or fresh, and its last is live.
        Some(unsafe { (*self.pool.last(first)).origin })
    }

    /// Whether a word is a reference that was not used.
    #[inline]
    pub fn names(&self, word: u64) -> bool {
        self.named(word).is_ok()
    }

    /// Uses up the reference to a continuation: advances its revision. Where that wraps, another record
    /// takes the stacklet over; the hint may be about a stack that had that record before.
    ///
    /// # Safety
    /// `first` is the first of a suspended chain, or fresh.
    unsafe fn use_up(&mut self, first: *mut Stacklet) -> Result<*mut Stacklet, Error> {
        // SAFETY: passed on.
        unsafe {
            (*first).revision = (*first).revision.wrapping_add(1);
            match (*first).revision {
                0 => self.rehome(first),
                _ => Ok(first),
            }
        }
    }

    /// # Safety
    /// As for [`Pool::rehome`].
    pub(crate) unsafe fn rehome(&mut self, first: *mut Stacklet) -> Result<*mut Stacklet, Error> {
        self.anchor.hint = Hint::NONE;
        // SAFETY: passed on.
        unsafe { self.pool.rehome(first) }
    }

    /// Takes a continuation, which uses up its reference: what runs it handles what `handlers` says.
    ///
    /// # Safety
    /// The word is a reference that was given out, or 0. The list ends with 0 and stays for as long as
    /// the chain runs or is parked.
    ///
    /// # Errors
    /// [`Error::Used`], or no record.
    pub unsafe fn take(&mut self, word: u64, handlers: *const usize) -> Result<Chain<'_>, Error> {
        let first = self.named(word)?;
        // SAFETY: named by a valid reference, so suspended or fresh.
        unsafe {
            let first = self.use_up(first)?;
            let last = self.pool.last(first);
            (*last).parent = ptr::null_mut();
            (*last).handlers = handlers;
            Ok(Chain::new(first, last))
        }
    }

    /// Makes values at `position..position + count` of the transfer buffer part of what a continuation
    /// goes on with. Gives its new reference; the old one is used up.
    ///
    /// # Safety
    /// The word is a reference that was given out, or 0.
    ///
    /// # Errors
    /// [`Error::Used`]; a limit, or no memory: the continuation is then as before.
    pub unsafe fn bind(
        &mut self,
        word: u64,
        position: usize,
        count: usize,
    ) -> Result<Reference, Error> {
        let first = self.named(word)?;
        let values = &self.values[position..position + count];
        // SAFETY: named by a valid reference, so suspended or fresh.
        unsafe {
            self.pool.push_bound(first, position, values)?;
            let first = self.use_up(first)?;
            Ok((*first).reference())
        }
    }

    /// Runs a chain until it stops. Host functions that it calls meanwhile use the owner, by other
    /// pointers than the caller's; `may_park` says whether they may answer that they are pending.
    ///
    /// Inlined, and entered and left by jumps: see the return predictor in `arch/x86_64/mod.rs`.
    ///
    /// # Safety
    /// `this` may be read and written, is where the chain comes from, and has not moved since the first. `go` fits the chain's state,
    /// and its code is still there. The thread has an alternate signal stack, and a handler for limit
    /// traps that knows `this`. Nobody uses the owner meanwhile but what the code calls, on this thread.
    ///
    /// # Errors
    /// What is left of the chain, where it trapped or was unwound.
    #[inline(always)]
    pub unsafe fn run<'c>(
        this: *mut Self,
        chain: Chain<'_>,
        go: Go,
        may_park: bool,
    ) -> Result<Stopped<'c>, Wreck<'c>> {
        let Chain { first, last, .. } = chain;
        let anchor: *mut Anchor = this.cast();
        let (mut activation, exit);
        // SAFETY: the caller lends the owner; nothing runs in it between here and `enter`. The stacklets
        // of the chain are live.
        unsafe {
            let chains = &mut *this;
            activation = Activation {
                previous: chains.activation,
                current: chains.anchor.current,
                host_sp: chains.anchor.host_sp,
                may_park,
            };
            chains.activation = &raw mut activation;
            chains.anchor.this = anchor;
            chains.set_current(first);
            exit = match go {
                Go::On(value) => arch::enter(anchor, last, first, value),
                Go::Answer(value) => arch::reenter(anchor, last, first, value),
                Go::Throw(exception) => {
                    let throw = (*(*anchor).hooks).throw;
                    let reaction = throw(this, exception);
                    match reaction.status {
                        LAND => {
                            arch::enter_landing(anchor, last, (*anchor).current, reaction.value)
                        }
                        status => status,
                    }
                }
            };
        }
        // SAFETY: whatever used the owner meanwhile has come back. The activation is the innermost
        // again, and what was current is live and stands still.
        unsafe {
            let chains = &mut *this;
            let first = chains.anchor.current;
            chains.activation = activation.previous;
            chains.anchor.host_sp = activation.host_sp;
            chains.set_current(activation.current);
            chains.pool.check(first);
            chains.stopped(exit, first, last)
        }
    }

    /// # Safety
    /// A run from `first` to `last` has just come back with this word.
    #[inline(always)]
    unsafe fn stopped<'c>(
        &mut self,
        exit: u64,
        first: *mut Stacklet,
        last: *mut Stacklet,
    ) -> Result<Stopped<'c>, Wreck<'c>> {
        // SAFETY: passed on; nobody else knows of the stacklets of a chain that ran.
        unsafe {
            match exit {
                exit::RETURNED => {
                    let class = (*first).class();
                    self.pool.release(first);
                    Ok(Stopped::Returned { class })
                }
                exit::PARKED => {
                    // It ends where the run began, as no switch can have put another there: what the
                    // host handles never includes switches.
                    debug_assert!((*last).parent.is_null());
                    (*first).last = (*last).position;
                    self.anchor.hint = Hint::NONE;
                    self.stress(first);
                    Ok(Stopped::Parked(Waiting::new(self, first)))
                }
                exit::SUSPENDED => {
                    self.pool.unlink_host(self.pool.last(first));
                    Ok(Stopped::Suspended {
                        reference: (*first).reference(),
                        handler: self.anchor.handled as usize - 1,
                    })
                }
                exit => Err(Wreck::new(self, first, last, exit == exit::TRAPPED)),
            }
        }
    }

    /// Makes a stacklet the current one; null: none.
    ///
    /// # Safety
    /// It is live, and what runs next is its code, or the host.
    #[inline(always)]
    unsafe fn set_current(&mut self, stacklet: *mut Stacklet) {
        self.anchor.current = stacklet;
        // SAFETY: the caller says so.
        self.anchor.limit = unsafe { stacklet.as_ref() }.map_or(0, |stacklet| stacklet.limit);
    }

    /// Whether the innermost run may be parked.
    #[inline]
    pub fn may_park(&self) -> bool {
        // SAFETY: the innermost activation lies on the host stack below this call.
        unsafe { self.activation.as_ref() }.is_some_and(|activation| activation.may_park)
    }

    /// What [`crate::Parked::context`] gives of the current chain once it has parked: not the record that its
    /// code called with, which nobody reads again there, but this.
    ///
    /// # Panics
    /// If nothing runs.
    pub fn set_saved_context(&mut self, context: usize) {
        let current = self.anchor.current;
        assert!(!current.is_null(), "nothing runs that could park");
        // SAFETY: it is live, and has left through a stub, for this is the host stack.
        unsafe { arch::set_saved_context((*current).sp, context) }
    }

    /// Makes the current chain go on at a landing pad of one of its frames, with two payloads. The
    /// stacklets that the frame's has resumed are freed.
    ///
    /// # Safety
    /// The point is one of [`Chains::current_chain`], which has not run since; the pad is the frame's,
    /// which begins `size` bytes below its frame pointer.
    pub unsafe fn land(
        &mut self,
        point: Point,
        pad: usize,
        size: usize,
        payloads: [u64; 2],
    ) -> Reaction {
        // SAFETY: the caller says so: the stacklets from the current one to the point's are linked by
        // `parent`, and what is below the frame is not needed any more.
        unsafe {
            let mut finished = self.anchor.current;
            while finished != point.stacklet {
                let parent = (*finished).parent;
                self.pool.release(finished);
                finished = parent;
            }
            self.set_current(point.stacklet);
            let fp = point.fp();
            self.pool.land(point.stacklet, pad, fp - size, fp);
        }
        self.stress_current();
        self.anchor.landing = payloads[0];
        Reaction::land(payloads[1])
    }

    /// Moves the current stacklet to a block of twice the size.
    ///
    /// # Errors
    /// A limit, or no memory: it is then as before.
    ///
    /// # Panics
    /// If nothing runs.
    pub fn grow(&mut self) -> Result<(), Error> {
        let current = self.anchor.current;
        assert!(!current.is_null(), "nothing runs that could grow");
        // SAFETY: it is live, stands still and has saved its stack pointer.
        unsafe {
            self.pool.grow(current)?;
            self.set_current(current);
        }
        Ok(())
    }

    /// The same beyond what is granted ([`Chains::grant`]), for stubs, which cannot wait until somebody was asked.
    ///
    /// # Errors
    /// As for [`Chains::grow`].
    pub(crate) fn overdraw(&mut self) -> Result<(), Error> {
        let current = self.anchor.current;
        assert!(!current.is_null(), "nothing runs that could grow");
        // SAFETY: as above.
        unsafe {
            self.pool.overdraw(current)?;
            self.set_current(current);
        }
        Ok(())
    }

    /// In stress mode, moves the current stacklet. Without memory for it, it stays.
    #[inline(always)]
    pub fn stress_current(&mut self) {
        // SAFETY: it is live and stands still.
        unsafe { self.stress(self.anchor.current) };
    }

    /// # Safety
    /// The stacklet is live and stands still, or null.
    #[inline(always)]
    unsafe fn stress(&mut self, stacklet: *mut Stacklet) {
        if self.stressed {
            // SAFETY: passed on.
            unsafe { self.stress_now(stacklet) };
        }
    }

    /// # Safety
    /// As for `stress`.
    #[cold]
    pub(crate) unsafe fn stress_now(&mut self, stacklet: *mut Stacklet) {
        if stacklet.is_null() {
            return;
        }
        // SAFETY: passed on. The current one goes on without being entered again.
        unsafe {
            let _ = self.pool.move_block(stacklet);
            if stacklet == self.anchor.current {
                self.set_current(stacklet);
            }
        }
    }

    /// Whether stacklets move whenever they can.
    #[inline]
    pub fn is_stressed(&self) -> bool {
        self.stressed
    }

    /// The current stacklet, if something runs.
    pub fn current(&self) -> Option<View<'_>> {
        self.current_chain().next()
    }

    /// The stacklets of the innermost run, first to last.
    pub fn current_chain(&self) -> impl Iterator<Item = View<'_>> {
        // SAFETY: the chain that runs is live, and stays so while the owner is borrowed.
        unsafe { chain_from(self.anchor.current, ptr::null_mut()) }
    }

    /// The first stacklet of each run that has not come back, innermost run first.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = *mut Stacklet> + use<> {
        let mut next = (self.anchor.current, self.activation);
        std::iter::from_fn(move || {
            let (stacklet, activation) = next;
            if stacklet.is_null() {
                return None;
            }
            // SAFETY: activations lie on the host stack below the caller and stay until they return.
            next = match unsafe { activation.as_ref() } {
                Some(activation) => (activation.current, activation.previous),
                None => (ptr::null_mut(), ptr::null_mut()),
            };
            Some(stacklet)
        })
    }

    /// The stacklets of all runs, innermost run first.
    pub fn running(&self) -> impl Iterator<Item = View<'_>> {
        // SAFETY: chains that run are live, and stay so while the owner is borrowed.
        self.firsts()
            .flat_map(|first| unsafe { chain_from(first, ptr::null_mut()) })
    }

    /// What says which chains are this owner's, and takes those that were dropped.
    #[inline]
    pub(crate) fn dropped(&self) -> &Arc<Dropped> {
        &self.dropped
    }

    /// Frees parked chains that were dropped.
    #[inline]
    pub fn free_dropped(&mut self) {
        if self.dropped.any() {
            self.free_dropped_now();
        }
    }

    #[cold]
    fn free_dropped_now(&mut self) {
        for first in self.dropped.clone().take() {
            // SAFETY: it was the first of a parked chain of this owner, whose only holder is gone.
            unsafe { self.pool.release_chain(first, ptr::null_mut()) };
        }
    }

    /// Makes room for this many values in the transfer buffer.
    ///
    /// # Errors
    /// No memory; the buffer is then as before.
    #[inline]
    pub fn reserve(&mut self, needed: usize) -> Result<(), Error> {
        if needed > self.values.len() {
            self.grow_values(needed)?;
        }
        Ok(())
    }

    #[cold]
    fn grow_values(&mut self, needed: usize) -> Result<(), Error> {
        let mut values = room_for(needed.next_power_of_two().max(LEAST_VALUES))?;
        values[..self.values.len()].copy_from_slice(&self.values);
        self.values = values;
        self.anchor.payload = self.values.as_mut_ptr().cast();
        Ok(())
    }

    /// The low half of the value at a position of the transfer buffer.
    ///
    /// # Panics
    /// If there was no room made for it.
    #[inline]
    pub fn value(&self, position: usize) -> u64 {
        assert!(position < self.values.len());
        // SAFETY: checked above. The pointer is the buffer's own; compiled code writes through it.
        unsafe { (*self.anchor.payload.add(position))[0] }
    }

    /// The whole of it, low half first.
    ///
    /// # Panics
    /// As [`Chains::value`].
    #[inline]
    pub fn wide_value(&self, position: usize) -> [u64; 2] {
        assert!(position < self.values.len());
        // SAFETY: as in `value`.
        unsafe { *self.anchor.payload.add(position) }
    }

    /// Writes the value at a position of the transfer buffer; its high half becomes 0.
    ///
    /// # Panics
    /// If there was no room made for it.
    #[inline]
    pub fn set_value(&mut self, position: usize, low: u64) {
        self.set_wide_value(position, [low, 0]);
    }

    /// Writes the whole of it, low half first.
    ///
    /// # Panics
    /// As [`Chains::value`].
    #[inline]
    pub fn set_wide_value(&mut self, position: usize, value: [u64; 2]) {
        self.values[position] = Value(value);
    }

    /// How many values the transfer buffer has room for.
    pub fn room_for_values(&self) -> usize {
        self.values.len()
    }

    /// Forgets what the transfer buffer holds.
    pub fn clear_values(&mut self) {
        self.values.fill(Value::default());
    }

    /// Bytes of blocks that there may be at most.
    pub fn limit(&self) -> usize {
        self.pool.limit()
    }

    /// Bytes of blocks that there may be for now: where more are wanted, it is as if that were the limit.
    pub fn granted(&self) -> usize {
        self.pool.granted()
    }

    /// Changes that, up to the limit. At first it is the limit.
    pub fn grant(&mut self, bytes: usize) {
        self.pool.grant(bytes);
    }

    /// Whatever was wanted, there is.
    pub fn forget_wanted(&mut self) {
        self.pool.forget_wanted();
    }

    /// Bytes that were wanted when there were no more within the limit, or what was granted.
    pub fn wanted(&self) -> usize {
        self.pool.wanted()
    }

    /// Bytes of the blocks of all stacklets and idle records.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.pool.bytes()
    }

    /// Number of records that were ever used.
    pub fn records(&self) -> usize {
        self.pool.used() as usize
    }

    /// Gives the blocks of idle records back.
    pub fn release_idle(&mut self) {
        while !self.anchor.idle.is_null() {
            let record = self.anchor.idle;
            self.anchor.room += 1;
            // SAFETY: idle records of the anchor are of the pool, linked, and nobody's.
            unsafe {
                self.anchor.idle = (*record).parent;
                self.pool.release(record);
            }
        }
    }

    /// Gives idle memory back to the system.
    pub fn trim(&mut self) {
        self.pool.trim();
    }

    /// Figures.
    pub fn stats(&self) -> Stats {
        self.pool.stats((MOST_IDLE - self.anchor.room) as usize)
    }

    /// Revision that records made from here on start with: to test what happens when one wraps.
    pub fn set_first_revision(&mut self, revision: u32) {
        self.pool.set_first_revision(revision);
    }
}
