//! Who owns a JavaScript value that WebAssembly holds: the realm's object, or a parked call.
//!
//! ```text
//!   nobody refers to any of these:
//!
//!   promise of a call ──► its reactions, AWAITER ──► PendingCall ──► parked stack
//!        ▲                                                │              │ externref: a number
//!        └───────────────── object ◄── value held ◄───────┘ claim        ▼
//!                                        ▲   ▲─────────────────────── slot of HeldValues
//!                                        └─ ─ realm object: owner where there is no claim
//! ```
//!
//! QuickJS's collector sees no stacks of WebAssembly. Would the realm own all values, a parked stack that
//! holds an object which leads back to its own promise would live as long as the context. So where the
//! engine finds that a value can be reached only from the frames of one parked call
//! ([`bident::Store::gc_held_by_one`]), that call *claims* it, until it goes on.
//!
//! Why no reference is counted twice, or freed too early:
//!
//! 1. A slot has one counted reference. To claim moves no reference and changes no count: it only says
//!    whose `mark` reports it. A slot without a claim is reported by the realm, one with a claim by the call
//!    whose list it is in, and it is in one list at most, as all lists are made anew each time.
//! 2. Claims change in three places: [`Realm::find_owners`], where a call parks; [`HeldValues::give_back`],
//!    where it goes on; [`HeldValues::drop_claimed`], in the finalizer of its object. None runs while QuickJS
//!    marks, so one collection sees one owner, in each of its passes.
//! 3. The reference is freed by who takes it out of its slot, once. After that WebAssembly would find the
//!    slot empty, a `TypeError`, nothing worse; and it does not come to that:
//! 4. While a call is parked, its frames stand still, and nobody else can get at a number that is only
//!    there: JavaScript knows values, not numbers, and each time a value goes to WebAssembly it gets a new
//!    one. What an exception or a suspended continuation holds, too, is never claimed: the host, or other
//!    code, may find those again. So a claimed value is in use only by a call that can go on; a finalizer
//!    runs only for one that cannot.
//! 5. Where a claim outlives its call for whatever reason, nobody reports the slot, and the value just lives
//!    longer.
//!
//! What it costs: nothing where no values are held. Else the engine looks at its stacks once so many values
//! have come, or stacks have grown so much, that this pays for it ([`Pace`]). QuickJS collects when its
//! heap has grown by half: so what is abandoned is some part of what is in use, whatever the size of a stack.

use super::held::{Held, HeldValues, Slots};
use super::realm::Realm;
use crate::raw::{Marker, Stored};
use bident::ParkedId;
use std::cell::Cell;
use std::collections::HashMap;

/// New values after which it is thought about again whether to ask who should own them.
const FEW: usize = 16;

/// Bytes that the engine may look at for a new value.
const BYTES_PER_VALUE: usize = 512;

/// When it is asked next who should own the values. Cells one by one: a look at two of them, each time a
/// call parks, must not copy all.
#[derive(Default)]
pub(super) struct Pace {
    /// Values that came since it was last asked.
    fresh: Cell<usize>,
    /// How many it may be before this is thought about again.
    quiet: Cell<usize>,
    /// Fewest bytes of stacks that there were since then.
    least: Cell<usize>,
    /// Bytes beside those of stacks that the engine had to look at.
    others: Cell<usize>,
}

impl Pace {
    /// A value came.
    pub(super) fn count(&self) {
        self.fresh.set(self.fresh.get() + 1);
    }

    /// Whether to ask now, where stacks take so many bytes: what is new makes half of the work.
    fn is_due(&self, stacks: usize) -> bool {
        let least = self.least.get().min(stacks);
        self.least.set(least);
        self.quiet.set(self.fresh.get() + FEW);
        let new = stacks - least + self.fresh.get() * BYTES_PER_VALUE;
        new >= (least + self.others.get()) / 2
    }

    /// It was asked, and there are so many bytes to look at now, so many of them of stacks.
    fn begin_anew(&self, all: usize, stacks: usize) {
        self.fresh.set(0);
        self.quiet.set(FEW);
        self.least.set(stacks);
        self.others.set(all.saturating_sub(stacks));
    }
}

/// For each call with claims, the first slot of its list.
pub(super) type Claims = HashMap<ParkedId, u32>;

