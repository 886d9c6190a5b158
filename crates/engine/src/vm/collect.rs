//! Collection: which host values, exceptions, objects and suspended continuations WebAssembly can still
//! reach.
//!
//! ```text
//!  roots                                            what they lead to
//!  chains of the activations that run or wait ──►   contref ──► chain of stacklets ─► their words
//!  parked activations                               exnref ───► exception ──────────► its values
//!  tables, globals, transfer buffer                 externref ► host value
//!  element segments, handles of the host            anyref ───► object ─────────────► its fields
//! ```
//!
//! Every reference lies in memory while host code runs: compiled code saves all registers to its
//! stacklet when it leaves. So every word there is looked at, and taken for a reference if it has the
//! form of one that is valid. A chance hit keeps something longer than need be. Stacklets that are not
//! reached, neither running nor parked nor named by a valid reference, are freed with all they hold.

use crate::vm::panics::Panics;
use crate::vm::store::StoreOpaque;

/// Memory of stacks below which no collection starts by itself, in bytes.
const SMALLEST_THRESHOLD: usize = 8 << 20;

/// Up to so many records, stress mode collects at every allocation.
const FEW_RECORDS: usize = 200;

/// Collections for the sake of host values and exceptions wait until there is one for so many bytes
/// that a collection has to look at: else a program with a million stacks, or a table of ten
/// million elements, would look at them all for every thousand exceptions.
const BYTES_PER_VALUE: usize = 2048;

/// Part of the limit of stacks that a collection at the limit must leave free.
const LEAST_ROOM: usize = 64;

/// Bytes of a slot for a host value or an exception.
const SLOT_BYTES: usize = 16;

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

impl StoreOpaque {
    /// A collection, if stacks have grown enough since the last one; what these words refer to stays.
    pub(crate) fn collect_under_pressure_with(&mut self, words: &[u64]) {
        if self.vm.chains.bytes() >= self.pressure.threshold || self.collects_always() {
            self.collect_with(words);
        }
    }

    /// Whether every allocation collects: in stress mode, as long as it takes no time.
    pub(crate) fn collects_always(&self) -> bool {
        self.vm.chains.is_stressed() && self.vm.chains.records() < FEW_RECORDS
    }

    /// A collection at the embedder's request: no transfer is under way, so what the buffer still
    /// holds is left over from one.
    pub(crate) fn gc(&mut self) {
        self.vm.chains.clear_values();
        self.collect();
        self.vm.chains.release_idle();
        self.vm.chains.trim();
        self.objects.trim();
    }

    /// Bytes that a collection looks at, about.
    pub(crate) fn bytes_to_look_at(&self) -> usize {
        let chains = self.vm.chains.bytes();
        chains + self.objects.bytes() + self.other_bytes() + self.slot_bytes()
    }

    /// Those of slots for host values and exceptions, of which a collection looks at all.
    fn slot_bytes(&self) -> usize {
        (self.externs.slots() + self.exns.slots()) * SLOT_BYTES
    }

    /// At a limit of stacks: asks the limiter for more, or frees all that can be freed, but for what these words refer to. Gives
    /// whether that was worth while: else a program that has all but filled its limit would collect
    /// for each stack that it makes.
    #[cold]
    pub(crate) fn make_room(&mut self, words: &[u64]) -> bool {
        if self.ask_for_stacks() {
            return true;
        }
        if self.refusal.is_some() {
            return false;
        }
        self.vm.chains.release_idle();
        self.collect_with(words);
        let limit = self.vm.chains.granted();
        self.vm.chains.bytes() <= limit - limit / LEAST_ROOM
    }

    /// Frees what nothing of this store can reach.
    ///
    /// # Panics
    /// If a destructor of the embedder does, after all is freed.
    pub(crate) fn collect(&mut self) {
        self.collect_with(&[]);
    }

    /// The same, but what these words refer to stays, too.
    pub(crate) fn collect_with(&mut self, words: &[u64]) {
        self.collect_as(words, true);
    }

    /// Frees values and stacks, but gives no items back: for conversions, whose callers have the numbers of
    /// some at hand.
    pub(crate) fn collect_values(&mut self) {
        self.collect_as(&[], false);
    }

    fn collect_as(&mut self, words: &[u64], items: bool) {
        self.end_trace();
        self.vm.chains.free_dropped();
        self.objects.put_away(&mut self.vm.heap);
        let before = self.vm.chains.bytes();
        let others = self.other_bytes();
        let reached = self.mark_and_sweep_stacks(words, items);
        let after = self.vm.chains.bytes();
        let slots = self.slot_bytes();
        self.objects.sweep(after + others + slots);
        let others = others + self.objects.bytes();
        let floor = (after + others) / BYTES_PER_VALUE;
        let mut panics = Panics::default();
        self.exns.sweep(floor, &mut panics);
        self.externs.sweep(floor, &mut panics);
        if let Some(reached) = reached {
            self.sweep_items(&reached, &mut panics);
        }
        let limit = self.vm.chains.limit();
        self.pressure = Pressure::after(before, after, others, limit);
        panics.go_on();
    }
}
