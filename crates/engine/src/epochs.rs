//! Stopping what runs: a counter that the host advances, and what happens once it has reached a deadline.
//!
//! `docs/stopping.md` says how to use it.

use crate::error::Error;
use crate::host::Caller;
use crate::store::{Store, StoreContextMut};
use crate::vm::interrupt::{Then, asking};

/// What WebAssembly does whose store's deadline has passed: the answer of
/// [`Store::epoch_deadline_callback`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// It traps, with [`crate::TrapCode::Interrupted`].
    Interrupt,
    /// It goes on, for so many ticks from now; with 0 to the next check.
    Continue(u64),
    /// It yields, then goes on to the deadline, so many ticks from now. See [`Store::epoch_deadline_yield`].
    Yield(u64),
}

/// What a call waits for that has yielded: its turn. The payload of a [`crate::ParkedCall`], which is resumed with no
/// values.
#[derive(Debug)]
pub struct Yielded(pub(crate) ());

impl<T: 'static> Store<T> {
    /// Sets the deadline of whatever runs in the store, now and later: so many ticks of
    /// [`crate::Engine::increment_epoch`] from now on. With 0 it has passed already. What happens then say
    /// [`Self::epoch_deadline_trap`], which is the default, and its siblings. At first there is none.
    ///
    /// It has an effect only with [`crate::Config::epoch_interruption`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.inner_mut().opaque.set_deadline(ticks);
    }

    /// From now on what runs traps with [`crate::TrapCode::Interrupted`] once the deadline has passed: the innermost call of
    /// the host, with all continuations in it, ends with that error, which a host function in between
    /// may handle. What is entered then traps, too, until there is another deadline. The store stays usable.
    pub fn epoch_deadline_trap(&mut self) {
        self.inner_mut().opaque.at_deadline(Then::Trap);
    }

    /// From now on what runs yields once the deadline has passed, and the next deadline is so many
    /// ticks after that.
    ///
    /// A call that may park is parked, with all its continuations: a task lets the others have their turn,
    /// [`crate::Func::call_async`] is pending and has woken its waker, [`crate::Func::start`] gives a
    /// [`crate::ParkedCall`] whose payload is a [`Yielded`]; resume it with no values. One that may not, as it was begun by
    /// [`crate::Func::call`] or is a start function, goes on without, and comes to the next deadline; where
    /// that is not enough, ask with [`Self::epoch_deadline_callback`].
    pub fn epoch_deadline_yield(&mut self, ticks: u64) {
        self.inner_mut().opaque.at_deadline(Then::Yield(ticks));
    }

    /// From now on a function decides what happens once the deadline has passed. It runs as a host function that the
    /// interrupted instance has called, but may not park; [`Caller::may_park`] says whether a yield would. An
    /// error ends the call, as one of a host function does, an exception too: WebAssembly does not catch it.
    /// What it calls itself has no deadline function, and traps if it comes to a deadline.
    ///
    /// # Panics
    /// Those of the function pass through WebAssembly, to whoever entered it.
    pub fn epoch_deadline_callback(
        &mut self,
        callback: impl FnMut(Caller<'_, T>) -> Result<UpdateDeadline, Error> + Send + Sync + 'static,
    ) {
        let ask = asking(callback);
        self.inner_mut().opaque.at_deadline(Then::Ask(Some(ask)));
    }
}

impl<T: 'static> Store<T> {
    /// Gives what runs in the store, now and later, so much fuel; what was left is gone. Above [`i64::MAX`] it is as
    /// much as that. It has an effect only with [`crate::Config::consume_fuel`].
    ///
    /// Each operator takes a unit, but for `nop`, `drop`, `block`, `loop`, `else` and `end`, which take none.
    /// Instructions with a length (`memory.fill`, `table.copy`, `array.new`, ...) take one more for each 8 bytes of
    /// memory, or for each element. What host functions do costs nothing. Whether the call may go on is looked at in loops
    /// and where functions begin, so the last stretch may be short of some units; it is the same in every
    /// run of the same module.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.inner_mut().opaque.vm.fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
    }

    /// What is left of the fuel. Of an instruction that trapped it may know less than all: what comes since the last branch or
    /// call was not yet taken.
    pub fn get_fuel(&self) -> u64 {
        u64::try_from(self.inner().opaque.vm.fuel).unwrap_or(0)
    }
}

impl<T: 'static> StoreContextMut<'_, T> {
    /// As [`Store::set_epoch_deadline`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.0.opaque.set_deadline(ticks);
    }
}

impl<T: 'static> Caller<'_, T> {
    /// As [`Store::set_epoch_deadline`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.inner_mut().opaque.set_deadline(ticks);
    }
}
