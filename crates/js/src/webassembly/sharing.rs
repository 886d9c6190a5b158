//! Cycles through both heaps: QuickJS's collections see what WebAssembly holds, and for whom.
//!
//! ```text
//!   nobody refers to any of these:
//!
//!   object ──► owner: exported function, table, global,   ──►  what the engine has: instance, table, stack,
//!      ▲       memory, exception, structure, parked call       structure, continuation, exception …
//!      │                                                              │ externref, imported function
//!      └───────────────────── value of JavaScript's ◄─────────────────┘ (a number; the slot has the reference)
//! ```
//!
//! A value that WebAssembly has lies in a slot of the realm (`held.rs`, `import.rs`), which has one counted
//! reference. QuickJS collects by trial deletion, in passes, each of which asks every object what it refers to:
//!
//! ```text
//!   pass                    the realm's object reports      an owner reports
//!   ─────────────────────   ─────────────────────────────   ────────────────────────────────────────────────
//!   take counts away        every slot                      nothing; the engine counts its handles
//!       between: the engine finds the *shared* slots, to which owners lead and nothing else does
//!   give them back to       every slot that is not shared   the shared slots that it leads to, and that no
//!   what lives                                              owner has reported since the pass began
//!   give them back to the   the same, if it is one of them  the same: these slots are *dead*
//!   rest, which is freed
//! ```
//!
//! So a shared value lives exactly if an owner lives that leads to it, by whatever way through the engine, or
//! somebody else has it. What that costs is [`bident::Trace`], whatever number of owners there are.
//!
//! Why no reference is counted twice, missed, or freed too early:
//!
//! 1. In the first pass each slot is reported once, by the realm's object. In the other two, together, each
//!    object is asked once: so the realm's object, and each owner. A slot that is not shared is reported by the
//!    former; a shared one by the first owner that leads to it, as all have counted in the first pass that are
//!    asked now, and nothing runs between the passes, so the engine finds the same.
//! 2. The reference of a dead slot is dropped by the finalizer of whatever owner goes first
//!    ([`Realm::drop_dead`]). One that reported it is freed in this collection, and QuickJS keeps the memory of
//!    what it frees until it has freed all.
//! 3. After that WebAssembly would find the slot empty, a `TypeError`, nothing worse; and it does not come to
//!    that: what runs, what Rust has in hand, and every handle that was not counted as often as it has clones,
//!    is a root of the engine's, and to what these lead is not shared.
//! 4. Where the store is in use, memory is short, or the engine's part has not been paid for
//!    ([`Realm::is_due`]), nothing is shared: the realm's object owns all, which keeps more, never less.
//!
//! Which pass asks, QuickJS does not say; but it has a function for each, and calls them in order ([`Passes`]).

use super::held::{Held, Share};
use super::realm::{HostData, Realm};
use crate::raw::{Marker, Pass};
use bident::{ExternRef, Owned, StoreContextMut, Trace};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// The passes of a runtime's collections.
#[derive(Default)]
pub(super) struct Passes {
    /// That which takes counts away.
    first: Cell<Option<Pass>>,
    /// That which gives them back to what lives.
    living: Cell<Option<Pass>>,
}

impl Passes {
    /// Whether they are known.
    pub(super) fn are_known(&self) -> bool {
        self.living.get().is_some()
    }

    /// An object that lives is asked, in the first collection of all.
    fn learn(&self, pass: Pass) {
        match self.first.get() {
            None => self.first.set(Some(pass)),
            Some(first) if first != pass => self.living.set(Some(pass)),
            Some(_) => {}
        }
    }

    fn is_first(&self, pass: Pass) -> bool {
        self.first.get() == Some(pass)
    }

    fn is_of_living(&self, pass: Pass) -> bool {
        self.living.get() == Some(pass)
    }
}

/// What a value stands for that a function keeps ([`bident::Func::attach`]).
pub(super) enum Attached {
    /// The import with this number: of a host function.
    Import(u32),
    /// A value, which nobody else can get at.
    Value(Arc<Held>),
}

/// A slot that is shared.
#[derive(Clone, Copy)]
enum Place {
    Held(u32),
    Import(u32),
}

/// How far the collection under way is, or the last one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Stage {
    /// Nothing is shared.
    #[default]
    Plain,
    /// In the first pass.
    Counting,
    /// Behind it.
    Sharing,
}

