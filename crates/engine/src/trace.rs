//! For embedders with a collector of their own: cycles that lead through both.
//!
//! An object of the embedder's, an *owner*, has handles of a store, and WebAssembly has values of the host that
//! stand for objects of the embedder's. A trace tells which of those an owner leads to, in steps that take part
//! in a collection of the embedder's:
//!
//! ```text
//!   the embedder's collector                          the store
//!   ───────────────────────────────────────────────   ──────────────────────────────────────────────────
//!   first looks at each of its objects           ──►  Trace::begin; Trace::count for each handle
//!   then needs to know what its objects hold     ──►  Trace::share: the values that owners alone lead to;
//!                                                     all others are the host's own
//!   comes upon an owner, living ones first       ──►  Trace::reach: the values that no owner before it led
//!                                                     to; so the owner has them
//!   is done                                      ──►  Trace::end
//! ```
//!
//! The values that a living owner leads to so live; the others go with the owners that lead to them. Each is
//! given once. The work of a trace is that of two collections, however many owners there are.
//!
//! What is not counted, in Rust's hands, on stacks that run, counts as living: nothing that it leads to is given.

use crate::error::Error;
use crate::func::Func;
use crate::kept::Lasting;
use crate::store::AsContextMut;
use crate::value::ExternRef;
pub use crate::vm::trace::Owned;

/// A trace of a store. If something runs in the store before it ends, the next step finds other things than the one
/// before; a collection ends it.
#[derive(Debug)]
pub struct Trace(());

impl Trace {
    /// Begins one.
    pub fn begin(mut store: impl AsContextMut) -> Self {
        store.context_mut().0.opaque.begin_trace();
        Self(())
    }

    /// An owner has this handle, of this store, and says so once for each clone.
    pub fn count(&self, mut store: impl AsContextMut, owned: Owned<'_>) {
        store.context_mut().0.opaque.count_owned(owned);
    }

    /// All handles that owners have are counted. Gives each value of the host that only they lead to, and
    /// whether that could be found out: else no memory was there, and the trace has ended.
    ///
    /// Not among them should be what the embedder has a clone of: [`ExternRef::is_only_clone`].
    pub fn share(&self, mut store: impl AsContextMut, mut found: impl FnMut(&ExternRef)) -> bool {
        store.context_mut().0.opaque.share_values(&mut found)
    }

    /// Gives the values that this handle leads to and no handle before it did. Whether the trace is still
    /// under way.
    pub fn reach(
        &self,
        mut store: impl AsContextMut,
        owned: Owned<'_>,
        mut found: impl FnMut(&ExternRef),
    ) -> bool {
        let store = &mut store.context_mut().0.opaque;
        store.reach_owned(owned, &mut found)
    }

    /// Ends it.
    pub fn end(self, mut store: impl AsContextMut) {
        store.context_mut().0.opaque.end_trace();
    }
}

impl Func {
    /// Attaches a value of the host: the store keeps it as long as the function, or the instance that
    /// defines it, and a trace sees it there.
    ///
    /// # Errors
    /// Kind `Usage`: the function belongs to another store, or was given back. Kind `Limit`: no memory.
    pub fn attach(&self, mut store: impl AsContextMut, value: ExternRef) -> Result<(), Error> {
        let home = self.home(&mut store);
        let store = &mut store.context_mut().0.opaque;
        let func = self.number_in(store)?;
        let attached = match home {
            Some(home) => {
                let home = home.number_in(store)?;
                &mut store.instances[home].attached
            }
            None => &mut store.funcs[func].attached,
        };
        crate::alloc::push(attached, value, "what is attached to a function")
    }
}
