//! Collection: which host values, exceptions and suspended continuations WebAssembly can still reach.
//!
//! ```text
//!  roots                                            what they lead to
//!  chains of the activations that run or wait ──►   contref ──► chain of stacklets ─► their words
//!  parked activations                               exnref ───► exception ──────────► its values
//!  tables, globals, transfer buffer                 externref ► host value
//!  handles that the host holds
//! ```
//!
//! Every reference lies in memory while host code runs: compiled code saves all registers to its
//! stacklet when it leaves. So every word there is looked at, and taken for a reference if it has the
//! form of one that is valid. A chance hit keeps something longer than need be. Stacklets that are not
//! reached, neither running nor parked nor named by a valid reference, are freed with all they hold.

use crate::value::ExternRef;
use crate::vm::activation;
use crate::vm::heap::{ExnData, Heap};
use crate::vm::store::StoreOpaque;
use bident_abi::VmValue;
use bident_stack::{Stacklet, Stacks};
use std::ptr;

/// Memory of stacks below which no collection starts by itself, in bytes.
const SMALLEST_THRESHOLD: usize = 8 << 20;

/// Up to so many records, stress mode collects at every allocation.
const FEW_RECORDS: u32 = 200;

/// Collections for the sake of host values and exceptions wait until there is one for so many bytes
/// that a collection has to look at: else a program with a million stacks, or a table of ten
/// million elements, would look at them all for every thousand exceptions.
const BYTES_PER_VALUE: usize = 2048;

/// Part of the limit of stacks that a collection at the limit must leave free.
const LEAST_ROOM: usize = 64;

/// When stacks were last collected.
pub(crate) struct Pressure {
    /// Bytes of stacks above which the next collection comes.
    threshold: usize,
}

impl Pressure {
    /// At first, where stacks may have `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self::after(0, 0, 0, limit)
    }

    /// After a collection, which had to look at so many bytes beside those of stacks. Where most stacks
    /// are in use, as in a program that starts a million, collections become rarer; but before the
    /// limit is reached, there is always one more.
    fn after(before: usize, after: usize, others: usize, limit: usize) -> Self {
        let factor = if after > before / 2 { 4 } else { 2 };
        let rare = (factor * after + others).max(SMALLEST_THRESHOLD);
        let step = (limit.saturating_sub(after) / 2).max(SMALLEST_THRESHOLD.min(limit / 8));
        let halfway = after + step;
        Self {
            threshold: rare.min(halfway),
        }
    }
}

/// The parts of a store that a collection follows references through.
struct Marker<'a> {
    stacks: &'a Stacks,
    externs: &'a mut Heap<ExternRef>,
    exns: &'a mut Heap<ExnData>,
    /// Stacklets that are reached, but whose words were not looked at.
    pending: Vec<*mut Stacklet>,
}