/// See the module.
#[derive(Default)]
pub(super) struct Sharing {
    /// Whether the first pass was the last that asked.
    in_first: Cell<bool>,
    stage: Cell<Stage>,
    trace: Cell<Option<Trace>>,
    dead: RefCell<Vec<Place>>,
    /// The number of the last collection that counted.
    collection: Cell<u64>,
    /// Whether the next collection shares, whatever that costs.
    pub(super) forced: Cell<bool>,
    /// Work that was done since the last one which did, in bytes to look at.
    credit: Cell<usize>,
    /// Fewest bytes of stacks that there were since then.
    least: Cell<usize>,
}

/// Who of several owners of the same handles has been asked, in one collection.
#[derive(Default)]
pub(super) struct Asked {
    collection: Cell<u64>,
    owners: Cell<usize>,
}

impl Asked {
    /// Another owner is asked. Gives how many have been.
    fn count(&self, collection: u64) -> usize {
        let before = match self.collection.replace(collection) == collection {
            true => self.owners.get(),
            false => 0,
        };
        self.owners.set(before + 1);
        before + 1
    }
}

/// Bytes to look at that a new value pays for.
const BYTES_PER_VALUE: usize = 512;

/// The same of an owner that QuickJS has looked at.
const BYTES_PER_OWNER: usize = 128;

/// The same of a slot, at which each collection looks.
const BYTES_PER_SLOT: usize = 64;

/// The same of a collection of QuickJS's.
const BYTES_PER_COLLECTION: usize = 256 << 10;

impl Sharing {
    /// A value came.
    #[inline]
    pub(super) fn count(&self) {
        self.pay(BYTES_PER_VALUE);
    }

    /// Whether the collection is past its first pass, and shares.
    pub(super) fn is_shared(&self) -> bool {
        self.stage.get() == Stage::Sharing
    }

    fn pay(&self, bytes: usize) {
        self.credit.set(self.credit.get().saturating_add(bytes));
    }
}

impl Realm {
    /// The collector asks the realm's object.
    pub(super) fn begin_pass(&self, marker: &Marker) {
        let pass = marker.pass();
        if !self.passes.are_known() {
            self.passes.learn(pass);
        } else if self.passes.is_first(pass) != self.sharing.in_first.get() {
            self.sharing.in_first.set(!self.sharing.in_first.get());
            match self.sharing.in_first.get() {
                true => self.begin_counting(),
                false => self.share(),
            }
        }
    }

    /// The collector asks an object that has a handle of the store's.
    pub(super) fn owner(&self, marker: &Marker, owned: Owned<'_>) {
        self.begin_pass(marker);
        match self.sharing.stage.get() {
            Stage::Plain => self.sharing.pay(BYTES_PER_OWNER),
            Stage::Counting => self.with_trace(|trace, store| trace.count(store, owned)),
            Stage::Sharing => {
                let mut goes_on = true;
                self.with_trace(|trace, store| {
                    goes_on = trace.reach(store, owned, |value| {
                        self.places(value, |place| self.report(place, marker));
                    });
                });
                debug_assert!(goes_on, "nothing runs while QuickJS collects");
            }
        }
    }

    /// The collector asks one of so many owners that have handles together. Whether they are to be given to
    /// [`Realm::owner`] now: they are counted once, when all owners have been asked, or else somebody has them
    /// of whom the collector does not know.
    pub(super) fn owners(&self, marker: &Marker, asked: &Asked, owners: usize) -> bool {
        self.begin_pass(marker);
        match self.sharing.stage.get() {
            Stage::Counting => asked.count(self.sharing.collection.get()) == owners,
            Stage::Plain | Stage::Sharing => true,
        }
    }

    /// The collector asks an object that calls an import.
    pub(super) fn owner_of_import(&self, marker: &Marker, import: &super::import::Import) {
        self.begin_pass(marker);
        match self.sharing.stage.get() {
            Stage::Plain => {}
            Stage::Counting => import.count(),
            Stage::Sharing => self.report(Place::Import(import.number()), marker),
        }
    }

