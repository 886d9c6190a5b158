//! What happens when the deadline of a store, or of the task that runs in it, has passed.
//!
//! ```text
//!  compiled code: epoch >= deadline ──► Interrupt ──► ask ─┬─► trap: the whole chain is unwound
//!                                                         ├─► park, with a Yielded as payload
//!                                                         └─► go on until the next deadline
//! ```
//!
//! [`VmStore::deadline`](bident_abi::VmStore::deadline) is the earliest of the store's own and those of the task.

use crate::epochs::{UpdateDeadline, Yielded};
use crate::error::Error;
use crate::host::Caller;
use crate::slots::{InstanceNumber, InstanceSlot, Number};
use crate::vm::builtins::{Body, Stop, builtin};
use crate::vm::payload::Payload;
use crate::vm::store::{StoreInner, StoreOpaque};
use bident_abi::{Builtin, TrapCode};
use bident_stack::Reaction;
use std::ops::Range;

/// No deadline.
pub(crate) const NEVER: u64 = u64::MAX;

/// The deadlines of a store.
pub(crate) struct Deadlines {
    /// The first epoch in which `then` happens.
    own: u64,
    then: Then,
    /// Those of the task that runs.
    pub(crate) task: TaskDeadlines,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            own: NEVER,
            then: Then::Trap,
            task: TaskDeadlines::NEVER,
        }
    }
}

/// The deadlines of a task.
#[derive(Clone, Copy)]
pub(crate) struct TaskDeadlines {
    /// The first epoch in which it traps.
    pub(crate) end: u64,
    /// The first epoch in which it yields.
    pub(crate) slice_end: u64,
    /// Epochs until it does so again where it could not.
    pub(crate) slice: u64,
}

impl TaskDeadlines {
    pub(crate) const NEVER: Self = Self {
        end: NEVER,
        slice_end: NEVER,
        slice: NEVER,
    };
}

/// What happens when the store's own deadline has passed.
pub(crate) enum Then {
    Trap,
    Yield(u64),
    /// `None` while the function runs.
    Ask(Option<Ask>),
}

/// Asks the embedder, with the store, which is borrowed, and the instance that was interrupted.
pub(crate) type Ask =
    Box<dyn FnMut(*mut StoreOpaque, InstanceSlot) -> Result<UpdateDeadline, Error> + Send + Sync>;

/// What was answered, unless that it is over.
enum Answer {
    GoOn,
    Yield,
}

builtin!(Interrupt, |store, instance, _args| {
    store.settle_overdraft()?;
    match store.ask(instance)? {
        Answer::Yield if store.vm.chains.may_park() => Err(Stop::Yield),
        _ => Ok(0),
    }
});

impl StoreOpaque {
    /// Whether the deadline has passed.
    #[inline]
    pub(crate) fn deadline_has_passed(&self) -> bool {
        self.engine.epoch() >= self.vm.deadline
    }

    /// Makes compiled code look for the earliest deadline. Where it does not look, nobody else does, either.
    fn look_for_deadlines(&mut self) {
        if self.engine.config().epochs {
            let Deadlines { own, task, .. } = &self.deadlines;
            self.vm.deadline = (*own).min(task.end).min(task.slice_end);
        }
    }

    /// Sets the store's own deadline, so many ticks from now on.
    pub(crate) fn set_deadline(&mut self, ticks: u64) {
        self.deadlines.own = self.engine.epoch().saturating_add(ticks);
        self.look_for_deadlines();
    }

    /// Sets what happens when it has passed.
    pub(crate) fn at_deadline(&mut self, then: Then) {
        self.deadlines.then = then;
    }

    /// Sets the deadlines of the task that runs now; gives those before.
    #[inline]
    pub(crate) fn set_task_deadlines(&mut self, deadlines: TaskDeadlines) -> TaskDeadlines {
        let before = std::mem::replace(&mut self.deadlines.task, deadlines);
        self.look_for_deadlines();
        before
    }

    /// The deadline has passed: what is to happen.
    fn ask(&mut self, instance: InstanceNumber) -> Result<Answer, Stop> {
        let now = self.engine.epoch();
        let task = &mut self.deadlines.task;
        if now >= task.end {
            return Err(TrapCode::Interrupted.into());
        }
        let mut answer = Answer::GoOn;
        if now >= task.slice_end {
            task.slice_end = now.saturating_add(task.slice);
            answer = Answer::Yield;
        }
        if now >= self.deadlines.own
            && let Answer::Yield = self.ask_store(instance)?
        {
            answer = Answer::Yield;
        }
        self.look_for_deadlines();
        Ok(answer)
    }

