//! When QuickJS collects for the sake of the store: it does not see how large the memories are that its objects
//! keep.

use super::realm::{HostData, Realm};
use crate::raw::Env;
use bident::{Error, StoreContextMut};
use rquickjs::Ctx;
use std::cell::Cell;

/// No collection for fewer instances and memories.
const FEW: usize = 4096;

/// Nor for fewer bytes of memories and tables.
const FEW_BYTES: usize = 64 << 20;

/// Bytes are added up once for so many.
const STEP: usize = 64;

/// What was made since QuickJS collected last.
#[derive(Default)]
pub(super) struct Pressure {
    made: Cell<usize>,
    /// When bytes are added up next, and when it collects.
    look: Cell<usize>,
    enough: Cell<usize>,
    enough_bytes: Cell<usize>,
    /// How often the system has had no room since it collected for that, and how often it may have none before
    /// it does so again: more and more often while that is in vain.
    refused: Cell<usize>,
    patience: Cell<usize>,
}

/// Most refusals without a collection.
const MOST_PATIENCE: usize = 1 << 16;

impl Pressure {
    /// The system has no room for something: whether to collect.
    fn is_worth_a_try(&self) -> bool {
        self.refused.set(self.refused.get() + 1);
        self.refused.get() > self.patience.get()
    }

    /// That was done, and helped or not.
    fn tried(&self, helped: bool) {
        self.refused.set(0);
        let more = (2 * self.patience.get()).clamp(STEP, MOST_PATIENCE);
        self.patience.set(if helped { 0 } else { more });
    }
}

impl Realm {
    /// Makes something that needs address space; where there is none, once more after whatever nobody has was
    /// given back.
    pub(super) fn making<R>(
        &self,
        ctx: &Ctx<'_>,
        f: impl Fn(&mut StoreContextMut<'_, HostData>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.collect_if_due(ctx);
        let env = Env::new(ctx);
        match self.run(env, &f) {
            Err(error) if error.is_of_system() && self.pressure.is_worth_a_try() => {
                self.collect(ctx);
                let made = self.run(env, &f);
                self.pressure.tried(made.is_ok());
                made.map_err(|_| error)
            }
            made => made,
        }
    }

    /// Work for each that is made is bounded: a collection comes after as many as there are, or as many bytes.
    fn collect_if_due(&self, ctx: &Ctx<'_>) {
        let pressure = &self.pressure;
        let made = pressure.made.get() + 1;
        pressure.made.set(made);
        if made < pressure.look.get() {
            return;
        }
        self.let_go();
        let (items, bytes) = self.store.with(|store| store.items());
        pressure.look.set(made + STEP.max(items / 8));
        let (enough, enough_bytes) = (pressure.enough.get(), pressure.enough_bytes.get());
        if made >= enough.max(FEW) || bytes >= enough_bytes.max(FEW_BYTES) {
            self.collect(ctx);
            pressure.patience.set(0);
        }
    }

    /// Lets go of what the store's collections have found that WebAssembly holds no more.
    fn let_go(&self) {
        drop(self.held.take_released());
        self.imports.take_released();
    }

    fn collect(&self, ctx: &Ctx<'_>) {
        self.sharing.forced.set(true);
        ctx.run_gc();
        self.end_sharing();
        let (items, bytes) = self.store.with(|store| {
            store.gc();
            store.items()
        });
        self.let_go();
        let pressure = &self.pressure;
        pressure.made.set(0);
        pressure.look.set(STEP.max(items / 8));
        pressure.enough.set(items);
        pressure.enough_bytes.set(2 * bytes);
    }
}
