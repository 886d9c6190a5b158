//! Faults of compiled code, as the embedder's signal handler deals with them.

use crate::arch::{self, Fault};
use crate::chains::Chains;
use crate::pool::Error;

impl Chains {
    /// Whether a fault is one of the current stacklet: its stack pointer lies there. Then the stacklet's
    /// code or a stub runs, so no code of the host is using the owner.
    ///
    /// # Safety
    /// `this` may be read: something was entered in it on this thread that has not come back.
    pub unsafe fn has_faulted(this: *const Self, fault: &Fault<'_>) -> bool {
        // SAFETY: the current stacklet is live.
        unsafe { (*this).anchor.current.as_ref() }.is_some_and(|s| s.contains(fault.sp()))
    }

    /// Moves the current stacklet, where the function that starts at `start` has found no room for its
    /// frame, to a larger block: the function starts over there.
    ///
    /// # Safety
    /// The fault is one of the current stacklet, and of the prologue's check of the limit.
    ///
    /// # Errors
    /// A limit, or no memory: nothing has changed.
    pub unsafe fn start_over(&mut self, fault: &mut Fault<'_>, start: usize) -> Result<(), Error> {
        // SAFETY: the current stacklet is live; its stack pointer leads to the frame pointer just pushed.
        unsafe {
            let current = self.anchor.current;
            (*current).sp = fault.sp();
            match start == arch::leave_preserving as *const () as usize {
                true => self.overdraw()?,
                false => self.grow()?,
            }
            fault.start_over(start, (*current).sp);
        }
        Ok(())
    }

    /// Where to start over, if this is where [`crate::leave_preserving`] has found no room for the registers. Not by way
    /// of [`Chains::start_over_on_host`], which does not keep all of them.
    pub fn start_of_stub(pc: usize) -> Option<usize> {
        let no_room = arch::no_room as *const () as usize;
        (pc == no_room).then_some(arch::leave_preserving as *const () as usize)
    }

    /// The same, later and on the host stack, where the embedder can make room: [`crate::Embedder::grow`].
    ///
    /// # Safety
    /// As for [`Chains::start_over`].
    pub unsafe fn start_over_on_host(&mut self, fault: &mut Fault<'_>, start: usize) {
        let grow = arch::grow_on_host as *const () as usize;
        fault.go_to_stub(grow, &raw mut self.anchor, start);
    }

    /// Ends the run: its chain is a [`crate::Wreck`] that has trapped.
    ///
    /// # Safety
    /// The fault is one of the current stacklet.
    pub unsafe fn trap(&mut self, fault: &mut Fault<'_>) {
        let exit = arch::exit_to_host as *const () as usize;
        fault.go_to_stub(exit, &raw mut self.anchor, 0);
    }
}