/// Whether a slot is claimed, and what follows in the list of that call.
#[derive(Clone, Copy, Default)]
pub(super) enum Claim {
    /// The realm's object owns the value.
    #[default]
    None,
    /// The last of the list.
    Last,
    /// Before this slot.
    Before(u32),
}

impl Claim {
    pub(super) fn is_made(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl Slots {
    /// Makes a call the owner of a value that the realm's object owns.
    fn claim(&mut self, slot: u32, call: ParkedId) {
        let Some(entry) = self.list.get_mut(slot as usize) else {
            return;
        };
        if entry.value.is_some() && !entry.claim.is_made() {
            let next = self.claims.insert(call, slot);
            entry.claim = next.map_or(Claim::Last, Claim::Before);
        }
    }

    /// Ends the claims of a list from a slot on; `each` gets what is there.
    fn end(&mut self, first: u32, mut each: impl FnMut(&mut Option<Stored>)) {
        let mut next = Some(first);
        while let Some(entry) = next.and_then(|slot| self.list.get_mut(slot as usize)) {
            next = match std::mem::take(&mut entry.claim) {
                Claim::Before(slot) => Some(slot),
                // One that was given back meanwhile ends the list: what follows is nobody's.
                Claim::Last | Claim::None => None,
            };
            each(&mut entry.value);
        }
    }
}

impl HeldValues {
    /// Makes the claims anew: these numbers, each with the one call whose frames have it.
    fn claim_all<'a>(&self, found: impl Iterator<Item = (&'a Held, ParkedId)>) {
        let slots = &mut *self.slots.borrow_mut();
        slots.claims = Claims::new();
        for entry in &mut slots.list {
            entry.claim = Claim::None;
        }
        for (held, call) in found.filter(|(held, _)| self.gave(held)) {
            slots.claim(held.slot, call);
        }
        self.claimed.set(!slots.claims.is_empty());
    }

    /// A call goes on, or is another than the one that had this name: the realm's object owns what it
    /// had claimed.
    #[inline]
    pub(super) fn give_back(&self, call: ParkedId) {
        if self.claimed.get() {
            self.end_claims(call);
        }
    }

    #[cold]
    fn end_claims(&self, call: ParkedId) {
        let slots = &mut *self.slots.borrow_mut();
        if let Some(first) = slots.claims.remove(&call) {
            slots.end(first, |_| {});
        }
    }

    /// The object of a parked call goes: so does what it had claimed.
    pub(super) fn drop_claimed(&self, call: ParkedId) {
        let mut values = Vec::new();
        let mut slots = self.slots.borrow_mut();
        if let Some(first) = slots.claims.remove(&call) {
            slots.end(first, |value| values.extend(value.take()));
        }
        drop(slots);
        // May run finalizers that look here.
        drop(values);
    }

    /// Tells the collector about the values that a parked call owns.
    pub(super) fn mark_claimed(&self, call: ParkedId, marker: &Marker) {
        let slots = self.slots.borrow();
        let mut next = slots.claims.get(&call).copied();
        while let Some(entry) = next.and_then(|slot| slots.list.get(slot as usize)) {
            next = match entry.claim {
                Claim::None => return,
                Claim::Last => None,
                Claim::Before(slot) => Some(slot),
            };
            if let Some(value) = &entry.value {
                value.mark(marker);
            }
        }
    }
}

impl Realm {
    /// A call has parked: if enough is new since this last happened, asks the engine who should own the
    /// values.
    #[inline]
    pub(super) fn find_owners_if_due(&self) {
        let pace = &self.held.pace;
        if pace.fresh.get() > pace.quiet.get() {
            self.find_owners();
        }
    }

    #[cold]
    fn find_owners(&self) {
        let held = &self.held;
        let found = self.store.try_with(|store| {
            if held.pace.is_due(store.stats().bytes) {
                let found = store.gc_held_by_one();
                held.claim_all(found.filter_map(|(value, call)| {
                    let held = value.data().downcast_ref::<Held>()?;
                    Some((held, call))
                }));
                (held.pace).begin_anew(store.bytes_to_look_at(), store.stats().bytes);
            }
        });
        if found.is_some() {
            // What the collection has freed; that may run finalizers.
            drop(held.take_released());
        }
    }
}
