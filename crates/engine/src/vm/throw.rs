//! Exceptions: making one, and finding where it lands.
//!
//! ```text
//!  current stacklet: pc ─ fp ─► frame ─► frame ─► root     each pc that is the return address of a call
//!  its parent:       pc ─ fp ─► frame ─► root              with a landing pad ends the search:
//!  ...                                                       sp = fp of that frame - its size
//!  last of the run: the exception leaves it                  stacklets below are freed
//! ```
//!
//! Nothing is changed before the pad is found, so an exception that nobody catches still has the whole
//! stack for its backtrace.

use crate::alloc;
use crate::error::Error;
use crate::vm::heap::ExnData;
use crate::vm::store::{StoreOpaque, Unwinding};
use bident_abi::{TrapCode, VmTag};
use bident_stack::{Point, Reaction};
use std::ptr::NonNull;

impl StoreOpaque {
    /// An exception; gives its handle. Its values are in the transfer buffer. A trap where exceptions
    /// have reached the store's limit.
    pub(crate) fn new_exn(&mut self, tag: NonNull<VmTag>) -> Result<u64, TrapCode> {
        // SAFETY: tags live as long as their store.
        let number = self.tag_number(tag);
        let types = self.tags[number].ty.params();
        let values = types.iter().enumerate();
        let values = values.map(|(i, ty)| self.any_value(i, *ty));
        let values = alloc::collect(values, "an exception")
            .map_err(|_| TrapCode::ExceptionMemoryExhausted)?;
        let exn = ExnData {
            tag,
            values: values.into(),
            attached: None,
        };
        if self.exns.wants_collection(&exn) || self.collects_always() {
            // The values still lie in the transfer buffer, which is a root. Who throws may have let go of the
            // tag.
            self.collect_with(&[exn.tag.as_ptr() as u64]);
            if !self.exns.fits(&exn) {
                return Err(TrapCode::ExceptionMemoryExhausted);
            }
        }
        Ok(self.exns.insert(exn))
    }

    /// Throws an exception where the current stacklet waits, or was suspended: lands, or, where nobody
    /// catches it, ends the run. `exn` is the handle of an exception.
    pub(crate) fn throw(&mut self, exn: u64) -> Reaction {
        let Some((point, pad, size)) = self.find_landing() else {
            let error = Error::uncaught(self, exn);
            return self.unwind(Unwinding::Error(error));
        };
        let data = self.exns.get(exn).expect("it is thrown");
        let tag = data.tag;
        for (i, value) in data.values.iter().enumerate() {
            self.vm.chains.set_wide_value(i, [value.low, value.high]);
        }
        // SAFETY: the point was just found, and the pad with it.
        unsafe {
            self.vm
                .chains
                .land(point, pad, size, [exn, tag.as_ptr() as u64])
        }
    }

    /// The innermost frame of the run that has a landing pad where it is; the pad, and how far below
    /// the frame pointer the frame begins.
    fn find_landing(&self) -> Option<(Point, usize, usize)> {
        let stacklets = self.vm.chains.current_chain();
        stacklets
            .flat_map(|stacklet| stacklet.frames())
            .find_map(|point| {
                let code = self.code.find(point.instruction())?;
                let (pad, size) = code.landing_at(point.pc())?;
                Some((point, pad, size))
            })
    }
}
