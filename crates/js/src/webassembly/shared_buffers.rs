//! The buffers of shared memories, a `SharedArrayBuffer` each: one of a fixed length, and a longer one once
//! the memory has grown, where those of before stay as they are; and one that grows with the memory.
//!
//! A memory that other threads grow is seen to have grown when JavaScript next asks it for a buffer.

use super::known_buffers::{KnownBuffers, SeenMemory};
use super::shown::{Showing, Shown, Weakly};
use crate::raw::{self, Attempt, Env, Length, Marker, Own, Stored};
use bident::{Memory, SharedMemory};
use std::cell::RefCell;
use std::rc::Rc;

/// The last buffers that JavaScript has seen of each.
pub(super) struct SharedBuffers {
    fixed: Rc<Shown>,
    growable: Rc<Shown>,
    /// `SharedArrayBuffer.prototype.grow` as QuickJS made it.
    grow: RefCell<Option<Stored>>,
    known: Rc<KnownBuffers>,
}

impl SharedBuffers {
    /// Those of a context.
    pub(super) fn new(known: &Rc<KnownBuffers>) -> Self {
        Self {
            fixed: Rc::default(),
            growable: Rc::default(),
            grow: RefCell::default(),
            known: known.clone(),
        }
    }

    /// What buffers grow with.
    pub(super) fn set_grow(&self, grow: Stored) {
        self.grow.replace(Some(grow));
    }

    /// The buffer of a memory of this kind, as long as the memory is now; `empty` makes the growing one of a memory that
    /// can have no bytes.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
        shared: &SharedMemory,
        kind: Length,
        empty: impl FnOnce(Showing) -> Attempt<Own<'js>>,
    ) -> Attempt<Own<'js>> {
        let length = shared.data_size();
        let shown = match kind {
            Length::Fixed => &self.fixed,
            Length::Resizable(_) => {
                self.grown(env, weakly, memory, length)?;
                &self.growable
            }
        };
        match shown.get(env, weakly, memory)? {
            Some((object, shown, kind)) if kind != Length::Fixed || shown == length => Ok(object),
            _ => shown.show(env, weakly, memory, (length, kind), |showing| {
                if kind == Length::Resizable(0) {
                    return empty(showing);
                }
                let seen = SeenMemory::new(&self.known, shared);
                raw::shared_buffer(env, seen, (length, kind), Some(showing))
            }),
        }
    }

    /// Whether JavaScript has a buffer of any memory that grows with it.
    #[inline]
    pub(super) fn any_growable(&self) -> bool {
        self.growable.any()
    }

    /// A memory has as many bytes now: so has the buffer that grows with it.
    pub(super) fn grown<'js>(
        &self,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
        length: usize,
    ) -> Attempt<()> {
        let buffer = match self.growable.get(env, weakly, memory)? {
            Some((buffer, shown, _)) if shown < length && raw::fits_buffer(length) => buffer,
            _ => return Ok(()),
        };
        let grow = self.grow.borrow();
        let grow = grow.as_ref().map(|grow| grow.to_owned(env));
        let grow = grow.unwrap_or_else(|| env.undefined());
        env.call(grow.get(), buffer.get(), &[env.float(length as f64)])?;
        self.growable.set_length(memory, length);
        Ok(())
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.fixed.mark(marker);
        self.growable.mark(marker);
        if let Some(grow) = &*self.grow.borrow() {
            grow.mark(marker);
        }
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.fixed.clear();
        self.growable.clear();
        drop(self.grow.take());
    }
}