    /// The same for the store's own.
    fn ask_store(&mut self, instance: InstanceNumber) -> Result<Answer, Stop> {
        let update = match &mut self.deadlines.then {
            Then::Trap | Then::Ask(None) => UpdateDeadline::Interrupt,
            Then::Yield(ticks) => UpdateDeadline::Yield(*ticks),
            Then::Ask(ask) => {
                let ask = ask.take();
                self.ask_embedder(ask, instance).map_err(Stop::Error)?
            }
        };
        let (answer, ticks) = match update {
            UpdateDeadline::Interrupt => return Err(TrapCode::Interrupted.into()),
            UpdateDeadline::Continue(ticks) => (Answer::GoOn, ticks),
            UpdateDeadline::Yield(ticks) => (Answer::Yield, ticks),
        };
        self.deadlines.own = self.engine.epoch().saturating_add(ticks);
        Ok(answer)
    }

    fn ask_embedder(
        &mut self,
        ask: Option<Ask>,
        instance: InstanceNumber,
    ) -> Result<UpdateDeadline, Error> {
        // As compiled code announces itself to a host function.
        self.vm.caller = self.instances[instance].context();
        // Not of `self`: the function reaches more of the store than that.
        let store: *mut Self = self.vm.owner.cast();
        let mut back = PutBack { store, ask };
        match &mut back.ask {
            Some(ask) => ask(store, InstanceSlot(instance.slot())),
            None => Ok(UpdateDeadline::Interrupt),
        }
    }

    /// Parks the call that was interrupted, as one of a host function that takes and gives nothing would.
    pub(crate) fn park_yielded(&mut self) -> Result<Reaction, Error> {
        let awaited = self.yield_func()?;
        self.vm.chains.set_saved_context(awaited);
        self.payload = Payload::new(Yielded(()));
        Ok(Reaction::park())
    }

    /// While a builtin blocks the thread: an error where what runs is to stop. It cannot yield here.
    pub(crate) fn look_while_blocked(&mut self, instance: InstanceNumber) -> Result<(), Stop> {
        match self.deadline_has_passed() {
            true => self.ask(instance).map(|_| ()),
            false => Ok(()),
        }
    }

    /// Does something with a range in parts, from its start or from its end, until nothing is left or the deadline has
    /// passed. Gives how much is left.
    pub(crate) fn in_parts(
        &mut self,
        range: Range<usize>,
        part: usize,
        from_start: bool,
        mut run: impl FnMut(&mut Self, Range<usize>),
    ) -> u64 {
        let mut left = range;
        while !left.is_empty() {
            let size = left.len().min(part);
            let part = match from_start {
                true => left.start..left.start + size,
                false => left.end - size..left.end,
            };
            run(self, part);
            match from_start {
                true => left.start += size,
                false => left.end -= size,
            }
            if self.deadline_has_passed() {
                break;
            }
        }
        left.len() as u64
    }
}

/// Puts the embedder's function back once it has run, unless it has set another.
struct PutBack {
    store: *mut StoreOpaque,
    ask: Option<Ask>,
}

impl Drop for PutBack {
    fn drop(&mut self) {
        // SAFETY: `ask_embedder` has it borrowed, and does not use it before this is dropped.
        let then = unsafe { &mut (*self.store).deadlines.then };
        if let Then::Ask(ask @ None) = then {
            *ask = self.ask.take();
        }
    }
}

/// An embedder's function for a store with this type of data.
pub(crate) fn asking<T: 'static>(
    mut ask: impl FnMut(Caller<'_, T>) -> Result<UpdateDeadline, Error> + Send + Sync + 'static,
) -> Ask {
    Box::new(move |store, instance| {
        // SAFETY: only `Store<T>` sets such a function, for itself: the pointer leads to the start of a
        // `StoreInner<T>`. `ask_embedder` has it borrowed exclusively, and does not use it meanwhile.
        let store = unsafe { &mut *store.cast::<StoreInner<T>>() };
        ask(Caller::new(store, Some(instance)))
    })
}