    /// Does something with the trace and the store, which nobody uses while there is a trace.
    fn with_trace(&self, f: impl FnOnce(&Trace, &mut StoreContextMut<'_, HostData>)) {
        if let Some(trace) = self.sharing.trace.take() {
            self.store.try_with(|store| f(&trace, store));
            self.sharing.trace.set(Some(trace));
        }
    }

    /// A collection begins.
    fn begin_counting(&self) {
        self.end_sharing();
        let trace = self.store.try_with(|store| {
            let due = self.is_due(store);
            due.then(|| Trace::begin(&mut *store))
        });
        if let Some(Some(trace)) = trace {
            self.imports.forget_counts();
            self.sharing
                .collection
                .set(self.sharing.collection.get() + 1);
            self.sharing.trace.set(Some(trace));
            self.sharing.stage.set(Stage::Counting);
        }
    }

    /// Nothing is shared any more.
    pub(super) fn end_sharing(&self) {
        let sharing = &self.sharing;
        if sharing.stage.replace(Stage::Plain) == Stage::Plain {
            return;
        }
        debug_assert!(sharing.dead.borrow().is_empty(), "an owner has dropped it");
        self.held.set_all(Share::Realm);
        self.imports.set_all(Share::Realm);
        if let Some(trace) = sharing.trace.take() {
            self.store.try_with(|store| trace.end(store));
        }
    }

    /// Whether the work that was done pays for the engine's.
    fn is_due(&self, store: &mut StoreContextMut<'_, HostData>) -> bool {
        let sharing = &self.sharing;
        let slots = self.held.len() + self.imports.len();
        if slots == 0 {
            return false;
        }
        let (all, stacks) = (store.bytes_to_look_at(), store.stats().bytes);
        sharing.least.set(sharing.least.get().min(stacks));
        sharing.pay(BYTES_PER_COLLECTION.saturating_add(slots * BYTES_PER_SLOT));
        let new = sharing.credit.get() + (stacks - sharing.least.get());
        let due = sharing.forced.replace(false) || new >= all / 2;
        if due {
            sharing.credit.set(0);
            sharing.least.set(stacks);
        }
        due
    }

    /// All have counted: finds the slots that are shared.
    #[cold]
    fn share(&self) {
        if self.sharing.stage.get() != Stage::Counting {
            return;
        }
        let (mut count, mut found) = (0, false);
        self.with_trace(|trace, store| {
            found = trace.share(store, |value| {
                self.places(value, |place| count += usize::from(self.set_shared(place)));
            });
        });
        self.sharing.stage.set(Stage::Sharing);
        // So that nothing need be noted where there is no room for it.
        let room = self.sharing.dead.borrow_mut().try_reserve(count);
        if !found || room.is_err() || count == 0 {
            self.end_sharing();
        }
    }

    /// The slot that a value of the engine's stands for, if it has one that may be shared.
    fn places(&self, value: &ExternRef, f: impl FnOnce(Place)) {
        let data = value.data();
        let place = match data.downcast_ref::<Attached>() {
            Some(Attached::Import(number)) => Some(Place::Import(*number)),
            Some(Attached::Value(held)) => Some(Place::Held(held.slot)),
            None => {
                let held = data.downcast_ref::<Held>();
                let held = held.filter(|held| value.is_only_clone() && self.held.gave(held));
                held.map(|held| Place::Held(held.slot))
            }
        };
        if let Some(place) = place {
            f(place);
        }
    }

    /// Shares a slot; whether it was not.
    fn set_shared(&self, place: Place) -> bool {
        match place {
            Place::Held(slot) => self.held.share(slot),
            Place::Import(number) => self.imports.share(number),
        }
    }

    /// Reports a slot that is shared, once.
    fn report(&self, place: Place, marker: &Marker) {
        let reported = match place {
            Place::Held(slot) => self.held.report(slot, marker),
            Place::Import(number) => self.imports.report(number, marker),
        };
        if reported && !self.passes.is_of_living(marker.pass()) {
            // There is room: so many are shared.
            self.sharing.dead.borrow_mut().push(place);
        }
    }

    /// An owner is freed. If that is in a collection, drops what dies with the owners that it frees.
    #[inline]
    pub(super) fn drop_dead(&self) {
        if self.sharing.stage.get() == Stage::Sharing {
            self.drop_all_dead();
        }
    }

    fn drop_all_dead(&self) {
        let dead = self.sharing.dead.take();
        for place in dead {
            match place {
                Place::Held(slot) => self.held.drop_value(slot),
                Place::Import(number) => self.imports.drop_import(number),
            }
        }
    }
}