impl Marker<'_> {
    /// Follows what a word may refer to. Exceptions may hold exceptions, as deep as a guest likes.
    fn word(&mut self, word: u64) {
        let mut next = Some(word);
        let mut others = Vec::new();
        while let Some(word) = next {
            self.externs.mark(word);
            self.continuation(word);
            if let Some(exn) = self.exns.mark(word) {
                others.extend(exn.values.iter().map(|value| value.low));
            }
            next = others.pop();
        }
    }

    fn continuation(&mut self, word: u64) {
        if let Some(first) = self.stacks.first_of_chain(word) {
            // SAFETY: it is fresh or the first of a suspended chain; or it runs, or is parked, and was
            // reached before.
            let last = unsafe { self.stacks.last(first) };
            // SAFETY: `first` and `last` are the ends of a chain.
            unsafe { self.chain(first, last) };
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

    /// Looks at the words of everything that was reached.
    fn finish(&mut self) {
        while let Some(stacklet) = self.pending.pop() {
            // SAFETY: reached stacklets are live, and none runs.
            let (sp, top) = unsafe { (*stacklet).live_part() };
            for address in (sp..top).step_by(size_of::<u64>()) {
                // SAFETY: the live part of a stacklet is initialised, aligned memory.
                self.word(unsafe { (address as *const u64).read() });
            }
        }
    }
}

impl StoreOpaque {
    /// A collection, if stacks have grown enough since the last one.
    pub(crate) fn collect_under_pressure(&mut self) {
        if self.stacks.bytes() >= self.pressure.threshold || self.collects_always() {
            self.collect();
        }
    }

    /// Whether every allocation collects: in stress mode, as long as it takes no time.
    pub(crate) fn collects_always(&self) -> bool {
        self.stressed && self.stacks.used() < FEW_RECORDS
    }

    /// A collection at the embedder's request: no transfer is under way, so what the buffer still
    /// holds is left over from one.
    pub(crate) fn gc(&mut self) {
        self.values.fill(VmValue::default());
        self.collect();
        self.stacks.release_idle(&mut self.vm.anchor);
        self.stacks.trim();
    }

    /// At a limit of stacks: frees all that can be freed, but for what these words refer to. Gives
    /// whether that was worth while: else a program that has all but filled its limit would collect
    /// for each stack that it makes.
    #[cold]
    pub(crate) fn make_room(&mut self, words: &[u64]) -> bool {
        self.stacks.release_idle(&mut self.vm.anchor);
        self.collect_with(words);
        self.stacks.bytes() <= self.stacks.limit() - self.stacks.limit() / LEAST_ROOM
    }

    /// Frees what nothing of this store can reach.
    pub(crate) fn collect(&mut self) {
        self.collect_with(&[]);
    }

    /// The same, but what these words refer to stays, too.
    fn collect_with(&mut self, words: &[u64]) {
        self.free_abandoned();
        let before = self.stacks.bytes();
        self.mark(words);
        let others = self.other_bytes();
        self.sweep(others);
        let after = self.stacks.bytes();
        self.pressure = Pressure::after(before, after, others, self.stacks.limit());
    }

    fn mark(&mut self, words: &[u64]) {
        let mut marker = Marker {
            stacks: &self.stacks,
            externs: &mut self.externs,
            exns: &mut self.exns,
            pending: Vec::new(),
        };
        // SAFETY: the list of activations is the store's own, and all they lead to is live.
        unsafe {
            for root in activation::roots(self.vm.anchor.current, self.activation) {
                marker.chain(root, ptr::null_mut());
            }
        }
        for stacklet in self.stacks.live() {
            // SAFETY: live; the chain of a parked activation is linked up to its root.
            unsafe {
                if (*stacklet).parked {
                    marker.chain(stacklet, ptr::null_mut());
                }
            }
        }
        for table in &self.tables {
            table.elements().iter().for_each(|word| marker.word(*word));
        }
        for global in &self.globals {
            // SAFETY: records of globals live as long as the store.
            marker.word(unsafe { global.record.as_ref().value.low });
        }
        for i in 0..self.values.len() {
            // SAFETY: within the buffer; compiled code writes through the same pointer.
            marker.word(unsafe { (*self.vm.anchor.payload.add(i))[0] });
        }
        for held in self.held.live() {
            marker.word(held.word());
        }
        for word in words {
            marker.word(*word);
        }
        marker.finish();
    }

    /// Bytes beside those of stacks that a collection has to look at, whatever lives.
    fn other_bytes(&self) -> usize {
        let elements: usize = self.tables.iter().map(|t| t.elements().len()).sum();
        elements * size_of::<u64>() + self.stacks.used() as usize * size_of::<Stacklet>()
    }

    fn sweep(&mut self, others: usize) {
        // SAFETY: a stacklet that was not reached neither runs nor is named by anything.
        unsafe { self.stacks.sweep() };
        let floor = (self.stacks.bytes() + others) / BYTES_PER_VALUE;
        drop(self.exns.sweep(floor));
        // Destructors of the embedder must not find the heap borrowed.
        let dropped = self.externs.sweep(floor);
        drop(dropped);
    }
}
